/* The scripts.  Each runs as one, so that nobody sees half of what it does.
 *
 * KEYS[1] is the state, a hash:
 *	life         of which process of the server this is
 *	epoch        a number at random of when the state was made
 *	last         the generation of the last purge
 *	all          what is below was purged
 *	prefix       the generation of the last purge of a prefix
 *	prefixes     purge_list.h
 *	k0 .. k8191  rows of purged keys, for what is in the making
 *	t0 .. t65535 rows of purged tags
 *
 * KEYS[2] is an entry, a hash; V is the variant's hash, or - without Vary:
 *	hV           the head, record.h
 *	mV           number, epoch, generation, ID of the body, its length, its
 *	             pieces, rows of its tags
 *
 * ARGV[1] is the life, ARGV[2] the epoch of a state that is made, ARGV[3] what
 * stands before ID:N in the names of pieces.
 *
 * Under a lack of memory the first command that takes some fails, and nothing
 * was done that matters. */
#include "store/redis_scripts.h"

#define LIFE                                                               \
	"local function life()\n"                                          \
	" local s = redis.call('HMGET', KEYS[1], 'life', 'epoch', 'last'," \
	" 'all', 'prefix')\n"                                              \
	" if s[1] == ARGV[1] and s[2] then return s end\n"                 \
	" redis.call('DEL', KEYS[1])\n"                                    \
	" redis.call('HSET', KEYS[1], 'life', ARGV[1], 'epoch', ARGV[2],"  \
	" 'last', '0', 'all', '0', 'prefix', '0')\n"                       \
	" return {ARGV[1], ARGV[2], '0', '0', '0'}\n"                      \
	"end\n"

/* The variants, the last stored first; to void one leaves its readers a minute
 * for each MiB. */
#define ENTRY                                                                 \
	"local function words(text)\n"                                        \
	" local w = {}\n"                                                     \
	" for x in string.gmatch(text, '%S+') do w[#w + 1] = x end\n"         \
	" return w\n"                                                         \
	"end\n"                                                               \
	"local function entry()\n"                                            \
	" local all, heads = {}, {}\n"                                        \
	" local f = redis.call('HGETALL', KEYS[2])\n"                         \
	" for i = 1, #f, 2 do\n"                                              \
	"  local v = string.sub(f[i], 2)\n"                                   \
	"  if string.sub(f[i], 1, 1) == 'h' then\n"                           \
	"   heads[v] = f[i + 1]\n"                                            \
	"  else\n"                                                            \
	"   local w = words(f[i + 1])\n"                                      \
	"   local m = {v = v, number = tonumber(w[1]), epoch = w[2],"         \
	" generation = tonumber(w[3]), id = w[4], total = w[5],"              \
	" pieces = tonumber(w[6]), rows = {}}\n"                              \
	"   for k = 7, #w do m.rows[k - 6] = w[k] end\n"                      \
	"   all[#all + 1] = m\n"                                              \
	"  end\n"                                                             \
	" end\n"                                                              \
	" for _, m in ipairs(all) do m.head = heads[m.v] end\n"               \
	" table.sort(all, function(a, b) return a.number > b.number end)\n"   \
	" return all\n"                                                       \
	"end\n"                                                               \
	"local function is_void(s, m)\n"                                      \
	" if m.epoch ~= s[2] or not m.head then return true end\n"            \
	" if m.generation >= tonumber(s[3]) then return false end\n"          \
	" if m.generation < tonumber(s[4]) then return true end\n"            \
	" if #m.rows == 0 then return false end\n"                            \
	" local r = redis.call('HMGET', KEYS[1], unpack(m.rows))\n"           \
	" for i = 1, #m.rows do\n"                                            \
	"  if r[i] and tonumber(r[i]) > m.generation then return true end\n"  \
	" end\n"                                                              \
	" return false\n"                                                     \
	"end\n"                                                               \
	"local function leave_body(m)\n"                                      \
	" local ms = 60000 * (1 + math.floor(tonumber(m.total) / 1048576))\n" \
	" for i = 0, m.pieces - 1 do\n"                                       \
	"  redis.call('PEXPIRE', ARGV[3] .. m.id .. ':' .. i, ms)\n"          \
	" end\n"                                                              \
	"end\n"                                                               \
	"local function leave(m)\n"                                           \
	" leave_body(m)\n"                                                    \
	" redis.call('HDEL', KEYS[2], 'h' .. m.v, 'm' .. m.v)\n"              \
	"end\n"

/* ARGV[4]: how many bytes of bodies may come with it.  Answers epoch, last,
 * prefix, and five for each: generation, ID, length, head, first piece or
 * nothing.  An entry without all of its pieces is none; to ask for them keeps
 * the server from throwing away some of them and not others. */
static const char find[] = LIFE ENTRY
    "local function is_there(m, from)\n"
    " for i = from, m.pieces - 1, 1000 do\n"
    "  local names = {}\n"
    "  for k = i, math.min(i + 999, m.pieces - 1) do\n"
    "   names[#names + 1] = ARGV[3] .. m.id .. ':' .. k\n"
    "  end\n"
    "  if redis.call('TOUCH', unpack(names)) ~= #names then return false end\n"
    " end\n"
    " return true\n"
    "end\n"
    "local s = life()\n"
    "local budget = tonumber(ARGV[4])\n"
    "local out = {s[2], s[3], s[5]}\n"
    "for _, m in ipairs(entry()) do\n"
    " local there, first, from = not is_void(s, m), '', 0\n"
    " if there and m.pieces > 0 and budget > 0 then\n"
    "  first = redis.call('GET', ARGV[3] .. m.id .. ':0')\n"
    "  there, from = first, 1\n"
    "  budget = budget - (first and #first or 0)\n"
    " end\n"
    " if there and is_there(m, from) then\n"
    "  for _, x in ipairs({string.format('%.0f', m.generation), m.id,"
    " m.total, m.head, first}) do out[#out + 1] = x end\n"
    " else\n"
    "  leave(m)\n"
    " end\n"
    "end\n"
    "return out\n";

/* ARGV[4] epoch and [5] generation of the mark, [6] V, [7] head, [8] ID,
 * [9] length, [10] number of pieces, [11] the last of them, [12] how long to
 * keep it, in ms, [13] 1: the body is there and stays, [14] row of the key,
 * [15] rows of the tags, [16] most variants.  Answers 1: stored. */
static const char commit[] = LIFE ENTRY
    "local s = life()\n"
    "local new = {v = ARGV[6], epoch = ARGV[4], generation = tonumber(ARGV[5]),"
    " id = ARGV[8], total = ARGV[9], pieces = tonumber(ARGV[10]),"
    " head = ARGV[7], rows = words(ARGV[15])}\n"
    "local row = redis.call('HGET', KEYS[1], ARGV[14])\n"
    "if is_void(s, new) or row and tonumber(row) > new.generation then\n"
    " return 0\n"
    "end\n"
    "local all, old, number = entry(), nil, 0\n"
    "for _, m in ipairs(all) do\n"
    " if m.v == new.v then old = m end\n"
    " number = math.max(number, m.number)\n"
    "end\n"
    "local last = new.pieces - 1\n"
    "if ARGV[13] == '1' then\n"
    " if not old or old.id ~= new.id or old.epoch ~= new.epoch then\n"
    "  return 0\n"
    " end\n"
    " last = new.pieces\n"
    "end\n"
    "for i = 0, last - 1 do\n"
    " if redis.call('PEXPIRE', ARGV[3] .. new.id .. ':' .. i, ARGV[12]) == 0"
    " then return 0 end\n"
    "end\n"
    "if ARGV[13] ~= '1' and last >= 0 then\n"
    " redis.call('SET', ARGV[3] .. new.id .. ':' .. last, ARGV[11], 'PX',"
    " ARGV[12])\n"
    "end\n"
    "local about = {string.format('%.0f', number + 1), new.epoch, ARGV[5],"
    " new.id, new.total, ARGV[10], ARGV[15]}\n"
    "redis.call('HSET', KEYS[2], 'h' .. new.v, new.head, 'm' .. new.v,"
    " table.concat(about, ' '))\n"
    "redis.call('PEXPIRE', KEYS[2], ARGV[12])\n"
    "if old and old.id ~= new.id then leave_body(old) end\n"
    "local kept = 1\n"
    "for _, m in ipairs(all) do\n"
    " if m.v ~= new.v then\n"
    "  kept = kept + 1\n"
    "  if new.v == '-' or m.v == '-' or kept > tonumber(ARGV[16]) then\n"
    "   leave(m)\n"
    "  end\n"
    " end\n"
    "end\n"
    "return 1\n";

/* ARGV[4] k, t or a, [5] the row. */
static const char purge[] = LIFE ENTRY
    "local s = life()\n"
    "if ARGV[4] == 'a' then\n"
    " local next = string.format('%.0f', tonumber(s[3]) + 1)\n"
    " redis.call('DEL', KEYS[1])\n"
    " redis.call('HSET', KEYS[1], 'life', s[1], 'epoch', s[2], 'last', next,"
    " 'all', next, 'prefix', '0')\n"
    " return 1\n"
    "end\n"
    "redis.call('HSET', KEYS[1], ARGV[5],"
    " redis.call('HINCRBY', KEYS[1], 'last', 1))\n"
    "if ARGV[4] == 'k' then\n"
    " for _, m in ipairs(entry()) do leave_body(m) end\n"
    " redis.call('DEL', KEYS[2])\n"
    "end\n"
    "return 1\n";

/* A generation for a purge of a prefix.  Answers epoch, it, prefix and the
 * list, which is then written with the next script. */
static const char generation[] =
    LIFE "local s = life()\n"
	 "local next = redis.call('HINCRBY', KEYS[1], 'last', 1)\n"
	 "return {s[2], string.format('%.0f', next), s[5],"
	 " redis.call('HGET', KEYS[1], 'prefixes') or ''}\n";

/* ARGV[4] epoch and [5] prefix as they were, [6] the generation, [7] the new
 * list.  Answers 0 where another was faster. */
static const char prefixes[] =
    LIFE "local s = life()\n"
	 "if s[2] ~= ARGV[4] or s[5] ~= ARGV[5] then return 0 end\n"
	 "redis.call('HSET', KEYS[1], 'prefix', ARGV[6], 'prefixes', ARGV[7])\n"
	 "return 1\n";

const char *redis_script(enum redis_script script)
{
	static const char *const all[REDIS_SCRIPT_N] = {
		[REDIS_FIND] = find,
		[REDIS_COMMIT] = commit,
		[REDIS_PURGE] = purge,
		[REDIS_GENERATION] = generation,
		[REDIS_PREFIXES] = prefixes,
	};

	return all[script];
}

/* Looking a key up, and reading what was found. */
#include "store/redis_in.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* What comes with the heads of all variants. */
#define BUDGET "65536"

/* A body takes longer to give up than anything else, for what was promised of
 * it cannot be kept without. */
#define BODY_TIMES 2

#define ITEMS_BEFORE 3 /* epoch, last, prefix */
#define ITEMS_EACH   5 /* generation, ID, length, head, first piece */

/* Keys of one step of store_each(), about; and a person waits longer. */
#define SCAN_COUNT "100"
#define EACH_TIMES 20

/* What a hit holds: nothing there changes under its number. */
struct own {
	char id[ID_HEX];
	size_t first_n; /* bytes of the first piece, if it came along */
	char first[];
};

struct look {
	struct redis *redis;
	struct slice key;
	struct arena *arena;
	uint64_t epoch;
	uint64_t last;
	uint64_t prefix;
};

const char *redis_hit_id(const struct store_hit *hit)
{
	const struct own *own = hit->own;

	return own->id;
}

void redis_release(struct store *s, struct store_hit *hit)
{
	(void)s;
	free(hit->own);
	hit->own = NULL;
}

/* ---- what the script answers ---- */

static bool take_number(
    const struct redis_item *i, uint64_t max, uint64_t *value_out)
{
	return i->kind == REDIS_TEXT && slice_to_u64(i->text, value_out) &&
	    *value_out <= max;
}

static bool take_marks(const struct redis_reply *reply, struct look *l)
{
	return reply->n >= ITEMS_BEFORE &&
	    (reply->n - ITEMS_BEFORE) % ITEMS_EACH == 0 &&
	    take_number(&reply->item[0], EPOCH_MASK, &l->epoch) &&
	    take_number(&reply->item[1], GENERATION_MASK, &l->last) &&
	    take_number(&reply->item[2], GENERATION_MASK, &l->prefix);
}

static bool take_own(const struct redis_item *id,
    const struct redis_item *first, uint64_t body_bytes, struct own **own_out)
{
	size_t whole =
	    body_bytes < FIRST_BYTES ? (size_t)body_bytes : FIRST_BYTES;
	struct own *own;

	if (id->kind != REDIS_TEXT || id->text.len != ID_HEX ||
	    first->kind != REDIS_TEXT ||
	    (first->text.len != 0 && first->text.len != whole))
		return false;
	own = malloc(sizeof(*own) + first->text.len);
	if (own == NULL)
		return false;
	memcpy(own->id, id->text.at, ID_HEX);
	own->first_n = first->text.len;
	if (own->first_n > 0)
		memcpy(own->first, first->text.at, own->first_n);
	*own_out = own;
	return true;
}

/* What is not right is none: another program's, or a spent arena. */
static bool take_hit(const struct look *l, const struct redis_item *items,
    struct store_hit *hit_out)
{
	struct store_hit hit = { .fd = -1 };
	uint64_t generation;
	uint64_t bytes;
	struct slice head;
	struct own *own;
	size_t need;

	if (!take_number(&items[0], GENERATION_MASK, &generation) ||
	    !take_number(&items[2], BODY_MAX, &bytes) ||
	    items[3].kind != REDIS_TEXT ||
	    items[3].text.len > RECORD_HEAD_MAX * 2)
		return false;
	head = arena_slice(l->arena, items[3].text);
	if (head.at == NULL ||
	    record_read(head, l->arena, &hit.record, &need) != RECORD_WHOLE ||
	    (l->key.len > 0 && !slice_eq(hit.record.key, l->key)) ||
	    hit.record.body_bytes != bytes ||
	    !take_own(&items[1], &items[4], bytes, &own))
		return false;
	hit.record.generation = l->epoch << GENERATION_BITS | generation;
	hit.used_ms = hit.record.response_ms;
	hit.own = own;
	if (own->first_n == bytes)
		hit.body = (struct slice){ own->first, own->first_n };
	*hit_out = hit;
	return true;
}

static void take_all(const struct look *l, const struct redis_reply *reply,
    struct store_found *found)
{
	for (size_t i = ITEMS_BEFORE;
	     i < reply->n && found->n < STORE_VARIANTS_MAX; i += ITEMS_EACH)
		if (take_hit(l, &reply->item[i], &found->at[found->n]))
			found->n++;
}

/* Behind the rest, since it may ask the server something else. */
static void drop_purged(const struct look *l, struct store_found *found)
{
	size_t kept = 0;

	for (size_t i = 0; i < found->n; i++) {
		struct store_hit *hit = &found->at[i];

		if (redis_prefix_voids(l->redis, hit->record.key, l->epoch,
			hit->record.generation & GENERATION_MASK, l->prefix))
			redis_release(&l->redis->store, hit);
		else
			found->at[kept++] = *hit;
	}
	found->n = kept;
}

static bool look_up(struct look *l, struct slice entry, struct slice budget,
    struct store_found *found_out)
{
	struct redis *r = l->redis;
	struct redis_name state = redis_name_state(r);
	struct redis_number epoch = redis_new_epoch();
	struct slice arguments[4] = { link_life(r->link),
		redis_number_slice(&epoch), { r->body, r->body_n }, budget };
	const struct redis_reply *reply = link_run(r->link, REDIS_FIND,
	    (struct slice[]){ redis_name_slice(&state), entry }, arguments, 4);

	if (reply == NULL || redis_error(reply).len > 0)
		return false;
	if (!take_marks(reply, l)) {
		link_strange(r->link);
		return false;
	}
	take_all(l, reply, found_out);
	found_out->mark = l->epoch << GENERATION_BITS | l->last;
	drop_purged(l, found_out);
	return true;
}

void redis_find(struct store *s, struct slice key, uint64_t round,
    int64_t now_ms, struct arena *a, struct store_found *found_out)
{
	struct redis *r = (struct redis *)s;
	struct look l = { .redis = r, .key = key, .arena = a };
	struct redis_name entry;

	(void)round; /* each call goes to the server in any case */
	found_out->n = 0;
	found_out->mark = 0;
	if (!redis_ready(r, 1)) {
		redis_failed(r, now_ms);
		return;
	}
	entry = redis_name_entry(r, key);
	if (look_up(&l, redis_name_slice(&entry), LIT(BUDGET), found_out))
		redis_went_well(r, now_ms);
	else
		redis_failed(r, now_ms);
}

/* ---- the body ---- */

/* The rest of the piece that begins at or before from, or n bytes of it. */
static size_t ask_piece(
    struct redis *r, const struct own *own, uint64_t from, size_t n)
{
	bool is_first = from < FIRST_BYTES;
	uint64_t within = is_first ? from : (from - FIRST_BYTES) % PIECE_BYTES;
	unsigned piece =
	    is_first ? 0 : (unsigned)((from - FIRST_BYTES) / PIECE_BYTES) + 1;
	uint64_t left = (is_first ? FIRST_BYTES : PIECE_BYTES) - within;
	struct redis_name name = redis_name_piece(r, own->id, piece);
	size_t part = n < left ? n : (size_t)left;
	struct redis_number range[2] = { redis_number(within),
		redis_number(within + part - 1) };

	return link_ask(r->link,
		   (struct slice[]){ LIT("GETRANGE"), redis_name_slice(&name),
		       redis_number_slice(&range[0]),
		       redis_number_slice(&range[1]) },
		   4) ?
	    part :
	    0;
}

static bool take_piece(struct redis *r, char *room, size_t n)
{
	const struct redis_reply *reply = link_answer(r->link);

	/* Shorter: it has gone. */
	if (reply == NULL || reply->n != 1 ||
	    reply->item[0].kind != REDIS_TEXT || reply->item[0].text.len != n)
		return false;
	memcpy(room, reply->item[0].text.at, n);
	return true;
}

bool redis_read(struct store *s, const struct store_hit *hit, uint64_t from,
    char *room, size_t n)
{
	struct redis *r = (struct redis *)s;
	const struct own *own = hit->own;

	if (from < own->first_n && n > 0) {
		size_t part = own->first_n - (size_t)from;

		part = part < n ? part : n;
		memcpy(room, own->first + from, part);
		from += part;
		room += part;
		n -= part;
	}
	while (n > 0) {
		size_t part =
		    redis_ready(r, BODY_TIMES) ? ask_piece(r, own, from, n) : 0;

		if (part == 0 || !take_piece(r, room, part))
			return redis_failed(r, hit->record.response_ms);
		from += part;
		room += part;
		n -= part;
	}
	return true;
}

/* ---- all of them ---- */

/* The names of one step, copied: what comes next takes their place. */
static bool scan(struct look *l, struct slice *cursor, struct slice_list *out)
{
	struct redis *r = l->redis;
	char pattern[REDIS_NAME_BYTES];
	size_t n = r->where.prefix.len;
	const struct redis_reply *reply;
	struct slice *names;

	memcpy(pattern, r->where.prefix.at, n);
	memcpy(pattern + n, ":e:*", 4);
	reply = link_ask(r->link,
		    (struct slice[]){ LIT("SCAN"), *cursor, LIT("MATCH"),
			{ pattern, n + 4 }, LIT("COUNT"), LIT(SCAN_COUNT) },
		    6) ?
	    link_answer(r->link) :
	    NULL;
	if (reply == NULL || reply->n == 0)
		return false;
	names = arena_alloc(l->arena, reply->n * sizeof(*names));
	for (size_t i = 0; i < reply->n; i++) {
		if (names == NULL || reply->item[i].kind != REDIS_TEXT)
			return false;
		names[i] = arena_slice(l->arena, reply->item[i].text);
		if (names[i].at == NULL)
			return false;
	}
	*cursor = names[0];
	*out = (struct slice_list){ names + 1, reply->n - 1 };
	return true;
}

static bool visit_entry(struct look *l, struct slice name, store_visit *visit,
    void *user, bool *on_out)
{
	struct store_found found = { .n = 0 };

	if (!redis_ready(l->redis, EACH_TIMES) ||
	    !look_up(l, name, LIT("0"), &found))
		return false;
	for (size_t i = 0; i < found.n && *on_out; i++) {
		const struct record *r = &found.at[i].record;

		*on_out = visit(user, &found.at[i], r->body_at + r->body_bytes);
	}
	for (size_t i = 0; i < found.n; i++)
		redis_release(&l->redis->store, &found.at[i]);
	return true;
}

static bool visit_all(
    struct look *l, struct arena *names, store_visit *visit, void *user)
{
	char cursor_at[32] = "0";
	struct slice cursor = { cursor_at, 1 };
	struct arena *heads = l->arena;
	bool on = true;

	do {
		struct slice_list step;
		bool read;

		arena_reset(names);
		l->arena = names;
		read = redis_ready(l->redis, EACH_TIMES) &&
		    scan(l, &cursor, &step) && cursor.len <= sizeof(cursor_at);
		l->arena = heads;
		if (!read)
			return false;
		memcpy(cursor_at, cursor.at, cursor.len);
		cursor.at = cursor_at;
		for (size_t i = 0; i < step.n && on; i++) {
			arena_reset(heads);
			if (!visit_entry(l, step.at[i], visit, user, &on))
				return false;
		}
	} while (on && !slice_eq(cursor, LIT("0")));
	return true;
}

bool redis_each(struct store *s, store_visit *visit, void *user, int64_t now_ms)
{
	struct redis *r = (struct redis *)s;
	struct arena *names = arena_new(1u << 20);
	struct arena *heads = arena_new(8u << 20);
	struct look l = { .redis = r, .key = SLICE_NONE, .arena = heads };
	bool done = names != NULL && heads != NULL &&
	    link_ready_waiting(r->link) && visit_all(&l, names, visit, user);

	if (!done)
		redis_failed(r, now_ms);
	arena_free(names);
	arena_free(heads);
	return done;
}

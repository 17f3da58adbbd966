/* The route table: one hash of (host, normalised prefix).
 *
 * A path is hashed once, from left to right; at each '/' the hash so far is
 * the key of the prefix that ends there.  A lookup therefore costs as many
 * probes as the deepest configured prefix has segments, however many routes
 * there are. */
#include "policy/route.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "http/uri.h"

#define HOST_ANY  0
#define HOST_NONE UINT32_MAX

#define WHY_MAX    1024
#define PREFIX_MAX 65536

struct slot {
	uint64_t hash;
	const struct rule *rule; /* NULL: empty */
	struct slice path;
	struct slice encoded; /* path as a URL holds it */
	uint32_t host;
};

struct host_slot {
	uint64_t hash;
	struct slice name; /* without "*." */
	uint32_t id;       /* HOST_ANY: empty slot */
	bool wildcard;
};

struct route_table {
	struct arena *arena; /* encoded prefixes */
	struct slot *slots;
	size_t mask;
	struct host_slot *hosts;
	size_t host_mask;
	uint32_t host_n;
	size_t path_len_max;
	size_t depth_max;  /* boundaries in the deepest prefix */
	size_t labels_max; /* in the longest wildcard; 0: none */
};

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* FNV-1a.  The keys are the administrator's, and the probes of a request are
 * bounded, so nobody gains by colliding. */
static uint64_t hash_byte(uint64_t hash, char byte)
{
	return (hash ^ (unsigned char)byte) * UINT64_C(0x100000001b3);
}

static uint64_t hash_slice(uint64_t hash, struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		hash = hash_byte(hash, s.at[i]);
	return hash;
}

static uint64_t hash_mix(uint64_t hash, uint64_t more)
{
	hash ^= more * UINT64_C(0x9e3779b97f4a7c15);
	hash ^= hash >> 32;
	hash *= UINT64_C(0xd6e8feb86659fd93);
	return hash ^ hash >> 32;
}

static size_t count(struct slice s, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.at[i] == c;
	return n;
}

/* ---- hosts ---- */

/* The slot of that name, or the empty one where it would stand. */
static struct host_slot *host_slot(
    const struct route_table *t, struct slice name, bool wildcard)
{
	uint64_t hash = hash_mix(hash_slice(HASH_START, name), wildcard);
	size_t i = hash & t->host_mask;

	for (;; i = (i + 1) & t->host_mask) {
		struct host_slot *s = &t->hosts[i];

		if (s->id == HOST_ANY)
			s->hash = hash;
		if (s->id == HOST_ANY ||
		    (s->hash == hash && s->wildcard == wildcard &&
			slice_eq(s->name, name)))
			return s;
	}
}

static uint32_t host_find(
    const struct route_table *t, struct slice name, bool wildcard)
{
	uint64_t hash = hash_mix(hash_slice(HASH_START, name), wildcard);
	size_t i = hash & t->host_mask;

	for (;; i = (i + 1) & t->host_mask) {
		const struct host_slot *s = &t->hosts[i];

		if (s->id == HOST_ANY)
			return HOST_NONE;
		if (s->hash == hash && s->wildcard == wildcard &&
		    slice_eq(s->name, name))
			return s->id;
	}
}

static bool cut_wildcard(struct slice *host)
{
	if (!slice_starts(*host, LIT("*.")))
		return false;
	*host = slice_from(*host, 2);
	return true;
}

static uint32_t host_intern(struct route_table *t, struct slice host)
{
	bool wildcard = cut_wildcard(&host);
	struct host_slot *s = host_slot(t, host, wildcard);

	if (s->id == HOST_ANY) {
		s->name = host;
		s->wildcard = wildcard;
		s->id = ++t->host_n;
		if (wildcard && count(host, '.') + 1 > t->labels_max)
			t->labels_max = count(host, '.') + 1;
	}
	return s->id;
}

/* The hosts whose routes may own a request, in order of precedence. */
struct host_walk {
	const struct route_table *table;
	struct slice rest; /* what a wildcard may still stand before */
	size_t labels;
	enum { WALK_EXACT, WALK_WILDCARD, WALK_ANY, WALK_END } next;
};

static struct host_walk host_walk(
    const struct route_table *t, struct slice host)
{
	return (struct host_walk){ t, host, count(host, '.') + 1,
		host.len > 0 && t->host_n > 0 ? WALK_EXACT : WALK_ANY };
}

static uint32_t host_next(struct host_walk *w)
{
	uint32_t id;

	if (w->next == WALK_EXACT) {
		w->next = WALK_WILDCARD;
		id = host_find(w->table, w->rest, false);
		if (id != HOST_NONE)
			return id;
	}
	while (w->next == WALK_WILDCARD && w->labels > 1 &&
	    w->table->labels_max > 0) {
		w->rest = slice_from(w->rest, slice_find(w->rest, '.') + 1);
		w->labels--;
		if (w->labels > w->table->labels_max)
			continue;
		id = host_find(w->table, w->rest, true);
		if (id != HOST_NONE)
			return id;
	}
	if (w->next == WALK_END)
		return HOST_NONE;
	w->next = WALK_END;
	return HOST_ANY;
}

/* ---- paths ---- */

static const struct slot *slot_find(const struct route_table *t,
    uint64_t path_hash, struct slice path, uint32_t host)
{
	uint64_t hash = hash_mix(path_hash, host);
	size_t i = hash & t->mask;

	for (;; i = (i + 1) & t->mask) {
		const struct slot *s = &t->slots[i];

		if (s->rule == NULL)
			return NULL;
		if (s->hash == hash && s->host == host &&
		    slice_eq(s->path, path))
			return s;
	}
}

static bool slot_add(struct route_table *t, const struct rule *rule,
    struct slice path, uint32_t host)
{
	uint64_t path_hash = hash_slice(HASH_START, path);
	uint64_t hash = hash_mix(path_hash, host);
	struct text encoded = text_in(t->arena, PREFIX_MAX);
	size_t i = hash & t->mask;

	/* The first in the file keeps it. */
	if (slot_find(t, path_hash, path, host) != NULL)
		return true;
	if (uri_path_needs_encoding(path))
		uri_encode_path(&encoded, path);
	else
		encoded.at = (char *)path.at, encoded.len = path.len;
	if (text_spent(&encoded))
		return false;
	while (t->slots[i].rule != NULL)
		i = (i + 1) & t->mask;
	t->slots[i] =
	    (struct slot){ hash, rule, path, text_slice(&encoded), host };
	if (path.len > t->path_len_max)
		t->path_len_max = path.len;
	if (count(path, '/') > t->depth_max)
		t->depth_max = count(path, '/');
	return true;
}

static bool table_fill(struct route_table *t, const struct conf *c)
{
	for (size_t r = 0; r < c->rule_n; r++) {
		const struct rule *rule = &c->rules[r];

		for (size_t p = 0; p < rule->paths.n; p++) {
			struct slice path = rule->paths.at[p];

			if (rule->hosts.n == 0 &&
			    !slot_add(t, rule, path, HOST_ANY))
				return false;
			for (size_t h = 0; h < rule->hosts.n; h++)
				if (!slot_add(t, rule, path,
					host_intern(t, rule->hosts.at[h])))
					return false;
		}
	}
	return true;
}

/* Twice as many slots as keys at least. */
static size_t table_size(size_t keys)
{
	size_t size = 16;

	while (size < keys * 2)
		size *= 2;
	return size;
}

struct route_table *route_table_new(const struct conf *c)
{
	struct route_table *t = calloc(1, sizeof(*t));
	size_t keys = 0;
	size_t hosts = 0;

	if (t == NULL)
		return NULL;
	for (size_t r = 0; r < c->rule_n; r++) {
		const struct rule *rule = &c->rules[r];

		keys += rule->paths.n * (rule->hosts.n ? rule->hosts.n : 1);
		hosts += rule->hosts.n;
	}
	t->mask = table_size(keys) - 1;
	t->host_mask = table_size(hosts) - 1;
	t->slots = calloc(t->mask + 1, sizeof(*t->slots));
	t->hosts = calloc(t->host_mask + 1, sizeof(*t->hosts));
	t->arena = arena_new(SIZE_MAX / 2);
	if (t->slots == NULL || t->hosts == NULL || t->arena == NULL ||
	    !table_fill(t, c)) {
		route_table_free(t);
		return NULL;
	}
	return t;
}

void route_table_free(struct route_table *t)
{
	if (t == NULL)
		return;
	arena_free(t->arena);
	free(t->slots);
	free(t->hosts);
	free(t);
}

/* ---- one reading ---- */

/* Where in a normalised path a configured prefix may end. */
struct boundary {
	uint64_t hash;
	size_t at;
};

struct lookup {
	const struct route_table *table;
	struct arena *arena;
	struct slice host;           /* normalised */
	struct slice mount;          /* "" or "/x", without trailing slash */
	struct slice raw;            /* the client's path */
	struct boundary *boundaries; /* room for depth_max + 1 */
	struct uri_path path;
};

struct owner {
	const struct slot *slot; /* NULL: nobody */
	size_t mount_len;        /* 0 where no mount applied */
	bool above_root;
};

static bool on_boundary(struct slice path, size_t at)
{
	return at == path.len || path.at[at] == '/';
}

static const struct slot *table_lookup(
    const struct lookup *l, struct slice path)
{
	struct boundary *b = l->boundaries;
	size_t limit = l->table->path_len_max;
	struct host_walk walk = host_walk(l->table, l->host);
	uint64_t hash = HASH_START;
	size_t n = 0;
	uint32_t host;

	b[n++] = (struct boundary){ hash, 0 };
	for (size_t i = 0; i < path.len && i < limit;) {
		if (n > l->table->depth_max)
			break;
		hash = hash_byte(hash, path.at[i++]);
		if (on_boundary(path, i))
			b[n++] = (struct boundary){ hash, i };
	}
	while ((host = host_next(&walk)) != HOST_NONE)
		for (size_t i = n; i-- > 0;) {
			const struct slot *s = slot_find(l->table, b[i].hash,
			    slice_upto(path, b[i].at), host);

			if (s != NULL)
				return s;
		}
	return NULL;
}

/* The owner of a normalised path. */
static struct owner path_owner(const struct lookup *l, struct slice path)
{
	struct owner o = { 0 };

	if (l->mount.len > 0 && slice_starts(path, l->mount) &&
	    on_boundary(path, l->mount.len)) {
		o.mount_len = l->mount.len;
		path = slice_from(path, o.mount_len);
	}
	o.slot = table_lookup(l, path);
	return o;
}

static struct owner reading_owner(struct lookup *l, unsigned reading)
{
	struct owner o;

	uri_normalise(l->raw, reading, SLICE_NONE, &l->path);
	o = path_owner(l, (struct slice){ l->path.at, l->path.len });
	o.above_root = l->path.above_root;
	return o;
}

/* ---- all readings ---- */

#define DIFFER "readings of the path disagree about who owns it"
#define CLIMBS "a dot segment climbs out of the prefix"
#define ROOT   "a dot segment climbs above the root"
#define CUT    "what follows the prefix does not start with a plain slash"
#define HEADS  "the path in front of the prefix has more than one reading"
#define SPENT  "the request target is too long"

static bool paths_room(struct lookup *l)
{
	/* Offsets are 32 bits wide. */
	if (l->raw.len >= UINT32_MAX)
		return false;
	l->path.at = arena_alloc(l->arena, l->raw.len + 1);
	l->path.from =
	    arena_alloc(l->arena, (l->raw.len + 1) * sizeof(*l->path.from));
	return l->path.at != NULL && l->path.from != NULL;
}

/* Asks every reading that may differ; leaves l->path in the full one.
 * SLICE_NONE: they agree, and *owner_out is who it is. */
static struct slice judge_readings(
    struct lookup *l, unsigned odd, struct owner *owner_out)
{
	unsigned flags = odd & URI_FULL;
	struct owner full = reading_owner(l, URI_FULL);
	bool above_root = full.above_root;
	bool found = full.slot != NULL;
	struct slice prefix;

	if (flags == 0) {
		*owner_out = full;
		return SLICE_NONE;
	}
	for (unsigned off = flags; off != 0; off = (off - 1) & flags) {
		struct owner other = reading_owner(l, URI_FULL & ~off);

		above_root |= other.above_root;
		if (other.slot == NULL)
			continue;
		if (found &&
		    (other.slot != full.slot ||
			other.mount_len != full.mount_len))
			return LIT(DIFFER);
		/* Found where the full reading finds nobody: remember whom,
		 * so that the next one is compared with it. */
		full = other;
		found = true;
	}
	uri_normalise(l->raw, URI_FULL, SLICE_NONE, &l->path);
	*owner_out = path_owner(l, (struct slice){ l->path.at, l->path.len });
	if (!found)
		return SLICE_NONE;
	if (owner_out->slot == NULL)
		return LIT(DIFFER);
	if (above_root)
		return LIT(ROOT);
	if (!(flags & URI_DOTS))
		return SLICE_NONE;
	prefix = (struct slice){ l->path.at,
		owner_out->mount_len + owner_out->slot->path.len };
	prefix = arena_slice(l->arena, prefix);
	if (prefix.at == NULL)
		return LIT(SPENT);
	for (unsigned off = flags & ~(unsigned)URI_DOTS;;
	     off = (off - 1) & flags & ~(unsigned)URI_DOTS) {
		uri_normalise(l->raw, URI_FULL & ~off, prefix, &l->path);
		if (l->path.left_prefix)
			return LIT(CLIMBS);
		if (off == 0)
			return SLICE_NONE; /* the full reading was the last */
	}
}

/* Where in the raw path the normalised one is at that length. */
static size_t raw_offset(const struct lookup *l, size_t len)
{
	return l->path.from == NULL ? len : l->path.from[len];
}

static bool method_allowed(const struct rule *rule, struct slice method)
{
	if (rule->methods.n == 0)
		return true;
	for (size_t i = 0; i < rule->methods.n; i++) {
		struct slice allowed = rule->methods.at[i];

		/* A server that knows GET knows HEAD (RFC 9110, 9.1). */
		if (slice_eq(allowed, method) ||
		    (slice_eq(allowed, LIT("GET")) &&
			slice_eq(method, LIT("HEAD"))))
			return true;
	}
	return false;
}

static void refuse(struct route_match *m, struct slice why)
{
	m->verdict = ROUTE_REFUSED;
	m->rule = NULL;
	m->why = why;
}

/* mount + prefix as a URL holds them; SLICE_NONE when the arena is spent. */
static struct slice public_prefix(const struct owner *o, const struct lookup *l)
{
	struct text t = text_in(l->arena, PREFIX_MAX);

	if (o->mount_len == 0)
		return o->slot->encoded;
	uri_encode_path(&t, l->mount);
	text_add(&t, o->slot->encoded);
	return text_spent(&t) ? SLICE_NONE : text_slice(&t);
}

static bool slash_location(struct route_match *m, struct arena *a)
{
	struct text t = text_in(a, SIZE_MAX / 2);

	/* From the configured bytes, not the client's: "//host" or "/\host"
	 * would send a browser to another site. */
	text_add(&t, m->prefix);
	text_char(&t, '/');
	text_add(&t, m->query);
	m->location = text_slice(&t);
	return !text_spent(&t);
}

/* An owner is found and nothing contradicts it: cut, check the cut, decide. */
static void settle(const struct lookup *l, const struct route_query *q,
    const struct owner *o, unsigned odd, struct route_match *m)
{
	const struct rule *rule = o->slot->rule;
	size_t mount_end = raw_offset(l, o->mount_len);
	size_t cut = raw_offset(l, o->mount_len + o->slot->path.len);

	m->rule = rule;
	m->path = slice_from(l->raw, mount_end);
	m->tail = slice_from(l->raw, cut);
	m->prefix = public_prefix(o, l);
	if (m->prefix.at == NULL) {
		refuse(m, LIT(SPENT));
		return;
	}
	if ((m->tail.len > 0 && m->tail.at[0] != '/') ||
	    (m->path.len > 0 && m->path.at[0] != '/')) {
		refuse(m, LIT(CUT));
		return;
	}
	if ((odd & (URI_DOTS | URI_DOT_PARAMETER)) && uri_climbs(m->tail)) {
		refuse(m, LIT(CLIMBS));
		return;
	}
	/* The origin of strip = no reads the head of the path too.  Only one
	 * reading of it may exist, but for repeated slashes. */
	if (!rule->strip && odd != 0 &&
	    (uri_oddities(slice_upto(m->path, cut - mount_end)) &
		(URI_FULL | URI_DOT_PARAMETER) & ~(unsigned)URI_MERGE)) {
		refuse(m, LIT(HEADS));
		return;
	}
	if (m->path.len == 0)
		m->path = LIT("/");
	if (!method_allowed(rule, q->method)) {
		m->verdict = ROUTE_METHOD;
	} else if (m->tail.len == 0 && m->prefix.len > 0 &&
	    rule->slash_redirect) {
		m->verdict = ROUTE_SLASH;
		if (!slash_location(m, l->arena))
			refuse(m, LIT(SPENT));
	} else {
		m->verdict = ROUTE_FOUND;
	}
}

/* A mount that no request can have is none; "//x" would make our own links
 * lead elsewhere. */
static struct slice usable_mount(struct slice mount)
{
	while (mount.len > 0 && mount.at[mount.len - 1] == '/')
		mount.len--;
	if (mount.len < 2 || mount.at[0] != '/' || mount.at[1] == '/' ||
	    mount.at[1] == '\\')
		return SLICE_NONE;
	return mount;
}

/* Everything before the readings.  SLICE_NONE: go on with l and m filled. */
static struct slice prepare(struct lookup *l, const struct route_query *q,
    char *host_room, struct route_match *m)
{
	enum uri_fault fault;
	struct uri uri;

	fault = uri_split(q->target, &uri);
	if (fault != URI_OK)
		return uri_fault_words(fault);
	m->path = uri.path;
	m->query = uri.query;
	/* The absolute form overrides Host (RFC 9112 section 3.2.2). */
	if (uri.authority.len > 0)
		m->authority = uri.authority;
	if (!uri_host(m->authority, host_room, URI_HOST_MAX, &l->host))
		return uri_fault_words(URI_AUTHORITY);
	l->raw = uri.path;
	l->mount = usable_mount(q->mount);
	l->boundaries = arena_alloc(
	    l->arena, (l->table->depth_max + 1) * sizeof(*l->boundaries));
	return l->boundaries == NULL ? LIT(SPENT) : SLICE_NONE;
}

void route_match(const struct route_table *t, const struct route_query *q,
    struct arena *a, struct route_match *match_out)
{
	struct route_match m = { .verdict = ROUTE_NONE,
		.authority = q->authority };
	struct lookup l = { .table = t, .arena = a };
	struct owner owner = { 0 };
	char host_room[URI_HOST_MAX];
	struct slice why = prepare(&l, q, host_room, &m);
	unsigned odd = 0;

	if (why.at != NULL) {
		refuse(&m, why);
		*match_out = m;
		return;
	}
	if (slice_eq(l.raw, LIT("*"))) {
		/* About the server as a whole, so no route's. */
		if (!slice_eq(q->method, LIT("OPTIONS")))
			refuse(&m, LIT("\"*\" is a target of OPTIONS alone"));
		*match_out = m;
		return;
	}
	odd = uri_oddities(l.raw);
	if (odd == 0)
		owner = path_owner(&l, l.raw);
	else if (!paths_room(&l))
		why = LIT(SPENT);
	else
		why = judge_readings(&l, odd, &owner);
	if (why.at != NULL)
		refuse(&m, why);
	else if (owner.slot != NULL)
		settle(&l, q, &owner, odd, &m);
	*match_out = m;
}

/* ---- explain ---- */

/* 0: the rule does not take that host; more is more specific. */
static size_t host_rank(const struct rule *rule, struct slice host)
{
	size_t best = rule->hosts.n == 0 ? 1 : 0;

	for (size_t i = 0; i < rule->hosts.n; i++) {
		struct slice name = rule->hosts.at[i];
		size_t rank = 0;

		if (slice_eq(name, host))
			rank = SIZE_MAX;
		else if (slice_starts(name, LIT("*.")) &&
		    host.len > name.len - 1 &&
		    slice_ends(host, slice_from(name, 1)))
			rank = 1 + name.len;
		if (rank > best)
			best = rank;
	}
	return best;
}

/* The rule's longest path that leads the normalised one. */
static bool path_leads(
    const struct rule *rule, struct slice path, size_t *len_out)
{
	bool found = false;
	size_t longest = 0;

	for (size_t i = 0; i < rule->paths.n; i++) {
		struct slice p = rule->paths.at[i];

		if (slice_starts(path, p) && on_boundary(path, p.len)) {
			found = true;
			if (p.len > longest)
				longest = p.len;
		}
	}
	if (found)
		*len_out = longest;
	return found;
}

static void add_list(struct text *t, const struct slice_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		if (i > 0)
			text_add(t, LIT(", "));
		text_add(t, list->at[i].len ? list->at[i] : LIT("/"));
	}
}

struct slice route_why_not(const struct route_table *t,
    const struct route_query *q, const struct route_match *match,
    const struct rule *rule, struct arena *a)
{
	struct text why = text_in(a, WHY_MAX);
	struct lookup l = { .table = t, .arena = a };
	struct route_match ignored = { .authority = q->authority };
	char host_room[URI_HOST_MAX];
	struct slice path;
	size_t len = 0;
	size_t best_len = 0;

	if (match->rule == rule)
		return SLICE_NONE;
	if (prepare(&l, q, host_room, &ignored).at != NULL || !paths_room(&l))
		return LIT("the request is refused before any route is asked");
	if (slice_eq(l.raw, LIT("*")))
		return LIT("\"*\" is about the server, not about a path");
	uri_normalise(l.raw, URI_FULL, SLICE_NONE, &l.path);
	path = (struct slice){ l.path.at, l.path.len };
	path = slice_from(path, path_owner(&l, path).mount_len);
	if (host_rank(rule, l.host) == 0) {
		text_add(&why, LIT("host "));
		add_list(&why, &rule->hosts);
		text_add(&why, LIT(" is not "));
		text_add(&why,
		    l.host.len ? l.host : LIT("that of a request without one"));
	} else if (!path_leads(rule, path, &len)) {
		text_add(&why, LIT("path "));
		add_list(&why, &rule->paths);
		text_add(&why, LIT(" does not lead "));
		uri_encode_path(&why, path.len ? path : LIT("/"));
	} else if (match->rule == NULL) {
		text_add(&why, LIT("the request is refused: "));
		text_add(&why, match->why);
	} else if (host_rank(match->rule, l.host) > host_rank(rule, l.host)) {
		text_format(&why, "[%.*s] names the host more exactly",
		    SLICE_ARG(match->rule->name));
	} else if (path_leads(match->rule, path, &best_len) && best_len > len) {
		text_format(&why, "[%.*s] has a longer path, %.*s",
		    SLICE_ARG(match->rule->name), (int)best_len, path.at);
	} else {
		text_format(&why,
		    "[%.*s] has the same path earlier in the file",
		    SLICE_ARG(match->rule->name));
	}
	return text_slice(&why);
}

/* ---- mount ---- */

static struct slice last_segment(struct slice path)
{
	size_t at = path.len;

	while (at > 0 && path.at[at - 1] != '/')
		at--;
	return at == 0 ? SLICE_NONE : slice_from(path, at);
}

bool route_mount_possible(struct slice script_name, struct slice program)
{
	struct slice last = last_segment(script_name);

	return last.len > 0 &&
	    (slice_eq(last, program) || slice_ends(last, LIT(".cgi")) ||
		slice_ends(last, LIT(".fcgi")));
}

struct slice route_mount_auto(
    struct slice script_name, struct slice program, bool is_file)
{
	struct slice last = last_segment(script_name);

	if (slice_eq(last, LIT("fingerpost.cgi")) ||
	    slice_eq(last, LIT("fingerpost.fcgi")))
		return script_name;
	return is_file && route_mount_possible(script_name, program) ?
	    script_name :
	    SLICE_NONE;
}

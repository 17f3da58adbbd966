/* Filling and asking the route table. */
#include "policy/route_table.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/overlap.h"
#include "http/uri.h"
#include "policy/split.h"

#define HOST_ANY  0
#define HOST_NONE UINT32_MAX

#define PREFIX_MAX 65536

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

static struct slot *slot_find(const struct route_table *t, uint64_t path_hash,
    struct slice path, uint32_t host)
{
	uint64_t hash = hash_mix(path_hash, host);
	size_t i = hash & t->mask;

	for (;; i = (i + 1) & t->mask) {
		struct slot *s = &t->slots[i];

		if (s->first.rule == NULL)
			return NULL;
		if (s->hash == hash && s->host == host &&
		    slice_eq(s->path, path))
			return s;
	}
}

/* Behind all that are asked before it, or at the same time and stand before
 * it in the file. */
static bool candidate_add(
    struct route_table *t, struct slot *s, const struct rule *rule)
{
	struct candidate *before = NULL;
	struct candidate *at = &s->first;
	struct candidate *added;

	while (at != NULL && at->rule != rule &&
	    overlap_rank(at->rule) <= overlap_rank(rule)) {
		before = at;
		at = at->next;
	}
	if (at != NULL && at->rule == rule)
		return true;
	added = arena_alloc(t->arena, sizeof(*added));
	if (added == NULL)
		return false;
	if (before != NULL) {
		*added = (struct candidate){ rule, at };
		before->next = added;
	} else {
		*added = s->first;
		s->first = (struct candidate){ rule, added };
	}
	return true;
}

static bool slot_add(struct route_table *t, const struct rule *rule,
    struct slice path, uint32_t host)
{
	uint64_t path_hash = hash_slice(HASH_START, path);
	uint64_t hash = hash_mix(path_hash, host);
	struct text encoded = text_in(t->arena, PREFIX_MAX);
	struct slot *there = slot_find(t, path_hash, path, host);
	size_t i = hash & t->mask;

	if (there != NULL)
		return candidate_add(t, there, rule);
	if (uri_path_needs_encoding(path))
		uri_encode_path(&encoded, path);
	else
		encoded.at = (char *)path.at, encoded.len = path.len;
	if (text_spent(&encoded))
		return false;
	while (t->slots[i].first.rule != NULL)
		i = (i + 1) & t->mask;
	t->slots[i] = (struct slot){ hash, { rule, NULL }, path,
		text_slice(&encoded), host };
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

/* ---- asking ---- */

size_t route_table_depth(const struct route_table *t)
{
	return t->depth_max + 1;
}

/* Without room the decision stands, but is not remembered. */
static void split_keep(
    struct choice *c, const struct slot *s, const struct split_decision *d)
{
	if (c->splits == NULL) {
		c->splits = arena_alloc(
		    c->arena, SPLIT_DECISIONS_MAX * sizeof(*c->splits));
		c->split_slots = arena_alloc(
		    c->arena, SPLIT_DECISIONS_MAX * sizeof(*c->split_slots));
	}
	if (c->splits == NULL || c->split_slots == NULL ||
	    c->split_n == SPLIT_DECISIONS_MAX)
		return;
	c->splits[c->split_n] = *d;
	c->split_slots[c->split_n++] = s;
}

static bool takes(
    const struct rule *rule, const struct slot *s, struct choice *c)
{
	struct split_decision d;

	if (rule->match.n > 0 &&
	    condition_failed(&rule->match, &c->facts) != NULL)
		return false;
	if (!rule->split.on)
		return true;
	d = split_decide(rule, c->roll, c->facts.fields);
	if (split_decides(rule))
		split_keep(c, s, &d);
	return d.in;
}

static const struct rule *slot_owner(const struct slot *s, struct choice *c)
{
	for (const struct candidate *at = &s->first; at != NULL; at = at->next)
		if (takes(at->rule, s, c))
			return at->rule;
	return NULL;
}

struct owned route_table_find(const struct route_table *t,
    struct slice host_name, struct slice path, struct choice *choice,
    struct boundary *b)
{
	size_t limit = t->path_len_max;
	struct host_walk walk = host_walk(t, host_name);
	uint64_t hash = HASH_START;
	size_t n = 0;
	uint32_t host;

	choice->split_n = 0;
	b[n++] = (struct boundary){ hash, 0 };
	for (size_t i = 0; i < path.len && i < limit;) {
		if (n > t->depth_max)
			break;
		hash = hash_byte(hash, path.at[i++]);
		if (on_boundary(path, i))
			b[n++] = (struct boundary){ hash, i };
	}
	while ((host = host_next(&walk)) != HOST_NONE)
		for (size_t i = n; i-- > 0;) {
			const struct slot *s = slot_find(
			    t, b[i].hash, slice_upto(path, b[i].at), host);
			const struct rule *rule =
			    s == NULL ? NULL : slot_owner(s, choice);

			if (rule != NULL)
				return (struct owned){ s, rule };
		}
	return (struct owned){ NULL, NULL };
}

/* Making pools, and finding them and their servers. */
#include "conf/pool.h"

#include <stdlib.h>

#include "base/arena.h"
#include "conf/conf.h"
#include "conf/finding.h"
#include "conf/keys.h"
#include "conf/lint.h"
#include "conf/suggest.h"

/* Names beyond these are not looked through for what may have been meant. */
#define SUGGESTED_MAX 256

const char *const balance_words[BALANCE_WORDS] = {
	[BALANCE_ROUND_ROBIN] = "round-robin",
	[BALANCE_LEAST_CONNECTIONS] = "least-connections",
	[BALANCE_IP_HASH] = "ip-hash",
	[BALANCE_URI_HASH] = "uri-hash",
	[BALANCE_RANDOM] = "random",
};

/* ---- servers by name ---- */

/* FNV-1a, stirred once more as tables are small and ports differ little. */
static uint32_t hash_of(struct slice host, unsigned port)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < host.len; i++)
		h = (h ^ (unsigned char)ascii_lower(host.at[i])) * 16777619u;
	h = (h ^ port) * 16777619u;
	h ^= h >> 15;
	h *= 0x2c1b3c6du;
	return h ^ h >> 12;
}

static bool is_named(const struct server *s, struct slice host, unsigned port)
{
	return s->origin.port == port && slice_eq_nocase(s->origin.host, host);
}

const struct server *pool_find(
    const struct pool *p, struct slice host, unsigned port)
{
	size_t last = p->slot_n - 1;

	if (p->slot_n == 0)
		return is_named(p->servers, host, port) ? p->servers : NULL;
	for (size_t i = hash_of(host, port) & last; p->slots[i] != 0;
	     i = (i + 1) & last) {
		const struct server *s = &p->servers[p->slots[i] - 1];

		if (is_named(s, host, port))
			return s;
	}
	return NULL;
}

/* At most a quarter full, so that what is not there is missed soon. */
static bool make_slots(struct pool *p, struct arena *a)
{
	unsigned char *slots;
	size_t n = 4;

	if (p->server_n < 2)
		return true;
	while (n < 4 * p->server_n)
		n *= 2;
	slots = arena_zero(a, n);
	if (slots == NULL)
		return false;
	for (size_t k = 0; k < p->server_n; k++) {
		const struct origin *o = &p->servers[k].origin;
		size_t i = hash_of(o->host, o->port) & (n - 1);

		while (slots[i] != 0)
			i = (i + 1) & (n - 1);
		slots[i] = (unsigned char)(k + 1);
	}
	p->slots = slots;
	p->slot_n = n;
	return true;
}

/* ---- making ---- */

bool pools_open(
    struct pools *p, size_t most, struct arena *a, struct findings *f)
{
	*p = (struct pools){ .at = arena_alloc(a, (most + 1) * sizeof(*p->at)),
		.used = arena_zero(a, most + 1),
		.arena = a,
		.findings = f };
	return p->at != NULL && p->used != NULL;
}

static void warn(
    const struct pools *p, const struct pool *pool, const char *message)
{
	finding_add(p->findings, FINDING_WARNING, pool->file, pool->line,
	    "[%.*s]: %s", SLICE_ARG(pool->name), message);
}

/* Servers that leave nobody for those who come anew. */
static void check_attributes(const struct pools *p, const struct pool *pool)
{
	size_t backups = 0;
	size_t drained = 0;

	for (size_t i = 0; i < pool->server_n; i++) {
		backups += pool->servers[i].backup;
		drained += pool->servers[i].drain;
	}
	if (pool->server_n == 0)
		return;
	if (drained == pool->server_n)
		warn(p, pool,
		    "every server drains: new visitors get 503 until one does "
		    "not");
	else if (backups == pool->server_n)
		warn(p, pool,
		    "every server is a backup, and backup has no effect: take "
		    "it off those that shall answer first");
}

static bool pool_make(struct pools *p, const struct rule *rule,
    const struct lint_section *s, unsigned line, struct pool **pool_out)
{
	struct pool *pool = &p->at[p->n];

	*pool = (struct pool){ .name = arena_slice(p->arena, s->name),
		.file = s->file,
		.line = line,
		.servers = rule->servers.at,
		.server_n = rule->servers.n,
		.balancing = rule->balancing };
	if (pool->name.at == NULL || !make_slots(pool, p->arena))
		return false;
	check_attributes(p, pool);
	p->n++;
	*pool_out = pool;
	return true;
}

/* ---- sections ---- */

#define PREFIX LIT("pool ")

bool pool_is_section(const struct pool *p)
{
	return slice_starts(p->name, PREFIX);
}

static struct slice name_of(const struct pool *pool)
{
	return slice_from(pool->name, PREFIX.len);
}

static unsigned line_of(const struct lint_section *s, struct slice key)
{
	const struct lint_key *found = lint_key_find(s, key);

	return found == NULL ? s->number : found->number;
}

/* The line of each server; false where the section has none. */
static bool find_lines(
    const struct servers *servers, const struct lint_section *s)
{
	struct slice start = LIT("server.");
	bool any = false;

	for (size_t i = 0; i < s->key_n; i++) {
		struct slice key = s->keys[i].lower;

		if (!slice_starts(key, start))
			continue;
		any = true;
		for (size_t j = 0; j < servers->n; j++)
			if (slice_eq(servers->at[j].name,
				slice_from(key, start.len)))
				servers->at[j].line = s->keys[i].number;
	}
	return any;
}

bool pools_add_section(
    struct pools *p, const struct rule *draft, const struct lint_section *s)
{
	struct slice name = slice_from(s->name, PREFIX.len);
	struct pool *pool;

	if (slice_find(name, ' ') < name.len) {
		finding_add(p->findings, FINDING_FAULT, s->file, s->number,
		    "[%.*s]: a pool's name has no blanks", SLICE_ARG(s->name));
		return true;
	}
	if (!find_lines(&draft->servers, s))
		finding_add(p->findings, FINDING_FAULT, s->file, s->number,
		    "[%.*s] has no servers: write server.NAME = URL for each",
		    SLICE_ARG(s->name));
	/* Said already, of the section that stands twice. */
	if (s->first != NULL)
		return true;
	if (!pool_make(p, draft, s, s->number, &pool))
		return false;
	p->named++;
	return true;
}

/* ---- routes ---- */

static int by_name(const void *left, const void *right)
{
	return slice_compare(name_of(left), name_of(right));
}

static int is_name(const void *name, const void *pool)
{
	return slice_compare(*(const struct slice *)name, name_of(pool));
}

static struct pool *find_section(struct pools *p, struct slice name)
{
	if (!p->sorted)
		qsort(p->at, p->named, sizeof(*p->at), by_name);
	p->sorted = true;
	return bsearch(&name, p->at, p->named, sizeof(*p->at), is_name);
}

static void unknown_pool(const struct pools *p, struct slice name,
    const struct lint_section *s, unsigned line)
{
	struct suggestion near = suggest_for(name);

	for (size_t i = 0; i < p->named && i < SUGGESTED_MAX; i++)
		suggest_offer(&near, name_of(&p->at[i]));
	if (near.best.len > 0)
		finding_add(p->findings, FINDING_FAULT, s->file, line,
		    "origin: there is no [pool %.*s]: did you mean pool:%.*s?",
		    SLICE_ARG(name), SLICE_ARG(near.best));
	else
		finding_add(p->findings, FINDING_FAULT, s->file, line,
		    "origin: there is no [pool %.*s]: write that section, with "
		    "server.NAME = URL for each server",
		    SLICE_ARG(name));
}

static void warn_of_keys(const struct pools *p, const struct pool *pool,
    const struct lint_section *s)
{
	for (size_t i = 0; i < s->key_n; i++) {
		struct slice rest;
		const struct key *k = key_find(s->keys[i].name, IN_POOL, &rest);

		if (k != NULL && (k->place & IN_POOL) != 0 &&
		    (k->place & IN_ROUTE) != 0)
			finding_add(p->findings, FINDING_WARNING, s->file,
			    s->keys[i].number,
			    "%s has no effect: [%.*s] says it for all of its "
			    "routes, move it there",
			    k->name, SLICE_ARG(pool->name));
	}
}

bool pools_give(
    struct pools *p, struct rule *rule, const struct lint_section *s)
{
	unsigned line = line_of(s, LIT("origin"));
	struct pool *pool = NULL;

	if (rule->servers.pool.len > 0) {
		pool = find_section(p, rule->servers.pool);
		if (pool == NULL) {
			unknown_pool(p, rule->servers.pool, s, line);
			return true;
		}
		p->used[pool - p->at] = true;
		warn_of_keys(p, pool, s);
	} else if (rule->servers.n > 0) {
		for (size_t i = 0; i < rule->servers.n; i++)
			rule->servers.at[i].line = line;
		if (!pool_make(p, rule, s, line, &pool))
			return false;
	}
	rule->pool = pool;
	if (pool != NULL && pool->server_n > 0)
		rule->origin = pool->servers[0].origin;
	return true;
}

void pools_close(const struct pools *p)
{
	for (size_t i = 0; i < p->named; i++)
		if (!p->used[i])
			warn(p, &p->at[i],
			    "no route goes there: write origin = pool:NAME, or "
			    "remove the section");
}

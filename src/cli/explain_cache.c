/* Printing a route's cache. */
#include "cli/explain_cache.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/cache.h"
#include "conf/conf.h"
#include "http/message.h"
#include "policy/cache_key.h"
#include "policy/condition.h"
#include "policy/route.h"

static void print_ms(int64_t ms, FILE *to)
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = { { 3600000, "h" }, { 60000, "m" }, { 1000, "s" },
		{ 1, "ms" } };
	size_t i = ms == 0 ? 2 : 0;

	while (ms % units[i].ms != 0)
		i++;
	fprintf(to, "%lld%s", (long long)(ms / units[i].ms), units[i].name);
}

static void print_place(const struct storage *s, FILE *to)
{
	if (s->redis.len > 0)
		fprintf(to, "cache     by Redis at %.*s\n",
		    SLICE_ARG(cache_redis_place(s->redis)));
	else
		fprintf(to, "cache     in %.*s\n", SLICE_ARG(s->path));
}

static void print_ttls(const struct caching *c, FILE *to)
{
	fputs("fresh     ", to);
	if (c->ttl_n == 0)
		fputs("as the response says", to);
	for (size_t i = 0; i < c->ttl_n; i++) {
		const struct cache_ttl *ttl = &c->ttls[i];

		fprintf(to, "%s%d", i == 0 ? "" : ", ", ttl->statuses.low);
		if (ttl->statuses.high != ttl->statuses.low)
			fprintf(to, "-%d", ttl->statuses.high);
		fputc(':', to);
		print_ms(ttl->ttl_ms, to);
	}
	if (c->ttl_n > 0)
		fputs(c->ttl_overrides ? ", whatever the response says" :
					 ", where the response does not say",
		    to);
	fputc('\n', to);
}

static void print_stale(const struct caching *c, FILE *to)
{
	if (c->stale_while_revalidate_ms > 0) {
		fputs("stale     ", to);
		print_ms(c->stale_while_revalidate_ms, to);
		fputs(" more, while a new one is fetched\n", to);
	}
	if (c->stale_if_error_ms > 0) {
		fputs("stale     ", to);
		print_ms(c->stale_if_error_ms, to);
		fputs(" more, where the origin fails\n", to);
	}
}

static void print_list(
    const char *kind, const struct slice_list *list, struct text *t)
{
	for (size_t i = 0; i < list->n; i++)
		text_format(t, ", %s%.*s", kind, SLICE_ARG(list->at[i]));
}

static void print_parts(
    const struct cache_parts *parts, struct arena *a, FILE *to)
{
	struct text t = text_in(a, CACHE_KEY_MAX);

	text_add(&t, LIT("path"));
	text_add(&t, parts->scheme ? LIT(", scheme") : LIT(""));
	text_add(&t, parts->host ? LIT(", host") : LIT(""));
	text_add(&t, parts->query ? LIT(", query") : LIT(""));
	print_list("query:", &parts->queries, &t);
	print_list("header:", &parts->headers, &t);
	print_list("cookie:", &parts->cookies, &t);
	fprintf(to, "key       of %.*s\n", SLICE_ARG(text_slice(&t)));
}

/* The lines of it that tell requests apart. */
static void print_key(const struct request *r, const struct route_match *m,
    struct arena *a, FILE *to)
{
	struct text t = text_in(a, CACHE_KEY_MAX + 1);
	struct cache_key key = { r, m, LIT(""), 0 };
	struct slice rest, line;

	if (!cache_key_write(&key, &t)) {
		fprintf(to, "key       too long: goes by the cache\n");
		return;
	}
	rest = text_slice(&t);
	fputs("key       ", to);
	for (int i = 0; i < 6 && slice_cut(&rest, '\n', &line); i++)
		if (i == 1 || i == 2)
			fprintf(to, "%.*s", SLICE_ARG(line));
		else if (i == 5 && line.len > 0)
			fprintf(to, " %.*s", SLICE_ARG(slice_trim(line)));
	fputc('\n', to);
}

static void print_bypass(
    const struct request *r, const struct route_match *m, FILE *to)
{
	const struct conditions *all = &m->rule->cache.bypass;
	struct condition_facts facts = { r->method, m->query, &r->fields };

	for (size_t i = 0; i < all->n; i++)
		fprintf(to, "bypass    %.*s%s\n", SLICE_ARG(all->at[i].written),
		    condition_holds(&all->at[i], &facts) ?
			": holds, goes by the cache" :
			"");
}

void explain_cache(const struct conf *c, const struct request *r,
    const struct route_match *m, struct arena *a, FILE *to)
{
	const struct caching *cache = &m->rule->cache;

	if (!cache->on)
		return;
	print_place(&c->storage, to);
	if (!slice_eq(r->method, LIT("GET")) &&
	    !slice_eq(r->method, LIT("HEAD"))) {
		fprintf(to, "bypass    %.*s: neither GET nor HEAD\n",
		    SLICE_ARG(r->method));
		return;
	}
	print_ttls(cache, to);
	print_stale(cache, to);
	print_parts(&cache->key, a, to);
	print_key(r, m, a, to);
	print_bypass(r, m, to);
}

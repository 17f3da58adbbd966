/* cache URL: what a GET would get, and all that is stored for the URL. */
#include "cli/cache.h"

#include "base/arena.h"
#include "base/text.h"
#include "cli/cache_entry.h"
#include "cli/mounts.h"
#include "cli/stored.h"
#include "conf/conf.h"
#include "http/date.h"
#include "http/message.h"
#include "http/status.h"
#include "http/uri.h"
#include "policy/cache_key.h"
#include "policy/cache_purge.h"
#include "policy/cache_reuse.h"
#include "policy/route.h"
#include "policy/split.h"
#include "store/store.h"

/* ---- what a GET would get ---- */

/* The mounts that entries are looked for under. */
#define MOUNTS_MAX 8

struct asked {
	const struct conf *conf;
	struct store *store;
	struct cache_prints prints;
	struct request request;
	struct route_match match;
	struct slice mounts[MOUNTS_MAX];
	size_t mount_n;
	int64_t now_ms;
	struct arena *arena;
	FILE *to;
};

static const char *const forward_words[CACHE_FORWARD_N] = {
	[CACHE_HIT] = "",
	[CACHE_FORWARD_BYPASS] = "it goes by the cache",
	[CACHE_FORWARD_METHOD] = "of its method",
	[CACHE_FORWARD_URI_MISS] = "nothing usable is stored for the URL",
	[CACHE_FORWARD_VARY_MISS] = "what is stored is for other requests",
	[CACHE_FORWARD_REQUEST] = "the request wants it so",
	[CACHE_FORWARD_STALE] = "what is stored is stale",
	[CACHE_FORWARD_PARTIAL] = "only a part of it is stored",
};

static void print_detail(const struct cache_verdict *v, FILE *to)
{
	if (v->detail.len > 0)
		fprintf(to, " (%.*s)", SLICE_ARG(v->detail));
	fputc('\n', to);
}

static void print_verdict(const struct cache_verdict *v, FILE *to)
{
	switch (v->use) {
	case CACHE_SERVE:
		fprintf(to, "answer    from the store; ttl=%lld",
		    (long long)v->ttl_s);
		break;
	case CACHE_SERVE_STALE_REVALIDATE:
		fprintf(to,
		    "answer    from the store, and validated behind it; "
		    "ttl=%lld",
		    (long long)v->ttl_s);
		break;
	case CACHE_VALIDATE:
		fprintf(to,
		    "answer    from the store once the origin has validated "
		    "it: %s",
		    forward_words[v->forward]);
		break;
	case CACHE_FETCH:
		fprintf(to, "answer    from the origin: %s",
		    forward_words[v->forward]);
		break;
	case CACHE_UNAVAILABLE:
		fprintf(to, "answer    504: it is only to be had from a store");
		break;
	}
	print_detail(v, to);
}

static struct cache_verdict judge(struct asked *q, struct store_found *found)
{
	struct cache_stored stored[STORE_VARIANTS_MAX];
	struct cache_rules rules = cache_rules_default();
	size_t n = 0;

	rules.heed_reload = q->match.rule->cache.heed_reload;
	for (size_t i = 0; i < found->n; i++) {
		struct cache_entry e;

		if (cache_entry_read(
			&found->at[i], &q->prints, q->now_ms / 1000, &e) &&
		    e.timed)
			stored[n++] = e.stored;
	}
	return cache_reuse(
	    &q->request, stored, n, &rules, q->now_ms / 1000, q->arena);
}

/* False: the request goes by the cache. */
static bool write_key(
    struct asked *q, struct slice mount, struct text *key, struct slice *why)
{
	struct cache_key parts = { &q->request, &q->match, mount,
		cache_fingerprint(q->match.rule) };

	if (cache_is_bypassed(q->match.rule, &q->request, &q->match))
		*why = LIT("cache_bypass");
	else if (!cache_key_write(&parts, key))
		*why = LIT("no cache key fits");
	else
		return true;
	return false;
}

static void print_found(struct asked *q)
{
	struct cache_verdict verdict = { .use = CACHE_FETCH,
		.forward = CACHE_FORWARD_BYPASS };

	for (size_t i = 0; i < q->mount_n; i++) {
		char room[CACHE_KEY_MAX];
		struct text key = text_over(room, sizeof(room));
		struct store_found found;
		size_t n;

		if (!write_key(q, q->mounts[i], &key, &verdict.detail))
			break;
		store_find(
		    q->store, text_slice(&key), 0, q->now_ms, q->arena, &found);
		verdict = judge(q, &found);
		n = found.n;
		store_release(q->store, &found, NULL);
		if (n > 0)
			break;
	}
	print_verdict(&verdict, q->to);
}

static void add_mount(struct asked *q, struct slice mount)
{
	for (size_t i = 0; i < q->mount_n; i++)
		if (slice_eq(q->mounts[i], mount))
			return;
	if (q->mount_n < MOUNTS_MAX)
		q->mounts[q->mount_n++] = arena_slice(q->arena, mount);
}

/* Under the first mount that leads anywhere. */
static void find_route(
    struct asked *q, const struct route_table *routes, struct slice path)
{
	struct slice mount = SLICE_NONE;
	size_t at = 0;

	while (mounts_next(q->conf, path, &at, &mount)) {
		struct route_query query = { .method = q->request.method,
			.authority = q->request.authority,
			.target = q->request.target,
			.mount = mount,
			.fields = &q->request.fields,
			.roll = SPLIT_ROLL_OUT };

		route_match(routes, &query, q->arena, &q->match);
		if (q->match.verdict != ROUTE_NONE)
			break;
	}
	add_mount(q, mount);
}

static void print_answer(struct asked *q)
{
	if (q->match.verdict != ROUTE_FOUND)
		fprintf(q->to,
		    "answer    neither from store nor origin: see fingerpost "
		    "explain\n");
	else if (!q->match.rule->cache.on)
		fprintf(q->to,
		    "answer    from the origin: the route has no cache = "
		    "yes\n");
	else
		print_found(q);
}

static void print_request(const struct asked *q, struct slice url)
{
	const struct rule *rule = q->match.rule;

	fputs("request   GET ", q->to);
	stored_print(url, q->to);
	fputc('\n', q->to);
	if (rule != NULL)
		fprintf(q->to, "route     [%.*s], %.*s:%u\n",
		    SLICE_ARG(rule->name), SLICE_ARG(rule->file), rule->line);
}

/* ---- what there is ---- */

struct shown {
	struct asked *asked;
	const struct cache_purge *tags;
	size_t n;
};

static void print_date(int64_t ms, FILE *to)
{
	char date[DATE_SIZE];

	date_format(ms / 1000, date);
	fputs(date, to);
}

static void print_terms(const struct cache_entry *e, FILE *to)
{
	static const char *const sources[] = {
		[CACHE_SOURCE_NONE] = "nobody's word",
		[CACHE_SOURCE_S_MAXAGE] = "s-maxage",
		[CACHE_SOURCE_MAX_AGE] = "max-age",
		[CACHE_SOURCE_EXPIRES] = "Expires",
		[CACHE_SOURCE_HEURISTIC] =
		    "a tenth of the age of Last-Modified",
		[CACHE_SOURCE_RULE] = "cache_ttl",
	};
	const struct cache_terms *t = &e->stored.terms;
	int64_t stale_s = e->ttl_s < 0 ? -e->ttl_s : 0;

	fprintf(to, "lifetime  %llds, by %s%s%s\n", (long long)t->lifetime_s,
	    (size_t)t->source < sizeof(sources) / sizeof(sources[0]) ?
		sources[t->source] :
		"what this program does not know",
	    t->validate ? "; to be validated each time" : "",
	    t->strict ? "; never to be served stale" : "");
	fprintf(to, "age       %llds: %s %llds\n", (long long)e->age_s,
	    e->ttl_s > 0 ? "fresh for" : "stale for",
	    (long long)(e->ttl_s > 0 ? e->ttl_s : stale_s));
	if (t->stale_while_revalidate_s > stale_s)
		fprintf(to, "usable    %llds while it is validated\n",
		    (long long)(t->stale_while_revalidate_s - stale_s));
	if (t->stale_if_error_s > stale_s)
		fprintf(to, "usable    %llds where the origin fails\n",
		    (long long)(t->stale_if_error_s - stale_s));
}

static void print_tags(const struct slice_list *tags, FILE *to)
{
	bool first = true;

	for (size_t i = 0; i < tags->n; i++) {
		if (slice_starts(tags->at[i], LIT("=")))
			continue;
		fputs(first ? "tags      " : ", ", to);
		stored_print(tags->at[i], to);
		first = false;
	}
	if (!first)
		fputc('\n', to);
}

static void print_head(const struct cache_entry *e, FILE *to)
{
	const struct fields *f = e->stored.fields;

	fprintf(to, "head      %d %.*s\n", e->stored.status,
	    SLICE_ARG(status_reason(e->stored.status)));
	for (size_t i = 0; i < f->n; i++) {
		fputs("          ", to);
		cache_entry_print_lines(f->at[i].name, to);
		fputs(": ", to);
		cache_entry_print_lines(f->at[i].value, to);
		fputc('\n', to);
	}
}

static void print_lines(const char *label, struct slice lines, FILE *to)
{
	if (lines.len == 0)
		return;
	fprintf(to, "%-9s ", label);
	cache_entry_print_lines(lines, to);
	fputc('\n', to);
}

static void print_entry(const struct cache_entry *e,
    const struct store_hit *hit, uint64_t bytes, FILE *to)
{
	fputs("\nentry     ", to);
	cache_entry_print_url(e, to);
	fputc('\n', to);
	if (e->rule == NULL)
		fputs(
		    "rule      edited since: this is never served again\n", to);
	else
		fprintf(to, "rule      [%.*s], %.*s:%u\n",
		    SLICE_ARG(e->rule->name), SLICE_ARG(e->rule->file),
		    e->rule->line);
	print_lines("mount", e->mount, to);
	print_lines("key", e->rest, to);
	print_lines("variant", e->stored.vary_key, to);
	fprintf(to, "size      %lld bytes, %llu of the store\n",
	    (long long)e->stored.length, (unsigned long long)bytes);
	fputs("stored    ", to);
	print_date(hit->record.response_ms, to);
	fputs(", last used ", to);
	print_date(hit->used_ms, to);
	fputc('\n', to);
	if (e->timed)
		print_terms(e, to);
	print_tags(&hit->record.tags, to);
	print_head(e, to);
}

static bool is_asked(
    const struct slice_list *tags, const struct cache_purge *wanted)
{
	for (size_t i = 0; i < tags->n; i++)
		for (size_t j = 0; j < wanted->n; j++)
			if (slice_eq(tags->at[i], wanted->at[j]))
				return true;
	return false;
}

static bool show_entry(void *user, const struct store_hit *hit, uint64_t bytes)
{
	struct shown *shown = user;
	struct asked *q = shown->asked;
	struct cache_entry e;

	if (!is_asked(&hit->record.tags, shown->tags) ||
	    !cache_entry_read(hit, &q->prints, q->now_ms / 1000, &e))
		return true;
	shown->n++;
	/* A web server that rewrites paths gives mounts that they lack. */
	add_mount(q, e.mount);
	print_entry(&e, hit, bytes, q->to);
	return !ferror(q->to);
}

/* By the tag that every entry has for its URL: it finds those of other
 * variants, keys, mounts, and of rules that were edited since. */
static size_t print_stored(struct asked *q, struct cache_purge_url *url)
{
	struct cache_purge tags = { .n = 0 };
	struct shown shown = { q, &tags, 0 };
	struct uri uri;
	size_t at = 0;

	if (uri_split(url->target, &uri) != URI_OK)
		return 0;
	while (mounts_next(q->conf, uri.path, &at, &url->mount))
		(void)cache_purge_names(q->conf, url, q->arena, &tags);
	if (!store_each(q->store, show_entry, &shown, q->now_ms))
		stored_complain(q->store, "cache");
	return shown.n;
}

int cache_print_url(const struct conf *c, struct store *s,
    const struct cache_question *question, int64_t now_ms, struct arena *a,
    FILE *to)
{
	struct asked q = {
		.conf = c, .store = s, .now_ms = now_ms, .arena = a, .to = to
	};
	struct cache_purge_url url;
	struct route_table *routes;
	struct uri uri;
	size_t n;

	if (!cache_purge_parse(question->url, &url) || url.below ||
	    uri_split(url.target, &uri) != URI_OK) {
		fprintf(stderr,
		    "fingerpost cache: %.*s: not http://HOST/PATH, "
		    "https://HOST/PATH or /PATH\n",
		    SLICE_ARG(question->url));
		return 2;
	}
	routes = route_table_new(c);
	if (routes == NULL || !cache_prints_of(c, a, &q.prints)) {
		fputs("fingerpost cache: out of memory\n", stderr);
		route_table_free(routes);
		return 1;
	}
	q.request = (struct request){ .method = LIT("GET"),
		.target = url.target,
		.scheme = url.scheme,
		.authority = url.authority,
		.protocol = LIT("HTTP/1.1"),
		.fields = *question->fields,
		.content_length = LENGTH_UNKNOWN };
	find_route(&q, routes, uri.path);
	print_request(&q, question->url);
	n = print_stored(&q, &url);
	fprintf(to, "%s%zu stored\n", n > 0 ? "\n" : "", n);
	print_answer(&q);
	route_table_free(routes);
	return n > 0 ? 0 : 1;
}

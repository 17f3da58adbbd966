/* What `fingerpost cache` prints. */
#include "cli/cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/cache_key.h"
#include "policy/cache_note.h"
#include "policy/route.h"
#include "store/store.h"
#include "tests/unit/policy/hand.h"
#include "tests/unit/policy/heads.h"
#include "tests/unit/unit.h"

#define ENTRIES_MAX 8

/* A store that only shows. */
struct shelf {
	struct store store; /* first */
	struct store_hit at[ENTRIES_MAX];
	size_t n;
	bool broken;
};

static void shelf_find(struct store *s, struct slice key, uint64_t round,
    int64_t now_ms, struct arena *a, struct store_found *found_out)
{
	const struct shelf *shelf = (struct shelf *)s;

	(void)round;
	(void)now_ms;
	(void)a;
	*found_out = (struct store_found){ .n = 0 };
	for (size_t i = 0; i < shelf->n; i++)
		if (slice_eq(shelf->at[i].record.key, key))
			found_out->at[found_out->n++] = shelf->at[i];
}

static void shelf_release(struct store *s, struct store_hit *hit)
{
	(void)s;
	(void)hit;
}

static bool shelf_each(
    struct store *s, store_visit *visit, void *user, int64_t now_ms)
{
	const struct shelf *shelf = (struct shelf *)s;

	(void)now_ms;
	for (size_t i = 0; i < shelf->n; i++)
		if (!visit(user, &shelf->at[i], 4096))
			return false;
	return !shelf->broken;
}

static const struct store_ops shelf_ops = {
	.name = "shelf",
	.find = shelf_find,
	.release = shelf_release,
	.each = shelf_each,
};

static const struct hand_rule rows[] = {
	{ .name = "app", .paths = "/app" },
	{ .name = "plain", .paths = "/plain" },
};

struct scene {
	struct arena *a;
	struct conf *conf;
	struct shelf shelf;
};

static struct scene scene_new(void)
{
	struct scene s = { .a = arena_new(4 << 20) };
	struct caching *cache;

	s.conf = hand_conf(s.a, rows, ROWS(rows));
	cache = &hand_rule(s.conf, 0)->cache;
	cache->on = true;
	cache->heed_reload = true;
	cache->key =
	    (struct cache_parts){ .scheme = true, .host = true, .query = true };
	s.shelf.store.ops = &shelf_ops;
	return s;
}

/* Stored at NOW, last used then; of the rule as it is now. */
static void put(struct scene *s, const char *target, const char *head,
    const char *request, const char *tag)
{
	const struct rule *rule = &s->conf->rules[0];
	struct request r = head_request(s->a, request);
	struct route_match match = { .rule = rule, .authority = r.authority };
	struct cache_stored stored = head_stored(s->a, head, request);
	struct cache_key key = { &r, &match, SLICE_NONE,
		cache_fingerprint(rule) };
	struct store_hit *hit = &s->shelf.at[s->shelf.n++];
	struct slice *tags = arena_zero(s->a, 2 * sizeof(*tags));
	struct text t = text_in(s->a, CACHE_KEY_MAX);
	struct text url = text_in(s->a, 64);

	r.target = slice_of(target);
	assert_true(cache_key_write(&key, &t));
	assert_true(cache_url_tag(rule, r.scheme, r.authority, r.target, &url));
	tags[0] = text_slice(&url);
	tags[1] = slice_of(tag);
	*hit = (struct store_hit){ .used_ms = NOW * 1000, .fd = -1 };
	hit->record = (struct record){ .key = text_slice(&t),
		.variant = stored.vary_key,
		.note = cache_note_write(&stored, s->a),
		.status = stored.status,
		.fields = *stored.fields,
		.tags = { tags, tag[0] != '\0' ? 2 : 1 },
		.request_ms = NOW * 1000,
		.response_ms = NOW * 1000,
		.body_bytes = 1000 };
}

struct printed {
	char *text;
	size_t size;
	FILE *to;
};

static void printer(struct printed *p)
{
	p->to = open_memstream(&p->text, &p->size);
	assert_non_null(p->to);
}

static void assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("\"%s\" in:\n%s", part, text);
}

static void put_some(struct scene *s)
{
	put(s, "/app/fresh",
	    "Cache-Control: max-age=600\nContent-Type: text/html; charset=x\n",
	    "", "blue");
	put(s, "/app/stale?q", "Cache-Control: max-age=10\n", "", "");
	put(s, "/app/check", "Cache-Control: no-cache\nETag: \"1\"\n", "", "");
	put(s, "/app/varied", "Cache-Control: max-age=60\nVary: X-Odd\n",
	    "X-Odd: caf\351 a\n", "");
}

static const char list[] =
    "          bytes       age      left      used type url variant\n"
    "200        4096       20s      580s       20s text/html "
    "http://example.org/app/fresh\n"
    "200        4096       20s      -10s       20s - "
    "http://example.org/app/stale?q\n"
    "200        4096       20s  validate       20s - "
    "http://example.org/app/check\n"
    "200        4096       20s       40s       20s - "
    "http://example.org/app/varied x-odd:caf\\xe9 a\n"
    "4 entries, 16384 bytes; 2 stale, 0 old (of rules that were edited "
    "since)\n";

static void lists(void **state)
{
	struct scene s = scene_new();
	struct printed p;

	(void)state;
	printer(&p);
	put_some(&s);
	assert_true(cache_print_all(
	    s.conf, &s.shelf.store, (NOW + 20) * 1000, s.a, p.to));
	fclose(p.to);
	assert_string_equal(p.text, list);
	free(p.text);
	arena_free(s.a);
}

static void lists_old(void **state)
{
	struct scene s = scene_new();
	struct printed p;

	(void)state;
	printer(&p);
	put_some(&s);
	hand_rule(s.conf, 0)->compress = false;
	assert_true(cache_print_all(
	    s.conf, &s.shelf.store, (NOW + 20) * 1000, s.a, p.to));
	fclose(p.to);
	assert_has(p.text, " old       20s text/html http");
	assert_has(p.text, "; 0 stale, 4 old (");
	free(p.text);
	arena_free(s.a);
}

/* No totals of what was not read to the end. */
static void tells_broken(void **state)
{
	struct scene s = scene_new();
	struct printed p;

	(void)state;
	printer(&p);
	put_some(&s);
	s.shelf.broken = true;
	assert_false(cache_print_all(
	    s.conf, &s.shelf.store, (NOW + 20) * 1000, s.a, p.to));
	fclose(p.to);
	assert_lacks(p.text, "entries");
	free(p.text);
	arena_free(s.a);
}

static const struct {
	const char *url;
	const char *request;
	int code;
	const char *has[4];
} urls[] = {
	{ "http://example.org/app/fresh", "", 0,
	    { "answer    from the store; ttl=580\n",
		"lifetime  600s, by max-age\n",
		"age       20s: fresh for 580s\n", "tags      blue\n" } },
	{ "http://example.org/app/fresh", "Cache-Control: no-cache\n", 0,
	    { "answer    from the store once the origin has validated it: "
	      "the request wants it so (no-cache)\n" } },
	{ "http://example.org/app/fresh", "X-Go-By: 1\n", 0,
	    { "answer    from the origin: it goes by the cache "
	      "(cache_bypass)\n" } },
	{ "http://example.org/app/stale?q", "", 0,
	    { "validated it: what is stored is stale\n",
		"age       20s: stale for 10s\n" } },
	{ "http://example.org/app/check", "", 0,
	    { "(must-validate)\n", "; to be validated each time;" } },
	{ "http://example.org/app/varied", "", 0,
	    { "answer    from the origin: what is stored is for other "
	      "requests\n",
		"variant   x-odd:caf\\xe9 a\n", "\n1 stored\nanswer " } },
	{ "http://example.org/app/never", "", 1,
	    { "answer    from the origin: nothing usable is stored",
		"\n0 stored\n" } },
	{ "http://example.org/plain/x", "", 1,
	    { "answer    from the origin: the route has no cache = yes\n" } },
	{ "http://example.org/none", "", 1, { "answer    neither" } },
	{ "http://example.org/app/x\033y", "", 2, { "" } },
	{ "ftp://example.org/", "", 2, { "" } },
};

static void explains(void **state)
{
	static const struct condition bypass = {
		.kind = CONDITION_HEADER, .name = S("X-Go-By"), .any = true
	};

	(void)state;
	for (size_t i = 0; i < ROWS(urls); i++) {
		struct scene s = scene_new();
		struct printed p;
		struct fields fields = head_fields(s.a, urls[i].request);
		struct cache_question question = { slice_of(urls[i].url),
			&fields };
		int code;

		printer(&p);
		put_some(&s);
		hand_rule(s.conf, 0)->cache.bypass =
		    (struct conditions){ &bypass, 1 };
		code = cache_print_url(s.conf, &s.shelf.store, &question,
		    (NOW + 20) * 1000, s.a, p.to);
		fclose(p.to);
		if (code != urls[i].code)
			fail_msg("%s: %d\n%s", urls[i].url, code, p.text);
		for (size_t j = 0; j < 4 && urls[i].has[j] != NULL; j++)
			assert_has(p.text, urls[i].has[j]);
		free(p.text);
		arena_free(s.a);
	}
}

/* Of rules that were edited since: found by the URL, and never served. */
static void explains_old(void **state)
{
	struct scene s = scene_new();
	struct printed p;
	struct fields none = { 0 };
	struct cache_question question = { LIT("http://example.org/app/fresh"),
		&none };

	(void)state;
	printer(&p);
	put_some(&s);
	hand_rule(s.conf, 0)->compress = false;
	assert_int_equal(0,
	    cache_print_url(s.conf, &s.shelf.store, &question,
		(NOW + 20) * 1000, s.a, p.to));
	fclose(p.to);
	assert_has(p.text, "answer    from the origin: nothing usable");
	assert_has(p.text, "rule      edited since");
	assert_has(p.text, "\n1 stored\nanswer ");
	free(p.text);
	arena_free(s.a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),
		cmocka_unit_test(lists_old),
		cmocka_unit_test(tells_broken),
		cmocka_unit_test(explains),
		cmocka_unit_test(explains_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

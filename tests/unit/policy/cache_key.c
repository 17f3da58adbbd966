/* Cache keys: RFC 9111 section 2, and what an edited rule changes. */
#include "policy/cache_key.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "policy/route.h"
#include "tests/unit/policy/heads.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

struct told {
	struct slice method, scheme, authority, target, mount;
};

static const struct {
	struct told one, other;
	bool same;
} cases[] = {
#define ONE                                                   \
	{                                                     \
		S("GET"), S("http"), S("h"), S("/a?b"), S("") \
	}
	{ ONE, ONE, true },
	{ ONE, { S("HEAD"), S("http"), S("h"), S("/a?b"), S("") }, true },
	/* the host's case, final dot and default port */
	{ ONE, { S("GET"), S("http"), S("H"), S("/a?b"), S("") }, true },
	{ ONE, { S("GET"), S("http"), S("h:80"), S("/a?b"), S("") }, true },
	{ ONE, { S("GET"), S("http"), S("h."), S("/a?b"), S("") }, true },
	{ ONE, { S("GET"), S("http"), S("h:8"), S("/a?b"), S("") }, false },
	{ ONE, { S("GET"), S("http"), S("h:443"), S("/a?b"), S("") }, false },
	{ ONE, { S("GET"), S("https"), S("h"), S("/a?b"), S("") }, false },
	{ ONE, { S("GET"), S("http"), S("g"), S("/a?b"), S("") }, false },
	/* the target's bytes, as they are */
	{ ONE, { S("GET"), S("http"), S("h"), S("/%61?b"), S("") }, false },
	{ ONE, { S("GET"), S("http"), S("h"), S("/A?b"), S("") }, false },
	{ ONE, { S("GET"), S("http"), S("h"), S("/a?"), S("") }, false },
	{ ONE, { S("GET"), S("http"), S("h"), S("/x/../a?b"), S("") }, false },
	{ ONE, { S("GET"), S("http"), S("h"), S("http://h/a?b"), S("") },
	    true },
	{ ONE, { S("GET"), S("http"), S("h"), S("/a?b"), S("/m") }, false },
};

/* A rule of that much, and a request of some fields. */
struct scene {
	struct cache_parts parts;
	struct stencil request_value;
	struct stencil response_value;
};

static struct slice key_of(const struct told *t, uint64_t print, char *room)
{
	struct request r = { .method = t->method,
		.scheme = t->scheme,
		.authority = t->authority,
		.target = t->target };
	static const struct rule rule = {
		.cache = { .key = { true, true, true, { 0 }, { 0 }, { 0 } } }
	};
	struct route_match match = { .rule = &rule, .authority = t->authority };
	struct cache_key key = { &r, &match, t->mount, print };
	struct text text = text_over(room, 512);

	return cache_key_write(&key, &text) ? text_slice(&text) : SLICE_NONE;
}

static void keys_tell_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		char one[512];
		char other[512];
		struct slice a = key_of(&cases[i].one, 7, one);
		struct slice b = key_of(&cases[i].other, 7, other);

		if (a.len == 0 || slice_eq(a, b) != cases[i].same)
			fail_msg(
			    "%zu: %.*s %.*s", i, SLICE_ARG(a), SLICE_ARG(b));
		assert_false(slice_eq(a, key_of(&cases[i].one, 8, other)));
	}
}

static const struct told bad[] = {
	{ S("GET"), S("http"), S("h"), S("/a\nb"), S("") },
	{ S("GET"), S("http"), S("h"), S("a"), S("") },
	{ S("GET"), S("http"), S("h/x"), S("/a"), S("") },
	{ S("GET"), S("http"), S("h"), S("/a"), S("/m\n") },
};

static void keys_hold_no_lines(void **state)
{
	char room[512];

	(void)state;
	for (size_t i = 0; i < ROWS(bad); i++)
		assert_null(key_of(&bad[i], 7, room).at);
}

/* --- what cache_key says ------------------------------------------------- */

#define LIST(...)                                                   \
	{                                                           \
		(const struct slice[]){ __VA_ARGS__ },              \
		    sizeof((const struct slice[]){ __VA_ARGS__ }) / \
		    sizeof(struct slice)                            \
	}
#define NONE            \
	{               \
		NULL, 0 \
	}
#define VALUE(variable)                                               \
	{                                                             \
		(const struct piece[]){ { (variable), 0, S("") } }, 1 \
	}

static const struct scene
    whole = { .parts = { true, true, true, NONE, NONE, NONE } },
    bare = { .parts = { false, false, false, NONE, NONE, NONE } },
    some = { .parts = { false, false, false, LIST(S("a"), S("b[]")),
		 LIST(S("x-l")), LIST(S("c")) } },
    users = { .parts = { true, true, true, NONE, NONE, NONE },
	    .request_value = VALUE(VARIABLE_USER) },
    shown = { .parts = { true, true, true, NONE, NONE, NONE },
	    .response_value = VALUE(VARIABLE_USER) },
    hosts = { .request_value = VALUE(VARIABLE_HOST) },
    schemes = { .response_value = VALUE(VARIABLE_SCHEME) },
    said = { .parts = { true, true, true, NONE, NONE, NONE },
	    .request_value = VALUE(VARIABLE_SCHEME),
	    .response_value = VALUE(VARIABLE_HOST) },
    queries = { .response_value = VALUE(VARIABLE_QUERY) },
    sent = { .request_value = VALUE(VARIABLE_QUERY) },
    addresses = { .request_value = VALUE(VARIABLE_CLIENT_ADDRESS) };

static struct slice scene_key(const struct scene *scene, struct slice url,
    struct slice head, struct slice user, struct arena *a, struct text *t)
{
	static struct field named = { S("X"), S("$x") };
	struct request r = { .method = LIT("GET"),
		.user = user,
		.client_addr = user,
		.fields = head_fields(a, head.at) };
	struct rule rule = { .cache = { .key = scene->parts },
		.request_headers = { &named, 1, 1 },
		.request_values = &scene->request_value,
		.response_headers = { &named, 1, 1 },
		.response_values = &scene->response_value };
	struct route_match match = { .rule = &rule };
	struct cache_key key = { &r, &match, LIT(""), 7 };
	size_t colon = slice_find(url, ':');
	struct slice rest = slice_from(url, colon + 3);
	size_t slash = slice_find(rest, '/');

	r.scheme = slice_upto(url, colon);
	r.authority = match.authority = slice_upto(rest, slash);
	r.target = slice_from(rest, slash);
	match.query = slice_from(r.target, slice_find(r.target, '?'));
	return cache_key_write(&key, t) ? text_slice(t) : SLICE_NONE;
}

#define PRINT "0000000000000007\n\n"

/* The key as it stands. */
static const struct {
	const struct scene *scene;
	struct slice url, head, user, want;
} writings[] = {
	{ &whole, S("http://h/a?b"), S(""), S(""),
	    S("GET\nhttp://h\n/a?b\n" PRINT) },
	{ &bare, S("http://h/a?b"), S("X-L: 1\n"), S("u"),
	    S("GET\n://\n/a\n" PRINT) },
	/* in the rule's order, the client's bytes, each time it comes */
	{ &some, S("http://h/a?b%5B%5D=2&x&a=+1&%61=%31&b[]&A=3&a%=1&&a"),
	    S(""), S(""),
	    S("GET\n://\n/a?a=+1&%61=%31&a&b%5B%5D=2&b[]\n" PRINT) },
	{ &some, S("http://h/a?b=1"), S(""), S(""), S("GET\n://\n/a\n" PRINT) },
	{ &some, S("http://h/a"),
	    S("Cookie: d=1; c=x y; c = 2;C=4\nX-L: de; %q\nCookie: c;c=\n"
	      "X-l:\n"),
	    S(""),
	    S("GET\n://\n/a\n" PRINT "header:x-l=de%3b%20%25q; "
	      "header:x-l=; cookie:c=x%20y; cookie:c%20=%202; cookie:c; "
	      "cookie:c=; ") },
	{ &users, S("http://h/"), S(""), S("ann; b\n"),
	    S("GET\nhttp://h\n/\n" PRINT "user=ann%3b%20b%0a; ") },
	{ &users, S("http://h/"), S(""), S(""),
	    S("GET\nhttp://h\n/\n" PRINT "user=; ") },
	{ &shown, S("http://h/"), S(""), S("b"),
	    S("GET\nhttp://h\n/\n" PRINT "user=b; ") },
	{ &hosts, S("http://H.:81/"), S(""), S("b"),
	    S("GET\n://\n/\n" PRINT "host=h; ") },
	{ &schemes, S("https://h/"), S(""), S("b"),
	    S("GET\n://\n/\n" PRINT "scheme=https; ") },
	{ &queries, S("https://h/?q=;"), S(""), S("b"),
	    S("GET\n://\n/\n" PRINT "query=?q=%3b; ") },
	{ &said, S("https://h/"), S(""), S("b"),
	    S("GET\nhttps://h\n/\n" PRINT) },
	{ &sent, S("https://h/?q"), S(""), S("b"), S("GET\n://\n/\n" PRINT) },
	{ &addresses, S("http://h/"), S(""), S("192.0.2.1"),
	    S("GET\n://\n/\n" PRINT) },
};

static void keys_are_of_their_parts(void **state)
{
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < ROWS(writings); i++) {
		struct text t = text_in(a, CACHE_KEY_MAX);

		assert_slice(scene_key(writings[i].scene, writings[i].url,
				 writings[i].head, writings[i].user, a, &t),
		    writings[i].want, writings[i].url);
	}
	arena_free(a);
}

/* Host is another where a target in absolute form has its own. */
static void hosts_are_those_of_routing(void **state)
{
	struct rule rule = { .cache.key = whole.parts };
	struct request r = { .scheme = LIT("http"),
		.authority = LIT("a"),
		.target = LIT("http://b/") };
	struct route_match match = { .rule = &rule, .authority = LIT("b") };
	struct cache_key key = { &r, &match, LIT(""), 7 };
	char room[512];
	struct text t = text_over(room, sizeof(room));

	(void)state;
	assert_true(cache_key_write(&key, &t));
	assert_slice(text_slice(&t), LIT("GET\nhttp://b\n/\n" PRINT),
	    LIT("absolute form"));
}

static void long_keys_are_none(void **state)
{
	static char value[CACHE_KEY_MAX];
	static char head[CACHE_KEY_MAX + 64];
	struct arena *a = arena_new(1 << 20);
	struct text fits = text_in(a, 2 * CACHE_KEY_MAX);
	struct text longer = text_in(a, 2 * CACHE_KEY_MAX);

	(void)state;
	memset(value, 'v', sizeof(value));
	snprintf(head, sizeof(head), "X-L: %.*s\n", CACHE_KEY_MAX - 100, value);
	assert_non_null(scene_key(
	    &some, LIT("http://h/"), slice_of(head), LIT(""), a, &fits)
			    .at);
	snprintf(head, sizeof(head), "X-L: %.*s\n", CACHE_KEY_MAX - 10, value);
	assert_null(scene_key(
	    &some, LIT("http://h/"), slice_of(head), LIT(""), a, &longer)
			.at);
	arena_free(a);
}

/* For all of a URL's keys and no other's. */
static void tags_are_of_urls(void **state)
{
	static const struct {
		const struct scene *scene;
		struct slice authority, target;
		bool same;
	} rows[] = {
		{ &whole, S("h"), S("/a?a=1&z"), true },
		{ &whole, S("H:80"), S("/a?a=1&z"), true },
		{ &whole, S("h"), S("http://x/a?a=1&z"), true },
		{ &whole, S("h"), S("/a?a=1"), false },
		{ &whole, S("g"), S("/a?a=1&z"), false },
		{ &some, S("g"), S("/a?a=1&y"), true },
		{ &some, S("g"), S("/a?a=2&y"), false },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct rule rule = { .cache.key = rows[i].scene->parts };
		char room[2][CACHE_URL_TAG];
		struct text one = text_over(room[0], CACHE_URL_TAG);
		struct text other = text_over(room[1], CACHE_URL_TAG);

		assert_true(cache_url_tag(
		    &rule, LIT("http"), LIT("h"), LIT("/a?a=1&z"), &one));
		assert_true(cache_url_tag(&rule, LIT("http"), rows[i].authority,
		    rows[i].target, &other));
		assert_int_equal(one.len, CACHE_URL_TAG);
		if (slice_eq(text_slice(&one), text_slice(&other)) !=
		    rows[i].same)
			fail_msg("%zu", i);
	}
}

static void prefixes_begin_keys(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct rule rule = { .cache.key = whole.parts };
	struct text prefix = text_in(a, 512);
	struct text t = text_in(a, 512);
	struct text no = text_in(a, 512);

	(void)state;
	assert_true(cache_url_prefix(
	    &rule, LIT("http"), LIT("H"), LIT("/a/"), &prefix));
	assert_slice(
	    text_slice(&prefix), LIT("GET\nhttp://h\n/a/"), LIT("prefix"));
	assert_true(slice_starts(
	    scene_key(&whole, LIT("http://h/a/b?c"), LIT(""), LIT(""), a, &t),
	    text_slice(&prefix)));
	assert_false(
	    cache_url_prefix(&rule, LIT("http"), LIT("h"), LIT("a"), &no));
	arena_free(a);
}

static void bypasses(void **state)
{
	static const struct condition all[] = {
		{ .kind = CONDITION_COOKIE,
		    .name = S("session"),
		    .names = true,
		    .any = true },
		{ .kind = CONDITION_QUERY, .name = S("preview"), .any = true },
	};
	static const struct {
		struct slice head, query;
		bool want;
	} rows[] = {
		{ S(""), S(""), false },
		{ S("Cookie: a=1; session_2=x\n"), S(""), true },
		{ S("Cookie: a=1; sessio=x\n"), S(""), false },
		{ S("Cookie: Session=x\n"), S(""), false },
		{ S(""), S("?a&pre%76iew"), true },
		{ S(""), S("?previews"), false },
	};
	struct arena *a = arena_new(1 << 20);
	struct rule rule = { .cache.bypass = { all, 2 } };

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct request r = { .method = LIT("GET"),
			.fields = head_fields(a, rows[i].head.at) };
		struct route_match m = { .rule = &rule,
			.query = rows[i].query };

		if (cache_is_bypassed(&rule, &r, &m) != rows[i].want)
			fail_msg("%zu", i);
	}
	arena_free(a);
}

/* --- what a rule says ---------------------------------------------------- */

/* Each of these changes the bytes. */
static void edited_rules_have_other_prints(void **state)
{
	static const struct slice list[] = { S("a"), S("b") };
	static struct server servers[2] = {
		{ .origin = { .url = S("http://a") } },
		{ .origin = { .url = S("http://b") } },
	};
	static const struct pool pool = { .servers = servers, .server_n = 2 };
	static struct field header = { S("X"), S("1") };
	struct rule rules[30];
	uint64_t prints[ROWS(rules)];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(rules); i++)
		rules[i] = (struct rule){ .name = LIT("r") };
	n++;
	rules[n++].name = LIT("s");
	rules[n++].origin.url = LIT("http://x");
	rules[n++].pool = &pool;
	rules[n++].bucket.name = LIT("x");
	rules[n++].bucket.prefix = LIT("x");
	rules[n++].paths = (struct slice_list){ list, 1 };
	rules[n++].paths = (struct slice_list){ list, 2 };
	rules[n++].strip = true;
	rules[n++].preserve_host = true;
	rules[n++].map_path.written = LIT("x");
	rules[n++].request_headers = (struct fields){ &header, 1, 1 };
	rules[n++].response_headers = (struct fields){ &header, 1, 1 };
	rules[n++].remove_response_headers = (struct slice_list){ list, 1 };
	rules[n++].rewrite_links = true;
	rules[n++].rewrite_redirects = true;
	rules[n++].rewrite_json = (struct slice_list){ list, 1 };
	rules[n++].rewrite_scripts = true;
	rules[n++].runtime_shim = true;
	rules[n++].adopt_escapes = true;
	rules[n++].compress = true;
	rules[n++].compress_types = (struct slice_list){ list, 1 };
	rules[n++].compress_level = 9;
	rules[n++].compress_encodings = (struct slice_list){ list, 1 };
	rules[n++].tls.client_cert.path = LIT("x");
	rules[n++].cache.surrogate = true;
	rules[n++].cache.key.query = true;
	rules[n++].cache.key.queries = (struct slice_list){ list, 1 };
	rules[n++].cache.key.headers = (struct slice_list){ list, 1 };
	rules[n++].cache.key.cookies = (struct slice_list){ list, 1 };
	assert_int_equal(n, ROWS(rules));
	for (size_t i = 0; i < n; i++) {
		prints[i] = cache_fingerprint(&rules[i]);
		assert_true(prints[i] == cache_fingerprint(&rules[i]));
		for (size_t j = 0; j < i; j++)
			if (prints[i] == prints[j])
				fail_msg("%zu is %zu", i, j);
	}
	/* And this does not. */
	rules[0].retries = 5;
	rules[0].line = 17;
	rules[0].cache.on = true;
	rules[0].cache.ttl_overrides = true;
	rules[0].cache.stale_if_error_ms = 5;
	rules[0].cache.stale_while_revalidate_ms = 5;
	rules[0].cache.heed_reload = true;
	assert_true(cache_fingerprint(&rules[0]) == prints[0]);
}

/* What we say to the origin of a client is in no key. */
static const struct {
	const struct scene *scene; /* its field is X */
	struct slice name;
	bool lacks;
} ours[] = {
	{ &whole, S("X-Forwarded-For"), true },
	{ &whole, S("x-forwarded-for"), true },
	{ &whole, S("Forwarded"), true },
	{ &whole, S("X-Request-ID"), true },
	{ &whole, S("Via"), true },
	{ &whole, S("X-Forwarded-Host"), false },
	{ &whole, S("X-Forwarded-Proto"), false },
	{ &whole, S("X-Forwarded-Prefix"), false },
	{ &whole, S("X-Real-IP"), false }, /* the client's, to us */
	{ &whole, S("Cookie"), false },
	{ &bare, S("X-Forwarded-Host"), true },
	{ &bare, S("X-Forwarded-Proto"), true },
	{ &bare, S("X-Forwarded-Prefix"), false },
	{ &addresses, S("X"), true },
	{ &addresses, S("Y"), false },
	{ &users, S("X"), false },
	{ &hosts, S("x"), false },
	{ &sent, S("X"), true },
	{ &queries, S("X"), false },
};

static void ours_are_in_no_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(ours); i++) {
		static struct field named = { S("X"), S("$x") };
		struct rule rule = { .cache = { .key = ours[i].scene->parts },
			.request_headers = { &named, 1, 1 },
			.request_values = &ours[i].scene->request_value };

		if (cache_key_lacks(&rule, ours[i].name) != ours[i].lacks)
			fail_msg("row %zu", i);
		/* What the rule says is all that the origin hears. */
		rule.request_values = NULL;
		named.name = ours[i].name;
		assert_false(cache_key_lacks(&rule, ours[i].name));
		named.name = LIT("X");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_tell_apart),
		cmocka_unit_test(keys_hold_no_lines),
		cmocka_unit_test(keys_are_of_their_parts),
		cmocka_unit_test(hosts_are_those_of_routing),
		cmocka_unit_test(long_keys_are_none),
		cmocka_unit_test(tags_are_of_urls),
		cmocka_unit_test(prefixes_begin_keys),
		cmocka_unit_test(bypasses),
		cmocka_unit_test(ours_are_in_no_key),
		cmocka_unit_test(edited_rules_have_other_prints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

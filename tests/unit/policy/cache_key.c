/* Cache keys: RFC 9111 section 2, and what an edited rule changes. */
#include "policy/cache_key.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "policy/route.h"
#include "tests/unit/policy/heads.h"
#include "tests/unit/unit.h"

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

static struct slice key_of(const struct told *t, uint64_t print, char *room)
{
	struct request r = { .method = t->method,
		.scheme = t->scheme,
		.authority = t->authority,
		.target = t->target };
	static const struct rule rule = {
		.cache = { .key = { true, true, true, { 0 }, { 0 }, { 0 } } }
	};
	struct route_match match = { .rule = &rule };
	struct cache_key key = { &r, &match, t->mount, print };
	struct text text = text_over(room, 512);

	return cache_key_write(&key, NULL, &text) ? text_slice(&text) :
						    SLICE_NONE;
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
	struct rule rules[24];
	uint64_t prints[24];
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
	assert_true(cache_fingerprint(&rules[0]) == prints[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_tell_apart),
		cmocka_unit_test(keys_hold_no_lines),
		cmocka_unit_test(edited_rules_have_other_prints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* URLs from a component to the public: tables, and the way there and back. */
#include "policy/mapping.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/finding.h"
#include "conf/load.h"
#include "http/message.h"
#include "policy/route.h"
#include "tests/unit/unit.h"

static struct arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = arena_new(1 << 24);
	return arena == NULL;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* http://10.0.0.12:8080 under https://site.test/hotels, the page /a/b/c. */
static struct mapping hotels(struct slice base, struct slice tail)
{
	struct rule rule = { .strip = true,
		.origin = { .scheme = LIT("http"),
		    .host = LIT("10.0.0.12"),
		    .authority = LIT("10.0.0.12:8080"),
		    .port = 8080,
		    .base = base } };
	struct route_match match = { .rule = &rule,
		.prefix = LIT("/hotels"),
		.tail = tail,
		.path = LIT("/hotels/a/b/c"),
		.authority = LIT("Site.test") };
	struct request request = { .scheme = LIT("https") };
	struct mapping m;

	assert_true(mapping_make(&request, &match, arena, &m));
	return m;
}

static const struct {
	struct slice url, whole, brief;
} rows[] = {
#define SAME(s)                  \
	{                        \
		S(s), S(s), S(s) \
	}
#define BOTH(s, t)               \
	{                        \
		S(s), S(t), S(t) \
	}
	/* this document, and what lies beside it */
	SAME(""),
	SAME("#top"),
	SAME("?x=/y"),
	SAME("x"),
	SAME("./x/../y"),
	SAME("../x"),
	SAME("../../x"),
	SAME("x/../../../y"),
	SAME("  x"),
	/* from the root */
	BOTH("/", "/hotels/"),
	BOTH("/x", "/hotels/x"),
	BOTH("/x?/y#/z", "/hotels/x?/y#/z"),
	BOTH("/?q", "/hotels/?q"),
	BOTH("/hotels", "/hotels/hotels"),
	BOTH("/hotels/x", "/hotels/hotels/x"),
	BOTH(" \n/x ", " \n/hotels/x "),
	BOTH("\\x", "/hotels\\x"),
	BOTH("/\t", "/hotels/\t"),
	BOTH("/x:y", "/hotels/x:y"),
	BOTH("/a/../x", "/hotels/a/../x"),
	/* above the root is the root */
	BOTH("/..", "/hotels/"),
	BOTH("/../x", "/hotels/x"),
	BOTH("/a/../../x", "/hotels/x"),
	BOTH("/a/%2E./.%2e/x", "/hotels/x"),
	BOTH("/a\\..\\..\\x", "/hotels/x"),
	BOTH("/a/../../b/../../x", "/hotels/x"),
	BOTH("/..\n/x", "/hotels/x"),
	BOTH("/.\t./x", "/hotels/x"),
	BOTH("../../../x", "/hotels/x"),
	BOTH("../../..", "/hotels/"),
	BOTH("../../../", "/hotels/"),
	BOTH("../../..?q", "/hotels/?q"),
	BOTH(" ../../../../x#f", " /hotels/x#f"),
	SAME("x/../../..?../../.."),
	SAME(".../.../.../x"),
	/* other servers */
	SAME("//cdn.test/x"),
	SAME("\\\\cdn.test\\x"),
	SAME("/\t/cdn.test/x"),
	SAME("/\\cdn.test"),
	SAME("///cdn.test/x"),
	SAME("http://cdn.test/x"),
	SAME("https://site.test/cars/x"),
	SAME("http://10.0.0.12/x"),
	SAME("http://10.0.0.12:80800/x"),
	SAME("http://10.0.0.12:8080@evil.test/x"),
	SAME("http://10.0.0.12:8080.evil.test/x"),
	SAME("http://user@10.0.0.12:8080/x"),
	SAME("ftp://10.0.0.12:8080/x"),
	/* no server at all */
	SAME("mailto:a@b"),
	SAME("javascript:go('/x')"),
	SAME("data:text/plain,/x"),
	SAME("about:blank"),
	SAME("blob:http://10.0.0.12:8080/x"),
	SAME("http:x"),
	SAME("http:/x"),
	SAME("http:"),
	SAME("http://"),
	/* the component's own */
	{ S("http://10.0.0.12:8080/x"), S("https://Site.test/hotels/x"),
	    S("/hotels/x") },
	{ S("HTTP://10.0.0.12:8080/x"), S("https://Site.test/hotels/x"),
	    S("/hotels/x") },
	{ S("https://10.0.0.12:8080/x"), S("https://Site.test/hotels/x"),
	    S("/hotels/x") },
	{ S("http://10.0.0.12:08080/x"), S("https://Site.test/hotels/x"),
	    S("/hotels/x") },
	{ S("http://10.0.0.12:8080"), S("https://Site.test/hotels/"),
	    S("/hotels/") },
	{ S("http://10.0.0.12:8080?q"), S("https://Site.test/hotels/?q"),
	    S("/hotels/?q") },
	{ S("http://10.0.0.12:8080/#f"), S("https://Site.test/hotels/#f"),
	    S("/hotels/#f") },
	{ S("http:\\\\10.0.0.12:8080\\x"), S("https://Site.test/hotels\\x"),
	    S("/hotels\\x") },
	{ S("ht\ntp://10.0.0.12:8\n080/x"), S("https://Site.test/hotels/x"),
	    S("/hotels/x") },
	{ S("http://10.0.0.12:8080//x"), S("https://Site.test/hotels//x"),
	    S("/hotels//x") },
	{ S("http://10.0.0.12:8080/../x"), S("https://Site.test/hotels/x"),
	    S("/hotels/x") },
	{ S("//10.0.0.12:8080/x"), S("//Site.test/hotels/x"), S("/hotels/x") },
	BOTH("ws://10.0.0.12:8080/x", "wss://Site.test/hotels/x"),
};

static void urls_go_out(void **state)
{
	struct mapping m = hotels(LIT(""), LIT("/a/b/c"));

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		assert_slice(mapping_apply(&m, mapping_place(&m), rows[i].url,
				 MAPPING_WHOLE, arena),
		    rows[i].whole, rows[i].url);
		assert_slice(mapping_apply(&m, mapping_place(&m), rows[i].url,
				 MAPPING_SHORT, arena),
		    rows[i].brief, rows[i].url);
	}
}

/* An origin with a base of its own, to a prefix and to the root. */
static const struct {
	struct slice url, prefix, root;
} based[] = {
	{ S("/app"), S("/hotels"), S("/") },
	{ S("/app?q"), S("/hotels?q"), S("/?q") },
	{ S("/app/x"), S("/hotels/x"), S("/x") },
	{ S("/app//x"), S("/hotels//x"), S("/.//x") },
	{ S("/app/\\x"), S("/hotels/\\x"), S("/./\\x") },
	{ S("/app/\t/x"), S("/hotels/\t/x"), S("/./\t/x") },
	{ S("/apple"), S("/apple"), S("/apple") },
	{ S("/other/x"), S("/other/x"), S("/other/x") },
	{ S("/"), S("/"), S("/") },
	{ S("/app/../other"), S("/app/../other"), S("/app/../other") },
	{ S("http://10.0.0.12:8080"), S("http://10.0.0.12:8080"),
	    S("http://10.0.0.12:8080") },
	{ S("http://10.0.0.12:8080/app/x"), S("/hotels/x"), S("/x") },
};

static void bases_are_taken_off(void **state)
{
	struct mapping m = hotels(LIT("/app"), LIT("/a/b/c"));
	struct mapping root = m;

	(void)state;
	root.to = LIT("");
	root.to_slash = LIT("/");
	for (size_t i = 0; i < ROWS(based); i++) {
		assert_slice(mapping_apply(&m, mapping_place(&m), based[i].url,
				 MAPPING_SHORT, arena),
		    based[i].prefix, based[i].url);
		assert_slice(mapping_apply(&root, mapping_place(&m),
				 based[i].url, MAPPING_SHORT, arena),
		    based[i].root, based[i].url);
	}
}

/* A build that knows its root by the token, to a prefix and to the root. */
static const struct {
	struct slice url, prefix, root;
} tokens[] = {
#define TOKEN MAPPING_TOKEN
	{ S(TOKEN "/x"), S("/hotels/x"), S("/x") },
	{ S(TOKEN), S("/hotels"), S("/") },
	{ S(TOKEN "//x"), S("/hotels//x"), S("/.//x") },
	{ S(TOKEN "x/y"), S("/hotels" TOKEN "x/y"), S(TOKEN "x/y") },
	{ S("/x" TOKEN), S("/hotels/x" TOKEN), S("/x" TOKEN) },
	{ S("/x"), S("/hotels/x"), S("/x") },
	{ S("//x"), S("//x"), S("//x") },
	{ S("http://10.0.0.12:8080" TOKEN "/x"), S("/hotels/x"), S("/x") },
};

static void the_token_is_the_root_as_well(void **state)
{
	struct mapping m = hotels(LIT(""), LIT("/a/b/c"));
	struct mapping root;

	(void)state;
	m.token = LIT(TOKEN);
	root = m;
	root.to = LIT("");
	root.to_slash = LIT("/");
	for (size_t i = 0; i < ROWS(tokens); i++) {
		assert_slice(mapping_apply(&m, mapping_place(&m), tokens[i].url,
				 MAPPING_SHORT, arena),
		    tokens[i].prefix, tokens[i].url);
		assert_slice(mapping_apply(&root, mapping_place(&m),
				 tokens[i].url, MAPPING_SHORT, arena),
		    tokens[i].root, tokens[i].url);
	}
}

/* What <base href> says, and what becomes of two links then. */
static const struct {
	struct slice base, root, up;
} documents[] = {
	{ S(""), S("/hotels/x"), S("../../x") },
	{ S("/"), S("/hotels/x"), S("/hotels/x") },
	{ S("/d/"), S("/hotels/x"), S("/hotels/x") },
	{ S("/d/e/"), S("/hotels/x"), S("../../x") },
	{ S("/d/e/f/.."), S("/hotels/x"), S("../../x") },
	{ S("d/"), S("/hotels/x"), S("../../x") },
	{ S("../"), S("/hotels/x"), S("/hotels/x") },
	{ S("http://10.0.0.12:8080/d/e/"), S("/hotels/x"), S("../../x") },
	{ S("http://cdn.test/"), S("/x"), S("../../x") },
	{ S("//cdn.test"), S("/x"), S("../../x") },
	{ S("data:,"), S("/hotels/x"), S("../../x") },
};

static void a_base_moves_the_place(void **state)
{
	struct mapping m = hotels(LIT(""), LIT("/a/b/c"));

	(void)state;
	for (size_t i = 0; i < ROWS(documents); i++) {
		struct mapping_place place =
		    mapping_base(&m, mapping_place(&m), documents[i].base);

		assert_slice(
		    mapping_apply(&m, place, LIT("/x"), MAPPING_SHORT, arena),
		    documents[i].root, documents[i].base);
		assert_slice(mapping_apply(&m, place, LIT("../../x"),
				 MAPPING_SHORT, arena),
		    documents[i].up, documents[i].base);
		assert_slice(
		    mapping_apply(&m, place, LIT("http://10.0.0.12:8080/x"),
			MAPPING_SHORT, arena),
		    place.foreign ? LIT("https://Site.test/hotels/x") :
				    LIT("/hotels/x"),
		    documents[i].base);
	}
}

static const struct {
	struct slice ours_scheme, ours, scheme, authority;
	bool same;
} names[] = {
	{ S("http"), S("a.test"), S("http"), S("A.test"), true },
	{ S("http"), S("a.test"), S("http"), S("a.test:80"), true },
	{ S("http"), S("a.test"), S("https"), S("a.test"), true },
	{ S("http"), S("a.test:80"), S("https"), S("a.test:443"), true },
	{ S("http"), S("a.test:8080"), S("http"), S("a.test:8080"), true },
	{ S("http"), S("a.test:8080"), S("http"), S("a.test"), false },
	{ S("http"), S("a.test"), S("http"), S("a.test:8080"), false },
	{ S("http"), S("a.test"), S("http"), S("b.test"), false },
	{ S("http"), S("[::1]:81"), S("http"), S("[::1]:81"), true },
	{ S("http"), S("[::1]"), S("http"), S("[::1]:80"), true },
	{ S("http"), S("a.test"), S("http"), S("a.test:"), true },
	{ S("http"), S("a.test"), S("http"), S("a.test:x"), false },
	{ S("http"), S(""), S("http"), S(""), false },
};

static void our_names_are_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(names); i++) {
		struct mapping m = { .scheme = names[i].ours_scheme,
			.authority = names[i].ours };

		if (mapping_names_us(&m, names[i].scheme, names[i].authority) !=
		    names[i].same)
			fail_msg(
			    "row %zu: %.*s", i, SLICE_ARG(names[i].authority));
	}
}

/* A component that is sent our Host writes our name, and may know its
 * prefix. */
static void a_kept_host_is_the_components_too(void **state)
{
	struct mapping m = hotels(LIT(""), LIT("/"));

	(void)state;
	m.preserve_host = true;
	assert_slice(mapping_apply(&m, mapping_place(&m),
			 LIT("https://site.test/x"), MAPPING_SHORT, arena),
	    LIT("/hotels/x"), LIT("ours"));
	assert_slice(
	    mapping_apply(&m, mapping_place(&m),
		LIT("https://site.test/hotels/x"), MAPPING_SHORT, arena),
	    LIT("https://site.test/hotels/x"), LIT("ours already"));
}

static const struct {
	struct slice url, want;
} pooled[] = {
	{ S("http://10.0.1.5/x"), S("https://site.test/pets/x") },
	{ S("http://10.0.1.6:80/x"), S("https://site.test/pets/x") },
	{ S("http://10.0.1.6:81/x"), S("http://10.0.1.6:81/x") },
	{ S("//10.0.1.6/x"), S("//site.test/pets/x") },
	{ S("http://APP.internal.:8080/"), S("https://site.test/pets/") },
	{ S("http://app.internal:8081/x"), S("https://site.test/pets/x") },
	{ S("http://app.internal/x"), S("http://app.internal/x") },
	{ S("ws://app.internal:8080/x"), S("wss://site.test/pets/x") },
	/* our scheme and its name, as one that heeds X-Forwarded-Proto has */
	{ S("https://10.0.1.6/x"), S("https://site.test/pets/x") },
	{ S("https://app.internal:8081/x"), S("https://site.test/pets/x") },
	{ S("https://app.internal/x"), S("https://app.internal/x") },
	{ S("https://10.0.1.6:443/x"), S("https://10.0.1.6:443/x") },
	{ S("wss://10.0.1.6/x"), S("wss://10.0.1.6/x") },
	{ S("http://localhost/x"), S("https://site.test/pets/x") },
	{ S("http://10.0.1.7/x"), S("http://10.0.1.7/x") },
	{ S("/x"), S("/pets/x") },
};

/* Whichever server is asked, and listed first. */
static void every_server_of_a_pool_is_the_component(void **state)
{
	static const char *const orders[] = {
		"http://10.0.1.5, http://10.0.1.6, http://app.internal:8080, "
		"http://App.internal:8081, http://unix:/run/app.sock",
		"http://app.internal:8081, http://10.0.1.6, http://10.0.1.5, "
		"http://app.internal:8080, http://unix:/run/app.sock",
		"http://unix:/run/app.sock, http://app.internal:8081, "
		"http://10.0.1.6, http://app.internal:8080, http://10.0.1.5",
	};
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t k = 0; k < ROWS(orders); k++) {
		struct findings f = findings_in(a);
		struct text t = text_in(a, 4096);
		struct route_match match = { .prefix = LIT("/pets"),
			.authority = LIT("site.test") };
		struct request request = { .scheme = LIT("https") };
		struct mapping m;
		struct conf *c;

		text_format(&t, "[p]\npath=/pets\norigin=%s\n", orders[k]);
		c = conf_load_bytes("f", text_slice(&t), NULL, &f);
		assert_non_null(c);
		match.rule = &c->rules[0];
		assert_true(mapping_make(&request, &match, arena, &m));
		for (size_t i = 0; i < ROWS(pooled); i++)
			assert_slice(mapping_apply(&m, mapping_place(&m),
					 pooled[i].url, MAPPING_WHOLE, arena),
			    pooled[i].want, pooled[i].url);
		conf_free(c);
	}
	arena_free(a);
}

static void the_identity_changes_no_path(void **state)
{
	struct mapping m;
	struct mapping none = mapping_none();

	(void)state;
	assert_true(mapping_plain(LIT(""), arena, &m));
	for (size_t i = 0; i < ROWS(rows); i++)
		assert_slice(mapping_apply(&none, mapping_place(&none),
				 rows[i].url, MAPPING_WHOLE, arena),
		    rows[i].url, rows[i].url);
	for (size_t i = 0; i < ROWS(rows); i++)
		assert_slice(mapping_apply(&m, mapping_place(&m), rows[i].url,
				 MAPPING_WHOLE, arena),
		    rows[i].url, rows[i].url);
}

/* Every path of the component, written as its root's, comes out as the
 * prefix and the very same bytes. */
static void what_goes_out_comes_back(void **state)
{
	static const char bytes[] = "ab/.%2e\\?#:@&;= \t~";
	struct mapping m = hotels(LIT(""), LIT("/a/b/c"));
	char url[24];

	(void)state;
	srand(1);
	for (int round = 0; round < 200000; round++) {
		size_t len = 2 + (size_t)rand() % (sizeof(url) - 2);
		struct slice in = { url, len };
		struct slice out;

		url[0] = '/';
		url[1] = 'a';
		for (size_t i = 2; i < len; i++)
			url[i] = bytes[(size_t)rand() % (sizeof(bytes) - 1)];
		out = mapping_apply(
		    &m, mapping_place(&m), in, MAPPING_SHORT, arena);
		assert_true(slice_starts(out, LIT("/hotels/")));
		/* Either the whole of it, or its end behind a climb. */
		assert_true(slice_ends(in, slice_from(out, 8)));
		if (slice_find(in, '.') == in.len &&
		    slice_find(in, '%') == in.len)
			assert_slice(slice_from(out, 7), in, in);
		if (round % 1000 == 0)
			arena_reset(arena), m = hotels(LIT(""), LIT("/a/b/c"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_go_out),
		cmocka_unit_test(bases_are_taken_off),
		cmocka_unit_test(the_token_is_the_root_as_well),
		cmocka_unit_test(a_base_moves_the_place),
		cmocka_unit_test(our_names_are_known),
		cmocka_unit_test(a_kept_host_is_the_components_too),
		cmocka_unit_test(every_server_of_a_pool_is_the_component),
		cmocka_unit_test(the_identity_changes_no_path),
		cmocka_unit_test(what_goes_out_comes_back),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* JSON with its links mapped: tables by kind, the same cut everywhere, and
 * what no table thinks of. */
#include "filter/json.h"

#include <string.h>

#include "conf/conf.h"
#include "tests/unit/filter/pieces.h"
#include "tests/unit/unit.h"

struct how {
	const struct mapping *mapping;
	enum json_kind kind;
};

static const struct slice names[] = { S("href"), S("next\xc3\xa4") };
static const struct slice_list members = { names, 2 };

static struct arena *arena;
static struct mapping hotels;
static struct mapping identity;
static struct mapping odd; /* a prefix that needs escaping */

static int setup(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	if (arena == NULL || !mapping_plain(LIT("/hotels"), arena, &hotels) ||
	    !mapping_plain(LIT(""), arena, &identity) ||
	    !mapping_plain(LIT("/a\"b\\c<+:d"), arena, &odd))
		return 1;
	/* A URL that names the origin becomes a path even so. */
	identity.origin_host = LIT("");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static struct rewriter *make(
    struct arena *a, const void *how_, struct outlet out)
{
	const struct how *how = how_;

	return json_new(a, how->mapping, mapping_place(how->mapping), how->kind,
	    how->kind == JSON_MEMBERS ? &members : NULL, out);
}

#define SAME(kind, s)            \
	{                        \
		kind, S(s), S(s) \
	}

/* clang-format off */
static const struct row {
	enum json_kind kind;
	struct slice in, want;
} rows[] = {
	/* manifests */
	{ JSON_MANIFEST, S("{\"start_url\":\"/x\"}"),
	    S("{\"start_url\":\"/hotels/x\"}") },
	{ JSON_MANIFEST, S("\xef\xbb\xbf { \"scope\" : \"/\" , \"id\":\"/i\"}\n"),
	    S("\xef\xbb\xbf { \"scope\" : \"/hotels/\" , \"id\":\"/hotels/i\"}\n") },
	{ JSON_MANIFEST, S("{\"icons\":[{\"src\":\"/a\",\"sizes\":\"/b\"},{\"src\":\"/c\"}]}"),
	    S("{\"icons\":[{\"src\":\"/hotels/a\",\"sizes\":\"/b\"},{\"src\":\"/hotels/c\"}]}") },
	{ JSON_MANIFEST, S("{\"shortcuts\":[{\"url\":\"/a\",\"icons\":[{\"src\":\"/b\"}]}]}"),
	    S("{\"shortcuts\":[{\"url\":\"/hotels/a\",\"icons\":[{\"src\":\"/hotels/b\"}]}]}") },
	{ JSON_MANIFEST, S("{\"share_target\":{\"action\":\"/a\",\"params\":{\"url\":\"/u\"}}}"),
	    S("{\"share_target\":{\"action\":\"/hotels/a\",\"params\":{\"url\":\"/u\"}}}") },
	{ JSON_MANIFEST, S("{\"file_handlers\":[{\"action\":\"/a\"}],"
			   "\"protocol_handlers\":[{\"protocol\":\"/p\",\"url\":\"/b?u=%s\"}]}"),
	    S("{\"file_handlers\":[{\"action\":\"/hotels/a\"}],"
	      "\"protocol_handlers\":[{\"protocol\":\"/p\",\"url\":\"/hotels/b?u=%s\"}]}") },
	{ JSON_MANIFEST, S("{\"serviceworker\":{\"src\":\"/sw.js\",\"scope\":\"/\"}}"),
	    S("{\"serviceworker\":{\"src\":\"/hotels/sw.js\",\"scope\":\"/hotels/\"}}") },
	{ JSON_MANIFEST, S("{\"start_url\":\"http://origin/x\"}"),
	    S("{\"start_url\":\"/hotels/x\"}") },
	{ JSON_MANIFEST, S("{\"a\":[1,-2.5e+3,true,null,{}],\"scope\":\"/\"}"),
	    S("{\"a\":[1,-2.5e+3,true,null,{}],\"scope\":\"/hotels/\"}") },
	SAME(JSON_MANIFEST, "{\"related_applications\":[{\"url\":\"/x\",\"id\":\"/y\"}]}"),
	SAME(JSON_MANIFEST, "{\"name\":\"/x\",\"src\":\"/x\",\"x\":{\"scope\":\"/\"}}"),
	SAME(JSON_MANIFEST, "{\"start_url\":\"x\",\"scope\":\"//cdn/\"}"),
	SAME(JSON_MANIFEST, "\"/x\""),
	SAME(JSON_MANIFEST, "{\"start_url_\":\"/x\",\"start_ur\":\"/x\",\"\":\"/x\"}"),
	/* escapes */
	{ JSON_MANIFEST, S("{\"sco\\u0070e\":\"\\/a\\/b\"}"),
	    S("{\"sco\\u0070e\":\"\\/hotels\\/a\\/b\"}") },
	{ JSON_MANIFEST, S("{\"scope\":\"\\u002fa\\/b\"}"),
	    S("{\"scope\":\"/hotels\\u002fa\\/b\"}") },
	{ JSON_MANIFEST, S("{\"scope\":\"\\u002Fa\"}"),
	    S("{\"scope\":\"/hotels\\u002Fa\"}") },
	{ JSON_MANIFEST, S("{\"scope\":\"http:\\/\\/origin\\/x\"}"),
	    S("{\"scope\":\"\\/hotels\\/x\"}") },
	{ JSON_MANIFEST, S("{\"scope\":\"/\\/x\",\"id\":\"/x\\/\\u00e4\\ud83d\\ude00\"}"),
	    S("{\"scope\":\"/\\/x\",\"id\":\"/hotels/x\\/\\u00e4\\ud83d\\ude00\"}") },
	{ JSON_MANIFEST, S("{\"id\":\"/\\ud83d\\ud83d\\ude00\\ud83dx\\ud83d\\n\\ud83d\"}"),
	    S("{\"id\":\"/hotels/\\ud83d\\ud83d\\ude00\\ud83dx\\ud83d\\n\\ud83d\"}") },
	{ JSON_MANIFEST, S("{\"id\":\"/x\\\"\\\\\\b\\f\\n\\r\\t\",\"scope\":\"/\"}"),
	    S("{\"id\":\"/hotels/x\\\"\\\\\\b\\f\\n\\r\\t\",\"scope\":\"/hotels/\"}") },
	{ JSON_MANIFEST, S("{\"id\":\"\\ud83d/x\",\"\\ud83d\":\"/x\",\"\\\"\":\"\\\"\",\"scope\":\"/\"}"),
	    S("{\"id\":\"\\ud83d/x\",\"\\ud83d\":\"/x\",\"\\\"\":\"\\\"\",\"scope\":\"/hotels/\"}") },
	{ JSON_MANIFEST, S("{\"id\":\"/\\ud83d\\u002e./x\",\"scope\":\"/\\ud83d\\/x\"}"),
	    S("{\"id\":\"/hotels/\\ud83d\\u002e./x\",\"scope\":\"/hotels/\\ud83d\\/x\"}") },
	SAME(JSON_MANIFEST, "{\"scope\":\"\\u00e4/x\"}"),
	/* what is no JSON, from where it is none */
	{ JSON_MANIFEST, S("{\"id\":\"/x\" \"scope\":\"/x\"}"),
	    S("{\"id\":\"/hotels/x\" \"scope\":\"/x\"}") },
	{ JSON_MANIFEST, S("{\"id\":\"/x\"}{\"id\":\"/x\"}"),
	    S("{\"id\":\"/hotels/x\"}{\"id\":\"/x\"}") },
	{ JSON_MANIFEST, S("{\"id\":\"/x\"},{\"id\":\"/x\"}"),
	    S("{\"id\":\"/hotels/x\"},{\"id\":\"/x\"}") },
	{ JSON_MANIFEST, S("{\"id\":\"/x\",}{\"id\":\"/x\"}"),
	    S("{\"id\":\"/hotels/x\",}{\"id\":\"/x\"}") },
	SAME(JSON_MANIFEST, ""),
	SAME(JSON_MANIFEST, "<html>\"scope\":\"/x\""),
	SAME(JSON_MANIFEST, "{\"id\":\"/x\\q\",\"scope\":\"/x\"}"),
	SAME(JSON_MANIFEST, "{\"id\":\"/x\\u00g0\",\"scope\":\"/x\"}"),
	SAME(JSON_MANIFEST, "{\"id\":\"/x\n\",\"scope\":\"/x\"}"),
	SAME(JSON_MANIFEST, "{\"id\":\"/x"),
	SAME(JSON_MANIFEST, "{\"id\":\"/x\\"),
	SAME(JSON_MANIFEST, "{\"id\":\"/x\\ud83d\\u0"),
	SAME(JSON_MANIFEST, "{\"id\":\"/x\\ud83d\\q\",\"scope\":\"/x\"}"),
	SAME(JSON_MANIFEST, "{\"a\":[},\"scope\":\"/x\"}"),
	SAME(JSON_MANIFEST, "{\"a\",\"scope\":\"/x\"}"),
	SAME(JSON_MANIFEST, "{1:2,\"scope\":\"/x\"}"),
	SAME(JSON_MANIFEST, "}{\"scope\":\"/x\"}"),
	SAME(JSON_MANIFEST, "{/* */\"scope\":\"/x\"}"),
	SAME(JSON_MANIFEST, "\xef\xbb{\"scope\":\"/x\"}"),
	SAME(JSON_MANIFEST, "\xff\xfe{\"scope\":\"/x\"}"),
	/* import maps */
	{ JSON_IMPORT_MAP, S("{\"imports\":{\"vue\":\"/v.js\",\"/a/\":\"./b/\",\"c\":\"http://origin/c\"}}"),
	    S("{\"imports\":{\"vue\":\"/hotels/v.js\",\"/hotels/a/\":\"./b/\",\"c\":\"/hotels/c\"}}") },
	{ JSON_IMPORT_MAP, S("{\"imports\":{\"../a\":\"./../b\",\"x/../../y\":\"z/../../y\"}}"),
	    S("{\"imports\":{\"/hotels/a\":\"/hotels/b\",\"x/../../y\":\"z/../../y\"}}") },
	{ JSON_IMPORT_MAP, S("{\"scopes\":{\"/s/\":{\"/a\":\"/b\",\"lib\":\"/c\"},\"../t/\":{}}}"),
	    S("{\"scopes\":{\"/hotels/s/\":{\"/hotels/a\":\"/hotels/b\",\"lib\":\"/hotels/c\"},\"/hotels/t/\":{}}}") },
	{ JSON_IMPORT_MAP, S("{\"integrity\":{\"/a.js\":\"sha384-/x\"},\"imports\":{\"x\":null,\"y\":\"\\/y\"}}"),
	    S("{\"integrity\":{\"/hotels/a.js\":\"sha384-/x\"},\"imports\":{\"x\":null,\"y\":\"\\/hotels\\/y\"}}") },
	SAME(JSON_IMPORT_MAP, "{\"other\":{\"/a\":\"/b\"},\"imports\":\"/x\"}"),
	/* speculation rules */
	{ JSON_SPECULATION_RULES, S("{\"prefetch\":[{\"source\":\"/l\",\"urls\":[\"/a\",\"b\"],\"relative_to\":\"/r\"}]}"),
	    S("{\"prefetch\":[{\"source\":\"/l\",\"urls\":[\"/hotels/a\",\"b\"],\"relative_to\":\"/r\"}]}") },
	{ JSON_SPECULATION_RULES, S("{\"prerender\":[{\"where\":{\"and\":[{\"href_matches\":\"/*\"},"
				    "{\"not\":{\"href_matches\":[\"/out\\\\?*(.*)\",\"/\\\\?y\"]}},"
				    "{\"or\":[{\"selector_matches\":\"/s\"}]}]}}]}"),
	    S("{\"prerender\":[{\"where\":{\"and\":[{\"href_matches\":\"/hotels/*\"},"
	      "{\"not\":{\"href_matches\":[\"/hotels/out\\\\?*(.*)\",\"/hotels/\\\\?y\"]}},"
	      "{\"or\":[{\"selector_matches\":\"/s\"}]}]}}]}") },
	SAME(JSON_SPECULATION_RULES, "{\"tag\":\"/t\",\"prefetch\":{\"x\":\"/y\"}}"),
	/* members by name */
	{ JSON_MEMBERS, S("[{\"href\":\"/a\",\"x\":{\"href\":[\"/b\",[\"/c\"],{\"href\":\"/d\",\"y\":\"/e\"},\"/f\"]}}]"),
	    S("[{\"href\":\"/hotels/a\",\"x\":{\"href\":[\"/hotels/b\",[\"/hotels/c\"],"
	      "{\"href\":\"/hotels/d\",\"y\":\"/e\"},\"/hotels/f\"]}}]") },
	{ JSON_MEMBERS, S("{\"next\\u00e4\":\"/a\",\"next\xc3\xa4\":\"/b\"}"),
	    S("{\"next\\u00e4\":\"/hotels/a\",\"next\xc3\xa4\":\"/hotels/b\"}") },
	SAME(JSON_MEMBERS, "{\"scope\":\"/a\",\"hrefs\":\"/b\",\"x\":\"href\",\"y\":\"/c\"}"),
	SAME(JSON_MEMBERS, "[\"href\",\"/a\"]"),
};
/* clang-format on */

static void tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct how how = { &hotels, rows[i].kind };

		pieces_check(make, &how, rows[i].in, rows[i].want);
	}
}

static const struct row odd_rows[] = {
	{ JSON_MANIFEST, S("{\"scope\":\"/x\"}"),
	    S("{\"scope\":\"/a\\\"b\\\\c\\u003c+:d/x\"}") },
	{ JSON_SPECULATION_RULES,
	    S("{\"prefetch\":[{\"where\":{\"href_matches\":\"/x\"}}]}"),
	    S("{\"prefetch\":[{\"where\":{\"href_matches\":"
	      "\"/a\\\"b\\\\\\\\c\\u003c\\\\+\\\\:d/x\"}}]}") },
};

static void new_bytes_are_escaped(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(odd_rows); i++) {
		const struct how how = { &odd, odd_rows[i].kind };

		pieces_check(make, &how, odd_rows[i].in, odd_rows[i].want);
	}
}

/* One object for all texts of a page. */
static void reuse(void **state)
{
	char room[512];
	struct text t = text_over(room, sizeof(room));
	struct rewriter *r = json_new(arena, &hotels, mapping_place(&hotels),
	    JSON_MANIFEST, NULL, pieces_into(&t));

	(void)state;
	assert_non_null(r);
	for (size_t i = 0; i < ROWS(rows); i++) {
		if (rows[i].kind == JSON_MEMBERS)
			continue;
		t.len = 0;
		json_reset(r, mapping_place(&hotels), rows[i].kind);
		rewriter_feed(r, rows[i].in);
		rewriter_finish(r);
		assert_slice(text_slice(&t), rows[i].want, rows[i].in);
	}
}

/* {"x":{"x": ... "href":"/x" ...}} */
static struct slice nested(size_t depth, char *room, size_t size)
{
	struct text t = text_over(room, size);

	for (size_t i = 1; i < depth; i++)
		text_add(&t, LIT("{\"x\":"));
	text_add(&t, LIT("{\"href\":\"/x\"}"));
	return text_slice(&t);
}

static void depth_is_bounded(void **state)
{
	static char room[600000];
	const struct how how = { &hotels, JSON_MEMBERS };
	struct arena *a = arena_new(1 << 25);
	struct slice in = nested(JSON_DEPTH, room, sizeof(room));

	(void)state;
	assert_true(slice_ends(pieces_run(make, &how, in, 0, in.len, a),
	    LIT("{\"href\":\"/hotels/x\"}")));
	in = nested(JSON_DEPTH + 1, room, sizeof(room));
	assert_slice(
	    pieces_run(make, &how, in, 0, in.len, a), in, LIT("deeper"));
	in = nested(100000, room, sizeof(room));
	assert_slice(
	    pieces_run(make, &how, in, 0, 999, a), in, LIT("very deep"));
	arena_free(a);
}

static void long_names_and_urls(void **state)
{
	static char room[40000];
	const struct how how = { &hotels, JSON_MEMBERS };
	struct arena *a = arena_new(1 << 22);
	struct text t = text_over(room, sizeof(room));
	struct slice in, out;

	(void)state;
	text_add(&t, LIT("{\"href"));
	for (size_t i = 0; i < 300; i++)
		text_char(&t, 'x');
	text_add(&t, LIT("\":\"/a\",\"href\":\"/"));
	for (size_t i = 0; i < 30000; i++)
		text_char(&t, 'b');
	text_add(&t, LIT("\"}"));
	in = text_slice(&t);
	out = pieces_run(make, &how, in, 3, 100, a);
	assert_int_equal(out.len, in.len + 7);
	assert_slice(slice_upto(out, 320), slice_upto(in, 320), LIT("name"));
	arena_free(a);
}

static const struct slice words[] = { S("{"), S("}"), S("["), S("]"),
	S("\"href\":"), S("\"x\":"), S(","), S("\"/x\""), S("\"\\/x\\u002f\""),
	S("\""), S("\\"), S("\\ud83d"), S("\\ude00"), S("u00"), S("/"), S("1"),
	S(" "), S("true"), S("\"http://origin/\"") };

/* Members that hold URLs, properly separated, so that much is valid. */
static const struct slice valid[] = { S("\"href\":\"/x\","),
	S("\"href\":[\"/x\",\"..\\/..\"],"), S("\"x\":\"/x\","),
	S("\"href\":{\"href\":\"\\u002f\"},"), S("\"\\ud83d\":\"\\\\\","),
	S("\"href\":\"\\ud83d/\",") };

static void random_texts(void **state)
{
	const struct how how = { &hotels, JSON_MEMBERS };
	const struct how none = { &identity, JSON_MEMBERS };
	struct arena *a = arena_new(1 << 22);

	(void)state;
	for (uint32_t seed = 0; seed < 3000; seed++) {
		struct text t = text_in(a, 4096);
		struct slice in, want;

		text_add(&t, LIT("{"));
		text_add(
		    &t, pieces_random(valid, ROWS(valid), seed % 8, seed, a));
		text_add(&t, pieces_random(words, ROWS(words), 20, seed, a));
		in = text_slice(&t);
		assert_slice(
		    pieces_run(make, &none, in, 0, 1, a), in, LIT("identity"));
		want = pieces_run(make, &how, in, 0, in.len + 1, a);
		assert_slice(pieces_run(make, &how, in, 0, 1, a), want, in);
		assert_slice(
		    pieces_run(make, &how, in, seed % 50, 7, a), want, in);
		arena_reset(a);
	}
	arena_free(a);
}

static void memory_is_bounded(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct text t = text_in(a, 1);

	(void)state;
	assert_non_null(json_new(a, &hotels, mapping_place(&hotels),
	    JSON_MANIFEST, NULL, pieces_into(&t)));
	assert_true(arena_used(a) <= 12 * 1024);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables),
		cmocka_unit_test(new_bytes_are_escaped),
		cmocka_unit_test(reuse),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(long_names_and_urls),
		cmocka_unit_test(random_texts),
		cmocka_unit_test(memory_is_bounded),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

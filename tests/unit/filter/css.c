/* CSS with its links mapped: a table, the same cut everywhere, and what no
 * table thinks of. */
#include "filter/css.h"

#include <string.h>

#include "tests/unit/filter/pieces.h"
#include "tests/unit/unit.h"

struct how {
	const struct mapping *mapping;
	enum css_context context;
};

static struct arena *arena;
static struct mapping hotels;
static struct mapping identity;
static struct mapping odd; /* a prefix that needs escaping */

static int setup(void **state)
{
	(void)state;
	arena = arena_new(1 << 22);
	if (arena == NULL || !mapping_plain(LIT("/hotels"), arena, &hotels) ||
	    !mapping_plain(LIT(""), arena, &identity) ||
	    !mapping_plain(LIT("/a'(\"b)"), arena, &odd))
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

	return css_new(
	    a, how->mapping, mapping_place(how->mapping), how->context, out);
}

struct row {
	struct slice in, want;
};

#define SAME(s)            \
	{                  \
		S(s), S(s) \
	}

static const struct row sheet_rows[] = {
	/* url() without quotes */
	{ S("a{b:url(/x)}"), S("a{b:url(/hotels/x)}") },
	{ S("a{b:URL( \t\n/x \n)}"), S("a{b:URL( \t\n/hotels/x \n)}") },
	{ S("a{b:url(/x),url(/y)c}"),
	    S("a{b:url(/hotels/x),url(/hotels/y)c}") },
	{ S("a{b:url(/)}"), S("a{b:url(/hotels/)}") },
	{ S("a{b:url(http://origin/x)}"), S("a{b:url(/hotels/x)}") },
	{ S("a{b:url(../../x)}"), S("a{b:url(/hotels/x)}") },
	{ S("--x:url(/y);"), S("--x:url(/hotels/y);") },
	{ S(".url(/x)"), S(".url(/hotels/x)") },
	{ S("5.url(/x)"), S("5.url(/hotels/x)") },
	{ S("a:url(/x"), S("a:url(/hotels/x") },
	{ S("a:url(/x  "), S("a:url(/hotels/x  ") },
	SAME("a{b:url()}"),
	SAME("a{b:url( )}"),
	SAME("a{b:url(x)}"),
	SAME("a{b:url(#x)}"),
	SAME("a{b:url(//cdn/x)}"),
	SAME("a{b:url(http://cdn/x)}"),
	SAME("a{b:url(data:image/png;base64,/x==)}"),
	SAME("a{b:url"),
	SAME("a{b:url("),
	SAME("a{b:url( "),
	/* names that only look like it */
	SAME("a{b:url (/x)}"),
	SAME("a{b:url/**/(/x)}"),
	SAME("a{b:curl(/x)}"),
	SAME("a{b:url-prefix(/x)}"),
	SAME("a{b:#url(/x)}"),
	SAME("a{b:@url(/x)}"),
	SAME("a{b:5url(/x)}"),
	SAME("a{b:1e+5url(/x)}"),
	SAME("a{b:-5url(/x)}"),
	SAME("a{b:-url(/x)}"),
	SAME("a{b:--url(/x)}"),
	SAME("a{b:\xc3\xa4url(/x)}"),
	SAME("a{b:ur\\\nl(/x)}"),
	SAME("a{b:url\\(/x)}"),
	SAME("a{b:abcdefghijklmnopqrstuvwxyzurl(/x)}"),
	/* escapes in the name */
	{ S("a{b:u\\72l(/x)}"), S("a{b:u\\72l(/hotels/x)}") },
	{ S("a{b:\\75 \\000072\\6c\t(/x)}"),
	    S("a{b:\\75 \\000072\\6c\t(/hotels/x)}") },
	{ S("a{b:u\\72\r\nl(/x)}"), S("a{b:u\\72\r\nl(/hotels/x)}") },
	{ S("a{b:\\u\\r\\l(/x)}"), S("a{b:\\u\\r\\l(/hotels/x)}") },
	SAME("a{b:u\\0072l\\(/x)}"),
	SAME("a{b:\\35url(/x)}"),
	/* escapes in the URL */
	{ S("a{b:url(\\2fx)}"), S("a{b:url(/hotels\\2fx)}") },
	{ S("a{b:url(\\/x)}"), S("a{b:url(/hotels\\/x)}") },
	{ S("a{b:url(\\2f x)}"), S("a{b:url(/hotels\\2f x)}") },
	{ S("a{b:url(\\00002f\r\nx)}"), S("a{b:url(/hotels\\00002f\r\nx)}") },
	{ S("a{b:url(\\68ttp\\3a //origin/x)}"), S("a{b:url(/hotels/x)}") },
	{ S("a{b:url(/x\\)y)}"), S("a{b:url(/hotels/x\\)y)}") },
	{ S("a{b:url(/x\\ y)}"), S("a{b:url(/hotels/x\\ y)}") },
	{ S("a{b:url(/x\\0)}"), S("a{b:url(/hotels/x\\0)}") },
	{ S("a{b:url(/\\d800 x\\110000)}"),
	    S("a{b:url(/hotels/\\d800 x\\110000)}") },
	{ S("a{b:url(/\\e4\\20ac\\1f600)}"),
	    S("a{b:url(/hotels/\\e4\\20ac\\1f600)}") },
	{ S("a{b:url(/x\\"), S("a{b:url(/hotels/x\\") },
	{ S("a{b:url(/x\\2f"), S("a{b:url(/hotels/x\\2f") },
	{ S("a{b:url(\\00002fab)}"), S("a{b:url(/hotels\\00002fab)}") },
	SAME("a{b:url(\\2f/x)}"),
	SAME("a{b:url(/\\2fx)}"),
	/* what spoils it, and where that ends */
	{ S("a{b:url(/x y);c:url(/z)}"), S("a{b:url(/x y);c:url(/hotels/z)}") },
	{ S("a{b:url(/x\"y);c:url(/z)}"),
	    S("a{b:url(/x\"y);c:url(/hotels/z)}") },
	{ S("a{b:url(/x(y);c:url(/z)}"), S("a{b:url(/x(y);c:url(/hotels/z)}") },
	{ S("a{b:url(/x\x01);c:url(/z)}"),
	    S("a{b:url(/x\x01);c:url(/hotels/z)}") },
	{ S("a{b:url(/x\\\n);c:url(/z)}"),
	    S("a{b:url(/x\\\n);c:url(/hotels/z)}") },
	{ S("a{b:url(/x \\);c:url(/z);d:url(/w)}"),
	    S("a{b:url(/x \\);c:url(/z);d:url(/hotels/w)}") },
	{ S("a{b:url(/* c */);d:url(/z)}"),
	    S("a{b:url(/* c */);d:url(/hotels/z)}") },
	SAME("a{b:url(/x y"),
	SAME("a{b:url(/x \\"),
	/* url() and src() with quotes */
	{ S("a{b:url('/x')}"), S("a{b:url('/hotels/x')}") },
	{ S("a{b:url( \"/x\" )}"), S("a{b:url( \"/hotels/x\" )}") },
	{ S("a{b:url(\"/x)y\")}"), S("a{b:url(\"/hotels/x)y\")}") },
	{ S("a{b:url('/x'/* c */)}"), S("a{b:url('/hotels/x'/* c */)}") },
	{ S("a{b:url('/x' referrerpolicy('/y'))}"),
	    S("a{b:url('/hotels/x' referrerpolicy('/y'))}") },
	{ S("a{b:url('/x' '/y')}"), S("a{b:url('/hotels/x' '/y')}") },
	{ S("a{b:src('/x')}"), S("a{b:src('/hotels/x')}") },
	{ S("a{b:src(/* c */'/x')}"), S("a{b:src(/* c */'/hotels/x')}") },
	{ S("a{b:url('/x"), S("a{b:url('/hotels/x") },
	{ S("a{b:url('/x\\"), S("a{b:url('/hotels/x\\") },
	{ S("a{b:url('\\\n/x')}"), S("a{b:url('\\\n/hotels/x')}") },
	{ S("a{b:url('/\\\r\nx')}"), S("a{b:url('/hotels/\\\r\nx')}") },
	{ S("a{b:url('\\2f x\\'y')}"), S("a{b:url('/hotels\\2f x\\'y')}") },
	{ S("a{b:url('/x\n;c:url(/y)}"), S("a{b:url('/x\n;c:url(/hotels/y)}") },
	SAME("a{b:url('')}"),
	SAME("a{b:src(/x)}"),
	SAME("a{b:url('/\\\n/cdn')}"),
	/* image-set() */
	{ S("a{b:image-set(url(/a) 1x, \"/b\" 2x)}"),
	    S("a{b:image-set(url(/hotels/a) 1x, \"/hotels/b\" 2x)}") },
	{ S("a{b:-WebKit-Image-Set('/a' 1x,'/b' 2x)}"),
	    S("a{b:-WebKit-Image-Set('/hotels/a' 1x,'/hotels/b' 2x)}") },
	{ S("a{b:image-set('/a' type('/png'),'/b')}"),
	    S("a{b:image-set('/hotels/a' type('/png'),'/hotels/b')}") },
	{ S("a{b:image-set('/a' ['/c'] {'/d'} ('/e') '/b')}"),
	    S("a{b:image-set('/hotels/a' ['/c'] {'/d'} ('/e') '/hotels/b')}") },
	{ S("a{b:image-set(] } '/a');c:'/b'}"),
	    S("a{b:image-set(] } '/hotels/a');c:'/b'}") },
	{ S("a{b:image-set(url(/x y) '/a')}"),
	    S("a{b:image-set(url(/x y) '/hotels/a')}") },
	SAME("a{b:image-set ('/a')}"),
	SAME("a{b:image-set() '/a'}"),
	/* @import */
	{ S("@import '/x';"), S("@import '/hotels/x';") },
	{ S("@IMPORT\"/x\" layer('/y');"),
	    S("@IMPORT\"/hotels/x\" layer('/y');") },
	{ S("@import/**/ /**/'/x'"), S("@import/**/ /**/'/hotels/x'") },
	{ S("@\\69mport '/x';"), S("@\\69mport '/hotels/x';") },
	{ S("@import url(/x) '/y';"), S("@import url(/hotels/x) '/y';") },
	{ S("@import '/x"), S("@import '/hotels/x") },
	SAME("@import x '/x';"),
	SAME("@import /'/x';"),
	SAME("@import\\\n'/x';"),
	SAME("@imports '/x';"),
	SAME("@ import '/x';"),
	SAME("@charset '/x';"),
	SAME("#import '/x';"),
	/* what is no link */
	SAME("a{content:'/x'}"),
	SAME("a[href='/x']{}"),
	SAME("/* url(/x) */"),
	SAME("/* url(/x) **/"),
	SAME("/*/url(/x)*/"),
	SAME("a{b:'url(/x)'}"),
	SAME("a{b:'\\'url(/x)'}"),
	{ S("/* ' */url(/x)"), S("/* ' */url(/hotels/x)") },
	{ S("/**/url(/x)"), S("/**/url(/hotels/x)") },
	{ S("a/url(/x)"), S("a/url(/hotels/x)") },
	{ S("'\nurl(/x)"), S("'\nurl(/hotels/x)") },
	{ S("'\\\n'url(/x)"), S("'\\\n'url(/hotels/x)") },
	{ S("<!--url(/x)-->url(/y)"),
	    S("<!--url(/hotels/x)-->url(/hotels/y)") },
	{ S("<!url(/x)<!-url(/x)"), S("<!url(/hotels/x)<!-url(/x)") },
	{ S("\xef\xbb\xbf@import '/x'"), S("\xef\xbb\xbf@import '/hotels/x'") },
	/* names and patterns */
	SAME("@namespace url(/x);"),
	SAME("@namespace s '/x';"),
	{ S("@namespace url('/x');a{b:url(/x)}"),
	    S("@namespace url('/x');a{b:url(/hotels/x)}") },
	{ S("@-moz-document url(/x),url-prefix('/y;'){a{b:url(/z)}}"),
	    S("@-moz-document "
	      "url(/x),url-prefix('/y;'){a{b:url(/hotels/z)}}") },
	{ S("a{@namespace url(/x)}b{c:url(/z)}"),
	    S("a{@namespace url(/x)}b{c:url(/hotels/z)}") },
	/* another encoding */
	SAME("\xff\xfe@import '/x'"),
	SAME("\xfe\xff@import '/x'"),
	{ S("\xff@import '/x'"), S("\xff@import '/hotels/x'") },
};

static void check_rows(const struct row *rows, size_t n, const struct how *how)
{
	for (size_t i = 0; i < n; i++)
		pieces_check(make, how, rows[i].in, rows[i].want);
}

static void sheets(void **state)
{
	const struct how how = { &hotels, CSS_SHEET };

	(void)state;
	check_rows(sheet_rows, ROWS(sheet_rows), &how);
}

static void without_a_prefix_all_stays(void **state)
{
	const struct how how = { &identity, CSS_SHEET };

	(void)state;
	for (size_t i = 0; i < ROWS(sheet_rows); i++)
		pieces_check(make, &how, sheet_rows[i].in, sheet_rows[i].in);
}

static const struct row inner_rows[] = {
	{ S("color:red;background:url(/x)"),
	    S("color:red;background:url(/hotels/x)") },
	{ S("url(/x)"), S("url(/hotels/x)") },
	{ S("}a:url(/x"), S("}a:url(/hotels/x") },
	SAME("@import '/x'"),
	SAME("content:'/x'"),
};

static void attributes(void **state)
{
	const struct how declarations = { &hotels, CSS_DECLARATIONS };
	const struct how value = { &hotels, CSS_VALUE };

	(void)state;
	check_rows(inner_rows, ROWS(inner_rows), &declarations);
	check_rows(inner_rows, ROWS(inner_rows), &value);
}

static const struct row odd_rows[] = {
	{ S("a{b:url(/x)}"), S("a{b:url(/a\\'\\(\\\"b\\)/x)}") },
	{ S("a{b:url('/x')}"), S("a{b:url('/a\\'(\"b)/x')}") },
	{ S("a{b:url(\"/x\")}"), S("a{b:url(\"/a'(\\\"b)/x\")}") },
};

static void new_bytes_are_escaped(void **state)
{
	const struct how how = { &odd, CSS_SHEET };

	(void)state;
	check_rows(odd_rows, ROWS(odd_rows), &how);
}

/* '&' and a letter stand for one byte, as an attribute may write it. */
static void push_decoded(struct rewriter *r, struct slice s)
{
	static const char of[][2] = { { 's', '/' }, { 'q', '"' }, { 'b', '\\' },
		{ 'o', '(' } };

	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] != '&') {
			rewriter_feed(r, slice_upto(slice_from(s, i), 1));
			continue;
		}
		for (size_t k = 0; k < ROWS(of); k++)
			if (of[k][0] == s.at[i + 1])
				css_push(r, of[k][1],
				    slice_upto(slice_from(s, i), 2));
		i++;
	}
}

static const struct row reference_rows[] = {
	{ S("a:url(&sx)"), S("a:url(/hotels&sx)") },
	{ S("a:url&o/x)"), S("a:url&o/hotels/x)") },
	{ S("a:url(&q/x&q)"), S("a:url(&q/hotels/x&q)") },
	{ S("a:url(&b2f x)"), S("a:url(/hotels&b2f x)") },
	{ S("a:url(&b&sx)"), S("a:url(/hotels&b&sx)") },
	{ S("a:&b75rl(/x)"), S("a:&b75rl(/hotels/x)") },
	SAME("a:&q&b&q/x&q"),
};

/* One object for all, as an attribute's rewriter uses it. */
static void references(void **state)
{
	char room[256];
	struct text t = text_over(room, sizeof(room));
	struct rewriter *r = css_new(arena, &hotels, mapping_place(&hotels),
	    CSS_DECLARATIONS, pieces_into(&t));

	(void)state;
	assert_non_null(r);
	for (size_t i = 0; i < ROWS(reference_rows); i++) {
		t.len = 0;
		css_reset(r, mapping_place(&hotels), CSS_DECLARATIONS);
		push_decoded(r, reference_rows[i].in);
		rewriter_finish(r);
		assert_slice(text_slice(&t), reference_rows[i].want,
		    reference_rows[i].in);
	}
}

/* Bytes that wait for what they stand for are bounded, too. */
static void an_escape_of_any_length(void **state)
{
	static char raw[300];
	static char room[4096];
	struct text t = text_over(room, sizeof(room));
	struct rewriter *r = css_new(
	    arena, &hotels, mapping_place(&hotels), CSS_VALUE, pieces_into(&t));
	struct slice nought = { raw, sizeof(raw) };

	(void)state;
	memset(raw, '0', sizeof(raw));
	rewriter_feed(r, LIT("url(/x"));
	css_push(r, '\\', nought);
	css_push(r, '2', nought);
	css_push(r, 'f', nought);
	rewriter_feed(r, LIT(")url(/y)"));
	rewriter_finish(r);
	assert_int_equal(text_slice(&t).len, 3 * sizeof(raw) + 6 + 8 + 7);
	assert_true(slice_starts(text_slice(&t), LIT("url(/x0")));
	assert_true(slice_ends(text_slice(&t), LIT("0)url(/hotels/y)")));
}

static void long_urls_stream(void **state)
{
	static char sheet[200000];
	const struct how how = { &hotels, CSS_SHEET };
	struct arena *a = arena_new(1 << 24);
	struct slice in = { sheet, sizeof(sheet) };
	struct slice out;

	(void)state;
	memset(sheet, 'A', sizeof(sheet));
	memcpy(sheet, "a{b:url(data:", 13);
	memcpy(sheet + sizeof(sheet) - 9, ")url(/x)}", 9);
	out = pieces_run(make, &how, in, 5, 700, a);
	assert_int_equal(out.len, in.len + 7);
	assert_true(slice_ends(out, LIT("A)url(/hotels/x)}")));
	assert_slice(slice_upto(out, in.len - 8), slice_upto(in, in.len - 8),
	    LIT("data"));
	arena_free(a);
}

/* Too deep to know in which function a string stands: then it stays. */
static void depth_is_bounded(void **state)
{
	static char sheet[3000];
	const struct how how = { &hotels, CSS_SHEET };
	struct arena *a = arena_new(1 << 24);
	struct slice in = { sheet, sizeof(sheet) };

	(void)state;
	memset(sheet, '(', 1000);
	memset(sheet + 1000, ')', 1970);
	memcpy(sheet + 2970, "image-set('/x')url(/y)        ", 30);
	in = pieces_run(make, &how, in, 0, sizeof(sheet), a);
	assert_true(
	    slice_ends(in, LIT(")image-set('/x')url(/hotels/y)        ")));
	arena_free(a);
}

static const struct slice words[] = { S("url("), S("/x"), S(")"), S("'"),
	S("\""), S("\\"), S("/*"), S("*/"), S(" "), S("\n"), S("\r"), S("{"),
	S("}"), S(";"), S("@import"), S("image-set("), S("2f"), S("a"), S("("),
	S("["), S("]"), S("<!--"), S("@namespace "), S("\xc3"), S("#"), S("-"),
	S("src("), S("\\72 "), S("http://origin/"), S(":"), S("\f") };

static void random_sheets(void **state)
{
	const struct how how = { &hotels, CSS_SHEET };
	const struct how none = { &identity, CSS_SHEET };
	struct arena *a = arena_new(1 << 24);

	(void)state;
	for (uint32_t seed = 0; seed < 3000; seed++) {
		struct slice in =
		    pieces_random(words, ROWS(words), 40, seed, a);
		struct slice want = pieces_run(make, &none, in, 0, 1, a);

		assert_slice(want, in, LIT("identity"));
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
	assert_non_null(css_new(
	    a, &hotels, mapping_place(&hotels), CSS_SHEET, pieces_into(&t)));
	assert_true(arena_used(a) <= 12 * 1024);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sheets),
		cmocka_unit_test(without_a_prefix_all_stays),
		cmocka_unit_test(attributes),
		cmocka_unit_test(new_bytes_are_escaped),
		cmocka_unit_test(references),
		cmocka_unit_test(an_escape_of_any_length),
		cmocka_unit_test(long_urls_stream),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(random_sheets),
		cmocka_unit_test(memory_is_bounded),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

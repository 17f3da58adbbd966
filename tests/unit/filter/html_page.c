/* The rewriter of HTML, whole pages: what is put in and taken out, what is
 * too long, random documents. */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/mapping.h"
#include "tests/unit/filter/html_run.h"
#include "tests/unit/unit.h"

/* ---- the script that is put in ---- */

static const struct {
	struct slice in, want;
	unsigned hints;
} shim_rows[] = {
	{ S("<head><a href=/x>"), S("<head>SHIM<a href=/h/x>"), 0 },
	{ S("<!doctype html><html><HEAD class=\">\">x"),
	    S("<!doctype html><html><HEAD class=\">\">SHIMx"), 0 },
	{ S("<!doctype html><head/><head>"),
	    S("<!doctype html><head/>SHIM<head>"), 0 },
	{ S("\xEF\xBB\xBF \n<!-- x --><!doctype html>\n<title>"),
	    S("\xEF\xBB\xBF \n<!-- x --><!doctype html>\nSHIM<title>"), 0 },
	{ S("<html> x"), S("<html> SHIMx"), 0 },
	{ S("<html> <"), S("<html> SHIM<"), 0 },
	{ S("<html><body>"), S("<html>SHIM<body>"), 0 },
	{ S("<body>"), S("SHIM<body>"), 0 },
	{ S("<html></p></head>"), S("<html></p>SHIM</head>"), 0 },
	{ S("<html></html>"), S("<html>SHIM</html>"), 0 },
	{ S("<!doctype html><!--<head>-->"), S("<!doctype html><!--<head>-->"),
	    REWRITER_NO_HEAD },
	{ S("<html"), S("<html"), 0 },
	{ S("<p>x<html><head>"), S("<p>x<html><head>"), 0 },
	{ S("x<head>"), S("x<head>"), 0 },
	{ S("{\"a\": 1}"), S("{\"a\": 1}"), 0 },
	{ S(""), S(""), 0 },
	{ S("<header>"), S("<header>"), 0 },
	{ S("<?xml version='1.0'?><html><script src=/x>"),
	    S("<?xml version='1.0'?><html>SHIM<script src=/h/x>"), 0 },
};

static void shim(void **state)
{
	static const struct html_options options = { .shim = S("SHIM") };

	(void)state;
	for (size_t i = 0; i < ROWS(shim_rows); i++)
		html_check(&options, shim_rows[i].in, shim_rows[i].want,
		    shim_rows[i].hints);
}

/* ---- integrity ---- */

static const struct {
	struct slice in, want;
	bool scripts_change;
} integrity_rows[] = {
	{ S("<link rel=stylesheet href=/x integrity=y>"),
	    S("<link rel=stylesheet href=/h/x>"), false },
	{ S("<link integrity='y' rel='alternate StyleSheet' href=/x>"),
	    S("<link rel='alternate StyleSheet' href=/h/x>"), false },
	{ S("<link integrity=\"y\"rel=stylesheet href=/x>"),
	    S("<link rel=stylesheet href=/h/x>"), false },
	{ S("<link href=/x rel=stylesheet integrity=\"y\"/>"),
	    S("<link href=/h/x rel=stylesheet />"), false },
	{ S("<link href=/x rel=stylesheet integrity=\"y\" >"),
	    S("<link href=/h/x rel=stylesheet >"), false },
	{ S("<link href=/x rel=stylesheet\tINTEGRITY = y \n>"),
	    S("<link href=/h/x rel=stylesheet \n>"), false },
	{ S("<link integrity=a rel=stylesheet href=/x integrity=b>"),
	    S("<link rel=stylesheet href=/h/x>"), false },
	{ S("<link rel=preload as=style href=x integrity=y>"),
	    S("<link rel=preload as=style href=x>"), false },
	{ S("<link rel=modulepreload href=x integrity=y>"),
	    S("<link rel=modulepreload href=x>"), true },
	{ S("<script src=/x integrity=y></script>"),
	    S("<script src=/h/x></script>"), true },
};

static const struct {
	struct slice in;
	bool scripts_change;
} integrity_kept[] = {
	{ S("<link rel=stylesheet href=//cdn/x integrity=y>"), true },
	{ S("<link rel=stylesheet integrity=y>"), true },
	{ S("<link rel=stylesheet href=x integrity>"), true },
	{ S("<link rel=modulepreload href=x integrity=y>"), false },
	{ S("<link rel=icon href=x integrity=y>"), true },
	{ S("<script src=x integrity=y>"), false },
	{ S("<script src=//cdn/x integrity=y>"), true },
	{ S("<script integrity=y>"), true },
	{ S("<b src=x href=x rel=stylesheet integrity=y>"), true },
	{ S("<svg><script href=x src=x integrity=y>"), true },
	{ S("<link rel=stylesheet href=x integrity=y"), true },
	{ S("<base href=//cdn/><link rel=stylesheet href=x integrity=y>"),
	    true },
};

static void integrity(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(integrity_rows); i++) {
		struct html_options options = { .shim = LIT(""),
			.scripts_change = integrity_rows[i].scripts_change };

		html_check(&options, integrity_rows[i].in,
		    integrity_rows[i].want, REWRITER_INTEGRITY);
	}
	for (size_t i = 0; i < ROWS(integrity_kept); i++) {
		struct html_options options = { .shim = LIT(""),
			.scripts_change = integrity_kept[i].scripts_change };

		html_check(
		    &options, integrity_kept[i].in, integrity_kept[i].in, 0);
	}
}

/* ---- the token in inline scripts ---- */

#define T MAPPING_TOKEN

static const struct {
	struct slice in, want;
} token_rows[] = {
	{ S("<script>go('" T "/x')</script>" T),
	    S("<script>go('/h/x')</script>" T) },
	{ S("<script type=module>'" T "'</script>"),
	    S("<script type=module>'/h'</script>") },
	{ S("<script type=' application/json'>{\"b\":\"" T "/\"}</script>"),
	    S("<script type=' application/json'>{\"b\":\"/h/\"}</script>") },
	{ S("<script>'/__fingerpost_pre</script>fix__"),
	    S("<script>'/__fingerpost_pre</script>fix__") },
	{ S("<script>" T), S("<script>/h") },
	{ S("<script type=text/x-template>" T "</script>"),
	    S("<script type=text/x-template>" T "</script>") },
	{ S("<script title=" T "></script>"),
	    S("<script title=" T "></script>") },
	{ S("<!--" T "--><p title=" T ">" T "<style>/*" T "*/</style>"),
	    S("<!--" T "--><p title=" T ">" T "<style>/*" T "*/</style>") },
	{ S("<svg><script>" T "</script>"), S("<svg><script>" T "</script>") },
};

static void tokens(void **state)
{
	struct arena *a = arena_new(1 << 16);
	struct mapping h;
	struct html_options options = { .shim = LIT(""), .tokens = &h };

	(void)state;
	assert_true(mapping_plain(LIT("/h"), a, &h));
	for (size_t i = 0; i < ROWS(token_rows); i++) {
		struct slice in = token_rows[i].in;

		for (size_t first = 0; first <= in.len; first++)
			assert_slice(
			    html_run(LIT("/h"), &options, in, first, in.len + 1)
				.out,
			    token_rows[i].want, in);
		assert_slice(html_run(LIT("/h"), &options, in, 1, 1).out,
		    token_rows[i].want, in);
		assert_slice(
		    html_run(LIT("/h"), &html_plain, in, 1, 1).out, in, in);
	}
	arena_free(a);
}

/* ---- what is too long, and what is left alone ---- */

static void utf16_passes(void **state)
{
	static const struct slice inputs[] = {
		S("\xFF\xFE<a href=/x>"),
		S("\xFE\xFF<a href=/x>"),
		S("\xFE\xFF"),
	};

	(void)state;
	for (size_t i = 0; i < ROWS(inputs); i++)
		html_check(&html_plain, inputs[i], inputs[i], REWRITER_UTF16);
}

/* `before`, n times `of`, `after`. */
static struct slice long_html(
    char *room, const char *before, const char *of, size_t n, const char *after)
{
	struct text t = text_over(room, HTML_OUT_MAX);

	text_add(&t, slice_of(before));
	while (n-- > 0)
		text_add(&t, slice_of(of));
	text_add(&t, slice_of(after));
	assert_false(text_spent(&t));
	return text_slice(&t);
}

static const struct {
	const char *before, *of;
	size_t n;
	const char *after, *want_before, *want_after;
	unsigned hints;
} long_rows[] = {
	/* within what is held, and beyond it */
	{ "<link x=", "x", 4000, " href=/x rel=stylesheet integrity=y>",
	    "<link x=", " href=/h/x rel=stylesheet>", REWRITER_INTEGRITY },
	{ "<link x=", "x", 4096, " href=/x rel=stylesheet integrity=y>",
	    "<link x=", " href=/h/x rel=stylesheet integrity=y>",
	    REWRITER_LONG },
	{ "<link href=/x title=", "x", 4096, " integrity=y>",
	    "<link href=/h/x title=", " integrity=y>", REWRITER_LONG },
	{ "<link href=/", "x", 5000, " rel=/x src=/x>", "<link href=/h/",
	    " rel=/x src=/h/x>", REWRITER_LONG },
	{ "<link href=data:", "x", 5000, " rel=/x>",
	    "<link href=data:", " rel=/x>", REWRITER_LONG },
	{ "<link rel=", "x", 5000, " href=/x>", "<link rel=", " href=/h/x>",
	    REWRITER_LONG },
	{ "<meta content='0;/x", "x", 5000, "' http-equiv=refresh src=/y>",
	    "<meta content='0;/x", "' http-equiv=refresh src=/h/y>",
	    REWRITER_LONG },
	{ "<style x=", "x", 5000, ">url(/x)</style><i src=/x>",
	    "<style x=", ">url(/x)</style><i src=/h/x>", REWRITER_LONG },
	{ "<link ", "integrity=x ", 40, "rel=stylesheet href=/x>", "<link ",
	    "rel=stylesheet href=/h/x>", REWRITER_LONG },
	/* values and names of any length */
	{ "<img src=\"data:", "x", 30000, "\" srcset=/x>",
	    "<img src=\"data:", "\" srcset=/h/x>", 0 },
	{ "<img src=\"/", "x", 30000, "\" srcset=/x>", "<img src=\"/h/",
	    "\" srcset=/h/x>", REWRITER_LONG },
	{ "<img src=\"", "&", 30000, "\" srcset=/x>", "<img src=\"",
	    "\" srcset=/h/x>", REWRITER_LONG },
	{ "<img src='&#", "0", 3000, "47;x' srcset=/x>", "<img src='&#",
	    "47;x' srcset=/h/x>", REWRITER_LONG },
	{ "<img ", "y", 30000, "=/x src=/x>", "<img ", "=/x src=/h/x>", 0 },
	{ "<b", "y", 30000, " src=/x>", "<b", " src=/h/x>", 0 },
	{ "", "<svg>", 5000, "<script><a src=/x>", "", "<script><a src=/h/x>",
	    0 },
	{ "", "<svg><desc>", 3000, "<script><a src=/x>", "",
	    "<script><a src=/x>", 0 },
	{ "", "<", 30000, "", "", "", 0 },
	{ "<!--", "-", 30000, "><a src=/x>", "<!--", "><a src=/h/x>", 0 },
};

static void length_is_no_matter(void **state)
{
	static const size_t pieces[] = { 1, 7, 1000, HTML_OUT_MAX };
	static char in_room[HTML_OUT_MAX], want_room[HTML_OUT_MAX];

	(void)state;
	for (size_t i = 0; i < ROWS(long_rows); i++) {
		struct slice in = long_html(in_room, long_rows[i].before,
		    long_rows[i].of, long_rows[i].n, long_rows[i].after);
		struct slice want = long_html(want_room,
		    long_rows[i].want_before, long_rows[i].of, long_rows[i].n,
		    long_rows[i].want_after);

		for (size_t p = 0; p < ROWS(pieces); p++) {
			struct html_result got = html_run(
			    LIT("/h"), &html_plain, in, pieces[p], pieces[p]);
			size_t n = got.out.len;

			if (!slice_eq(got.out, want) ||
			    got.hints != long_rows[i].hints)
				fail_msg("row %zu, pieces of %zu: hints %u, "
					 "...%.*s",
				    i, pieces[p], got.hints,
				    SLICE_ARG(slice_from(
					got.out, n > 60 ? n - 60 : 0)));
		}
	}
}

/* ---- random documents ---- */

static uint32_t dice(uint32_t *seed, uint32_t sides)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % sides;
}

/* What documents are made of, and what they break on. */
static const char *const crumbs[] = { "<a href=", "<img srcset=", "<link ",
	"<meta ", "<base href=", "<script>", "</script>", "<style>", "</style>",
	"<script type=importmap>", "<title>", "</title>", "<svg>", "</svg>",
	"<math>", "<desc>", "<foreignObject>", "<textarea>", "</textarea>",
	"<![CDATA[", "]]>", "<!--", "-->", "--!>", "<!", "<?", "</", "<", ">",
	"/>", "\"", "'", "=", " ", "\n", "/x", "//y", "http://origin/", "&#47;",
	"&sol", "&", ";", ",", "(", ")", "style=", "integrity=y ",
	"rel=stylesheet ", "http-equiv=refresh ", "content=", "url(", "/*",
	"*/", "{\"imports\":{\"a\":\"", "\\", "}", "<div>", "<p", "<head>",
	"<html>", "<!doctype html>", "x", "\xC3\xA4",
	"<font color=", "fill=", "<path ", "<plaintext x",
	"ping=", "src=", "<template>", "<noscript>" };

static void identity_changes_nothing(void **state)
{
	static char room[HTML_OUT_MAX], once[HTML_OUT_MAX];
	uint32_t seed = 1;

	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		struct text t = text_over(room, sizeof(room));
		uint32_t n = dice(&seed, 60);
		struct slice in, mapped;
		struct html_result got;

		while (n-- > 0)
			text_add(
			    &t, slice_of(crumbs[dice(&seed, ROWS(crumbs))]));
		in = text_slice(&t);
		got = html_run(LIT(""), &html_plain, in, dice(&seed, 100), 7);
		assert_slice(got.out, in, LIT("identity"));
		got = html_run(LIT("/h"), &html_plain, in, 0, in.len + 1);
		memcpy(once, got.out.at, got.out.len);
		mapped = (struct slice){ once, got.out.len };
		got = html_run(LIT("/h"), &html_plain, in, 1, 1);
		assert_slice(got.out, mapped, in);
		got = html_run(
		    LIT("/h"), &html_plain, in, dice(&seed, 100), in.len + 1);
		assert_slice(got.out, mapped, in);
	}
}

static void memory_is_bounded(void **state)
{
	(void)state;
	assert_true(
	    html_run(LIT("/h"), &html_plain, LIT("x"), 0, 1).memory_bytes <=
	    32768);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shim),
		cmocka_unit_test(integrity),
		cmocka_unit_test(tokens),
		cmocka_unit_test(utf16_passes),
		cmocka_unit_test(length_is_no_matter),
		cmocka_unit_test(identity_changes_nothing),
		cmocka_unit_test(memory_is_bounded),
	};

	return cmocka_run_group_tests(tests, html_setup, html_teardown);
}

/* Cache directives: each row says where the RFC has it. */
#include "http/directives.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/text.h"
#include "http/field.h"
#include "tests/unit/unit.h"

#define NONE DELTA_NONE

/* How a number reads wherever one stands: RFC 9111 section 1.2.2. */
static const struct {
	struct slice in;
	int64_t want; /* -1: invalid */
} delta_cases[] = {
	{ S("0"), 0 },
	{ S("003600"), 3600 },
	{ S("2147483647"), 2147483647 },
	{ S("2147483648"), DELTA_MAX },
	{ S("2147483649"), DELTA_MAX },
	{ S("4294967296"), DELTA_MAX },
	{ S("18446744073709551617"), DELTA_MAX },
	{ S("99999999999999999999999999999999999999"), DELTA_MAX },
	{ S(""), -1 },
	{ S("-1"), -1 },
	{ S("+1"), -1 },
	{ S(" 1"), -1 },
	{ S("1.0"), -1 },
	{ S("1s"), -1 },
	{ S("0x10"), -1 },
};

static void seconds_saturate(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(delta_cases); i++) {
		int64_t got = -1;

		(void)delta_parse(delta_cases[i].in, &got);
		if (got != delta_cases[i].want)
			fail_msg("%.*s: %lld", SLICE_ARG(delta_cases[i].in),
			    (long long)got);
	}
}

static const struct {
	struct slice in;
	unsigned flags;
	int64_t max_age, s_maxage, swr, sie;
} response_cases[] = {
	{ S(""), 0, NONE, NONE, NONE, NONE },
	/* 5.2: names in any case, both forms of arguments */
	{ S("MaX-aGe=10"), 0, 10, NONE, NONE, NONE },
	{ S("max-age=\"10\""), 0, 10, NONE, NONE, NONE },
	{ S("s-maxage=7,max-age=10"), 0, 10, 7, NONE, NONE },
	{ S("foo, , max-age=10;x, bar=\"a\""), 0, 0, NONE, NONE, NONE },
	{ S("foo,, max-age=10, bar=\"a\""), 0, 10, NONE, NONE, NONE },
	/* quoted strings hide what is in them */
	{ S("x=\"max-age=100, no-store\", max-age=1"), 0, 1, NONE, NONE, NONE },
	{ S("max-age=1, x=\"\\\", max-age=0\""), 0, 1, NONE, NONE, NONE },
	/* 4.2.1: of two the less fresh, the invalid is stale */
	{ S("max-age=1800, max-age=1"), 0, 1, NONE, NONE, NONE },
	{ S("max-age=1, max-age=1800"), 0, 1, NONE, NONE, NONE },
	{ S("max-age=x, max-age=1800"), 0, 0, NONE, NONE, NONE },
	{ S("max-age"), 0, 0, NONE, NONE, NONE },
	{ S("max-age="), 0, 0, NONE, NONE, NONE },
	{ S("max-age=-1"), 0, 0, NONE, NONE, NONE },
	{ S("max-age='10'"), 0, 0, NONE, NONE, NONE },
	{ S("max-age=10.0"), 0, 0, NONE, NONE, NONE },
	{ S("max-age=10a"), 0, 0, NONE, NONE, NONE },
	{ S("max-age =10"), 0, 0, NONE, NONE, NONE },
	{ S("max-age= 10"), 0, 0, NONE, NONE, NONE },
	{ S("max-age=\"1\\0\""), 0, 0, NONE, NONE, NONE },
	{ S("max-age=99999999999"), 0, DELTA_MAX, NONE, NONE, NONE },
	/* 5.2.2 */
	{ S("no-store"), DIRECTIVE_NO_STORE, NONE, NONE, NONE, NONE },
	{ S("No-Store=yes"), DIRECTIVE_NO_STORE, NONE, NONE, NONE, NONE },
	{ S("no-cache,private,public"),
	    DIRECTIVE_NO_CACHE | DIRECTIVE_PRIVATE | DIRECTIVE_PUBLIC, NONE,
	    NONE, NONE, NONE },
	{ S("must-revalidate, proxy-revalidate, must-understand"),
	    DIRECTIVE_MUST_REVALIDATE | DIRECTIVE_PROXY_REVALIDATE |
		DIRECTIVE_MUST_UNDERSTAND,
	    NONE, NONE, NONE, NONE },
	{ S("immutable, no-transform"),
	    DIRECTIVE_IMMUTABLE | DIRECTIVE_NO_TRANSFORM, NONE, NONE, NONE,
	    NONE },
	/* 5.2.2.4, 5.2.2.7: with names it is about these fields alone; what is
	 * no name is about everything */
	{ S("private=\"set-cookie\""), 0, NONE, NONE, NONE, NONE },
	{ S("no-cache=set-cookie"), 0, NONE, NONE, NONE, NONE },
	{ S("private=\"\""), DIRECTIVE_PRIVATE, NONE, NONE, NONE, NONE },
	{ S("private="), DIRECTIVE_PRIVATE, NONE, NONE, NONE, NONE },
	{ S("private=\"a b\""), DIRECTIVE_PRIVATE, NONE, NONE, NONE, NONE },
	{ S("private=\"a, b"), DIRECTIVE_PRIVATE | DIRECTIVE_NO_STORE, NONE,
	    NONE, NONE, NONE },
	{ S("no-cache=\"a\", no-cache"), DIRECTIVE_NO_CACHE, NONE, NONE, NONE,
	    NONE },
	/* what may hide a directive is not stored */
	{ S("x=\"y, max-age=10, no-store"), DIRECTIVE_NO_STORE, NONE, NONE,
	    NONE, NONE },
	/* RFC 5861 */
	{ S("stale-while-revalidate=30, stale-if-error=60"), 0, NONE, NONE, 30,
	    60 },
	{ S("stale-while-revalidate, stale-if-error=x"), 0, NONE, NONE, 0, 0 },
};

static void responses_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(response_cases); i++) {
		struct directives d = directives_none();

		directives_add(&d, response_cases[i].in);
		if (d.flags != response_cases[i].flags ||
		    d.max_age_s != response_cases[i].max_age ||
		    d.s_maxage_s != response_cases[i].s_maxage ||
		    d.stale_while_revalidate_s != response_cases[i].swr ||
		    d.stale_if_error_s != response_cases[i].sie)
			fail_msg("%.*s: %u %lld %lld",
			    SLICE_ARG(response_cases[i].in), d.flags,
			    (long long)d.max_age_s, (long long)d.s_maxage_s);
	}
}

static const struct {
	struct slice in;
	unsigned flags;
	int64_t max_age, max_stale, min_fresh;
} request_cases[] = {
	{ S("max-age=0"), 0, 0, NONE, NONE },
	{ S("max-stale"), 0, NONE, DELTA_MAX, NONE },
	{ S("max-stale=5"), 0, NONE, 5, NONE },
	{ S("max-stale=x"), 0, NONE, 0, NONE },
	{ S("max-stale, max-stale=5"), 0, NONE, 5, NONE },
	{ S("min-fresh=5, min-fresh=9"), 0, NONE, NONE, 9 },
	{ S("min-fresh=x"), 0, NONE, NONE, DELTA_MAX },
	{ S("only-if-cached, no-cache, no-store"),
	    DIRECTIVE_ONLY_IF_CACHED | DIRECTIVE_NO_CACHE | DIRECTIVE_NO_STORE,
	    NONE, NONE, NONE },
};

static void requests_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(request_cases); i++) {
		struct directives d = directives_none();

		directives_add(&d, request_cases[i].in);
		if (d.flags != request_cases[i].flags ||
		    d.max_age_s != request_cases[i].max_age ||
		    d.max_stale_s != request_cases[i].max_stale ||
		    d.min_fresh_s != request_cases[i].min_fresh)
			fail_msg("%.*s", SLICE_ARG(request_cases[i].in));
	}
}

static void fields_are_named(void **state)
{
	struct directives d = directives_none();

	(void)state;
	directives_add(&d, LIT("private=\"Set-Cookie, X-A\", no-cache=x-b"));
	assert_true(directives_name(&d, LIT("set-cookie")));
	assert_true(directives_name(&d, LIT("x-a")));
	assert_true(directives_name(&d, LIT("X-B")));
	assert_false(directives_name(&d, LIT("x-c")));
	/* Past the maximum a list is about everything. */
	for (int i = 0; i < DIRECTIVE_LISTS_MAX; i++)
		directives_add(&d, LIT("private=\"y\""));
	assert_int_equal(d.flags, DIRECTIVE_PRIVATE);
}

static void long_lists_are_about_everything(void **state)
{
	static char value[DIRECTIVE_LIST_MAX_BYTES + 16];
	struct text t = text_over(value, sizeof(value));
	struct directives d = directives_none();

	(void)state;
	text_add(&t, LIT("private=\""));
	while (t.len < DIRECTIVE_LIST_MAX_BYTES + 9)
		text_char(&t, 'x');
	text_char(&t, '"');
	directives_add(&d, text_slice(&t));
	assert_int_equal(d.flags, 0);
	t.at[t.len - 1] = 'x';
	text_char(&t, '"');
	d = directives_none();
	directives_add(&d, text_slice(&t));
	assert_int_equal(d.flags, DIRECTIVE_PRIVATE);
}

static void fields_are_one(void **state)
{
	struct arena *a = arena_new(65536);
	struct fields f = { 0 };
	struct directives d;

	(void)state;
	assert_true(
	    field_add(&f, a, LIT("cache-control"), LIT("max-age=1800")));
	assert_true(field_add(&f, a, LIT("X"), LIT("no-store")));
	assert_true(
	    field_add(&f, a, LIT("Cache-Control"), LIT("public, max-age=1")));
	d = directives_read(&f, LIT("Cache-Control"));
	assert_int_equal(d.max_age_s, 1);
	assert_int_equal(d.flags, DIRECTIVE_PUBLIC);
	arena_free(a);
}

#define IGNORED (-2)

static const struct {
	struct slice one, two; /* two fields; "-": none */
	unsigned flags;
	int64_t max_age; /* IGNORED: the field is */
} targeted_cases[] = {
	/* RFC 9213 section 2.1: empty or in error, it is ignored */
	{ S("-"), S("-"), 0, IGNORED },
	{ S(""), S("-"), 0, IGNORED },
	{ S("  "), S("-"), 0, IGNORED },
	{ S("max-age=10"), S("-"), 0, 10 },
	{ S("max-age=10, &&&"), S("-"), 0, IGNORED },
	{ S("max-age=\"10\""), S("-"), 0, IGNORED },
	{ S("max-age=10.5"), S("-"), 0, IGNORED },
	{ S("max-age"), S("-"), 0, IGNORED },
	{ S("max-age =10"), S("-"), 0, IGNORED },
	{ S("max-age= 10"), S("-"), 0, IGNORED },
	{ S("MaX-aGe=10"), S("-"), 0, IGNORED },
	{ S("max-age=10,"), S("-"), 0, IGNORED },
	{ S(",max-age=10"), S("-"), 0, IGNORED },
	{ S("max-age=10 no-store"), S("-"), 0, IGNORED },
	{ S("max-age=1234567890123456"), S("-"), 0, IGNORED },
	{ S("max-age=999999999999999"), S("-"), 0, DELTA_MAX },
	{ S("max-age=-1"), S("-"), 0, 0 },
	/* RFC 9651 section 4.2.2: the last of one name counts */
	{ S("max-age=10, max-age=5"), S("-"), 0, 5 },
	{ S("max-age=5, max-age=10"), S("-"), 0, 10 },
	{ S("max-age=5"), S("max-age=10 ,\tpublic"), DIRECTIVE_PUBLIC, 10 },
	{ S("max-age=5"), S("max-age=x"), 0, IGNORED },
	{ S("max-age=5"), S(""), 0, 5 },
	/* booleans, parameters, extensions of any type */
	{ S("no-store"), S("-"), DIRECTIVE_NO_STORE, NONE },
	{ S("no-store=?1;x=1;y"), S("-"), DIRECTIVE_NO_STORE, NONE },
	{ S("no-store=?0, max-age=3"), S("-"), 0, 3 },
	{ S("no-store=1"), S("-"), 0, IGNORED },
	{ S("no-store=?2"), S("-"), 0, IGNORED },
	{ S("max-age=3; a=b; c=\"d\""), S("-"), 0, 3 },
	{ S("max-age=3;A=b"), S("-"), 0, IGNORED },
	{ S("x=(a \"b\" 1;q=2), y=:YQ==:, z=@12, w=%\"a%c3\", max-age=3"),
	    S("-"), 0, 3 },
	{ S("x=(a\"b\"), max-age=3"), S("-"), 0, IGNORED },
	{ S("x=(a b, max-age=3"), S("-"), 0, IGNORED },
	{ S("x=:YQ, max-age=3"), S("-"), 0, IGNORED },
	{ S("x=@1.5, max-age=3"), S("-"), 0, IGNORED },
	{ S("x=%\"a%C3\", max-age=3"), S("-"), 0, IGNORED },
	{ S("x=\"a\\b\", max-age=3"), S("-"), 0, IGNORED },
	{ S("x=\"a"), S("-"), 0, IGNORED },
	{ S("x=1.1234, max-age=3"), S("-"), 0, IGNORED },
	{ S("x=-, max-age=3"), S("-"), 0, IGNORED },
	{ S("private=\"set-cookie\", max-age=3"), S("-"), 0, 3 },
	{ S("private, max-age=3"), S("-"), DIRECTIVE_PRIVATE, 3 },
};

static bool targeted(struct slice one, struct slice two, struct directives *d)
{
	struct arena *a = arena_new(65536);
	struct fields f = { 0 };
	struct slice none = LIT("-");
	bool ok;

	if (!slice_eq(one, none))
		assert_true(field_add(&f, a, LIT("CDN-Cache-Control"), one));
	if (!slice_eq(two, none))
		assert_true(field_add(&f, a, LIT("cdn-cache-control"), two));
	ok = directives_targeted(&f, LIT("CDN-Cache-Control"), d);
	arena_free(a);
	return ok;
}

static void targeted_is_all_or_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(targeted_cases); i++) {
		struct directives d = directives_none();
		bool ok;

		d.max_age_s = IGNORED;
		ok = targeted(targeted_cases[i].one, targeted_cases[i].two, &d);
		if (ok != (targeted_cases[i].max_age != IGNORED) ||
		    d.max_age_s != targeted_cases[i].max_age ||
		    d.flags != targeted_cases[i].flags)
			fail_msg("%.*s: %lld %u",
			    SLICE_ARG(targeted_cases[i].one),
			    (long long)d.max_age_s, d.flags);
	}
}

/* Cut anywhere it is read without a fault, and only what ends well counts. */
static void cut_anywhere(void **state)
{
	struct slice whole = LIT(
	    "x=(a \"b\\\"\" 1;q=2), y=:YQ==:, z=@12, w=%\"a%c3\", max-age=30");

	(void)state;
	for (size_t i = 0; i < whole.len; i++) {
		char *exact = malloc(i + 1);
		struct directives d = directives_none();

		assert_non_null(exact);
		for (size_t j = 0; j < i; j++)
			exact[j] = whole.at[j];
		(void)targeted((struct slice){ exact, i }, LIT("-"), &d);
		d = directives_none();
		directives_add(&d, (struct slice){ exact, i });
		assert_true(d.max_age_s <= 3);
		free(exact);
	}
}

static const struct {
	struct slice in;
	bool any;
	unsigned flags;
	int64_t max_age, swr;
} surrogate_cases[] = {
	{ S("max-age=600"), true, 0, 600, NONE },
	{ S("max-age=600+60"), true, 0, 600, 60 },
	{ S("max-age=600+x"), true, 0, 600, 0 },
	{ S("no-store, content=\"ESI/1.0\""), true, DIRECTIVE_NO_STORE, NONE,
	    NONE },
	{ S("max-age=5;other, max-age=600"), true, 0, 600, NONE },
	{ S("max-age=5;other"), false, 0, NONE, NONE },
	{ S("content=\"ESI/1.0\""), false, 0, NONE, NONE },
	{ S("max-age=600, x=\"y"), false, 0, NONE, NONE },
	{ S("no-store-remote, max-age=5"), true, 0, 5, NONE },
};

static void surrogates_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(surrogate_cases); i++) {
		struct field one = { LIT("Surrogate-Control"),
			surrogate_cases[i].in };
		struct fields f = { &one, 1, 1 };
		struct directives d = directives_none();

		if (directives_surrogate(&f, &d) != surrogate_cases[i].any ||
		    d.flags != surrogate_cases[i].flags ||
		    d.max_age_s != surrogate_cases[i].max_age ||
		    d.stale_while_revalidate_s != surrogate_cases[i].swr)
			fail_msg("%.*s", SLICE_ARG(surrogate_cases[i].in));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seconds_saturate),
		cmocka_unit_test(responses_are_read),
		cmocka_unit_test(requests_are_read),
		cmocka_unit_test(fields_are_named),
		cmocka_unit_test(long_lists_are_about_everything),
		cmocka_unit_test(fields_are_one),
		cmocka_unit_test(targeted_is_all_or_nothing),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(surrogates_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

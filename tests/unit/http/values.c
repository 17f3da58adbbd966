/* Field values: lists, q-values, Accept-Encoding, media types; statuses. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "http/accept.h"
#include "http/field.h"
#include "http/list.h"
#include "http/media_type.h"
#include "http/status.h"

static const struct {
	struct slice in, want; /* members joined by '|' */
} list_cases[] = {
	{ S(""), S("") },
	{ S(" , ,"), S("") },
	{ S("a"), S("a") },
	{ S("a, b ,\tc"), S("a|b|c") },
	{ S("\"a,b\", c"), S("\"a,b\"|c") },
	{ S("a=\"x\\\",y\", c"), S("a=\"x\\\",y\"|c") },
	{ S("\"open, b"), S("\"open, b") },
	{ S("\"x\\"), S("\"x\\") },
	{ S("a;q=\"1,2\",b"), S("a;q=\"1,2\"|b") },
};

static void lists_give_members(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(list_cases); i++) {
		char room[64];
		struct text t = text_over(room, sizeof(room));
		struct slice rest = list_cases[i].in;
		struct slice member;

		while (list_next(&rest, &member)) {
			if (t.len > 0)
				text_char(&t, '|');
			text_add(&t, member);
		}
		assert_slice(
		    text_slice(&t), list_cases[i].want, list_cases[i].in);
	}
	assert_true(list_has(LIT("a, B;x=1"), LIT("b")));
	assert_false(list_has(LIT("a, bc"), LIT("b")));
	assert_false(list_has(LIT("\"b\""), LIT("b")));
	assert_true(list_closed(LIT("a, \"b\\\"\", c")));
	assert_false(list_closed(LIT("a, \"b\\\", c")));
	assert_false(list_closed(LIT("\"\\")));
}

static void params_are_cut(void **state)
{
	struct slice params;
	struct slice name;
	struct slice value;

	(void)state;
	assert_slice(list_head(LIT(" gzip ; q=0.5;; x; y=\"a;b\" "), &params),
	    LIT("gzip"), LIT("head"));
	assert_true(param_next(&params, &name, &value));
	assert_slice(name, LIT("q"), LIT("q"));
	assert_slice(value, LIT("0.5"), LIT("q"));
	assert_true(param_next(&params, &name, &value));
	assert_slice(name, LIT("x"), LIT("x"));
	assert_null(value.at);
	assert_true(param_next(&params, &name, &value));
	assert_slice(value, LIT("\"a;b\""), LIT("y"));
	assert_false(param_next(&params, &name, &value));
}

static const struct {
	struct slice in;
	int want; /* -1: malformed */
} q_cases[] = {
	{ S("1"), 1000 },
	{ S("1."), 1000 },
	{ S("1.000"), 1000 },
	{ S("0"), 0 },
	{ S("0."), 0 },
	{ S("0.5"), 500 },
	{ S("0.05"), 50 },
	{ S("0.001"), 1 },
	{ S("0.999"), 999 },
	{ S(""), -1 },
	{ S("2"), -1 },
	{ S("1.001"), -1 },
	{ S("0.0001"), -1 },
	{ S(".5"), -1 },
	{ S("-0"), -1 },
	{ S("0,5"), -1 },
	{ S("0.5x"), -1 },
	{ S("01"), -1 },
	{ S("1e0"), -1 },
	{ S("\"1\""), -1 },
};

static void qvalues_are_strict(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(q_cases); i++) {
		unsigned q = 7;
		bool ok = qvalue_parse(q_cases[i].in, &q);

		if (ok != (q_cases[i].want >= 0) ||
		    q != (ok ? (unsigned)q_cases[i].want : 7))
			fail_msg("%.*s: %u", SLICE_ARG(q_cases[i].in), q);
	}
}

static const struct {
	struct slice one, two; /* two Accept-Encoding fields; "-": none */
	bool gzip;
} accept_cases[] = {
	{ S("-"), S("-"), false },
	{ S(""), S("-"), false },
	{ S("gzip"), S("-"), true },
	{ S("GZIP"), S("-"), true },
	{ S("x-gzip"), S("-"), true },
	{ S("gzip, deflate, br, zstd"), S("-"), true },
	{ S("br;q=1.0, gzip;q=0.8, *;q=0.1"), S("-"), true },
	{ S("deflate, br"), S("-"), false },
	{ S("deflate"), S("gzip"), true },
	{ S("gzip;q=0"), S("-"), false },
	{ S("gzip; q=0.000"), S("-"), false },
	{ S("gzip ; Q=0.1"), S("-"), true },
	{ S("gzip;q=zz"), S("-"), false },
	{ S("*"), S("-"), true },
	{ S("*;q=0"), S("-"), false },
	{ S("gzip;q=0, *"), S("-"), false },
	{ S("*;q=0, gzip"), S("-"), true },
	{ S("identity"), S("-"), false },
	{ S("identity;q=0"), S("-"), false },
	{ S("identity;q=0, *"), S("-"), true },
	{ S("gzip;q=0.5, identity"), S("-"), false },
	{ S("gzip, identity;q=0.5"), S("-"), true },
	{ S("gzip;q=0.5, identity;q=0.5"), S("-"), true },
	{ S("gzip"), S("gzip;q=0"), false },
	{ S("gzipped"), S("-"), false },
	{ S("\"gzip\""), S("-"), false },
	{ S(", ,gzip,"), S("-"), true },
};

static const struct {
	struct slice one, two; /* as above */
	bool plain;
} identity_cases[] = {
	{ S("-"), S("-"), true },
	{ S(""), S("-"), true },
	{ S("gzip, deflate, br, zstd"), S("-"), true },
	{ S("gzip;q=0"), S("-"), true },
	{ S("*"), S("-"), true },
	{ S("*;q=0.001"), S("-"), true },
	{ S("identity;q=1, *;q=0"), S("-"), true },
	{ S("*;q=0, identity;q=0.001"), S("-"), true },
	{ S("gzip, *;q=0"), S("identity"), true },
	{ S("*;q=0"), S("-"), false },
	{ S("*;q=0, gzip"), S("-"), false },
	{ S("identity;q=0"), S("-"), false },
	{ S("identity;q=0, *"), S("-"), false },
	{ S("gzip, Identity ; Q=0.0"), S("-"), false },
	{ S("identity"), S("identity;q=0"), false },
};

static bool accepts(
    struct slice one, struct slice two, bool (*ask)(const struct fields *))
{
	struct arena *a = arena_new(1 << 16);
	struct fields f = { 0 };
	bool accepted;

	if (!slice_eq(one, LIT("-")))
		assert_true(field_add(&f, a, LIT("Accept-Encoding"), one));
	if (!slice_eq(two, LIT("-")))
		assert_true(field_add(&f, a, LIT("accept-encoding"), two));
	accepted = ask(&f);
	arena_free(a);
	return accepted;
}

static bool accept_gzip(const struct fields *request)
{
	return accept_coding(request, LIT("gzip"));
}

static void codings_are_negotiated(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(accept_cases); i++)
		if (accepts(accept_cases[i].one, accept_cases[i].two,
			accept_gzip) != accept_cases[i].gzip)
			fail_msg("%.*s", SLICE_ARG(accept_cases[i].one));
	for (size_t i = 0; i < ROWS(identity_cases); i++)
		if (accepts(identity_cases[i].one, identity_cases[i].two,
			accept_identity) != identity_cases[i].plain)
			fail_msg("%.*s", SLICE_ARG(identity_cases[i].one));
}

static const struct {
	struct slice type, pattern;
	bool want;
} type_cases[] = {
	{ S("text/html"), S("text/html"), true },
	{ S("Text/HTML; charset=utf-8"), S("text/html"), true },
	{ S("text/html ;x"), S("TEXT/*"), true },
	{ S("text/html"), S("text/htm"), false },
	{ S("text/htm"), S("text/html"), false },
	{ S("application/ld+json"), S("application/*+json"), true },
	{ S("application/+json"), S("application/*+json"), true },
	{ S("application/json"), S("application/*+json"), false },
	{ S("textual/html"), S("text/*"), false },
	{ S("image/png"), S("*/*"), true },
	{ S("text"), S("text/*"), false },
	{ S("text/"), S("text/*"), false },
	{ S("/html"), S("*/*"), false },
	{ S(""), S("*/*"), false },
	{ S("text/html"), S("text"), false },
	{ S("text/html"), S("*"), false },
	{ S("text/a/b"), S("text/*"), false },
	{ S("text/html, text/plain"), S("text/*"), false },
};

static void types_match_patterns(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(type_cases); i++)
		if (media_type_matches(media_type(type_cases[i].type),
			type_cases[i].pattern) != type_cases[i].want)
			fail_msg("%.*s", SLICE_ARG(type_cases[i].type));
}

static void directives_are_found(void **state)
{
	struct arena *a = arena_new(1 << 16);
	struct fields f = { 0 };

	(void)state;
	assert_false(directive_has(&f, LIT("no-transform")));
	field_add(&f, a, LIT("Cache-Control"), LIT("x=\"no-transform, a\""));
	assert_false(directive_has(&f, LIT("no-transform")));
	field_add(&f, a, LIT("cache-control"), LIT("max-age=1, No-Transform"));
	assert_true(directive_has(&f, LIT("no-transform")));
	assert_true(directive_has(&f, LIT("max-age")));
	arena_free(a);
}

/* Each value cut at every byte, in memory that ends there. */
static void truncation_is_survived(void **state)
{
	static const struct slice values[] = {
		S("gzip;q=0.5, \"a\\\",b\";x=\"y\\\"\", identity;q=0 , *"),
		S("text/html; charset=\"a;b\""),
		S("max-age=1, no-transform, x=\"a,b\""),
	};

	(void)state;
	for (size_t i = 0; i < ROWS(values); i++)
		for (size_t len = 0; len <= values[i].len; len++) {
			char *copy = malloc(len + !len);
			struct slice cut = { copy, len };
			struct slice rest = cut;
			struct slice member;
			struct slice params;

			memcpy(copy, values[i].at, len);
			while (list_next(&rest, &member)) {
				assert_true(member.len > 0);
				assert_true(member.at >= copy &&
				    member.at + member.len <= copy + len);
				list_head(member, &params);
				assert_true(qvalue_of(params) <= QVALUE_ONE);
			}
			(void)accepts(cut, LIT("-"), accept_gzip);
			(void)accepts(cut, LIT("-"), accept_identity);
			(void)media_type_matches(
			    media_type(cut), LIT("text/*"));
			free(copy);
		}
}

static void statuses_have_words(void **state)
{
	(void)state;
	assert_slice(status_reason(200), LIT("OK"), LIT("200"));
	assert_slice(status_reason(431), LIT("Request Header Fields Too Large"),
	    LIT("431"));
	assert_slice(status_reason(299), LIT("Successful"), LIT("299"));
	assert_slice(status_reason(599), LIT("Server Error"), LIT("599"));
	assert_slice(status_reason(-1), LIT("Unknown"), LIT("-1"));
	assert_slice(status_reason(600), LIT("Unknown"), LIT("600"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_give_members),
		cmocka_unit_test(params_are_cut),
		cmocka_unit_test(qvalues_are_strict),
		cmocka_unit_test(codings_are_negotiated),
		cmocka_unit_test(types_match_patterns),
		cmocka_unit_test(directives_are_found),
		cmocka_unit_test(truncation_is_survived),
		cmocka_unit_test(statuses_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

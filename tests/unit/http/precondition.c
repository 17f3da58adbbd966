/* Preconditions: RFC 9110 section 13. */
#include "http/precondition.h"

#include "base/arena.h"
#include "base/text.h"
#include "http/field.h"
#include "tests/unit/unit.h"

#define NOW INT64_C(1795255200)

#define OLD  "Sat, 21 Nov 2026 09:00:00 GMT"
#define THEN "Sat, 21 Nov 2026 10:00:00 GMT"
#define LATE "Sat, 21 Nov 2026 11:00:00 GMT"

static const struct {
	struct slice in, want; /* joined by '|' */
} tag_cases[] = {
	{ S(""), S("") },
	{ S(" , ,"), S("") },
	{ S("\"a\""), S("\"a\"") },
	{ S("\"a\" ,W/\"b\",,\"\""), S("\"a\"|W/\"b\"|\"\"") },
	/* 8.8.3: commas and backslashes are bytes like others */
	{ S("\"a,b\", \"c\\\", \"d\""), S("\"a,b\"|\"c\\\"|\"d\"") },
	{ S("*"), S("*") },
	{ S("a, \"b\""), S("a|\"b\"") },
	{ S("\"a, b"), S("\"a|b") },
	{ S("\"a\"x, \"b\""), S("\"a\"x|\"b\"") },
};

static void tags_are_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(tag_cases); i++) {
		char room[64];
		struct text t = text_over(room, sizeof(room));
		struct slice rest = tag_cases[i].in;
		struct slice tag;

		while (tag_next(&rest, &tag)) {
			if (t.len > 0)
				text_char(&t, '|');
			text_add(&t, tag);
		}
		assert_slice(
		    text_slice(&t), tag_cases[i].want, tag_cases[i].in);
	}
}

/* Section 8.8.3.2, its own table and more. */
static const struct {
	struct slice a, b;
	bool strong, weak;
} compare_cases[] = {
	{ S("W/\"1\""), S("W/\"1\""), false, true },
	{ S("W/\"1\""), S("W/\"2\""), false, false },
	{ S("W/\"1\""), S("\"1\""), false, true },
	{ S("\"1\""), S("\"1\""), true, true },
	{ S("\"a\""), S("\"A\""), false, false },
	{ S("w/\"1\""), S("\"1\""), false, false },
	{ S("1"), S("1"), false, true },
	{ S("1"), S("\"1\""), false, false },
	{ S(""), S(""), false, false },
};

static void tags_compare(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(compare_cases); i++) {
		struct slice a = compare_cases[i].a;
		struct slice b = compare_cases[i].b;

		if (tag_equal_strong(a, b) != compare_cases[i].strong ||
		    tag_equal_strong(b, a) != compare_cases[i].strong ||
		    tag_equal_weak(a, b) != compare_cases[i].weak ||
		    tag_equal_weak(b, a) != compare_cases[i].weak)
			fail_msg("%.*s %.*s", SLICE_ARG(a), SLICE_ARG(b));
	}
}

#define HOLDS PRECONDITION_HOLDS
#define SAME  PRECONDITION_NOT_MODIFIED
#define FAILS PRECONDITION_FAILED

static const struct {
	struct slice method;
	struct slice name, value, name2, value2;
	enum precondition want;
} cases[] = {
#define GET S("GET")
#define PUT S("PUT")
#define INM S("If-None-Match")
#define IMS S("If-Modified-Since")
#define IM  S("If-Match")
#define IUS S("If-Unmodified-Since")
#define NO  S(""), S("")
	/* 13.1.2: weakly, any of the list; "*" is anything */
	{ GET, INM, S("\"a\""), NO, SAME },
	{ GET, INM, S("W/\"a\""), NO, SAME },
	{ GET, INM, S("\"x\", \"a\""), NO, SAME },
	{ GET, INM, S("\"x\""), INM, S("\"a\""), SAME },
	{ GET, INM, S("*"), NO, SAME },
	{ GET, INM, S("\"x\""), NO, HOLDS },
	{ S("HEAD"), INM, S("\"a\""), NO, SAME },
	{ PUT, INM, S("*"), NO, FAILS },
	{ PUT, INM, S("\"a\""), NO, FAILS },
	/* 13.1.3: not later than, GET and HEAD alone, one valid date */
	{ GET, IMS, S(THEN), NO, SAME },
	{ GET, IMS, S(LATE), NO, SAME },
	{ GET, IMS, S(OLD), NO, HOLDS },
	{ GET, IMS, S("yesterday"), NO, HOLDS },
	{ GET, IMS, S(THEN), IMS, S(THEN), HOLDS },
	{ PUT, IMS, S(THEN), NO, HOLDS },
	{ GET, IMS, S("Saturday, 21-Nov-26 10:00:00 GMT"), NO, SAME },
	/* ... and ignored beside If-None-Match */
	{ GET, INM, S("\"x\""), IMS, S(LATE), HOLDS },
	{ GET, INM, S("\"a\""), IMS, S(OLD), SAME },
	/* 13.1.1: strongly */
	{ PUT, IM, S("\"a\""), NO, HOLDS },
	{ PUT, IM, S("W/\"a\""), NO, FAILS },
	{ PUT, IM, S("\"x\""), NO, FAILS },
	{ PUT, IM, S("*"), NO, HOLDS },
	{ GET, IM, S("\"x\""), INM, S("\"a\""), FAILS },
	{ GET, IM, S("\"a\""), INM, S("\"a\""), SAME },
	/* 13.1.4: ignored beside If-Match, and where it is no date */
	{ PUT, IUS, S(THEN), NO, HOLDS },
	{ PUT, IUS, S(OLD), NO, FAILS },
	{ PUT, IUS, S("never"), NO, HOLDS },
	{ PUT, IUS, S(OLD), IM, S("\"a\""), HOLDS },
	/* 13.2.1 */
	{ S("OPTIONS"), IM, S("\"x\""), NO, HOLDS },
	{ S("TRACE"), INM, S("*"), NO, HOLDS },
};

static void precedence_holds(void **state)
{
	struct validators v = { LIT("\"a\""), true, NOW, NOW + 60 };

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct field two[] = { { cases[i].name, cases[i].value },
			{ cases[i].name2, cases[i].value2 } };
		struct fields f = { two, cases[i].name2.len > 0 ? 2 : 1, 2 };

		if (precondition_evaluate(cases[i].method, &f, &v, true,
			NOW + 9) != cases[i].want)
			fail_msg("%zu: %.*s: %.*s", i, SLICE_ARG(cases[i].name),
			    SLICE_ARG(cases[i].value));
		assert_true(precondition_asked(&f));
	}
}

static void others_ask_nothing(void **state)
{
	struct field two[] = { { LIT("Iff"), LIT("x") },
		{ LIT("if-range"), LIT("x") } };
	struct fields f = { two, 1, 2 };

	(void)state;
	assert_false(precondition_asked(&f));
	f.n = 2;
	assert_true(precondition_asked(&f));
}

/* RFC 9111 section 4.3.2: a stored response's Date stands in. */
static void date_stands_in(void **state)
{
	struct validators v = { .date_s = NOW };
	struct field one = { LIT("If-Modified-Since"), LIT(THEN) };
	struct fields f = { &one, 1, 1 };

	(void)state;
	assert_int_equal(
	    precondition_evaluate(LIT("GET"), &f, &v, true, NOW), SAME);
	assert_int_equal(
	    precondition_evaluate(LIT("GET"), &f, &v, false, NOW), HOLDS);
	one.value = LIT(OLD);
	assert_int_equal(
	    precondition_evaluate(LIT("GET"), &f, &v, true, NOW), HOLDS);
	one = (struct field){ LIT("If-None-Match"), LIT("\"\"") };
	assert_int_equal(
	    precondition_evaluate(LIT("GET"), &f, &v, true, NOW), HOLDS);
}

/* 13.1.5: strongly, a date exactly and only where it is a strong one. */
static const struct {
	struct slice value;
	struct slice tag;
	int64_t age_s; /* of the modification, when the response was made */
	bool want;
} if_range_cases[] = {
	{ S("\"a\""), S("\"a\""), 60, true },
	{ S("\"b\""), S("\"a\""), 60, false },
	{ S("W/\"a\""), S("W/\"a\""), 60, false },
	{ S("W/\"a\""), S("\"a\""), 60, false },
	{ S("a"), S("a"), 60, false },
	{ S(THEN), S("\"a\""), 60, true },
	{ S(THEN), S("\"a\""), 0, false },
	{ S(LATE), S("\"a\""), 60, false },
	{ S(OLD), S("\"a\""), 60, false },
	{ S("*"), S("\"a\""), 60, false },
};

static void if_range_is_strong(void **state)
{
	struct field one[2] = { { LIT("If-Range"), SLICE_NONE } };
	struct fields f = { one, 1, 2 };
	struct validators v = { LIT("\"a\""), true, NOW, NOW + 60 };

	(void)state;
	for (size_t i = 0; i < ROWS(if_range_cases); i++) {
		one[0].value = if_range_cases[i].value;
		v.tag = if_range_cases[i].tag;
		v.date_s = NOW + if_range_cases[i].age_s;
		if (precondition_range(&f, &v, NOW) != if_range_cases[i].want)
			fail_msg("%zu", i);
	}
	one[0].value = LIT("\"a\"");
	v.tag = LIT("\"a\"");
	one[1] = one[0];
	f.n = 2;
	assert_false(precondition_range(&f, &v, NOW));
	f.n = 0;
	assert_true(precondition_range(&f, &v, NOW));
}

static void validators_are_found(void **state)
{
	struct field two[] = { { LIT("etag"), LIT("\"a\"") },
		{ LIT("last-modified"), LIT(THEN) } };
	struct fields f = { two, 2, 2 };
	struct validators v = validators_of(&f, NOW + 5);

	(void)state;
	assert_slice(v.tag, LIT("\"a\""), LIT("tag"));
	assert_true(v.modified && v.modified_s == NOW);
	assert_int_equal(v.date_s, NOW + 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_are_cut),
		cmocka_unit_test(tags_compare),
		cmocka_unit_test(precedence_holds),
		cmocka_unit_test(others_ask_nothing),
		cmocka_unit_test(date_stands_in),
		cmocka_unit_test(if_range_is_strong),
		cmocka_unit_test(validators_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

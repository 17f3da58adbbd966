/* Durations, sizes, numbers, yes and no, lists: right, or a remedy. */
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/suggest.h"
#include "conf/value.h"

typedef bool parser(struct slice, int64_t *, struct text *);

static bool number_of_bool(struct slice s, int64_t *out, struct text *why)
{
	bool value;

	if (!value_bool(s, &value, why))
		return false;
	*out = value;
	return true;
}

static bool number_of_choice(struct slice s, int64_t *out, struct text *why)
{
	static const char *const words[] = { "error", "warn", "info" };
	size_t value;

	if (!value_choice(s, words, 3, &value, why))
		return false;
	*out = (int64_t)value;
	return true;
}

static const struct {
	parser *parse;
	struct slice in;
	int64_t want; /* -1: refused */
	struct slice why;
} cases[] = {
	{ value_integer, S("0"), 0, S("") },
	{ value_integer, S("0012"), 12, S("") },
	{ value_integer, S("9223372036854775807"), INT64_MAX, S("") },
	{ value_integer, S("9223372036854775808"), -1,
	    S("9223372036854775808 is too large") },
	{ value_integer, S("-1"), -1,
	    S("\"-1\" is no number: write digits alone") },
	{ value_integer, S(""), -1,
	    S("\"\" is no number: write digits alone") },
	{ value_integer, S("0x10"), -1,
	    S("\"0x10\" is no number: write digits alone") },

	{ value_duration, S("250ms"), 250, S("") },
	{ value_duration, S("30s"), 30000, S("") },
	{ value_duration, S("5m"), 300000, S("") },
	{ value_duration, S("1h"), 3600000, S("") },
	{ value_duration, S("30"), -1,
	    S("\"30\" has no unit: did you mean 30s? (ms, s, m or h)") },
	{ value_duration, S("99999999999999999999s"), -1,
	    S("99999999999999999999s is too large") },
	{ value_duration, S("9223372036854775807h"), -1,
	    S("9223372036854775807h is too large") },
	{ value_duration, S("1.5s"), -1,
	    S("\"1.5s\" is no duration: write a whole number and ms, s, m or "
	      "h without a blank, such as 250ms or 30s") },
	{ value_duration, S("s"), -1,
	    S("\"s\" is no duration: write a whole number and ms, s, m or h "
	      "without a blank, such as 250ms or 30s") },

	{ value_percent, S("0%"), 0, S("") },
	{ value_percent, S("20%"), 20, S("") },
	{ value_percent, S("20"), -1,
	    S("\"20\" is no percentage: write a whole number and %, such as "
	      "20%") },
	{ value_percent, S("0.5%"), -1,
	    S("\"0.5%\" is no percentage: write a whole number and %, such "
	      "as 20%") },
	{ value_percent, S("99999999999999999999%"), -1,
	    S("99999999999999999999% is too large") },

	{ value_size, S("256"), 256, S("") },
	{ value_size, S("4K"), 4096, S("") },
	{ value_size, S("10M"), 10 << 20, S("") },
	{ value_size, S("1G"), 1 << 30, S("") },
	{ value_size, S("9007199254740992K"), -1,
	    S("9007199254740992K is too large") },
	{ value_size, S("4KB"), -1,
	    S("\"4KB\" is no size: write a whole number of bytes, or one with "
	      "K, M or G, such as 256, 64K or 10M") },

	{ number_of_bool, S("yes"), 1, S("") },
	{ number_of_bool, S("no"), 0, S("") },
	{ number_of_bool, S("true"), -1,
	    S("\"true\" is neither yes nor no: did you mean yes?") },
	{ number_of_bool, S("On"), -1,
	    S("\"On\" is neither yes nor no: did you mean yes?") },
	{ number_of_bool, S("1"), -1,
	    S("\"1\" is neither yes nor no: did you mean yes?") },
	{ number_of_bool, S("YES"), -1,
	    S("\"YES\" is neither yes nor no: did you mean yes?") },
	{ number_of_bool, S("false"), -1,
	    S("\"false\" is neither yes nor no: did you mean no?") },
	{ number_of_bool, S("off"), -1,
	    S("\"off\" is neither yes nor no: did you mean no?") },
	{ number_of_bool, S("0"), -1,
	    S("\"0\" is neither yes nor no: did you mean no?") },
	{ number_of_bool, S("maybe"), -1,
	    S("\"maybe\" is neither yes nor no") },

	{ number_of_choice, S("warn"), 1, S("") },
	{ number_of_choice, S("warning"), -1,
	    S("\"warning\" is none of error, warn, info: did you mean warn?") },
	{ number_of_choice, S("loud"), -1,
	    S("\"loud\" is none of error, warn, info") },
};

static void values_are_strict(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		char room[256];
		struct text why = text_over(room, sizeof(room));
		int64_t got = -1;

		if (cases[i].parse(cases[i].in, &got, &why) !=
		    (cases[i].want >= 0))
			fail_msg("%.*s", SLICE_ARG(cases[i].in));
		assert_true(got == cases[i].want);
		assert_slice(text_slice(&why), cases[i].why, cases[i].in);
	}
}

static void lists_have_no_holes(void **state)
{
	struct arena *a = arena_new(1 << 20);
	char room[256];
	struct text why = text_over(room, sizeof(room));
	struct slice_list list;
	char many[VALUE_LIST_MAX * 2 + 2];

	(void)state;
	assert_true(value_list(LIT(" a ,b c,\td "), a, &list, &why));
	assert_int_equal(list.n, 3);
	assert_slice(list.at[0], LIT("a"), LIT("first"));
	assert_slice(list.at[1], LIT("b c"), LIT("second"));
	assert_slice(list.at[2], LIT("d"), LIT("third"));
	assert_true(value_list(LIT("  "), a, &list, &why));
	assert_int_equal(list.n, 0);
	assert_false(value_list(LIT("a,,b"), a, &list, &why));
	assert_slice(text_slice(&why), LIT("an empty item: a comma too many"),
	    LIT("hole"));
	assert_false(value_list(LIT("a,"), a, &list, &why));
	for (size_t i = 0; i < sizeof(many); i++)
		many[i] = i % 2 ? ',' : 'a';
	assert_true(value_list(
	    (struct slice){ many, VALUE_LIST_MAX * 2 - 1 }, a, &list, &why));
	assert_false(value_list(
	    (struct slice){ many, VALUE_LIST_MAX * 2 + 1 }, a, &list, &why));
	arena_free(a);
}

static const struct {
	struct slice word, want;
} near_cases[] = {
	{ S("pahts"), S("path") },
	{ S("orgin"), S("origin") },
	{ S("Origin"), S("origin") },
	{ S("origins"), S("origin") },
	{ S("connect-timeout"), S("connect_timeout") },
	{ S("conect_timout"), S("connect_timeout") },
	{ S("s3_region"), S("") },
	{ S("cache"), S("") },
	{ S("x"), S("") },
	{ S(""), S("") },
};

static void the_nearest_is_meant(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(near_cases); i++) {
		struct suggestion s = suggest_for(near_cases[i].word);

		suggest_offer(&s, LIT("path"));
		suggest_offer(&s, LIT("origin"));
		suggest_offer(&s, LIT("connect_timeout"));
		suggest_offer(&s, LIT("host"));
		assert_slice(s.best, near_cases[i].want, near_cases[i].word);
	}
	assert_int_equal(suggest_distance(LIT("ab"), LIT("ba"), 3), 1);
	assert_int_equal(suggest_distance(LIT(""), LIT("abc"), 3), 3);
	assert_int_equal(suggest_distance(LIT("kitten"), LIT("sitting"), 9), 3);
	assert_int_equal(suggest_distance(LIT("kitten"), LIT("sitting"), 2), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_strict),
		cmocka_unit_test(lists_have_no_holes),
		cmocka_unit_test(the_nearest_is_meant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

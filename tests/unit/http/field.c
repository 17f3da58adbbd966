/* The list of fields, and the field-line parser cut at every byte. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "http/field.h"

static const struct {
	struct slice in;
	bool ok;
	struct slice name, value;
} parse_cases[] = {
	{ S("A: b"), true, S("A"), S("b") },
	{ S("A:b\r\n"), true, S("A"), S("b") },
	{ S("A:\t b c \t\n"), true, S("A"), S("b c") },
	{ S("A:"), true, S("A"), S("") },
	{ S("A: x:y"), true, S("A"), S("x:y") },
	{ S("A: \xff\x80"), true, S("A"), S("\xff\x80") },
	{ S("A : b"), false, S(""), S("") },
	{ S(" A: b"), false, S(""), S("") },
	{ S(": b"), false, S(""), S("") },
	{ S("A b"), false, S(""), S("") },
	{ S(""), false, S(""), S("") },
	{ S("A: b\rc"), false, S(""), S("") },
	{ S("A: b\nc"), false, S(""), S("") },
	{ S("A: b\0c"), false, S(""), S("") },
	{ S("A(: b"), false, S(""), S("") },
	{ S("A\0: b"), false, S(""), S("") },
};

static void lines_are_parsed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(parse_cases); i++) {
		struct slice in = parse_cases[i].in;
		struct field f = { SLICE_NONE, SLICE_NONE };

		if (field_parse(in, &f) != parse_cases[i].ok)
			fail_msg("%.*s", SLICE_ARG(in));
		assert_slice(f.name, parse_cases[i].name, in);
		assert_slice(f.value, parse_cases[i].value, in);
	}
}

static void truncation_is_survived(void **state)
{
	struct slice line = LIT("X-Name:  a value \r\n");

	(void)state;
	for (size_t len = 0; len <= line.len; len++) {
		char *copy = malloc(len + !len);
		struct field f;

		memcpy(copy, line.at, len);
		assert_int_equal(
		    field_parse((struct slice){ copy, len }, &f), len >= 7);
		free(copy);
	}
}

static void lists_keep_order_and_bounds(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct fields f = { 0 };
	struct fields copy = { 0 };

	(void)state;
	assert_true(field_add(&f, a, LIT("A"), LIT("1")));
	assert_true(field_add(&f, a, LIT("b"), LIT("2")));
	assert_true(field_add(&f, a, LIT("a"), LIT("3")));
	assert_int_equal(field_next(&f, LIT("a"), 1), 2);
	assert_true(field_copy(&copy, a, &f));
	assert_true(field_set(&f, a, LIT("a"), LIT("4")));
	assert_int_equal(f.n, 2);
	assert_slice(field_get(&f, LIT("A")), LIT("4"), LIT("set"));
	assert_int_equal(field_remove(&copy, LIT("A")), 2);
	assert_int_equal(copy.n, 1);
	while (field_add(&f, a, LIT("x"), LIT("y")))
		;
	assert_int_equal(f.n, FIELDS_MAX);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_parsed),
		cmocka_unit_test(truncation_is_survived),
		cmocka_unit_test(lists_keep_order_and_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Slices, arena and text: bounds above all. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"

static void cut_gives_every_piece(void **state)
{
	struct slice rest = LIT("a,,b,");
	struct slice head;
	const char *want[] = { "a", "", "b", "" };

	(void)state;
	for (size_t i = 0; i < ROWS(want); i++) {
		assert_true(slice_cut(&rest, ',', &head));
		assert_slice(head, slice_of(want[i]), LIT("piece"));
	}
	assert_false(slice_cut(&rest, ',', &head));
}

static const struct {
	struct slice in;
	bool ok;
	uint64_t value;
} u64_cases[] = {
	{ S("0"), true, 0 },
	{ S("18446744073709551615"), true, UINT64_MAX },
	{ S("18446744073709551616"), false, 0 },
	{ S("99999999999999999999"), false, 0 },
	{ S(""), false, 0 },
	{ S("-1"), false, 0 },
	{ S("+1"), false, 0 },
	{ S("1 "), false, 0 },
	{ S("0x10"), false, 0 },
};

static void u64_takes_digits_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(u64_cases); i++) {
		uint64_t value = 7;

		if (slice_to_u64(u64_cases[i].in, &value) != u64_cases[i].ok)
			fail_msg("%.*s", SLICE_ARG(u64_cases[i].in));
		assert_int_equal(
		    value, u64_cases[i].ok ? u64_cases[i].value : 7);
	}
}

static void compare_and_trim(void **state)
{
	(void)state;
	assert_slice(slice_trim(LIT(" \t a b\t ")), LIT("a b"), LIT("trim"));
	assert_slice(slice_trim(LIT(" \t ")), LIT(""), LIT("trim blanks"));
	assert_true(slice_eq_nocase(LIT("CoNtent-Type"), LIT("content-type")));
	assert_false(slice_eq_nocase(LIT("content-typ"), LIT("content-type")));
	assert_false(slice_eq_nocase(LIT("["), LIT("{")));
	assert_true(slice_eq(SLICE_NONE, LIT("")));
	assert_true(slice_ends(LIT("x.cgi"), LIT(".cgi")));
	assert_false(slice_ends(LIT("cgi"), LIT(".cgi")));
	assert_true(slice_compare(LIT("a"), LIT("ab")) < 0);
	assert_true(slice_compare(LIT("\xff"), LIT("a")) > 0);
	assert_int_equal(slice_from(LIT("ab"), 9).len, 0);
}

static void arena_is_bounded(void **state)
{
	struct arena *a = arena_new(10000);
	size_t given = 0;

	(void)state;
	assert_non_null(a);
	assert_null(arena_alloc(a, 10001));
	assert_null(arena_alloc(a, SIZE_MAX));
	while (arena_alloc(a, 100) != NULL)
		given++;
	assert_in_range(given, 80, 100);
	assert_true(arena_used(a) <= 10000);
	arena_reset(a);
	assert_int_equal(arena_used(a), 0);
	assert_non_null(arena_alloc(a, 9999));
	arena_free(a);
	arena_free(NULL);
}

/* Looked at while it is still the arena's. */
static void arena_is_wiped(void **state)
{
	static const size_t sizes[] = { 1, 5000, 5000, 40000, 16 };
	struct arena *a = arena_new(1 << 20);
	char *at[ROWS(sizes)];

	(void)state;
	for (size_t i = 0; i < ROWS(sizes); i++) {
		at[i] = arena_alloc(a, sizes[i]);
		assert_non_null(at[i]);
		memset(at[i], 's', sizes[i]);
	}
	arena_wipe(a);
	for (size_t i = 0; i < ROWS(sizes); i++)
		for (size_t j = 0; j < sizes[i]; j++)
			assert_int_equal(at[i][j], 0);
	arena_free(a);
	a = arena_new(1);
	arena_wipe(a);
	arena_free(a);
}

static void arena_copies_whole(void **state)
{
	struct arena *a = arena_new(1 << 20);
	char *big = malloc(50000);
	struct slice copy;

	(void)state;
	memset(big, 'x', 50000);
	copy = arena_slice(a, (struct slice){ big, 50000 });
	assert_int_equal(copy.len, 50000);
	assert_memory_equal(copy.at, big, 50000);
	assert_string_equal(arena_cstr(a, LIT("abc")), "abc");
	assert_slice(arena_lower(a, LIT("A-z[\xc3\x84")), LIT("a-z[\xc3\x84"),
	    LIT("lower"));
	assert_slice(ARENA_JOIN(a, LIT("a"), LIT(""), SLICE_NONE, LIT("bc")),
	    LIT("abc"), LIT("join"));
	free(big);
	arena_free(a);
}

static void text_escapes_html(void **state)
{
	char room[64];
	struct text t = text_over(room, sizeof(room));

	(void)state;
	text_html(&t, LIT("<a b=\"c&d\">'"));
	assert_slice(text_slice(&t), LIT("&lt;a b=&quot;c&amp;d&quot;&gt;'"),
	    LIT("html"));
}

static void text_remembers_its_failure(void **state)
{
	char room[4];
	struct text t = text_over(room, sizeof(room));
	struct arena *a = arena_new(100000);
	struct text grown = text_in(a, 1000);

	(void)state;
	text_add(&t, LIT("abc"));
	text_add(&t, LIT("de"));
	assert_true(text_spent(&t));
	text_char(&t, 'f');
	assert_slice(text_slice(&t), LIT("abc"), LIT("fixed"));

	for (int i = 0; i < 100; i++)
		text_format(&grown, "%03d", i);
	assert_false(text_spent(&grown));
	assert_int_equal(text_slice(&grown).len, 300);
	assert_slice(
	    slice_from(text_slice(&grown), 297), LIT("099"), LIT("last"));
	text_u64(&grown, UINT64_MAX);
	assert_slice(slice_from(text_slice(&grown), 300),
	    LIT("18446744073709551615"), LIT("u64"));
	text_hex64(&grown, UINT64_C(0x0123456789abcdef));
	text_hex64(&grown, 15);
	assert_slice(slice_from(text_slice(&grown), 320),
	    LIT("0123456789abcdef000000000000000f"), LIT("hex64"));
	while (!text_spent(&grown))
		text_add(&grown, LIT("0123456789"));
	assert_true(text_slice(&grown).len <= 1000);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_escapes_html),
		cmocka_unit_test(cut_gives_every_piece),
		cmocka_unit_test(u64_takes_digits_alone),
		cmocka_unit_test(compare_and_trim),
		cmocka_unit_test(arena_is_bounded),
		cmocka_unit_test(arena_is_wiped),
		cmocka_unit_test(arena_copies_whole),
		cmocka_unit_test(text_remembers_its_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Ranges: RFC 9110 section 14. */
#include "http/range.h"

#include <stdlib.h>

#include "base/text.h"
#include "tests/unit/unit.h"

static const struct {
	struct slice in;
	int64_t length;
	struct slice want; /* "first-last ..."; "whole"; "416" */
} range_cases[] = {
	/* 14.1.2's own examples */
	{ S("bytes=0-499"), 10000, S("0-499") },
	{ S("bytes=500-999"), 10000, S("500-999") },
	{ S("bytes=-500"), 10000, S("9500-9999") },
	{ S("bytes=9500-"), 10000, S("9500-9999") },
	{ S("bytes=0-0,-1"), 10000, S("0-0 9999-9999") },
	{ S("bytes= 0-999, 4500-5499, -1000"), 10000,
	    S("0-999 4500-5499 9000-9999") },
	{ S("bytes=500-600,601-999"), 10000, S("500-999") },
	{ S("bytes=500-700,601-999"), 10000, S("500-999") },
	/* 14.1: the unit's case, other units, 14.2: errors are ignored */
	{ S("Bytes=0-1"), 10, S("0-1") },
	{ S("lines=0-1"), 10, S("whole") },
	{ S("bytes"), 10, S("whole") },
	{ S(""), 10, S("whole") },
	{ S("bytes="), 10, S("whole") },
	{ S("bytes=,"), 10, S("whole") },
	{ S("bytes=-"), 10, S("whole") },
	{ S("bytes=a-b"), 10, S("whole") },
	{ S("bytes=5"), 10, S("whole") },
	{ S("bytes=5-4"), 10, S("whole") },
	{ S("bytes=0-1,5-4"), 10, S("whole") },
	{ S("bytes=--1"), 10, S("whole") },
	{ S("bytes=0 - 1"), 10, S("whole") },
	{ S("bytes =0-1"), 10, S("whole") },
	{ S("bytes=0-1;x"), 10, S("whole") },
	/* 14.1.2: clamped; beyond it is not satisfied */
	{ S("bytes=5-999"), 10, S("5-9") },
	{ S("bytes=-999"), 10, S("0-9") },
	{ S("bytes=10-"), 10, S("416") },
	{ S("bytes=10-20,30-"), 10, S("416") },
	{ S("bytes=-0"), 10, S("416") },
	{ S("bytes=0-1,10-,-0"), 10, S("0-1") },
	{ S("bytes=0-"), 0, S("416") },
	{ S("bytes=-5"), 0, S("whole") },
	/* numbers that no machine holds */
	{ S("bytes=0-99999999999999999999999"), 10, S("0-9") },
	{ S("bytes=99999999999999999999999-"), 10, S("416") },
	{ S("bytes=-99999999999999999999999"), 10, S("0-9") },
	{ S("bytes=9223372036854775806-"), INT64_MAX,
	    S("9223372036854775806-9223372036854775806") },
	/* 14.2: those that touch are joined, in order; others stay */
	{ S("bytes=-1,0-0"), 10000, S("9999-9999 0-0") },
	{ S("bytes=0-9,50-59"), 10000, S("0-59") },
	{ S("bytes=5000-5009,0-9,5-20"), 10000, S("0-20 5000-5009") },
	{ S("bytes=0-9,0-9,0-9,0-9"), 10000, S("0-9") },
	{ S("bytes=0-,0-,0-"), 10000, S("0-9999") },
};

static void write_ranges(
    struct text *t, enum range_verdict verdict, const struct byte_ranges *r)
{
	if (verdict != RANGE_PARTS) {
		text_add(t, verdict == RANGE_WHOLE ? LIT("whole") : LIT("416"));
		return;
	}
	for (size_t i = 0; i < r->n; i++)
		text_format(t, "%s%lld-%lld", i == 0 ? "" : " ",
		    (long long)r->at[i].first, (long long)r->at[i].last);
}

static void ranges_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(range_cases); i++) {
		char room[128];
		struct text t = text_over(room, sizeof(room));
		struct byte_ranges r;
		enum range_verdict v =
		    ranges_read(range_cases[i].in, range_cases[i].length, &r);

		write_ranges(&t, v, &r);
		assert_slice(
		    text_slice(&t), range_cases[i].want, range_cases[i].in);
	}
}

/* 14.2, 17.15: many of them are an attack. */
static void many_are_ignored(void **state)
{
	char room[4096];

	(void)state;
	for (size_t n = RANGES_MAX; n <= RANGES_MAX + 1; n++) {
		struct text t = text_over(room, sizeof(room));
		struct byte_ranges r;

		text_add(&t, LIT("bytes="));
		for (size_t i = 0; i < n; i++)
			text_format(&t, "%zu-%zu,", i * 1000, i * 1000 + 1);
		assert_int_equal(ranges_read(text_slice(&t), 1000000, &r),
		    n > RANGES_MAX ? RANGE_WHOLE : RANGE_PARTS);
		if (n == RANGES_MAX) {
			assert_int_equal(r.n, RANGES_MAX);
			assert_int_equal(ranges_bytes(&r), 2 * RANGES_MAX);
		}
	}
}

static const struct {
	struct slice in;
	bool ok;
	struct content_range want;
	struct slice out; /* as it is written; "": as it came */
} content_cases[] = {
	{ S("bytes 0-9/100"), true, { { 0, 9 }, 100 }, S("") },
	{ S("bytes 0-9/*"), true, { { 0, 9 }, -1 }, S("") },
	{ S("bytes */100"), true, { { -1, -1 }, 100 }, S("") },
	{ S("Bytes 0-0/1"), true, { { 0, 0 }, 1 }, S("bytes 0-0/1") },
	{ S("bytes */*"), false, { { 0, 0 }, 0 }, S("") },
	{ S("bytes 9-0/100"), false, { { 0, 0 }, 0 }, S("") },
	{ S("bytes 0-100/100"), false, { { 0, 0 }, 0 }, S("") },
	{ S("bytes 0-9"), false, { { 0, 0 }, 0 }, S("") },
	{ S("bytes 0-9/"), false, { { 0, 0 }, 0 }, S("") },
	{ S("bytes -9/10"), false, { { 0, 0 }, 0 }, S("") },
	{ S("bytes 0-/10"), false, { { 0, 0 }, 0 }, S("") },
	{ S("bytes 0-9/10/20"), false, { { 0, 0 }, 0 }, S("") },
	{ S("lines 0-9/100"), false, { { 0, 0 }, 0 }, S("") },
	{ S("bytes=0-9/100"), false, { { 0, 0 }, 0 }, S("") },
	{ S("bytes 0-99999999999999999999/*"), false, { { 0, 0 }, 0 }, S("") },
	{ S(""), false, { { 0, 0 }, 0 }, S("") },
};

static void content_range_goes_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(content_cases); i++) {
		struct content_range c;
		struct slice want = content_cases[i].out.len > 0 ?
		    content_cases[i].out :
		    content_cases[i].in;
		char room[64];
		struct text t = text_over(room, sizeof(room));

		if (content_range_read(content_cases[i].in, &c) !=
		    content_cases[i].ok)
			fail_msg("%.*s", SLICE_ARG(content_cases[i].in));
		if (!content_cases[i].ok)
			continue;
		assert_int_equal(
		    c.range.first, content_cases[i].want.range.first);
		assert_int_equal(
		    c.range.last, content_cases[i].want.range.last);
		assert_int_equal(c.length, content_cases[i].want.length);
		content_range_write(&c, &t);
		assert_slice(text_slice(&t), want, want);
	}
}

static void cut_anywhere(void **state)
{
	struct slice whole = LIT("bytes=0-9,500-,-7");

	(void)state;
	for (size_t i = 0; i <= whole.len; i++) {
		char *exact = malloc(i + 1);
		struct byte_ranges r = { .n = 0 };

		assert_non_null(exact);
		for (size_t j = 0; j < i; j++)
			exact[j] = whole.at[j];
		if (ranges_read((struct slice){ exact, i }, 1000, &r) ==
		    RANGE_PARTS)
			for (size_t j = 0; j < r.n; j++)
				assert_true(r.at[j].first >= 0 &&
				    r.at[j].first <= r.at[j].last &&
				    r.at[j].last < 1000);
		free(exact);
	}
}

static void parts_are_framed(void **state)
{
	char room[256];
	struct text t = text_over(room, sizeof(room));
	struct byte_range r = { 0, 9 };

	(void)state;
	range_part_begin(&r, 100, LIT("b"), LIT("text/plain"), &t);
	range_part_begin(&r, 100, LIT("b"), SLICE_NONE, &t);
	range_parts_end(LIT("b"), &t);
	assert_slice(text_slice(&t),
	    LIT("\r\n--b\r\nContent-Type: text/plain\r\n"
		"Content-Range: bytes 0-9/100\r\n\r\n"
		"\r\n--b\r\nContent-Range: bytes 0-9/100\r\n\r\n"
		"\r\n--b--\r\n"),
	    LIT("parts"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_are_read),
		cmocka_unit_test(many_are_ignored),
		cmocka_unit_test(content_range_goes_both_ways),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(parts_are_framed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Dates: the three forms of HTTP, RFC 3339, and every day of four hundred
 * years. */
#include "tests/unit/unit.h"

#include <string.h>

#include "http/date.h"

#define NOW  INT64_C(1795255200) /* 2026-11-21T10:00:00Z */
#define NONE INT64_MIN

static int64_t http(struct slice s, int64_t now_s)
{
	int64_t seconds = NONE;
	bool read = date_parse(s, now_s, &seconds);

	assert_true(read == (seconds != NONE));
	return seconds;
}

static int64_t rfc3339(struct slice s)
{
	int64_t seconds = NONE;
	bool read = date_parse_rfc3339(s, &seconds);

	assert_true(read == (seconds != NONE));
	return seconds;
}

static const struct {
	struct slice in;
	int64_t want;
} http_cases[] = {
	{ S("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777 },
	{ S("Sunday, 06-Nov-94 08:49:37 GMT"), 784111777 },
	{ S("Sun Nov  6 08:49:37 1994"), 784111777 },
	{ S("Sun Nov 16 08:49:37 1994"), 784975777 },
	{ S("sun, 06 NOV 1994 08:49:37 gmt"), 784111777 },
	{ S("Mon, 06 Nov 1994 08:49:37 GMT"), 784111777 }, /* it was none */
	{ S("Monday, 06-Nov-94 08:49:37 GMT"), 784111777 },
	{ S("Thu, 01 Jan 1970 00:00:00 GMT"), 0 },
	{ S("Wed, 31 Dec 1969 23:59:59 GMT"), -1 },
	{ S("Fri, 31 Dec 9999 23:59:59 GMT"), 253402300799 },
	{ S("Sat, 01 Jan 0000 00:00:00 GMT"), -62167219200 },
	{ S("Sat, 31 Dec 2016 23:59:60 GMT"), 1483228800 },
	/* Leap days. */
	{ S("Thu, 29 Feb 2024 00:00:00 GMT"), 1709164800 },
	{ S("Tue, 29 Feb 2000 00:00:00 GMT"), 951782400 },
	{ S("Wed, 29 Feb 2023 00:00:00 GMT"), NONE },
	{ S("Mon, 29 Feb 2100 00:00:00 GMT"), NONE },
	{ S("Wed, 30 Feb 2024 00:00:00 GMT"), NONE },
	/* What does not exist. */
	{ S("Sun, 00 Nov 1994 08:49:37 GMT"), NONE },
	{ S("Sun, 31 Nov 1994 08:49:37 GMT"), NONE },
	{ S("Sun, 32 Dec 1994 08:49:37 GMT"), NONE },
	{ S("Sun, 06 Nov 1994 24:00:00 GMT"), NONE },
	{ S("Sun, 06 Nov 1994 08:60:00 GMT"), NONE },
	{ S("Sun, 06 Nov 1994 08:49:61 GMT"), NONE },
	{ S("Sun Nov  0 08:49:37 1994"), NONE },
	/* What is none. */
	{ S(""), NONE },
	{ S("Sun, 06 Nov 1994 08:49:37"), NONE },
	{ S("Sun, 06 Nov 1994 08:49:37 GMT "), NONE },
	{ S(" Sun, 06 Nov 1994 08:49:37 GMT"), NONE },
	{ S("Sun, 06 Nov 1994 08:49:37 UTC"), NONE },
	{ S("Sun, 06 Nov 1994 08:49:37 +0000"), NONE },
	{ S("Sun, 6 Nov 1994 08:49:37 GMT"), NONE },
	{ S("Sun, 06 Nox 1994 08:49:37 GMT"), NONE },
	{ S("Sux, 06 Nov 1994 08:49:37 GMT"), NONE },
	{ S("Sun, 06-Nov-94 08:49:37 GMT"), NONE },
	{ S("Sun, 06 Nov 94 08:49:37 GMT"), NONE },
	{ S("Sun, 06 Nov -994 08:49:37 GMT"), NONE },
	{ S("Sun, +6 Nov 1994 08:49:37 GMT"), NONE },
	{ S("784111777"), NONE },
	{ S("1994-11-06T08:49:37Z"), NONE },
};

static void http_dates_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(http_cases); i++)
		if (http(http_cases[i].in, NOW) != http_cases[i].want)
			fail_msg("%s: %lld", http_cases[i].in.at,
			    (long long)http(http_cases[i].in, NOW));
}

static const struct {
	struct slice in;
	int64_t now, want;
} century_cases[] = {
	{ S("Saturday, 21-Nov-76 10:00:00 GMT"), NOW, 3373178400 },
	{ S("Sunday, 21-Nov-76 10:00:01 GMT"), NOW, 217418401 },
	{ S("Friday, 31-Dec-99 00:00:00 GMT"), NOW, 946598400 },
	{ S("Saturday, 01-Jan-00 00:00:00 GMT"), NOW, 946684800 },
	/* From late in a century the next is near: 1999, 2080. */
	{ S("Saturday, 01-Jan-00 00:00:00 GMT"), 946684799, 946684800 },
	{ S("Monday, 01-Jan-30 00:00:00 GMT"), 3471292800, 5049129600 },
	{ S("Thursday, 29-Feb-00 00:00:00 GMT"), 4102444800, NONE },
};

static void centuries_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(century_cases); i++) {
		int64_t got = http(century_cases[i].in, century_cases[i].now);

		if (got != century_cases[i].want)
			fail_msg(
			    "%s: %lld", century_cases[i].in.at, (long long)got);
	}
	(void)http(century_cases[0].in, INT64_MIN);
	(void)http(century_cases[0].in, INT64_MAX);
}

static const struct {
	struct slice in;
	int64_t want;
} rfc3339_cases[] = {
	{ S("2026-11-21T10:00:00Z"), NOW },
	{ S("2026-11-21t10:00:00z"), NOW },
	{ S("2026-11-21T10:00:00.5Z"), NOW },
	{ S("2026-11-21T10:00:00.999999999999999999999Z"), NOW },
	{ S("2026-11-21T10:00:00+00:00"), NOW },
	{ S("2026-11-21T10:00:00-00:00"), NOW },
	{ S("2026-11-21T15:30:00+05:30"), NOW },
	{ S("2026-11-21T15:30:00.1+05:30"), NOW },
	{ S("2026-11-21T00:00:00-10:00"), NOW },
	{ S("1970-01-01T00:00:00+23:59"), -86340 },
	{ S("2024-02-29T00:00:00Z"), 1709164800 },
	{ S("1990-12-31T23:59:60Z"), 662688000 },
	{ S("2023-02-29T00:00:00Z"), NONE },
	{ S("2026-00-21T10:00:00Z"), NONE },
	{ S("2026-13-21T10:00:00Z"), NONE },
	{ S("2026-11-00T10:00:00Z"), NONE },
	{ S("2026-11-21T24:00:00Z"), NONE },
	{ S("2026-11-21T10:00:00+24:00"), NONE },
	{ S("2026-11-21T10:00:00+00:60"), NONE },
	{ S("2026-11-21T10:00:00"), NONE },
	{ S("2026-11-21T10:00:00."), NONE },
	{ S("2026-11-21T10:00:00.Z"), NONE },
	{ S("2026-11-21T10:00:00,5Z"), NONE },
	{ S("2026-11-21T10:00:00+0000"), NONE },
	{ S("2026-11-21T10:00:00+00:00Z"), NONE },
	{ S("2026-11-21T10:00:00ZZ"), NONE },
	{ S("2026-11-21 10:00:00Z"), NONE },
	{ S("2026-11-21T10:00Z"), NONE },
	{ S("2026-11-21"), NONE },
	{ S("+026-11-21T10:00:00Z"), NONE },
	{ S(""), NONE },
};

static void rfc3339_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rfc3339_cases); i++)
		if (rfc3339(rfc3339_cases[i].in) != rfc3339_cases[i].want)
			fail_msg("%s: %lld", rfc3339_cases[i].in.at,
			    (long long)rfc3339(rfc3339_cases[i].in));
}

static void days_come_back(void **state)
{
	static const char weekdays[] = "SunMonTueWedThuFriSat";
	const int64_t first = INT64_C(-5364662400); /* 1800-01-01 */
	char last[DATE_SIZE] = "";

	(void)state;
	for (int64_t day = 0; day < 146097; day++) {
		int64_t s = first + day * 86400 + day % 86400;
		char date[DATE_SIZE];

		date_format(s, date);
		assert_int_equal(strlen(date), DATE_SIZE - 1);
		assert_true(http(slice_of(date), NOW) == s);
		/* The first of them was a Wednesday. */
		assert_memory_equal(date, weekdays + (day + 3) % 7 * 3, 3);
		assert_string_not_equal(date, last);
		memcpy(last, date, sizeof(date));
	}
	date_format(first + INT64_C(146097) * 86400, last);
	assert_string_equal(last, "Wed, 01 Jan 2200 00:00:00 GMT");
}

static const struct {
	int64_t in;
	const char *want;
} format_cases[] = {
	{ 0, "Thu, 01 Jan 1970 00:00:00 GMT" },
	{ -1, "Wed, 31 Dec 1969 23:59:59 GMT" },
	{ 784111777, "Sun, 06 Nov 1994 08:49:37 GMT" },
	{ 253402300799, "Fri, 31 Dec 9999 23:59:59 GMT" },
	{ INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT" },
	{ -62167219200, "Sat, 01 Jan 0000 00:00:00 GMT" },
	{ INT64_MIN, "Sat, 01 Jan 0000 00:00:00 GMT" },
	{ 951782400, "Tue, 29 Feb 2000 00:00:00 GMT" },
};

static void seconds_are_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(format_cases); i++) {
		char date[DATE_SIZE];

		date_format(format_cases[i].in, date);
		assert_string_equal(date, format_cases[i].want);
	}
}

/* No prefix of a date is one, and none reads past its end. */
static void pieces_are_no_dates(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(http_cases); i++)
		for (size_t n = 0; n < http_cases[i].in.len; n++) {
			char *piece = test_malloc(n + 1);
			struct slice s = { piece, n };

			memcpy(piece, http_cases[i].in.at, n);
			if (http_cases[i].want != NONE)
				assert_true(http(s, NOW) == NONE);
			test_free(piece);
		}
	for (size_t i = 0; i < ROWS(rfc3339_cases); i++)
		for (size_t n = 0; n < rfc3339_cases[i].in.len; n++)
			if (rfc3339_cases[i].want != NONE)
				assert_true(
				    rfc3339(slice_upto(
					rfc3339_cases[i].in, n)) == NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(http_dates_are_read),
		cmocka_unit_test(centuries_are_found),
		cmocka_unit_test(rfc3339_is_read),
		cmocka_unit_test(days_come_back),
		cmocka_unit_test(seconds_are_written),
		cmocka_unit_test(pieces_are_no_dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

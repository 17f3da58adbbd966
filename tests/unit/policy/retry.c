/* What may be sent again, and how often. */
#include "policy/retry.h"

#include "tests/unit/unit.h"

#define MAX 2

/* Flags, so that a row is a line. */
#define IDEM  1
#define SENT  2
#define KEPT  4 /* over a kept connection */
#define WHOLE 8
#define BEGUN 16
#define LIST  32

static struct attempt attempt_of(enum fault fault, unsigned flags)
{
	return (struct attempt){ .fault = fault,
		.status_listed = flags & LIST,
		.idempotent = flags & IDEM,
		.sent = flags & SENT,
		.reused = flags & KEPT,
		.content_whole = flags & WHOLE,
		.response_begun = flags & BEGUN,
		.number = 1 };
}

static const struct {
	enum fault fault;
	unsigned flags;
	enum retry want;
} cases[] = {
	/* before a byte was sent: any method */
	{ FAULT_CONNECTION_REFUSED, WHOLE, RETRY_YES },
	{ FAULT_CONNECTION_TIMEOUT, WHOLE, RETRY_YES },
	{ FAULT_DNS_ERROR, WHOLE, RETRY_YES },
	{ FAULT_TLS_CERTIFICATE_ERROR, WHOLE | IDEM, RETRY_YES },
	{ FAULT_CONNECTION_TERMINATED, WHOLE, RETRY_YES },
	{ FAULT_CONNECTION_LIMIT_REACHED, WHOLE, RETRY_YES },
	{ FAULT_CONNECTION_REFUSED, 0, RETRY_CONTENT },
	/* after it: only what may be repeated */
	{ FAULT_CONNECTION_TERMINATED, WHOLE | SENT, RETRY_NOT_SAFE },
	{ FAULT_CONNECTION_TERMINATED, WHOLE | SENT | KEPT, RETRY_NOT_SAFE },
	{ FAULT_TLS_PROTOCOL_ERROR, WHOLE | SENT, RETRY_NOT_SAFE },
	{ FAULT_CONNECTION_TERMINATED, WHOLE | SENT | IDEM, RETRY_YES },
	{ FAULT_HTTP_RESPONSE_TIMEOUT, WHOLE | SENT | IDEM, RETRY_YES },
	{ FAULT_HTTP_RESPONSE_TIMEOUT, WHOLE | SENT, RETRY_NOT_SAFE },
	{ FAULT_HTTP_PROTOCOL_ERROR, WHOLE | SENT | IDEM, RETRY_YES },
	{ FAULT_HTTP_UPGRADE_FAILED, WHOLE | SENT | IDEM, RETRY_YES },
	{ FAULT_CONNECTION_TERMINATED, SENT | IDEM, RETRY_CONTENT },
	/* the client has the beginning */
	{ FAULT_HTTP_RESPONSE_INCOMPLETE, WHOLE | SENT | IDEM | BEGUN,
	    RETRY_BEGUN },
	{ FAULT_HTTP_RESPONSE_INCOMPLETE, WHOLE | SENT | IDEM, RETRY_YES },
	/* statuses */
	{ FAULT_NONE, WHOLE | SENT | IDEM, RETRY_NO_NEED },
	{ FAULT_NONE, WHOLE | SENT | IDEM | LIST, RETRY_YES },
	{ FAULT_NONE, WHOLE | SENT | LIST, RETRY_NOT_SAFE },
	{ FAULT_NONE, WHOLE | LIST, RETRY_NOT_SAFE },
	{ FAULT_NONE, WHOLE | SENT | IDEM | LIST | BEGUN, RETRY_BEGUN },
	{ FAULT_NONE, SENT | IDEM | LIST, RETRY_CONTENT },
	/* of no use */
	{ FAULT_CLIENT_GONE, WHOLE | IDEM, RETRY_NO_USE },
	{ FAULT_HTTP_REQUEST_ERROR, WHOLE | IDEM, RETRY_NO_USE },
	{ FAULT_PROXY_INTERNAL_ERROR, WHOLE | IDEM, RETRY_NO_USE },
	{ FAULT_PROXY_LOOP_DETECTED, WHOLE | IDEM, RETRY_NO_USE },
	{ FAULT_HTTP_RESPONSE_HEADER_SECTION_SIZE, WHOLE | IDEM, RETRY_YES },
};

static void what_may_be_sent_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct attempt a = attempt_of(cases[i].fault, cases[i].flags);
		enum retry got = retry_may(&a, MAX);

		if (got != cases[i].want)
			fail_msg("row %zu: %d, not %d", i, got, cases[i].want);
		if (got != RETRY_YES)
			continue;
		a.number = MAX;
		assert_int_equal(retry_may(&a, MAX), RETRY_YES);
		a.number = MAX + 1;
		assert_int_equal(retry_may(&a, MAX), RETRY_ENOUGH);
		a.number = 1;
		assert_int_equal(retry_may(&a, 0), RETRY_ENOUGH);
	}
}

/* Over all there is: nothing unsafe, ever. */
static void never_twice(void **state)
{
	(void)state;
	for (int f = 0; f < FAULT_N; f++) {
		for (unsigned flags = 0; flags < 64; flags++) {
			struct attempt a = attempt_of((enum fault)f, flags);

			if (retry_may(&a, MAX) != RETRY_YES)
				continue;
			assert_true((flags & IDEM) ||
			    (!(flags & SENT) && f != FAULT_NONE));
			assert_true(flags & WHOLE);
			assert_false(flags & BEGUN);
		}
	}
}

static const struct {
	enum fault fault;
	unsigned flags;
	bool blamed;
	bool same;
} blames[] = {
	{ FAULT_NONE, 0, false, false },
	{ FAULT_NONE, LIST, true, false },
	{ FAULT_CONNECTION_REFUSED, 0, true, false },
	{ FAULT_CONNECTION_TERMINATED, SENT, true, false },
	{ FAULT_CONNECTION_TERMINATED, SENT | KEPT, false, true },
	{ FAULT_CONNECTION_TERMINATED, SENT | KEPT | BEGUN, true, false },
	{ FAULT_HTTP_RESPONSE_TIMEOUT, SENT | KEPT, true, false },
	{ FAULT_CONNECTION_LIMIT_REACHED, 0, false, false },
	{ FAULT_CLIENT_GONE, SENT, false, false },
	{ FAULT_PROXY_INTERNAL_ERROR, SENT, false, false },
};

static void who_is_to_blame(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(blames); i++) {
		struct attempt a = attempt_of(blames[i].fault, blames[i].flags);

		if (attempt_blames_server(&a) != blames[i].blamed ||
		    attempt_same_server(&a) != blames[i].same)
			fail_msg("row %zu", i);
	}
}

/* ---- the budget ---- */

static const struct budget_rules rules = {
	.percent = 20, .floor_per_s = 2, .burst = 10
};

static unsigned take_all(struct budget *b, int64_t now_ms)
{
	unsigned n = 0;

	while (n < 5000 && budget_take(b, &rules, now_ms))
		n++;
	return n;
}

static void budget_runs_dry(void **state)
{
	struct budget b = { 0 };

	(void)state;
	assert_int_equal(take_all(&b, 1000), 10);
	assert_int_equal(take_all(&b, 1499), 0);
	assert_int_equal(take_all(&b, 1500), 1);
	for (int i = 0; i < 20; i++)
		budget_request(&b, &rules, 1500);
	assert_int_equal(take_all(&b, 1500), 4);
	assert_int_equal(take_all(&b, 1000000), 10);
	for (int i = 0; i < 1000; i++)
		budget_request(&b, &rules, 1000000);
	assert_int_equal(take_all(&b, 1000000), 10);
}

/* All fail, each wants one more: a fifth and the floor get it. */
static void no_storm(void **state)
{
	struct budget b = { 0 };
	unsigned retries = 0;

	(void)state;
	take_all(&b, 1000);
	for (int64_t now = 1000; now < 11000; now++) {
		budget_request(&b, &rules, now);
		retries += budget_take(&b, &rules, now);
	}
	assert_in_range(retries, 2000 + 19, 2000 + 21);
}

static void budget_bounds_noise(void **state)
{
	static const int64_t times[] = { INT64_MIN, -1, 0, 1, 5000, 5001,
		INT64_MAX };

	static const unsigned bare[] = { 0, 0, 10, 9, 0, 0, 0 };
	struct budget_rules eight = { .floor_per_s = 8, .burst = 10 };
	struct budget ages = { .at_ms = 1 };

	(void)state;
	assert_true(budget_take(&ages, &eight, (INT64_C(1) << 61) + 1));
	for (size_t i = 0; i < ROWS(times); i++) {
		struct budget b = { .tokens_milli = UINT32_MAX,
			.at_ms = times[i] };

		assert_int_equal(take_all(&b, 5000), 10);
		b = (struct budget){ .at_ms = times[i] };
		assert_int_equal(take_all(&b, 5000), bare[i]);
		assert_int_equal(b.at_ms, 5000);
		assert_int_equal(take_all(&b, 6000), 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_may_be_sent_again),
		cmocka_unit_test(never_twice),
		cmocka_unit_test(who_is_to_blame),
		cmocka_unit_test(budget_runs_dry),
		cmocka_unit_test(no_storm),
		cmocka_unit_test(budget_bounds_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

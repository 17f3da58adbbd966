/* Trust in a server, told as stories of outcomes; and the breaker. */
#include "policy/health.h"

#include "policy/breaker.h"
#include "tests/unit/unit.h"

static const struct health_rules rules = { .fail_after = 3,
	.recover_after = 2,
	.window_ms = 1000,
	.out_ms = 100,
	.out_max_ms = 800,
	.trial_ms = 50,
	.slow_start_ms = 1000 };

/* A story: letters at times.
 *     f s    a request failed, succeeded
 *     t      a trial begins; T: one is refused
 *     F S    the trial failed, succeeded
 * and after each the state: g, o or r (trial). */
static const struct {
	const char *name;
	struct {
		int64_t at_ms;
		char event;
		char state;
	} steps[12];
} stories[] = {
	{ "three in the window",
	    { { 1, 'f', 'g' }, { 500, 'f', 'g' }, { 1001, 'f', 'o' } } },
	{ "the window moves on",
	    { { 1, 'f', 'g' }, { 500, 'f', 'g' }, { 1002, 'f', 'g' },
		{ 1003, 'f', 'g' }, { 1004, 'f', 'o' } } },
	{ "each success takes one back",
	    { { 1, 'f', 'g' }, { 2, 'f', 'g' }, { 3, 's', 'g' },
		{ 4, 'f', 'g' }, { 5, 's', 'g' }, { 6, 's', 'g' },
		{ 7, 'f', 'g' }, { 8, 'f', 'g' }, { 9, 'f', 'o' } } },
	{ "one back, not all",
	    { { 1, 'f', 'g' }, { 2, 'f', 'g' }, { 3, 's', 'g' },
		{ 4, 'f', 'g' }, { 5, 'f', 'o' } } },
	{ "trial, success twice, good",
	    { { 1, 'f', 'g' }, { 1, 'f', 'g' }, { 1, 'f', 'o' },
		{ 100, 'T', 'o' }, { 101, 't', 'r' }, { 102, 'T', 'r' },
		{ 110, 'S', 'o' }, { 110, 't', 'r' }, { 111, 'S', 'g' },
		{ 112, 'f', 'g' }, { 113, 'f', 'g' }, { 114, 'f', 'o' } } },
	{ "a trial that fails goes out for twice as long",
	    { { 1, 'f', 'g' }, { 1, 'f', 'g' }, { 1, 'f', 'o' },
		{ 101, 't', 'r' }, { 110, 'F', 'o' }, { 309, 'T', 'o' },
		{ 310, 't', 'r' }, { 310, 'F', 'o' }, { 709, 'T', 'o' },
		{ 710, 't', 'r' } } },
	{ "a success after a failure begins again",
	    { { 1, 'f', 'g' }, { 1, 'f', 'g' }, { 1, 'f', 'o' },
		{ 101, 't', 'r' }, { 102, 'S', 'o' }, { 102, 't', 'r' },
		{ 103, 'F', 'o' }, { 303, 't', 'r' }, { 304, 'S', 'o' },
		{ 304, 't', 'r' }, { 305, 'S', 'g' } } },
	{ "a trial without an outcome is over",
	    { { 1, 'f', 'g' }, { 1, 'f', 'g' }, { 1, 'f', 'o' },
		{ 101, 't', 'r' }, { 150, 'T', 'r' }, { 151, 't', 'r' } } },
	{ "outcomes from before say nothing",
	    { { 1, 'f', 'g' }, { 1, 'f', 'g' }, { 1, 'f', 'o' },
		{ 2, 'f', 'o' }, { 3, 's', 'o' }, { 4, 'S', 'o' },
		{ 5, 'T', 'o' }, { 101, 't', 'r' }, { 102, 's', 'r' },
		{ 103, 'f', 'r' } } },
};

static void run_story(size_t row)
{
	struct health h = { 0 };

	for (size_t i = 0; i < 12 && stories[row].steps[i].event != 0; i++) {
		int64_t now = stories[row].steps[i].at_ms;
		char event = stories[row].steps[i].event;
		bool trial = event == 'F' || event == 'S';

		h = health_bounded(h, &rules, now);
		if (event == 't' || event == 'T') {
			if (health_try(&h, &rules, now) != (event == 't'))
				fail_msg("%s: step %zu", stories[row].name, i);
		} else {
			enum health_state was = h.state;
			enum health_change change = health_outcome(&h, &rules,
			    event == 's' || event == 'S', trial, now, 0);
			enum health_change want =
			    was == HEALTH_GOOD && h.state == HEALTH_OUT ?
			    HEALTH_WENT_OUT :
			    was != HEALTH_GOOD && h.state == HEALTH_GOOD ?
			    HEALTH_CAME_BACK :
			    HEALTH_SAME;

			assert_int_equal(change, want);
			if (change == HEALTH_CAME_BACK)
				assert_int_equal(h.back_ms, now);
		}
		if ("gor"[h.state] != stories[row].steps[i].state)
			fail_msg("%s: step %zu: %c", stories[row].name, i,
			    "gor"[h.state]);
	}
}

static void stories_end_well(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(stories); i++)
		run_story(i);
}

/* Longer each time up to the maximum, shorter by chance by a quarter at most,
 * never longer. */
static void times_out_grow(void **state)
{
	static const int64_t want[] = { 100, 200, 400, 800, 800, 800 };
	struct health_rules odd = rules;
	struct health h = { 0 };

	(void)state;
	for (size_t i = 0; i < 40; i++) {
		int64_t full = want[i < ROWS(want) ? i : ROWS(want) - 1];

		for (uint64_t random = 0; random < 2000; random += 7) {
			struct health one = h;
			int64_t ms;

			health_take_out(&one, &rules, 1000000, random);
			ms = one.at_ms - 1000000;
			assert_true(ms <= full && ms >= full - full / 4);
		}
		health_take_out(&h, &rules, 1000000, 0);
		assert_int_equal(h.at_ms - 1000000, full);
		assert_int_equal(health_wait_ms(&h, 1000000), full);
		assert_int_equal(health_wait_ms(&h, 1000000 + full), 0);
		assert_in_range(h.level, 1, HEALTH_LEVEL_MAX);
	}
	odd.out_max_ms = 250;
	h = (struct health){ .state = HEALTH_OUT, .level = 2 };
	health_take_out(&h, &odd, 1000000, 0);
	assert_int_equal(h.at_ms, 1000250);
}

static void the_past_is_forgotten(void **state)
{
	struct health h = { .level = 3, .back_ms = 1000 };
	struct health soon = h;

	(void)state;
	health_take_out(&soon, &rules, 1800, 0);
	assert_int_equal(soon.at_ms, 1800 + 800);
	health_take_out(&h, &rules, 1801, 0);
	assert_int_equal(h.at_ms, 1801 + 100);
}

static void fail_after_0_never(void **state)
{
	struct health_rules never = rules;
	struct health h = { 0 };

	(void)state;
	never.fail_after = 0;
	for (int i = 0; i < 200; i++)
		health_outcome(&h, &never, false, false, 5, 0);
	assert_int_equal(h.state, HEALTH_GOOD);
	h.state = HEALTH_OUT;
	h.at_ms = 100;
	h = health_bounded(h, &never, 10);
	assert_int_equal(health_admits(&h, 10), HEALTH_ADMITS);
}

/* Half of the requests fail: out.  One in twenty does, and thrice in a row is
 * rare: it stays, but for bad luck. */
static void shares_of_failure(void **state)
{
	static const struct {
		unsigned percent;
		unsigned least;
		unsigned most;
	} cases[] = { { 0, 0, 0 }, { 5, 0, 10 }, { 60, 900, 1000 },
		{ 100, 1000, 1000 } };
	uint64_t x = 88172645463325252;

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		unsigned out = 0;

		for (int run = 0; run < 1000; run++) {
			struct health h = { 0 };

			for (int n = 0; n < 50; n++) {
				x ^= x << 13;
				x ^= x >> 7;
				x ^= x << 17;
				health_outcome(&h, &rules,
				    x % 100 >= cases[i].percent, false, 10 + n,
				    0);
			}
			out += h.state == HEALTH_OUT;
		}
		if (out < cases[i].least || out > cases[i].most)
			fail_msg("%u%%: %u of 1000 out", cases[i].percent, out);
	}
}

static void slow_start_grows(void **state)
{
	struct health h = { .back_ms = 5000 };
	struct health never = { 0 };
	struct health_rules at_once = rules;

	(void)state;
	at_once.slow_start_ms = 0;
	assert_int_equal(health_share(&never, &rules, 10), 1000);
	assert_int_equal(health_share(&h, &at_once, 5000), 1000);
	assert_int_equal(health_share(&h, &rules, 5000), 100);
	assert_int_equal(health_share(&h, &rules, 5500), 550);
	assert_int_equal(health_share(&h, &rules, 5999), 999);
	assert_int_equal(health_share(&h, &rules, 6000), 1000);
	assert_int_equal(health_share(&h, &rules, 4999), 1000);
}

/* Whatever was read, what follows is bounded, and a server comes back. */
static void noise_heals(void **state)
{
	uint64_t x = 12345;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct health h;
		unsigned char *bytes = (unsigned char *)&h;
		int64_t now = 1000000;

		for (size_t b = 0; b < sizeof(h); b++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			bytes[b] = (unsigned char)(x >> 20);
		}
		h = health_bounded(h, &rules, now);
		assert_true(h.state <= HEALTH_TRIAL);
		assert_in_range(health_wait_ms(&h, now), 0, 800);
		assert_in_range(health_share(&h, &rules, now), 100, 1000);
		for (int k = 0; k < 2 && h.state != HEALTH_GOOD; k++) {
			now += health_wait_ms(&h, now);
			assert_true(health_try(&h, &rules, now));
			health_outcome(&h, &rules, true, true, now, x);
		}
		assert_int_equal(h.state, HEALTH_GOOD);
	}
}

static void bounds_are_the_states(void **state)
{
	static const struct {
		enum health_state state;
		int64_t at_ms;
		int64_t want_ms;
	} cases[] = {
		{ HEALTH_GOOD, 1000, 1000 },
		{ HEALTH_GOOD, 1001, 1000 },
		{ HEALTH_OUT, 1800, 1800 },
		{ HEALTH_OUT, 1801, 1000 },
		{ HEALTH_TRIAL, 1050, 1050 },
		{ HEALTH_TRIAL, 1051, 1000 },
		{ HEALTH_OUT, -1, 1000 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct health h = { .state = cases[i].state,
			.failures = 2,
			.at_ms = cases[i].at_ms,
			.back_ms = 999 + (int64_t)i };

		h = health_bounded(h, &rules, 1000);
		assert_int_equal(h.at_ms, cases[i].want_ms);
		assert_int_equal(h.back_ms, i < 2 ? 999 + i : 0);
		assert_int_equal(
		    h.failures, cases[i].at_ms == cases[i].want_ms ? 2 : 0);
	}
}

/* ---- probes ---- */

static void probes_take_runs(void **state)
{
	/* results, and u(p) or d(own) after each; 3 down, 2 up */
	static const char results[] = "+--+---++-++-++";
	static const char want[] = "uuuuuudduuuuuuu";
	struct probed p = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(results) - 1; i++) {
		bool was = p.down;
		enum health_change change = probed_outcome(
		    &p, &rules, results[i] == '+', (int64_t)i + 1);

		assert_int_equal("ud"[p.down], want[i]);
		assert_int_equal(change,
		    p.down == was ? HEALTH_SAME :
			p.down    ? HEALTH_WENT_OUT :
				    HEALTH_CAME_BACK);
	}
}

static void old_probes_are_no_news(void **state)
{
	struct probed p = { .down = true, .at_ms = 1000 };

	(void)state;
	assert_true(probed_is_down(&p, 100, 1000));
	assert_true(probed_is_down(&p, 100, 1400));
	assert_false(probed_is_down(&p, 100, 1401));
	assert_false(probed_is_down(&p, 100, 999));
	p.down = false;
	assert_false(probed_is_down(&p, 100, 1000));
}

/* ---- the breaker ---- */

static const struct breaker_rules breaker = { .window_ms = 1000,
	.requests_min = 10,
	.error_percent = 50,
	.slow_percent = 80,
	.slow_ms = 300,
	.rest = { .fail_after = 1,
	    .recover_after = 1,
	    .out_ms = 100,
	    .out_max_ms = 800,
	    .trial_ms = 50,
	    .slow_start_ms = 1000 } };

/* The request, counted from 1, at which it trips; 0: none of 30. */
static unsigned trips_at(const struct breaker_rules *with, unsigned every_fails,
    unsigned every_slow, int64_t step_ms)
{
	struct breaker_counts c = { 0 };

	for (unsigned i = 1; i <= 30; i++) {
		bool ok = every_fails == 0 || i % every_fails != 0;
		int64_t latency =
		    every_slow > 0 && i % every_slow == 0 ? 301 : 300;

		if (breaker_count(&c, with, ok, latency, 5000 + i * step_ms)) {
			assert_int_equal(c.requests, 0);
			return i;
		}
	}
	return 0;
}

static void breaker_trips(void **state)
{
	struct breaker_rules unwatched = breaker;

	(void)state;
	unwatched.error_percent = 0;
	unwatched.slow_percent = 0;
	assert_int_equal(trips_at(&breaker, 1, 0, 1), 10);
	assert_int_equal(trips_at(&breaker, 2, 0, 1), 10);
	assert_int_equal(trips_at(&breaker, 3, 0, 1), 0);
	assert_int_equal(trips_at(&breaker, 0, 1, 1), 10);
	assert_int_equal(trips_at(&breaker, 0, 2, 1), 0);
	assert_int_equal(trips_at(&unwatched, 1, 1, 1), 0);
	/* Never ten in one window. */
	assert_int_equal(trips_at(&breaker, 1, 1, 112), 0);
}

static void breaker_bounds_noise(void **state)
{
	struct breaker_counts c = {
		.began_ms = 900, .requests = 20, .errors = 21
	};
	struct breaker_rules never = breaker;

	(void)state;
	assert_false(breaker_count(&c, &breaker, false, 0, 1000));
	assert_int_equal(c.requests, 1);
	c = (struct breaker_counts){ .began_ms = 1001, .requests = 20 };
	assert_false(breaker_count(&c, &breaker, false, 0, 1000));
	assert_int_equal(c.requests, 1);
	never.error_percent = 0;
	never.slow_percent = 0;
	for (int i = 0; i < 200000; i++) {
		breaker_count(&c, &never, i % 4 != 0, 0, 1000);
		assert_true(c.requests <= BREAKER_COUNT_MAX);
	}
	assert_in_range(c.errors * 100 / c.requests, 24, 26);
}

static void breaker_lets_a_share_through(void **state)
{
	struct health h = { .back_ms = 5000 };
	unsigned through = 0;

	(void)state;
	for (uint64_t random = 0; random < 1000; random++)
		through +=
		    breaker_admits(&h, &breaker, 5500, random) == HEALTH_ADMITS;
	assert_int_equal(through, 550);
	h.state = HEALTH_OUT;
	h.at_ms = 6000;
	assert_int_equal(breaker_admits(&h, &breaker, 5999, 0), HEALTH_REFUSES);
	assert_int_equal(
	    breaker_admits(&h, &breaker, 6000, 999), HEALTH_ADMITS_TRIAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stories_end_well),
		cmocka_unit_test(times_out_grow),
		cmocka_unit_test(the_past_is_forgotten),
		cmocka_unit_test(fail_after_0_never),
		cmocka_unit_test(shares_of_failure),
		cmocka_unit_test(slow_start_grows),
		cmocka_unit_test(noise_heals),
		cmocka_unit_test(bounds_are_the_states),
		cmocka_unit_test(probes_take_runs),
		cmocka_unit_test(old_probes_are_no_news),
		cmocka_unit_test(breaker_trips),
		cmocka_unit_test(breaker_bounds_noise),
		cmocka_unit_test(breaker_lets_a_share_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

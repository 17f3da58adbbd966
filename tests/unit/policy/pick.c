/* Choosing: who may, how the weights are kept, how little moves. */
#include "policy/pick.h"

#include <string.h>

#include "base/hash.h"
#include "tests/unit/unit.h"

#define N 6

static uint64_t seed = 88172645463325252;

static uint64_t chance(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static struct pick_server server(size_t i, unsigned weight)
{
	return (struct pick_server){ .id = hash64_mix(UINT64_C(77) + i * 1000),
		.weight = weight,
		.share = HEALTH_SHARE_WHOLE,
		.admits = HEALTH_ADMITS };
}

/* ---- who may ---- */

/* One letter a server:
 *     h healthy   o out   t trial due   f healthy and full   x tried
 *     d draining  b backup   B backup that is out   T backup, trial due
 *     0 of weight 0   D draining and out */
static struct pick_server of_letter(size_t i, char letter)
{
	struct pick_server s = server(i, letter == '0' ? 0 : 1);

	s.backup = letter == 'b' || letter == 'B' || letter == 'T';
	s.drain = letter == 'd' || letter == 'D';
	s.tried = letter == 'x';
	s.max = 2;
	s.in_flight = letter == 'f' ? 2 : 1;
	s.admits = letter == 'o' || letter == 'B' || letter == 'D' ?
	    HEALTH_REFUSES :
	    letter == 't' || letter == 'T' ? HEALTH_ADMITS_TRIAL :
					     HEALTH_ADMITS;
	s.wait_ms = letter == 'o' ? 100 * (int64_t)(i + 1) : 50;
	return s;
}

/* `want` lists the servers that are chosen over many tickets, "full" or
 * "none". */
static const struct {
	const char *servers;
	bool repeatable;
	const char *want;
	size_t session;
	int64_t wait_ms;
} cases[] = {
	{ "hhh", true, "012", PICK_NO_SESSION, 0 },
	{ "hoh", true, "02", PICK_NO_SESSION, 0 },
	{ "hxh", true, "02", PICK_NO_SESSION, 0 },
	{ "hdh", true, "02", PICK_NO_SESSION, 0 },
	{ "h0h", true, "02", PICK_NO_SESSION, 0 },
	{ "hfh", true, "02", PICK_NO_SESSION, 0 },
	{ "hbh", true, "02", PICK_NO_SESSION, 0 },
	/* trials */
	{ "hth", true, "012", PICK_NO_SESSION, 0 },
	{ "hth", false, "02", PICK_NO_SESSION, 0 },
	{ "oto", false, "1", PICK_NO_SESSION, 0 },
	{ "otb", false, "2", PICK_NO_SESSION, 0 },
	{ "otb", true, "1", PICK_NO_SESSION, 0 },
	{ "ooT", false, "2", PICK_NO_SESSION, 0 },
	/* backups */
	{ "obb", true, "12", PICK_NO_SESSION, 0 },
	{ "obB", true, "1", PICK_NO_SESSION, 0 },
	{ "xbo", true, "1", PICK_NO_SESSION, 0 },
	{ "fbb", true, "full", PICK_NO_SESSION, 0 },
	/* none */
	{ "fff", true, "full", PICK_NO_SESSION, 0 },
	{ "ofo", true, "full", PICK_NO_SESSION, 0 },
	{ "ooo", true, "none", PICK_NO_SESSION, 100 },
	{ "doo", true, "none", PICK_NO_SESSION, 200 },
	{ "Doo", true, "none", PICK_NO_SESSION, 200 },
	{ "oBo", true, "none", PICK_NO_SESSION, 50 },
	{ "xxx", true, "none", PICK_NO_SESSION, -1 },
	{ "ddd", true, "none", PICK_NO_SESSION, -1 },
	{ "", true, "none", PICK_NO_SESSION, -1 },
	/* sessions */
	{ "hhh", true, "1", 1, 0 },
	{ "hdh", true, "1", 1, 0 },
	{ "h0h", true, "1", 1, 0 },
	{ "hbh", true, "1", 1, 0 },
	{ "hfh", true, "full", 1, 0 },
	{ "hoh", true, "02", 1, 0 },
	{ "hxh", true, "02", 1, 0 },
	{ "hhh", true, "012", 3, 0 },
};

static const enum pick_method methods[] = { PICK_ROUND_ROBIN,
	PICK_LEAST_CONNECTIONS, PICK_HASH, PICK_RANDOM };

static void run_case(size_t row, enum pick_method method)
{
	struct pick_server servers[N];
	const char *letters = cases[row].servers;
	bool seen[N] = { false };
	char got[N + 1];
	size_t len = 0;
	size_t n = 0;

	for (; letters[n] != '\0'; n++)
		servers[n] = of_letter(n, letters[n]);
	for (unsigned i = 0; i < 200; i++) {
		struct pick_request r = { .method = method,
			.ticket = i,
			.random = chance(),
			.key = chance(),
			.session = cases[row].session,
			.repeatable = cases[row].repeatable };
		struct pick p = pick_server(servers, n, &r);

		if (p.result != PICK_SERVER) {
			assert_string_equal(cases[row].want,
			    p.result == PICK_FULL ? "full" : "none");
			if (p.result == PICK_NONE)
				assert_int_equal(p.wait_ms, cases[row].wait_ms);
			return;
		}
		assert_true(p.server < n);
		seen[p.server] = true;
		assert_int_equal(p.trial,
		    letters[p.server] == 't' || letters[p.server] == 'T');
	}
	for (size_t i = 0; i < n; i++)
		if (seen[i])
			got[len++] = (char)('0' + i);
	got[len] = '\0';
	if (strcmp(got, cases[row].want) != 0)
		fail_msg("row %zu, \"%s\", method %d: %s", row, letters,
		    (int)method, got);
}

static void those_who_may(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(cases); row++)
		for (size_t m = 0; m < ROWS(methods); m++)
			run_case(row, methods[m]);
}

/* ---- weights ---- */

static const struct {
	size_t n;
	unsigned weights[N];
} mixes[] = {
	{ 1, { 1 } },
	{ 2, { 1, 1 } },
	{ 3, { 1, 1, 1 } },
	{ 6, { 1, 1, 1, 1, 1, 1 } },
	{ 3, { 5, 1, 1 } },
	{ 3, { 1, 2, 3 } },
	{ 4, { 100, 100, 50, 7 } },
	{ 2, { 1000, 1 } },
	{ 5, { 13, 17, 19, 23, 29 } },
};

static size_t load_mix(size_t row, struct pick_server *servers)
{
	for (size_t i = 0; i < mixes[row].n; i++)
		servers[i] = server(i, mixes[row].weights[i]);
	return mixes[row].n;
}

static unsigned sum_of(size_t row)
{
	unsigned sum = 0;

	for (size_t i = 0; i < mixes[row].n; i++)
		sum += mixes[row].weights[i];
	return sum;
}

static size_t pick_one(const struct pick_server *servers, size_t n,
    enum pick_method method, uint64_t value)
{
	struct pick_request r = { .method = method,
		.ticket = value,
		.random = value,
		.key = value,
		.session = PICK_NO_SESSION };
	struct pick p = pick_server(servers, n, &r);

	assert_int_equal(p.result, PICK_SERVER);
	return p.server;
}

/* Any round of tickets gives each server its weight, wherever it begins. */
static void a_round_is_exact(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(mixes); row++) {
		struct pick_server servers[N];
		size_t n = load_mix(row, servers);
		unsigned sum = sum_of(row);
		uint64_t first = chance() >> 1;
		unsigned got[N] = { 0 };

		for (unsigned i = 0; i < sum; i++)
			got[pick_one(
			    servers, n, PICK_ROUND_ROBIN, first + i)]++;
		for (size_t i = 0; i < n; i++)
			if (got[i] != mixes[row].weights[i])
				fail_msg(
				    "mix %zu, server %zu: %u", row, i, got[i]);
	}
}

/* Equal servers take strict turns, and a heavy one's turns are spread. */
static void turns_are_spread(void **state)
{
	struct pick_server servers[N];
	unsigned run = 0;
	unsigned longest = 0;

	(void)state;
	for (size_t n = 1; n <= N; n++) {
		for (size_t i = 0; i < n; i++)
			servers[i] = server(i, 3);
		for (uint64_t t = 0; t < 100; t++)
			assert_int_equal(
			    pick_one(servers, n, PICK_ROUND_ROBIN, t),
			    pick_one(servers, n, PICK_ROUND_ROBIN, t + n));
	}
	servers[0] = server(0, 50);
	servers[1] = server(1, 50);
	servers[2] = server(2, 10);
	for (uint64_t t = 0; t < 1100; t++) {
		run = pick_one(servers, 3, PICK_ROUND_ROBIN, t) == 0 ? run + 1 :
								       0;
		longest = run > longest ? run : longest;
	}
	assert_true(longest <= 2);
}

/* A hundred processes, one counter or each its own, requests in any order:
 * after 20 a server and process, each has its share within 5 %. */
static void a_hundred_processes(void **state)
{
	(void)state;
	for (int shared = 0; shared < 2; shared++) {
		for (size_t row = 0; row < ROWS(mixes); row++) {
			struct pick_server servers[N];
			size_t n = load_mix(row, servers);
			uint64_t own[100];
			uint64_t counter = chance();
			unsigned got[N] = { 0 };
			unsigned total = 20000;

			for (size_t p = 0; p < 100; p++)
				own[p] = chance();
			for (unsigned i = 0; i < total; i++) {
				size_t p = chance() % 100;
				uint64_t ticket = shared ? counter++ : own[p]++;

				got[pick_one(
				    servers, n, PICK_ROUND_ROBIN, ticket)]++;
			}
			for (size_t i = 0; i < n; i++) {
				double want = (double)total *
				    mixes[row].weights[i] / sum_of(row);

				/* Of one in a thousand 20 are expected, too
				 * few for 5 %. */
				if (want > 100 &&
				    (got[i] < want * 0.95 ||
					got[i] > want * 1.05))
					fail_msg("mix %zu, server %zu: %u, "
						 "not %.0f",
					    row, i, got[i], want);
			}
		}
	}
}

/* One of three dies and comes back by and by: at any time the others have
 * their weights' shares of the rest. */
static void slow_start_keeps_the_others_even(void **state)
{
	struct pick_server servers[3] = { server(0, 2), server(1, 1),
		server(2, 1) };
	unsigned got[3] = { 0 };

	(void)state;
	for (unsigned share = 100; share < 1000; share++) {
		servers[2].share = share;
		for (unsigned i = 0; i < 20; i++)
			got[pick_one(
			    servers, 3, PICK_ROUND_ROBIN, share * 20 + i)]++;
	}
	/* 0.55 on average, of 3.55. */
	assert_in_range(
	    got[2], 18000 * 0.55 / 3.55 * 0.93, 18000 * 0.55 / 3.55 * 1.07);
	assert_in_range(got[0] * 100 / got[1], 190, 210);
}

static void hashes_keep_weights(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(mixes); row++) {
		struct pick_server servers[N];
		size_t n = load_mix(row, servers);
		unsigned got[N] = { 0 };

		for (unsigned i = 0; i < 100000; i++)
			got[pick_one(servers, n, PICK_HASH, chance())]++;
		for (size_t i = 0; i < n; i++) {
			double want =
			    100000.0 * mixes[row].weights[i] / sum_of(row);

			if (want > 5000 &&
			    (got[i] < want * 0.95 || got[i] > want * 1.05))
				fail_msg("mix %zu, server %zu: %u, not %.0f",
				    row, i, got[i], want);
		}
	}
}

/* ---- connections ---- */

/* Requests come and stay for a while: what is under way is as the weights. */
static void balance_connections(enum pick_method method, double slack)
{
	struct pick_server servers[3] = { server(0, 4), server(1, 2),
		server(2, 1) };
	double sum[3] = { 0 };
	size_t under_way[700];

	for (size_t i = 0; i < 700; i++) {
		under_way[i] = pick_one(servers, 3, method, chance());
		servers[under_way[i]].in_flight++;
	}
	for (unsigned i = 0; i < 20000; i++) {
		size_t done = chance() % 700;

		servers[under_way[done]].in_flight--;
		under_way[done] = pick_one(servers, 3, method, chance());
		servers[under_way[done]].in_flight++;
		for (size_t k = 0; k < 3; k++)
			sum[k] += servers[k].in_flight;
	}
	for (size_t k = 0; k < 3; k++) {
		double want = 100.0 * servers[k].weight;
		double mean = sum[k] / 20000;

		if (mean < want * (1 - slack) || mean > want * (1 + slack))
			fail_msg("server %zu: %.0f, not %.0f", k, mean, want);
	}
}

static void connections_are_balanced(void **state)
{
	(void)state;
	balance_connections(PICK_LEAST_CONNECTIONS, 0.02);
	balance_connections(PICK_RANDOM, 0.10);
}

static void the_idle_one_is_chosen(void **state)
{
	struct pick_server servers[3] = { server(0, 1), server(1, 1),
		server(2, 1) };
	unsigned got[3] = { 0 };

	(void)state;
	servers[0].in_flight = 3;
	servers[2].in_flight = 2;
	for (uint64_t i = 0; i < 50; i++)
		assert_int_equal(
		    pick_one(servers, 3, PICK_LEAST_CONNECTIONS, i), 1);
	/* The busiest of three is never the lesser of two. */
	for (uint64_t i = 0; i < 50; i++)
		assert_int_not_equal(
		    pick_one(servers, 3, PICK_RANDOM, chance()), 0);
	/* A tie goes round. */
	servers[2].in_flight = 0;
	for (uint64_t i = 0; i < 50; i++)
		got[pick_one(servers, 3, PICK_LEAST_CONNECTIONS, i)]++;
	assert_int_equal(got[0], 0);
	assert_int_equal(got[1], 25);
	assert_int_equal(got[2], 25);
	/* Extremes do not overflow. */
	servers[0].in_flight = UINT32_MAX;
	servers[1].in_flight = UINT32_MAX;
	servers[2].in_flight = UINT32_MAX - 1;
	assert_int_equal(pick_one(servers, 3, PICK_LEAST_CONNECTIONS, 7), 2);
}

/* ---- what moves ---- */

/* A server leaves: its keys go elsewhere, no other key moves, and they are
 * shared out by weight; when it is back, so are they. */
static void only_its_own_keys_move(void **state)
{
	enum { KEYS = 40000 };
	static size_t before[KEYS];

	(void)state;
	for (size_t row = 0; row < ROWS(mixes); row++) {
		struct pick_server servers[N];
		size_t n = load_mix(row, servers);

		if (n < 2)
			continue;
		for (size_t k = 0; k < KEYS; k++)
			before[k] = pick_one(servers, n, PICK_HASH, k);
		for (size_t gone = 0; gone < n; gone++) {
			unsigned moved = 0;
			double want = (double)KEYS * mixes[row].weights[gone] /
			    sum_of(row);

			servers[gone].admits = HEALTH_REFUSES;
			for (size_t k = 0; k < KEYS; k++) {
				size_t now = pick_one(servers, n, PICK_HASH, k);

				moved += now != before[k];
				if (before[k] != gone)
					assert_int_equal(now, before[k]);
				else
					assert_int_not_equal(now, gone);
			}
			if (want > 2000)
				assert_in_range(moved, want * 0.9, want * 1.1);
			servers[gone].admits = HEALTH_ADMITS;
		}
		for (size_t k = 0; k < KEYS; k++)
			assert_int_equal(
			    pick_one(servers, n, PICK_HASH, k), before[k]);
	}
}

/* More weight draws keys to the server, and none between others. */
static void weight_moves_few(void **state)
{
	struct pick_server servers[3] = { server(0, 1), server(1, 1),
		server(2, 1) };

	(void)state;
	for (uint64_t k = 0; k < 20000; k++) {
		size_t before = pick_one(servers, 3, PICK_HASH, k);
		size_t now;

		servers[1].share = 300;
		now = pick_one(servers, 3, PICK_HASH, k);
		servers[1].share = 1000;
		if (now != before)
			assert_int_equal(before, 1);
	}
}

/* ---- keys and noise ---- */

static const struct {
	struct slice a, b;
	bool same;
} addresses[] = {
	{ S("192.0.2.1"), S("192.0.2.1"), true },
	{ S("192.0.2.1"), S("192.0.2.2"), false },
	{ S("2001:db8::1"), S("2001:db8:0:0:ffff::2"), true },
	{ S("2001:db8::1"), S("2001:DB8::1"), true },
	{ S("2001:db8::1"), S("2001:db8:0:1::1"), false },
	{ S("unix:"), S("unix:"), true },
	{ S(""), S("unix:"), false },
};

static void keys_of_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(addresses); i++)
		assert_int_equal(pick_key_of_address(addresses[i].a) ==
			pick_key_of_address(addresses[i].b),
		    addresses[i].same);
	pick_key_of_address(SLICE_NONE);
}

/* Whatever the numbers, an answer within bounds. */
static void noise_is_answered(void **state)
{
	static struct pick_server many[PICK_SERVERS_MAX + 5];

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		size_t n = chance() % (ROWS(many) + 1);
		struct pick_request r = { .method = methods[chance() % 4],
			.ticket = chance(),
			.random = chance(),
			.key = chance(),
			.session = chance() % 100,
			.repeatable = chance() % 2 };
		struct pick p;

		for (size_t s = 0; s < n; s++)
			many[s] = (struct pick_server){ .id = chance(),
				.weight = (unsigned)chance() >> (chance() % 32),
				.share = (unsigned)chance() >> (chance() % 32),
				.in_flight =
				    (unsigned)chance() >> (chance() % 32),
				.max = (unsigned)chance() >> (chance() % 32),
				.backup = chance() % 2,
				.drain = chance() % 4 == 0,
				.tried = chance() % 4 == 0,
				.admits = (enum health_admit)(chance() % 3),
				.wait_ms = (int64_t)chance() };
		p = pick_server(many, n, &r);
		if (p.result == PICK_SERVER) {
			assert_true(
			    p.server < n && p.server < PICK_SERVERS_MAX);
			assert_false(many[p.server].tried);
		}
		assert_true(p.wait_ms >= -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_who_may),
		cmocka_unit_test(a_round_is_exact),
		cmocka_unit_test(turns_are_spread),
		cmocka_unit_test(a_hundred_processes),
		cmocka_unit_test(slow_start_keeps_the_others_even),
		cmocka_unit_test(hashes_keep_weights),
		cmocka_unit_test(connections_are_balanced),
		cmocka_unit_test(the_idle_one_is_chosen),
		cmocka_unit_test(only_its_own_keys_move),
		cmocka_unit_test(weight_moves_few),
		cmocka_unit_test(keys_of_addresses),
		cmocka_unit_test(noise_is_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

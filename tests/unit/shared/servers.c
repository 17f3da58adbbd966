/* Processes that tell each other about servers and pools.  A process is a
 * board here; some are forked, some are threads. */
#include "shared/servers.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shared/layout.h"
#include "shared/pools.h"
#include "shared/region.h"
#include "tests/unit/unit.h"

#define NOW 5000000

static const struct health_rules rules = { .fail_after = 3,
	.recover_after = 2,
	.window_ms = 10000,
	.out_ms = 1000,
	.out_max_ms = 8000,
	.trial_ms = 500,
	.slow_start_ms = 4000 };

static const struct budget_rules budget = {
	.percent = 20, .floor_per_s = 2, .burst = 10
};

static const struct breaker_rules breaker = { .window_ms = 1000,
	.requests_min = 10,
	.error_percent = 50,
	.slow_percent = 50,
	.slow_ms = 100,
	.rest = { .fail_after = 1,
	    .recover_after = 1,
	    .out_ms = 1000,
	    .out_max_ms = 8000,
	    .trial_ms = 500 } };

static struct region *region;

static char path[64];

static int set_up(void **state)
{
	static const char *paths[] = { path };
	struct region_plan plan = { paths, 1, BOARD_LAYOUT, board_bytes() };
	struct region_report report;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/servers-test-%ld", (long)getpid());
	unlink(path);
	region = region_open(&plan, &report);
	return region != NULL && report.why == REGION_SHARED ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	region_free(region);
	return unlink(path);
}

static struct board *board(uint32_t tag)
{
	struct board *b = board_new(region, tag, NOW);

	assert_non_null(b);
	return b;
}

static struct slot_key key_of(unsigned i)
{
	char text[40];
	int len = snprintf(text, sizeof(text), "http://10.0.0.%u:8080", i);

	return slot_key_of((struct slice){ text, (size_t)len });
}

static struct server_handle find(struct board *b, unsigned i)
{
	struct slot_key key = key_of(i);

	return server_handle_of(b, &key, NOW);
}

static struct server_view view(
    struct board *b, struct server_handle s, int64_t now)
{
	struct server_view v;

	server_read(b, s, &rules, now, &v);
	return v;
}

static enum health_change end(
    struct board *b, struct server_handle s, bool ok, bool trial, int64_t now)
{
	struct server_outcome outcome = {
		.counts = true, .ok = ok, .trial = trial, .latency_us = 800
	};

	return server_end(b, s, &outcome, &rules, now, 0);
}

/* ---- requests under way ---- */

static void all_see_what_is_under_way(void **state)
{
	struct board *a = board(1);
	struct board *b = board(2);
	struct server_handle sa = find(a, 1);
	struct server_handle sb = find(b, 1);
	struct server_handle other = find(b, 2);

	(void)state;
	assert_int_equal(sa.slot, sb.slot);
	assert_int_not_equal(sb.slot, other.slot);
	for (int i = 0; i < 3; i++)
		server_begin(a, sa, NOW);
	server_begin(b, sb, NOW);
	assert_int_equal(view(a, sa, NOW).in_flight, 4);
	assert_int_equal(view(b, sb, NOW).in_flight, 4);
	assert_int_equal(view(b, other, NOW).in_flight, 0);
	assert_int_equal(view(b, sb, NOW).requests, 4);
	end(a, sa, true, false, NOW);
	assert_int_equal(view(b, sb, NOW).in_flight, 3);
	/* More ends than beginnings. */
	for (int i = 0; i < 5; i++)
		end(a, sa, true, false, NOW);
	assert_int_equal(view(b, sb, NOW).in_flight, 1);
	board_free(b);
	assert_int_equal(view(a, sa, NOW).in_flight, 0);
	board_free(a);
	board_free(NULL);
}

/* The dead are forgotten, the living are not, however long their requests. */
static void the_dead_are_forgotten(void **state)
{
	struct board *living = board(1);
	struct server_handle s = find(living, 1);
	pid_t pid = fork();
	int status;
	int64_t now;

	(void)state;
	if (pid == 0) {
		struct board *b = board(2);

		for (int i = 0; i < 7; i++)
			server_begin(b, find(b, 1), NOW);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	server_begin(living, s, NOW);
	assert_int_equal(view(living, s, NOW).in_flight, 8);
	for (now = NOW; now <= NOW + BOARD_LIFE_MS; now += BOARD_TICK_MS) {
		board_tick(living, now);
		assert_int_equal(view(living, s, now).in_flight, 8);
	}
	now += BOARD_TICK_MS;
	board_tick(living, now);
	assert_int_equal(view(living, s, now).in_flight, 1);
	/* Not when its second comes round again either. */
	now = NOW + (INT64_C(1) << 20) * 1000;
	board_tick(living, now);
	assert_int_equal(view(living, s, now).in_flight, 1);
	board_free(living);
}

/* A process that was stopped for long has lost its row to another. */
static void a_stopped_one_comes_back(void **state)
{
	struct board *stopped = board(1);
	struct server_handle s = find(stopped, 1);
	struct board *young;
	int64_t later = NOW + 10 * BOARD_LIFE_MS;

	(void)state;
	server_begin(stopped, s, NOW);
	young = board_new(region, 2, later);
	assert_int_equal(young->row, stopped->row);
	server_begin(young, s, later);
	assert_int_equal(view(young, s, later).in_flight, 1);
	board_tick(stopped, later);
	assert_int_not_equal(young->row, stopped->row);
	assert_int_equal(view(young, s, later).in_flight, 2);
	assert_int_equal(view(stopped, s, later).in_flight, 2);
	board_free(young);
	board_free(stopped);
}

static void more_processes_than_rows(void **state)
{
	static struct board *many[BOARD_ROWS + 10];
	struct server_handle s;

	(void)state;
	for (size_t i = 0; i < ROWS(many); i++) {
		many[i] = board((uint32_t)i + 1);
		s = find(many[i], 1);
		server_begin(many[i], s, NOW);
	}
	assert_int_equal(view(many[0], s, NOW).in_flight, BOARD_ROWS);
	assert_int_equal(
	    view(many[BOARD_ROWS], s, NOW).in_flight, BOARD_ROWS + 1);
	/* One goes, one of those without a row gets it. */
	board_free(many[7]);
	board_tick(many[BOARD_ROWS], NOW);
	assert_int_equal(many[BOARD_ROWS]->row, 7);
	for (size_t i = 0; i < ROWS(many); i++)
		if (i != 7)
			board_free(many[i]);
}

/* ---- slots ---- */

static void slots_run_out_and_come_back(void **state)
{
	struct board *b = board(1);
	size_t none = 0;
	size_t own = 0;
	struct slot_key key;
	struct server_handle s;

	(void)state;
	for (unsigned i = 0; i < 3 * BOARD_SERVERS; i++) {
		s = find(b, i);
		none += s.slot == SLOT_NONE;
		own += s.slot != SLOT_NONE && s.slot >= BOARD_SERVERS;
		server_begin(b, s, NOW);
		assert_int_equal(
		    view(b, s, NOW).in_flight, s.slot == SLOT_NONE ? 0 : 1);
		end(b, s, false, false, NOW);
		assert_int_equal(view(b, s, NOW).in_flight, 0);
		assert_int_equal(
		    view(b, s, NOW).failures, s.slot == SLOT_NONE ? 0 : 1);
		assert_false(server_try(b, s, &rules, NOW));
	}
	assert_int_equal(own, OWN_SERVERS);
	assert_true(none > BOARD_SERVERS);
	assert_true(none < 2 * BOARD_SERVERS);
	/* An hour later there is room, and nothing is left of the old. */
	key = key_of(100000);
	s = server_handle_of(b, &key, NOW + SLOT_IDLE_MS + 1);
	assert_true(s.slot < BOARD_SERVERS);
	assert_int_equal(view(b, s, NOW).failures, 0);
	assert_int_equal(view(b, s, NOW).requests, 0);
	board_free(b);
}

/* Looked up at times, it stays. */
static void a_slot_in_use_stays(void **state)
{
	struct board *b = board(1);
	struct slot_key key = key_of(1);
	struct server_handle s = find(b, 1);

	(void)state;
	for (int64_t now = NOW; now < NOW + 4 * SLOT_IDLE_MS;
	     now += SLOT_IDLE_MS / 2)
		assert_int_equal(server_handle_of(b, &key, now).slot, s.slot);
	for (unsigned i = 100; i < 5000; i++) {
		struct slot_key other = key_of(i);

		server_handle_of(b, &other, NOW + 4 * SLOT_IDLE_MS);
	}
	assert_int_equal(
	    server_handle_of(b, &key, NOW + 4 * SLOT_IDLE_MS).slot, s.slot);
	board_free(b);
}

/* Who had the slot before does not count for who has it now. */
static void a_lost_slot_is_noticed(void **state)
{
	struct board *b = board(1);
	struct server_handle s = find(b, 1);
	struct server_handle other = { .slot = s.slot, .hash = 99 };

	(void)state;
	server_begin(b, s, NOW);
	server_begin(b, s, NOW);
	atomic_store(&b->shared->servers[s.slot].head.hash, 99);
	assert_int_equal(view(b, other, NOW).in_flight, 0);
	server_begin(b, other, NOW);
	end(b, s, false, false, NOW);
	assert_int_equal(view(b, other, NOW).in_flight, 1);
	assert_int_equal(view(b, other, NOW).failures, 0);
	/* It finds itself another. */
	assert_int_not_equal(find(b, 1).slot, s.slot);
	board_free(b);
}

static void long_texts_are_told_apart(void **state)
{
	static char a[1000];
	static char b[1000];
	struct slot_key ka;
	struct slot_key kb;

	(void)state;
	memset(a, 'x', sizeof(a));
	memset(b, 'x', sizeof(b));
	b[999] = 'y';
	ka = slot_key_of((struct slice){ a, sizeof(a) });
	kb = slot_key_of((struct slice){ b, sizeof(b) });
	assert_true(ka.hash != kb.hash);
	assert_true(slot_key_of(SLICE_NONE).hash != 0);
}

/* A key whose hash is another's is not the other. */
static void the_text_makes_sure(void **state)
{
	struct board *b = board(1);
	struct slot_key key = key_of(1);
	size_t slot = server_handle_of(b, &key, NOW).slot;

	(void)state;
	key.text[1] ^= 1;
	assert_int_not_equal(server_handle_of(b, &key, NOW).slot, slot);
	board_free(b);
}

/* ---- health ---- */

/* Three processes see one failure each: for all of them it is out, one is
 * told, one gets the trial. */
static void health_is_shared(void **state)
{
	struct board *b[3] = { board(1), board(2), board(3) };
	struct server_handle s = find(b[0], 1);
	int64_t now = NOW;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		server_begin(b[i], find(b[i], 1), now);
		assert_int_equal(end(b[i], s, false, false, now),
		    i < 2 ? HEALTH_SAME : HEALTH_WENT_OUT);
	}
	for (int trial = 0; trial < 2; trial++) {
		now += trial == 0 ? 1000 : 0;
		assert_int_equal(
		    view(b[1], s, now - 1).health.state, HEALTH_OUT);
		assert_int_equal(view(b[1], s, now).health.state, HEALTH_OUT);
		assert_true(server_try(b[1], s, &rules, now));
		assert_false(server_try(b[2], s, &rules, now));
		assert_false(server_try(b[0], s, &rules, now));
		server_begin(b[1], s, now);
		assert_int_equal(end(b[1], s, true, true, now),
		    trial == 0 ? HEALTH_SAME : HEALTH_CAME_BACK);
	}
	assert_int_equal(view(b[2], s, now).health.state, HEALTH_GOOD);
	assert_int_equal(view(b[2], s, now).health.back_ms, now);
	assert_int_equal(view(b[2], s, now).failures, 3);
	assert_int_equal(view(b[2], s, now).latency_us, 800);
	for (size_t i = 0; i < 3; i++)
		board_free(b[i]);
}

/* What says nothing of the server changes nothing but the count. */
static void what_does_not_count(void **state)
{
	struct board *b = board(1);
	struct server_handle s = find(b, 1);
	struct server_outcome outcome = { .latency_us = 5 };

	(void)state;
	for (int i = 0; i < 9; i++) {
		server_begin(b, s, NOW);
		server_end(b, s, &outcome, &rules, NOW, 0);
	}
	assert_int_equal(view(b, s, NOW).health.failures, 0);
	assert_int_equal(view(b, s, NOW).latency_us, 0);
	assert_int_equal(view(b, s, NOW).in_flight, 0);
	board_free(b);
}

static void latency_is_smoothed(void **state)
{
	struct board *b = board(1);
	struct server_handle s = find(b, 1);
	struct server_outcome outcome = {
		.counts = true, .ok = true, .latency_us = 8000
	};

	(void)state;
	server_end(b, s, &outcome, &rules, NOW, 0);
	assert_int_equal(view(b, s, NOW).latency_us, 8000);
	outcome.latency_us = 0;
	server_end(b, s, &outcome, &rules, NOW, 0);
	assert_int_equal(view(b, s, NOW).latency_us, 7000);
	outcome.latency_us = -1;
	server_end(b, s, &outcome, &rules, NOW, 0);
	assert_int_equal(view(b, s, NOW).latency_us, 7000);
	outcome.latency_us = INT64_MAX;
	server_end(b, s, &outcome, &rules, NOW, 0);
	assert_in_range(view(b, s, NOW).latency_us, 7000, 460000000);
	board_free(b);
}

/* A hundred processes, a probe a second: one of them does it. */
static void one_probe_an_interval(void **state)
{
	static struct board *b[100];
	unsigned probes = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(b); i++)
		b[i] = board((uint32_t)i + 1);
	for (int64_t now = NOW; now < NOW + 10000; now += 10) {
		for (size_t i = 0; i < ROWS(b); i++) {
			struct server_handle s = find(b[i], 1);

			if (!server_probe_begin(b[i], s, 1000, 300, now))
				continue;
			probes++;
			assert_false(server_probe_begin(
			    b[(i + 1) % 100], s, 1000, 300, now));
			/* Each third prober dies; the lease runs out. */
			if (probes % 3 != 0)
				server_probe_end(b[i], s, true, &rules, now);
		}
	}
	assert_in_range(probes, 10, 13);
	for (size_t i = 0; i < ROWS(b); i++)
		board_free(b[i]);
}

static void probes_are_told(void **state)
{
	struct board *a = board(1);
	struct board *b = board(2);
	struct server_handle s = find(a, 1);
	int64_t now = NOW;

	(void)state;
	for (int i = 0; i < 3; i++, now += 1000) {
		assert_true(server_probe_begin(a, s, 1000, 300, now));
		/* Who has no lease is not heard. */
		assert_int_equal(
		    server_probe_end(b, s, false, &rules, now), HEALTH_SAME);
		assert_int_equal(server_probe_end(a, s, false, &rules, now),
		    i < 2 ? HEALTH_SAME : HEALTH_WENT_OUT);
	}
	assert_true(view(b, s, now).probed.down);
	assert_int_equal(view(b, s, now).probed.at_ms, now - 1000);
	board_free(a);
	board_free(b);
}

/* ---- pools ---- */

static void pools_are_shared(void **state)
{
	struct board *a = board(1);
	struct board *b = board(2);
	struct slot_key key = slot_key_of(LIT("pool"));
	struct pool_handle p = pool_handle_of(a, &key, NOW);
	unsigned taken = 0;

	(void)state;
	assert_int_equal(pool_handle_of(b, &key, NOW).slot, p.slot);
	for (uint64_t i = 0; i < 10; i++)
		assert_int_equal(pool_ticket(i % 2 ? a : b, p), i);
	for (int i = 0; i < 30; i++)
		taken += pool_retry(i % 2 ? a : b, p, &budget, NOW);
	assert_int_equal(taken, 10);
	for (int i = 0; i < 10; i++)
		pool_request(a, p, &budget, NOW);
	assert_true(pool_retry(b, p, &budget, NOW));
	assert_true(pool_retry(a, p, &budget, NOW));
	assert_false(pool_retry(b, p, &budget, NOW));
	board_free(a);
	board_free(b);
}

static void the_circuit_is_shared(void **state)
{
	struct board *a = board(1);
	struct board *b = board(2);
	struct slot_key key = slot_key_of(LIT("pool"));
	struct pool_handle p = pool_handle_of(a, &key, NOW);

	(void)state;
	for (int i = 1; i <= 10; i++)
		assert_int_equal(pool_outcome(i % 2 ? a : b, p, &breaker,
				     i % 2 == 0, false, 5, NOW, 0),
		    i < 10 ? HEALTH_SAME : HEALTH_WENT_OUT);
	assert_int_equal(pool_circuit(b, p, &breaker, NOW).state, HEALTH_OUT);
	/* What was under way does not send it out again. */
	for (int i = 0; i < 20; i++)
		assert_int_equal(
		    pool_outcome(a, p, &breaker, false, false, 5, NOW, 0),
		    HEALTH_SAME);
	assert_false(pool_try(a, p, &breaker, NOW + 999));
	assert_true(pool_try(a, p, &breaker, NOW + 1000));
	assert_false(pool_try(b, p, &breaker, NOW + 1000));
	assert_int_equal(
	    pool_outcome(a, p, &breaker, true, true, 5, NOW + 1001, 0),
	    HEALTH_CAME_BACK);
	assert_int_equal(
	    pool_circuit(b, p, &breaker, NOW + 1001).state, HEALTH_GOOD);
	/* And slow ones count in the next window. */
	for (int i = 1; i <= 10; i++)
		assert_int_equal(pool_outcome(a, p, &breaker, true, false, 101,
				     NOW + 3000, 0),
		    i < 10 ? HEALTH_SAME : HEALTH_WENT_OUT);
	board_free(a);
	board_free(b);
}

static void a_pool_without_a_slot(void **state)
{
	struct board *b = board(1);
	struct pool_handle none = { SLOT_NONE, 5 };
	uint64_t first = pool_ticket(b, none);

	(void)state;
	assert_int_equal(pool_ticket(b, none), first + 1);
	pool_request(b, none, &budget, NOW);
	assert_false(pool_retry(b, none, &budget, NOW));
	assert_false(pool_try(b, none, &breaker, NOW));
	assert_int_equal(
	    pool_circuit(b, none, &breaker, NOW).state, HEALTH_GOOD);
	assert_int_equal(
	    pool_outcome(b, none, &breaker, false, false, 5, NOW, 0),
	    HEALTH_SAME);
	board_free(b);
}

/* ---- words that are noise ---- */

static void noise_in_slots_is_free(void **state)
{
	struct board *b = board(1);
	struct layout *l = b->shared;

	(void)state;
	/* Every slot bears a hash, and a time that cannot be. */
	for (size_t i = 0; i < BOARD_SERVERS; i++) {
		atomic_store(&l->servers[i].head.hash, i + 7);
		atomic_store(&l->servers[i].head.seen_ms, NOW + 100000);
	}
	assert_true(find(b, 1).slot < BOARD_SERVERS);
	assert_true(find(b, 2).slot < BOARD_SERVERS);
	board_free(b);
}

static void noise_in_rows_is_free(void **state)
{
	struct board *a = board(1);
	struct layout *l = a->shared;
	struct board *b;
	struct server_handle s = find(a, 1);

	(void)state;
	for (size_t i = 0; i < BOARD_ROWS; i++)
		atomic_store(&l->rows[i], UINT64_C(0xdeadbeef12345678));
	b = board(2);
	assert_true(b->row < BOARD_ROWS);
	board_tick(a, NOW);
	assert_true(a->row < BOARD_ROWS);
	assert_true(a->row != b->row);
	/* What is said of the rows' number is not believed. */
	atomic_store(&l->rows_used, UINT64_MAX);
	atomic_store(&l->cells[s.slot + 1][0],
	    atomic_load(&l->cells[s.slot][0]) | 5 | 5000 << 12);
	server_begin(a, s, NOW);
	assert_int_equal(view(b, s, NOW).in_flight, 1);
	board_tick(a, NOW);
	board_tick(b, NOW);
	assert_int_equal(atomic_load(&l->rows_used), 2);
	board_free(a);
	board_free(b);
}

static void a_cell_holds_what_it_can(void **state)
{
	struct board *a = board(1);
	struct board *b = board(2);
	struct server_handle s = find(a, 1);

	(void)state;
	for (int i = 0; i < 4096; i++)
		server_begin(a, s, NOW);
	assert_int_equal(view(a, s, NOW).in_flight, 4096);
	assert_int_equal(view(b, s, NOW).in_flight, 4095);
	board_free(a);
	board_free(b);
}

static void noise_in_words_is_bounded(void **state)
{
	struct board *b = board(1);
	struct server_handle s = find(b, 1);
	struct server_slot *at = &b->shared->servers[s.slot];

	(void)state;
	atomic_store(&at->latency_us, UINT64_MAX);
	assert_int_equal(view(b, s, NOW).latency_us, 0);
	end(b, s, true, false, NOW);
	assert_int_equal(view(b, s, NOW).latency_us, 800);
	/* A lease for longer than any is none. */
	atomic_store(
	    &at->lease, UINT64_C(9) << 32 | (NOW + PROBE_LEASE_MAX_MS + 1));
	assert_true(server_probe_begin(b, s, 1000, 300, NOW));
	/* Nor is a longer one given. */
	atomic_store(&at->lease, 0);
	assert_true(server_probe_begin(b, s, 1000, INT64_MAX / 2, NOW));
	assert_false(server_probe_begin(b, s, 1000, 300, NOW));
	board_free(b);
}

/* ---- all at once ---- */

static const struct health_rules patient = {
	.fail_after = 63, .window_ms = 10000, .out_ms = 1000, .out_max_ms = 1000
};

static pthread_barrier_t all_here;

/* As long as a request takes at the least: who had no pause at all could
 * overtake another for ever. */
static void rest(void)
{
	for (volatile int i = 0; i < 1500; i++)
		continue;
}

static void *fail_and_succeed(void *tag)
{
	struct board *b = board((uint32_t)(uintptr_t)tag);
	struct server_handle s = find(b, 1);
	struct server_outcome outcome = { .counts = true, .latency_us = -1 };

	pthread_barrier_wait(&all_here);
	for (int i = 0; i < 60000; i++) {
		outcome.ok = i % 2;
		server_end(b, s, &outcome, &patient, NOW, 0);
		rest();
	}
	board_free(b);
	return NULL;
}

/* Who is overtaken counts again: what one adds, one takes back.  So often at
 * once that few are overtaken too many times to go on trying. */
static void hardly_an_outcome_is_lost(void **state)
{
	struct board *b = board(9);
	struct server_handle s = find(b, 1);
	pthread_t threads[4];
	struct server_view v;

	(void)state;
	assert_int_equal(pthread_barrier_init(&all_here, NULL, 4), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
				     fail_and_succeed, (void *)(i + 1)),
		    0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&all_here);
	server_read(b, s, &patient, NOW, &v);
	assert_int_equal(v.health.state, HEALTH_GOOD);
	assert_in_range(v.health.failures, 0, 40);
	board_free(b);
}

#define SERVERS 5
#define ROUNDS  20000

static int64_t clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 + NOW;
}

/* Everything, over and over; true where all answers were within bounds.
 * Tables full of noise may leave a server nothing. */
static bool hammer(uint32_t tag, unsigned rounds)
{
	struct board *b = board_new(region, tag, clock_now());
	struct slot_key pool_key = slot_key_of(LIT("pool"));
	struct slot_key keys[SERVERS];
	uint64_t x = tag * UINT64_C(0x9e3779b97f4a7c15);
	bool good = b != NULL;

	for (unsigned i = 0; i < SERVERS; i++)
		keys[i] = key_of(i);
	for (unsigned i = 0; good && i < rounds; i++) {
		int64_t now = clock_now();
		struct server_handle s =
		    server_handle_of(b, &keys[i % SERVERS], now);
		struct pool_handle p = pool_handle_of(b, &pool_key, now);
		struct server_outcome outcome = { .counts = true,
			.ok = (x >> 7) % 4 != 0,
			.latency_us = (int64_t)(x % 5000) };
		struct server_view v;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		server_read(b, s, &rules, now, &v);
		good = v.health.state <= HEALTH_TRIAL &&
		    health_wait_ms(&v.health, now) <= rules.out_max_ms &&
		    health_share(&v.health, &rules, now) <=
			HEALTH_SHARE_WHOLE &&
		    v.latency_us >= 0 && v.in_flight <= BOARD_ROWS * 4096 &&
		    v.probed.at_ms <= now;
		outcome.trial = server_try(b, s, &rules, now);
		pool_ticket(b, p);
		pool_request(b, p, &budget, now);
		pool_retry(b, p, &budget, now);
		server_begin(b, s, now);
		if (server_probe_begin(b, s, 5, 5, now))
			server_probe_end(b, s, outcome.ok, &rules, now);
		server_end(b, s, &outcome, &rules, now, x);
		if (pool_try(b, p, &breaker, now))
			pool_outcome(
			    b, p, &breaker, outcome.ok, true, 5, now, x);
		pool_outcome(b, p, &breaker, outcome.ok, false,
		    (int64_t)(x % 200), now, x);
		if (i % 100 == 0)
			board_tick(b, now);
	}
	board_free(b);
	return good;
}

static void *hammer_thread(void *tag)
{
	return hammer((uint32_t)(uintptr_t)tag, ROUNDS) ? tag : NULL;
}

static bool hammer_threads(void)
{
	pthread_t threads[4];
	bool good = true;

	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
				     hammer_thread, (void *)(i + 1)),
		    0);
	for (size_t i = 0; i < 4; i++) {
		void *answer;

		assert_int_equal(pthread_join(threads[i], &answer), 0);
		good = good && answer != NULL;
	}
	return good;
}

/* Nothing is lost where nothing is disturbed. */
static void many_at_once(void **state)
{
	struct board *b = board(9);
	struct slot_key pool_key = slot_key_of(LIT("pool"));
	struct pool_handle p = pool_handle_of(b, &pool_key, clock_now());
	uint64_t requests = 0;
	int status;

	(void)state;
	for (unsigned i = 0; i < SERVERS; i++)
		find(b, i);
	for (size_t i = 0; i < 2; i++)
		if (fork() == 0)
			_exit(hammer((uint32_t)i + 10, ROUNDS) ? 0 : 1);
	assert_true(hammer_threads());
	while (wait(&status) > 0)
		assert_int_equal(status, 0);
	for (unsigned i = 0; i < SERVERS; i++) {
		struct server_view v = view(b, find(b, i), clock_now());

		assert_int_equal(v.in_flight, 0);
		requests += v.requests;
	}
	assert_int_equal(requests, 6 * ROUNDS);
	assert_int_equal(pool_ticket(b, p), 6 * ROUNDS);
	board_free(b);
}

/* Another process writes noise all over it, at random, all the time. */
static void make_noise(uint64_t x)
{
	unsigned char *bytes = region_bytes(region);

	/* Should the test fail before it ends us. */
	alarm(20);
	for (;;) {
		size_t at;
		size_t len;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		at = x % board_bytes();
		len = (x >> 40) % 512;
		for (size_t i = at; i < at + len && i < board_bytes(); i++)
			bytes[i] = x >> 63 ? 0 : (unsigned char)(x >> i % 50);
		/* Half of it where it hurts. */
		if (x & 1024) {
			struct layout *l = (void *)bytes;
			struct slot_key key = key_of((unsigned)(x % SERVERS));

			at = key.hash % BOARD_SERVERS;
			memset(&l->servers[at].health, (int)(x >> 11), 56);
		}
	}
}

static void noise_is_survived(void **state)
{
	struct board *b;
	bool good;
	int64_t later;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		make_noise(UINT64_C(88172645463325252));
	assert_true(pid > 0);
	good = hammer_threads();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(good);
	/* Whatever it left: after an hour the tables work as new. */
	later = clock_now() + SLOT_IDLE_MS + BOARD_LIFE_MS * 2;
	b = board_new(region, 77, later);
	for (unsigned i = 0; i < SERVERS; i++) {
		struct slot_key key = key_of(i + 1000);
		struct server_handle s = server_handle_of(b, &key, later);

		assert_true(s.slot < BOARD_SERVERS);
		assert_int_equal(view(b, s, later).in_flight, 0);
		assert_int_equal(view(b, s, later).health.state, HEALTH_GOOD);
	}
	assert_true(b->row < BOARD_ROWS);
	board_free(b);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(all_see_what_is_under_way),
		CASE(the_dead_are_forgotten),
		CASE(a_stopped_one_comes_back),
		CASE(more_processes_than_rows),
		CASE(slots_run_out_and_come_back),
		CASE(a_slot_in_use_stays),
		CASE(a_lost_slot_is_noticed),
		CASE(long_texts_are_told_apart),
		CASE(the_text_makes_sure),
		CASE(health_is_shared),
		CASE(what_does_not_count),
		CASE(latency_is_smoothed),
		CASE(one_probe_an_interval),
		CASE(probes_are_told),
		CASE(pools_are_shared),
		CASE(the_circuit_is_shared),
		CASE(a_pool_without_a_slot),
		CASE(noise_in_slots_is_free),
		CASE(noise_in_rows_is_free),
		CASE(a_cell_holds_what_it_can),
		CASE(noise_in_words_is_bounded),
		CASE(hardly_an_outcome_is_lost),
		CASE(many_at_once),
		CASE(noise_is_survived),
	};

	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

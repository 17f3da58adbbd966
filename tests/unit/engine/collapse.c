/* One fetch for many: within a process, and between two that share a file. */
#include "engine/collapse.h"

#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#define ID    UINT64_C(0x123456789abcdef)
#define OTHER UINT64_C(0xfedcba987654321)

/* Two workers on one loop: what they know of each other is in the file. */
struct scene {
	struct ev_loop *loop;
	struct collapse *here;
	struct collapse *there;
	char path[64];
};

static struct scene scene;

static int set_up(void **state)
{
	int fd;

	(void)state;
	snprintf(scene.path, sizeof(scene.path), "/tmp/collapse-test-XXXXXX");
	fd = mkstemp(scene.path);
	close(fd);
	unlink(scene.path);
	scene.loop = ev_loop_new(EVFLAG_NOENV);
	scene.here = collapse_new(scene.loop);
	scene.there = collapse_new(scene.loop);
	collapse_use(scene.here, flights_open(scene.path));
	collapse_use(scene.there, flights_open(scene.path));
	return fd < 0 || scene.here == NULL || scene.there == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	collapse_free(scene.here);
	collapse_free(scene.there);
	ev_loop_destroy(scene.loop);
	unlink(scene.path);
	return 0;
}

/* --- who waits -------------------------------------------------------- */

struct waiter {
	struct follower follower;
	struct fetch *fetch;
	enum flight_state state;
	unsigned woken;
	struct waiter *takes; /* leaves in its place, too */
};

static void on_woken(void *user)
{
	struct waiter *w = user;

	w->woken++;
	w->state = collapse_flight(w->fetch)->state;
	if (w->takes != NULL)
		collapse_leave(&w->takes->follower);
}

static void wait_for(struct waiter *w, struct fetch *f)
{
	*w = (struct waiter){ .fetch = f };
	w->follower.woken = on_woken;
	w->follower.user = w;
	collapse_follow(f, &w->follower);
}

static void on_time(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	(void)timer;
	(void)revents;
	ev_break(loop, EVBREAK_ALL);
}

/* As long as another process's fetch may go unnoticed, and some more. */
static void turn_loop(void)
{
	struct ev_timer timer;

	ev_timer_init(&timer, on_time, 0.1, 0.);
	ev_timer_start(scene.loop, &timer);
	ev_run(scene.loop, 0);
}

/* --- within a process ------------------------------------------------- */

static void one_fetches_and_others_follow(void **state)
{
	struct fetch *ours, *theirs;
	struct waiter one, two;

	(void)state;
	assert_int_equal(collapse_take(scene.here, ID, &ours), FLIGHT_OURS);
	assert_false(collapse_is_wanted(ours));
	assert_int_equal(collapse_take(scene.here, ID, &theirs), FLIGHT_THEIRS);
	assert_ptr_equal(ours, theirs);
	wait_for(&one, theirs);
	wait_for(&two, theirs);
	assert_true(collapse_is_wanted(ours));
	/* Nobody is woken from within. */
	collapse_show(ours, LIT("name"));
	assert_int_equal(one.woken, 0);
	turn_loop();
	assert_int_equal(one.woken, 1);
	assert_int_equal(two.woken, 1);
	assert_int_equal(one.state, FLIGHT_SHOWN);
	/* One of two leaves while both are woken. */
	one.takes = &two;
	two.takes = &one;
	collapse_end(ours, FLIGHT_STORED, 7);
	turn_loop();
	assert_int_equal(one.woken + two.woken, 3);
	assert_int_equal(collapse_flight(theirs)->body_bytes, 7);
	collapse_leave(&one.follower);
	collapse_leave(&two.follower);
	/* What is over is nobody's turn any more. */
	assert_false(collapse_is_under_way(scene.here, ID));
	collapse_drop(theirs);
	assert_int_equal(collapse_take(scene.here, ID, &theirs), FLIGHT_OURS);
	collapse_end(theirs, FLIGHT_NONE, 0);
	collapse_drop(theirs);
	collapse_drop(ours);
}

static void without_a_file_each_process_is_by_itself(void **state)
{
	struct fetch *here, *there, *again;

	(void)state;
	collapse_use(scene.here, NULL);
	collapse_use(scene.there, NULL);
	assert_int_equal(collapse_take(scene.here, ID, &here), FLIGHT_OURS);
	assert_int_equal(collapse_take(scene.there, ID, &there), FLIGHT_OURS);
	assert_int_equal(collapse_take(scene.here, ID, &again), FLIGHT_THEIRS);
	assert_int_equal(
	    collapse_join(scene.here, OTHER, &again), FLIGHT_ALONE);
	collapse_drop(here);
	collapse_end(here, FLIGHT_NONE, 0);
	collapse_end(there, FLIGHT_NONE, 0);
	collapse_drop(here);
	collapse_drop(there);
}

/* --- between two ------------------------------------------------------ */

static void another_process_is_followed(void **state)
{
	struct fetch *ours, *theirs, *joined;
	struct waiter w;

	(void)state;
	assert_int_equal(collapse_join(scene.there, ID, &joined), FLIGHT_ALONE);
	assert_int_equal(collapse_take(scene.here, ID, &ours), FLIGHT_OURS);
	assert_int_equal(
	    collapse_take(scene.there, ID, &theirs), FLIGHT_THEIRS);
	assert_int_equal(
	    collapse_join(scene.there, ID, &joined), FLIGHT_THEIRS);
	assert_ptr_equal(joined, theirs);
	collapse_drop(joined);
	assert_true(collapse_is_wanted(ours));
	wait_for(&w, theirs);
	turn_loop();
	assert_int_equal(w.woken, 0);
	collapse_show(ours, LIT("name"));
	turn_loop();
	assert_true(w.woken > 0);
	assert_int_equal(w.state, FLIGHT_SHOWN);
	assert_int_equal(collapse_flight(theirs)->name_n, 4);
	collapse_end(ours, FLIGHT_STORED, 9);
	turn_loop();
	assert_int_equal(w.state, FLIGHT_STORED);
	assert_int_equal(collapse_flight(theirs)->body_bytes, 9);
	collapse_leave(&w.follower);
	collapse_drop(theirs);
	collapse_drop(ours);
}

static void one_that_is_gone_is_missed(void **state)
{
	struct fetch *ours, *theirs;
	struct waiter w;

	(void)state;
	assert_int_equal(collapse_take(scene.here, ID, &ours), FLIGHT_OURS);
	assert_int_equal(
	    collapse_take(scene.there, ID, &theirs), FLIGHT_THEIRS);
	wait_for(&w, theirs);
	turn_loop();
	/* As if its process had been killed. */
	collapse_use(scene.here, NULL);
	turn_loop();
	assert_true(w.woken > 0);
	assert_int_equal(w.state, FLIGHT_NONE);
	collapse_leave(&w.follower);
	collapse_drop(theirs);
	collapse_end(ours, FLIGHT_NONE, 0);
	collapse_drop(ours);
}

/* Another fetch of the same key is not the one that was followed. */
static void the_next_fetch_is_another(void **state)
{
	struct fetch *ours, *theirs;
	struct waiter w;

	(void)state;
	assert_int_equal(collapse_take(scene.here, ID, &ours), FLIGHT_OURS);
	assert_int_equal(
	    collapse_take(scene.there, ID, &theirs), FLIGHT_THEIRS);
	wait_for(&w, theirs);
	collapse_show(ours, LIT("first"));
	turn_loop();
	assert_int_equal(w.state, FLIGHT_SHOWN);
	collapse_end(ours, FLIGHT_NONE, 0);
	collapse_drop(ours);
	assert_int_equal(collapse_take(scene.here, ID, &ours), FLIGHT_OURS);
	collapse_show(ours, LIT("second"));
	turn_loop();
	assert_int_equal(w.state, FLIGHT_NONE);
	collapse_leave(&w.follower);
	collapse_drop(theirs);
	collapse_end(ours, FLIGHT_NONE, 0);
	collapse_drop(ours);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(one_fetches_and_others_follow),
		TEST(without_a_file_each_process_is_by_itself),
		TEST(another_process_is_followed),
		TEST(one_that_is_gone_is_missed),
		TEST(the_next_fetch_is_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

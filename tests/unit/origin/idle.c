/* What comes in on connections that nobody uses. */
#include "tests/unit/unit.h"

#include <sys/socket.h>
#include <unistd.h>

#include <ev.h>

#include "origin/idle.h"

struct world {
	struct ev_loop *loop;
	struct idle *idle;
	int ours, theirs;
};

static int set_up(void **state)
{
	static struct world w;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	w.loop = ev_loop_new(EVFLAG_AUTO);
	w.idle = idle_new(w.loop);
	assert_non_null(w.idle);
	w.ours = pair[0];
	w.theirs = pair[1];
	*state = &w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	idle_free(w->idle);
	ev_loop_destroy(w->loop);
	close(w->ours);
	close(w->theirs);
	return 0;
}

/* Something comes in; is the connection shut down? */
static bool is_shut_by_input(struct world *w)
{
	char byte;

	assert_int_equal(send(w->theirs, "x", 1, 0), 1);
	for (int i = 0; i < 3; i++)
		ev_run(w->loop, EVRUN_NOWAIT);
	return recv(w->theirs, &byte, 1, MSG_DONTWAIT) == 0;
}

static const int one, other;

static void resting(void **state)
{
	struct world *w = *state;
	char byte;

	idle_use(w->idle, w->ours, &one);
	idle_rest(w->idle, w->ours, &one);
	assert_true(is_shut_by_input(w));
	/* Whoever looks finds the end, not what came. */
	assert_int_equal(recv(w->ours, &byte, 1, MSG_PEEK | MSG_DONTWAIT), 0);
}

static void in_use(void **state)
{
	struct world *w = *state;

	idle_use(w->idle, w->ours, &one);
	assert_false(is_shut_by_input(w));
}

static void used_again(void **state)
{
	struct world *w = *state;

	assert_false(idle_use(w->idle, w->ours, &one));
	idle_rest(w->idle, w->ours, &one);
	assert_true(idle_use(w->idle, w->ours, &one));
	idle_rest(w->idle, w->ours, &one);
	assert_false(idle_use(w->idle, w->ours, &other));
	assert_false(is_shut_by_input(w));
}

static void taken_before_the_rest(void **state)
{
	struct world *w = *state;

	idle_use(w->idle, w->ours, &one);
	idle_use(w->idle, w->ours, &other);
	idle_rest(w->idle, w->ours, &one);
	assert_false(is_shut_by_input(w));
	idle_rest(w->idle, w->ours, &other);
	assert_true(is_shut_by_input(w));
}

static void maybe_in_use(void **state)
{
	struct world *w = *state;

	idle_use(w->idle, w->ours, &one);
	idle_rest(w->idle, w->ours, &one);
	idle_unknown(w->idle, 1);
	assert_false(is_shut_by_input(w));
	idle_unknown(w->idle, -1);
	idle_rest(w->idle, w->ours, &one);
	assert_true(is_shut_by_input(w));
}

static void closed(void **state)
{
	struct world *w = *state;

	idle_use(w->idle, w->ours, &one);
	idle_rest(w->idle, w->ours, &one);
	idle_closed(w->idle, w->ours);
	idle_rest(w->idle, w->ours, &one);
	assert_false(is_shut_by_input(w));
	assert_false(idle_use(w->idle, w->ours, &one));
}

static void never_seen(void **state)
{
	struct world *w = *state;

	idle_rest(w->idle, w->ours, &one);
	idle_closed(w->idle, w->ours);
	idle_use(w->idle, -1, &one);
	idle_rest(w->idle, -1, &one);
	idle_use(w->idle, 1 << 20, &one);
	idle_rest(w->idle, 1 << 20, &one);
	assert_false(is_shut_by_input(w));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(resting),
		TEST(in_use),
		TEST(used_again),
		TEST(taken_before_the_rest),
		TEST(maybe_in_use),
		TEST(closed),
		TEST(never_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

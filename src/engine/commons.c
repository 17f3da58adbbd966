/* Opening the region where the rules say or where the system has room. */
#include "engine/commons.h"

#include <errno.h>
#include <ev.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "conf/conf.h"
#include "shared/board.h"
#include "shared/region.h"

#define LOOK_S 1.0

struct commons {
	struct ev_loop *loop;
	struct ev_timer tick;
	struct region *region;
	struct board *board;
	int64_t ticked_ms;
	uint64_t seed[4];
	uint64_t rolls;
	unsigned char secret[BOARD_SECRET_BYTES];
	const char *paths[2];
	size_t path_n;
	char rooms[2][REGION_PATH_MAX];
};

static void choose_paths(
    struct commons *c, const struct settings *s, const char *rules_path)
{
	static const char *const folders[] = { "/dev/shm", "/tmp" };
	char whole[PATH_MAX];
	const char *rules = realpath(rules_path, whole);

	for (size_t i = 0; i < 2 && (i == 0 || s->shared_file.len == 0); i++) {
		struct text t = text_over(c->rooms[i], REGION_PATH_MAX - 1);

		if (s->shared_file.len > 0)
			text_add(&t, s->shared_file);
		else
			region_name(&t, slice_of(folders[i]), geteuid(),
			    slice_of(rules == NULL ? rules_path : rules),
			    BOARD_LAYOUT);
		c->rooms[i][t.len] = '\0';
		if (!text_spent(&t))
			c->paths[c->path_n++] = c->rooms[i];
	}
}

static void tell(const struct commons *c, const struct region_report *report)
{
	const char *path =
	    report->path < c->path_n ? c->paths[report->path] : "(too long)";

	if (report->why == REGION_SHARED)
		log_line(LOG_INFO, "shared_file %s: shared", path);
	else
		log_line(LOG_WARN,
		    "shared_file %s: %.*s%s%s: this process works by itself; "
		    "write shared_file = a file that this user can make",
		    path, SLICE_ARG(region_words(report->why)),
		    report->why == REGION_SYSTEM ? ": " : "",
		    report->why == REGION_SYSTEM ? strerror(report->error) :
						   "");
}

static void read_board(struct commons *c, int64_t now_ms)
{
	board_tick(c->board, now_ms);
	board_secret(c->board, c->seed, c->secret);
	c->ticked_ms = now_ms;
}

static void on_tick(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct commons *c = timer->data;
	struct region_report report;
	int64_t now_ms = clock_ms();
	bool another = region_refresh(c->region, &report);

	(void)loop;
	(void)revents;
	if (another)
		tell(c, &report);
	if (another || now_ms - c->ticked_ms >= BOARD_TICK_MS)
		read_board(c, now_ms);
}

static void make_seed(struct commons *c)
{
	if (getrandom(c->seed, sizeof(c->seed), 0) !=
	    (ssize_t)sizeof(c->seed)) {
		c->seed[0] = (uint64_t)clock_ms();
		c->seed[1] = (uint64_t)getpid();
	}
	c->rolls = hash64_mix(c->seed[0] ^ c->seed[3]);
}

struct commons *commons_new(
    struct ev_loop *loop, const struct conf *conf, const char *rules_path)
{
	struct commons *c = calloc(1, sizeof(*c));
	struct region_plan plan;
	struct region_report report;

	if (c == NULL)
		return NULL;
	c->loop = loop;
	ev_timer_init(&c->tick, on_tick, LOOK_S, LOOK_S);
	c->tick.data = c;
	make_seed(c);
	choose_paths(c, &conf->settings, rules_path);
	plan = (struct region_plan){ c->paths, c->path_n, BOARD_LAYOUT,
		board_bytes() };
	c->region = region_open(&plan, &report);
	if (c->region != NULL)
		c->board = board_new(c->region, (uint32_t)c->rolls, clock_ms());
	if (c->board == NULL) {
		commons_free(c);
		return NULL;
	}
	tell(c, &report);
	read_board(c, clock_ms());
	ev_timer_start(loop, &c->tick);
	/* A server that stops does not wait for it. */
	ev_unref(loop);
	return c;
}

void commons_free(struct commons *c)
{
	if (c == NULL)
		return;
	if (ev_is_active(&c->tick)) {
		ev_ref(c->loop);
		ev_timer_stop(c->loop, &c->tick);
	}
	board_free(c->board);
	region_free(c->region);
	free(c);
}

struct board *commons_board(const struct commons *c)
{
	return c->board;
}

struct slice commons_secret(const struct commons *c)
{
	return (struct slice){ (const char *)c->secret, sizeof(c->secret) };
}

uint64_t commons_random(struct commons *c)
{
	c->rolls += UINT64_C(0x9e3779b97f4a7c15);
	return hash64_mix(c->rolls);
}

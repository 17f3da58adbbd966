/* Whose turn it is, what the others see of it, and what becomes of both where
 * processes are killed and the file is spoiled.  Two openings of the file are
 * as good as two processes. */
#include "store/flights.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/little.h"
#include "store/sum.h"
#include "tests/unit/unit.h"

#define ID         UINT64_C(0x1234567890abcdef)
#define NEIGHBOUR  (ID + FLIGHT_SLOTS) /* in the same slot */
#define FILE_BYTES (256 * (1 + (long)FLIGHT_SLOTS))

struct scene {
	char folder[64];
	char path[80];
	struct flights *a;
	struct flights *b;
};

static int set_up(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -1;
	snprintf(s->folder, sizeof(s->folder), "/tmp/flights-test-XXXXXX");
	if (mkdtemp(s->folder) == NULL)
		return -1;
	snprintf(s->path, sizeof(s->path), "%s/flights", s->folder);
	s->a = flights_open(s->path);
	s->b = flights_open(s->path);
	*state = s;
	return s->a == NULL || s->b == NULL;
}

static int tear_down(void **state)
{
	struct scene *s = *state;

	flights_free(s->a);
	flights_free(s->b);
	unlink(s->path);
	rmdir(s->path);
	rmdir(s->folder);
	free(s);
	return 0;
}

static enum flight_state seen(struct flights *f, uint64_t id)
{
	struct flight flight;

	flights_look(f, id, &flight);
	return flight.state;
}

/* ---- turns ---- */

static void one_fetches_and_the_others_know(void **state)
{
	struct scene *s = *state;
	struct flight mine;
	struct flight theirs;

	assert_int_equal(seen(s->b, ID), FLIGHT_NONE);
	assert_int_equal(flights_take(s->a, ID), FLIGHT_OURS);
	assert_int_equal(flights_take(s->b, ID), FLIGHT_THEIRS);
	flights_look(s->b, ID, &theirs);
	assert_int_equal(theirs.state, FLIGHT_UNKNOWN);
	assert_true(theirs.number != 0);

	flights_show(s->a, ID, LIT("17-0123456789abcdef"));
	flights_look(s->a, ID, &mine);
	flights_look(s->b, ID, &theirs);
	assert_int_equal(theirs.state, FLIGHT_SHOWN);
	assert_slice(((struct slice){ theirs.name, theirs.name_n }),
	    LIT("17-0123456789abcdef"), LIT("name"));
	assert_true(mine.state == FLIGHT_SHOWN && mine.number == theirs.number);
	assert_int_equal(flights_take(s->b, ID), FLIGHT_THEIRS);

	flights_leave(s->a, ID, FLIGHT_STORED, 4711);
	flights_look(s->b, ID, &theirs);
	assert_int_equal(theirs.state, FLIGHT_STORED);
	assert_int_equal(theirs.body_bytes, 4711);
	assert_int_equal(theirs.number, mine.number);

	assert_int_equal(flights_take(s->b, ID), FLIGHT_OURS);
	flights_look(s->a, ID, &theirs);
	assert_int_equal(theirs.state, FLIGHT_UNKNOWN);
	assert_true(theirs.number != mine.number);
	assert_int_equal(flights_take(s->a, ID), FLIGHT_THEIRS);
}

static void ends_are_seen(void **state)
{
	static const struct {
		enum flight_state end;
		enum flight_state want;
	} rows[] = {
		{ FLIGHT_STORED, FLIGHT_STORED },
		{ FLIGHT_REFUSED, FLIGHT_REFUSED },
		{ FLIGHT_NONE, FLIGHT_NONE },
	};
	struct scene *s = *state;

	for (size_t i = 0; i < ROWS(rows); i++) {
		assert_int_equal(flights_take(s->a, ID), FLIGHT_OURS);
		flights_leave(s->a, ID, rows[i].end, 0);
		assert_int_equal(seen(s->a, ID), rows[i].want);
		assert_int_equal(seen(s->b, ID), rows[i].want);
		assert_int_equal(seen(s->b, NEIGHBOUR), FLIGHT_NONE);
	}
}

static void wishes_reach_who_fetches(void **state)
{
	struct scene *s = *state;

	flights_want(s->b, ID);
	assert_int_equal(flights_take(s->a, ID), FLIGHT_OURS);
	assert_false(flights_wanted(s->a, ID));
	flights_want(s->b, NEIGHBOUR);
	assert_false(flights_wanted(s->a, ID));
	flights_want(s->b, ID);
	assert_true(flights_wanted(s->a, ID));
	assert_false(flights_wanted(s->b, ID));
	flights_show(s->a, ID, LIT("x"));
	assert_true(flights_wanted(s->a, ID));
	flights_leave(s->a, ID, FLIGHT_STORED, 0);
	/* It was about that fetch. */
	assert_int_equal(flights_take(s->a, ID), FLIGHT_OURS);
	assert_false(flights_wanted(s->a, ID));
}

static void keys_that_meet_go_alone(void **state)
{
	struct scene *s = *state;

	assert_int_equal(flights_take(s->a, ID), FLIGHT_OURS);
	assert_int_equal(flights_take(s->b, NEIGHBOUR), FLIGHT_ALONE);
	assert_int_equal(flights_take(s->a, NEIGHBOUR), FLIGHT_ALONE);
	assert_int_equal(seen(s->b, NEIGHBOUR), FLIGHT_NONE);
	/* What is not ours to leave or show stays. */
	flights_leave(s->a, NEIGHBOUR, FLIGHT_STORED, 0);
	flights_show(s->b, ID, LIT("no"));
	flights_leave(s->b, ID, FLIGHT_STORED, 0);
	assert_int_equal(seen(s->b, ID), FLIGHT_UNKNOWN);
	assert_int_equal(flights_take(s->b, ID), FLIGHT_THEIRS);
	/* The bits that the lock has no room for, too. */
	assert_int_equal(
	    flights_take(s->b, ID ^ UINT64_C(1) << 63), FLIGHT_ALONE);
	assert_int_equal(seen(s->b, ID ^ UINT64_C(1) << 63), FLIGHT_NONE);
	flights_leave(s->a, ID, FLIGHT_STORED, 0);
	assert_int_equal(flights_take(s->b, NEIGHBOUR), FLIGHT_OURS);
	assert_int_equal(seen(s->a, ID), FLIGHT_NONE);
}

/* Neighbouring locks of one process must not become one. */
static void all_slots_at_once(void **state)
{
	struct scene *s = *state;
	uint64_t all = UINT64_MAX - FLIGHT_SLOTS + 1;

	for (unsigned i = 0; i < FLIGHT_SLOTS; i++)
		assert_int_equal(flights_take(s->a, all + i), FLIGHT_OURS);
	for (unsigned i = 0; i < FLIGHT_SLOTS; i++)
		assert_int_equal(flights_take(s->b, all + i), FLIGHT_THEIRS);
	for (unsigned i = 0; i < FLIGHT_SLOTS; i += 2)
		flights_leave(s->a, all + i, FLIGHT_NONE, 0);
	for (unsigned i = 0; i < FLIGHT_SLOTS; i++)
		assert_int_equal(flights_take(s->b, all + i),
		    i % 2 == 0 ? FLIGHT_OURS : FLIGHT_THEIRS);
}

/* Between the lock and what is written under it, what was written before is
 * about another fetch. */
static void a_lock_comes_before_its_words(void **state)
{
	struct scene *s = *state;
	struct flock range = { .l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = (off_t)(ID % FLIGHT_SLOTS) << 50,
		.l_len = (off_t)(1 + ((ID >> 12 & 0x7fffffff) << 18)) };
	struct flight flight;
	int fd;

	for (unsigned number = 0; number < 2; number++) {
		assert_int_equal(flights_take(s->a, ID), FLIGHT_OURS);
		flights_show(s->a, ID, LIT("x"));
		flights_leave(s->a, ID, FLIGHT_STORED, 1);
		fd = open(s->path, O_RDWR);
		range.l_len += number;
		assert_int_equal(fcntl(fd, F_OFD_SETLK, &range), 0);
		assert_int_equal(flights_take(s->a, ID), FLIGHT_THEIRS);
		assert_int_equal(flights_take(s->a, NEIGHBOUR), FLIGHT_ALONE);
		assert_int_equal(seen(s->a, NEIGHBOUR), FLIGHT_NONE);
		flights_look(s->a, ID, &flight);
		assert_int_equal(flight.state, FLIGHT_UNKNOWN);
		assert_int_equal(flight.number, 0);
		close(fd);
		assert_int_equal(seen(s->a, ID), FLIGHT_STORED);
	}
}

/* The time of the end is put back by so much, the sum put right. */
static void put_back(const char *path, int64_t ms, bool sum_too)
{
	int fd = open(path, O_RDWR);
	off_t at = 256 * (1 + (off_t)(ID % FLIGHT_SLOTS));
	struct sum sum = sum_new();
	char slot[112];

	assert_int_equal(pread(fd, slot, sizeof(slot), at), sizeof(slot));
	little_put_u64(slot + 24, little_u64(slot + 24) - (uint64_t)ms);
	sum_add(&sum, (struct slice){ slot + 8, sizeof(slot) - 8 });
	if (sum_too)
		little_put_u64(slot, sum_value(&sum));
	assert_int_equal(pwrite(fd, slot, sizeof(slot), at), sizeof(slot));
	close(fd);
}

static void an_end_is_forgotten(void **state)
{
	static const struct {
		int64_t ago_ms;
		bool sum_too;
		enum flight_state want;
	} rows[] = {
		{ 50 * 1000, true, FLIGHT_STORED },
		{ 50 * 1000, false, FLIGHT_NONE },
		{ 61 * 1000, true, FLIGHT_NONE },
		{ -10 * 1000, true, FLIGHT_NONE },
	};
	struct scene *s = *state;

	for (size_t i = 0; i < ROWS(rows); i++) {
		assert_int_equal(flights_take(s->a, ID), FLIGHT_OURS);
		flights_leave(s->a, ID, FLIGHT_STORED, 1);
		put_back(s->path, rows[i].ago_ms, rows[i].sum_too);
		assert_int_equal(seen(s->b, ID), rows[i].want);
	}
}

static void without_a_file(void **state)
{
	struct flight flight = { .state = FLIGHT_SHOWN };

	(void)state;
	assert_int_equal(flights_take(NULL, ID), FLIGHT_ALONE);
	flights_show(NULL, ID, LIT("x"));
	flights_leave(NULL, ID, FLIGHT_STORED, 0);
	flights_look(NULL, ID, &flight);
	assert_int_equal(flight.state, FLIGHT_NONE);
	flights_want(NULL, ID);
	assert_false(flights_wanted(NULL, ID));
	flights_free(NULL);
}

/* ---- spoiled files ---- */

static void put_bytes(const char *path, const char *bytes)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(bytes, file);
	fclose(file);
}

static void be_gone(const char *path)
{
	unlink(path);
}

static void be_another(const char *path)
{
	unlink(path);
	put_bytes(path, "");
}

static void be_cut(const char *path)
{
	assert_int_equal(truncate(path, 0), 0);
}

static void be_cut_a_little(const char *path)
{
	assert_int_equal(truncate(path, 300), 0);
}

static void be_longer(const char *path)
{
	assert_int_equal(truncate(path, FILE_BYTES * 2), 0);
}

static void be_text(const char *path)
{
	unlink(path);
	put_bytes(path, "what somebody else wrote");
}

static void be_a_link(const char *path)
{
	char other[1000];

	snprintf(other, sizeof(other), "%s.other", path);
	put_bytes(other, "");
	unlink(path);
	assert_int_equal(symlink(other, path), 0);
}

static void be_a_folder(const char *path)
{
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void be_a_fifo(const char *path)
{
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
}

static void be_open_to_all(const char *path)
{
	assert_int_equal(chmod(path, 0666), 0);
}

static const struct {
	void (*spoil)(const char *path);
	bool usable;
} spoils[] = {
	{ be_gone, true },
	{ be_another, true },
	{ be_cut, true },
	{ be_cut_a_little, true },
	{ be_longer, true },
	{ be_text, false },
	{ be_a_link, false },
	{ be_a_folder, false },
	{ be_a_fifo, false },
	{ be_open_to_all, false },
};

static void clean(const char *path)
{
	char other[1000];

	snprintf(other, sizeof(other), "%s.other", path);
	if (unlink(path) != 0)
		rmdir(path);
	unlink(other);
}

static void check_spoiled(const char *path, bool usable, struct flights *f)
{
	struct flights *late;
	struct stat st;

	assert_int_equal(
	    flights_take(f, ID), usable ? FLIGHT_OURS : FLIGHT_ALONE);
	if (usable) {
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_size, FILE_BYTES);
	}
	late = flights_open(path);
	assert_non_null(late);
	assert_int_equal(
	    flights_take(late, ID), usable ? FLIGHT_THEIRS : FLIGHT_ALONE);
	assert_int_equal(seen(late, ID), usable ? FLIGHT_UNKNOWN : FLIGHT_NONE);
	if (usable) {
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_size, FILE_BYTES);
		assert_int_equal(st.st_mode & 022, 0);
	} else if (stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & 022) == 0)
		assert_true(st.st_size < 100);
	flights_free(late);
}

/* All of them at once: it takes a second until somebody looks. */
static void spoiled_files_are_left_or_made_anew(void **state)
{
	struct scene *s = *state;
	struct timespec wait = { 1, 100 * 1000 * 1000 };
	char path[ROWS(spoils)][90];
	struct flights *f[ROWS(spoils)];

	for (size_t i = 0; i < ROWS(spoils); i++) {
		snprintf(path[i], sizeof(path[i]), "%s.%zu", s->path, i);
		f[i] = flights_open(path[i]);
		assert_int_equal(flights_take(f[i], ID), FLIGHT_OURS);
		flights_leave(f[i], ID, FLIGHT_NONE, 0);
		spoils[i].spoil(path[i]);
	}
	nanosleep(&wait, NULL);
	for (size_t i = 0; i < ROWS(spoils); i++) {
		check_spoiled(path[i], spoils[i].usable, f[i]);
		clean(path[i]);
		flights_leave(f[i], ID, FLIGHT_STORED, 0);
	}
	/* What could not be had comes back, and who held what was lost leaves
	 * it without harm. */
	nanosleep(&wait, NULL);
	for (size_t i = 0; i < ROWS(spoils); i++) {
		assert_int_equal(flights_take(f[i], ID), FLIGHT_OURS);
		flights_free(f[i]);
		clean(path[i]);
	}
}

static void on_a_full_disk(void **state)
{
	struct scene *s = *state;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct rlimit none = { 100, 100 };
		bool right;

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &none);
		s->a = flights_open(s->path);
		right = flights_take(s->a, ID) == FLIGHT_ALONE;
		/* And did not keep the lock. */
		right = right && seen(s->b, ID) == FLIGHT_NONE;
		_exit(right ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* ---- kill -9 ---- */

#define KEYS       6
#define WORKERS    3
#define KILLS      2000
#define TIME_MAX_S 12

struct shared {
	_Atomic unsigned owner[KEYS];         /* 1 + number of a life */
	_Atomic bool doomed[KILLS + WORKERS]; /* lives: to be killed, or were */
	_Atomic unsigned wrong;
	_Atomic unsigned flown;
	_Atomic unsigned shown;
	_Atomic unsigned stored;
};

static uint64_t id_of(unsigned key)
{
	return UINT64_C(0x9e3779b97f4a7c15) * (key + 1);
}

/* Names and lengths tell which key they belong to. */
static bool looks_right(const struct flight *flight, unsigned key)
{
	char name[STORE_NAME_MAX];

	snprintf(name, sizeof(name), "%u-", key);
	switch (flight->state) {
	case FLIGHT_SHOWN:
		return flight->name_n > 20 &&
		    memcmp(flight->name, name, strlen(name)) == 0;
	case FLIGHT_STORED:
		return flight->body_bytes % KEYS == key;
	case FLIGHT_NONE:
	case FLIGHT_UNKNOWN:
	case FLIGHT_REFUSED:
		break;
	}
	return true;
}

static void fly(struct flights *f, struct shared *shared, unsigned life,
    unsigned key, unsigned chance)
{
	char name[STORE_NAME_MAX];
	unsigned before = atomic_exchange(&shared->owner[key], life + 1);

	/* The lock of a killed process goes before anyone hears of it. */
	if (before != 0 && before != life + 1 && !shared->doomed[before - 1])
		shared->wrong++;
	snprintf(
	    name, sizeof(name), "%u-%0*u", key, (int)(20 + chance % 30), life);
	if (chance % 3 != 0)
		flights_show(f, id_of(key), slice_of(name));
	if (shared->owner[key] != life + 1)
		shared->wrong++;
	shared->owner[key] = 0;
	flights_leave(f, id_of(key),
	    chance % 5 == 0 ? FLIGHT_REFUSED : FLIGHT_STORED,
	    (uint64_t)(chance % 1000) * KEYS + key);
	shared->flown++;
}

static void work(const char *path, struct shared *shared, unsigned life)
{
	struct flights *f = flights_open(path);
	struct flight flight;

	for (unsigned i = life * 2654435761u;; i = i * 1664525u + 1013904223u) {
		unsigned key = (i >> 8) % KEYS;

		if (flights_take(f, id_of(key)) == FLIGHT_OURS)
			fly(f, shared, life, key, i >> 12);
		key = (i >> 16) % KEYS;
		flights_look(f, id_of(key), &flight);
		if (!looks_right(&flight, key))
			shared->wrong++;
		shared->shown += flight.state == FLIGHT_SHOWN;
		shared->stored += flight.state == FLIGHT_STORED;
	}
}

static pid_t begin(const char *path, struct shared *shared, unsigned life)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(60); /* where the test fails */
		work(path, shared, life);
		_exit(0);
	}
	return pid;
}

static void kill_one(struct shared *shared, unsigned life, pid_t pid)
{
	int status;

	shared->doomed[life] = true;
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void one_at_a_time_whoever_is_killed(void **state)
{
	struct scene *s = *state;
	struct shared *shared = mmap(NULL, sizeof(*shared),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[WORKERS];
	unsigned lives[WORKERS];
	unsigned life = 0;
	time_t start = time(NULL);
	unsigned kills = 0;

	assert_true(shared != MAP_FAILED);
	for (size_t i = 0; i < WORKERS; i++) {
		lives[i] = life;
		pids[i] = begin(s->path, shared, life++);
	}
	for (; kills < KILLS && time(NULL) - start < TIME_MAX_S; kills++) {
		struct timespec wait = { 0, (kills * 7919 % 2000) * 1000 };
		size_t i = kills % WORKERS;

		nanosleep(&wait, NULL);
		kill_one(shared, lives[i], pids[i]);
		lives[i] = life;
		pids[i] = begin(s->path, shared, life++);
	}
	for (size_t i = 0; i < WORKERS; i++)
		kill_one(shared, lives[i], pids[i]);
	print_message("%u kills, %u flights, seen %u shown and %u stored\n",
	    kills, shared->flown, shared->shown, shared->stored);
	assert_int_equal(shared->wrong, 0);
	assert_true(shared->flown > 0 && shared->stored > 0);
	/* No slot is lost. */
	for (unsigned key = 0; key < KEYS; key++) {
		assert_true(seen(s->a, id_of(key)) != FLIGHT_UNKNOWN);
		assert_int_equal(flights_take(s->a, id_of(key)), FLIGHT_OURS);
	}
	munmap(shared, sizeof(*shared));
}

static void the_dead_fetch_nothing(void **state)
{
	struct scene *s = *state;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct flights *f = flights_open(s->path);

		flights_take(f, ID);
		flights_show(f, ID, LIT("what is lost"));
		for (;;)
			pause();
	}
	for (int i = 0; i < 5000 && seen(s->a, ID) != FLIGHT_SHOWN; i++) {
		struct timespec wait = { 0, 1000 * 1000 };

		nanosleep(&wait, NULL);
	}
	assert_int_equal(flights_take(s->a, ID), FLIGHT_THEIRS);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	assert_int_equal(seen(s->a, ID), FLIGHT_NONE);
	assert_int_equal(flights_take(s->a, ID), FLIGHT_OURS);
}

int main(void)
{
#define EACH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		EACH(one_fetches_and_the_others_know),
		EACH(ends_are_seen),
		EACH(wishes_reach_who_fetches),
		EACH(keys_that_meet_go_alone),
		EACH(all_slots_at_once),
		EACH(a_lock_comes_before_its_words),
		EACH(an_end_is_forgotten),
		EACH(without_a_file),
		EACH(spoiled_files_are_left_or_made_anew),
		EACH(on_a_full_disk),
		EACH(the_dead_fetch_nothing),
		EACH(one_at_a_time_whoever_is_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

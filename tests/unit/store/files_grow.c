/* Entries that are read while they are written: what is seen of them is always
 * a beginning of what they become, whoever is killed, purged or removed. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "http/message.h"
#include "store/flights.h"
#include "tests/unit/store/files_run.h"

#define KEY   LIT("GET http://a.example/large")
#define LARGE 300000

/* Another process's view of the store, and a writer that is shown. */
struct pair {
	struct store *other;
	struct store_writer *w;
	char name_at[STORE_NAME_MAX];
	struct slice name;
	struct store_hit hit;
};

static char body[LARGE];

static void fill(char *at, size_t n, uint32_t seed)
{
	uint32_t x = seed * 2654435761u + 1;

	for (size_t i = 0; i < n; i++) {
		x = x * 1664525u + 1013904223u;
		at[i] = (char)(x >> 24);
	}
}

static struct store_writer *begin(
    struct scene *s, struct slice variant, int64_t length)
{
	struct record r = scene_record(KEY, variant, LIT("tag"));

	r.generation = s->mark;
	return store_begin(s->store, &r, length, NULL, s->now_ms);
}

static struct slice show(struct store_writer *w, char name[STORE_NAME_MAX])
{
	return (struct slice){ name, store_show(w, name) };
}

/* Begun, a hundred bytes written, shown and watched. */
static void start(struct scene *s, struct pair *p)
{
	p->other = scene_open(s, 1 << 30, 1 << 24, false);
	assert_non_null(p->other);
	fill(body, sizeof(body), 1);
	p->w = begin(s, LIT(""), LENGTH_UNKNOWN);
	assert_true(store_append(p->w, (struct slice){ body, 100 }));
	p->name = show(p->w, p->name_at);
	assert_true(p->name.len > 0);
	assert_true(store_watch(p->other, p->name, s->arena, &p->hit));
}

static void finish(struct pair *p)
{
	store_release_hit(p->other, &p->hit);
	store_free(p->other);
}

/* So many bytes, and the right ones. */
static bool has_grown_to(
    struct store *store, struct store_hit *hit, size_t n, const char *want)
{
	static char room[LARGE];
	uint64_t bytes;

	if (!store_grown(store, hit, &bytes) || bytes != n)
		return false;
	hit->record.body_bytes = bytes;
	return store_read(store, hit, 0, room, n) && memcmp(room, want, n) == 0;
}

/* ---- one writer ---- */

static void what_is_appended_is_seen_at_once(void **state)
{
	static const size_t pieces[] = { 1, 7, 9000, 65536, 1, 100000, 30 };
	struct scene *s = *state;
	struct pair p;
	char again[STORE_NAME_MAX];
	size_t n = 100;

	start(s, &p);
	assert_slice(p.hit.record.key, KEY, LIT("key"));
	assert_int_equal(p.hit.record.status, 200);
	assert_int_equal(p.hit.record.body_bytes, 100);
	assert_true(has_grown_to(p.other, &p.hit, n, body));
	for (size_t i = 0; i < ROWS(pieces); i++) {
		assert_true(
		    store_append(p.w, (struct slice){ body + n, pieces[i] }));
		n += pieces[i];
		assert_true(has_grown_to(p.other, &p.hit, n, body));
		assert_slice(show(p.w, again), p.name, LIT("name"));
	}
	/* It is nobody's hit before it is whole. */
	assert_int_equal(scene_find(s, KEY), 0);
	assert_true(store_end(p.w, true, s->now_ms));
	assert_true(has_grown_to(p.other, &p.hit, n, body));
	assert_true(scene_has(s, KEY, (struct slice){ body, n }));
	/* Now it has another name. */
	store_release_hit(p.other, &p.hit);
	assert_false(store_watch(p.other, p.name, s->arena, &p.hit));
	store_free(p.other);
}

static void what_is_shown_late_is_shown_whole(void **state)
{
	static const size_t before[] = { 0, 10, 65536, 65537, LARGE };
	struct scene *s = *state;

	fill(body, sizeof(body), 2);
	for (size_t i = 0; i < ROWS(before); i++) {
		struct store_writer *w = begin(s, LIT(""), LARGE);
		char name[STORE_NAME_MAX];
		struct store_hit hit;

		store_append(w, (struct slice){ body, before[i] });
		assert_true(
		    store_watch(s->store, show(w, name), s->arena, &hit));
		assert_true(has_grown_to(s->store, &hit, before[i], body));
		assert_true(store_append(
		    w, (struct slice){ body + before[i], LARGE - before[i] }));
		assert_true(has_grown_to(s->store, &hit, LARGE, body));
		assert_true(store_end(w, true, s->now_ms));
		store_release_hit(s->store, &hit);
		assert_true(scene_has(s, KEY, (struct slice){ body, LARGE }));
	}
}

static void what_breaks_off_stays_readable(void **state)
{
	struct scene *s = *state;
	struct pair p;

	start(s, &p);
	assert_false(store_end(p.w, false, s->now_ms));
	assert_true(has_grown_to(p.other, &p.hit, 100, body));
	assert_int_equal(scene_files(s, "tmp"), 0);
	assert_int_equal(scene_find(s, KEY), 0);
	finish(&p);
}

static void what_is_too_long_stops_growing(void **state)
{
	struct scene *s = *state;
	struct store_writer *w;
	struct store_hit hit;
	char name[STORE_NAME_MAX];

	fill(body, sizeof(body), 3);
	store_free(s->store);
	s->store = scene_open(s, 1 << 30, 1000, false);
	w = begin(s, LIT(""), LENGTH_UNKNOWN);
	assert_true(store_append(w, (struct slice){ body, 900 }));
	assert_true(store_watch(s->store, show(w, name), s->arena, &hit));
	assert_false(store_append(w, (struct slice){ body + 900, 101 }));
	assert_true(has_grown_to(s->store, &hit, 900, body));
	assert_int_equal(store_show(w, name), 0);
	assert_false(store_end(w, true, s->now_ms));
	store_release_hit(s->store, &hit);
}

static void what_is_purged_is_not_watched(void **state)
{
	static const struct {
		enum store_scope scope;
		struct slice what;
		bool gone;
	} rows[] = {
		{ STORE_KEY, S("GET http://a.example/large"), true },
		{ STORE_KEY, S("GET http://a.example/other"), false },
		{ STORE_PREFIX, S("GET http://a.exam"), true },
		{ STORE_TAG, S("tag"), true },
		{ STORE_TAG, S("another"), false },
		{ STORE_ALL, S(""), true },
	};
	struct scene *s = *state;

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct pair p;
		struct store_hit late;
		bool watched;

		scene_find(s, KEY);
		start(s, &p);
		assert_true(store_purge(
		    s->store, rows[i].scope, rows[i].what, s->now_ms));
		watched = store_watch(p.other, p.name, s->arena, &late);
		assert_int_equal(watched, !rows[i].gone);
		if (watched)
			store_release_hit(p.other, &late);
		assert_true(has_grown_to(p.other, &p.hit, 100, body));
		store_end(p.w, true, s->now_ms);
		assert_int_equal(scene_find(s, KEY), !rows[i].gone);
		finish(&p);
	}
}

/* What is freshened in place is in no file of its own. */
static void what_has_a_body_already_is_not_shown(void **state)
{
	struct scene *s = *state;
	struct store_writer *w;
	char name[STORE_NAME_MAX];

	assert_true(scene_put(s, KEY, LIT("body")));
	assert_int_equal(scene_find(s, KEY), 1);
	w = store_begin(s->store, &s->found.at[0].record, LENGTH_UNKNOWN,
	    &s->found.at[0], s->now_ms);
	assert_int_equal(store_show(w, name), 0);
	assert_true(store_end(w, true, s->now_ms));
	assert_int_equal(store_show(NULL, name), 0);
}

/* ---- names ---- */

#define OURS "1-0123456789abcdef"

static void be_nothing(const char *path)
{
	(void)path;
}

static void be_text(const char *path)
{
	FILE *file = fopen(path, "w");

	fputs("what somebody else wrote", file);
	fclose(file);
}

static void be_a_link(const char *path)
{
	assert_int_equal(symlink("true", path), 0);
}

static void be_a_second_name(const char *path)
{
	char other[1000];

	snprintf(other, sizeof(other), "%s.other", path);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(link(other, path), 0);
}

static void be_a_fifo(const char *path)
{
	assert_int_equal(mkfifo(path, 0600), 0);
}

static void be_a_folder(const char *path)
{
	assert_int_equal(mkdir(path, 0700), 0);
}

static void what_is_no_growing_entry_is_not_watched(void **state)
{
	static const struct {
		struct slice name;
		void (*put)(const char *path);
	} rows[] = {
		{ S(""), be_nothing },
		{ S("."), be_nothing },
		{ S("../state"), be_nothing },
		{ S("/etc/passwd"), be_nothing },
		{ S("true"), be_nothing },
		{ S(OURS), be_nothing },
		{ S("../tmp/" OURS), be_nothing },
		{ S(OURS "\0"), be_nothing },
		{ S(OURS "/"), be_nothing },
		{ S("11111111111111111111111111111111111111111111111-"
		    "0123456789abcdef"),
		    be_nothing },
		{ S(OURS), be_text },
		{ S(OURS), be_a_link },
		{ S(OURS), be_a_second_name },
		{ S(OURS), be_a_fifo },
		{ S(OURS), be_a_folder },
	};
	struct scene *s = *state;

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct pair p;
		char from[512];
		char path[512];
		char true_path[512];
		struct store_hit hit;

		start(s, &p);
		/* A good one, twice; the second name is the row's. */
		snprintf(from, sizeof(from), "%s/tmp/%.*s", s->path,
		    SLICE_ARG(p.name));
		snprintf(true_path, sizeof(true_path), "%s/tmp/true", s->path);
		snprintf(path, sizeof(path), "%s/tmp/" OURS, s->path);
		assert_int_equal(
		    rename(from,
			rows[i].put == be_a_second_name ? path : true_path),
		    0);
		rows[i].put(path);
		if (store_watch(p.other, rows[i].name, s->arena, &hit))
			fail_msg("row %zu", i);
		store_end(p.w, false, s->now_ms);
		snprintf(true_path, sizeof(true_path), "%s/tmp", s->path);
		scene_remove(true_path);
		finish(&p);
	}
}

static void a_spoiled_head_is_not_watched(void **state)
{
	struct scene *s = *state;
	struct pair p;
	char path[512];
	struct store_hit hit;
	uint64_t bytes;
	int fd;

	start(s, &p);
	snprintf(path, sizeof(path), "%s/tmp/%.*s", s->path, SLICE_ARG(p.name));
	fd = open(path, O_RDWR);
	assert_int_equal(pwrite(fd, "x", 1, 90), 1);
	close(fd);
	assert_false(store_watch(p.other, p.name, s->arena, &hit));
	/* What was read already is gone. */
	assert_int_equal(truncate(path, p.hit.record.body_at + 99), 0);
	assert_false(store_grown(p.other, &p.hit, &bytes));
	assert_int_equal(truncate(path, 10), 0);
	assert_false(store_grown(p.other, &p.hit, &bytes));
	store_end(p.w, false, s->now_ms);
	finish(&p);
}

/* ---- two writers, and no folder ---- */

static void two_of_one_key_end_well(void **state)
{
	static const struct slice variants[] = { S(""), S("gzip") };
	struct scene *s = *state;
	static char second[LARGE];

	for (size_t i = 0; i < ROWS(variants); i++) {
		struct pair p;
		struct store_writer *w = begin(s, variants[i], LARGE);
		char name[STORE_NAME_MAX];
		struct store_hit hit;

		start(s, &p);
		fill(second, sizeof(second), 7);
		store_append(w, (struct slice){ second, 200000 });
		assert_true(
		    store_watch(p.other, show(w, name), s->arena, &hit));
		assert_true(
		    store_append(p.w, (struct slice){ body + 100, 100000 }));
		assert_true(store_end(p.w, true, s->now_ms));
		assert_true(scene_has(s, KEY, (struct slice){ body, 100100 }));
		assert_true(store_append(
		    w, (struct slice){ second + 200000, LARGE - 200000 }));
		assert_true(store_end(w, true, s->now_ms));
		assert_true(scene_has(s, KEY, (struct slice){ second, LARGE }));
		assert_true(has_grown_to(p.other, &p.hit, 100100, body));
		assert_true(has_grown_to(p.other, &hit, LARGE, second));
		assert_int_equal(scene_files(s, "tmp"), 0);
		store_release_hit(p.other, &hit);
		finish(&p);
		assert_true(store_purge(s->store, STORE_KEY, KEY, s->now_ms));
		scene_find(s, KEY);
	}
}

static void a_folder_vanishes_while_watched(void **state)
{
	struct scene *s = *state;
	struct pair p;
	struct store_hit hit;

	start(s, &p);
	scene_remove(s->path);
	assert_true(store_append(p.w, (struct slice){ body + 100, 100000 }));
	assert_true(has_grown_to(p.other, &p.hit, 100100, body));
	assert_false(store_watch(p.other, p.name, s->arena, &hit));
	s->now_ms += 1000;
	assert_false(store_end(p.w, true, s->now_ms));
	assert_true(has_grown_to(p.other, &p.hit, 100100, body));
	assert_true(scene_put(s, KEY, LIT("again")));
	assert_true(scene_has(s, KEY, LIT("again")));
	finish(&p);
}

/* ---- a full disk ---- */

static int on_a_full_disk(struct scene *s, int ready)
{
	struct rlimit limit = { 100000, 100000 };
	struct store_writer *w;
	char name[STORE_NAME_MAX];
	struct slice shown;
	size_t n = 0;

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 1;
	w = begin(s, LIT(""), LENGTH_UNKNOWN);
	shown = show(w, name);
	if (write(ready, shown.at, shown.len) != (ssize_t)shown.len)
		return 2;
	while (store_append(w, (struct slice){ body + n, 9000 }))
		n += 9000;
	if (n < 80000 || n > 100000)
		return 3;
	/* Whoever watches it is through when this is killed. */
	for (;;)
		pause();
}

static void a_full_disk_ends_it(void **state)
{
	struct scene *s = *state;
	struct store_hit hit;
	char name[STORE_NAME_MAX];
	int pipes[2];
	ssize_t n;
	uint64_t bytes = 0;
	int status;
	pid_t pid;

	fill(body, sizeof(body), 1);
	scene_find(s, KEY);
	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	if (pid == 0)
		_exit(on_a_full_disk(s, pipes[1]));
	n = read(pipes[0], name, sizeof(name));
	assert_true(n > 0);
	assert_true(store_watch(
	    s->store, (struct slice){ name, (size_t)n }, s->arena, &hit));
	for (int i = 0; i < 5000 && bytes < 81000; i++) {
		struct timespec wait = { 0, 1000 * 1000 };

		assert_true(store_grown(s->store, &hit, &bytes));
		assert_true(has_grown_to(s->store, &hit, bytes, body) ||
		    store_grown(s->store, &hit, &bytes));
		nanosleep(&wait, NULL);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	assert_true(store_grown(s->store, &hit, &bytes));
	assert_true(bytes >= 81000 && bytes < 100000);
	assert_true(has_grown_to(s->store, &hit, bytes, body));
	store_release_hit(s->store, &hit);
	close(pipes[0]);
	close(pipes[1]);
}

/* ---- writers that are killed, and whoever watches them ---- */

#define ROUNDS     300
#define TIME_MAX_S 10
#define ID         UINT64_C(0xfedcba9876543210)

/* The record's flags are the seed of its body. */
static void write_for_ever(struct scene *s, const char *path, uint32_t seed)
{
	static char mine[LARGE];
	struct flights *flights = flights_open(path);

	s->store = scene_open(s, 1 << 24, 1 << 20, false);
	for (;; seed = seed * 1664525u + 1013904223u) {
		struct timespec wait = { 0, 100 * 1000 };
		struct record r = scene_record(KEY, LIT(""), LIT(""));
		size_t n = 1 + seed % LARGE;
		size_t done = 0;
		char name[STORE_NAME_MAX];
		struct store_writer *w;

		if (flights_take(flights, ID) != FLIGHT_OURS) {
			nanosleep(&wait, NULL);
			continue;
		}
		fill(mine, n, seed);
		r.flags = seed;
		w = store_begin(s->store, &r, (int64_t)n, NULL, s->now_ms);
		flights_show(flights, ID, show(w, name));
		while (done < n) {
			size_t piece = n - done < 1 + seed % 7000 ?
			    n - done :
			    1 + seed % 7000;

			store_append(w, (struct slice){ mine + done, piece });
			done += piece;
		}
		flights_leave(flights, ID,
		    store_end(w, true, s->now_ms) ? FLIGHT_STORED : FLIGHT_NONE,
		    n);
	}
}

struct seen {
	unsigned whole;
	unsigned cut;
	unsigned late;
};

/* Follows one to its end, whatever that is; victim is killed on the way. */
static bool follow(
    struct scene *s, struct flights *flights, struct seen *seen, pid_t victim)
{
	static char want[LARGE];
	static char room[LARGE];
	struct flight flight;
	struct flight now;
	struct store_hit hit;
	uint64_t done = 0;

	flights_look(flights, ID, &flight);
	if (flight.state != FLIGHT_SHOWN)
		return false;
	arena_reset(s->arena);
	if (!store_watch(s->store, (struct slice){ flight.name, flight.name_n },
		s->arena, &hit)) {
		seen->late++;
		return false;
	}
	if (victim != 0)
		kill(victim, SIGKILL);
	fill(want, 1 + hit.record.flags % LARGE, hit.record.flags);
	do {
		uint64_t bytes;

		flights_look(flights, ID, &now);
		assert_true(store_grown(s->store, &hit, &bytes));
		hit.record.body_bytes = bytes;
		assert_true(bytes <= 1 + hit.record.flags % LARGE);
		assert_true(store_read(
		    s->store, &hit, done, room + done, bytes - done));
		assert_memory_equal(room + done, want + done, bytes - done);
		done = bytes;
	} while (now.state == FLIGHT_SHOWN && now.number == flight.number);
	if (done == 1 + hit.record.flags % LARGE)
		seen->whole++;
	else
		seen->cut++;
	/* A stored one was whole before that was said. */
	if (now.state == FLIGHT_STORED && now.number == flight.number)
		assert_int_equal(done, now.body_bytes);
	store_release_hit(s->store, &hit);
	return true;
}

static pid_t begin_writer(struct scene *s, const char *path, uint32_t seed)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(60); /* where the test fails */
		write_for_ever(s, path, seed);
		_exit(0);
	}
	return pid;
}

static void killed_writers_are_followed(void **state)
{
	struct scene *s = *state;
	struct flights *flights;
	struct seen seen = { 0 };
	time_t start = time(NULL);
	char path[256];
	pid_t pids[2];
	unsigned i;
	int status;

	snprintf(path, sizeof(path), "%s/flights", s->folder);
	flights = flights_open(path);
	for (i = 0; i < ROWS(pids); i++)
		pids[i] = begin_writer(s, path, i * 7919);
	for (i = 0; i < ROUNDS && time(NULL) - start < TIME_MAX_S; i++) {
		for (int times = 0; times < 12; times++) {
			struct timespec wait = { 0, 100 * 1000 };

			if (follow(s, flights, &seen,
				times > 4 ? pids[i % 2] : 0) &&
			    times > 4)
				break;
			nanosleep(&wait, NULL);
		}
		kill(pids[i % 2], SIGKILL);
		waitpid(pids[i % 2], &status, 0);
		pids[i % 2] = begin_writer(s, path, i * 104729);
	}
	for (unsigned k = 0; k < ROWS(pids); k++) {
		kill(pids[k], SIGKILL);
		waitpid(pids[k], &status, 0);
	}
	print_message(
	    "%u kills: followed %u to the end, %u were cut, %u gone\n", i,
	    seen.whole, seen.cut, seen.late);
	/* However busy the machine is. */
	assert_true(seen.whole > 10 && seen.cut > 0);
	flights_free(flights);
}

int main(void)
{
#define EACH(f) \
	cmocka_unit_test_setup_teardown(f, scene_set_up, scene_tear_down)
	static const struct CMUnitTest tests[] = {
		EACH(what_is_appended_is_seen_at_once),
		EACH(what_is_shown_late_is_shown_whole),
		EACH(what_breaks_off_stays_readable),
		EACH(what_is_too_long_stops_growing),
		EACH(what_is_purged_is_not_watched),
		EACH(what_has_a_body_already_is_not_shown),
		EACH(what_is_no_growing_entry_is_not_watched),
		EACH(a_spoiled_head_is_not_watched),
		EACH(two_of_one_key_end_well),
		EACH(a_folder_vanishes_while_watched),
		EACH(a_full_disk_ends_it),
		EACH(killed_writers_are_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

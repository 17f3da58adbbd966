/* Writers are killed at any moment, thousands of times, while others read,
 * freshen and purge: every body that is found is whole and belongs to its key
 * and to its head, and what was purged is not found.
 *
 * A body is made from a seed that its head carries, so whoever reads one knows
 * what it must be. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "http/message.h"
#include "tests/unit/store/files_run.h"

#define KEYS       12
#define WRITERS    3
#define KILLS      2000
#define BODY_MAX   150000
#define TIME_MAX_S 25

/* What the writers and the reader have in common. */
struct shared {
	_Atomic uint32_t seed; /* of bodies; counts up */
	_Atomic uint32_t stored;
	/* Seeds from below here were purged for each key. */
	_Atomic uint32_t purged[KEYS];
};

static struct slice key_of(unsigned i)
{
	static char key[32];

	snprintf(key, sizeof(key), "GET http://a/%u", i);
	return slice_of(key);
}

static size_t body_bytes(uint32_t seed)
{
	return seed % 3 == 0 ? seed * 7919u % BODY_MAX : seed * 31u % 3000;
}

static void fill(char *body, size_t n, uint32_t seed)
{
	uint32_t x = seed * 2654435761u + 1;

	for (size_t i = 0; i < n; i++) {
		x = x * 1664525u + 1013904223u;
		body[i] = (char)(x >> 24);
	}
}

static void write_one(struct scene *s, struct shared *shared, unsigned key)
{
	static char body[BODY_MAX];
	static const char *const names[] = { "", "gzip", "br" };
	struct record r;
	struct store_writer *w;
	uint32_t seed;
	size_t n;
	size_t done = 0;

	scene_find(s, key_of(key));
	seed = ++shared->seed;
	n = body_bytes(seed);
	/* Odd keys vary. */
	r = scene_record(key_of(key),
	    slice_of(key % 2 == 0 ? "" : names[1 + seed % 2]), LIT(""));
	r.flags = seed;
	r.request_ms = (int64_t)key;
	r.generation = s->mark;
	fill(body, n, seed);
	w = store_begin(s->store, &r, (int64_t)n, NULL, s->now_ms);
	while (done < n) {
		size_t piece = n - done < 9000 ? n - done : 9000;

		store_append(w, (struct slice){ body + done, piece });
		done += piece;
	}
	if (store_end(w, true, s->now_ms))
		shared->stored++;
}

static void freshen_one(struct scene *s, unsigned key)
{
	struct record r;
	struct store_writer *w;

	if (scene_find(s, key_of(key)) == 0)
		return;
	r = s->found.at[0].record;
	r.generation = s->found.mark;
	r.response_ms++;
	w = store_begin(
	    s->store, &r, LENGTH_UNKNOWN, &s->found.at[0], s->now_ms);
	store_end(w, true, s->now_ms);
}

static void work(struct scene *s, struct shared *shared)
{
	s->store = scene_open(s, 40 * 65536, 1 << 20, false);
	for (uint32_t i = (uint32_t)getpid() * 2654435761u;;
	     i = i * 1664525u + 1013904223u) {
		unsigned key = (i >> 8) % KEYS;

		if (i >> 24 < 40)
			freshen_one(s, key);
		else
			write_one(s, shared, key);
	}
}

static pid_t begin(struct scene *s, struct shared *shared)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		work(s, shared);
		_exit(0);
	}
	return pid;
}

/* Returns how many bodies were looked at. */
static size_t check(struct scene *s, struct shared *shared, unsigned key)
{
	static char want[BODY_MAX];
	uint32_t purged = shared->purged[key];
	size_t n = scene_find(s, key_of(key));

	for (size_t i = 0; i < n; i++) {
		const struct record *r = &s->found.at[i].record;

		assert_slice(r->key, key_of(key), LIT("key"));
		assert_int_equal(r->request_ms, key);
		fill(want, body_bytes(r->flags), r->flags);
		assert_true(scene_body_is(
		    s, i, (struct slice){ want, body_bytes(r->flags) }));
		assert_true(r->flags > purged);
	}
	return n;
}

/* What has its seed by now was looked up before. */
static void purge(struct scene *s, struct shared *shared, unsigned key)
{
	uint32_t seed = shared->seed;

	if (store_purge(s->store, key % 3 == 0 ? STORE_PREFIX : STORE_KEY,
		key_of(key), s->now_ms)) {
		shared->purged[key] = seed;
		/* Ten and eleven begin with one. */
		if (key == 0 || key % 3 != 0)
			return;
	}
}

static void kill_one(pid_t *pid)
{
	int status;

	kill(*pid, SIGKILL);
	assert_int_equal(waitpid(*pid, &status, 0), *pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void nothing_wrong_is_ever_found(void **state)
{
	struct scene *s = *state;
	struct shared *shared = mmap(NULL, sizeof(*shared),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t writers[WRITERS];
	time_t start = time(NULL);
	size_t bodies = 0;
	unsigned kills = 0;

	assert_true(shared != MAP_FAILED);
	for (size_t i = 0; i < WRITERS; i++)
		writers[i] = begin(s, shared);
	while (kills < KILLS && time(NULL) - start < TIME_MAX_S) {
		struct timespec wait = { 0, (kills * 7919 % 3000) * 1000 };

		nanosleep(&wait, NULL);
		kill_one(&writers[kills % WRITERS]);
		writers[kills % WRITERS] = begin(s, shared);
		kills++;
		s->now_ms += 2;
		bodies += check(s, shared, kills % KEYS);
		if (kills % 9 == 0)
			purge(s, shared, kills / 9 % KEYS);
	}
	for (size_t i = 0; i < WRITERS; i++)
		kill_one(&writers[i]);
	for (unsigned i = 0; i < KEYS; i++)
		bodies += check(s, shared, i);
	print_message("%u kills, %u stored, %zu bodies found\n", kills,
	    shared->stored, bodies);
	assert_true(shared->stored > kills / 10 && bodies > kills / 10);
	/* What the dead left goes, so many files a run. */
	s->now_ms = INT64_C(1) << 42;
	for (int i = 0; i < 100 && scene_files(s, "tmp") > 0; i++)
		store_free(scene_open(s, 1 << 30, 1 << 20, false));
	assert_int_equal(scene_files(s, "tmp"), 0);
	munmap(shared, sizeof(*shared));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    nothing_wrong_is_ever_found, scene_set_up, scene_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

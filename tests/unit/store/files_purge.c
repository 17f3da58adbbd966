/* Purges: what they void, what they leave, and that nothing makes them be
 * forgotten. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "tests/unit/store/files_run.h"
#ifdef HAVE_HIREDIS
#include "tests/unit/store/redis_run.h"
#endif

#define A   LIT("GET http://a.example/news/1")
#define B   LIT("GET http://a.example/news/2")
#define C   LIT("GET http://b.example/")
#define ONE LIT("1")

static bool put(struct scene *s, struct slice key, struct slice tag)
{
	struct record r = scene_record(key, LIT(""), tag);

	return scene_put_record(s, &r, ONE);
}

static void put_three(struct scene *s)
{
	scene_find(s, A);
	assert_true(put(s, A, LIT("x")));
	assert_true(put(s, B, LIT("y")));
	assert_true(put(s, C, LIT("x")));
}

static const struct {
	enum store_scope scope;
	struct slice what;
	bool a, b, c; /* still there? */
} purges[] = {
	{ STORE_KEY, S("GET http://a.example/news/1"), false, true, true },
	{ STORE_KEY, S("GET http://a.example/news/"), true, true, true },
	{ STORE_PREFIX, S("GET http://a.example/news/"), false, false, true },
	{ STORE_PREFIX, S("GET http://a.example/news/1"), false, true, true },
	{ STORE_PREFIX, S(""), false, false, false },
	{ STORE_TAG, S("x"), false, true, false },
	{ STORE_TAG, S("z"), true, true, true },
	{ STORE_CHANGED, S("x"), false, true, false },
	{ STORE_ALL, S(""), false, false, false },
};

static void assert_three(struct scene *s, size_t row)
{
	assert_int_equal(scene_find(s, A), purges[row].a);
	assert_int_equal(scene_find(s, B), purges[row].b);
	assert_int_equal(scene_find(s, C), purges[row].c);
}

static void what_is_purged_is_gone(void **state)
{
	struct scene *s = *state;

	for (size_t i = 0; i < ROWS(purges); i++) {
		put_three(s);
		assert_true(store_purge(
		    s->store, purges[i].scope, purges[i].what, s->now_ms));
		assert_three(s, i);
		/* And comes again. */
		put_three(s);
		assert_int_equal(scene_find(s, A), 1);
		assert_int_equal(scene_find(s, B), 1);
		assert_int_equal(scene_find(s, C), 1);
	}
}

/* Visitors change much, and what one changes is no other's business. */
static void changes_spare_what_they_are_not_about(void **state)
{
	struct scene *s = *state;
	char key[64];
	char tag[64];

	for (int i = 0; i < 200; i++) {
		struct slice k = { key,
			(size_t)snprintf(key, sizeof(key), "GET %d", i) };
		struct slice t = { tag,
			(size_t)snprintf(tag, sizeof(tag), "kept %d", i) };

		scene_find(s, k);
		assert_true(put(s, k, t));
	}
	for (int i = 0; i < 8000; i++) {
		struct slice t = { tag,
			(size_t)snprintf(tag, sizeof(tag), "changed %d", i) };

		assert_true(store_purge(s->store, STORE_CHANGED, t, s->now_ms));
	}
	for (int i = 0; i < 200; i++) {
		struct slice k = { key,
			(size_t)snprintf(key, sizeof(key), "GET %d", i) };

		assert_int_equal(scene_find(s, k), 1);
	}
}

/* What was asked for before the purge may be what the purge is about. */
static void what_is_in_the_making_is_purged(void **state)
{
	struct scene *s = *state;

	for (size_t i = 0; i < ROWS(purges); i++) {
		struct record r[3] = {
			scene_record(A, LIT(""), LIT("x")),
			scene_record(B, LIT(""), LIT("y")),
			scene_record(C, LIT(""), LIT("x")),
		};
		struct slice tags[3] = { LIT("x"), LIT("y"), LIT("x") };
		struct store_writer *w[3];

		scene_find(s, A);
		for (size_t k = 0; k < 3; k++) {
			r[k].generation = s->mark;
			r[k].tags = (struct slice_list){ &tags[k], 1 };
			w[k] = store_begin(s->store, &r[k], 1, NULL, s->now_ms);
			assert_true(store_append(w[k], ONE));
		}
		assert_true(store_purge(
		    s->store, purges[i].scope, purges[i].what, s->now_ms));
		/* Whether that stores it, is the backend's to say. */
		for (size_t k = 0; k < 3; k++)
			store_end(w[k], true, s->now_ms);
		assert_three(s, i);
	}
}

/* Freshened with the mark of before, it is as old as before. */
static void freshening_is_no_way_around(void **state)
{
	struct scene *s = *state;
	struct record r;
	struct store_writer *w;

	put_three(s);
	assert_int_equal(scene_find(s, A), 1);
	r = s->found.at[0].record;
	r.generation = s->found.mark;
	assert_true(store_purge(s->store, STORE_TAG, LIT("x"), s->now_ms));
	w = store_begin(s->store, &r, 1, &s->found.at[0], s->now_ms);
	store_end(w, true, s->now_ms);
	assert_int_equal(scene_find(s, A), 0);
}

static void other_processes_know(void **state)
{
	struct scene *s = *state;
	struct store *other = scene_open(s, 1 << 30, 1 << 20, false);

	put_three(s);
	assert_true(
	    store_purge(other, STORE_PREFIX, LIT("GET http://a."), s->now_ms));
	assert_int_equal(scene_find(s, A), 0);
	assert_int_equal(scene_find(s, C), 1);
	store_free(other);
	other = scene_open(s, 1 << 30, 1 << 20, false);
	put_three(s);
	assert_true(
	    store_purge(other, STORE_PREFIX, LIT("GET http://b."), s->now_ms));
	assert_int_equal(scene_find(s, A), 1);
	assert_int_equal(scene_find(s, C), 0);
	store_free(other);
}

/* More prefixes than there are rows: more goes than was asked for, but never
 * less, and what is younger stays. */
static void many_prefixes(void **state)
{
	struct scene *s = *state;
	char key[64];

	scene_find(s, A);
	for (int i = 0; i < 400; i++) {
		snprintf(key, sizeof(key), "GET http://a.example/%d/", i);
		assert_true(put(s, slice_of(key), LIT("")));
	}
	assert_true(put(s, LIT("unlike"), LIT("")));
	for (int i = 0; i < 400; i++) {
		snprintf(key, sizeof(key), "GET http://a.example/%d/", i);
		assert_true(store_purge(
		    s->store, STORE_PREFIX, slice_of(key), s->now_ms));
	}
	for (int i = 0; i < 400; i++) {
		snprintf(key, sizeof(key), "GET http://a.example/%d/", i);
		assert_int_equal(scene_find(s, slice_of(key)), 0);
		assert_true(put(s, slice_of(key), LIT("")));
		assert_int_equal(scene_find(s, slice_of(key)), 1);
	}
	assert_int_equal(scene_find(s, LIT("unlike")), 1);
}

/* The clock may be wrong or step back; generations go on. */
static void clocks_do_not_matter(void **state)
{
	static const int64_t steps[] = { 0, -86400000, 5000, INT64_MIN / 4, 1 };
	struct scene *s = *state;

	for (size_t i = 0; i < ROWS(steps); i++) {
		s->now_ms = NOW + steps[i];
		put_three(s);
		assert_int_equal(scene_find(s, A), 1);
		assert_true(
		    store_purge(s->store, STORE_TAG, LIT("x"), s->now_ms));
		assert_int_equal(scene_find(s, A), 0);
		assert_int_equal(scene_find(s, B), 1);
		assert_true(store_purge(s->store, STORE_KEY, B, s->now_ms));
		assert_int_equal(scene_find(s, B), 0);
	}
}

static void lose(struct scene *s, const char *name, bool garble)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", s->path, name);
	if (garble) {
		int fd = open(path, O_RDWR);

		assert_int_equal(pwrite(fd, "garbage", 7, 20), 7);
		close(fd);
	} else {
		assert_int_equal(unlink(path), 0);
	}
	/* This process, too, is to look again. */
	store_release(s->store, &s->found, NULL);
	s->found.n = 0;
	store_free(s->store);
	s->store = scene_open(s, 1 << 30, 1 << 20, false);
}

static void a_lost_list_voids_more(void **state)
{
	struct scene *s = *state;

	for (int garble = 0; garble < 2; garble++) {
		put_three(s);
		assert_true(store_purge(
		    s->store, STORE_PREFIX, LIT("GET http://a."), s->now_ms));
		assert_int_equal(scene_find(s, C), 1);
		lose(s, "prefixes", garble);
		/* The next begins a new list, and that does not bring
		 * them back. */
		assert_true(store_purge(
		    s->store, STORE_PREFIX, LIT("nothing"), s->now_ms));
		assert_int_equal(scene_find(s, A), 0);
		put_three(s);
		assert_int_equal(scene_find(s, A), 1);
	}
}

/* It was found neither before nor after the next purge of a prefix. */
static void a_lost_list_voids_what_is_looked_up(void **state)
{
	struct scene *s = *state;

	put_three(s);
	assert_true(store_purge(
	    s->store, STORE_PREFIX, LIT("GET http://a."), s->now_ms));
	lose(s, "prefixes", false);
	assert_int_equal(scene_find(s, A), 0);
	assert_int_equal(scene_find(s, C), 0);
	put_three(s);
	assert_int_equal(scene_find(s, A), 1);
}

/* A purge that fails leaves nothing behind, least of all its caller's bytes. */
static void a_purge_that_fails_purges_nothing(void **state)
{
	struct scene *s = *state;
	char prefix[] = "GET http://a.";
	char tmp[256];

	snprintf(tmp, sizeof(tmp), "%s/tmp", s->path);
	for (int before = 0; before < 2; before++) {
		put_three(s);
		scene_remove(tmp);
		close(open(tmp, O_WRONLY | O_CREAT, 0600));
		memcpy(prefix, "GET http://a.", 13);
		assert_false(store_purge(
		    s->store, STORE_PREFIX, slice_of(prefix), s->now_ms));
		memcpy(prefix, "GET http://b.", 13);
		unlink(tmp);
		assert_int_equal(scene_find(s, A), 1);
		assert_true(store_purge(
		    s->store, STORE_PREFIX, LIT("none"), s->now_ms));
		assert_int_equal(scene_find(s, A), 1);
		assert_int_equal(scene_find(s, C), 1);
	}
}

/* The other processes, which have it open still. */
static void a_lost_state_is_noticed(void **state)
{
	struct scene *s = *state;
	char path[256];

	put_three(s);
	snprintf(path, sizeof(path), "%s/state", s->path);
	assert_int_equal(unlink(path), 0);
	s->now_ms += 1000;
	assert_int_equal(scene_find(s, A), 0);
	put_three(s);
	assert_int_equal(scene_find(s, A), 1);
}

/* Or else those who read it before and after would miss each other's purges. */
static void a_garbled_state_is_replaced(void **state)
{
	struct scene *s = *state;
	struct store *other;
	char path[256];
	int fd;

	put_three(s);
	snprintf(path, sizeof(path), "%s/state", s->path);
	fd = open(path, O_RDWR);
	assert_int_equal(pwrite(fd, "garbage", 7, 20), 7);
	close(fd);
	other = scene_open(s, 1 << 30, 1 << 20, false);
	s->now_ms += 1000;
	put_three(s);
	assert_true(store_purge(other, STORE_TAG, LIT("x"), s->now_ms));
	assert_int_equal(scene_find(s, A), 0);
	assert_int_equal(scene_find(s, B), 1);
	store_free(other);
}

static void a_lost_state_voids_all(void **state)
{
	struct scene *s = *state;

	for (int garble = 0; garble < 2; garble++) {
		put_three(s);
		assert_true(
		    store_purge(s->store, STORE_TAG, LIT("x"), s->now_ms));
		assert_int_equal(scene_find(s, B), 1);
		lose(s, "state", garble);
		assert_int_equal(scene_find(s, A), 0);
		assert_int_equal(scene_find(s, B), 0);
		put_three(s);
		assert_int_equal(scene_find(s, B), 1);
	}
}

/* Purged keys that share a row within the hour void what shares it, and no key
 * is forgotten. */
static void keys_may_share_a_row(void **state)
{
	struct scene *s = *state;
	struct record r = scene_record(A, LIT(""), LIT(""));
	struct store_writer *w;
	char key[32];

	scene_find(s, A);
	r.generation = s->mark;
	w = store_begin(s->store, &r, 1, NULL, s->now_ms);
	assert_true(store_append(w, ONE));
	assert_true(store_purge(s->store, STORE_KEY, A, s->now_ms));
	for (int i = 0; i < 60000; i++) {
		snprintf(key, sizeof(key), "%d", i);
		assert_true(
		    store_purge(s->store, STORE_KEY, slice_of(key), s->now_ms));
	}
	store_end(w, true, s->now_ms);
	assert_int_equal(scene_find(s, A), 0);
}

static void a_busy_purger_is_not_waited_for(void **state)
{
	struct scene *s = *state;
	struct store_report report;
	char path[256];
	int fd;

	put_three(s);
	snprintf(path, sizeof(path), "%s/state", s->path);
	fd = open(path, O_RDWR);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_false(store_purge(s->store, STORE_ALL, LIT(""), s->now_ms));
	assert_true(store_news(s->store, &report));
	assert_int_equal(report.why, STORE_SYSTEM);
	assert_false(store_news(s->store, &report));
	assert_int_equal(scene_find(s, A), 1);
	close(fd);
	assert_true(store_purge(s->store, STORE_ALL, LIT(""), s->now_ms));
	assert_int_equal(scene_find(s, A), 0);
}

/* What every backend does. */
#define CONTRACT(EACH)                                                       \
	EACH(what_is_purged_is_gone), EACH(what_is_in_the_making_is_purged), \
	    EACH(freshening_is_no_way_around), EACH(other_processes_know),   \
	    EACH(many_prefixes), EACH(clocks_do_not_matter),                 \
	    EACH(keys_may_share_a_row)

int main(void)
{
#define EACH(f) \
	cmocka_unit_test_setup_teardown(f, scene_set_up, scene_tear_down)
	static const struct CMUnitTest tests[] = {
		CONTRACT(EACH),
		EACH(changes_spare_what_they_are_not_about),
		EACH(a_lost_list_voids_more),
		EACH(a_lost_list_voids_what_is_looked_up),
		EACH(a_purge_that_fails_purges_nothing),
		EACH(a_lost_state_is_noticed),
		EACH(a_garbled_state_is_replaced),
		EACH(a_lost_state_voids_all),
		EACH(a_busy_purger_is_not_waited_for),
	};
	int failed = cmocka_run_group_tests_name("files", tests, NULL, NULL);
#ifdef HAVE_HIREDIS
#define EACH_REDIS(f) \
	cmocka_unit_test_setup_teardown(f, redis_set_up, scene_tear_down)
	static const struct CMUnitTest redis_tests[] = {
		CONTRACT(EACH_REDIS),
	};

	failed += cmocka_run_group_tests_name(
	    "redis", redis_tests, redis_group_set_up, redis_group_tear_down);
#endif
	return failed;
}

/* All that is stored, shown to somebody who asks: what would be found and
 * nothing else, whatever others do meanwhile. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "http/message.h"
#include "store/record.h"
#include "tests/unit/store/files_run.h"

#define ENTRIES 300

struct tally {
	struct scene *scene;
	size_t n;
	uint64_t bytes;
	size_t most; /* then it wants no further ones */
	bool wrong;
};

static char body[9000];

static struct slice key_of(unsigned i)
{
	static char key[32];

	snprintf(key, sizeof(key), "GET http://a/%u", i);
	return slice_of(key);
}

static bool count(void *user, const struct store_hit *hit, uint64_t bytes)
{
	struct tally *t = user;
	char room[sizeof(body)];
	uint64_t n = hit->record.body_bytes;

	t->n++;
	t->bytes += bytes;
	if (n > sizeof(room) || bytes % 4096 != 0 ||
	    bytes < hit->record.body_at + n ||
	    bytes >= hit->record.body_at + n + 4096 ||
	    !slice_starts(hit->record.key, LIT("GET http://a/")) ||
	    hit->record.fields.n != 1 ||
	    !store_read(t->scene->store, hit, 0, room, (size_t)n) ||
	    memcmp(room, body, (size_t)n) != 0)
		t->wrong = true;
	return t->n < t->most;
}

static struct tally walk(struct scene *s, size_t most, bool *to_the_end)
{
	struct tally t = { .scene = s, .most = most };
	bool end = store_each(s->store, count, &t, s->now_ms);

	assert_false(t.wrong);
	if (to_the_end != NULL)
		*to_the_end = end;
	else
		assert_true(end);
	return t;
}

static size_t shown(struct scene *s)
{
	return walk(s, SIZE_MAX, NULL).n;
}

static void put(struct scene *s, unsigned key, struct slice variant)
{
	struct record r = scene_record(key_of(key), variant, LIT("tag"));

	assert_true(scene_put_record(
	    s, &r, (struct slice){ body, key * 29 % sizeof(body) }));
}

static void put_all(struct scene *s)
{
	for (unsigned i = 0; i < ENTRIES; i++)
		put(s, i, LIT(""));
}

static void all_and_their_bytes(void **state)
{
	struct scene *s = *state;
	uint64_t want = 0;
	struct tally t;

	assert_int_equal(shown(s), 0);
	put_all(s);
	for (unsigned i = 0; i < ENTRIES; i++) {
		assert_int_equal(scene_find(s, key_of(i)), 1);
		want += (s->found.at[0].record.body_at +
			    s->found.at[0].record.body_bytes + 4095) /
		    4096 * 4096;
	}
	t = walk(s, SIZE_MAX, NULL);
	assert_int_equal(t.n, ENTRIES);
	assert_int_equal(t.bytes, want);
}

static void variants_that_count(void **state)
{
	struct scene *s = *state;

	put(s, 1, LIT("gzip"));
	put(s, 1, LIT("br"));
	put(s, 2, LIT("gzip"));
	assert_int_equal(shown(s), 3);
	/* It replaces the list, and what was in it lies about unfound. */
	put(s, 1, LIT(""));
	assert_int_equal(scene_find(s, key_of(1)), 1);
	assert_int_equal(shown(s), 2);
	for (unsigned i = 0; i < STORE_VARIANTS_MAX + 3; i++) {
		char variant[16];

		snprintf(variant, sizeof(variant), "v%u", i);
		put(s, 3, slice_of(variant));
	}
	assert_int_equal(scene_find(s, key_of(3)), STORE_VARIANTS_MAX);
	assert_int_equal(shown(s), 2 + STORE_VARIANTS_MAX);
}

static void purged_ones_are_left_out(void **state)
{
	static const struct {
		enum store_scope scope;
		struct slice what;
		size_t left;
	} rows[] = {
		{ STORE_KEY, S("GET http://a/7"), ENTRIES - 1 },
		/* 2, 20 to 29, 200 to 299 */
		{ STORE_PREFIX, S("GET http://a/2"), ENTRIES - 111 },
		{ STORE_TAG, S("other"), ENTRIES },
		{ STORE_TAG, S("tag"), 0 },
		{ STORE_ALL, S(""), 0 },
	};
	struct scene *s = *state;

	for (size_t i = 0; i < ROWS(rows); i++) {
		s->now_ms += 10;
		scene_find(s, key_of(0));
		put_all(s);
		assert_true(store_purge(
		    s->store, rows[i].scope, rows[i].what, s->now_ms));
		assert_int_equal(shown(s), rows[i].left);
	}
}

static void enough_is_enough(void **state)
{
	struct scene *s = *state;
	bool end = true;

	put_all(s);
	assert_int_equal(walk(s, 10, &end).n, 10);
	assert_false(end);
}

static void spoil(const char *path)
{
	FILE *file = fopen(path, "r+");

	assert_non_null(file);
	fseek(file, 90, SEEK_SET);
	fputs("xxxx", file);
	fclose(file);
}

static void cut(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size - 1), 0);
}

static void be_a_link(const char *path)
{
	char other[300];

	snprintf(other, sizeof(other), "%s.other", path);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink(other, path), 0);
}

static void be_a_fifo(const char *path)
{
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
}

/* Another key's name. */
static void be_elsewhere(const char *path)
{
	char other[300];

	snprintf(other, sizeof(other), "%s", path);
	other[strlen(other) - 16] ^= 1;
	assert_int_equal(rename(path, other), 0);
}

static void what_is_no_entry_is_left_out(void **state)
{
	static void (*const rows[])(const char *path) = {
		spoil,
		cut,
		be_a_link,
		be_a_fifo,
		be_elsewhere,
	};
	struct scene *s = *state;

	for (size_t i = 0; i < ROWS(rows); i++) {
		char path[256];

		put(s, 5, LIT(""));
		assert_int_equal(shown(s), 1);
		scene_only_entry(s, false, path);
		rows[i](path);
		if (shown(s) != 0)
			fail_msg("row %zu", i);
		scene_remove(s->path);
		s->now_ms += 1000;
	}
}

/* No time of use changes, nothing is thrown away. */
static void nothing_is_touched(void **state)
{
	struct scene *s = *state;
	char path[256];
	struct stat before;
	struct stat after;

	put(s, 5, LIT(""));
	scene_only_entry(s, false, path);
	assert_int_equal(stat(path, &before), 0);
	s->now_ms += 3600 * 1000;
	assert_int_equal(shown(s), 1);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
	spoil(path);
	assert_int_equal(shown(s), 0);
	assert_int_equal(stat(path, &after), 0);
}

static bool remove_all(void *user, const struct store_hit *hit, uint64_t bytes)
{
	struct tally *t = user;

	(void)hit;
	(void)bytes;
	t->n++;
	scene_remove(t->scene->path);
	return true;
}

static void a_folder_vanishes_meanwhile(void **state)
{
	struct scene *s = *state;
	struct tally t = { .scene = s };

	put_all(s);
	assert_false(store_each(s->store, remove_all, &t, s->now_ms));
	assert_true(t.n > 0 && t.n < ENTRIES / 2);
	store_free(s->store);
	scene_remove(s->path);
	s->store = scene_open(s, 1 << 30, 1 << 20, false);
	scene_remove(s->folder);
	s->now_ms += 1000;
	assert_false(store_each(s->store, remove_all, &t, s->now_ms));
}

static void others_come_and_go(void **state)
{
	struct scene *s = *state;
	size_t least = SIZE_MAX;
	int status;
	pid_t pid;

	put_all(s);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(60); /* where the test fails */
		/* Keys that stay are those below a hundred. */
		s->store = scene_open(s, 1 << 30, 1 << 20, false);
		for (unsigned i = 0;; i++) {
			put(s, 100 + i * 7 % 1000, LIT(""));
			put(s, 100 + i % 200, i % 2 ? LIT("a") : LIT(""));
			store_purge(s->store, STORE_KEY, key_of(100 + i % 300),
			    s->now_ms);
			scene_find(s, key_of(100));
		}
	}
	for (int i = 0; i < 30; i++) {
		size_t n = shown(s);

		least = n < least ? n : least;
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	/* It must not have ended of its own. */
	assert_true(WIFSIGNALED(status));
	assert_true(least >= 100);
}

int main(void)
{
#define EACH(f) \
	cmocka_unit_test_setup_teardown(f, scene_set_up, scene_tear_down)
	static const struct CMUnitTest tests[] = {
		EACH(all_and_their_bytes),
		EACH(variants_that_count),
		EACH(purged_ones_are_left_out),
		EACH(enough_is_enough),
		EACH(what_is_no_entry_is_left_out),
		EACH(nothing_is_touched),
		EACH(a_folder_vanishes_meanwhile),
		EACH(others_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

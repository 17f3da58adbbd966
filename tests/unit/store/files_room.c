/* Keeping below the maximum: what goes is what was not used for long, and the
 * ledger finds back to the truth. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "http/message.h"
#include "store/files_state.h"
#include "tests/unit/store/files_run.h"

#define BODY_BYTES 6000 /* two blocks with its head */
#define DISK_BYTES 8192
#define ENTRIES    400

static char body[BODY_BYTES];

static void open_with(struct scene *s, uint64_t max_bytes)
{
	store_release(s->store, &s->found, NULL);
	s->found.n = 0;
	store_free(s->store);
	s->store = scene_open(s, max_bytes, 1 << 20, false);
}

static struct slice key_of(int i)
{
	static char key[32];

	snprintf(key, sizeof(key), "GET http://a/%d", i);
	return slice_of(key);
}

static bool put(struct scene *s, int i)
{
	return scene_put(s, key_of(i), (struct slice){ body, sizeof(body) });
}

static size_t count(struct scene *s, int from, int to)
{
	size_t n = 0;

	for (int i = from; i < to; i++)
		n += scene_find(s, key_of(i));
	return n;
}

static void it_stays_below_its_maximum(void **state)
{
	struct scene *s = *state;
	uint64_t max = (uint64_t)ENTRIES * DISK_BYTES;

	open_with(s, max);
	for (int i = 0; i < 4 * ENTRIES; i++) {
		s->now_ms += 10;
		assert_true(put(s, i));
		if (i % 100 == 0)
			assert_true(
			    scene_files(s, "") <= ENTRIES + ENTRIES / 16 + 2);
	}
	/* And does not throw away much more than it must. */
	assert_true(scene_files(s, "") > ENTRIES - ENTRIES / 8);
	assert_int_equal(scene_find(s, key_of(4 * ENTRIES - 1)), 1);
}

/* Each key that varies has a file of its variants beside the entries. */
static void lists_of_variants_count(void **state)
{
	struct scene *s = *state;
	size_t files = ENTRIES; /* of a block each, and as many lists */

	open_with(s, (uint64_t)files * DISK_BYTES / 2);
	for (int i = 0; i < 3 * ENTRIES; i++) {
		struct record r =
		    scene_record(key_of(i), LIT("accept:x"), LIT(""));

		s->now_ms += 10;
		scene_find(s, key_of(i));
		assert_true(scene_put_record(s, &r, LIT("1")));
		if (i % 50 == 0)
			assert_true(
			    scene_files(s, "") <= files + files / 16 + 2);
	}
}

static void what_is_used_stays(void **state)
{
	struct scene *s = *state;
	uint64_t max = (uint64_t)ENTRIES * DISK_BYTES;

	open_with(s, max);
	for (int i = 0; i < ENTRIES; i++)
		assert_true(put(s, i));
	/* Half of them are used an hour later; then half is thrown away. */
	s->now_ms += 3600 * 1000;
	assert_int_equal(count(s, 0, ENTRIES / 2), ENTRIES / 2);
	for (int i = 0; i < ENTRIES / 3; i++) {
		s->now_ms += 10;
		assert_true(put(s, ENTRIES + i));
	}
	assert_true(count(s, 0, ENTRIES / 2) > ENTRIES / 2 * 85 / 100);
	assert_true(count(s, ENTRIES / 2, ENTRIES) < ENTRIES / 2 * 60 / 100);
}

static void one_that_never_fits_is_refused(void **state)
{
	struct scene *s = *state;
	struct store_report report;
	char *large = calloc(1, 200000);

	open_with(s, 100000);
	assert_true(put(s, 1));
	assert_false(scene_put(s, key_of(2), (struct slice){ large, 200000 }));
	assert_true(store_news(s->store, &report));
	assert_int_equal(report.why, STORE_FULL);
	assert_int_equal(scene_find(s, key_of(1)), 1);
	free(large);
}

/* Far too much is there: it shrinks a little with each try, and until there is
 * room nothing is stored. */
static void a_smaller_maximum_is_come_down_to(void **state)
{
	struct scene *s = *state;
	unsigned refused = 0;

	open_with(s, (uint64_t)ENTRIES * DISK_BYTES);
	for (int i = 0; i < ENTRIES; i++)
		assert_true(put(s, i));
	open_with(s, (uint64_t)ENTRIES / 4 * DISK_BYTES);
	for (int i = 0; i < ENTRIES; i++)
		refused += !put(s, ENTRIES + i);
	assert_true(refused > 5 && refused < ENTRIES / 2);
	assert_true(scene_files(s, "") <= ENTRIES / 4 * 17 / 16 + 2);
}

/* Entries are deleted by others, or the ledger is lost with the state while
 * the entries stay: it is as before in the end. */
static void the_ledger_heals(void **state)
{
	struct scene *s = *state;
	uint64_t max = (uint64_t)ENTRIES * DISK_BYTES;
	char path[256];
	int next = 2 * ENTRIES;

	open_with(s, max);
	for (int i = 0; i < ENTRIES; i++)
		assert_true(put(s, i));
	snprintf(path, sizeof(path), "%s/state", s->path);
	assert_int_equal(unlink(path), 0);
	open_with(s, max);
	/* Until all is known, and while there is far too much, some are not
	 * stored. */
	for (int i = 0; i < 1500; i++) {
		s->now_ms += 10;
		put(s, next++);
	}
	assert_true(scene_files(s, "") <= ENTRIES + ENTRIES / 16 + 2);
	/* All shards but a few. */
	for (int i = 0; i < 60; i++) {
		snprintf(path, sizeof(path), "%s/%02x", s->path, i);
		scene_remove(path);
	}
	for (int i = 0; i < 2 * ENTRIES; i++) {
		s->now_ms += 10;
		assert_true(put(s, next++));
	}
	assert_true(scene_files(s, "") > ENTRIES - ENTRIES / 8);
	assert_true(scene_files(s, "") <= ENTRIES + ENTRIES / 16 + 2);
}

static void purged_entries_make_room(void **state)
{
	struct scene *s = *state;
	uint64_t max = (uint64_t)ENTRIES * DISK_BYTES;

	open_with(s, max);
	for (int i = 0; i < ENTRIES; i++)
		assert_true(put(s, i));
	assert_true(store_purge(s->store, STORE_ALL, LIT(""), s->now_ms));
	s->now_ms += 3600 * 1000;
	scene_find(s, key_of(0));
	for (int i = 0; i < ENTRIES / 2; i++)
		assert_true(put(s, ENTRIES + i));
	assert_true(
	    count(s, ENTRIES, ENTRIES + ENTRIES / 2) > ENTRIES / 2 * 95 / 100);
}

/* ---- in the making ---- */

#define WRITERS     30
#define LARGE_BYTES (1024 * 1024)
#define PIECE_BYTES 20000
#define MAX_BYTES   (8 * 1024 * 1024)

static const char *const folders[] = { "tmp", "[0-9a-f][0-9a-f]/*" };

/* Bytes of disk of what is stored and what is in the making. */
static uint64_t disk(struct scene *s)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < ROWS(folders); i++) {
		char pattern[256];
		glob_t found;

		snprintf(
		    pattern, sizeof(pattern), "%s/%s/*", s->path, folders[i]);
		if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
			continue;
		for (size_t k = 0; k < found.gl_pathc; k++) {
			struct stat st;

			assert_int_equal(stat(found.gl_pathv[k], &st), 0);
			bytes += ((uint64_t)st.st_size + 4095) / 4096 * 4096;
		}
		globfree(&found);
	}
	return bytes;
}

static struct store_writer *begin(
    struct scene *s, struct store *store, int i, int64_t length)
{
	struct record r = scene_record(key_of(i), LIT(""), LIT(""));

	r.generation = s->mark;
	return store_begin(store, &r, length, NULL, s->now_ms);
}

/* Of many large ones at once, in two processes, as many are stored as fit. */
static void what_is_in_the_making_counts(void **state)
{
	struct scene *s = *state;
	struct store *other;
	struct store_writer *w[WRITERS];
	bool alive[WRITERS];
	static char piece[PIECE_BYTES];
	unsigned stored = 0;

	open_with(s, MAX_BYTES);
	other = scene_open(s, MAX_BYTES, LARGE_BYTES, false);
	for (int i = 0; i < ENTRIES; i++)
		assert_true(put(s, i));
	for (int i = 0; i < WRITERS; i++) {
		w[i] = begin(s, i % 2 ? other : s->store, 1000 + i,
		    i % 3 ? LENGTH_UNKNOWN : LARGE_BYTES);
		alive[i] = true;
	}
	for (int done = 0; done < LARGE_BYTES; done += PIECE_BYTES) {
		size_t n = LARGE_BYTES - done < PIECE_BYTES ?
		    (size_t)(LARGE_BYTES - done) :
		    PIECE_BYTES;

		for (int i = 0; i < WRITERS; i++) {
			alive[i] = alive[i] &&
			    store_append(w[i], (struct slice){ piece, n });
			if (!alive[i])
				store_end(w[i], false, s->now_ms);
			w[i] = alive[i] ? w[i] : NULL;
		}
		assert_true(disk(s) <= MAX_BYTES / 16 * 17);
	}
	for (int i = 0; i < WRITERS; i++) {
		stored += store_end(w[i], true, s->now_ms);
		assert_true(disk(s) <= MAX_BYTES / 16 * 17);
	}
	assert_true(stored >= 4 && stored <= 8);
	store_free(other);
}

/* What killed writers left is in the way of large ones until it is swept. */
static void what_is_left_is_not_for_ever(void **state)
{
	struct scene *s = *state;
	static char large[LARGE_BYTES];
	char path[256];

	open_with(s, MAX_BYTES);
	assert_true(put(s, 1));
	for (int i = 0; i < 8; i++) {
		FILE *file;

		snprintf(path, sizeof(path), "%s/tmp/1-%016d", s->path, i);
		file = fopen(path, "w");
		assert_non_null(file);
		fwrite(large, 1, sizeof(large), file);
		fclose(file);
	}
	assert_false(
	    scene_put(s, key_of(2), (struct slice){ large, LARGE_BYTES }));
	assert_int_equal(scene_files(s, "tmp"), 8);
	/* Ten seconds later by the clock of the files. */
	s->now_ms = (int64_t)time(NULL) * 1000 + 12000;
	assert_false(
	    scene_put(s, key_of(2), (struct slice){ large, LARGE_BYTES }));
	assert_true(
	    scene_put(s, key_of(2), (struct slice){ large, LARGE_BYTES }));
	assert_int_equal(scene_files(s, "tmp"), 0);
}

/* One that nearly fills it fits, in steps or whole. */
static void nearly_all_of_it_can_be_one(void **state)
{
	static const int64_t lengths[] = { LENGTH_UNKNOWN, LARGE_BYTES };
	struct scene *s = *state;
	static char large[LARGE_BYTES];

	for (size_t i = 0; i < ROWS(lengths); i++) {
		struct store_writer *w;
		bool more = true;

		open_with(s, LARGE_BYTES + 8192);
		w = begin(s, s->store, (int)i, lengths[i]);
		for (int n = 0; more && n < LARGE_BYTES; n += LARGE_BYTES / 16)
			more = store_append(
			    w, (struct slice){ large + n, LARGE_BYTES / 16 });
		assert_true(more);
		assert_true(store_end(w, true, s->now_ms));
		assert_true(scene_has(
		    s, key_of((int)i), (struct slice){ large, LARGE_BYTES }));
	}
}

int main(void)
{
#define EACH(f) \
	cmocka_unit_test_setup_teardown(f, scene_set_up, scene_tear_down)
	static const struct CMUnitTest tests[] = {
		EACH(it_stays_below_its_maximum),
		EACH(lists_of_variants_count),
		EACH(what_is_used_stays),
		EACH(one_that_never_fits_is_refused),
		EACH(a_smaller_maximum_is_come_down_to),
		EACH(the_ledger_heals),
		EACH(purged_entries_make_room),
		EACH(what_is_in_the_making_counts),
		EACH(what_is_left_is_not_for_ever),
		EACH(nearly_all_of_it_can_be_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

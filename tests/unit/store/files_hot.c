/* Entries in memory: what other processes do to them is seen as if they were
 * read from their files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "http/message.h"
#include "tests/unit/store/files_run.h"

#define KEY LIT("GET http://a.example/x")

/* Some entries of 16 KiB. */
#define MEMORY_BYTES (1u << 20)

struct scenes {
	struct scene *ours;
	struct store *theirs; /* another process, which keeps in memory, too */
};

static struct store *open_hot(struct scene *s, uint64_t memory_bytes)
{
	struct files_plan plan = { .path = s->path,
		.max_bytes = 1 << 30,
		.max_body_bytes = 1 << 24,
		.memory_bytes = memory_bytes };

	return files_open(&plan, s->now_ms);
}

static int set_up(void **state)
{
	static struct scenes two;
	struct scene *s;

	if (scene_set_up(state) != 0)
		return -1;
	s = *state;
	store_free(s->store);
	s->store = open_hot(s, MEMORY_BYTES);
	two.ours = s;
	two.theirs = open_hot(s, MEMORY_BYTES);
	*state = &two;
	return s->store == NULL || two.theirs == NULL;
}

static int tear_down(void **state)
{
	struct scenes *two = *state;
	void *ours = two->ours;

	store_free(two->theirs);
	return scene_tear_down(&ours);
}

/* The other process, for one call. */
static void swap(struct scenes *two)
{
	struct store *ours = two->ours->store;

	store_release(ours, &two->ours->found, NULL);
	two->ours->found.n = 0;
	two->ours->store = two->theirs;
	two->theirs = ours;
}

static bool is_hot(const struct scene *s, size_t i)
{
	return s->found.at[i].body.at != NULL;
}

/* Looks it up until it is in memory, which what was just written is not. */
static void warm(struct scene *s, struct slice key)
{
	static const struct timespec moment = { 0, 2000000 };

	for (int i = 0; i < 1000; i++) {
		if (scene_find(s, key) > 0 && is_hot(s, 0))
			return;
		nanosleep(&moment, NULL);
	}
	fail_msg("never in memory");
}

static void put_hot(struct scene *s, struct slice key, struct slice body)
{
	scene_find(s, key);
	assert_true(scene_put(s, key, body));
	warm(s, key);
}

static void what_is_used_again_is_in_memory(void **state)
{
	struct scene *s = ((struct scenes *)*state)->ours;
	struct record r = scene_record(KEY, LIT(""), LIT("news"));
	struct record *got = &s->found.at[0].record;
	char part[4];

	r.flags = 77;
	r.note = LIT("of the caller");
	assert_true(scene_put_record(s, &r, LIT("the body")));
	assert_int_equal(scene_find(s, KEY), 1);
	assert_false(is_hot(s, 0));
	warm(s, KEY);
	assert_slice(s->found.at[0].body, LIT("the body"), LIT("body"));
	assert_int_equal(s->found.at[0].fd, -1);
	assert_slice(got->key, KEY, LIT("key"));
	assert_slice(got->note, r.note, LIT("note"));
	assert_int_equal(got->status, 200);
	assert_int_equal(got->flags, 77);
	assert_int_equal(got->body_bytes, 8);
	assert_slice(field_get(&got->fields, LIT("content-type")),
	    LIT("text/plain"), LIT("field"));
	assert_slice(got->tags.at[0], LIT("news"), LIT("tag"));
	assert_true(store_read(s->store, &s->found.at[0], 4, part, 4));
	assert_memory_equal(part, "body", 4);
	assert_false(store_read(s->store, &s->found.at[0], 5, part, 4));
	/* An empty one, too. */
	put_hot(s, LIT("empty"), LIT(""));
	assert_int_equal(s->found.at[0].body.len, 0);
}

static void the_finder_may_change_its_fields(void **state)
{
	struct scene *s = ((struct scenes *)*state)->ours;
	struct fields *fields = &s->found.at[0].record.fields;

	put_hot(s, KEY, LIT("x"));
	assert_int_equal(field_remove(fields, LIT("Content-Type")), 1);
	warm(s, KEY);
	assert_true(field_has(fields, LIT("Content-Type")));
}

static void a_spent_arena_finds_nothing(void **state)
{
	struct scene *s = ((struct scenes *)*state)->ours;
	struct arena *roomy = s->arena;

	put_hot(s, KEY, LIT("x"));
	s->arena = arena_new(10);
	assert_int_equal(scene_find(s, KEY), 0);
	arena_free(s->arena);
	s->arena = roomy;
	assert_int_equal(scene_find(s, KEY), 1);
	assert_true(is_hot(s, 0));
}

static void the_large_stay_in_files(void **state)
{
	static char body[65537];
	static const struct timespec moment = { 0, 30000000 };
	struct scene *s = ((struct scenes *)*state)->ours;

	put_hot(s, KEY, (struct slice){ body, 65536 });
	assert_true(scene_put(s, KEY, (struct slice){ body, 65537 }));
	nanosleep(&moment, NULL);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(scene_find(s, KEY), 1);
		assert_false(is_hot(s, 0));
	}
}

/* ---- what others do ---- */

static void others_purges_are_seen_at_once(void **state)
{
	static const struct {
		enum store_scope scope;
		struct slice what;
		bool kept;
	} purges[] = {
		{ STORE_KEY, S("GET http://a.example/x"), false },
		{ STORE_KEY, S("GET http://a.example/y"), true },
		{ STORE_PREFIX, S("GET http://a."), false },
		{ STORE_PREFIX, S("GET http://b."), true },
		{ STORE_TAG, S("news"), false },
		{ STORE_TAG, S("olds"), true },
		{ STORE_ALL, S(""), false },
	};
	struct scenes *two = *state;
	struct scene *s = two->ours;
	struct record r = scene_record(KEY, LIT(""), LIT("news"));

	for (size_t i = 0; i < ROWS(purges); i++) {
		scene_find(s, KEY);
		assert_true(scene_put_record(s, &r, LIT("x")));
		warm(s, KEY);
		assert_true(store_purge(
		    two->theirs, purges[i].scope, purges[i].what, s->now_ms));
		assert_int_equal(scene_find(s, KEY), purges[i].kept);
		if (purges[i].kept)
			assert_true(is_hot(s, 0));
		assert_int_equal(scene_find(s, KEY), purges[i].kept);
	}
}

/* One look serves a round: those of it began before the purge that it did not
 * see.  Whoever began after that is of another round, or of none. */
static void a_round_looks_once(void **state)
{
	static const uint64_t later[] = { 0, 2, UINT64_MAX };
	struct scenes *two = *state;
	struct scene *s = two->ours;

	for (size_t i = 0; i < ROWS(later); i++) {
		s->round = 0;
		put_hot(s, KEY, LIT("x"));
		put_hot(s, LIT("y"), LIT("y"));
		s->round = 10 + i;
		assert_int_equal(scene_find(s, LIT("y")), 1);
		assert_true(
		    store_purge(two->theirs, STORE_PREFIX, LIT(""), s->now_ms));
		assert_true(scene_has(s, KEY, LIT("x")));
		assert_true(is_hot(s, 0));
		s->round = later[i];
		assert_int_equal(scene_find(s, KEY), 0);
		assert_int_equal(scene_find(s, LIT("y")), 0);
		/* What has been seen is not forgotten. */
		s->round = 10 + i;
		assert_int_equal(scene_find(s, KEY), 0);
	}
}

/* What others store, too; and nothing of a look goes into what is kept that
 * the next one would not find out. */
static void the_next_round_sees_what_others_store(void **state)
{
	struct scenes *two = *state;
	struct scene *s = two->ours;

	put_hot(s, KEY, LIT("ours"));
	s->round = 1;
	assert_true(scene_has(s, KEY, LIT("ours")));
	swap(two);
	s->round = 0;
	assert_true(scene_put(s, KEY, LIT("theirs")));
	swap(two);
	s->round = 1;
	assert_true(scene_has(s, KEY, LIT("ours")));
	s->round = 2;
	assert_true(scene_has(s, KEY, LIT("theirs")));
	warm(s, KEY);
	assert_true(scene_has(s, KEY, LIT("theirs")));
	/* Found by an old look, and purged when that was taken. */
	s->round = 3;
	scene_find(s, LIT("y"));
	assert_true(
	    store_purge(two->theirs, STORE_CHANGED, LIT("news"), s->now_ms));
	assert_true(scene_has(s, KEY, LIT("theirs")));
	s->round = 4;
	assert_int_equal(scene_find(s, KEY), 1);
	assert_true(store_purge(two->theirs, STORE_ALL, LIT(""), s->now_ms));
	s->round = 5;
	assert_int_equal(scene_find(s, KEY), 0);
}

/* What this process does itself it has seen in any case. */
static void a_round_sees_its_own(void **state)
{
	struct scene *s = ((struct scenes *)*state)->ours;

	put_hot(s, KEY, LIT("x"));
	s->round = 1;
	assert_int_equal(scene_find(s, KEY), 1);
	assert_true(scene_put(s, KEY, LIT("y")));
	assert_true(scene_has(s, KEY, LIT("y")));
	warm(s, KEY);
	assert_true(store_purge(s->store, STORE_ALL, LIT(""), s->now_ms));
	assert_int_equal(scene_find(s, KEY), 0);
}

static void what_others_store_is_seen_at_once(void **state)
{
	struct scenes *two = *state;
	struct scene *s = two->ours;

	put_hot(s, KEY, LIT("ours"));
	for (int i = 0; i < 50; i++) {
		char body[16];

		snprintf(body, sizeof(body), "theirs %d", i);
		swap(two);
		assert_true(scene_put(s, KEY, slice_of(body)));
		swap(two);
		assert_true(scene_has(s, KEY, slice_of(body)));
		assert_true(scene_has(s, KEY, slice_of(body)));
		assert_true(scene_has(s, KEY, slice_of(body)));
	}
	warm(s, KEY);
	assert_true(scene_body_is(s, 0, LIT("theirs 49")));
}

static bool has_date(struct scene *s, struct slice date)
{
	return scene_has(s, KEY, LIT("body")) &&
	    slice_eq(
		field_get(&s->found.at[0].record.fields, LIT("Date")), date);
}

/* By us and by others, in place and by copying. */
static void a_new_head_is_seen_at_once(void **state)
{
	static char long_one[2000];
	static const struct slice dates[] = { S("a"), S("b"),
		{ long_one, sizeof(long_one) }, S("c") };
	struct scenes *two = *state;
	struct scene *s = two->ours;

	memset(long_one, 'l', sizeof(long_one));
	put_hot(s, KEY, LIT("body"));
	for (size_t i = 0; i < ROWS(dates); i++) {
		assert_true(scene_freshen(s, KEY, dates[i]));
		assert_true(has_date(s, dates[i]));
		warm(s, KEY);
		assert_true(has_date(s, dates[i]));
		assert_true(is_hot(s, 0));
		swap(two);
	}
}

static int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Two changes within one tick of the clock may have one time: what was just
 * written is not kept, and there is nothing to be wrong about. */
static void what_just_changed_may_change_again(void **state)
{
	struct scenes *two = *state;
	struct scene *s = two->ours;
	bool looked = false;
	char date[16];

	for (int i = 0; i < 30; i++) {
		snprintf(date, sizeof(date), "%d", i);
		int64_t before = clock_ms();

		assert_true(scene_put(s, KEY, LIT("body")));
		for (int k = 0; k < 3; k++)
			assert_int_equal(scene_find(s, KEY), 1);
		if (clock_ms() - before < 15) {
			assert_false(is_hot(s, 0));
			looked = true;
		}
		swap(two);
		assert_true(scene_freshen(s, KEY, slice_of(date)));
		swap(two);
		assert_true(has_date(s, slice_of(date)));
	}
	assert_true(looked);
}

/* The head of one body never comes to stand above another. */
static void what_was_replaced_is_not_freshened(void **state)
{
	struct scenes *two = *state;
	struct scene *s = two->ours;
	struct record r;
	struct store_found old;
	struct store_writer *w;

	put_hot(s, KEY, LIT("first"));
	old = s->found;
	s->found.n = 0;
	r = old.at[0].record;
	r.status = 203;
	w = store_begin(s->store, &r, LENGTH_UNKNOWN, &old.at[0], s->now_ms);
	assert_non_null(w);
	swap(two);
	assert_true(scene_put(s, KEY, LIT("other")));
	swap(two);
	assert_false(store_end(w, true, s->now_ms));
	assert_true(scene_has(s, KEY, LIT("other")));
	assert_int_equal(s->found.at[0].record.status, 200);
	store_release(s->store, &old, NULL);
}

static bool put_variant(struct scene *s, const char *variant)
{
	struct record r = scene_record(KEY, slice_of(variant), LIT(""));

	return scene_put_record(s, &r, slice_of(variant));
}

static void variants_come_and_go(void **state)
{
	struct scenes *two = *state;
	struct scene *s = two->ours;
	char path[256];

	assert_true(put_variant(s, "gzip"));
	warm(s, KEY);
	assert_int_equal(s->found.n, 1);
	swap(two);
	assert_true(put_variant(s, "br"));
	swap(two);
	assert_int_equal(scene_find(s, KEY), 2);
	warm(s, KEY);
	assert_int_equal(s->found.n, 2);
	assert_true(is_hot(s, 1));
	assert_true(scene_body_is(s, 0, LIT("br")));
	assert_true(scene_body_is(s, 1, LIT("gzip")));
	/* One that is lost, but listed, and comes back. */
	scene_only_entry(s, true, path);
	assert_int_equal(unlink(path), 0);
	s->now_ms += 1000;
	assert_int_equal(scene_find(s, KEY), 1);
	warm(s, KEY);
	swap(two);
	assert_true(put_variant(s, "br"));
	assert_true(put_variant(s, "gzip"));
	swap(two);
	assert_int_equal(scene_find(s, KEY), 2);
	/* What does not vary takes the place of all. */
	warm(s, KEY);
	swap(two);
	assert_true(scene_put(s, KEY, LIT("plain")));
	swap(two);
	assert_true(scene_has(s, KEY, LIT("plain")));
}

/* ---- what nobody says ---- */

static void a_second_later_files_are_looked_at(void **state)
{
	struct scenes *two = *state;
	struct scene *s = two->ours;
	char path[256];

	put_hot(s, KEY, LIT("x"));
	scene_only_entry(s, false, path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(scene_find(s, KEY), 1);
	s->now_ms += 1000;
	assert_int_equal(scene_find(s, KEY), 0);
	put_hot(s, KEY, LIT("x"));
	/* The clock stepped back. */
	scene_only_entry(s, false, path);
	assert_int_equal(unlink(path), 0);
	s->now_ms -= 5000;
	assert_int_equal(scene_find(s, KEY), 0);
}

static void a_lost_folder_is_noticed(void **state)
{
	struct scenes *two = *state;
	struct scene *s = two->ours;
	char path[256];

	put_hot(s, KEY, LIT("x"));
	snprintf(path, sizeof(path), "%s/state", s->path);
	assert_int_equal(unlink(path), 0);
	s->now_ms += 1000;
	assert_int_equal(scene_find(s, LIT("y")), 0);
	assert_int_equal(scene_find(s, KEY), 0);
	put_hot(s, KEY, LIT("x"));
	scene_remove(s->path);
	s->now_ms += 1000;
	assert_int_equal(scene_find(s, KEY), 0);
}

/* What is thrown away first is what was not used for long. */
static void its_use_is_noted(void **state)
{
	struct scenes *two = *state;
	struct scene *s = two->ours;
	struct stat st;
	char path[256];

	put_hot(s, KEY, LIT("x"));
	scene_only_entry(s, false, path);
	s->now_ms += 61000;
	assert_int_equal(scene_find(s, KEY), 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mtim.tv_sec, s->now_ms / 1000);
	warm(s, KEY);
	assert_int_equal(s->found.at[0].used_ms, s->now_ms);
}

/* ---- what is held ---- */

static void a_reader_keeps_what_it_found(void **state)
{
	static char large[60000];
	struct scenes *two = *state;
	struct scene *s = two->ours;
	struct store_found kept;
	char key[32];

	put_hot(s, KEY, LIT("first"));
	kept = s->found;
	s->found.n = 0;
	put_hot(s, KEY, LIT("second"));
	assert_true(store_purge(two->theirs, STORE_ALL, LIT(""), s->now_ms));
	assert_int_equal(scene_find(s, KEY), 0);
	for (int i = 0; i < 40; i++) {
		snprintf(key, sizeof(key), "%d", i);
		put_hot(s, slice_of(key), (struct slice){ large, 60000 });
	}
	scene_remove(s->path);
	s->now_ms += 1000;
	assert_int_equal(scene_find(s, KEY), 0);
	s->found = kept;
	assert_true(scene_body_is(s, 0, LIT("first")));
	assert_slice(s->found.at[0].record.key, KEY, LIT("key"));
}

int main(void)
{
#define EACH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		EACH(what_is_used_again_is_in_memory),
		EACH(the_finder_may_change_its_fields),
		EACH(a_spent_arena_finds_nothing),
		EACH(the_large_stay_in_files),
		EACH(others_purges_are_seen_at_once),
		EACH(a_round_looks_once),
		EACH(the_next_round_sees_what_others_store),
		EACH(a_round_sees_its_own),
		EACH(what_others_store_is_seen_at_once),
		EACH(a_new_head_is_seen_at_once),
		EACH(what_just_changed_may_change_again),
		EACH(what_was_replaced_is_not_freshened),
		EACH(variants_come_and_go),
		EACH(a_second_later_files_are_looked_at),
		EACH(a_lost_folder_is_noticed),
		EACH(its_use_is_noted),
		EACH(a_reader_keeps_what_it_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

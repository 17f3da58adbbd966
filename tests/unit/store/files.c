/* The six calls of every backend: what is stored is found, by every process,
 * until it is replaced, purged or in the way. */
#include "store/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/message.h"
#include "tests/unit/store/files_run.h"
#ifdef HAVE_HIREDIS
#include "tests/unit/store/redis_run.h"
#endif

#define KEY LIT("GET http://a.example/x")

static char *make_body(size_t n, unsigned seed)
{
	char *body = malloc(n + 1);

	assert_non_null(body);
	for (size_t i = 0; i < n; i++)
		body[i] = (char)((i * 7 + i / 251 + seed) & 0xff);
	return body;
}

static void what_is_stored_is_found(void **state)
{
	struct scene *s = *state;
	struct record r = scene_record(KEY, LIT(""), LIT("news"));
	struct record *got;
	char part[4];

	assert_int_equal(scene_find(s, KEY), 0);
	r.flags = 77;
	assert_true(scene_put_record(s, &r, LIT("the body")));
	assert_true(scene_has(s, KEY, LIT("the body")));
	got = &s->found.at[0].record;
	assert_slice(got->key, KEY, LIT("key"));
	assert_int_equal(got->status, 200);
	assert_int_equal(got->flags, 77);
	assert_int_equal(got->request_ms, 1);
	assert_int_equal(got->response_ms, 2);
	assert_slice(field_get(&got->fields, LIT("content-type")),
	    LIT("text/plain"), LIT("field"));
	assert_slice(got->tags.at[0], LIT("news"), LIT("tag"));
	assert_true(store_read(s->store, &s->found.at[0], 4, part, 4));
	assert_memory_equal(part, "body", 4);
	assert_false(store_read(s->store, &s->found.at[0], 5, part, 4));
	assert_false(store_read(s->store, &s->found.at[0], 9, part, 0));
	assert_int_equal(scene_find(s, LIT("GET http://a.example/y")), 0);
}

static void the_body_is_in_a_file(void **state)
{
	struct scene *s = *state;
	struct store_hit *hit = s->found.at;
	char part[4];

	assert_true(scene_put(s, KEY, LIT("the body")));
	assert_int_equal(scene_find(s, KEY), 1);
	assert_int_equal(pread(hit->fd, part, 4, hit->record.body_at), 4);
	assert_memory_equal(part, "the ", 4);
}

/* The caller's lack of memory is not the entry's fault. */
static void a_spent_arena_loses_nothing(void **state)
{
	struct scene *s = *state;
	struct arena *roomy = s->arena;

	assert_true(scene_put(s, KEY, LIT("x")));
	s->arena = arena_new(100);
	assert_int_equal(scene_find(s, KEY), 0);
	arena_free(s->arena);
	s->arena = roomy;
	assert_int_equal(scene_find(s, KEY), 1);
}

static void nothing_is_a_body_too(void **state)
{
	struct scene *s = *state;

	assert_true(scene_put(s, KEY, LIT("")));
	assert_true(scene_has(s, KEY, LIT("")));
}

static void another_process_finds_it(void **state)
{
	struct scene *s = *state;
	struct store *first = s->store;

	assert_true(scene_put(s, KEY, LIT("one")));
	/* Without openat2(), while we are at it. */
	s->store = scene_open(s, 1 << 30, 1 << 24, true);
	assert_true(scene_has(s, KEY, LIT("one")));
	assert_true(scene_put(s, KEY, LIT("two")));
	scene_find(s, LIT("none"));
	store_free(s->store);
	s->store = first;
	assert_true(scene_has(s, KEY, LIT("two")));
}

static void only_we_may_look(void **state)
{
	struct scene *s = *state;
	char path[256];
	struct stat st;

	assert_true(scene_put(s, KEY, LIT("x")));
	scene_only_entry(s, false, path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	for (int i = 0; i < 3; i++) {
		*strrchr(path, '/') = '\0';
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0700);
	}
	assert_string_equal(path, s->path);
}

/* A reader that has begun reads to the end what it found. */
static void a_reader_keeps_what_it_opened(void **state)
{
	struct scene *s = *state;
	struct store_found kept;

	assert_true(scene_put(s, KEY, LIT("first")));
	assert_int_equal(scene_find(s, KEY), 1);
	kept = s->found;
	s->found.n = 0;
	assert_true(scene_put(s, KEY, LIT("second")));
	assert_true(scene_has(s, KEY, LIT("second")));
	s->found.n = 0;
	store_release_hit(s->store, &s->found.at[0]);
	assert_true(store_purge(s->store, STORE_KEY, KEY, s->now_ms));
	assert_int_equal(scene_find(s, KEY), 0);
	s->found = kept;
	assert_true(scene_body_is(s, 0, LIT("first")));
}

/* Pieces of every size, across the buffer's end. */
static void pieces_make_the_body(void **state)
{
	static const size_t pieces[] = { 1, 7, 1000, 65535, 65536, 65537,
		200000 };
	struct scene *s = *state;
	struct record r = scene_record(KEY, LIT(""), LIT(""));
	size_t n = 300000;
	char *body = make_body(n, 3);

	r.generation = s->mark;
	for (size_t i = 0; i < ROWS(pieces); i++) {
		struct store_writer *w =
		    store_begin(s->store, &r, LENGTH_UNKNOWN, NULL, s->now_ms);
		size_t total = pieces[i] == 1 ? 70000 : n;
		size_t done = 0;

		while (done < total) {
			size_t len =
			    pieces[i] < total - done ? pieces[i] : total - done;

			assert_true(store_append(
			    w, (struct slice){ body + done, len }));
			done += len;
		}
		assert_true(store_end(w, true, s->now_ms));
		assert_true(scene_has(s, KEY, (struct slice){ body, total }));
	}
	free(body);
}

static void what_is_not_whole_never_was(void **state)
{
	struct scene *s = *state;
	struct record r = scene_record(KEY, LIT(""), LIT(""));
	char *body = make_body(200000, 1);
	struct slice large = { body, 200000 };
	struct store_writer *w;

	r.generation = s->mark;
	assert_true(scene_put(s, KEY, LIT("before")));
	w = store_begin(s->store, &r, LENGTH_UNKNOWN, NULL, s->now_ms);
	assert_true(store_append(w, large));
	assert_false(store_end(w, false, s->now_ms));
	/* Shorter than promised, and longer. */
	w = store_begin(s->store, &r, 200001, NULL, s->now_ms);
	assert_true(store_append(w, large));
	assert_false(store_end(w, true, s->now_ms));
	w = store_begin(s->store, &r, 199999, NULL, s->now_ms);
	assert_false(store_append(w, large));
	assert_false(store_append(w, LIT("x")));
	assert_false(store_end(w, true, s->now_ms));
	/* It took too long. */
	w = store_begin(s->store, &r, LENGTH_UNKNOWN, NULL, s->now_ms);
	assert_true(store_append(w, large));
	assert_false(store_end(w, true, s->now_ms + 3600 * 1000));
	assert_true(scene_has(s, KEY, LIT("before")));
	assert_false(store_append(NULL, large));
	assert_false(store_end(NULL, true, s->now_ms));
	free(body);
}

static void what_is_over_leaves_nothing(void **state)
{
	struct scene *s = *state;
	struct record r = scene_record(KEY, LIT(""), LIT(""));
	char *body = make_body(200000, 1);

	for (int whole = 0; whole < 2; whole++) {
		struct store_writer *w =
		    store_begin(s->store, &r, 200000, NULL, s->now_ms);

		assert_true(store_append(w, (struct slice){ body, 200000 }));
		assert_int_equal(scene_files(s, "tmp"), 1);
		assert_int_equal(store_end(w, whole, s->now_ms), whole);
		assert_int_equal(scene_files(s, "tmp"), 0);
	}
	free(body);
}

static void too_large_is_not_stored(void **state)
{
	struct scene *s = *state;
	struct record r = scene_record(KEY, LIT(""), LIT(""));
	struct store *large = s->store;
	char *body = make_body(1001, 5);
	struct store_writer *w;

	r.generation = s->mark;
	s->store = scene_open(s, 1 << 30, 1000, false);
	assert_null(store_begin(s->store, &r, 1001, NULL, s->now_ms));
	w = store_begin(s->store, &r, LENGTH_UNKNOWN, NULL, s->now_ms);
	assert_true(store_append(w, (struct slice){ body, 1000 }));
	assert_true(store_end(w, true, s->now_ms));
	w = store_begin(s->store, &r, LENGTH_UNKNOWN, NULL, s->now_ms);
	assert_false(store_append(w, (struct slice){ body, 1001 }));
	assert_false(store_end(w, true, s->now_ms));
	r.key = LIT("");
	assert_null(store_begin(s->store, &r, 1, NULL, s->now_ms));
	store_free(s->store);
	s->store = large;
	free(body);
}

/* ---- variants ---- */

static bool put_variant(struct scene *s, const char *variant)
{
	struct record r = scene_record(KEY, slice_of(variant), LIT(""));

	return scene_put_record(s, &r, slice_of(variant));
}

static void variants_stand_beside_each_other(void **state)
{
	struct scene *s = *state;

	assert_true(put_variant(s, "gzip"));
	assert_true(put_variant(s, "br"));
	assert_int_equal(scene_find(s, KEY), 2);
	assert_true(scene_body_is(s, 0, LIT("br")));
	assert_true(scene_body_is(s, 1, LIT("gzip")));
	assert_slice(
	    s->found.at[1].record.variant, LIT("gzip"), LIT("variant"));
	assert_true(put_variant(s, "gzip"));
	assert_int_equal(scene_find(s, KEY), 2);
	/* What does not vary any more takes the place of all. */
	assert_true(scene_put(s, KEY, LIT("plain")));
	assert_true(scene_has(s, KEY, LIT("plain")));
	assert_true(put_variant(s, "br"));
	assert_true(scene_has(s, KEY, LIT("br")));
}

static void a_variant_is_listed_once(void **state)
{
	struct scene *s = *state;
	struct stat before;
	struct stat after;
	char path[256];

	assert_true(put_variant(s, "gzip"));
	assert_true(put_variant(s, "br"));
	scene_only_entry(s, false, path);
	assert_int_equal(stat(path, &before), 0);
	assert_true(put_variant(s, "gzip"));
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_size, before.st_size);
}

static void the_oldest_variants_make_room(void **state)
{
	struct scene *s = *state;
	char name[16];

	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "v%d", i);
		assert_true(put_variant(s, name));
		assert_int_equal(scene_find(s, KEY),
		    i < STORE_VARIANTS_MAX ? i + 1 : STORE_VARIANTS_MAX);
		assert_true(scene_body_is(s, 0, slice_of(name)));
	}
	snprintf(name, sizeof(name), "v%d", 200 - STORE_VARIANTS_MAX);
	assert_true(scene_body_is(s, STORE_VARIANTS_MAX - 1, slice_of(name)));
	assert_true(store_purge(s->store, STORE_KEY, KEY, s->now_ms));
	assert_int_equal(scene_find(s, KEY), 0);
}

/* ---- freshening ---- */

static void a_new_head_keeps_the_body(void **state)
{
	struct scene *s = *state;
	char *body = make_body(100000, 9);
	struct slice b = { body, 100000 };
	char date[2000];

	memset(date, 'd', sizeof(date));
	assert_true(scene_put(s, KEY, b));
	/* That fits where the old one was, and that does not. */
	assert_true(scene_freshen(s, KEY, (struct slice){ date, 29 }));
	assert_true(scene_has(s, KEY, b));
	assert_int_equal(s->found.at[0].record.response_ms, 99);
	assert_true(
	    scene_freshen(s, KEY, (struct slice){ date, sizeof(date) }));
	assert_true(scene_has(s, KEY, b));
	assert_int_equal(
	    field_get(&s->found.at[0].record.fields, LIT("Date")).len,
	    sizeof(date));
	free(body);
}

static void a_new_head_goes_into_the_same_file(void **state)
{
	struct scene *s = *state;
	struct stat before;
	struct stat after;

	assert_true(scene_put(s, KEY, LIT("body")));
	assert_int_equal(scene_find(s, KEY), 1);
	assert_int_equal(fstat(s->found.at[0].fd, &before), 0);
	assert_true(
	    scene_freshen(s, KEY, LIT("Sat, 21 Nov 2026 17:00:00 GMT")));
	assert_true(scene_has(s, KEY, LIT("body")));
	assert_int_equal(fstat(s->found.at[0].fd, &after), 0);
	assert_true(before.st_ino == after.st_ino);
}

/* The head of one body never comes to stand above another. */
static void what_was_replaced_is_not_freshened(void **state)
{
	struct scene *s = *state;
	struct record r;
	struct store_writer *w;

	assert_true(scene_put(s, KEY, LIT("first")));
	assert_int_equal(scene_find(s, KEY), 1);
	r = s->found.at[0].record;
	r.status = 203;
	w = store_begin(
	    s->store, &r, LENGTH_UNKNOWN, &s->found.at[0], s->now_ms);
	assert_non_null(w);
	assert_true(scene_put(s, KEY, LIT("other")));
	assert_false(store_end(w, true, s->now_ms));
	assert_true(scene_has(s, KEY, LIT("other")));
	assert_int_equal(s->found.at[0].record.status, 200);
}

/* What every backend does. */
#define CONTRACT(EACH)                                                        \
	EACH(what_is_stored_is_found), EACH(a_spent_arena_loses_nothing),     \
	    EACH(nothing_is_a_body_too), EACH(another_process_finds_it),      \
	    EACH(a_reader_keeps_what_it_opened), EACH(pieces_make_the_body),  \
	    EACH(what_is_not_whole_never_was), EACH(too_large_is_not_stored), \
	    EACH(variants_stand_beside_each_other),                           \
	    EACH(the_oldest_variants_make_room),                              \
	    EACH(a_new_head_keeps_the_body),                                  \
	    EACH(what_was_replaced_is_not_freshened)

int main(void)
{
#define EACH(f) \
	cmocka_unit_test_setup_teardown(f, scene_set_up, scene_tear_down)
	static const struct CMUnitTest tests[] = {
		CONTRACT(EACH),
		EACH(only_we_may_look),
		EACH(the_body_is_in_a_file),
		EACH(what_is_over_leaves_nothing),
		EACH(a_variant_is_listed_once),
		EACH(a_new_head_goes_into_the_same_file),
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

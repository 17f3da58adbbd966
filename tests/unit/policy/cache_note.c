/* Notes on stored responses: what was written is read. */
#include "policy/cache_note.h"

#include <string.h>

#include "base/arena.h"
#include "tests/unit/unit.h"

static struct cache_stored sample(void)
{
	return (struct cache_stored){
		.terms = { 1, -2, 3, INT64_MAX, 5, INT64_MIN,
		    CACHE_SOURCE_EXPIRES, true, false, true },
		.origin_tag = LIT("\"tag\""),
		.length = 6,
		.origin_length = -1,
		.rewritten = true,
		.coded = true,
		.partial = true,
		.held = { 7, 8 },
		.whole_length = 9,
	};
}

static void notes_come_back(void **state)
{
	struct arena *a = arena_new(65536);
	struct cache_stored s = sample();
	struct cache_stored back = { 0 };

	(void)state;
	assert_true(cache_note_read(cache_note_write(&s, a), &back));
	assert_memory_equal(&back.terms, &s.terms, sizeof(s.terms));
	assert_true(slice_eq(back.origin_tag, LIT("\"tag\"")));
	assert_int_equal(back.length, 6);
	assert_int_equal(back.origin_length, -1);
	assert_true(back.rewritten && back.partial && back.coded);
	assert_int_equal(back.held.first, 7);
	assert_int_equal(back.held.last, 8);
	assert_int_equal(back.whole_length, 9);
	arena_free(a);
}

static void others_are_refused(void **state)
{
	struct arena *a = arena_new(65536);
	struct cache_stored s = sample();
	struct slice note = cache_note_write(&s, a);
	struct cache_stored back;
	char other[256];

	(void)state;
	s.origin_tag = LIT("");
	note = cache_note_write(&s, a);
	for (size_t n = 0; n < note.len; n++)
		assert_false(cache_note_read(slice_upto(note, n), &back));
	memcpy(other, note.at, note.len);
	other[0]++;
	assert_false(cache_note_read((struct slice){ other, note.len }, &back));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notes_come_back),
		cmocka_unit_test(others_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

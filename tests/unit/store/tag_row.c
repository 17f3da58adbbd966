/* Tags that meet in a row: each for itself as long as there is room, and never
 * is a purge forgotten. */
#include "store/tag_row.h"

#include <string.h>

#include "tests/unit/unit.h"

/* Tags of one row: they differ in their highest bits. */
static uint64_t tag(uint64_t i)
{
	return i << 44 | 12345;
}

static void each_tag_for_itself(void **state)
{
	struct tag_row row = { .everyones = 0 };

	(void)state;
	for (uint64_t i = 0; i < 100; i++)
		assert_false(tag_row_voids(&row, tag(i), 0));
	for (uint64_t i = 0; i < TAG_ROW_PLACES; i++)
		tag_row_purge(&row, tag(i), 10 + i);
	for (uint64_t i = 0; i < TAG_ROW_PLACES; i++) {
		assert_true(tag_row_voids(&row, tag(i), 9 + i));
		assert_false(tag_row_voids(&row, tag(i), 10 + i));
	}
	assert_false(tag_row_voids(&row, tag(TAG_ROW_PLACES), 0));
	/* Again and again takes no room. */
	for (uint64_t i = 0; i < 100; i++)
		tag_row_purge(&row, tag(3), 100 + i);
	assert_false(tag_row_voids(&row, tag(TAG_ROW_PLACES), 0));
	assert_true(tag_row_voids(&row, tag(3), 198));
	assert_true(tag_row_voids(&row, tag(6), 15));
}

static void the_oldest_becomes_everyones(void **state)
{
	struct tag_row row = { .everyones = 0 };

	(void)state;
	for (uint64_t i = 0; i <= TAG_ROW_PLACES; i++)
		tag_row_purge(&row, tag(i), 10 + i);
	/* Of the first, 10 is left; the next is still its own. */
	assert_true(tag_row_voids(&row, tag(0), 9));
	assert_true(tag_row_voids(&row, tag(99), 9));
	assert_false(tag_row_voids(&row, tag(0), 10));
	assert_false(tag_row_voids(&row, tag(99), 10));
	assert_true(tag_row_voids(&row, tag(1), 10));
	/* The first comes back: it is purged for itself again. */
	tag_row_purge(&row, tag(0), 50);
	assert_true(tag_row_voids(&row, tag(0), 49));
	assert_false(tag_row_voids(&row, tag(99), 11));
}

/* The bits of the first tag are zero, and so is a free place. */
static void zero_is_a_tag_like_any(void **state)
{
	struct tag_row row = { .everyones = 0 };

	(void)state;
	tag_row_purge(&row, 0, 5);
	assert_true(tag_row_voids(&row, 0, 4));
	assert_false(tag_row_voids(&row, tag(1), 4));
}

static void no_purge_is_forgotten(void **state)
{
	static uint64_t purged[64];
	struct tag_row row = { .everyones = 0 };
	uint64_t chance = 1;
	size_t spared = 0;

	(void)state;
	for (uint64_t g = 1; g < 20000; g++) {
		size_t i;

		chance = chance * UINT64_C(6364136223846793005) + 1;
		i = chance >> 58;
		tag_row_purge(&row, tag(i), g);
		purged[i] = g;
		for (i = 0; i < ROWS(purged); i++)
			if (purged[i] > 0)
				assert_true(
				    tag_row_voids(&row, tag(i), purged[i] - 1));
		spared += !tag_row_voids(&row, tag(100), g - 4);
	}
	assert_int_equal(spared, 19999);
}

static void bytes_are_the_row(void **state)
{
	struct tag_row row = { .everyones = 7 };
	struct tag_row again;
	char bytes[TAG_ROW_BYTES];

	(void)state;
	for (uint64_t i = 0; i < TAG_ROW_PLACES; i++)
		tag_row_purge(&row, tag(i), TAG_GENERATION_MAX - 1 - i);
	tag_row_write(&row, bytes);
	tag_row_read(&again, bytes);
	assert_memory_equal(&row, &again, sizeof(row));
	assert_int_equal(bytes[TAG_ROW_BYTES - 8], 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_tag_for_itself),
		cmocka_unit_test(the_oldest_becomes_everyones),
		cmocka_unit_test(zero_is_a_tag_like_any),
		cmocka_unit_test(no_purge_is_forgotten),
		cmocka_unit_test(bytes_are_the_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

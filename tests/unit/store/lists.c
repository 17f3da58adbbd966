/* The list of purged prefixes and the list of variants, as bytes and as
 * answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/purge_list.h"
#include "store/variants.h"
#include "tests/unit/unit.h"

static struct purge_list list;
static struct purge_list again;
static char room[PURGE_LIST_MAX];

static struct slice written(const struct purge_list *l)
{
	struct text t = text_over(room, sizeof(room));

	purge_list_write(l, &t);
	assert_false(text_spent(&t));
	return text_slice(&t);
}

static const struct {
	struct slice key;
	uint64_t generation;
	bool is_void;
} voids[] = {
	{ S("a/b/c"), 4, true },
	{ S("a/b/"), 4, true },
	{ S("a/b"), 4, false },
	{ S("a/b/c"), 5, false },
	{ S("x"), 6, true },
	{ S("xy"), 7, false },
	{ S(""), 0, false },
};

static void prefixes_void_what_is_older(void **state)
{
	(void)state;
	list.n = 0;
	assert_true(purge_list_newest(&list) == 0);
	purge_list_add(&list, LIT("a/b/"), 5);
	purge_list_add(&list, LIT("x"), 7);
	for (size_t i = 0; i < ROWS(voids); i++)
		assert_int_equal(
		    purge_list_voids(&list, voids[i].key, voids[i].generation),
		    voids[i].is_void);
	assert_true(purge_list_newest(&list) == 7);
	/* What covers a row takes its place; what is covered adds none. */
	purge_list_add(&list, LIT("a/"), 8);
	assert_int_equal(list.n, 2);
	purge_list_add(&list, LIT("a/b/"), 8);
	assert_int_equal(list.n, 2);
	purge_list_add(&list, LIT("a/b/"), 9);
	assert_int_equal(list.n, 3);
	purge_list_add(&list, LIT(""), 9);
	assert_int_equal(list.n, 1);
}

static void it_is_read_as_written(void **state)
{
	struct slice bytes;

	(void)state;
	list.n = 0;
	purge_list_add(&list, LIT("a/b/"), 5);
	purge_list_add(&list, LIT(""), 4);
	bytes = written(&list);
	assert_true(purge_list_read(bytes, &again));
	assert_int_equal(again.n, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_slice(
		    again.at[i].prefix, list.at[i].prefix, LIT("prefix"));
		assert_true(again.at[i].generation == list.at[i].generation);
	}
	for (size_t n = 0; n < bytes.len; n++)
		assert_false(purge_list_read(slice_upto(bytes, n), &again));
	for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
		room[bit / 8] ^= (char)(1 << bit % 8);
		assert_false(purge_list_read(bytes, &again));
		room[bit / 8] ^= (char)(1 << bit % 8);
	}
}

/* Full, it voids more, never less; and stays readable. */
static void it_has_a_maximum(void **state)
{
	static char keys[1000][PURGE_PREFIX_MAX + 2];

	(void)state;
	list.n = 0;
	for (unsigned i = 0; i < ROWS(keys); i++) {
		memset(keys[i], 'p', sizeof(keys[i]));
		snprintf(keys[i], sizeof(keys[i]), "%u", i * 2654435761u);
		keys[i][strlen(keys[i])] = '/';
		purge_list_add(
		    &list, (struct slice){ keys[i], sizeof(keys[i]) }, i + 1);
		assert_true(list.n <= PURGE_ROWS_MAX);
	}
	assert_true(list.n > PURGE_ROWS_MAX / 2);
	for (unsigned i = 0; i < ROWS(keys); i++)
		assert_true(purge_list_voids(
		    &list, (struct slice){ keys[i], sizeof(keys[i]) }, i));
	assert_false(purge_list_voids(&list, LIT("other"), 0));
	assert_true(purge_list_newest(&list) == ROWS(keys));
	assert_true(purge_list_read(written(&list), &again));
	assert_int_equal(again.n, list.n);
}

static void variants_come_newest_first(void **state)
{
	struct variants v = { .n = 0 };
	char bytes[VARIANTS_BYTES + 8];
	size_t n;

	(void)state;
	for (uint64_t i = 1; i <= 20; i++)
		variants_add(&v, i);
	assert_int_equal(v.n, STORE_VARIANTS_MAX);
	n = variants_write(&v, bytes);
	variants_line(21, bytes + n);
	variants_line(19, bytes + n + 8);
	n += 16;
	assert_true(variants_read((struct slice){ bytes, n }, &v));
	assert_int_equal(v.lines, STORE_VARIANTS_MAX + 2);
	assert_int_equal(v.n, STORE_VARIANTS_MAX);
	assert_true(v.at[0] == 19 && v.at[1] == 21 && v.at[2] == 20);
	assert_true(variants_have(&v, 18) && !variants_have(&v, 5));
	for (size_t len = 0; len < n; len++) {
		bool read = variants_read((struct slice){ bytes, len }, &v);

		assert_int_equal(read, len >= VARIANTS_HEAD);
		if (read)
			assert_int_equal(v.lines, (len - VARIANTS_HEAD) / 8);
	}
	bytes[0] ^= 1;
	assert_false(variants_read((struct slice){ bytes, n }, &v));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes_void_what_is_older),
		cmocka_unit_test(it_is_read_as_written),
		cmocka_unit_test(it_has_a_maximum),
		cmocka_unit_test(variants_come_newest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

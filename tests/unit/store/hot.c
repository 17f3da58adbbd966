/* What is kept in memory: found again, bounded, and not pushed out by what is
 * used once. */
#include "store/hot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

#define MAX_BYTES 65536u

struct thing {
	struct hot_item item;
	char key[24];
};

static struct hot *hot;
static uint64_t tables; /* bytes of nothing kept */

static int set_up(void **state)
{
	(void)state;
	hot = hot_new(MAX_BYTES);
	tables = hot == NULL ? 0 : hot_bytes(hot);
	return hot == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	hot_free(hot);
	return 0;
}

static struct hot_item *thing(uint64_t hash, const char *key, size_t bytes)
{
	struct thing *t = malloc(bytes);

	assert_non_null(t);
	snprintf(t->key, sizeof(t->key), "%s", key);
	t->item.hash = hash;
	t->item.key = slice_of(t->key);
	t->item.bytes = bytes;
	return &t->item;
}

/* The i-th of many, all of one size. */
static struct hot_item *nth(unsigned i)
{
	char key[24];

	snprintf(key, sizeof(key), "%u", i);
	return thing((uint64_t)i << 32 | i, key, 1000);
}

static struct hot_item *find(unsigned i)
{
	char key[24];

	snprintf(key, sizeof(key), "%u", i);
	return hot_find(hot, (uint64_t)i << 32 | i, slice_of(key));
}

static bool has(unsigned i)
{
	return find(i) != NULL;
}

static void whole_keys_are_compared(void **state)
{
	(void)state;
	assert_true(hot_put(hot, thing(7, "one", 200)));
	assert_true(hot_put(hot, thing(7, "two", 300)));
	assert_int_equal(hot_find(hot, 7, LIT("one"))->bytes, 200);
	assert_int_equal(hot_find(hot, 7, LIT("two"))->bytes, 300);
	assert_null(hot_find(hot, 7, LIT("three")));
	assert_null(hot_find(hot, 8, LIT("one")));
	/* The same bucket, as its bits are the same. */
	assert_null(hot_find(hot, 7 | UINT64_C(1) << 63, LIT("one")));
	assert_true(hot_put(hot, thing(7, "one", 400)));
	assert_int_equal(hot_find(hot, 7, LIT("one"))->bytes, 400);
	assert_true(hot_put(hot, thing(9, "one", 200)));
	hot_drop(hot, hot_find(hot, 7, LIT("one")));
	assert_null(hot_find(hot, 7, LIT("one")));
	assert_non_null(hot_find(hot, 7, LIT("two")));
	assert_non_null(hot_find(hot, 9, LIT("one")));
	hot_clear(hot);
	assert_null(hot_find(hot, 9, LIT("one")));
	assert_int_equal(hot_bytes(hot), tables);
}

static void the_maximum_holds(void **state)
{
	unsigned there = 0;

	(void)state;
	for (unsigned i = 0; i < 500; i++) {
		assert_true(hot_put(hot, nth(i)));
		assert_true(hot_bytes(hot) <= MAX_BYTES);
	}
	for (unsigned i = 0; i < 500; i++)
		there += has(i);
	/* And is made use of. */
	assert_in_range(there, 50, 65);
	assert_false(hot_put(hot, thing(1, "x", hot_item_max(hot) + 1)));
	assert_true(hot_put(hot, thing(1, "x", hot_item_max(hot))));
}

/* The oldest go, but what was used since the hand came by stays. */
static void what_is_used_stays(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		assert_true(hot_put(hot, nth(i)));
		for (unsigned used = 0; used < 10 && used <= i; used++)
			assert_true(has(used));
	}
	assert_false(has(11));
	assert_true(has(1999));
	/* All are used: the oldest goes. */
	for (unsigned i = 0; i < 2000; i++)
		has(i);
	assert_true(hot_put(hot, nth(3000)));
	assert_true(has(3000));
}

static void the_second_use_counts(void **state)
{
	unsigned kept = 0;

	(void)state;
	assert_false(hot_wants(hot, 77));
	assert_true(hot_wants(hot, 77));
	assert_true(hot_wants(hot, 77));
	/* Whoever reads everything once. */
	for (uint64_t i = 1000; i < 20000; i++)
		kept += hot_wants(hot, i);
	assert_int_equal(kept, 0);
	assert_false(hot_wants(hot, 77));
}

static void what_is_held_lives_and_counts(void **state)
{
	struct hot_item *held = nth(0);

	(void)state;
	assert_true(hot_put(hot, held));
	hot_hold(held);
	hot_hold(held);
	for (unsigned i = 1; i < 200; i++)
		assert_true(hot_put(hot, nth(i)));
	assert_false(has(0));
	assert_slice(held->key, LIT("0"), LIT("held"));
	hot_clear(hot);
	assert_true(hot_bytes(hot) >= tables + 1000);
	hot_release(held);
	assert_slice(held->key, LIT("0"), LIT("held"));
	hot_release(held);
	assert_int_equal(hot_bytes(hot), tables);
}

static void what_is_held_outlives_it_all(void **state)
{
	struct hot_item *held[2] = { nth(0), nth(1) };

	(void)state;
	for (size_t i = 0; i < ROWS(held); i++) {
		assert_true(hot_put(hot, held[i]));
		hot_hold(held[i]);
	}
	assert_true(hot_put(hot, nth(2)));
	hot_free(hot);
	hot = NULL;
	assert_slice(held[1]->key, LIT("1"), LIT("held"));
	hot_release(held[0]);
	assert_slice(held[1]->key, LIT("1"), LIT("held"));
	hot_release(held[1]);
}

static void all_of_it_may_be_held(void **state)
{
	struct hot_item *held[100];
	size_t n = 0;

	(void)state;
	for (;; n++) {
		held[n] = nth((unsigned)n);
		if (!hot_put(hot, held[n]))
			break;
		hot_hold(held[n]);
		hot_drop(hot, held[n]);
		assert_true(hot_bytes(hot) <= MAX_BYTES);
	}
	assert_in_range(n, 50, 65);
	while (n-- > 0)
		hot_release(held[n]);
	assert_true(hot_put(hot, nth(1)));
}

/* Whatever comes in whatever order: the sanitizers watch. */
static void any_order_will_do(void **state)
{
	struct hot_item *held[32] = { 0 };
	uint64_t random = 88172645463325252u;

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		unsigned key;
		struct hot_item **hold;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		key = (unsigned)(random >> 8 & 127);
		hold = &held[random >> 20 & 31];
		switch (random >> 30 & 7) {
		case 0:
			if (has(key))
				hot_drop(hot, find(key));
			assert_false(has(key));
			break;
		case 1:
			if (*hold != NULL)
				hot_release(*hold);
			*hold = NULL;
			break;
		case 2:
		case 3:
			if (hot_put(hot, nth(key)))
				assert_true(has(key));
			break;
		default:
			if (*hold == NULL && (*hold = find(key)) != NULL)
				hot_hold(*hold);
			break;
		}
		assert_true(hot_bytes(hot) <= MAX_BYTES);
	}
	for (size_t i = 0; i < ROWS(held); i++)
		if (held[i] != NULL)
			hot_release(held[i]);
	hot_clear(hot);
	assert_int_equal(hot_bytes(hot), tables);
}

static void too_little_is_none(void **state)
{
	(void)state;
	assert_null(hot_new(0));
	assert_null(hot_new(500));
}

int main(void)
{
#define EACH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		EACH(whole_keys_are_compared),
		EACH(the_maximum_holds),
		EACH(what_is_used_stays),
		EACH(the_second_use_counts),
		EACH(what_is_held_lives_and_counts),
		EACH(what_is_held_outlives_it_all),
		EACH(all_of_it_may_be_held),
		EACH(any_order_will_do),
		EACH(too_little_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The queue against a plain model of it: order, bounds, memory given back. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/queue.h"

#define MAX 5000

static void first_in_first_out(void **state)
{
	struct queue q = queue_of(MAX);
	unsigned char next_in = 0;
	unsigned char next_out = 0;
	uint32_t x = 7;
	size_t len = 0;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char bytes[700];
		size_t n;
		struct slice seen;

		x = x * 1664525 + 1013904223;
		n = (x >> 16) % sizeof(bytes);
		for (size_t i = 0; i < n; i++)
			bytes[i] = (char)(next_in + i);
		if (queue_add(&q, (struct slice){ bytes, n })) {
			assert_true(len + n <= MAX);
			next_in = (unsigned char)(next_in + n);
			len += n;
		} else {
			assert_true(len + n > MAX);
		}
		assert_int_equal(queue_len(&q), len);
		x = x * 1664525 + 1013904223;
		n = (x >> 16) % sizeof(bytes);
		seen = queue_peek(&q);
		assert_int_equal(seen.len, len);
		if (n > len)
			n = len;
		for (size_t i = 0; i < n; i++)
			assert_int_equal((unsigned char)seen.at[i],
			    (unsigned char)(next_out + i));
		queue_drop(&q, n);
		next_out = (unsigned char)(next_out + n);
		len -= n;
	}
	queue_free(&q);
}

static void all_or_nothing(void **state)
{
	struct queue q = queue_of(4);

	(void)state;
	assert_true(queue_add(&q, LIT("abc")));
	assert_false(queue_add(&q, LIT("de")));
	assert_slice(queue_peek(&q), LIT("abc"), LIT("kept"));
	assert_true(queue_add(&q, LIT("d")));
	assert_false(queue_add(&q, LIT("e")));
	assert_true(queue_add(&q, LIT("")));
	assert_null(queue_reserve(&q, SIZE_MAX));
	queue_drop(&q, 1);
	assert_true(queue_add(&q, LIT("e")));
	assert_slice(queue_peek(&q), LIT("bcde"), LIT("full"));
	queue_free(&q);
	/* As new, with the same maximum. */
	assert_false(queue_add(&q, LIT("abcde")));
	assert_true(queue_add(&q, LIT("abcd")));
	queue_free(&q);
}

static void an_empty_one_costs_nothing(void **state)
{
	struct queue q = queue_of(1 << 20);

	(void)state;
	assert_null(q.at);
	assert_int_equal(queue_peek(&q).len, 0);
	assert_non_null(queue_peek(&q).at);
	queue_drop(&q, 3);
	assert_true(queue_add(&q, LIT("abc")));
	queue_drop(&q, 2);
	assert_non_null(q.at);
	queue_drop(&q, 1);
	assert_null(q.at);
	assert_int_equal(q.size, 0);
	assert_true(queue_add(&q, LIT("abc")));
	queue_drop(&q, 99); /* more than there is: all */
	assert_null(q.at);
	queue_free(&q);
}

static void what_is_reserved_counts_when_told(void **state)
{
	struct queue q = queue_of(8000);
	char *to = queue_reserve(&q, 5);

	(void)state;
	assert_non_null(to);
	assert_int_equal(queue_len(&q), 0);
	memcpy(to, "hello", 5);
	queue_grew(&q, 3);
	assert_slice(queue_peek(&q), LIT("hel"), LIT("grew"));
	/* Growing keeps what waits. */
	to = queue_reserve(&q, 7000);
	assert_non_null(to);
	memset(to, 'x', 7000);
	queue_grew(&q, 7000);
	assert_slice(slice_upto(queue_peek(&q), 5), LIT("helxx"), LIT("moved"));
	/* What has been taken makes room without growing. */
	queue_drop(&q, 6003);
	to = q.at;
	assert_non_null(queue_reserve(&q, 6000));
	assert_ptr_equal(q.at, to);
	assert_int_equal(q.start, 0);
	queue_free(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_in_first_out),
		cmocka_unit_test(all_or_nothing),
		cmocka_unit_test(an_empty_one_costs_nothing),
		cmocka_unit_test(what_is_reserved_counts_when_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

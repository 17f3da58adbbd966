/* Heads of entries: written, read back, cut at every byte and with every bit
 * turned; and the sums and hashes under them. */
#include "store/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/little.h"
#include "store/key_hash.h"
#include "store/sum.h"
#include "tests/unit/unit.h"

static struct field fields[] = {
	{ S("Content-Type"), S("text/html; charset=utf-8") },
	{ S("ETag"), S("\"4f2a\"") },
	{ S("X-Empty"), S("") },
};
static struct field selectors[] = { { S("Accept-Encoding"), S("gzip") } };
static const struct slice tags[] = { S("news"), S(""), S("page-7") };

static struct record sample(void)
{
	return (struct record){ .key = LIT("GET http://a.example/x?y=1"),
		.variant = LIT("gzip"),
		.note = LIT("of\0bytes"),
		.selectors = { selectors, ROWS(selectors), ROWS(selectors) },
		.status = 203,
		.fields = { fields, ROWS(fields), ROWS(fields) },
		.tags = { tags, ROWS(tags) },
		.request_ms = -5,
		.response_ms = INT64_C(1700000000123),
		.flags = 0x80000001,
		.body_bytes = UINT64_C(0x123456789a),
		.body_sum = 0xfedcba9876543210,
		.generation = 12,
		.boot = 13 };
}

struct scene {
	struct arena *arena;
	struct record record;
	char *bytes; /* body_at of them */
	size_t head;
};

static int set_up(void **state)
{
	static struct scene s;

	s.arena = arena_new(1 << 20);
	s.record = sample();
	s.record.body_at = record_body_at(&s.record);
	s.bytes = malloc(s.record.body_at);
	if (s.arena == NULL || s.bytes == NULL ||
	    !record_write(&s.record, s.bytes))
		return -1;
	s.head = little_u32(s.bytes + 12);
	*state = &s;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *s = *state;

	free(s->bytes);
	arena_free(s->arena);
	return 0;
}

static enum record_read read_at(
    const char *bytes, size_t n, struct arena *a, struct record *r)
{
	/* Exactly as long, so that a sanitizer sees one byte too many. */
	char *copy = malloc(n > 0 ? n : 1);
	struct record got = { 0 };
	enum record_read how;
	size_t need = 0;

	assert_non_null(copy);
	if (n > 0)
		memcpy(copy, bytes, n);
	how = record_read((struct slice){ copy, n }, a, &got, &need);
	if (how == RECORD_MORE)
		assert_true(need > n && need <= RECORD_HEAD_MAX);
	free(copy);
	*r = got;
	return how;
}

static void assert_fields(const struct fields *got, const struct fields *want)
{
	assert_int_equal(got->n, want->n);
	for (size_t i = 0; i < got->n; i++) {
		assert_slice(
		    got->at[i].name, want->at[i].name, want->at[i].name);
		assert_slice(
		    got->at[i].value, want->at[i].value, want->at[i].name);
	}
}

static void what_is_written_is_read(void **state)
{
	struct scene *s = *state;
	struct record want = s->record;
	struct record got;
	size_t need = 0;

	assert_int_equal(record_read((struct slice){ s->bytes, want.body_at },
			     s->arena, &got, &need),
	    RECORD_WHOLE);
	assert_slice(got.key, want.key, LIT("key"));
	assert_slice(got.variant, want.variant, LIT("variant"));
	assert_slice(got.note, want.note, LIT("note"));
	assert_fields(&got.fields, &want.fields);
	assert_fields(&got.selectors, &want.selectors);
	assert_int_equal(got.tags.n, want.tags.n);
	for (size_t i = 0; i < got.tags.n; i++)
		assert_slice(got.tags.at[i], want.tags.at[i], LIT("tag"));
	assert_int_equal(got.status, want.status);
	assert_true(got.request_ms == want.request_ms);
	assert_true(got.response_ms == want.response_ms);
	assert_true(got.flags == want.flags);
	assert_true(got.body_bytes == want.body_bytes);
	assert_true(got.body_sum == want.body_sum);
	assert_true(got.generation == want.generation);
	assert_true(got.boot == want.boot);
	assert_int_equal(got.body_at, want.body_at);
	assert_int_equal(got.body_at % RECORD_ALIGN, 0);
	assert_true(got.body_at >= s->head + RECORD_SLACK);
}

static void every_cut_asks_for_more(void **state)
{
	struct scene *s = *state;
	struct record got;

	for (size_t n = 0; n < s->head; n++)
		assert_int_equal(
		    read_at(s->bytes, n, s->arena, &got), RECORD_MORE);
	assert_int_equal(
	    read_at(s->bytes, s->head, s->arena, &got), RECORD_WHOLE);
}

static void every_turned_bit_is_seen(void **state)
{
	struct scene *s = *state;
	struct record got;

	for (size_t bit = 0; bit < s->record.body_at * 8; bit++) {
		enum record_read how;

		s->bytes[bit / 8] ^= (char)(1 << bit % 8);
		arena_reset(s->arena);
		how = read_at(s->bytes, s->record.body_at, s->arena, &got);
		/* The slack says nothing. */
		if (bit / 8 < s->head)
			assert_true(how != RECORD_WHOLE);
		else
			assert_int_equal(how, RECORD_WHOLE);
		s->bytes[bit / 8] ^= (char)(1 << bit % 8);
	}
}

/* A right sum over wrong counts and lengths. */
static void a_right_sum_proves_nothing(void **state)
{
	struct scene *s = *state;

	for (size_t at = 24; at + 4 <= s->head; at++)
		for (unsigned value = 0; value < 3; value++) {
			static const uint32_t words[] = { 0xffffffff, 0x10001,
				1 };
			char was[4];
			struct sum sum = sum_new();
			enum record_read how;
			struct record got;

			memcpy(was, s->bytes + at, 4);
			little_put_u32(s->bytes + at, words[value]);
			sum_add(&sum,
			    (struct slice){ s->bytes + 24, s->head - 24 });
			little_put_u64(s->bytes + 16, sum_value(&sum));
			arena_reset(s->arena);
			how = read_at(
			    s->bytes, s->record.body_at, s->arena, &got);
			/* The length of the last tag, "page-7". */
			if (at == s->head - 10)
				assert_int_equal(how, RECORD_BROKEN);
			assert_true(got.fields.n <= FIELDS_MAX);
			assert_true(got.tags.n <= RECORD_TAGS_MAX);
			memcpy(s->bytes + at, was, 4);
		}
}

static void a_grown_head_fits_in_place(void **state)
{
	struct scene *s = *state;
	char value[RECORD_SLACK + RECORD_ALIGN + 8];
	struct field grown[] = { fields[0], { S("Date"), { value, 0 } } };
	struct record r = s->record;

	memset(value, 'x', sizeof(value));
	r.fields = (struct fields){ grown, ROWS(grown), ROWS(grown) };
	grown[1].value.len = 200;
	assert_true(record_write(&r, s->bytes));
	grown[1].value.len = sizeof(value);
	r.fields.n = 2;
	r.key = LIT("GET http://a.example/and-a-key-that-is-longer?y=1");
	assert_false(record_write(&r, s->bytes));
}

static void too_much_has_no_place(void **state)
{
	struct scene *s = *state;
	static struct slice many[RECORD_TAGS_MAX + 1];
	struct record r = s->record;

	r.key = SLICE_NONE;
	assert_int_equal(record_body_at(&r), 0);
	r = s->record;
	r.tags = (struct slice_list){ many, ROWS(many) };
	assert_int_equal(record_body_at(&r), 0);
	r.tags.n--;
	assert_true(record_body_at(&r) > 0);
	r.status = 99;
	assert_int_equal(record_body_at(&r), 0);
	r = s->record;
	r.variant = (struct slice){ s->bytes, RECORD_HEAD_MAX };
	assert_int_equal(record_body_at(&r), 0);
}

static uint64_t sum_split(struct slice s, size_t at)
{
	struct sum sum = sum_new();

	sum_add(&sum, slice_upto(s, at));
	sum_add(&sum, slice_from(s, at));
	return sum_value(&sum);
}

static void sums_do_not_depend_on_pieces(void **state)
{
	static const struct slice text =
	    S("the quick brown fox jumps over the lazy dog");
	uint64_t want = sum_split(text, 0);
	struct sum sum = sum_new();

	(void)state;
	for (size_t i = 0; i <= text.len; i++)
		assert_true(sum_split(text, i) == want);
	for (size_t i = 0; i < text.len; i++)
		sum_add(&sum, slice_upto(slice_from(text, i), 1));
	assert_true(sum_value(&sum) == want);
	/* Nor are zeros at the end nothing. */
	assert_true(
	    sum_split(LIT("a"), 0) != sum_split((struct slice){ "a\0", 2 }, 0));
}

/* From the paper that defines it: the key 00 01 .. 0f, the input 00 01 .. */
static void keys_hash_as_published(void **state)
{
	static const struct key_secret secret = { { 0x0706050403020100,
	    0x0f0e0d0c0b0a0908 } };
	char input[15];

	(void)state;
	for (size_t i = 0; i < sizeof(input); i++)
		input[i] = (char)i;
	assert_true(key_hash(&secret, (struct slice){ input, sizeof(input) }) ==
	    0xa129ca6149be45e5);
}

int main(void)
{
#define EACH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		EACH(what_is_written_is_read),
		EACH(every_cut_asks_for_more),
		EACH(every_turned_bit_is_seen),
		EACH(a_right_sum_proves_nothing),
		EACH(a_grown_head_fits_in_place),
		EACH(too_much_has_no_place),
		cmocka_unit_test(sums_do_not_depend_on_pieces),
		cmocka_unit_test(keys_hash_as_published),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

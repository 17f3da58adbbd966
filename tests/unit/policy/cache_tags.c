/* Cache-Tag and Surrogate-Key. */
#include "policy/cache_tags.h"

#include "base/arena.h"
#include "base/text.h"
#include "tests/unit/policy/heads.h"
#include "tests/unit/unit.h"

static const struct {
	const char *lines;
	struct slice want; /* each behind a "|" */
} cases[] = {
	{ "X: a\n", S("") },
	{ "Cache-Tag: a\n", S("|a") },
	{ "Cache-Tag: a, b c ,,d,\n", S("|a|b c|d") },
	{ "cache-tag: a\nCache-Tag: b\n", S("|a|b") },
	{ "Surrogate-Key: a  b,c\td\n", S("|a|b,c|d") },
	{ "Surrogate-Key: a b\nCache-Tag: b, A\n", S("|a|b|A") },
	/* no origin purges or hides behind what is ours */
	{ "Cache-Tag: =0123456789abcdef, =, a=\n", S("|a=") },
	{ "Surrogate-Key: =a b\n", S("|b") },
};

static struct slice joined(const struct slice_list *tags, struct arena *a)
{
	struct text t = text_in(a, 4096);

	for (size_t i = 0; i < tags->n; i++) {
		text_char(&t, '|');
		text_add(&t, tags->at[i]);
	}
	return text_slice(&t);
}

static void fields_read(void **state)
{
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct fields f = head_fields(a, cases[i].lines);
		struct slice_list tags;

		assert_true(cache_tags_read(&f, a, &tags));
		assert_slice(
		    joined(&tags, a), cases[i].want, slice_of(cases[i].lines));
	}
	arena_free(a);
}

static void too_many(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct text t = text_in(a, 8192);
	struct fields f = { 0 };
	struct slice_list tags;

	(void)state;
	for (int i = 0; i < CACHE_PURGE_TAGS_MAX; i++)
		text_format(&t, "%d 1 ", i);
	assert_true(field_add(&f, a, LIT("Surrogate-Key"), text_slice(&t)));
	assert_true(cache_tags_read(&f, a, &tags));
	assert_int_equal(tags.n, CACHE_PURGE_TAGS_MAX);
	assert_true(field_add(&f, a, LIT("Cache-Tag"), LIT("one more")));
	assert_false(cache_tags_read(&f, a, &tags));
	arena_free(a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_read),
		cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

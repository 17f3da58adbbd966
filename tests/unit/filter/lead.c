/* URLs that stand in some syntax, pushed in pieces of every size. */
#include "filter/lead.h"

#include "base/arena.h"
#include "base/text.h"
#include "tests/unit/unit.h"

static struct arena *arena;
static struct mapping mapping;

static void into_text(void *user, struct slice bytes)
{
	text_add(user, bytes);
}

static int setup(void **state)
{
	(void)state;
	arena = arena_new(1 << 22);
	return arena == NULL || !mapping_plain(LIT("/hotels"), arena, &mapping);
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* '~' and a letter stand for one decoded byte: ~s for '/', ~c for ':'; "~&"
 * is raw for nothing, as the rest of a reference that is two bytes long. */
static void push(struct lead *l, struct slice url, const struct outlet *out)
{
	for (size_t i = 0; i < url.len; i++) {
		struct slice raw = slice_upto(slice_from(url, i), 2);

		if (url.at[i] != '~') {
			raw.len = 1;
			lead_push(l, url.at[i], raw, out);
			continue;
		}
		lead_push(l, url.at[i + 1] == 's' ? '/' : ':', raw, out);
		i++;
	}
}

static const struct {
	struct slice in, want;
	bool own;
} rows[] = {
	{ S(""), S(""), true },
	{ S("/x"), S("/hotels/x"), true },
	{ S("~sx"), S("/hotels~sx"), true },
	{ S(" ~sx~s~sy"), S(" /hotels~sx~s~sy"), true },
	{ S("http~c//origin~sx"), S("/hotels~sx"), true },
	{ S("~s~sorigin~s.~c"), S("/hotels~s.~c"), true },
	{ S("~s~scdn~sx"), S("~s~scdn~sx"), false },
	{ S("..~sx"), S("/hotels/x"), true },
	{ S("mailto~c/x"), S("mailto~c/x"), false },
};

static void pieces_make_no_difference(void **state)
{
	char room[256];
	struct lead l;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		for (size_t cut = 0; cut <= rows[i].in.len; cut++) {
			struct text t = text_over(room, sizeof(room));
			struct outlet out = { into_text, into_text, &t };
			struct slice head = slice_upto(rows[i].in, cut);

			if (slice_find(head, '~') < head.len)
				continue;
			lead_start(&l, &mapping, mapping_place(&mapping),
			    MAPPING_SHORT);
			lead_push_run(&l, head, &out);
			push(&l, slice_from(rows[i].in, cut), &out);
			lead_end(&l, &out);
			assert_slice(text_slice(&t), rows[i].want, rows[i].in);
			assert_int_equal(lead_own(&l), rows[i].own);
		}
}

static void what_is_none_after_all_stays(void **state)
{
	char room[64];
	struct text t = text_over(room, sizeof(room));
	struct outlet out = { into_text, into_text, &t };
	struct lead l;

	(void)state;
	lead_start(&l, &mapping, mapping_place(&mapping), MAPPING_SHORT);
	push(&l, LIT("/x~sy"), &out);
	assert_slice(lead_url(&l), LIT("/x/y"), LIT("as far as held"));
	lead_keep(&l, &out);
	lead_push(&l, 'z', LIT("z"), &out);
	assert_slice(text_slice(&t), LIT("/x~syz"), LIT("kept"));
}

static void long_urls_are_decided_by_their_beginning(void **state)
{
	static char url[3 * LEAD_MAX];
	static char room[4 * LEAD_MAX];
	struct lead l;

	(void)state;
	url[0] = '/';
	for (size_t i = 1; i < sizeof(url); i++)
		url[i] = (char)('a' + i % 26);
	for (size_t cut = 0; cut <= sizeof(url); cut += cut < 8 ? 1 : 509) {
		struct text t = text_over(room, sizeof(room));
		struct outlet out = { into_text, into_text, &t };
		struct slice whole = { url, sizeof(url) };

		lead_start(
		    &l, &mapping, mapping_place(&mapping), MAPPING_SHORT);
		lead_push_run(&l, slice_upto(whole, cut), &out);
		push(&l, slice_from(whole, cut), &out);
		lead_end(&l, &out);
		assert_true(l.too_long);
		assert_true(slice_starts(text_slice(&t), LIT("/hotels/")));
		assert_slice(
		    slice_from(text_slice(&t), 7), whole, LIT("the rest"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_make_no_difference),
		cmocka_unit_test(what_is_none_after_all_stays),
		cmocka_unit_test(long_urls_are_decided_by_their_beginning),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* Cache-Status: RFC 9211. */
#include "policy/cache_status.h"

#include "base/arena.h"
#include "tests/unit/policy/heads.h"
#include "tests/unit/unit.h"

static struct arena *a;

static int set_up(void **state)
{
	(void)state;
	a = arena_new(1 << 20);
	return a == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static const struct {
	struct cache_status in;
	struct slice want;
} cases[] = {
	/* 2.1 */
	{ { S("F"), CACHE_HIT, 0, true, 376, false, false, S("") },
	    S("F; hit; ttl=376") },
	{ { S("F"), CACHE_HIT, 0, true, -5, true, true, S("max-stale") },
	    S("F; hit; ttl=-5; detail=max-stale") },
	/* 2.2 to 2.6 */
	{ { S("F"), CACHE_FORWARD_URI_MISS, 0, false, 0, true, true, S("") },
	    S("F; fwd=uri-miss; stored; collapsed") },
	{ { S("F"), CACHE_FORWARD_STALE, 304, true, 60, true, false, S("") },
	    S("F; fwd=stale; fwd-status=304; ttl=60; stored") },
	{ { S("F"), CACHE_FORWARD_BYPASS, 0, false, 0, false, false, S("") },
	    S("F; fwd=bypass") },
	{ { S("F"), CACHE_FORWARD_METHOD, 0, false, 0, false, false, S("") },
	    S("F; fwd=method") },
	{ { S("F"), CACHE_FORWARD_VARY_MISS, 0, false, 0, false, false, S("") },
	    S("F; fwd=vary-miss") },
	{ { S("F"), CACHE_FORWARD_REQUEST, 0, false, 0, false, false,
	      S("no-cache") },
	    S("F; fwd=request; detail=no-cache") },
	{ { S("F"), CACHE_FORWARD_PARTIAL, 0, false, 0, false, false, S("") },
	    S("F; fwd=partial") },
	/* 2: names are tokens or strings; 2.8: so are details */
	{ { S("a b\"c\\"), CACHE_HIT, 0, false, 0, false, false,
	      S("5; fwd=x\r\n") },
	    S("\"a b\\\"c\\\\\"; hit; detail=\"5; fwd=x\"") },
	{ { S("h:80/x"), CACHE_HIT, 0, false, 0, false, false, S("1a") },
	    S("h:80/x; hit; detail=\"1a\"") },
	{ { S(""), CACHE_HIT, 0, true, INT64_MAX, false, false, S("") },
	    S("\"\"; hit; ttl=999999999999999") },
	{ { S("F"), CACHE_HIT, 0, true, INT64_MIN, false, false, S("") },
	    S("F; hit; ttl=-999999999999999") },
};

static void members_are_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct response r = head_response(a, 200, "");

		assert_true(cache_status_add(&r, &cases[i].in, a));
		assert_slice(field_get(&r.fields, LIT("Cache-Status")),
		    cases[i].want, cases[i].want);
	}
}

/* Section 2: the nearest to the client is the last. */
static void ours_is_last(void **state)
{
	struct response r = head_response(a, 200, "Cache-Status: o; hit");
	struct cache_status s = { .cache = LIT("F") };

	(void)state;
	assert_true(cache_status_add(&r, &s, a));
	assert_int_equal(r.fields.n, 2);
	assert_slice(r.fields.at[1].value, LIT("F; hit"), LIT("ours"));
}

static void verdicts_are_told(void **state)
{
	struct cache_rules rules = cache_rules_default();
	struct cache_stored stored =
	    head_stored(a, "Cache-Control: max-age=60", "");
	struct request q = head_request(a, "");
	struct cache_verdict v =
	    cache_reuse(&q, &stored, 1, &rules, NOW + 20, a);
	struct cache_status s = cache_status_of(LIT("F"), &v);

	(void)state;
	assert_true(s.ttl && s.ttl_s == 40 && s.forward == CACHE_HIT);
	v = cache_reuse(&q, NULL, 0, &rules, NOW, a);
	s = cache_status_of(LIT("F"), &v);
	assert_false(s.ttl);
	assert_int_equal(s.forward, CACHE_FORWARD_URI_MISS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_written),
		cmocka_unit_test(ours_is_last),
		cmocka_unit_test(verdicts_are_told),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* Freshness, age and staleness: RFC 9111 section 4.2. */
#include "policy/cache_terms.h"

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
	int status;
	const char *head;
	int64_t lifetime_s;
	enum cache_source source;
} lifetime_cases[] = {
	/* 4.2.1: s-maxage, max-age, Expires, in this order */
	{ 200, "Cache-Control: max-age=60", 60, CACHE_SOURCE_MAX_AGE },
	{ 200, "Cache-Control: max-age=60, s-maxage=5", 5,
	    CACHE_SOURCE_S_MAXAGE },
	{ 200,
	    "Cache-Control: max-age=60\nDate: " NOW_DATE "\nExpires: " NEW_DATE,
	    60, CACHE_SOURCE_MAX_AGE },
	{ 200, "Cache-Control: s-maxage=0, max-age=60", 0,
	    CACHE_SOURCE_S_MAXAGE },
	{ 200, "Date: " NOW_DATE "\nExpires: " NEW_DATE, 3600,
	    CACHE_SOURCE_EXPIRES },
	{ 200, "Expires: " NEW_DATE, 3600, CACHE_SOURCE_EXPIRES },
	{ 200, "Date: " OLD_DATE "\nExpires: " NEW_DATE, 7200,
	    CACHE_SOURCE_EXPIRES },
	{ 200, "Date: " NEW_DATE "\nExpires: " NOW_DATE, 0,
	    CACHE_SOURCE_EXPIRES },
	/* 5.3: what is no date is past; of two the earlier */
	{ 200, "Expires: 0", 0, CACHE_SOURCE_EXPIRES },
	{ 200, "Expires: ", 0, CACHE_SOURCE_EXPIRES },
	{ 200, "Expires: Sat, 21 Nov 2026 11:00:00 UTC", 0,
	    CACHE_SOURCE_EXPIRES },
	{ 200, "Expires: " NEW_DATE "\nExpires: 0", 0, CACHE_SOURCE_EXPIRES },
	{ 200, "Expires: " NEW_DATE "\nExpires: " OLD_DATE, 0,
	    CACHE_SOURCE_EXPIRES },
	{ 200, "Date: " NOW_DATE "\nExpires: Fri, 31 Dec 9999 23:59:59 GMT",
	    DELTA_MAX, CACHE_SOURCE_EXPIRES },
	/* 4.2.1: invalid is stale, whatever Expires says */
	{ 200, "Cache-Control: max-age=x\nExpires: " NEW_DATE, 0,
	    CACHE_SOURCE_MAX_AGE },
	/* 1.2.2 */
	{ 200, "Cache-Control: max-age=99999999999", DELTA_MAX,
	    CACHE_SOURCE_MAX_AGE },
	/* 4.2.2: a tenth, at most a day; not where something explicit is
	 * there; only for some statuses, or what is public */
	{ 200, "Date: " NOW_DATE "\nLast-Modified: " OLD_DATE, 360,
	    CACHE_SOURCE_HEURISTIC },
	{ 200, "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT", 86400,
	    CACHE_SOURCE_HEURISTIC },
	{ 200, "Date: " NOW_DATE "\nLast-Modified: " NEW_DATE, 0,
	    CACHE_SOURCE_HEURISTIC },
	{ 200, "Last-Modified: yesterday", 0, CACHE_SOURCE_NONE },
	{ 200, "Cache-Control: max-age=0\nLast-Modified: " OLD_DATE, 0,
	    CACHE_SOURCE_MAX_AGE },
	{ 404, "Date: " NOW_DATE "\nLast-Modified: " OLD_DATE, 360,
	    CACHE_SOURCE_HEURISTIC },
	{ 500, "Date: " NOW_DATE "\nLast-Modified: " OLD_DATE, 0,
	    CACHE_SOURCE_NONE },
	{ 302, "Date: " NOW_DATE "\nLast-Modified: " OLD_DATE, 0,
	    CACHE_SOURCE_NONE },
	{ 599,
	    "Date: " NOW_DATE "\nLast-Modified: " OLD_DATE
	    "\nCache-Control: public",
	    360, CACHE_SOURCE_HEURISTIC },
	{ 200, "", 0, CACHE_SOURCE_NONE },
	/* RFC 9213 section 2.2: it alone counts, and Expires does not */
	{ 200, "CDN-Cache-Control: max-age=9\nCache-Control: max-age=60", 9,
	    CACHE_SOURCE_MAX_AGE },
	{ 200, "CDN-Cache-Control: max-age=9\nCache-Control: no-store", 9,
	    CACHE_SOURCE_MAX_AGE },
	{ 200, "CDN-Cache-Control: foo\nExpires: " NEW_DATE, 0,
	    CACHE_SOURCE_NONE },
	{ 200, "CDN-Cache-Control: max-age=9, &\nCache-Control: max-age=60", 60,
	    CACHE_SOURCE_MAX_AGE },
	{ 200, "CDN-Cache-Control: \nCache-Control: max-age=60", 60,
	    CACHE_SOURCE_MAX_AGE },
	/* not for us */
	{ 200, "Surrogate-Control: max-age=9\nCache-Control: max-age=60", 60,
	    CACHE_SOURCE_MAX_AGE },
};

static void lifetimes_are_found(void **state)
{
	struct cache_rules rules = cache_rules_default();
	struct cache_times times = { NOW, NOW };

	(void)state;
	for (size_t i = 0; i < ROWS(lifetime_cases); i++) {
		struct response r = head_response(
		    a, lifetime_cases[i].status, lifetime_cases[i].head);
		struct cache_terms t = cache_terms(&r, times, &rules);

		if (t.lifetime_s != lifetime_cases[i].lifetime_s ||
		    t.source != lifetime_cases[i].source)
			fail_msg("%s: %lld %d", lifetime_cases[i].head,
			    (long long)t.lifetime_s, (int)t.source);
	}
}

static void rules_have_a_say(void **state)
{
	struct cache_rules rules = cache_rules_default();
	struct cache_times times = { NOW, NOW };
	struct response silent =
	    head_response(a, 200, "Last-Modified: " OLD_DATE);
	struct response says =
	    head_response(a, 200, "Cache-Control: max-age=60");
	struct response error = head_response(a, 500, "");
	struct response surrogate = head_response(
	    a, 200, "Surrogate-Control: max-age=9+3\nCDN-Cache-Control: x");

	(void)state;
	rules.ttl_s = 30;
	assert_int_equal(cache_terms(&silent, times, &rules).lifetime_s, 30);
	assert_int_equal(cache_terms(&says, times, &rules).lifetime_s, 60);
	/* Whoever gives it for a status means it. */
	assert_int_equal(cache_terms(&error, times, &rules).lifetime_s, 30);
	rules.ttl_overrides = true;
	assert_int_equal(cache_terms(&says, times, &rules).lifetime_s, 30);
	rules = cache_rules_default();
	assert_int_equal(cache_terms(&error, times, &rules).lifetime_s, 0);
	rules.heuristic = false;
	assert_int_equal(cache_terms(&silent, times, &rules).lifetime_s, 0);
	rules.surrogate = true;
	assert_int_equal(cache_terms(&surrogate, times, &rules).lifetime_s, 9);
	assert_int_equal(
	    cache_terms(&surrogate, times, &rules).stale_while_revalidate_s, 3);
}

static const struct {
	const char *head;
	int64_t delay_s; /* between request and response */
	int64_t age_s;   /* at once */
} age_cases[] = {
	/* 4.2.3 */
	{ "Date: " NOW_DATE, 0, 0 },
	{ "Date: " NOW_DATE "\nAge: 7", 0, 7 },
	{ "Date: " NOW_DATE "\nAge: 7", 3, 10 },
	{ "Date: " OLD_DATE "\nAge: 7", 3, 3600 },
	{ "Date: " OLD_DATE "\nAge: 7200", 0, 7200 },
	/* bad clocks: theirs, ours, none */
	{ "Date: " NEW_DATE, 0, 0 },
	{ "Date: " NEW_DATE "\nAge: 5", 0, 5 },
	{ "Date: today\nAge: 5", 0, 5 },
	{ "Age: 5", 2, 7 },
	{ "Date: " NOW_DATE, -100, 0 },
	/* 5.1: the first member; what is no number is ignored */
	{ "Age: 7200,0", 0, 7200 },
	{ "Age: 0, 7200", 0, 0 },
	{ "Age: 7200\nAge: 0", 0, 7200 },
	{ "Age: abc", 0, 0 },
	{ "Age: -7200", 0, 0 },
	{ "Age: 7200.0", 0, 0 },
	{ "Age: ", 0, 0 },
	/* 1.2.2 */
	{ "Age: 99999999999999999999", 5, DELTA_MAX },
};

static void ages_are_found(void **state)
{
	struct cache_rules rules = cache_rules_default();

	(void)state;
	for (size_t i = 0; i < ROWS(age_cases); i++) {
		struct cache_times times = { NOW - age_cases[i].delay_s, NOW };
		struct response r = head_response(a, 200, age_cases[i].head);
		struct cache_terms t = cache_terms(&r, times, &rules);
		int64_t later = age_cases[i].age_s + 100;

		if (cache_age(&t, NOW) != age_cases[i].age_s)
			fail_msg("%s: %lld", age_cases[i].head,
			    (long long)cache_age(&t, NOW));
		assert_int_equal(cache_age(&t, NOW + 100),
		    later > DELTA_MAX ? DELTA_MAX : later);
	}
}

static void clocks_step(void **state)
{
	struct cache_terms t = { .lifetime_s = 60, .received_s = NOW };

	(void)state;
	assert_int_equal(cache_ttl(&t, NOW), 60);
	assert_int_equal(cache_ttl(&t, NOW + 60), 0);
	assert_int_equal(cache_ttl(&t, NOW + 100), -40);
	assert_int_equal(cache_age(&t, NOW - 60), 0);
	assert_int_equal(cache_age(&t, NOW - 61), DELTA_MAX);
	assert_int_equal(cache_age(&t, INT64_MAX / 2), DELTA_MAX);
}

static const struct {
	const char *head;
	int64_t swr_s, sie_s; /* the rule's are 10 and 20 */
	bool validate, strict, max_stale;
} stale_cases[] = {
	{ "Cache-Control: max-age=1", 10, 20, false, false, true },
	/* RFC 5861: what the response says is what counts */
	{ "Cache-Control: stale-while-revalidate=5", 5, 20, false, false,
	    true },
	{ "Cache-Control: stale-if-error=0", 10, 0, false, false, true },
	/* RFC 9111 sections 5.2.2.2, 5.2.2.8, 5.2.2.4: never stale */
	{ "Cache-Control: must-revalidate, stale-if-error=9", 0, 0, false, true,
	    false },
	{ "Cache-Control: proxy-revalidate, stale-while-revalidate=9", 0, 0,
	    false, true, false },
	{ "Cache-Control: no-cache, stale-if-error=9", 0, 0, true, true,
	    false },
	{ "Cache-Control: no-cache=x", 10, 20, false, false, true },
	/* 5.2.2.10: neither rule nor client; but its own word counts */
	{ "Cache-Control: s-maxage=1", 0, 0, false, false, false },
	{ "Cache-Control: s-maxage=1, stale-while-revalidate=5", 5, 0, false,
	    false, false },
};

static void staleness_is_bounded(void **state)
{
	struct cache_rules rules = cache_rules_default();
	struct cache_times times = { NOW, NOW };

	(void)state;
	rules.stale_while_revalidate_s = 10;
	rules.stale_if_error_s = 20;
	for (size_t i = 0; i < ROWS(stale_cases); i++) {
		struct response r = head_response(a, 200, stale_cases[i].head);
		struct cache_terms t = cache_terms(&r, times, &rules);

		if (t.stale_while_revalidate_s != stale_cases[i].swr_s ||
		    t.stale_if_error_s != stale_cases[i].sie_s ||
		    t.validate != stale_cases[i].validate ||
		    t.strict != stale_cases[i].strict ||
		    t.max_stale != stale_cases[i].max_stale)
			fail_msg("%s", stale_cases[i].head);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lifetimes_are_found),
		cmocka_unit_test(rules_have_a_say),
		cmocka_unit_test(ages_are_found),
		cmocka_unit_test(clocks_step),
		cmocka_unit_test(staleness_is_bounded),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

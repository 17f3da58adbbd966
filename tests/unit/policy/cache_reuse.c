/* What becomes of a request: RFC 9111 sections 4, 4.2.4 and 5.2.1. */
#include "policy/cache_reuse.h"

#include <string.h>

#include "base/arena.h"
#include "policy/cache_terms.h"
#include "tests/unit/policy/heads.h"
#include "tests/unit/unit.h"

static struct arena *a;

static int set_up(void **state)
{
	(void)state;
	a = arena_new(4 << 20);
	return a == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

#define CC  "Cache-Control: "
#define M60 CC "max-age=60"

static const struct {
	const char *stored; /* "-": nothing */
	const char *request;
	int64_t later_s; /* how long ago it was stored */
	enum cache_use use;
	enum cache_forward forward;
	struct slice detail;
} cases[] = {
	{ "-", "", 0, CACHE_FETCH, CACHE_FORWARD_URI_MISS, S("") },
	/* 4.2: fresh, and not at the last second */
	{ M60, "", 0, CACHE_SERVE, CACHE_HIT, S("") },
	{ M60, "", 59, CACHE_SERVE, CACHE_HIT, S("") },
	{ M60, "", 60, CACHE_VALIDATE, CACHE_FORWARD_STALE, S("") },
	{ M60 "\nAge: 59", "", 1, CACHE_VALIDATE, CACHE_FORWARD_STALE, S("") },
	/* 4.1 */
	{ M60 "\nVary: Foo", "Foo: 1", 0, CACHE_FETCH, CACHE_FORWARD_VARY_MISS,
	    S("") },
	/* 5.2.2.4 */
	{ CC "max-age=60, no-cache", "", 0, CACHE_VALIDATE, CACHE_FORWARD_STALE,
	    S("must-validate") },
	{ CC "max-age=60, no-cache=\"x\"", "", 0, CACHE_SERVE, CACHE_HIT,
	    S("") },
	/* 5.2.1.4, 5.4 */
	{ M60, CC "no-cache", 0, CACHE_VALIDATE, CACHE_FORWARD_REQUEST,
	    S("no-cache") },
	{ M60, "Pragma: no-cache", 0, CACHE_VALIDATE, CACHE_FORWARD_REQUEST,
	    S("no-cache") },
	{ M60, "Pragma: no-cache\nCache-Control: x", 0, CACHE_SERVE, CACHE_HIT,
	    S("") },
	{ M60, "Pragma: foo", 0, CACHE_SERVE, CACHE_HIT, S("") },
	/* 5.2.1.5 */
	{ M60, CC "no-store", 0, CACHE_FETCH, CACHE_FORWARD_REQUEST,
	    S("no-store") },
	/* 5.2.1.1 */
	{ M60, CC "max-age=0", 0, CACHE_SERVE, CACHE_HIT, S("") },
	{ M60, CC "max-age=0", 1, CACHE_VALIDATE, CACHE_FORWARD_REQUEST,
	    S("max-age") },
	{ M60, CC "max-age=30", 30, CACHE_SERVE, CACHE_HIT, S("") },
	{ M60, CC "max-age=30", 31, CACHE_VALIDATE, CACHE_FORWARD_REQUEST,
	    S("max-age") },
	{ M60, CC "max-age=100", 70, CACHE_VALIDATE, CACHE_FORWARD_STALE,
	    S("max-age") },
	{ M60, CC "max-age=100, max-stale=20", 70, CACHE_SERVE, CACHE_HIT,
	    S("max-stale") },
	{ M60, CC "max-age=65, max-stale=20", 70, CACHE_VALIDATE,
	    CACHE_FORWARD_STALE, S("max-age") },
	{ M60, CC "max-age=x", 1, CACHE_VALIDATE, CACHE_FORWARD_REQUEST,
	    S("max-age") },
	/* 5.2.1.3 */
	{ M60, CC "min-fresh=30", 30, CACHE_SERVE, CACHE_HIT, S("") },
	{ M60, CC "min-fresh=30", 31, CACHE_VALIDATE, CACHE_FORWARD_REQUEST,
	    S("min-fresh") },
	/* 5.2.1.2 */
	{ M60, CC "max-stale=10", 70, CACHE_SERVE, CACHE_HIT, S("max-stale") },
	{ M60, CC "max-stale=10", 71, CACHE_VALIDATE, CACHE_FORWARD_STALE,
	    S("") },
	{ M60, CC "max-stale", 100000, CACHE_SERVE, CACHE_HIT, S("max-stale") },
	/* 4.2.4: not where the response forbids it */
	{ CC "max-age=60, must-revalidate", CC "max-stale", 61, CACHE_VALIDATE,
	    CACHE_FORWARD_STALE, S("") },
	{ CC "max-age=60, proxy-revalidate", CC "max-stale", 61, CACHE_VALIDATE,
	    CACHE_FORWARD_STALE, S("") },
	{ CC "s-maxage=60", CC "max-stale", 61, CACHE_VALIDATE,
	    CACHE_FORWARD_STALE, S("") },
	{ CC "max-age=60, no-cache", CC "max-stale", 61, CACHE_VALIDATE,
	    CACHE_FORWARD_STALE, S("must-validate") },
	/* RFC 5861 section 3 */
	{ CC "max-age=60, stale-while-revalidate=30", "", 60,
	    CACHE_SERVE_STALE_REVALIDATE, CACHE_HIT,
	    S("stale-while-revalidate") },
	{ CC "max-age=60, stale-while-revalidate=30", "", 89,
	    CACHE_SERVE_STALE_REVALIDATE, CACHE_HIT,
	    S("stale-while-revalidate") },
	{ CC "max-age=60, stale-while-revalidate=30", "", 90, CACHE_VALIDATE,
	    CACHE_FORWARD_STALE, S("") },
	{ CC "max-age=60, stale-while-revalidate=30", CC "max-age=100", 61,
	    CACHE_VALIDATE, CACHE_FORWARD_STALE, S("max-age") },
	{ CC "max-age=60, stale-while-revalidate=30, must-revalidate", "", 61,
	    CACHE_VALIDATE, CACHE_FORWARD_STALE, S("") },
	/* 5.2.1.7 */
	{ M60, CC "only-if-cached", 0, CACHE_SERVE, CACHE_HIT, S("") },
	{ M60, CC "only-if-cached", 60, CACHE_UNAVAILABLE, CACHE_FORWARD_STALE,
	    S("") },
	{ M60, CC "only-if-cached, max-stale=9", 61, CACHE_SERVE, CACHE_HIT,
	    S("max-stale") },
	{ "-", CC "only-if-cached", 0, CACHE_UNAVAILABLE,
	    CACHE_FORWARD_URI_MISS, S("") },
	/* RFC 9110 sections 13.1.1 and 13.1.4: the origin's to judge */
	{ M60, "If-Match: \"a\"", 0, CACHE_FETCH, CACHE_FORWARD_REQUEST,
	    S("condition") },
	{ M60, "If-Unmodified-Since: " NOW_DATE, 0, CACHE_FETCH,
	    CACHE_FORWARD_REQUEST, S("condition") },
	{ M60, "If-None-Match: \"a\"", 0, CACHE_SERVE, CACHE_HIT, S("") },
	{ M60, "Range: bytes=0-1", 0, CACHE_SERVE, CACHE_HIT, S("") },
	/* our clock was set back: its age is anybody's guess */
	{ M60, "", -60, CACHE_SERVE, CACHE_HIT, S("") },
	{ M60, "", -100, CACHE_VALIDATE, CACHE_FORWARD_STALE, S("") },
	{ M60, CC "max-stale", -100, CACHE_VALIDATE, CACHE_FORWARD_STALE,
	    S("") },
};

static void verdicts(void **state)
{
	struct cache_rules rules = cache_rules_default();

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		bool none = strcmp(cases[i].stored, "-") == 0;
		struct cache_stored s =
		    head_stored(a, none ? "" : cases[i].stored, "");
		struct request q = head_request(a, cases[i].request);
		struct cache_verdict v = cache_reuse(
		    &q, &s, none ? 0 : 1, &rules, NOW + cases[i].later_s, a);

		if (v.use != cases[i].use || v.forward != cases[i].forward ||
		    !slice_eq(v.detail, cases[i].detail))
			fail_msg("%s + %s after %lld: %d %d %.*s",
			    cases[i].stored, cases[i].request,
			    (long long)cases[i].later_s, (int)v.use,
			    (int)v.forward, SLICE_ARG(v.detail));
	}
}

static void methods_are_known(void **state)
{
	struct cache_rules rules = cache_rules_default();
	struct cache_stored s = head_stored(a, M60, "");
	struct request q = head_request(a, CC "only-if-cached");

	(void)state;
	q.method = LIT("HEAD");
	assert_int_equal(
	    cache_reuse(&q, &s, 1, &rules, NOW, a).use, CACHE_SERVE);
	q.method = LIT("POST");
	assert_int_equal(
	    cache_reuse(&q, &s, 1, &rules, NOW, a).use, CACHE_FETCH);
	assert_int_equal(cache_reuse(&q, &s, 1, &rules, NOW, a).forward,
	    CACHE_FORWARD_METHOD);
	q.method = LIT("get");
	assert_int_equal(
	    cache_reuse(&q, &s, 1, &rules, NOW, a).use, CACHE_FETCH);
}

static void reloads_may_be_ignored(void **state)
{
	static const char *const asked[] = { CC "no-cache", "Pragma: no-cache",
		CC "max-age=0", CC "min-fresh=100" };
	struct cache_rules rules = cache_rules_default();
	struct cache_stored s = head_stored(a, M60, "");

	(void)state;
	rules.heed_reload = false;
	for (size_t i = 0; i < ROWS(asked); i++) {
		struct request q = head_request(a, asked[i]);

		assert_int_equal(cache_reuse(&q, &s, 1, &rules, NOW + 9, a).use,
		    CACHE_SERVE);
	}
}

/* Section 3.3: a part for what is within it, and nothing else. */
static const struct {
	const char *request;
	bool serve;
} part_cases[] = {
	{ "Range: bytes=100-199", true },
	{ "Range: bytes=110-120", true },
	{ "Range: bytes=100-", false },
	{ "Range: bytes=99-120", false },
	{ "Range: bytes=110-200", false },
	{ "Range: bytes=-5", false },
	{ "Range: bytes=100-110,190-199", true },
	{ "Range: bytes=100-101,195-199", false }, /* two parts: not now */
	{ "Range: lines=100-110", false },
	{ "Range: bytes=5000-", false },
	{ "", false },
	{ "Range: bytes=110-120\nIf-Range: \"a\"", true },
	{ "Range: bytes=110-120\nIf-Range: \"b\"", false },
};

static void parts_serve_parts(void **state)
{
	struct cache_rules rules = cache_rules_default();
	struct cache_stored s = head_stored(a, M60 "\nETag: \"a\"", "");

	(void)state;
	s.status = 206;
	s.partial = true;
	s.held = (struct byte_range){ 100, 199 };
	s.whole_length = 1000;
	for (size_t i = 0; i < ROWS(part_cases); i++) {
		struct request q = head_request(a, part_cases[i].request);
		struct cache_verdict v = cache_reuse(&q, &s, 1, &rules, NOW, a);

		if ((v.use == CACHE_SERVE) != part_cases[i].serve)
			fail_msg("%s", part_cases[i].request);
		if (!part_cases[i].serve)
			assert_int_equal(v.forward, CACHE_FORWARD_PARTIAL);
	}
}

/* RFC 5861 section 4, and 4.2.4. */
static const struct {
	const char *stored;
	const char *request;
	int64_t later_s;
	bool serve; /* the rule allows 20 seconds */
} error_cases[] = {
	{ M60, "", 70, true },
	{ M60, "", 80, true },
	{ M60, "", 81, false },
	{ M60, "", 5, true },
	{ M60, CC "no-cache", 5, false },
	{ CC "max-age=60, stale-if-error=100", "", 160, true },
	{ CC "max-age=60, stale-if-error=100", "", 161, false },
	{ CC "max-age=60, stale-if-error=5", "", 70, false },
	{ M60, CC "stale-if-error=100", 150, true },
	{ CC "max-age=60, must-revalidate", CC "stale-if-error=100", 61,
	    false },
	{ CC "max-age=60, proxy-revalidate", "", 61, false },
	{ CC "max-age=60, no-cache, stale-if-error=9", "", 61, false },
	{ CC "max-age=60, no-cache", "", 5, false },
	{ CC "max-age=60, must-revalidate", CC "max-age=1", 5, false },
	{ CC "s-maxage=60", "", 61, false },
	{ CC "s-maxage=60", CC "stale-if-error=100", 61, false },
	{ CC "s-maxage=60, stale-if-error=9", "", 61, true },
	/* stale from the very second on */
	{ CC "max-age=60, must-revalidate", "", 60, false },
	{ CC "max-age=60, proxy-revalidate", "", 60, false },
	{ CC "s-maxage=60", "", 60, false },
	{ CC "max-age=0, must-revalidate", "", 0, false },
	{ CC "max-age=60, stale-if-error=0", "", 60, false },
	{ CC "max-age=60, stale-if-error=1", "", 60, true },
	{ CC "max-age=0", "", 0, true },
	/* fresh, and not fresh enough for the request */
	{ M60, CC "max-age=1", 5, true },
	{ CC "max-age=60, stale-if-error=0", CC "max-age=1", 5, false },
	{ CC "max-age=60, stale-if-error=0", CC "min-fresh=100", 5, false },
	{ CC "max-age=60, stale-if-error=0", CC "max-age=1, stale-if-error=1",
	    5, true },
	{ CC "s-maxage=60", CC "max-age=1", 5, false },
};

static void errors_bring_stale(void **state)
{
	struct cache_rules rules = cache_rules_default();
	struct cache_times times = { NOW, NOW };

	(void)state;
	rules.stale_if_error_s = 20;
	for (size_t i = 0; i < ROWS(error_cases); i++) {
		struct response r =
		    head_response(a, 200, error_cases[i].stored);
		struct cache_stored s = head_stored(a, "", "");
		struct request q = head_request(a, error_cases[i].request);

		s.terms = cache_terms(&r, times, &rules);
		if (cache_serves_on_error(&s, &q, &rules,
			NOW + error_cases[i].later_s) != error_cases[i].serve)
			fail_msg("%s + %s after %lld", error_cases[i].stored,
			    error_cases[i].request,
			    (long long)error_cases[i].later_s);
	}
	assert_true(cache_is_error(500) && cache_is_error(502) &&
	    cache_is_error(503) && cache_is_error(504));
	assert_false(cache_is_error(501) || cache_is_error(404) ||
	    cache_is_error(200) || cache_is_error(505));
}

/* 5.2.1.6: what we made of it is none of these. */
static void coded_copies_are_transformed(void **state)
{
	static const struct {
		const char *request;
		bool coded;
		enum cache_use use;
	} rows[] = {
		{ CC "no-transform", true, CACHE_FETCH },
		{ CC "no-transform, max-stale", true, CACHE_FETCH },
		{ CC "no-transform, only-if-cached", true, CACHE_UNAVAILABLE },
		{ CC "no-transform", false, CACHE_SERVE },
		{ "", true, CACHE_SERVE },
	};
	struct cache_rules rules = cache_rules_default();

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct cache_stored s = head_stored(a, M60, "");
		struct request q = head_request(a, rows[i].request);
		struct cache_verdict v;

		s.coded = rows[i].coded;
		v = cache_reuse(&q, &s, 1, &rules, NOW, a);
		assert_int_equal(v.use, rows[i].use);
		if (v.use == CACHE_SERVE)
			continue;
		assert_null(v.stored);
		assert_int_equal(v.forward, CACHE_FORWARD_REQUEST);
		assert_slice(v.detail, LIT("no-transform"), LIT("detail"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts),
		cmocka_unit_test(methods_are_known),
		cmocka_unit_test(reloads_may_be_ignored),
		cmocka_unit_test(parts_serve_parts),
		cmocka_unit_test(errors_bring_stale),
		cmocka_unit_test(coded_copies_are_transformed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* What may be stored, and what of its head: RFC 9111 section 3. */
#include "policy/cache_store.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "policy/cache_terms.h"
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

#define FRESH "Cache-Control: max-age=60"
#define OK    CACHE_STORABLE

static const struct {
	struct slice method;
	const char *request;
	int status;
	const char *response;
	enum cache_refusal want;
} cases[] = {
#define GET S("GET")
	{ GET, "", 200, FRESH, OK },
	/* the method, 3 */
	{ S("HEAD"), "", 200, FRESH, CACHE_REFUSED_METHOD },
	{ S("POST"), "", 200, FRESH, CACHE_REFUSED_METHOD },
	{ S("get"), "", 200, FRESH, CACHE_REFUSED_METHOD },
	/* the status, 3: final; 304, 412 and 416 are about the request */
	{ GET, "", 103, FRESH, CACHE_REFUSED_STATUS },
	{ GET, "", 304, FRESH, CACHE_REFUSED_CONDITION },
	{ GET, "", 412, FRESH, CACHE_REFUSED_CONDITION },
	{ GET, "", 416, FRESH, CACHE_REFUSED_CONDITION },
	{ GET, "", 404, FRESH, OK },
	{ GET, "", 599, FRESH, OK },
	{ GET, "", 500, "Expires: " NEW_DATE, OK },
	{ GET, "", 500, "ETag: \"a\"", CACHE_REFUSED_STATUS },
	{ GET, "", 500, "Cache-Control: public\nETag: \"a\"", OK },
	{ GET, "", 302, "ETag: \"a\"", CACHE_REFUSED_STATUS },
	{ GET, "", 302, FRESH, OK },
	{ GET, "", 200, "ETag: \"a\"", OK },
	/* must-understand, 5.2.2.3 */
	{ GET, "", 200, FRESH ", must-understand, no-store", OK },
	{ GET, "", 599, FRESH ", must-understand, no-store",
	    CACHE_REFUSED_STATUS },
	{ GET, "", 599, FRESH ", must-understand", CACHE_REFUSED_STATUS },
	/* no-store, 5.2.1.5 and 5.2.2.5 */
	{ GET, "", 200, FRESH ", no-store", CACHE_REFUSED_NO_STORE },
	{ GET, "", 200, FRESH ", No-StorE", CACHE_REFUSED_NO_STORE },
	{ GET, "", 200, FRESH "\nCache-Control: no-store",
	    CACHE_REFUSED_NO_STORE },
	{ GET, "Cache-Control: no-store", 200, FRESH, CACHE_REFUSED_REQUEST },
	{ GET, "Cache-Control: no-cache", 200, FRESH, OK },
	/* private, 5.2.2.7 */
	{ GET, "", 200, FRESH ", private", CACHE_REFUSED_PRIVATE },
	{ GET, "", 200, FRESH ", private=\"x\"", OK },
	{ GET, "", 200, FRESH ", no-cache", CACHE_REFUSED_STALE },
	{ GET, "", 200, FRESH ", no-cache\nETag: \"a\"", OK },
	/* Authorization, 3.5 */
	{ GET, "Authorization: x", 200, FRESH, CACHE_REFUSED_AUTHORIZATION },
	{ GET, "Authorization: x", 200, FRESH ", public", OK },
	{ GET, "Authorization: x", 200, FRESH ", must-revalidate", OK },
	{ GET, "Authorization: x", 200, "Cache-Control: s-maxage=60", OK },
	{ GET, "Authorization: x", 200, FRESH ", proxy-revalidate",
	    CACHE_REFUSED_AUTHORIZATION },
	/* RFC 9213: in the targeted field's words */
	{ GET, "Authorization: x", 200,
	    "CDN-Cache-Control: max-age=9\nCache-Control: public, max-age=9",
	    CACHE_REFUSED_AUTHORIZATION },
	{ GET, "", 200, FRESH "\nCDN-Cache-Control: no-store",
	    CACHE_REFUSED_NO_STORE },
	{ GET, "", 200, FRESH "\nCDN-Cache-Control: private",
	    CACHE_REFUSED_PRIVATE },
	{ GET, "", 200,
	    "CDN-Cache-Control: max-age=9\nCache-Control: no-store, private",
	    OK },
	/* our choice: Set-Cookie is one visitor's, unless it is left out */
	{ GET, "", 200, FRESH ", public\nSet-Cookie: a=b",
	    CACHE_REFUSED_SET_COOKIE },
	{ GET, "", 200, FRESH ", private=\"set-cookie\"\nSet-Cookie: a=b", OK },
	{ GET, "", 200, FRESH ", no-cache=set-cookie\nSet-Cookie: a=b", OK },
	/* Vary, 4.1 */
	{ GET, "", 200, FRESH "\nVary: *", CACHE_REFUSED_VARY },
	{ GET, "", 200, FRESH "\nVary: a, *", CACHE_REFUSED_VARY },
	{ GET, "", 200, FRESH "\nVary: a\nVary: *", CACHE_REFUSED_VARY },
	{ GET, "", 200, FRESH "\nVary: a b", CACHE_REFUSED_VARY },
	{ GET, "", 200, FRESH "\nVary: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q",
	    CACHE_REFUSED_VARY },
	{ GET, "", 200, FRESH "\nVary: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p", OK },
	/* parts, 3.3 */
	{ GET, "", 206, FRESH "\nETag: \"a\"\nContent-Range: bytes 0-9/20",
	    OK },
	{ GET, "", 206, FRESH "\nETag: W/\"a\"\nContent-Range: bytes 0-9/20",
	    OK },
	{ GET, "", 206, FRESH "\nContent-Range: bytes 0-9/20", OK },
	{ GET, "", 206, FRESH "\nETag: \"a\"\nContent-Range: bytes 0-9/*",
	    CACHE_REFUSED_RANGE },
	{ GET, "", 206, FRESH "\nETag: \"a\"", CACHE_REFUSED_RANGE },
	/* of no use */
	{ GET, "", 200, "", CACHE_REFUSED_STALE },
	{ GET, "", 200, "Cache-Control: max-age=0", CACHE_REFUSED_STALE },
	{ GET, "", 200, "Cache-Control: max-age=60\nAge: 60",
	    CACHE_REFUSED_STALE },
	{ GET, "", 200, "Cache-Control: max-age=0\nLast-Modified: x", OK },
	{ GET, "", 200, "Cache-Control: max-age=0, stale-if-error=9", OK },
};

static void judgements(void **state)
{
	struct cache_rules rules = cache_rules_default();
	struct cache_times times = { NOW, NOW };

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct request q = head_request(a, cases[i].request);
		struct response r =
		    head_response(a, cases[i].status, cases[i].response);
		struct cache_terms t = cache_terms(&r, times, &rules);
		enum cache_refusal got;

		q.method = cases[i].method;
		got = cache_storable(&q, &r, &t, &rules);
		if (got != cases[i].want)
			fail_msg("%d %s, %s: %.*s", cases[i].status,
			    cases[i].response, cases[i].request,
			    SLICE_ARG(cache_refusal_token(got)));
	}
	for (int i = 0; i < CACHE_REFUSED_N; i++)
		assert_true(cache_refusal_token((enum cache_refusal)i).len > 0);
}

/* Vary by what we say of the client, not it of itself. */
static void ours_in_vary(void **state)
{
	static const struct {
		const char *vary;
		bool refused;
	} rows[] = {
		{ "Vary: X-Forwarded-For", true },
		{ "Vary: Accept, forwarded", true },
		{ "Vary: Accept\nVary: X-Forwarded-For", true },
		{ "Vary: Accept, X-Forwarded-Host", false },
		{ "Vary: X-Forwarded-For-Us", false },
		{ "X-Forwarded-For: 1", false },
	};
	struct rule rule = {
		.cache.key = { .scheme = true, .host = true, .query = true }
	};
	struct cache_rules rules = cache_rules_default();
	struct request q = head_request(a, "");
	struct cache_times times = { NOW, NOW };

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct text t = text_in(a, 100);
		struct response r;
		struct cache_terms terms;

		text_format(&t, FRESH "\n%s", rows[i].vary);
		text_char(&t, '\0');
		r = head_response(a, 200, t.at);
		terms = cache_terms(&r, times, &rules);
		rules.rule = NULL;
		assert_int_equal(cache_storable(&q, &r, &terms, &rules), OK);
		rules.rule = &rule;
		assert_int_equal(cache_storable(&q, &r, &terms, &rules),
		    rows[i].refused ? CACHE_REFUSED_VARY : OK);
	}
}

static struct slice written(const struct fields *f)
{
	struct text t = text_in(a, 4096);

	for (size_t i = 0; i < f->n; i++) {
		text_add(&t, f->at[i].name);
		text_add(&t, LIT(": "));
		text_add(&t, f->at[i].value);
		text_char(&t, '\n');
	}
	return text_slice(&t);
}

/* Section 3.1. */
static const struct {
	const char *in;
	struct slice want;
} head_cases[] = {
	{ "Date: " OLD_DATE "\nX: 1\nWarning: 110 - \"x\"\nAge: 5",
	    S("Date: " OLD_DATE "\nX: 1\nWarning: 110 - \"x\"\n") },
	{ "X: 1", S("X: 1\nDate: " NOW_DATE "\n") },
	{ "Date: today", S("Date: " NOW_DATE "\n") },
	{ "Date: " OLD_DATE "\nConnection: x, close\nX: 1\nKeep-Alive: 5\n"
	  "Transfer-Encoding: chunked\nTE: x\nUpgrade: h2c\nTrailer: y\n"
	  "Proxy-Connection: x\nProxy-Authenticate: x\nContent-Length: 5\n"
	  "Proxy-Authentication-Info: x\nProxy-Authorization: x",
	    S("Date: " OLD_DATE "\n") },
	{ "Date: " OLD_DATE "\nCache-Control: private=\"x, y\", no-cache=z\n"
	  "X: 1\nY: 2\nZ: 3\nW: 4",
	    S("Date: " OLD_DATE
	      "\nCache-Control: private=\"x, y\", no-cache=z\nW: 4\n") },
	{ "Date: " OLD_DATE "\nSurrogate-Control: max-age=5",
	    S("Date: " OLD_DATE "\n") },
	{ "Date: " OLD_DATE "\nCDN-Cache-Control: max-age=5\n"
	  "Cache-Status: o; hit",
	    S("Date: " OLD_DATE "\nCDN-Cache-Control: max-age=5\n"
	      "Cache-Status: o; hit\n") },
};

static void heads_are_cleaned(void **state)
{
	struct cache_rules rules = cache_rules_default();
	struct cache_terms t = { .received_s = NOW };

	(void)state;
	rules.surrogate = true;
	for (size_t i = 0; i < ROWS(head_cases); i++) {
		struct response r = head_response(a, 200, head_cases[i].in);
		struct fields kept;

		assert_true(cache_store_head(&r, &t, &rules, a, &kept));
		assert_slice(written(&kept), head_cases[i].want,
		    slice_of(head_cases[i].in));
	}
}

static void no_memory_is_said(void **state)
{
	struct cache_rules rules = cache_rules_default();
	struct cache_terms t = { .received_s = NOW };
	struct response r = head_response(a, 200, "X: 1");
	struct arena *small = arena_new(1);
	struct fields kept;

	(void)state;
	assert_false(cache_store_head(&r, &t, &rules, small, &kept));
	arena_free(small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judgements),
		cmocka_unit_test(ours_in_vary),
		cmocka_unit_test(heads_are_cleaned),
		cmocka_unit_test(no_memory_is_said),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

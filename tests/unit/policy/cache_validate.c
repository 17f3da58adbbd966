/* Validation and freshening: RFC 9111 sections 3.2, 4.3 and 4.3.5. */
#include "policy/cache_validate.h"

#include "base/arena.h"
#include "base/text.h"
#include "policy/cache_terms.h"
#include "tests/unit/policy/heads.h"
#include "tests/unit/unit.h"

static struct arena *a;

static int set_up(void **state)
{
	(void)state;
	a = arena_new(8 << 20);
	return a == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static struct slice written(const struct fields *f)
{
	struct text t = text_in(a, 65536);

	for (size_t i = 0; i < f->n; i++) {
		text_add(&t, f->at[i].name);
		text_add(&t, LIT(": "));
		text_add(&t, f->at[i].value);
		text_char(&t, '\n');
	}
	return t.len > 0 ? text_slice(&t) : LIT("");
}

/* What stands in the store, in the order of the bits. */
static size_t stored_all(struct cache_stored *all)
{
	all[0] =
	    head_stored(a, "Date: " OLD_DATE "\nETag: \"a\"\nVary: L", "L: 1");
	all[1] = head_stored(a,
	    "Date: " NOW_DATE
	    "\nETag: \"b\"\nVary: L\nLast-Modified: " OLD_DATE,
	    "L: 1");
	all[2] = head_stored(
	    a, "Date: " NOW_DATE "\nETag: W/\"c\"\nVary: L", "L: 2");
	all[3] =
	    head_stored(a, "Date: " NOW_DATE "\nETag: \"d\"\nVary: L", "L: 3");
	all[4] = head_stored(a,
	    "Date: " OLD_DATE "\nETag: W/\"e\"\nVary: L\n"
	    "Content-Encoding: gzip",
	    "L: 1");
	all[4].origin_tag = LIT("\"e\"");
	return 5;
}

static const struct {
	const char *request;
	bool asked;
	struct slice want; /* of what goes upstream */
} ask_cases[] = {
	/* the selected first; all that match; of others the strong ones */
	{ "L: 1", true,
	    S("L: 1\nIf-None-Match: \"b\", \"a\", \"d\", \"e\"\n"
	      "If-Modified-Since: " OLD_DATE "\n") },
	{ "L: 2", true,
	    S("L: 2\nIf-None-Match: W/\"c\", \"a\", \"b\", \"d\"\n") },
	/* none matches: the origin may know one of them (4.1) */
	{ "L: 9", true, S("L: 9\nIf-None-Match: \"a\", \"b\", \"d\"\n") },
	/* the client's own conditions are answered here */
	{ "L: 2\nIf-None-Match: \"z\"\nIf-Modified-Since: " NOW_DATE
	  "\nRange: bytes=0-1\nIf-Range: \"c\"",
	    true, S("L: 2\nIf-None-Match: W/\"c\", \"a\", \"b\", \"d\"\n") },
};

static void stored_tags_are_asked_about(void **state)
{
	struct cache_rules rules = cache_rules_default();
	struct cache_stored all[5];
	size_t n = stored_all(all);

	(void)state;
	for (size_t i = 0; i < ROWS(ask_cases); i++) {
		struct request q = head_request(a, ask_cases[i].request);
		struct cache_verdict v =
		    cache_reuse(&q, all, n, &rules, NOW + 9, a);
		struct fields up;

		assert_true(field_copy(&up, a, &q.fields));
		assert_int_equal(
		    cache_ask(&up, &q, &v, all, n, a), ask_cases[i].asked);
		assert_slice(written(&up), ask_cases[i].want,
		    slice_of(ask_cases[i].request));
	}
}

static const struct {
	const char *stored;
	bool asked;
	struct slice want;
} one_cases[] = {
	/* 4.3.1: both validators where there are both */
	{ "ETag: \"a\"\nLast-Modified: " OLD_DATE, true,
	    S("If-None-Match: \"a\"\nIf-Modified-Since: " OLD_DATE "\n") },
	{ "Last-Modified: " OLD_DATE, true,
	    S("If-Modified-Since: " OLD_DATE "\n") },
	{ "ETag: W/\"a\"", true, S("If-None-Match: W/\"a\"\n") },
	{ "ETag: a", false, S("") },
	{ "X: 1", false, S("") },
};

static void one_is_asked_about(void **state)
{
	struct cache_rules rules = cache_rules_default();

	(void)state;
	for (size_t i = 0; i < ROWS(one_cases); i++) {
		struct cache_stored s = head_stored(a, one_cases[i].stored, "");
		struct request q = head_request(a, "If-None-Match: \"z\"");
		struct cache_verdict v =
		    cache_reuse(&q, &s, 1, &rules, NOW + 9, a);
		struct fields up;

		assert_true(field_copy(&up, a, &q.fields));
		assert_int_equal(
		    cache_ask(&up, &q, &v, &s, 1, a), one_cases[i].asked);
		assert_slice(written(&up), one_cases[i].want,
		    slice_of(one_cases[i].stored));
	}
}

/* 4.3.2: never about parts; and never about more than a few. */
static void some_are_not_asked_about(void **state)
{
	struct cache_rules rules = cache_rules_default();
	struct cache_stored all[CACHE_CANDIDATES_MAX];
	struct request q = head_request(a, "");
	struct cache_verdict v;
	struct fields up = { 0 };
	struct slice tags;
	size_t n = 1;

	(void)state;
	for (size_t i = 0; i < CACHE_CANDIDATES_MAX; i++) {
		struct text t = text_in(a, 64);

		text_format(&t, "ETag: \"%zu\"%c", i, '\0');
		all[i] = head_stored(a, text_slice(&t).at, "");
	}
	v = cache_reuse(&q, all, CACHE_CANDIDATES_MAX, &rules, NOW + 9, a);
	assert_true(cache_ask(&up, &q, &v, all, CACHE_CANDIDATES_MAX, a));
	tags = field_get(&up, LIT("If-None-Match"));
	for (size_t i = 0; i < tags.len; i++)
		n += tags.at[i] == ',';
	assert_int_equal(n, CACHE_TAGS_MAX);
	all[0].partial = true;
	v = cache_reuse(&q, all, 1, &rules, NOW + 9, a);
	up.n = 0;
	assert_false(cache_ask(&up, &q, &v, all, 1, a));
	assert_int_equal(up.n, 0);
}

/* Section 4.3.4, of the five. */
static const struct {
	const char *request;
	const char *not_modified;
	uint32_t bits;
	int chosen; /* -1: none */
} freshen_cases[] = {
	{ "L: 1", "ETag: \"b\"", 1 << 1, 1 },
	{ "L: 1", "ETag: \"a\"", 1 << 0, 0 },
	/* the origin's own strong tag, ours made weak */
	{ "L: 1", "ETag: \"e\"", 1 << 4, 4 },
	/* another variant's bytes, which are the origin's */
	{ "L: 9", "ETag: \"d\"", 1 << 3, 3 },
	{ "L: 9", "ETag: \"e\"", 0, -1 },
	{ "L: 1", "ETag: \"z\"", 0, -1 },
	/* weak: the latest of them */
	{ "L: 2", "ETag: W/\"c\"", 1 << 2, 2 },
	{ "L: 1", "ETag: W/\"b\"", 1 << 1, 1 },
	{ "L: 1", "ETag: W/\"c\"", 0, -1 },
	/* a strong one that is none of ours: it holds, but changes nothing */
	{ "L: 2", "ETag: \"c\"", 0, 2 },
	{ "L: 1", "Last-Modified: " OLD_DATE, 1 << 1, 1 },
	{ "L: 1", "Last-Modified: " NOW_DATE, 0, -1 },
	/* no validator at all, and several were asked about */
	{ "L: 1", "", 0, -1 },
};

static void the_right_ones_are_freshened(void **state)
{
	struct cache_rules rules = cache_rules_default();
	struct cache_stored all[5];
	size_t n = stored_all(all);

	(void)state;
	for (size_t i = 0; i < ROWS(freshen_cases); i++) {
		struct request q = head_request(a, freshen_cases[i].request);
		struct response r =
		    head_response(a, 304, freshen_cases[i].not_modified);
		struct cache_verdict v =
		    cache_reuse(&q, all, n, &rules, NOW + 9, a);
		const struct cache_stored *chosen = NULL;
		uint32_t bits = cache_freshens(&r, &v, all, n, &q, &chosen);
		int got = chosen == NULL ? -1 : (int)(chosen - all);

		if (bits != freshen_cases[i].bits ||
		    got != freshen_cases[i].chosen)
			fail_msg("%s, %s: %u %d", freshen_cases[i].request,
			    freshen_cases[i].not_modified, bits, got);
	}
}

static void all_with_a_strong_tag(void **state)
{
	struct cache_rules rules = cache_rules_default();
	struct cache_stored all[] = {
		head_stored(a, "ETag: \"a\"\nVary: L", "L: 1"),
		head_stored(a, "ETag: \"a\"\nVary: L", "L: 2"),
	};
	struct request q = head_request(a, "L: 1");
	struct cache_verdict v = cache_reuse(&q, all, 2, &rules, NOW + 9, a);
	struct response r = head_response(a, 304, "ETag: \"a\"");
	const struct cache_stored *chosen = NULL;

	(void)state;
	assert_int_equal(cache_freshens(&r, &v, all, 2, &q, &chosen), 3);
	assert_ptr_equal(chosen, &all[0]);
	/* Without a validator: the only one, if there is only one. */
	r = head_response(a, 304, "");
	assert_int_equal(cache_freshens(&r, &v, all, 1, &q, &chosen), 1);
	assert_int_equal(cache_freshens(&r, &v, all, 2, &q, &chosen), 0);
}

/* Section 3.2. */
static const struct {
	const char *stored;
	const char *newer;
	bool rewritten;
	struct slice want;
} update_cases[] = {
	{ "Date: " OLD_DATE "\nX: 1\nY: 2", "Date: " NOW_DATE "\nX: 3\nZ: 4",
	    false, S("Y: 2\nDate: " NOW_DATE "\nX: 3\nZ: 4\n") },
	/* 6.6.1 of RFC 9110: a response without a date is of now */
	{ "Date: " OLD_DATE, "X: 1", false, S("X: 1\nDate: " NEW_DATE "\n") },
	/* several of one name */
	{ "Date: " OLD_DATE "\nX: 1\nX: 2", "Date: " OLD_DATE "\nX: 3\nX: 4",
	    false, S("Date: " OLD_DATE "\nX: 3\nX: 4\n") },
	/* what describes the bytes stays */
	{ "Date: " OLD_DATE "\nETag: \"a\"\nContent-Encoding: gzip",
	    "Date: " OLD_DATE "\nETag: W/\"a\"\nContent-Encoding: br\n"
	    "Content-Range: bytes 0-1/2\nContent-Length: 0",
	    false,
	    S("ETag: \"a\"\nContent-Encoding: gzip\nDate: " OLD_DATE "\n") },
	{ "Date: " OLD_DATE "\nContent-Type: text/html",
	    "Date: " OLD_DATE "\nContent-Type: text/plain", false,
	    S("Date: " OLD_DATE "\nContent-Type: text/plain\n") },
	{ "Date: " OLD_DATE "\nContent-Type: text/html",
	    "Date: " OLD_DATE "\nContent-Type: text/plain\nRepr-Digest: x",
	    true, S("Content-Type: text/html\nDate: " OLD_DATE "\n") },
	/* what we chose by goes on being named, where it was */
	{ "Date: " OLD_DATE "\nVary: A, accept-encoding, Service-Worker",
	    "Date: " OLD_DATE "\nVary: B", false,
	    S("Date: " OLD_DATE "\nVary: B\nVary: Accept-Encoding\n"
	      "Vary: Service-Worker\n") },
	{ "Date: " OLD_DATE "\nVary: A", "Date: " OLD_DATE "\nVary: B", false,
	    S("Date: " OLD_DATE "\nVary: B\n") },
	{ "Date: " OLD_DATE "\nVary: Sec-Fetch-Dest",
	    "Date: " OLD_DATE "\nVary: sec-fetch-dest, B", false,
	    S("Date: " OLD_DATE "\nVary: sec-fetch-dest, B\n") },
	{ "Date: " OLD_DATE "\nVary: Accept-Encoding", "Date: " OLD_DATE, false,
	    S("Vary: Accept-Encoding\nDate: " OLD_DATE "\n") },
	/* 3.1: what is never stored; and nobody's cookies */
	{ "Date: " OLD_DATE "\nX: 1",
	    "Date: " OLD_DATE "\nConnection: x\nX: 2\nAge: 5\nSet-Cookie: a\n"
	    "Keep-Alive: 5\nTransfer-Encoding: chunked",
	    false, S("X: 1\nDate: " OLD_DATE "\n") },
	{ "Date: " OLD_DATE "\nX: 1",
	    "Date: " OLD_DATE "\nCache-Control: private=\"x\"\nX: 2", false,
	    S("Date: " OLD_DATE "\nCache-Control: private=\"x\"\n") },
	{ "Date: " OLD_DATE "\nX: 1\nY: 2\nETag: \"a\"",
	    "Date: " OLD_DATE "\nCache-Control: no-cache=\"x, etag\"", false,
	    S("Y: 2\nDate: " OLD_DATE
	      "\nCache-Control: no-cache=\"x, etag\"\n") },
	{ "Date: " OLD_DATE "\nX: 1",
	    "Date: " OLD_DATE "\nCDN-Cache-Control: private=\"x\"\nX: 2", false,
	    S("Date: " OLD_DATE "\nCDN-Cache-Control: private=\"x\"\n") },
	/* and what the stored one names, where the newer one is silent */
	{ "Date: " OLD_DATE "\nCache-Control: private=\"x\"",
	    "Date: " OLD_DATE "\nX: 2", false,
	    S("Cache-Control: private=\"x\"\nDate: " OLD_DATE "\n") },
	{ "Date: " OLD_DATE "\nCache-Control: private=\"x\"",
	    "Date: " OLD_DATE "\nX: 2\nCache-Control: a", false,
	    S("Date: " OLD_DATE "\nX: 2\nCache-Control: a\n") },
	/* Warning is left alone */
	{ "Date: " OLD_DATE "\nWarning: 110 x", "Date: " OLD_DATE, false,
	    S("Warning: 110 x\nDate: " OLD_DATE "\n") },
};

static void heads_are_updated(void **state)
{
	struct cache_rules rules = cache_rules_default();

	(void)state;
	for (size_t i = 0; i < ROWS(update_cases); i++) {
		struct cache_stored s =
		    head_stored(a, update_cases[i].stored, "");
		struct response r =
		    head_response(a, 304, update_cases[i].newer);
		struct fields f;

		s.rewritten = update_cases[i].rewritten;
		assert_true(cache_update(&s, &r, NOW + 3600, &rules, a, &f));
		assert_slice(written(&f), update_cases[i].want,
		    slice_of(update_cases[i].newer));
	}
}

static const struct {
	int status;
	const char *head;
	int64_t length;
	enum cache_head want; /* stored: "a", OLD_DATE, 1000 bytes */
} head_cases[] = {
	{ 200, "ETag: \"a\"\nLast-Modified: " OLD_DATE, 1000,
	    CACHE_HEAD_UPDATE },
	{ 200, "ETag: \"a\"", -1, CACHE_HEAD_UPDATE },
	{ 200, "", 1000, CACHE_HEAD_UPDATE },
	{ 200, "Last-Modified: " OLD_DATE, -1, CACHE_HEAD_UPDATE },
	/* nothing to compare */
	{ 200, "", -1, CACHE_HEAD_NOTHING },
	{ 200, "X: 1", -1, CACHE_HEAD_NOTHING },
	{ 200, "ETag: \"b\"", -1, CACHE_HEAD_STALE },
	{ 200, "ETag: W/\"a\"", -1, CACHE_HEAD_STALE },
	{ 200, "Last-Modified: " NOW_DATE, -1, CACHE_HEAD_STALE },
	{ 200, "ETag: \"a\"", 999, CACHE_HEAD_STALE },
	{ 404, "ETag: \"b\"", 5, CACHE_HEAD_NOTHING },
	{ 304, "ETag: \"b\"", 5, CACHE_HEAD_NOTHING },
};

static void heads_speak_of_what_is_stored(void **state)
{
	struct cache_stored s =
	    head_stored(a, "ETag: \"a\"\nLast-Modified: " OLD_DATE, "");

	(void)state;
	for (size_t i = 0; i < ROWS(head_cases); i++) {
		struct response r =
		    head_response(a, head_cases[i].status, head_cases[i].head);

		r.content_length = head_cases[i].length;
		assert_int_equal(cache_head(&s, &r), head_cases[i].want);
		/* What we changed is compared as it was. */
		s.rewritten = true;
		s.origin_length = 1000;
		s.length = 7;
		assert_int_equal(cache_head(&s, &r), head_cases[i].want);
		s.rewritten = false;
		s.origin_length = LENGTH_UNKNOWN;
		s.length = 1000;
	}
}

static void unknown_lengths_do_not_agree(void **state)
{
	struct cache_stored s = head_stored(a, "", "");
	struct response r = head_response(a, 200, "");

	(void)state;
	r.content_length = 1000;
	assert_int_equal(cache_head(&s, &r), CACHE_HEAD_UPDATE);
	s.rewritten = true;
	assert_int_equal(cache_head(&s, &r), CACHE_HEAD_NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stored_tags_are_asked_about),
		cmocka_unit_test(one_is_asked_about),
		cmocka_unit_test(some_are_not_asked_about),
		cmocka_unit_test(the_right_ones_are_freshened),
		cmocka_unit_test(all_with_a_strong_tag),
		cmocka_unit_test(heads_are_updated),
		cmocka_unit_test(heads_speak_of_what_is_stored),
		cmocka_unit_test(unknown_lengths_do_not_agree),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

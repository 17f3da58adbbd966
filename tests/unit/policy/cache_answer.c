/* Answers from the store: RFC 9111 sections 4 and 4.3.2, RFC 9110 sections
 * 13.2.2, 14 and 15. */
#include "policy/cache_answer.h"

#include "base/arena.h"
#include "base/text.h"
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

#define HEAD                                                            \
	"Date: " NOW_DATE "\nETag: \"a\"\nLast-Modified: " OLD_DATE     \
	"\nContent-Type: text/plain\nCache-Control: max-age=60\nX: 1\n" \
	"Content-Language: en\nContent-Location: /x\nVary: L"

#define WHOLE CACHE_ANSWER_WHOLE
#define EMPTY CACHE_ANSWER_NO_CONTENT
#define PART  CACHE_ANSWER_PART
#define PARTS CACHE_ANSWER_PARTS

static const struct {
	struct slice method;
	const char *request;
	enum cache_answer answer;
	int status;
	int64_t length;
	struct slice range; /* Content-Range */
} cases[] = {
#define GET S("GET")
	{ GET, "", WHOLE, 200, 1000, S("") },
	{ S("HEAD"), "", WHOLE, 200, 1000, S("") },
	/* 13.2.2, steps 3 and 4 */
	{ GET, "If-None-Match: \"a\"", EMPTY, 304, -1, S("") },
	{ GET, "If-None-Match: W/\"a\"", EMPTY, 304, -1, S("") },
	{ GET, "If-None-Match: *", EMPTY, 304, -1, S("") },
	{ GET, "If-None-Match: \"b\"", WHOLE, 200, 1000, S("") },
	{ S("HEAD"), "If-None-Match: \"a\"", EMPTY, 304, -1, S("") },
	{ GET, "If-Modified-Since: " OLD_DATE, EMPTY, 304, -1, S("") },
	{ GET, "If-Modified-Since: " NOW_DATE, EMPTY, 304, -1, S("") },
	{ GET, "If-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT", WHOLE, 200,
	    1000, S("") },
	{ GET, "If-None-Match: \"b\"\nIf-Modified-Since: " NOW_DATE, WHOLE, 200,
	    1000, S("") },
	{ GET, "If-None-Match: \"a\"\nRange: bytes=0-9", EMPTY, 304, -1,
	    S("") },
	/* 14.2, step 5 */
	{ GET, "Range: bytes=0-9", PART, 206, 10, S("bytes 0-9/1000") },
	{ GET, "Range: bytes=-10", PART, 206, 10, S("bytes 990-999/1000") },
	{ GET, "Range: bytes=990-2000", PART, 206, 10,
	    S("bytes 990-999/1000") },
	{ GET, "Range: bytes=1000-", EMPTY, 416, 0, S("bytes */1000") },
	{ GET, "Range: lines=1-2", WHOLE, 200, 1000, S("") },
	{ S("HEAD"), "Range: bytes=0-9", WHOLE, 200, 1000, S("") },
	{ GET, "Range: bytes=0-9\nIf-Range: \"a\"", PART, 206, 10,
	    S("bytes 0-9/1000") },
	{ GET, "Range: bytes=0-9\nIf-Range: \"b\"", WHOLE, 200, 1000, S("") },
	{ GET, "Range: bytes=0-9\nIf-Range: W/\"a\"", WHOLE, 200, 1000, S("") },
	{ GET, "Range: bytes=0-9\nIf-Range: " OLD_DATE, PART, 206, 10,
	    S("bytes 0-9/1000") },
	{ GET, "Range: bytes=0-9\nIf-Range: " NOW_DATE, WHOLE, 200, 1000,
	    S("") },
	{ GET, "If-None-Match: \"b\"\nRange: bytes=0-9\nIf-Range: \"a\"", PART,
	    206, 10, S("bytes 0-9/1000") },
	{ GET, "Range: bytes=0-9,500-509", PARTS, 206, 210, S("") },
	{ GET, "Range: bytes=0-9,5-19", PART, 206, 20, S("bytes 0-19/1000") },
};

static void answers(void **state)
{
	struct cache_stored s = head_stored(a, HEAD, "");

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct request q = head_request(a, cases[i].request);
		enum cache_answer answer;
		struct response r;
		struct byte_ranges ranges;

		q.method = cases[i].method;
		assert_true(cache_answer(&q, &s, LIT("0123456789abcdef"),
		    NOW + 5, a, &answer, &r, &ranges));
		if (answer != cases[i].answer || r.status != cases[i].status ||
		    r.content_length != cases[i].length)
			fail_msg("%s: %d %d %lld", cases[i].request,
			    (int)answer, r.status, (long long)r.content_length);
		assert_slice(field_get(&r.fields, LIT("Content-Range")),
		    cases[i].range, slice_of(cases[i].request));
		/* 5.1: always. */
		assert_slice(field_get(&r.fields, LIT("Age")), LIT("5"),
		    slice_of(cases[i].request));
		assert_slice(field_get(&r.fields, LIT("X")), LIT("1"),
		    slice_of(cases[i].request));
	}
}

/* What several parts say of their length is what they have. */
static void parts_are_as_long_as_said(void **state)
{
	struct cache_stored s = head_stored(a, HEAD, "");
	struct request q = head_request(a, "Range: bytes=0-9,500-599,-1");
	struct slice boundary = LIT("0123456789abcdef");
	struct text t = text_in(a, 4096);
	enum cache_answer answer;
	struct response r;
	struct byte_ranges ranges;

	(void)state;
	assert_true(
	    cache_answer(&q, &s, boundary, NOW, a, &answer, &r, &ranges));
	assert_int_equal(answer, PARTS);
	assert_int_equal(ranges.n, 3);
	for (size_t i = 0; i < ranges.n; i++)
		range_part_begin(
		    &ranges.at[i], 1000, boundary, LIT("text/plain"), &t);
	range_parts_end(boundary, &t);
	assert_int_equal(r.content_length, (int64_t)t.len + 111);
	assert_slice(field_get(&r.fields, LIT("Content-Type")),
	    LIT("multipart/byteranges; boundary=0123456789abcdef"),
	    LIT("type"));
}

static bool has(const struct response *r, const char *name)
{
	return field_has(&r->fields, slice_of(name));
}

/* RFC 9110 section 15.4.5: these must be there, of the rest what is of use. */
static void not_modified_says_enough(void **state)
{
	static const char *const there[] = { "Cache-Control",
		"Content-Location", "Date", "ETag", "Vary", "Age" };
	static const char *const gone[] = { "Content-Type", "Content-Language",
		"Content-Encoding", "Last-Modified" };
	struct cache_stored s = head_stored(a, HEAD, "");
	struct request q = head_request(a, "If-None-Match: \"a\"");
	enum cache_answer answer;
	struct response r;
	struct byte_ranges ranges;

	(void)state;
	assert_true(
	    cache_answer(&q, &s, LIT("x"), NOW, a, &answer, &r, &ranges));
	for (size_t i = 0; i < ROWS(there); i++)
		assert_true(has(&r, there[i]));
	for (size_t i = 0; i < ROWS(gone); i++)
		assert_false(has(&r, gone[i]));
	s = head_stored(a, "Last-Modified: " OLD_DATE, "");
	q = head_request(a, "If-Modified-Since: " OLD_DATE);
	assert_true(
	    cache_answer(&q, &s, LIT("x"), NOW, a, &answer, &r, &ranges));
	assert_int_equal(r.status, 304);
	assert_true(has(&r, "Last-Modified"));
}

/* 13.2.1: conditions are for what would be 2xx; ranges for 200 (14.2). */
static void others_are_as_they_are(void **state)
{
	struct cache_stored s = head_stored(a, HEAD, "");
	struct request q =
	    head_request(a, "If-None-Match: \"a\"\nRange: bytes=0-9");
	enum cache_answer answer;
	struct response r;
	struct byte_ranges ranges;

	(void)state;
	s.status = 404;
	assert_true(
	    cache_answer(&q, &s, LIT("x"), NOW, a, &answer, &r, &ranges));
	assert_int_equal(r.status, 404);
	assert_int_equal(answer, WHOLE);
	q = head_request(a, "Range: bytes=0-9");
	s.status = 203;
	assert_true(
	    cache_answer(&q, &s, LIT("x"), NOW, a, &answer, &r, &ranges));
	assert_int_equal(r.status, 203);
	s.status = 200;
	s.length = LENGTH_UNKNOWN;
	assert_true(
	    cache_answer(&q, &s, LIT("x"), NOW, a, &answer, &r, &ranges));
	assert_int_equal(r.status, 200);
}

/* One part of coded bytes is one; several would seem to be coded together. */
static void coded_parts_are_one(void **state)
{
	struct cache_stored s = head_stored(a, "Content-Encoding: gzip", "");
	struct request q = head_request(a, "Range: bytes=0-9,500-509");
	enum cache_answer answer;
	struct response r;
	struct byte_ranges ranges;

	(void)state;
	assert_true(
	    cache_answer(&q, &s, LIT("x"), NOW, a, &answer, &r, &ranges));
	assert_int_equal(r.status, 200);
	assert_int_equal(answer, WHOLE);
	q = head_request(a, "Range: bytes=0-9");
	assert_true(
	    cache_answer(&q, &s, LIT("x"), NOW, a, &answer, &r, &ranges));
	assert_int_equal(r.status, 206);
}

static void a_part_answers_with_itself(void **state)
{
	struct cache_stored s =
	    head_stored(a, HEAD "\nContent-Range: bytes 100-199/5000", "");
	struct request q = head_request(a, "Range: bytes=110-119");
	enum cache_answer answer;
	struct response r;
	struct byte_ranges ranges;

	(void)state;
	s.status = 206;
	s.partial = true;
	s.held = (struct byte_range){ 100, 199 };
	s.whole_length = 5000;
	s.length = 100;
	assert_true(
	    cache_answer(&q, &s, LIT("x"), NOW, a, &answer, &r, &ranges));
	assert_int_equal(r.status, 206);
	assert_int_equal(r.content_length, 10);
	assert_slice(field_get(&r.fields, LIT("Content-Range")),
	    LIT("bytes 110-119/5000"), LIT("part"));
	q = head_request(a, "");
	assert_false(
	    cache_answer(&q, &s, LIT("x"), NOW, a, &answer, &r, &ranges));
	q = head_request(a, "Range: bytes=50-119");
	assert_false(
	    cache_answer(&q, &s, LIT("x"), NOW, a, &answer, &r, &ranges));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(parts_are_as_long_as_said),
		cmocka_unit_test(not_modified_says_enough),
		cmocka_unit_test(others_are_as_they_are),
		cmocka_unit_test(coded_parts_are_one),
		cmocka_unit_test(a_part_answers_with_itself),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

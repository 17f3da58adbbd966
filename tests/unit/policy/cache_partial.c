/* Parts: RFC 9111 section 3.4, RFC 9110 section 15.3.7.3. */
#include "policy/cache_partial.h"

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

static struct cache_stored part(int64_t first, int64_t last, const char *head)
{
	struct cache_stored s = head_stored(a, head, "");

	s.status = 206;
	s.partial = true;
	s.held = (struct byte_range){ first, last };
	s.whole_length = 1000;
	return s;
}

#define A "ETag: \"a\"\nContent-Range: "

static const struct {
	int64_t first, last; /* stored, of 1000 */
	int status;
	const char *head;
	enum cache_join want;
	int64_t union_first, union_last;
} cases[] = {
	{ 0, 99, 206, A "bytes 100-199/1000", CACHE_JOIN_PART, 0, 199 },
	{ 0, 99, 206, A "bytes 50-199/1000", CACHE_JOIN_PART, 0, 199 },
	{ 100, 199, 206, A "bytes 0-99/1000", CACHE_JOIN_PART, 0, 199 },
	{ 100, 199, 206, A "bytes 50-299/1000", CACHE_JOIN_PART, 50, 299 },
	{ 0, 99, 206, A "bytes 100-999/1000", CACHE_JOIN_WHOLE, 0, 999 },
	{ 100, 999, 206, A "bytes 0-99/1000", CACHE_JOIN_WHOLE, 0, 999 },
	{ 0, 99, 206, A "bytes 10-20/1000", CACHE_JOIN_NOTHING, 0, 0 },
	{ 0, 99, 206, A "bytes 101-199/1000", CACHE_JOIN_NOT, 0, 0 },
	{ 200, 299, 206, A "bytes 0-198/1000", CACHE_JOIN_NOT, 0, 0 },
	{ 0, 99, 206, A "bytes 100-199/1001", CACHE_JOIN_NOT, 0, 0 },
	{ 0, 99, 206, A "bytes 100-199/*", CACHE_JOIN_NOT, 0, 0 },
	{ 0, 99, 206, A "bytes */1000", CACHE_JOIN_NOT, 0, 0 },
	{ 0, 99, 206, A "x", CACHE_JOIN_NOT, 0, 0 },
	{ 0, 99, 206, "ETag: \"b\"\nContent-Range: bytes 100-199/1000",
	    CACHE_JOIN_NOT, 0, 0 },
	{ 0, 99, 206, "ETag: W/\"a\"\nContent-Range: bytes 100-199/1000",
	    CACHE_JOIN_NOT, 0, 0 },
	{ 0, 99, 206, "Content-Range: bytes 100-199/1000", CACHE_JOIN_NOT, 0,
	    0 },
	{ 0, 99, 200, A "bytes 100-199/1000", CACHE_JOIN_NOT, 0, 0 },
};

static void parts_join(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct cache_stored s =
		    part(cases[i].first, cases[i].last, "ETag: \"a\"");
		struct response r =
		    head_response(a, cases[i].status, cases[i].head);
		struct byte_range u = { 0, 0 };

		if (cache_join(&s, &r, &u) != cases[i].want ||
		    u.first != cases[i].union_first ||
		    u.last != cases[i].union_last)
			fail_msg("%zu: %s", i, cases[i].head);
	}
}

/* One tag for two codings is the origin's fault. */
static void codings_do_not_join(void **state)
{
	static const struct {
		const char *stored, *part;
		enum cache_join want;
	} coded[] = {
		{ "X: gzip", "Content-Encoding: gzip", CACHE_JOIN_NOT },
		{ "Content-Encoding: gzip", "X: gzip", CACHE_JOIN_NOT },
		{ "Content-Encoding: gzip", "Content-Encoding: br",
		    CACHE_JOIN_NOT },
		{ "Content-Encoding: gzip", "Content-Encoding: GZIP",
		    CACHE_JOIN_PART },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(coded); i++) {
		struct cache_stored s = part(0, 99,
		    ARENA_JOIN(a, LIT("ETag: \"a\"\n"),
			slice_of(coded[i].stored), LIT("\0"))
			.at);
		struct response r = head_response(a, 206,
		    ARENA_JOIN(a, LIT(A "bytes 100-199/1000\n"),
			slice_of(coded[i].part), LIT("\0"))
			.at);
		struct byte_range u;

		if (cache_join(&s, &r, &u) != coded[i].want)
			fail_msg("%s, %s", coded[i].stored, coded[i].part);
	}
}

static void weak_ones_do_not(void **state)
{
	struct cache_stored s = part(0, 99, "ETag: W/\"a\"");
	struct response r = head_response(
	    a, 206, "ETag: W/\"a\"\nContent-Range: bytes 100-199/1000");
	struct byte_range u;

	(void)state;
	assert_int_equal(cache_join(&s, &r, &u), CACHE_JOIN_NOT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_join),
		cmocka_unit_test(codings_do_not_join),
		cmocka_unit_test(weak_ones_do_not),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* Invalidation: RFC 9111 section 4.4. */
#include "policy/cache_invalidate.h"

#include "base/arena.h"
#include "base/text.h"
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
	struct slice method;
	int status;
	const char *head;
	struct slice want; /* joined by blanks; asked: /a/b?q */
} cases[] = {
#define POST S("POST")
	{ S("GET"), 200, "Location: /x", S("") },
	{ S("HEAD"), 200, "", S("") },
	{ S("OPTIONS"), 200, "", S("") },
	{ S("PROPFIND"), 207, "", S("") },
	{ POST, 200, "", S("/a/b?q") },
	{ S("PUT"), 204, "", S("/a/b?q") },
	{ S("DELETE"), 200, "", S("/a/b?q") },
	{ S("M-SEARCH"), 200, "", S("/a/b?q") },
	{ S("post"), 200, "", S("/a/b?q") },
	/* non-error alone */
	{ POST, 303, "", S("/a/b?q") },
	{ POST, 404, "Location: /x", S("") },
	{ POST, 500, "", S("") },
	/* both fields, in whatever form */
	{ POST, 201, "Location: /x", S("/a/b?q /x") },
	{ POST, 201, "Location: /x\nContent-Location: /y?z",
	    S("/a/b?q /x /y?z") },
	{ POST, 201, "Location: /x\nContent-Location: /x", S("/a/b?q /x") },
	{ POST, 201, "Location: /x#f", S("/a/b?q /x") },
	{ POST, 201, "Location: c", S("/a/b?q /a/c") },
	{ POST, 201, "Location: ?r", S("/a/b?q /a/b?r") },
	{ POST, 201, "Location: ../c", S("/a/b?q /c") },
	{ POST, 201, "Location: ../../../c", S("/a/b?q /c") },
	{ POST, 201, "Location: ./", S("/a/b?q /a/") },
	{ POST, 201, "Location: /x/../y/.", S("/a/b?q /y/") },
	{ POST, 201, "Location: /x?a/../b", S("/a/b?q /x?a/../b") },
	{ POST, 201, "Location: c:d", S("/a/b?q") },
	{ POST, 201, "Location: ", S("/a/b?q") },
	{ POST, 201, "Location: #f", S("/a/b?q") },
	{ POST, 201, "Location: /a/b?q", S("/a/b?q") },
	/* same origin alone */
	{ POST, 201, "Location: http://example.org/x", S("/a/b?q /x") },
	{ POST, 201, "Location: HTTP://Example.ORG:80/x", S("/a/b?q /x") },
	{ POST, 201, "Location: //example.org/x", S("/a/b?q /x") },
	{ POST, 201, "Location: http://example.org", S("/a/b?q /") },
	{ POST, 201, "Location: http://example.org?r", S("/a/b?q /?r") },
	{ POST, 201, "Location: https://example.org/x", S("/a/b?q") },
	{ POST, 201, "Location: http://example.org:8080/x", S("/a/b?q") },
	{ POST, 201, "Location: http://example.com/x", S("/a/b?q") },
	{ POST, 201, "Location: http://u@example.org/x", S("/a/b?q") },
	{ POST, 201, "Location: //example.com/x", S("/a/b?q") },
	{ POST, 201, "Location: mailto:x@example.org", S("/a/b?q") },
	{ POST, 201, "Location: //", S("/a/b?q") },
};

static void changes_are_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct request q = head_request(a, "");
		struct response r =
		    head_response(a, cases[i].status, cases[i].head);
		struct text t = text_in(a, 4096);
		struct cache_invalid invalid;

		q.method = cases[i].method;
		q.target = LIT("/a/b?q");
		assert_true(cache_invalidated(&q, &r, a, &invalid));
		text_add(&t, LIT(""));
		for (size_t j = 0; j < invalid.n; j++) {
			if (j > 0)
				text_char(&t, ' ');
			text_add(&t, invalid.targets[j]);
		}
		assert_slice(
		    text_slice(&t), cases[i].want, slice_of(cases[i].head));
	}
}

static void absolute_targets(void **state)
{
	struct request q = head_request(a, "");
	struct response r = head_response(a, 201, "Location: c");
	struct cache_invalid invalid;

	(void)state;
	q.method = LIT("PUT");
	q.target = LIT("http://example.org/a/b");
	assert_true(cache_invalidated(&q, &r, a, &invalid));
	assert_int_equal(invalid.n, 2);
	assert_slice(invalid.targets[0], LIT("/a/b"), LIT("own"));
	assert_slice(invalid.targets[1], LIT("/a/c"), LIT("other"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_are_known),
		cmocka_unit_test(absolute_targets),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* The parts of a server's URL.  What is wrong with one, and how it is said, is
 * in cache.c. */
#include "conf/redis_url.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/text.h"
#include "tests/unit/unit.h"

/* host port path password db prefix wait; "": it is none. */
static const struct {
	struct slice in, want;
} rows[] = {
	{ S("redis://r"), S("r 6379   0 fingerpost 0") },
	{ S("redis://r/"), S("r 6379   0 fingerpost 0") },
	{ S("redis://r:1/7"), S("r 1   7 fingerpost 0") },
	{ S("redis://[::1]:65535"), S("::1 65535   0 fingerpost 0") },
	{ S("redis://:p%40%2f%3Fw@r"), S("r 6379  p@/?w 0 fingerpost 0") },
	{ S("redis://:a@b@r"), S("r 6379  a@b 0 fingerpost 0") },
	{ S("redis://:a/b@r/2"), S("r 6379  a/b 2 fingerpost 0") },
	{ S("redis://:@r"), S("r 6379   0 fingerpost 0") },
	{ S("redis://r?prefix=a.b:c_-1&timeout=20"),
	    S("r 6379   0 a.b:c_-1 20") },
	{ S("redis+unix:/a/b"), S(" 0 /a/b  0 fingerpost 0") },
	{ S("redis+unix:/a?db=3&password=p%25&prefix=x&timeout=1000"),
	    S(" 0 /a p% 3 x 1000") },

	{ S("redis://r?db=1"), S("") },
	{ S("redis://r?password=x"), S("") },
	{ S("redis://r?"), S("") },
	{ S("redis://r?prefix"), S("") },
	{ S("redis://r?prefix="), S("") },
	{ S("redis://r?prefix=a*"), S("") },
	{ S("redis://r?prefix="
	    "0123456789012345678901234567890123456789012345678901234567890123"
	    "4"),
	    S("") },
	{ S("redis://r?timeout=0"), S("") },
	{ S("redis://r?timeout=1001"), S("") },
	{ S("redis://r?Prefix=a"), S("") },
	{ S("redis://:%4@r"), S("") },
	{ S("redis://:%zz@r"), S("") },
	{ S("redis://:%"), S("") },
	{ S("redis://r/65536"), S("") },
	{ S("redis://r/-1"), S("") },
	{ S("redis://[::1"), S("") },
	{ S("redis://[::1]x"), S("") },
	{ S("redis+unix:"), S("") },
	{ S("redis+unix:?db=1"), S("") },
	{ S("redis:"), S("") },
	{ S(""), S("") },
};

static void urls_are_read(void **state)
{
	struct arena *a = arena_new(1 << 16);

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct redis_url u;
		struct text got;

		arena_reset(a);
		got = text_in(a, 1024);
		if (redis_url_read(rows[i].in, a, &u) == NULL)
			text_format(&got, "%s %u %s %.*s %u %.*s %d", u.host.at,
			    u.port, u.path.at, SLICE_ARG(u.password), u.db,
			    SLICE_ARG(u.prefix), (int)u.wait_ms);
		assert_slice(text_slice(&got), rows[i].want, rows[i].in);
	}
	arena_free(a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

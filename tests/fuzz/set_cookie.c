/* Set-Cookie, judged by a second reading of the attributes.
 * Input: the public path that was asked for, a line; then the value. */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "policy/cookie.h"
#include "policy/mapping.h"
#include "tests/fuzz/check.h"

static struct arena *arena;

static struct mapping mapping_of(struct slice from, struct slice to)
{
	struct mapping m;

	CHECK(mapping_plain(to, arena, &m));
	m.from = from;
	m.authority = LIT("www.origin.test");
	m.origin_host = LIT("o.test");
	return m;
}

/* The last attribute of that name, as a browser keeps it. */
static struct slice last_of(
    struct slice cookie, struct slice name, size_t max, size_t *n_out)
{
	struct slice last = SLICE_NONE;
	struct slice part;

	*n_out = 0;
	(void)slice_cut(&cookie, ';', &part);
	while (slice_cut(&cookie, ';', &part)) {
		size_t equals = slice_find(part, '=');
		struct slice value = slice_trim(slice_from(part, equals + 1));

		if (!slice_eq_nocase(
			slice_trim(slice_upto(part, equals)), name) ||
		    value.len > max)
			continue;
		last = value.at == NULL ? LIT("") : value;
		++*n_out;
	}
	return last;
}

static bool is_below(struct slice path, struct slice prefix)
{
	return slice_starts(path, prefix) &&
	    (path.len == prefix.len || path.at[prefix.len] == '/');
}

/* The path that a browser would send the cookie to lies below the prefix. */
static void check_path(
    const struct mapping *m, struct slice asked, struct slice cookie)
{
	size_t n;
	struct slice path = last_of(cookie, LIT("Path"), 1024, &n);

	if (n > 0 && path.len > 0 && path.at[0] == '/') {
		CHECK(is_below(path, m->to));
		return;
	}
	if (asked.len == 0 || asked.at[0] != '/')
		asked = LIT("/");
	while (asked.at[asked.len - 1] != '/')
		asked.len--;
	if (asked.len > 1)
		asked.len--;
	CHECK(is_below(asked, m->to));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice cookie = { (const char *)data, size };
	struct slice asked = SLICE_NONE;
	struct slice got;
	struct mapping m;

	if (arena == NULL)
		arena = arena_new(1 << 20);
	if (size == 0 || size > 60000 || !slice_cut(&cookie, '\n', &asked) ||
	    cookie.at == NULL)
		return 0;
	arena_reset(arena);
	m = mapping_of(LIT(""), LIT(""));
	m.origin_host = LIT("");
	got = cookie_adapt(&m, asked, cookie, arena);
	CHECK(got.at == cookie.at && got.len == cookie.len);
	for (int based = 0; based < 2; based++) {
		size_t domains;

		m = mapping_of(based ? LIT("/b/c") : LIT(""), LIT("/p/q"));
		got = cookie_adapt(&m, asked, cookie, arena);
		CHECK(got.at != NULL);
		if (cookie_is_host_bound(cookie)) {
			CHECK(got.at == cookie.at);
			continue;
		}
		check_path(&m, asked, got);
		CHECK(!slice_eq_nocase(
		    last_of(got, LIT("Domain"), SIZE_MAX, &domains),
		    LIT("o.test")));
		/* The pair is the cookie's own. */
		CHECK(slice_starts(
		    got, slice_upto(cookie, slice_find(cookie, ';'))));
	}
	return 0;
}

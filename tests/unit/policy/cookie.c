/* Set-Cookie: a component's cookies stay its own. */
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "policy/cookie.h"
#include "tests/unit/policy/scene.h"

#define SAME S("=")

static const struct {
	const char *url;
	struct slice in, want; /* "=": as it was */
} cases[] = {
	/* Path. */
	{ "/hotels/", S("a=b; Path=/"), S("a=b; Path=/hotels") },
	{ "/hotels/", S("a=b;Path=/"), S("a=b;Path=/hotels") },
	{ "/hotels/", S("a=b; path=/; HttpOnly"),
	    S("a=b; path=/hotels; HttpOnly") },
	{ "/hotels/", S("a=b; PATH = / ; Secure"),
	    S("a=b; PATH = /hotels ; Secure") },
	{ "/hotels/", S("a=b;\tpath\t=\t/\t"), S("a=b;\tpath\t=\t/hotels\t") },
	{ "/hotels/x", S("a=b; Path=/app"), S("a=b; Path=/hotels/app") },
	{ "/hotels/x", S("a=b; Path=/app/"), S("a=b; Path=/hotels/app/") },
	{ "/hotels/x", S("a=b; Path=/hotels"), S("a=b; Path=/hotels/hotels") },
	{ "/hotels/x", S("a=b; Path=/pets"), S("a=b; Path=/hotels/pets") },
	{ "/hotels/x", S("a=b; Path=//"), S("a=b; Path=/hotels//") },
	{ "/hotels/x", S("a=b; Path=/../pets"),
	    S("a=b; Path=/hotels/../pets") },
	{ "/hotels/x", S("a=b; Path=/x y=z"), S("a=b; Path=/hotels/x y=z") },
	{ "/hotels/x", S("a=\"x;y\"; Path=/"), S("a=\"x;y\"; Path=/hotels") },
	/* The last one wins, and a client that takes the first is served. */
	{ "/hotels/x", S("a=b; Path=/x; Path=/"),
	    S("a=b; Path=/hotels/x; Path=/hotels") },
	{ "/hotels/x", S("a=b; Path=/; Path="), S("a=b; Path=/hotels; Path=") },
	/* The pair itself is no attribute. */
	{ "/hotels/x", S("Path=/"), SAME },
	{ "/hotels/x", S("Path=/; Path=/"), S("Path=/; Path=/hotels") },
	{ "/hotels/x", S("a=Path=/"), SAME },
	{ "/hotels/x", S("Domain=o.test"), SAME },
	{ "/hotels/x", S("a=b; XPath=/; Pathx=/; /=Path"), SAME },
	{ "/hotels/x", S("; Path=/"), S("; Path=/hotels") },
	{ "/hotels/x", S("=b; Path=/"), S("=b; Path=/hotels") },
	{ "/hotels/x", S(";"), SAME },
	{ "/hotels/x", S("a"), SAME },
	{ "/hotels/x", S("a=b;;; ;Path"), SAME },
	{ "/hotels/x",
	    S("a=b; Expires=Wed, 21 Oct 2065 07:28:00 GMT; Max-Age=5; "
	      "SameSite=Lax; Partitioned; Priority=High; odd\x80=\xff"),
	    SAME },
	/* The root's base: what covers it, lies below it, lies elsewhere. */
	{ "/based/", S("a=b; Path=/"), S("a=b; Path=/based") },
	{ "/based/", S("a=b; Path=/b"), S("a=b; Path=/based") },
	{ "/based/", S("a=b; Path=/b/"), S("a=b; Path=/based/") },
	{ "/based/", S("a=b; Path=/b/x"), S("a=b; Path=/based/x") },
	{ "/based/", S("a=b; Path=/bx"), S("a=b; Path=/based/bx") },
	{ "/based/", S("a=b; Path=/pets"), S("a=b; Path=/based/pets") },
	{ "/deep/", S("a=b; Path=/x"), S("a=b; Path=/deep") },
	{ "/deep/", S("a=b; Path=/x/"), S("a=b; Path=/deep") },
	{ "/deep/", S("a=b; Path=/x/y"), S("a=b; Path=/deep/x/y") },
	{ "/deep/", S("a=b; Path=/x/yy/z"), S("a=b; Path=/deep/z") },
	/* Without strip the component knows its paths. */
	{ "/kept/x", S("a=b; Path=/kept/x"), SAME },
	{ "/kept/x", S("a=b; Path=/kept"), SAME },
	{ "/kept/x", S("a=b; Path=/"), S("a=b; Path=/kept") },
	{ "/kept/x", S("a=b; Path=/keptx"), S("a=b; Path=/kept/keptx") },
	/* No prefix: nothing to do. */
	{ "http://root.test/x", S("a=b; Path=/"), SAME },
	{ "http://root.test/x", S("a=b; Path=/x"), SAME },
	{ "http://root.test/x", S("__Host-a=b; Path=/; Secure"), SAME },
	{ "http://root.test/x", S("a=b; Domain=o.test"), S("a=b") },
	/* The default-path, where no path rules. */
	{ "/hotels/x", S("a=b; Path=x"), SAME },
	{ "/hotels/x", S("a=b; Path=\"/\""), SAME },
	{ "/bare", S("a=b"), S("a=b; Path=/bare") },
	{ "/bare?q=/x/", S("a=b; Secure;"), S("a=b; Secure;; Path=/bare") },
	{ "/bare", S("a=b; Path=x"), S("a=b; Path=x; Path=/bare") },
	{ "/bare", S("a=b; Path=/; Path="),
	    S("a=b; Path=/bare; Path=; Path=/bare") },
	{ "/bare", S("a=b; Path=/x"), S("a=b; Path=/bare/x") },
	{ "/bare/", S("a=b"), SAME },
	{ "/bare/x", S("a=b"), SAME },
	{ "/%62are/x", S("a=b"), S("a=b; Path=/bare") },
	{ "//bare/x", S("a=b"), S("a=b; Path=/bare") },
	/* Domain. */
	{ "/hotels/", S("a=b; Domain=o.test; Path=/"), S("a=b; Path=/hotels") },
	{ "/hotels/", S("a=b; domain = .O.Test"), S("a=b") },
	{ "/hotels/", S("a=b; Domain=test"), SAME },
	{ "/hotels/", S("a=b; Domain=www.test"), SAME },
	{ "/hotels/", S("a=b; Domain=other.test; Secure"), SAME },
	{ "/hotels/", S("a=b; Domain=xo.test"), SAME },
	{ "/hotels/", S("a=b; Domain=x.o.test"), SAME },
	{ "/hotels/", S("a=b; Domain="), SAME },
	{ "/hotels/", S("a=b; Domain=o.test; Domain="), S("a=b") },
	{ "/hotels/", S("a=b; Domain=www.test; Domain=o.test; Secure"),
	    S("a=b; Secure") },
	{ "/hotels/", S("a=b; Domain=o.test; Domain=www.test"), SAME },
	{ "http://[::1]:80/hotels/", S("a=b; Domain=test"), S("a=b") },
	{ "http://x.o.test/hotels/", S("a=b; Domain=o.test"), SAME },
	{ "http://elsewhere.example/hotels/", S("a=b; Domain=.test; Secure"),
	    S("a=b; Secure") },
	/* Those that only Path=/ suits. */
	{ "/hotels/", S("__Host-a=b; Secure; Path=/"), SAME },
	{ "/hotels/", S(" __hOST-a=b; Path=/; Domain=o.test"), SAME },
	{ "/hotels/", S("__Secure-a=b; Secure; Path=/"),
	    S("__Secure-a=b; Secure; Path=/hotels") },
	{ "/hotels/", S("__Host=b; Path=/"), S("__Host=b; Path=/hotels") },
};

static void cookies_stay_below_the_prefix(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s);
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct slice in = cases[i].in;
		struct slice want =
		    slice_eq(cases[i].want, LIT("=")) ? in : cases[i].want;
		struct slice path;
		struct slice got;

		scene_ask(&s, slice_of(cases[i].url));
		path = slice_upto(
		    s.request.target, slice_find(s.request.target, '?'));
		got = cookie_adapt(&s.mapping, path, in, s.arena);
		assert_slice(got, want, in);
		if (slice_eq(in, want))
			assert_ptr_equal(got.at, in.at);
	}
	scene_close(&s);
}

/* A browser ignores an attribute of more than 1024 bytes. */
static void long_paths_do_not_rule(void **state)
{
	static const size_t lengths[] = { 2, 500, 1019, 1020, 1500 };
	char cookie[2000] = "a=b; Path=/";
	struct scene s;

	(void)state;
	for (size_t i = 11; i < sizeof(cookie); i++)
		cookie[i] = 'x';
	scene_open(&s);
	for (size_t i = 0; i < ROWS(lengths); i++) {
		struct slice in = { cookie, 10 + lengths[i] };
		struct slice got;

		scene_ask(&s, LIT("/bare"));
		got = cookie_adapt(&s.mapping, LIT("/bare"), in, s.arena);
		assert_int_equal(slice_ends(got, LIT("; Path=/bare")),
		    lengths[i] + 5 > 1024);
	}
	scene_close(&s);
}

/* A page below the prefix asked for what it took for its own root: the answer
 * is the component's, the public path is not. */
static void paths_beside_the_prefix_get_one(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s);
	scene_ask(&s, LIT("/hotels/x"));
	assert_slice(
	    cookie_adapt(&s.mapping, LIT("/hotelsx"), LIT("a=b"), s.arena),
	    LIT("a=b; Path=/hotels"), LIT("beside"));
	scene_close(&s);
}

/* The end of an address is no domain above it. */
static void addresses_have_no_parents(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s);
	scene_ask(&s, LIT("/hotels/x"));
	s.mapping.origin_host = LIT("127.0.0.1");
	assert_slice(cookie_adapt(&s.mapping, LIT("/hotels/x"),
			 LIT("a=b; Domain=0.0.1"), s.arena),
	    LIT("a=b; Domain=0.0.1"), LIT("a part"));
	assert_slice(cookie_adapt(&s.mapping, LIT("/hotels/x"),
			 LIT("a=b; Domain=127.0.0.1"), s.arena),
	    LIT("a=b"), LIT("whole"));
	scene_close(&s);
}

/* A prefix that holds what ends an attribute: no Path can say it, and a part
 * of it would be somebody else's. */
static void an_unsayable_prefix_takes_the_default(void **state)
{
	struct arena *a = arena_new(1 << 16);
	struct mapping m;

	(void)state;
	assert_true(mapping_plain(LIT("/a;b"), a, &m));
	assert_slice(
	    cookie_adapt(&m, LIT("/a;b/x"), LIT("a=b; Path=/; Secure"), a),
	    LIT("a=b; Secure"), LIT("/a;b"));
	arena_free(a);
}

static void memory_runs_out_loudly(void **state)
{
	struct slice in = LIT("a=b; Path=/; Domain=o.test");
	bool ok = false;
	struct scene s;

	(void)state;
	scene_open(&s);
	scene_ask(&s, LIT("/hotels/"));
	for (size_t size = 0; !ok && size < 100000; size += 16) {
		struct arena *small = arena_new(size);
		struct slice got =
		    cookie_adapt(&s.mapping, LIT("/hotels/"), in, small);

		ok = got.at != NULL;
		if (ok)
			assert_slice(got, LIT("a=b; Path=/hotels"), in);
		arena_free(small);
	}
	assert_true(ok);
	scene_close(&s);
}

/* Every beginning of a cookie is one, too. */
static void beginnings_are_read(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s);
	for (size_t i = 0; i < ROWS(cases); i++)
		for (size_t n = 0; n <= cases[i].in.len; n++) {
			struct slice in = slice_upto(cases[i].in, n);

			scene_ask(&s, slice_of(cases[i].url));
			assert_non_null(cookie_adapt(
			    &s.mapping, s.request.target, in, s.arena)
					    .at);
		}
	scene_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cookies_stay_below_the_prefix),
		cmocka_unit_test(long_paths_do_not_rule),
		cmocka_unit_test(paths_beside_the_prefix_get_one),
		cmocka_unit_test(addresses_have_no_parents),
		cmocka_unit_test(an_unsayable_prefix_takes_the_default),
		cmocka_unit_test(memory_runs_out_loudly),
		cmocka_unit_test(beginnings_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

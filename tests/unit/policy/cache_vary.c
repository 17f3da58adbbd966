/* Selection by Vary: RFC 9111 section 4.1. */
#include "policy/cache_vary.h"

#include "base/arena.h"
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

static const struct {
	const char *response; /* behind "Vary: " */
	const char *one, *other;
	bool match;
} cases[] = {
	{ "Foo", "Foo: 1", "Foo: 1", true },
	{ "Foo", "Foo: 1", "Foo: 2", false },
	{ "Foo", "Foo: 1", "foo: 1", true },
	{ "foo", "Foo: 1", "Foo: 1", true },
	{ "Foo", "Foo: a", "Foo: A", false },
	/* absent matches absent alone, not what is empty */
	{ "Foo", "", "", true },
	{ "Foo", "", "Foo: 1", false },
	{ "Foo", "", "Foo: ", false },
	/* all of them, whoever named them */
	{ "Foo, Bar", "Foo: 1\nBar: 2", "Bar: 2\nFoo: 1", true },
	{ "Foo, Bar", "Foo: 1\nBar: 2", "Foo: 1", false },
	{ "Foo\nVary: Bar", "Foo: 1\nBar: 2", "Foo: 1\nBar: 3", false },
	{ "Foo, foo,, FOO", "Foo: 1", "Foo: 1", true },
	/* nothing leaks from one into another */
	{ "A, B", "A: 1\nB: 2", "A: 1, B: 2", false },
	/* lines are joined */
	{ "Foo", "Foo: 1\nFoo: 2", "Foo: 1, 2", true },
	{ "Foo", "Foo: 1\nFoo: 2", "Foo: 2, 1", false },
	{ "Foo", "Foo: 1,2", "Foo: 1, 2", false },
	/* blanks and case where we know */
	{ "Accept-Language", "Accept-Language: en, de;q=0.5",
	    "Accept-Language: EN ,de ; q=0.5", true },
	{ "Accept-Language", "Accept-Language: en, de",
	    "Accept-Language: de, en", false },
	{ "Accept", "Accept: text/html,*/*", "Accept: text/html, */*", true },
	{ "Accept", "Accept: text/html;a=B", "Accept: text/html;a=b", false },
	/* Accept-Encoding: what we can make of it */
	{ "Accept-Encoding", "Accept-Encoding: gzip, deflate, br",
	    "Accept-Encoding: br;q=1.0, GZIP;q=0.8, *;q=0.1", true },
	{ "Accept-Encoding", "", "Accept-Encoding: identity", true },
	{ "Accept-Encoding", "", "Accept-Encoding: br", true },
	{ "Accept-Encoding", "Accept-Encoding: gzip", "Accept-Encoding: br",
	    false },
	{ "Accept-Encoding", "Accept-Encoding: gzip",
	    "Accept-Encoding: gzip;q=0", false },
	{ "Accept-Encoding\nContent-Encoding: gzip", "Accept-Encoding: gzip",
	    "Accept-Encoding: gzip, x", true },
	/* ... and whether it may be plain: 406 is for who says not */
	{ "Accept-Encoding", "Accept-Encoding: identity;q=0", "", false },
	{ "Accept-Encoding", "Accept-Encoding: *;q=0", "", false },
	{ "Accept-Encoding", "Accept-Encoding: *;q=0",
	    "Accept-Encoding: identity;q=0", true },
	{ "Accept-Encoding", "Accept-Encoding: gzip, identity;q=0",
	    "Accept-Encoding: gzip", false },
	{ "Accept-Encoding", "Accept-Encoding: gzip, *;q=0",
	    "Accept-Encoding: gzip", false },
	{ "Accept-Encoding", "Accept-Encoding: identity;q=1, *;q=0", "", true },
	/* ... unless the origin has made something else of it */
	{ "Accept-Encoding\nContent-Encoding: br", "Accept-Encoding: gzip, br",
	    "Accept-Encoding: gzip", false },
	{ "Accept-Encoding\nContent-Encoding: br", "Accept-Encoding: gzip,br",
	    "Accept-Encoding: gzip , BR", true },
	/* "*" never matches */
	{ "*", "", "", false },
	{ "Foo, *", "Foo: 1", "Foo: 1", false },
	{ "", "Foo: 1", "Foo: 2", true },
};

static struct slice join(const char *one, const char *other)
{
	return ARENA_JOIN(a, slice_of(one), slice_of(other), LIT("\0"));
}

static void requests_match(void **state)
{
	struct cache_rules rules = cache_rules_default();

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct fields r =
		    head_fields(a, join("Vary: ", cases[i].response).at);
		struct fields one = head_fields(a, cases[i].one);
		struct fields other = head_fields(a, cases[i].other);
		struct cache_stored s = { .fields = &r };
		bool ok = cache_vary_key(&r, &one, &rules, a, &s.vary_key);

		if ((ok && cache_vary_matches(&s, &other, &rules, a)) !=
		    cases[i].match)
			fail_msg("%s: %s, %s", cases[i].response, cases[i].one,
			    cases[i].other);
		assert_int_equal(ok, cache_vary_usable(&r));
	}
}

/* What programs send most.  Refusing identity by the way would be a variant
 * of its own for some of them. */
static void browsers_are_one(void **state)
{
	static const char *const zipped[] = {
		"gzip, deflate, br, zstd", /* Chrome, Edge, Firefox */
		"gzip, deflate, br",       /* Safari */
		"gzip, deflate",           /* the same without TLS */
		"gzip,deflate",
		"gzip",
		"deflate, gzip, br, zstd", /* curl --compressed */
		"gzip;q=1.0,deflate;q=0.6,identity;q=0.3", /* Ruby */
		"br;q=1.0, gzip;q=0.8, *;q=0.1",
		"gzip, x-gzip, deflate",
		"*",
	};
	static const char *const plain[] = {
		"identity",
		"identity;q=1, *;q=0", /* Chrome and Firefox for media */
		"identity, *;q=0",
		"",
	};
	struct cache_rules rules = cache_rules_default();
	struct fields r = head_fields(a, "Vary: Accept-Encoding");
	struct field one = { LIT("Accept-Encoding"), LIT("") };
	struct fields f = { &one, 1, 1 };
	struct slice key;

	(void)state;
	for (size_t i = 0; i < ROWS(zipped); i++) {
		one.value = slice_of(zipped[i]);
		assert_true(cache_vary_key(&r, &f, &rules, a, &key));
		assert_slice(key, LIT("accept-encoding~gzip,\n"), one.value);
	}
	for (size_t i = 0; i < ROWS(plain); i++) {
		one.value = slice_of(plain[i]);
		assert_true(cache_vary_key(&r, &f, &rules, a, &key));
		assert_slice(key, LIT("accept-encoding~\n"), one.value);
	}
}

static void keys_are_bounded(void **state)
{
	static char big[CACHE_VARY_KEY_MAX + 1];
	struct cache_rules rules = cache_rules_default();
	struct fields r = head_fields(a, "Vary: Cookie");
	struct field one = { LIT("Cookie"), { big, sizeof(big) } };
	struct fields f = { &one, 1, 1 };
	struct slice key;

	(void)state;
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = 'x';
	assert_false(cache_vary_key(&r, &f, &rules, a, &key));
	one.value.len = 1000;
	assert_true(cache_vary_key(&r, &f, &rules, a, &key));
}

/* Section 4: the latest; 4.1: Vary before none. */
static void the_best_is_selected(void **state)
{
	struct cache_rules rules = cache_rules_default();
	struct cache_stored all[4] = {
		head_stored(a, "Date: " NEW_DATE, ""),
		head_stored(a, "Date: " OLD_DATE "\nVary: Foo", "Foo: 1"),
		head_stored(a, "Date: " NOW_DATE "\nVary: Foo", "Foo: 1"),
		head_stored(a, "Date: " NEW_DATE "\nVary: Foo", "Foo: 2"),
	};
	struct fields one = head_fields(a, "Foo: 1");
	struct fields three = head_fields(a, "Foo: 3");
	uint32_t matches = 0;

	(void)state;
	assert_ptr_equal(
	    cache_select(all, 4, &one, &rules, a, &matches), &all[2]);
	assert_int_equal(matches, 7);
	assert_ptr_equal(
	    cache_select(all, 4, &three, &rules, a, &matches), &all[0]);
	assert_int_equal(matches, 1);
	assert_null(cache_select(all + 1, 3, &three, &rules, a, NULL));
	all[1].terms.date_s = all[2].terms.date_s;
	all[1].terms.received_s++;
	assert_ptr_equal(cache_select(all, 4, &one, &rules, a, NULL), &all[1]);
	all[1].partial = true;
	assert_ptr_equal(cache_select(all, 4, &one, &rules, a, NULL), &all[2]);
	assert_null(cache_select(NULL, 0, &one, &rules, a, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_match),
		cmocka_unit_test(browsers_are_one),
		cmocka_unit_test(keys_are_bounded),
		cmocka_unit_test(the_best_is_selected),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* Who owns a request, in every reading of its target. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "policy/mount.h"
#include "policy/route.h"
#include "tests/unit/policy/hand.h"

#define ARENA_BYTES (64u << 20)

static const struct hand_rule few[] = {
	{ .name = "hotels", .paths = "/hotels,/inns" },
	{ .name = "suites", .paths = "/hotels/suites" },
	{ .name = "pets", .paths = "/pets", .methods = "GET,POST" },
	{ .name = "stat", .paths = "/stat", .no_slash = true },
	{ .name = "whole", .paths = "/whole", .no_strip = true },
	{ .name = "odd", .paths = "/a b/\xc3\xa9" },
	{ .name = "again", .paths = "/pets" },
};

/* The same with a route that owns the rest. */
static const struct hand_rule rooted[] = {
	{ .name = "root", .paths = "/" },
	{ .name = "hotels", .paths = "/hotels" },
	{ .name = "pets", .paths = "/pets" },
};

struct fixture {
	struct arena *arena;
	struct conf *conf;
	struct route_table *table;
};

static struct fixture fixture_new(const struct hand_rule *rows, size_t n)
{
	struct fixture f = { .arena = arena_new(ARENA_BYTES) };

	assert_non_null(f.arena);
	f.conf = hand_conf(f.arena, rows, n);
	f.table = route_table_new(f.conf);
	assert_non_null(f.table);
	return f;
}

static void fixture_free(struct fixture *f)
{
	route_table_free(f->table);
	arena_free(f->arena);
}

static struct route_match ask(struct fixture *f, struct slice method,
    struct slice authority, struct slice target, struct slice mount)
{
	struct route_query q = { .method = method,
		.authority = authority,
		.target = target,
		.mount = mount };
	struct route_match m;

	route_match(f->table, &q, f->arena, &m);
	return m;
}

struct want {
	struct slice target;
	enum route_verdict verdict;
	const char *name;          /* of the owner, or NULL */
	struct slice prefix, tail; /* or, for SLASH, prefix and location */
	struct slice query;
};

#define FOUND(t, n, p, tail)                               \
	{                                                  \
		S(t), ROUTE_FOUND, n, S(p), S(tail), S("") \
	}
#define REFUSED(t)                                             \
	{                                                      \
		S(t), ROUTE_REFUSED, NULL, S(""), S(""), S("") \
	}
#define NOBODY(t)                                           \
	{                                                   \
		S(t), ROUTE_NONE, NULL, S(""), S(""), S("") \
	}
#define SLASH(t, n, p, l)                               \
	{                                               \
		S(t), ROUTE_SLASH, n, S(p), S(l), S("") \
	}

static void expect(struct route_match m, const struct want *w)
{
	const struct slice at = w->target;

	if (m.verdict != w->verdict)
		fail_msg("%.*s: verdict %d, want %d (%.*s)", SLICE_ARG(at),
		    m.verdict, w->verdict, SLICE_ARG(m.why));
	assert_slice(m.rule == NULL ? LIT("") : m.rule->name,
	    w->name == NULL ? LIT("") : slice_of(w->name), at);
	if (m.verdict == ROUTE_REFUSED)
		assert_true(m.why.len > 0);
	if (m.rule == NULL)
		return;
	assert_slice(m.prefix, w->prefix, at);
	if (m.verdict == ROUTE_SLASH) {
		assert_slice(m.location, w->tail, at);
		return;
	}
	assert_slice(m.tail, w->tail, at);
	if (w->query.len > 0)
		assert_slice(m.query, w->query, at);
}

static const struct want few_cases[] = {
	FOUND("/hotels/", "hotels", "/hotels", "/"),
	FOUND("/hotels/x", "hotels", "/hotels", "/x"),
	FOUND("/inns/x", "hotels", "/inns", "/x"),
	FOUND("/hotels/suites/1", "suites", "/hotels/suites", "/1"),
	FOUND("/hotels/suitesx", "hotels", "/hotels", "/suitesx"),
	{ S("/hotels/x?a=/../b&c"), ROUTE_FOUND, "hotels", S("/hotels"),
	    S("/x"), S("?a=/../b&c") },
	NOBODY("/hotelsx"),
	NOBODY("/status"),
	NOBODY("/"),
	NOBODY("/Hotels/"),
	NOBODY("/hotel"),
	FOUND("/stat", "stat", "/stat", ""),
	FOUND("/stat?x", "stat", "/stat", ""),
	FOUND("/stat/", "stat", "/stat", "/"),
	SLASH("/hotels", "hotels", "/hotels", "/hotels/"),
	SLASH("/hotels?a=b", "hotels", "/hotels", "/hotels/?a=b"),
	SLASH("//hotels", "hotels", "/hotels", "/hotels/"),
	SLASH("/%68otels", "hotels", "/hotels", "/hotels/"),
	SLASH("/whole", "whole", "/whole", "/whole/"),
	FOUND("/%68otels/a%20b", "hotels", "/hotels", "/a%20b"),
	FOUND("/hotels//x", "hotels", "/hotels", "//x"),
	FOUND("//hotels/x", "hotels", "/hotels", "/x"),
	FOUND("/hotels/a%2Fb", "hotels", "/hotels", "/a%2Fb"),
	FOUND("/hotels/a\\b%5c", "hotels", "/hotels", "/a\\b%5c"),
	FOUND("/hotels/a/../b", "hotels", "/hotels", "/a/../b"),
	FOUND("/hotels/./b", "hotels", "/hotels", "/./b"),
	FOUND("/hotels/a/..", "hotels", "/hotels", "/a/.."),
	FOUND("/hotels/...", "hotels", "/hotels", "/..."),
	FOUND("/a/../hotels/x", "hotels", "/hotels", "/x"),
	FOUND("/./hotels/x", "hotels", "/hotels", "/x"),
	FOUND("/hotels/\xff%fe", "hotels", "/hotels", "/\xff%fe"),
	FOUND("/hotels/%252e%252e/x", "hotels", "/hotels", "/%252e%252e/x"),
	FOUND("/hotels/a%0d%0ab", "hotels", "/hotels", "/a%0d%0ab"),
	FOUND("/hotels%2fsuites/1", "suites", "/hotels/suites", "/1"),
	FOUND("/a%20b/%c3%a9/x", "odd", "/a%20b/%C3%A9", "/x"),
	FOUND("/a%20b/\xc3\xa9/x", "odd", "/a%20b/%C3%A9", "/x"),
	FOUND("http://h/hotels/x", "hotels", "/hotels", "/x"),
	/* Who climbs out is turned away, back in or not. */
	REFUSED("/hotels/.."),
	REFUSED("/hotels/../x"),
	REFUSED("/hotels/../hotels/x"),
	REFUSED("/hotels/%2e%2e/x"),
	REFUSED("/hotels/.%2e/x"),
	REFUSED("/hotels/a/..%2f..%2fx"),
	REFUSED("/hotels/..\\x"),
	REFUSED("/hotels/..%5cx"),
	REFUSED("/hotels//../x"),
	REFUSED("/hotels/a%2fb/../../x"),
	REFUSED("/hotels/..;/x"),
	REFUSED("/hotels/a/..;x=1/..;/x"),
	REFUSED("/hotels/../pets/x"),
	REFUSED("/hotels/..%2fpets/x"),
	REFUSED("/pets/../hotels/x"),
	REFUSED("/../hotels/x"),
	REFUSED("/hotels/suites/../x"),
	/* What follows must start with a plain slash. */
	REFUSED("/hotels%2Fx"),
	REFUSED("/hotels%5cx"),
	REFUSED("/hotels\\x"),
	REFUSED("/hotels%2F"),
	/* [suites] or [hotels], says who decodes. */
	REFUSED("/hotels/suites%2f1"),
	REFUSED("/hotels//suites/1"),
	REFUSED("/hotels/x/../suites/1"),
	/* strip = no: one reading alone up to the prefix's end. */
	FOUND("/whole/a/../b", "whole", "/whole", "/a/../b"),
	FOUND("//whole/a", "whole", "/whole", "/a"),
	REFUSED("/x/../whole/a"),
	REFUSED("/whole/../a"),
	REFUSED("/whole/..;/a"),
	REFUSED("/%2fwhole/a"),
	REFUSED("/.%2fwhole/a"),
	/* No path at all. */
	REFUSED(""),
	REFUSED("hotels/x"),
	REFUSED("/hotels/%zz"),
	REFUSED("/hotels/%00"),
	REFUSED("/hotels/a b"),
	REFUSED("/hotels/a\r\nb"),
	REFUSED("/hotels/#f"),
	REFUSED("http://u@h/hotels/"),
	REFUSED("*"),
};

static const struct want rooted_cases[] = {
	FOUND("/", "root", "", "/"),
	FOUND("/x", "root", "", "/x"),
	FOUND("/hotels/x", "hotels", "/hotels", "/x"),
	FOUND("/a//b", "root", "", "/a//b"),
	FOUND("/a/../b", "root", "", "/a/../b"),
	FOUND("/a%2fb", "root", "", "/a%2fb"),
	FOUND("//x", "root", "", "//x"),
	FOUND("/%2fx", "root", "", "/%2fx"),
	FOUND("/hotelsx", "root", "", "/hotelsx"),
	FOUND("http://h", "root", "", "/"),
	FOUND("http://h?q", "root", "", "/"),
	REFUSED("//hotels/x"),
	REFUSED("/hotels%2Fx"),
	REFUSED("/hotels\\x"),
	REFUSED("/a/../hotels/x"),
	REFUSED("/./hotels/x"),
	REFUSED("/hotels/../x"),
	REFUSED("/.."),
	REFUSED("/../x"),
	REFUSED("/a/..;/..;/x"),
	REFUSED("/a\\..\\..\\x"),
	REFUSED("/a/..%2f..%2fpets/x"),
	REFUSED("/x/..%2fpets/x"),
};

static void targets_find_their_owner(void **state)
{
	struct fixture f = fixture_new(few, ROWS(few));
	struct fixture r = fixture_new(rooted, ROWS(rooted));

	(void)state;
	for (size_t i = 0; i < ROWS(few_cases); i++)
		expect(ask(&f, LIT("GET"), LIT("h"), few_cases[i].target,
			   SLICE_NONE),
		    &few_cases[i]);
	for (size_t i = 0; i < ROWS(rooted_cases); i++)
		expect(ask(&r, LIT("GET"), LIT("h"), rooted_cases[i].target,
			   SLICE_NONE),
		    &rooted_cases[i]);
	fixture_free(&f);
	fixture_free(&r);
}

/* Cut at every byte, in memory that ends there. */
static void truncation_is_survived(void **state)
{
	struct fixture f = fixture_new(few, ROWS(few));

	(void)state;
	for (size_t i = 0; i < ROWS(few_cases); i++)
		for (size_t len = 0; len <= few_cases[i].target.len; len++) {
			char *copy = malloc(len + !len);

			memcpy(copy, few_cases[i].target.at, len);
			(void)ask(&f, LIT("GET"), LIT("h"),
			    (struct slice){ copy, len }, LIT("/inns"));
			free(copy);
		}
	fixture_free(&f);
}

static void paths_are_kept_for_no_strip(void **state)
{
	struct fixture f = fixture_new(few, ROWS(few));
	struct route_match m =
	    ask(&f, LIT("GET"), LIT("h"), LIT("/m/%77hole/a%20b?q"), LIT("/m"));

	(void)state;
	assert_int_equal(m.verdict, ROUTE_FOUND);
	assert_slice(m.path, LIT("/%77hole/a%20b"), LIT("path"));
	assert_slice(m.prefix, LIT("/m/whole"), LIT("prefix"));
	fixture_free(&f);
}

static void methods_are_held_to(void **state)
{
	struct fixture f = fixture_new(few, ROWS(few));
	static const struct {
		struct slice method, target;
		enum route_verdict want;
	} cases[] = {
		{ S("GET"), S("/pets/"), ROUTE_FOUND },
		{ S("HEAD"), S("/pets/"), ROUTE_FOUND },
		{ S("POST"), S("/pets/"), ROUTE_FOUND },
		{ S("PUT"), S("/pets/"), ROUTE_METHOD },
		{ S("get"), S("/pets/"), ROUTE_METHOD },
		{ S("PUT"), S("/pets"), ROUTE_METHOD },
		{ S("POST"), S("/pets"), ROUTE_SLASH },
		{ S("PROPFIND"), S("/hotels/"), ROUTE_FOUND },
		{ S("OPTIONS"), S("*"), ROUTE_NONE },
		{ S("GET"), S("*"), ROUTE_REFUSED },
		{ S("CONNECT"), S("h:443"), ROUTE_REFUSED },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct route_match m = ask(
		    &f, cases[i].method, LIT("h"), cases[i].target, SLICE_NONE);

		if (m.verdict != cases[i].want)
			fail_msg("%.*s %.*s: %d", SLICE_ARG(cases[i].method),
			    SLICE_ARG(cases[i].target), m.verdict);
		if (m.verdict == ROUTE_METHOD)
			assert_slice(
			    m.rule->name, LIT("pets"), cases[i].target);
	}
	fixture_free(&f);
}

static const struct hand_rule hosted[] = {
	{ .name = "any", .paths = "/,/only" },
	{ .name = "wild", .paths = "/,/w", .hosts = "*.example.org" },
	{ .name = "deep", .paths = "/d", .hosts = "*.b.example.org" },
	{ .name = "exact",
	    .paths = "/x",
	    .hosts = "a.b.example.org,[2001:db8::1],10.0.0.1" },
};

static void hosts_come_first(void **state)
{
	struct fixture f = fixture_new(hosted, ROWS(hosted));
	static const struct {
		struct slice authority, target;
		const char *want; /* NULL: refused */
	} cases[] = {
		{ S("a.b.example.org"), S("/x/1"), "exact" },
		{ S("A.B.Example.ORG.:8443"), S("/x/1"), "exact" },
		{ S("a.b.example.org"), S("/d/1"), "deep" },
		{ S("a.b.example.org"), S("/only/1"), "wild" },
		{ S("c.example.org"), S("/only/1"), "wild" },
		{ S("c.d.e.f.example.org"), S("/w/"), "wild" },
		{ S("example.org"), S("/w/"), "any" },
		{ S("b.example.org"), S("/d/1"), "wild" },
		{ S("xexample.org"), S("/x/1"), "any" },
		{ S("[2001:DB8::1]:80"), S("/x/1"), "exact" },
		{ S("10.0.0.1:80"), S("/x/1"), "exact" },
		{ S(""), S("/x/1"), "any" },
		{ S("other"), S("/only/1"), "any" },
		{ S("other"), S("http://a.b.example.org/x/1"), "exact" },
		{ S("a.b.example.org"), S("http://other/x/1"), "any" },
		{ S("."), S("/x"), "any" },
		{ S("a b"), S("/x/1"), NULL },
		{ S("a.b.example.org/../"), S("/x/1"), NULL },
		{ S("a@b"), S("/x/1"), NULL },
		{ S("a\r\nX: y"), S("/x/1"), NULL },
		{ S("a:80x"), S("/x/1"), NULL },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct route_match m = ask(&f, LIT("GET"), cases[i].authority,
		    cases[i].target, SLICE_NONE);

		if (cases[i].want == NULL) {
			assert_int_equal(m.verdict, ROUTE_REFUSED);
			continue;
		}
		if (m.rule == NULL)
			fail_msg("%.*s", SLICE_ARG(cases[i].authority));
		assert_slice(
		    m.rule->name, slice_of(cases[i].want), cases[i].authority);
	}
	assert_slice(
	    ask(&f, LIT("GET"), LIT("x"), LIT("http://Y:1/"), SLICE_NONE)
		.authority,
	    LIT("Y:1"), LIT("authority"));
	fixture_free(&f);
}

static void mounts_are_taken_off(void **state)
{
	static const struct {
		struct slice mount;
		struct want want;
	} cases[] = {
		{ S("/c/f.cgi"),
		    FOUND("/c/f.cgi/hotels/x", "hotels", "/c/f.cgi/hotels",
			"/x") },
		{ S("/c/f.cgi/"),
		    FOUND("/c/f.cgi/hotels/x", "hotels", "/c/f.cgi/hotels",
			"/x") },
		{ S("/c/f.cgi"),
		    FOUND("/c/%66.cgi//hotels/x", "hotels", "/c/f.cgi/hotels",
			"/x") },
		{ S("/c/f.cgi"),
		    FOUND("/hotels/x", "hotels", "/hotels", "/x") },
		{ S("/c d/f.cgi"),
		    FOUND("/c%20d/f.cgi/hotels/x", "hotels",
			"/c%20d/f.cgi/hotels", "/x") },
		{ S("/c/f.cgi"),
		    SLASH("/c/f.cgi/hotels?q", "hotels", "/c/f.cgi/hotels",
			"/c/f.cgi/hotels/?q") },
		{ S("/c/f.cgi"), NOBODY("/c/f.cgihotels/x") },
		{ S("/c/f.cgi"), NOBODY("/c/f.cgi") },
		{ S("/c/f.cgi"), NOBODY("/c/f.cgi/../hotels/x") },
		{ S("/c/f.cgi"), REFUSED("/c/f.cgi/hotels/../x") },
		{ S("/c/f.cgi"), REFUSED("/c/f.cgi%2fhotels/x%2f../..") },
		{ S("//evil"), NOBODY("/evil/hotels/x") },
		{ S("//evil"), NOBODY("//evil/hotels/x") },
		{ S("/"), FOUND("/hotels/x", "hotels", "/hotels", "/x") },
	};
	static const struct want root_slash =
	    SLASH("/f.cgi?q", "root", "/f.cgi", "/f.cgi/?q");
	static const struct want root_found =
	    FOUND("/f.cgi/", "root", "/f.cgi", "/");
	struct fixture f = fixture_new(few, ROWS(few));
	struct fixture r = fixture_new(rooted, ROWS(rooted));

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++)
		expect(ask(&f, LIT("GET"), LIT("h"), cases[i].want.target,
			   cases[i].mount),
		    &cases[i].want);
	expect(ask(&r, LIT("GET"), LIT("h"), root_slash.target, LIT("/f.cgi")),
	    &root_slash);
	expect(ask(&r, LIT("GET"), LIT("h"), root_found.target, LIT("/f.cgi")),
	    &root_found);
	fixture_free(&f);
	fixture_free(&r);
}

static void mount_is_guessed_from_the_script(void **state)
{
	static const struct {
		struct slice script, program;
		bool is_file;
		struct slice want;
	} cases[] = {
		{ S("/cgi-bin/fingerpost.cgi"), S("fingerpost"), false,
		    S("/cgi-bin/fingerpost.cgi") },
		{ S("/fingerpost.fcgi"), S(""), false, S("/fingerpost.fcgi") },
		{ S("/cgi-bin/gate.cgi"), S("fingerpost"), true,
		    S("/cgi-bin/gate.cgi") },
		{ S("/x.fcgi"), S("fingerpost"), true, S("/x.fcgi") },
		/* an origin's own, where the handler owns the whole tree */
		{ S("/hotels/search.cgi"), S("fingerpost"), false, S("") },
		{ S("/bin/fingerpost"), S("fingerpost"), true,
		    S("/bin/fingerpost") },
		/* a location prefix of that name */
		{ S("/fingerpost"), S("fingerpost"), false, S("") },
		{ S("/hotels"), S("fingerpost"), true, S("") },
		{ S("/hotels/x.html"), S("fingerpost"), true, S("") },
		{ S("/hotels/"), S("fingerpost"), true, S("") },
		{ S("/"), S("fingerpost"), true, S("") },
		{ S(""), S("fingerpost"), true, S("") },
		{ S("fingerpost"), S("fingerpost"), true, S("") },
		{ S("/"), S(""), true, S("") },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++)
		assert_slice(mount_auto(cases[i].script, cases[i].program,
				 cases[i].is_file),
		    cases[i].want, cases[i].script);
}

static void losers_are_told_why(void **state)
{
	struct fixture f = fixture_new(few, ROWS(few));
	struct fixture h = fixture_new(hosted, ROWS(hosted));
	struct route_query q = { .method = LIT("GET"),
		.authority = LIT("h"),
		.target = LIT("/hotels/suites/1") };
	struct route_match m;
	static const char *want[] = {
		"[suites] has a longer path, /hotels/suites",
		"",
		"path /pets does not lead /hotels/suites/1",
	};

	(void)state;
	route_match(f.table, &q, f.arena, &m);
	for (size_t i = 0; i < ROWS(want); i++)
		assert_slice(
		    route_why_not(f.table, &q, &m, &f.conf->rules[i], f.arena),
		    slice_of(want[i]), f.conf->rules[i].name);
	q.target = LIT("/pets/x");
	route_match(f.table, &q, f.arena, &m);
	assert_slice(route_why_not(f.table, &q, &m, &f.conf->rules[6], f.arena),
	    LIT("[pets] has the same path earlier in the file"), LIT("again"));
	q.target = LIT("/pets/../x");
	route_match(f.table, &q, f.arena, &m);
	assert_true(
	    route_why_not(f.table, &q, &m, &f.conf->rules[2], f.arena).len > 0);
	q.authority = LIT("c.example.org");
	q.target = LIT("/only/");
	route_match(h.table, &q, h.arena, &m);
	assert_slice(route_why_not(h.table, &q, &m, &h.conf->rules[0], h.arena),
	    LIT("[wild] names the host more exactly"), LIT("any"));
	assert_slice(route_why_not(h.table, &q, &m, &h.conf->rules[2], h.arena),
	    LIT("host *.b.example.org is not c.example.org"), LIT("deep"));
	fixture_free(&f);
	fixture_free(&h);
}

#define MANY 10000

static void ten_thousand_routes_are_told_apart(void **state)
{
	struct hand_rule *rows = calloc(MANY, sizeof(*rows));
	char(*names)[48] = calloc(MANY, sizeof(*names));
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "/r%zu/s%zu", i % 100, i);
		rows[i].name = rows[i].paths = names[i];
		if (i % 3 == 0)
			rows[i].hosts = "h.example.org";
	}
	f = fixture_new(rows, MANY);
	for (size_t i = 0; i < MANY; i++) {
		char target[64];
		struct route_match m;

		snprintf(target, sizeof(target), "%s/x/y", names[i]);
		m = ask(&f, LIT("GET"), LIT("h.example.org"), slice_of(target),
		    SLICE_NONE);
		assert_int_equal(m.verdict, ROUTE_FOUND);
		assert_int_equal(m.rule->index, i);
		assert_slice(m.tail, LIT("/x/y"), m.rule->name);
		m = ask(
		    &f, LIT("GET"), LIT("other"), slice_of(target), SLICE_NONE);
		assert_int_equal(
		    m.verdict, i % 3 == 0 ? ROUTE_NONE : ROUTE_FOUND);
		snprintf(target, sizeof(target), "%sx/y", names[i]);
		m = ask(&f, LIT("GET"), LIT("h.example.org"), slice_of(target),
		    SLICE_NONE);
		assert_int_equal(m.verdict, ROUTE_NONE);
	}
	fixture_free(&f);
	free(rows);
	free(names);
}

static void nothing_configured_owns_nothing(void **state)
{
	struct fixture f = fixture_new(few, 0);

	(void)state;
	assert_int_equal(
	    ask(&f, LIT("GET"), LIT("h"), LIT("/x/../y"), SLICE_NONE).verdict,
	    ROUTE_NONE);
	fixture_free(&f);
	route_table_free(NULL);
}

/* Whatever runs out, the answer is a refusal or the right one. */
static void a_spent_arena_refuses(void **state)
{
	struct fixture f = fixture_new(few, ROWS(few));
	struct route_query q = { .method = LIT("GET"),
		.authority = LIT("h"),
		.target = LIT("/c/f.cgi/%68otels/a/../b"),
		.mount = LIT("/c/f.cgi") };

	(void)state;
	for (size_t size = 0; size < 2000; size += 16) {
		struct arena *a = arena_new(size);
		struct route_match m;

		route_match(f.table, &q, a, &m);
		if (m.verdict == ROUTE_FOUND)
			assert_slice(m.tail, LIT("/a/../b"), LIT("tail"));
		else
			assert_int_equal(m.verdict, ROUTE_REFUSED);
		arena_free(a);
	}
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_find_their_owner),
		cmocka_unit_test(truncation_is_survived),
		cmocka_unit_test(paths_are_kept_for_no_strip),
		cmocka_unit_test(methods_are_held_to),
		cmocka_unit_test(hosts_come_first),
		cmocka_unit_test(mounts_are_taken_off),
		cmocka_unit_test(mount_is_guessed_from_the_script),
		cmocka_unit_test(losers_are_told_why),
		cmocka_unit_test(ten_thousand_routes_are_told_apart),
		cmocka_unit_test(nothing_configured_owns_nothing),
		cmocka_unit_test(a_spent_arena_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

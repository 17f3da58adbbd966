/* Requests that left their prefix, told by their Referer. */
#include "policy/escape.h"

#include "base/arena.h"
#include "http/message.h"
#include "tests/unit/policy/hand.h"
#include "tests/unit/unit.h"

static const struct hand_rule rules[] = {
	{ .name = "hotels", .paths = "/hotels" },
	{ .name = "kept", .paths = "/kept", .no_strip = true },
	{ .name = "other", .paths = "/other", .hosts = "other.test" },
};

static struct arena *arena;
static struct conf *conf;
static struct route_table *table;

static int setup(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	conf = hand_conf(arena, rules, ROWS(rules));
	table = route_table_new(conf);
	return table == NULL;
}

static int teardown(void **state)
{
	(void)state;
	route_table_free(table);
	arena_free(arena);
	return 0;
}

static bool find(struct slice target, struct slice mount, struct slice referer,
    struct escape *escape_out)
{
	struct request r = { .method = LIT("GET"), .target = target };
	struct route_query q = {
		.method = r.method,
		.authority = LIT("Site.test"),
		.target = target,
		.mount = mount,
	};

	if (referer.len > 0)
		assert_true(
		    field_add(&r.fields, arena, LIT("Referer"), referer));
	return escape_find(table, &q, &r, arena, escape_out);
}

static const struct {
	struct slice target, mount, referer, home; /* empty: no escape */
} rows[] = {
	{ S("/logo.png"), S(""), S("http://site.test/hotels/a/b?c#d"),
	    S("/hotels/logo.png") },
	{ S("/x?q"), S(""), S("https://site.test/hotels/"), S("/hotels/x?q") },
	{ S("/x"), S(""), S("https://site.test/hotels"), S("/hotels/x") },
	{ S("/x"), S("/f.cgi"), S("https://site.test/f.cgi/hotels/"),
	    S("/f.cgi/hotels/x") },
	{ S("/f.cgi/x"), S("/f.cgi"), S("https://site.test/f.cgi/hotels/"),
	    S("/f.cgi/hotels/x") },
	{ S("/x"), S(""), S(""), S("") },
	{ S("/x"), S(""), S("http://evil.test/hotels/"), S("") },
	{ S("/x"), S(""), S("http://site.test:81/hotels/"), S("") },
	{ S("/x"), S(""), S("http://site.test/"), S("") },
	{ S("/x"), S(""), S("http://site.test/other/"), S("") },
	{ S("/x"), S(""), S("http://site.test/kept/"), S("") },
	{ S("/x"), S(""), S("http://site.test/hotels/%2e%2e/"), S("") },
	{ S("/x"), S(""), S("/hotels/"), S("") },
	{ S("/x"), S(""), S("no URL"), S("") },
	{ S("*"), S(""), S("http://site.test/hotels/"), S("") },
	{ S("http://site.test/x"), S(""), S("http://site.test/hotels/"),
	    S("") },
};

static void the_referer_tells(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct escape escape = { .home = LIT("") };

		if (find(rows[i].target, rows[i].mount, rows[i].referer,
			&escape) != (rows[i].home.len > 0))
			fail_msg(
			    "row %zu: %.*s", i, SLICE_ARG(rows[i].referer));
		assert_slice(escape.home, rows[i].home, rows[i].referer);
	}
}

static void get_and_head_are_adopted_where_asked(void **state)
{
	struct rule *rule = hand_rule(conf, 0);
	struct escape escape;

	(void)state;
	assert_true(
	    find(LIT("/x"), LIT(""), LIT("http://site.test/hotels/"), &escape));
	assert_false(escape_adoptable(&escape, LIT("GET")));
	assert_slice(escape_remedy(&escape, arena),
	    LIT("add \"rewrite_links = yes\" to [hotels]"), LIT("links"));
	assert_true(find(LIT("/favicon.ico"), LIT(""),
	    LIT("http://site.test/hotels/"), &escape));
	assert_slice(escape_remedy(&escape, arena),
	    LIT("add \"adopt_escapes = yes\" to [hotels]"), LIT("icon"));
	assert_true(
	    find(LIT("/x"), LIT(""), LIT("http://site.test/hotels/"), &escape));
	rule->rewrite_links = true;
	assert_slice(escape_remedy(&escape, arena),
	    LIT("add \"runtime_shim = yes\" to [hotels], or "
		"\"adopt_escapes = yes\""),
	    LIT("shim"));
	rule->runtime_shim = true;
	assert_slice(escape_remedy(&escape, arena),
	    LIT("add \"adopt_escapes = yes\" to [hotels]"), LIT("adopt"));
	rule->adopt_escapes = true;
	assert_true(escape_adoptable(&escape, LIT("GET")));
	assert_true(escape_adoptable(&escape, LIT("HEAD")));
	assert_false(escape_adoptable(&escape, LIT("POST")));
	assert_true(escape_remedy(&escape, arena).len > 0);
}

static const struct {
	struct slice name, value;
	bool home;
} kinds[] = {
	{ S("Sec-Fetch-Dest"), S("document"), true },
	{ S("Sec-Fetch-Dest"), S("style"), true },
	{ S("Sec-Fetch-Dest"), S("image"), false },
	{ S("Sec-Fetch-Dest"), S("empty"), false },
	{ S("Accept"), S("text/html,application/xhtml+xml"), true },
	{ S("Accept"), S("text/css,*/*;q=0.1"), true },
	{ S("Accept"), S("*/*"), false },
	{ S("Accept"), S("image/avif,image/webp"), false },
};

static void what_has_links_of_its_own_goes_home(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(kinds); i++) {
		struct request r = { 0 };

		assert_true(
		    field_add(&r.fields, arena, kinds[i].name, kinds[i].value));
		if (escape_goes_home(&r) != kinds[i].home)
			fail_msg("row %zu: %.*s", i, SLICE_ARG(kinds[i].value));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_referer_tells),
		cmocka_unit_test(get_and_head_are_adopted_where_asked),
		cmocka_unit_test(what_has_links_of_its_own_goes_home),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* What rules make of requests and responses: mapped paths, variables,
 * redirects, response fields. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/load.h"
#include "conf/path_map.h"
#include "conf/redirect.h"
#include "conf/stencil.h"
#include "http/message.h"
#include "http/uri.h"
#include "policy/fill.h"
#include "policy/forward.h"
#include "policy/remap.h"
#include "policy/route.h"
#include "policy/shape.h"
#include "policy/split.h"
#include "tests/unit/conf/told.h"

/* ---- map_path ---- */

#define OFF     REMAP_OFF
#define DONE    REMAP_DONE
#define REFUSED REMAP_REFUSED

static const struct {
	struct slice map, path, query;
	enum remap_verdict verdict;
	struct slice want; /* path and query */
} maps[] = {
	{ S("^/v1/(.*) /api/$1"), S("/v1/a/b"), S("?q"), DONE,
	    S("/api/a/b?q") },
	{ S("^/v1/(.*) /api/$1"), S("/v1/"), S(""), DONE, S("/api/") },
	{ S("^/v1/(.*) /api/$1"), S("/v2/"), S("?q"), OFF, S("") },
	{ S("^/v1/(.*) /api/$1"), S("/V1/"), S(""), OFF, S("") },
	{ S("^/v1 /api"), S("/v1/x"), S(""), DONE, S("/api") },
	{ S("^/$ /index.html"), S(""), S("?q"), DONE, S("/index.html?q") },
	{ S("^/([a-z]+)/([0-9]+)$ /$2/$1"), S("/room/12"), S(""), DONE,
	    S("/12/room") },
	{ S("^/(a)?b /x$1/$0"), S("/b"), S(""), DONE, S("/x//b") },
	{ S("^/(.*)\\.html$ $1"), S("/a.html"), S(""), DONE, S("/a") },
	{ S("^(/.*)\\.html$ $1"), S("/a.html"), S(""), DONE, S("/a") },
	{ S("^/(.*) /i?p=$1"), S("/a&b=c;d+e"), S("?q=1"), DONE,
	    S("/i?p=a%26b%3Dc%3Bd%2Be&q=1") },
	{ S("^/(.*) /i?p=$1"), S("/a%26"), S("?"), DONE, S("/i?p=a%26") },
	{ S("^/(.*) /$$/$1"), S("/a"), S("?"), DONE, S("/$/a?") },
	{ S("^/(\xc3\xa9) /x/$1"), S("/\xc3\xa9"), S(""), DONE,
	    S("/x/\xc3\xa9") },
	/* The client's own dots may stay, and no more than those. */
	{ S("^/a/(.*) /b/$1"), S("/a/x/../y"), S(""), DONE, S("/b/x/../y") },
	{ S("^/a/(.*) /$1"), S("/a/../y"), S(""), REFUSED, S("") },
	{ S("^/a/b/(.*) /$1"), S("/a/b/%2e%2e/y"), S(""), REFUSED, S("") },
	{ S("^/a/b/(.*) /$1"), S("/a/b/..;x/y"), S(""), REFUSED, S("") },
	{ S("^/a/b/(.*) /$1"), S("/a/b/c/..%2f../y"), S(""), REFUSED, S("") },
	{ S("^/(.*)/(.*) /x/.$1$2/y"), S("/./"), S(""), REFUSED, S("") },
	{ S("^/([^x]*)x(.*) /z/$1$2/y"), S("/.x."), S(""), REFUSED, S("") },
	{ S("^/(%.)(.*) /$1/$2"), S("/%2ex"), S(""), REFUSED, S("") },
	{ S("^/(%)25(.*) /z/$1$2"), S("/%252e/y"), S(""), REFUSED, S("") },
	{ S("^/(%)25(.*) /z/$1$2"), S("/%2500/y"), S(""), REFUSED, S("") },
	{ S("^/(.*) /$1/$1"), S("/a/.."), S(""), REFUSED, S("") },
	{ S("^/(.*) /$1/$1"), S("/."), S(""), REFUSED, S("") },
};

static struct path_map map_of(struct arena *a, struct slice written)
{
	char room[512];
	struct text why = text_over(room, sizeof(room));
	struct path_map m;

	if (!path_map_parse(written, a, &m, &why) || !path_map_compile(&m, a))
		fail_msg("%.*s: %.*s", SLICE_ARG(written),
		    SLICE_ARG(text_slice(&why)));
	return m;
}

static struct slice joined(
    struct arena *a, struct slice one, struct slice other)
{
	struct text t = text_in(a, one.len + other.len + 1);

	text_add(&t, one);
	text_add(&t, other);
	return text_slice(&t);
}

static void paths_are_mapped(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(maps); i++) {
		struct arena *a = arena_new(1 << 20);
		struct path_map m = map_of(a, maps[i].map);
		struct remap out = { 0 };
		enum remap_verdict v =
		    remap(&m, maps[i].path, maps[i].query, a, &out);

		if (v != maps[i].verdict)
			fail_msg("%.*s of %.*s: %d, %.*s",
			    SLICE_ARG(maps[i].map), SLICE_ARG(maps[i].path), v,
			    SLICE_ARG(out.path));
		assert_slice(
		    joined(a, out.path, out.query), maps[i].want, maps[i].path);
		path_map_free(&m);
		arena_free(a);
	}
}

static void long_paths_are_refused(void **state)
{
	static char path[PATH_MAP_BYTES_MAX + 2];
	struct arena *a = arena_new(1 << 20);
	struct path_map m = map_of(a, LIT("^/(.*) /$1"));
	struct path_map twice = map_of(a, LIT("^(.*) $1$1$1"));
	struct remap out;

	(void)state;
	memset(path, '/', 1);
	memset(path + 1, 'a', PATH_MAP_BYTES_MAX);
	assert_int_equal(remap(&m, (struct slice){ path, PATH_MAP_BYTES_MAX },
			     LIT(""), a, &out),
	    REMAP_DONE);
	assert_int_equal(
	    remap(&m, (struct slice){ path, PATH_MAP_BYTES_MAX + 1 }, LIT(""),
		a, &out),
	    REMAP_TOO_LONG);
	assert_int_equal(
	    remap(&twice, (struct slice){ path, PATH_MAP_BYTES_MAX }, LIT(""),
		a, &out),
	    REMAP_TOO_LONG);
	path_map_free(&m);
	path_map_free(&twice);
	arena_free(a);
}

/* Every path of a few hostile segments, through maps that move them about:
 * what comes out never climbs and never has dots that did not go in. */
static void hostile_paths_never_gain(void **state)
{
	static const char *const segments[] = { "a", ".", "..", "%2e", "..;x",
		"%2f", "%5c..", "", "x" };
	static const char *const written[] = { "^/(.*) /$1", "^/a/(.*) /$1",
		"^/([^/]*)/(.*) /$2/$1", "^/([^/]*)/([^/]*)/(.*) /$1$2$3",
		"^(.*)$ $1", "^/(.*)/(.*) /.$1/$2" };
	struct arena *maps_room = arena_new(1 << 20);
	size_t done = 0;

	(void)state;
	for (size_t w = 0; w < ROWS(written); w++) {
		struct path_map m = map_of(maps_room, slice_of(written[w]));
		size_t n = ROWS(segments);

		for (size_t i = 0; i < n * n * n; i++) {
			struct arena *a = arena_new(1 << 18);
			struct text t = text_in(a, 256);
			struct remap out;
			struct uri_dots was, is;

			text_format(&t, "/%s/%s/%s", segments[i % n],
			    segments[i / n % n], segments[i / n / n]);
			if (remap(&m, text_slice(&t), LIT(""), a, &out) ==
			    REMAP_DONE) {
				done++;
				was = uri_dots(text_slice(&t));
				is = uri_dots(out.path);
				assert_false(uri_climbs(out.path));
				assert_true(
				    is.up <= was.up && is.here <= was.here);
				assert_int_equal(out.path.at[0], '/');
			}
			arena_free(a);
		}
		path_map_free(&m);
	}
	assert_true(done > 100);
	arena_free(maps_room);
}

/* ---- variables ---- */

static const struct slice captures[REMAP_CAPTURES] = { S("/v/\"x\""), S("v"),
	S("//evil/\\") };

static struct request some_request(void)
{
	return (struct request){ .method = LIT("GET"),
		.scheme = LIT("https"),
		.client_addr = LIT("192.0.2.7"),
		.client_port = LIT("4711"),
		.user = LIT("ann o\x7f"),
		.id = LIT("id7") };
}

static struct route_match some_match(void)
{
	return (struct route_match){ .verdict = ROUTE_FOUND,
		.authority = LIT("WWW.test:8443"),
		.prefix = LIT("/a%20b"),
		.tail = LIT("/x\xc3\xa9"),
		.query = LIT("?q=1"),
		.captures = captures };
}

static const struct {
	struct slice value, want;
} values[] = {
	{ S("plain"), S("plain") },
	{ S("$client_address:$client_port"), S("192.0.2.7:4711") },
	{ S("$scheme://$host$prefix$path$query"),
	    S("https://www.test/a%20b/x\xc3\xa9?q=1") },
	{ S("$method $request_id"), S("GET id7") },
	{ S("$0 $1 $9"), S("/v/\"x\" v") },
	{ S("$9"), S("") },
	{ S("$user"), S("") },
	{ S("a $user"), S("") },
	{ S("a$$b$.c$"), S("a$b$.c$") },
	{ S("${host}"), S("${host}") },
};

static struct stencil stencil_of(struct arena *a, struct slice value)
{
	char room[512];
	struct text why = text_over(room, sizeof(room));
	struct stencil s;

	if (!stencil_compile(value, a, &s, &why))
		fail_msg("%.*s", SLICE_ARG(text_slice(&why)));
	return s;
}

static void values_are_filled(void **state)
{
	struct request r = some_request();
	struct route_match m = some_match();

	(void)state;
	for (size_t i = 0; i < ROWS(values); i++) {
		struct arena *a = arena_new(1 << 20);
		struct stencil s = stencil_of(a, values[i].value);
		struct slice got;

		assert_true(fill_field(&s, &r, &m, a, &got));
		assert_slice(got, values[i].want, values[i].value);
		arena_free(a);
	}
}

static const struct {
	struct slice target, want;
} locations[] = {
	{ S("301 https://new.example$path$query"),
	    S("https://new.example/x%C3%A9?q=1") },
	{ S("301 $scheme://$host$prefix$path"),
	    S("https://www.test/a%20b/x%C3%A9") },
	{ S("301 https://new.example/?a=1$query"),
	    S("https://new.example/?a=1&q=1") },
	{ S("301 https://new.example/?u=$user"),
	    S("https://new.example/?u=ann%20o%7F") },
	{ S("301 /$2"), S("/evil/%5C") },
	{ S("301 /x$0"), S("/x/v/%22x%22") },
	{ S("301 https://new.example/$2"),
	    S("https://new.example///evil/%5C") },
};

static void locations_are_filled(void **state)
{
	struct request r = some_request();
	struct route_match m = some_match();
	char room[512];

	(void)state;
	for (size_t i = 0; i < ROWS(locations); i++) {
		struct arena *a = arena_new(1 << 20);
		struct text why = text_over(room, sizeof(room));
		struct redirection to;
		struct slice got;

		if (!redirect_parse(locations[i].target, a, &to, &why))
			fail_msg("%.*s", SLICE_ARG(text_slice(&why)));
		assert_true(fill_location(&to.target, &r, &m, a, &got));
		assert_slice(got, locations[i].want, locations[i].target);
		arena_free(a);
	}
}

static void no_byte_breaks_a_head(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		struct arena *a = arena_new(1 << 20);
		char user[] = { 'u', (char)c, 'u' };
		struct request r = { .user = { user, sizeof(user) } };
		struct route_match m = { .prefix = LIT("") };
		struct stencil s = stencil_of(a, LIT("/$user"));
		struct slice got;

		assert_true(fill_field(&s, &r, &m, a, &got));
		assert_true(field_value_valid(got));
		assert_true(fill_location(&s, &r, &m, a, &got));
		for (size_t i = 0; i < got.len; i++)
			assert_in_range(got.at[i], '!', '~');
		arena_free(a);
	}
}

static void too_long_is_told(void **state)
{
	static char user[FILL_BYTES_MAX + 1];
	struct arena *a = arena_new(1 << 20);
	struct request r = { .user = { user, sizeof(user) } };
	struct route_match m = { .prefix = LIT("") };
	struct stencil s = stencil_of(a, LIT("/$user"));
	struct slice got;

	(void)state;
	memset(user, 'u', sizeof(user));
	assert_false(fill_field(&s, &r, &m, a, &got));
	assert_false(fill_location(&s, &r, &m, a, &got));
	arena_free(a);
}

/* ---- both ways through one rule file ---- */

#define RULES                                                       \
	"[a]\npath = /a\norigin = http://o.test/base\n"             \
	"map_path = ^/v1/(.*) /api/$1\n"                            \
	"request_header X-Who = $user\nrequest_header X-Cap = $1\n" \
	"request_header X-Plain = p\n"                              \
	"response_header X-From = $host$prefix\n"                   \
	"response_header X-None = $user\n"                          \
	"response_header Set-Cookie = ours=1\n"                     \
	"remove_response_headers = Server, X-Gone\nsplit = 50%\n"   \
	"[old]\npath = /old\nredirect = 308 /a$path$query\n"        \
	"map_path = ^/x /y\n[shut]\npath = /shut\nmethods = GET\n"  \
	"origin = http://o.test\nmaintenance = yes\n"

struct world {
	struct arena *arena;
	struct conf *conf;
	struct route_table *table;
};

static struct world world_new(void)
{
	struct world w = { .arena = arena_new(1 << 20) };
	struct findings f = findings_in(w.arena);

	w.conf = conf_load_bytes("f", LIT(RULES), NULL, &f);
	assert_slice(told(&f), LIT(""), LIT("findings"));
	w.table = route_table_new(w.conf);
	return w;
}

static void world_free(struct world *w)
{
	route_table_free(w->table);
	conf_free(w->conf);
	arena_free(w->arena);
}

static struct route_match ask(
    struct world *w, struct slice method, struct slice target)
{
	struct route_query q = { .method = method,
		.authority = LIT("H.test"),
		.target = target,
		.roll = SPLIT_ROLL_OUT };
	struct route_match m;

	route_match(w->table, &q, w->arena, &m);
	return m;
}

static void verdicts_are_the_rules(void **state)
{
	static char target[PATH_MAP_BYTES_MAX + 16] = "/old/";
	struct world w = world_new();

	(void)state;
	assert_int_equal(
	    ask(&w, LIT("PUT"), LIT("/old")).verdict, ROUTE_ELSEWHERE);
	assert_int_equal(
	    ask(&w, LIT("PUT"), LIT("/shut")).verdict, ROUTE_MAINTENANCE);
	assert_int_equal(
	    ask(&w, LIT("GET"), LIT("/shut/x")).verdict, ROUTE_MAINTENANCE);
	assert_int_equal(
	    ask(&w, LIT("GET"), LIT("/a/v1/")).verdict, ROUTE_NONE);
	memset(target + 5, 'x', PATH_MAP_BYTES_MAX);
	assert_int_equal(
	    ask(&w, LIT("GET"), slice_of(target)).verdict, ROUTE_LONG);
	world_free(&w);
}

static void requests_are_shaped(void **state)
{
	struct world w = world_new();
	struct request r = some_request();
	struct fields cookie = { 0 };
	struct route_query q = { .method = LIT("GET"),
		.authority = LIT("H.test"),
		.target = LIT("/a/v1/x?q"),
		.fields = &cookie };
	struct route_match m;
	struct upstream up;

	(void)state;
	field_add(
	    &cookie, w.arena, LIT("Cookie"), LIT("fingerpost-split-a=in; k=v"));
	r.fields = cookie;
	field_add(&r.fields, w.arena, LIT("X-Who"), LIT("root"));
	route_match(w.table, &q, w.arena, &m);
	assert_int_equal(m.verdict, ROUTE_FOUND);
	assert_int_equal(
	    forward_request(&r, &m, &w.conf->settings, w.arena, &up),
	    FORWARD_OK);
	assert_slice(up.target, LIT("/base/api/x?q"), LIT("target"));
	/* The user holds a control byte: nobody is said to be anyone. */
	assert_false(field_has(&up.fields, LIT("X-Who")));
	assert_slice(field_get(&up.fields, LIT("X-Cap")), LIT("x"), LIT("cap"));
	assert_slice(
	    field_get(&up.fields, LIT("X-Plain")), LIT("p"), LIT("plain"));
	assert_slice(
	    field_get(&up.fields, LIT("Cookie")), LIT("k=v"), LIT("cookie"));
	world_free(&w);
}

static void responses_are_shaped(void **state)
{
	struct world w = world_new();
	struct request r = some_request();
	struct route_match m = some_match();
	struct response response = { .status = 200 };
	struct split_decision splits[2];
	struct fields *f = &response.fields;

	(void)state;
	splits[0] = (struct split_decision){ &w.conf->rules[0], LIT("/a"), true,
		false };
	splits[1] =
	    (struct split_decision){ &w.conf->rules[1], LIT("/a"), true, true };
	m.rule = &w.conf->rules[0];
	m.splits = splits;
	m.split_n = 2;
	field_add(f, w.arena, LIT("server"), LIT("x"));
	field_add(f, w.arena, LIT("X-From"), LIT("origin"));
	field_add(f, w.arena, LIT("X-None"), LIT("origin"));
	field_add(f, w.arena, LIT("Set-Cookie"), LIT("theirs=1"));
	assert_true(shape_response(&response, &r, &m, w.arena));
	assert_int_equal(f->n, 3);
	/* Cookies are one client's, and no cache's. */
	assert_true(shape_for_client(&response, &r, &m, w.arena));
	assert_int_equal(f->n, 5);
	assert_slice(
	    field_get(f, LIT("X-From")), LIT("www.test/a%20b"), LIT("set"));
	assert_slice(
	    field_get(f, LIT("X-None")), LIT("origin"), LIT("nothing came"));
	assert_slice(f->at[2].value, LIT("theirs=1"), LIT("theirs"));
	assert_slice(f->at[3].value, LIT("ours=1"), LIT("ours"));
	assert_slice(f->at[4].value,
	    LIT("fingerpost-split-a=in; Path=/a; HttpOnly; SameSite=Lax"),
	    LIT("split"));
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_mapped),
		cmocka_unit_test(long_paths_are_refused),
		cmocka_unit_test(hostile_paths_never_gain),
		cmocka_unit_test(values_are_filled),
		cmocka_unit_test(locations_are_filled),
		cmocka_unit_test(no_byte_breaks_a_head),
		cmocka_unit_test(too_long_is_told),
		cmocka_unit_test(verdicts_are_the_rules),
		cmocka_unit_test(requests_are_shaped),
		cmocka_unit_test(responses_are_shaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Conditions, splits, mapped paths and variables, from the client's side.
 * Input: target, Cookie, X-Beta, user and method, a line each. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "conf/conf.h"
#include "conf/finding.h"
#include "conf/load.h"
#include "http/message.h"
#include "http/uri.h"
#include "policy/fill.h"
#include "policy/forward.h"
#include "policy/route.h"
#include "policy/shape.h"
#include "policy/split.h"
#include "tests/fuzz/check.h"

static const char rules[] =
    "[a]\npath = /a\norigin = http://o.test/base\n"
    "match = query:v=a b*, cookie:k=1\n"
    "[b]\npath = /a\norigin = http://o.test\nsplit = 50%\n"
    "map_path = ^/([^/]*)/(.*) /$2/.$1?p=$1&r=$2\n"
    "request_header X-A = $user $1 $path\n"
    "response_header X-B = $user$query$0\n"
    "[c]\npath = /a\norigin = http://o.test\nmatch = header:X-Beta=1*\n"
    "map_path = ^(/.*)x(.*) $2$1\nstrip = no\n"
    "[d]\npath = /a\norigin = http://o.test\n"
    "[old]\npath = /old\nredirect = 301 $prefix/$1$path$query?$user$query\n"
    "map_path = ^/(.*)/ /$1\n"
    "[else]\npath = /else\n"
    "redirect = 307 $scheme://$host$path?$client_address\n";

static struct arena *arena;
static struct route_table *table;
static struct conf *conf;

static void setup(void)
{
	struct arena *told = arena_new(1 << 20);
	struct findings f = findings_in(told);

	conf = conf_load_bytes(
	    "rules", (struct slice){ rules, sizeof(rules) - 1 }, NULL, &f);
	CHECK(conf != NULL);
	arena_free(told);
	table = route_table_new(conf);
	arena = arena_new(4 << 20);
	CHECK(table != NULL && arena != NULL);
}

static void check_fields(const struct fields *f)
{
	for (size_t i = 0; i < f->n; i++)
		CHECK(field_name_valid(f->at[i].name) &&
		    field_value_valid(f->at[i].value));
}

static void check_location(const struct request *r, const struct route_match *m)
{
	char room[URI_HOST_MAX];
	struct slice location, host;
	struct uri uri;

	if (!fill_location(&m->rule->redirect.target, r, m, arena, &location))
		return;
	CHECK(location.len > 0);
	for (size_t i = 0; i < location.len; i++)
		CHECK(location.at[i] > ' ' && location.at[i] < 0x7f &&
		    location.at[i] != '\\');
	if (m->rule->redirect.status == 301) {
		CHECK(location.at[0] == '/' && location.at[1] != '/');
		return;
	}
	/* Whom the request was sent to is whom the answer names. */
	CHECK(uri_split(location, &uri) == URI_OK);
	CHECK(uri_host(m->authority, room, sizeof(room), &host));
	CHECK(host.len == 0 || slice_eq(uri.authority, host));
}

static void check_cookie(struct slice cookie)
{
	struct slice pair;

	while (slice_cut(&cookie, ';', &pair))
		CHECK(!slice_starts(slice_trim(pair), LIT(SPLIT_COOKIE)));
}

static void check_found(const struct request *r, const struct route_match *m)
{
	struct slice before = m->rule->strip ? m->tail : m->path;
	struct response response = { .status = 200 };
	struct upstream up;

	if (m->mapped_path.at != NULL) {
		struct uri_dots was = uri_dots(before);
		struct uri_dots is = uri_dots(m->mapped_path);
		struct uri uri;

		CHECK(uri_split(m->mapped_path, &uri) == URI_OK);
		CHECK(uri.query.len == 0 && uri.authority.at == NULL);
		CHECK(is.up <= was.up && is.here <= was.here);
		CHECK(!uri_climbs(m->mapped_path));
	}
	if (forward_request(r, m, &conf->settings, arena, &up) == FORWARD_OK) {
		check_fields(&up.fields);
		check_cookie(field_get(&up.fields, LIT("Cookie")));
	}
	if (shape_response(&response, r, m, arena))
		check_fields(&response.fields);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size };
	struct slice cookie = LIT(""), beta = LIT(""), user = LIT("");
	struct request r = { .scheme = LIT("https"),
		.authority = LIT("h.test"),
		.client_addr = LIT("::1") };
	struct route_query q = { .authority = LIT("h.test"),
		.fields = &r.fields };
	struct route_match m, again;

	if (table == NULL)
		setup();
	arena_reset(arena);
	if (size == 0)
		rest = LIT("");
	(void)slice_cut(&rest, '\n', &q.target);
	(void)slice_cut(&rest, '\n', &cookie);
	(void)slice_cut(&rest, '\n', &beta);
	(void)slice_cut(&rest, '\n', &user);
	q.method = rest.at == NULL ? LIT("GET") : rest;
	q.roll = size * UINT64_C(0x9e3779b97f4a7c15);
	r.method = q.method;
	r.target = q.target;
	r.user = user;
	/* The front lets no other values in. */
	if (field_value_valid(cookie))
		CHECK(field_add(&r.fields, arena, LIT("Cookie"), cookie));
	if (field_value_valid(beta))
		CHECK(field_add(&r.fields, arena, LIT("X-Beta"), beta));
	route_match(table, &q, arena, &m);
	route_match(table, &q, arena, &again);
	CHECK(m.verdict == again.verdict && m.rule == again.rule);
	for (size_t i = 0; i < conf->rule_n; i++)
		CHECK(
		    (route_why_not(table, &q, &m, &conf->rules[i], arena).at ==
			NULL) == (m.rule == &conf->rules[i]));
	for (size_t i = 0; i < m.split_n; i++) {
		struct slice set = split_cookie(&m.splits[i], arena);

		CHECK(set.at == NULL || field_value_valid(set));
	}
	if (m.verdict == ROUTE_FOUND)
		check_found(&r, &m);
	if (m.verdict == ROUTE_ELSEWHERE)
		check_location(&r, &m);
	return 0;
}

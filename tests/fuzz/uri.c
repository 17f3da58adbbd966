/* Request targets: split, every reading, and the route they find.
 * Input: target, authority and mount, a line each. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "http/uri.h"
#include "policy/mount.h"
#include "policy/route.h"
#include "tests/fuzz/check.h"
#include "tests/unit/policy/hand.h"
#include "tests/unit/policy/oracle.h"

static const struct hand_rule rules[] = {
	{ .name = "hotels", .paths = "/hotels,/inns" },
	{ .name = "suites", .paths = "/hotels/suites", .methods = "GET" },
	{ .name = "pets", .paths = "/pets", .hosts = "a.test,*.b.test" },
	{ .name = "whole", .paths = "/whole/x", .no_strip = true },
	{ .name = "odd", .paths = "/a b\\c", .no_slash = true },
	{ .name = "root", .paths = "/", .hosts = "*.test" },
};

static struct arena *arena;
static struct route_table *table;
static struct conf *conf;

static void setup(void)
{
	conf = hand_conf(
	    arena_new(1 << 20), rules, sizeof(rules) / sizeof(rules[0]));
	table = route_table_new(conf);
	arena = arena_new(16 << 20);
	CHECK(table != NULL && arena != NULL);
}

static bool within(struct slice part, struct slice whole)
{
	return part.len == 0 ||
	    (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

static bool is_path(struct slice s)
{
	return s.len > 0 && s.at[0] == '/';
}

static void check_reading(struct slice raw, unsigned reading)
{
	struct uri_path p = { .at = arena_alloc(arena, raw.len + 1),
		.from = arena_alloc(arena, (raw.len + 1) * sizeof(*p.from)) };
	struct slice path;

	if (p.at == NULL || p.from == NULL)
		return;
	uri_normalise(raw, reading, LIT("/hotels"), &p);
	CHECK(p.len > 0 && p.len <= raw.len && p.at[0] == '/');
	CHECK(p.from[0] == 0 || (reading & URI_DOTS));
	CHECK(p.from[p.len] == raw.len);
	for (size_t i = 0; i < p.len; i++)
		CHECK(p.from[i] < p.from[i + 1]);
	path = (struct slice){ p.at, p.len };
	if (reading == URI_FULL)
		for (size_t i = 0; i + 1 < path.len; i++)
			CHECK(path.at[i] != '/' || path.at[i + 1] != '/');
}

static void check_match(
    const struct route_match *m, const struct route_query *q)
{
	if (m->verdict == ROUTE_REFUSED) {
		CHECK(m->why.len > 0 && m->rule == NULL);
		return;
	}
	CHECK((m->verdict == ROUTE_NONE) == (m->rule == NULL));
	CHECK(within(m->query, q->target));
	if (m->rule == NULL)
		return;
	CHECK(within(m->tail, q->target));
	CHECK(m->tail.len == 0 || is_path(m->tail));
	CHECK(is_path(m->path));
	CHECK(m->prefix.len == 0 || is_path(m->prefix));
	CHECK(!uri_path_needs_encoding(m->prefix) ||
	    slice_find(m->prefix, '%') < m->prefix.len);
	CHECK(!oracle_led_out(m->tail));
	if (!m->rule->strip)
		CHECK(!oracle_led_out(m->path));
	if (m->verdict == ROUTE_SLASH)
		CHECK(is_path(m->location) && m->location.len > 1 &&
		    m->location.at[1] != '/' && m->location.at[1] != '\\');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size };
	struct route_query q = { .method = LIT("GET") };
	struct route_match m;
	struct uri uri;

	if (table == NULL)
		setup();
	arena_reset(arena);
	if (size == 0)
		rest = LIT("");
	(void)slice_cut(&rest, '\n', &q.target);
	(void)slice_cut(&rest, '\n', &q.authority);
	(void)slice_cut(&rest, '\n', &q.mount);
	route_match(table, &q, arena, &m);
	check_match(&m, &q);
	for (size_t i = 0; i < conf->rule_n; i++)
		(void)route_why_not(table, &q, &m, &conf->rules[i], arena);
	(void)mount_auto(q.target, q.mount, size % 2);
	if (uri_split(q.target, &uri) != URI_OK || !is_path(uri.path)) {
		return 0;
	}
	for (unsigned reading = 0; reading <= URI_FULL; reading++)
		check_reading(uri.path, reading);
	CHECK(uri_climbs(uri.path) == oracle_led_out(uri.path));
	return 0;
}

/* Destination, If, Referer and Origin: what comes out for the component is
 * never a path that its rule does not own.
 * Input: the value. */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "conf/conf.h"
#include "http/field.h"
#include "http/message.h"
#include "http/uri.h"
#include "policy/adapt_request.h"
#include "policy/mapping.h"
#include "policy/route.h"
#include "tests/fuzz/check.h"
#include "tests/unit/policy/hand.h"

static const struct hand_rule rules[] = {
	{ .name = "hotels", .paths = "/h,/inns" },
	{ .name = "suites", .paths = "/h/suites" },
	{ .name = "based", .paths = "/b", .base = "/x" },
};

static const struct slice names[] = {
#define NAME(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}
	NAME("Destination"),
	NAME("If"),
	NAME("Referer"),
	NAME("Origin"),
#undef NAME
};

static struct arena *arena;
static struct route_table *table;
static struct conf *conf;

static void setup(void)
{
	conf = hand_conf(
	    arena_new(1 << 20), rules, sizeof(rules) / sizeof(rules[0]));
	for (size_t i = 0; i < conf->rule_n; i++)
		hand_rule(conf, i)->rewrite_requests = true;
	table = route_table_new(conf);
	arena = arena_new(16 << 20);
	CHECK(table != NULL && arena != NULL);
}

/* A Destination that passes leads below the base, and not out of it. */
static void check_destination(const struct mapping *m, struct slice value)
{
	struct uri uri;

	CHECK(uri_split(value, &uri) == URI_OK);
	CHECK(uri.authority.len == 0 ||
	    slice_eq(uri.authority, LIT("o.test:81")));
	CHECK(slice_starts(uri.path, m->from));
	CHECK(!uri_climbs(slice_from(uri.path, m->from.len)));
}

static void check(struct slice url, struct slice name, struct slice value)
{
	struct request request = { .method = LIT("MOVE"),
		.scheme = LIT("http"),
		.authority = LIT("w.test"),
		.target = url };
	struct route_query q = { .method = request.method,
		.authority = request.authority,
		.target = url };
	struct upstream up = { .method = request.method };
	struct route_match match;
	struct mapping m;

	route_match(table, &q, arena, &match);
	CHECK(match.verdict == ROUTE_FOUND);
	CHECK(mapping_make(&request, &match, arena, &m));
	CHECK(field_add(&up.fields, arena, name, value));
	switch (adapt_request(&up, table, &q, &match, &m, arena)) {
	case FORWARD_OK:
		CHECK(!field_value_valid(value) ||
		    field_value_valid(up.fields.at[0].value));
		if (slice_eq(name, LIT("Destination")))
			check_destination(&m, up.fields.at[0].value);
		break;
	case FORWARD_DESTINATION:
		CHECK(slice_eq(name, LIT("Destination")));
		break;
	case FORWARD_TOO_LARGE:
	case FORWARD_LOOP:
		CHECK(slice_eq(name, LIT("If")) && value.len > 256 * 2);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice value = { (const char *)data, size };

	if (table == NULL)
		setup();
	if (size == 0 || size > 8000)
		return 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		arena_reset(arena);
		check(LIT("/h/a"), names[i], value);
		check(LIT("/b/a"), names[i], value);
	}
	return 0;
}

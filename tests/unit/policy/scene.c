/* The site of the tests of adaptation. */
#include "tests/unit/policy/scene.h"

#include "tests/unit/unit.h"

#include "base/arena.h"
#include "http/uri.h"
#include "tests/unit/policy/hand.h"

static const struct hand_rule rules[] = {
	{ .name = "hotels", .paths = "/hotels" },
	{ .name = "based", .paths = "/based", .base = "/b" },
	{ .name = "kept", .paths = "/kept", .no_strip = true },
	{ .name = "host", .paths = "/host" },
	{ .name = "multi", .paths = "/m1,/m2" },
	{ .name = "pets", .paths = "/pets" },
	{ .name = "root", .paths = "/", .hosts = "root.test" },
	{ .name = "bare", .paths = "/bare", .no_slash = true },
	{ .name = "deep", .paths = "/deep", .base = "/x/yy" },
};

void scene_open(struct scene *s)
{
	*s = (struct scene){ .arena = arena_new(4 << 20),
		.kept = arena_new(1 << 20) };
	s->conf = hand_conf(s->kept, rules, ROWS(rules));
	for (size_t i = 0; i < s->conf->rule_n; i++) {
		struct rule *rule = hand_rule(s->conf, i);

		rule->rewrite_redirects = true;
		rule->rewrite_cookies = true;
		rule->rewrite_requests = true;
		rule->preserve_host = slice_eq(rule->name, LIT("host"));
	}
	s->table = route_table_new(s->conf);
	assert_non_null(s->table);
}

void scene_close(struct scene *s)
{
	route_table_free(s->table);
	arena_free(s->kept);
	arena_free(s->arena);
}

void scene_ask(struct scene *s, struct slice url)
{
	struct uri uri;

	arena_reset(s->arena);
	assert_int_equal(uri_split(url, &uri), URI_OK);
	s->request = (struct request){ .method = LIT("GET"),
		.scheme = LIT("http"),
		.authority = LIT("www.test"),
		.protocol = LIT("HTTP/1.1"),
		.client_addr = LIT("192.0.2.7"),
		.target = url };
	if (uri.authority.len > 0) {
		s->request.scheme = slice_upto(url, slice_find(url, ':'));
		s->request.authority = uri.authority;
		s->request.target = slice_from(url,
		    (size_t)(uri.authority.at + uri.authority.len - url.at));
	}
	s->query = (struct route_query){ .method = s->request.method,
		.authority = s->request.authority,
		.target = s->request.target };
	route_match(s->table, &s->query, s->arena, &s->match);
	if (s->match.verdict != ROUTE_FOUND)
		fail_msg("%.*s: no route", SLICE_ARG(url));
	assert_true(
	    mapping_make(&s->request, &s->match, s->arena, &s->mapping));
}

/* Heads written as text. */
#include "tests/unit/policy/heads.h"

#include "base/arena.h"
#include "policy/cache_store.h"
#include "policy/cache_terms.h"
#include "policy/cache_vary.h"
#include "tests/unit/unit.h"

struct fields head_fields(struct arena *a, const char *lines)
{
	struct fields f = { 0 };
	struct slice rest = slice_of(lines);
	struct slice line;

	while (slice_cut(&rest, '\n', &line)) {
		struct field one;

		if (line.len == 0)
			continue;
		if (!field_parse(line, &one) ||
		    !field_add(&f, a, one.name, one.value))
			fail_msg("%.*s: no field", SLICE_ARG(line));
	}
	return f;
}

struct request head_request(struct arena *a, const char *lines)
{
	return (struct request){ .method = LIT("GET"),
		.target = LIT("/"),
		.scheme = LIT("http"),
		.authority = LIT("example.org"),
		.content_length = LENGTH_UNKNOWN,
		.fields = head_fields(a, lines) };
}

struct response head_response(struct arena *a, int status, const char *lines)
{
	return (struct response){ .status = status,
		.content_length = LENGTH_UNKNOWN,
		.fields = head_fields(a, lines) };
}

struct cache_stored head_stored(
    struct arena *a, const char *lines, const char *request_lines)
{
	struct cache_rules rules = cache_rules_default();
	struct response r = head_response(a, 200, lines);
	struct fields asked = head_fields(a, request_lines);
	struct fields *kept = arena_zero(a, sizeof(*kept));
	struct cache_times times = { NOW, NOW };
	struct cache_stored s = {
		.status = 200, .length = 1000, .origin_length = LENGTH_UNKNOWN
	};

	s.terms = cache_terms(&r, times, &rules);
	assert_true(cache_store_head(&r, &s.terms, &rules, a, kept));
	s.fields = kept;
	assert_true(cache_vary_key(kept, &asked, &rules, a, &s.vary_key));
	return s;
}

/* The cache's decisions, from any heads at all.  Input: fields of a request, of
 * the response that is stored, of another request and of the response to it,
 * an empty line between them. */
#include "base/arena.h"
#include "policy/cache_answer.h"
#include "policy/cache_invalidate.h"
#include "policy/cache_partial.h"
#include "policy/cache_store.h"
#include "policy/cache_terms.h"
#include "policy/cache_validate.h"
#include "policy/cache_vary.h"
#include "tests/fuzz/check.h"

#define NOW INT64_C(1795255200)

static struct arena *arena;

static struct fields take_head(struct slice *rest)
{
	struct fields f = { 0 };
	struct slice line;

	while (slice_cut(rest, '\n', &line) && line.len > 0) {
		struct field field;

		if (field_parse(line, &field) &&
		    !field_add(&f, arena, field.name, field.value))
			break;
	}
	return f;
}

/* What was not to be stored is not; a Date there is always. */
static void check_named(const struct fields *stored,
    const struct response *newer, const struct cache_rules *rules)
{
	bool targeted;
	struct directives d =
	    cache_directives(&newer->fields, rules, &targeted);

	for (size_t i = 0; i < stored->n; i++)
		CHECK(!directives_name(&d, stored->at[i].name) ||
		    slice_eq_nocase(stored->at[i].name, LIT("Date")));
}

static void check_stored(struct cache_stored *s, const struct request *request,
    struct response *newer, const struct cache_rules *rules)
{
	struct request unsafe = *request;
	const struct cache_stored *chosen = NULL;
	struct cache_verdict v =
	    cache_reuse(request, s, 1, rules, NOW + 30, arena);
	struct cache_invalid invalid;
	enum cache_answer answer;
	struct response r;
	struct byte_ranges ranges;
	struct byte_range whole;
	struct fields up;

	CHECK(v.age_s >= 0 && v.age_s <= DELTA_MAX);
	CHECK(v.use != CACHE_SERVE || v.ttl_s > 0 || v.detail.len > 0);
	CHECK(!s->terms.validate || v.use != CACHE_SERVE);
	CHECK(!s->terms.strict || v.use != CACHE_SERVE || v.ttl_s > 0);
	if (v.use == CACHE_SERVE)
		CHECK(cache_answer(request, s, LIT("0123456789abcdef"),
			  NOW + 30, arena, &answer, &r, &ranges) &&
		    field_has(&r.fields, LIT("Age")));
	CHECK(field_copy(&up, arena, &request->fields));
	if (v.use == CACHE_VALIDATE)
		(void)cache_ask(&up, request, &v, s, 1, arena);
	(void)cache_freshens(newer, &v, s, 1, request, &chosen);
	if (cache_update(s, newer, NOW + 30, rules, arena, &up)) {
		CHECK(!field_has(&up, LIT("Content-Length")));
		CHECK(!field_has(&up, LIT("ETag")) ||
		    slice_eq(field_get(&up, LIT("ETag")),
			field_get(s->fields, LIT("ETag"))));
		check_named(&up, newer, rules);
	}
	(void)cache_join(s, newer, &whole);
	(void)cache_head(s, newer);
	unsafe.method = LIT("PUT");
	newer->status = 201;
	if (cache_invalidated(&unsafe, newer, arena, &invalid)) {
		CHECK(invalid.n >= 1 && invalid.n <= CACHE_INVALID_MAX);
		for (size_t i = 0; i < invalid.n; i++)
			CHECK(invalid.targets[i].at[0] == '/');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cache_rules rules = cache_rules_default();
	struct cache_times times = { NOW - 1, NOW };
	struct slice rest = { (const char *)data, size };
	struct request request = { .method = LIT("GET"),
		.target = LIT("/a/b?c"),
		.scheme = LIT("http"),
		.authority = LIT("example.org") };
	struct response response = { .status = 200, .content_length = 500 };
	struct response newer = { .status = 304,
		.content_length = LENGTH_UNKNOWN };
	struct cache_stored s = {
		.status = 200, .length = 500, .origin_length = LENGTH_UNKNOWN
	};
	struct fields kept;

	if (size == 0)
		return 0;
	if (arena == NULL)
		arena = arena_new(16 << 20);
	CHECK(arena != NULL);
	arena_reset(arena);
	request.fields = take_head(&rest);
	response.fields = take_head(&rest);
	rules.surrogate = size & 1;
	rules.stale_if_error_s = 10;
	s.terms = cache_terms(&response, times, &rules);
	CHECK(s.terms.lifetime_s >= 0 && s.terms.lifetime_s <= DELTA_MAX);
	if (cache_storable(&request, &response, &s.terms, &rules) !=
		CACHE_STORABLE ||
	    !cache_store_head(&response, &s.terms, &rules, arena, &kept))
		return 0;
	s.fields = &kept;
	if (!cache_vary_key(&kept, &request.fields, &rules, arena, &s.vary_key))
		return 0;
	CHECK(cache_vary_matches(&s, &request.fields, &rules, arena));
	request.fields = take_head(&rest);
	newer.fields = take_head(&rest);
	check_stored(&s, &request, &newer, &rules);
	return 0;
}

/* Reuse. */
#include "policy/cache_reuse.h"

#include "http/message.h"
#include "http/precondition.h"
#include "policy/cache_terms.h"
#include "policy/cache_vary.h"

/* Requests without Cache-Control may say it as of old: section 5.4. */
static struct directives asked_of(const struct request *r)
{
	struct directives d = directives_read(&r->fields, LIT("Cache-Control"));

	if (!field_has(&r->fields, LIT("Cache-Control"))) {
		struct directives pragma =
		    directives_read(&r->fields, LIT("Pragma"));

		d.flags |= pragma.flags & DIRECTIVE_NO_CACHE;
	}
	return d;
}

static bool is_understood(struct slice method)
{
	return slice_eq(method, LIT("GET")) || slice_eq(method, LIT("HEAD"));
}

bool cache_is_for_origin(const struct request *request)
{
	return field_has(&request->fields, LIT("If-Match")) ||
	    field_has(&request->fields, LIT("If-Unmodified-Since"));
}

/* Section 3.3: a part answers for a range within it. */
static bool holds_enough(const struct cache_stored *s, const struct request *r)
{
	struct validators v = { .tag = field_get(s->fields, LIT("ETag")) };
	struct byte_ranges ranges;

	if (!s->partial)
		return true;
	if (!slice_eq(r->method, LIT("GET")) ||
	    !precondition_range(&r->fields, &v, s->terms.received_s) ||
	    ranges_read(field_get(&r->fields, LIT("Range")), s->whole_length,
		&ranges) != RANGE_PARTS)
		return false;
	return ranges.n == 1 && ranges.at[0].first >= s->held.first &&
	    ranges.at[0].last <= s->held.last;
}

/* What in the request forbids an answer from the store, fresh as it may be;
 * empty: nothing. */
static struct slice fresher_asked(const struct directives *asked,
    const struct cache_rules *rules, const struct cache_verdict *v)
{
	bool stale = v->ttl_s <= 0 && asked->max_stale_s == DELTA_NONE;

	if (!rules->heed_reload)
		return SLICE_NONE;
	if (asked->flags & DIRECTIVE_NO_CACHE)
		return LIT("no-cache");
	if (asked->max_age_s != DELTA_NONE &&
	    (v->age_s > asked->max_age_s || stale))
		return LIT("max-age");
	if (asked->min_fresh_s != DELTA_NONE && v->ttl_s < asked->min_fresh_s)
		return LIT("min-fresh");
	return SLICE_NONE;
}

static void serve(struct cache_verdict *v, struct slice detail)
{
	v->use = CACHE_SERVE;
	v->forward = CACHE_HIT;
	v->detail = detail;
}

static void validate(
    struct cache_verdict *v, enum cache_forward forward, struct slice detail)
{
	v->use = CACHE_VALIDATE;
	v->forward = forward;
	v->detail = detail;
}

/* A stored response that is complete enough. */
static void judge(struct cache_verdict *v, const struct directives *asked,
    const struct cache_rules *rules)
{
	const struct cache_terms *t = &v->stored->terms;
	struct slice fresher = fresher_asked(asked, rules, v);

	if (t->validate) {
		validate(v, CACHE_FORWARD_STALE, LIT("must-validate"));
	} else if (fresher.len > 0) {
		validate(v,
		    v->ttl_s > 0 ? CACHE_FORWARD_REQUEST : CACHE_FORWARD_STALE,
		    fresher);
	} else if (v->ttl_s > 0) {
		serve(v, SLICE_NONE);
	} else if (t->max_stale && asked->max_stale_s != DELTA_NONE &&
	    (asked->max_stale_s == DELTA_MAX ||
		-v->ttl_s <= asked->max_stale_s) &&
	    v->age_s < DELTA_MAX) {
		serve(v, LIT("max-stale"));
	} else if (-v->ttl_s < t->stale_while_revalidate_s) {
		serve(v, LIT("stale-while-revalidate"));
		v->use = CACHE_SERVE_STALE_REVALIDATE;
	} else {
		validate(v, CACHE_FORWARD_STALE, SLICE_NONE);
	}
}

static struct cache_verdict find(const struct request *request,
    const struct cache_stored *candidates, size_t n,
    const struct directives *asked, const struct cache_rules *rules,
    int64_t now_s, struct arena *a)
{
	struct cache_verdict v = { CACHE_FETCH, CACHE_FORWARD_URI_MISS, NULL, 0,
		0, 0, SLICE_NONE };

	v.stored =
	    cache_select(candidates, n, &request->fields, rules, a, &v.matches);
	if (v.stored == NULL) {
		if (n > 0)
			v.forward = CACHE_FORWARD_VARY_MISS;
		return v;
	}
	/* 5.2.1.6: it is as if there were nothing. */
	if (v.stored->coded && (asked->flags & DIRECTIVE_NO_TRANSFORM)) {
		v.stored = NULL;
		v.matches = 0;
		v.forward = CACHE_FORWARD_REQUEST;
		v.detail = LIT("no-transform");
		return v;
	}
	v.age_s = cache_age(&v.stored->terms, now_s);
	v.ttl_s = cache_ttl(&v.stored->terms, now_s);
	if (holds_enough(v.stored, request))
		judge(&v, asked, rules);
	else
		v.forward = CACHE_FORWARD_PARTIAL;
	return v;
}

struct cache_verdict cache_reuse(const struct request *request,
    const struct cache_stored *candidates, size_t n,
    const struct cache_rules *rules, int64_t now_s, struct arena *a)
{
	struct cache_verdict v = { CACHE_FETCH, CACHE_FORWARD_METHOD, NULL, 0,
		0, 0, SLICE_NONE };
	struct directives asked;

	if (!is_understood(request->method))
		return v;
	asked = asked_of(request);
	if (cache_is_for_origin(request)) {
		v.forward = CACHE_FORWARD_REQUEST;
		v.detail = LIT("condition");
	} else if (asked.flags & DIRECTIVE_NO_STORE) {
		v.forward = CACHE_FORWARD_REQUEST;
		v.detail = LIT("no-store");
	} else {
		v = find(request, candidates, n, &asked, rules, now_s, a);
	}
	if ((asked.flags & DIRECTIVE_ONLY_IF_CACHED) &&
	    (v.use == CACHE_FETCH || v.use == CACHE_VALIDATE))
		v.use = CACHE_UNAVAILABLE;
	return v;
}

bool cache_is_error(int status)
{
	return status == 500 || (status >= 502 && status <= 504);
}

bool cache_serves_on_error(const struct cache_stored *stored,
    const struct request *request, const struct cache_rules *rules,
    int64_t now_s)
{
	const struct cache_terms *t = &stored->terms;
	struct directives asked = asked_of(request);
	int64_t window_s = t->stale_if_error_s;
	int64_t stale_s = -cache_ttl(t, now_s);

	if (t->validate || !holds_enough(stored, request))
		return false;
	if (rules->heed_reload && (asked.flags & DIRECTIVE_NO_CACHE))
		return false;
	if (t->max_stale && asked.stale_if_error_s > window_s)
		window_s = asked.stale_if_error_s;
	/* What is fresh was not fresh enough for this client: it needs leave
	 * like what is stale. */
	return window_s > 0 && stale_s <= window_s;
}

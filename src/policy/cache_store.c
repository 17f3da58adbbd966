/* Storing. */
#include "policy/cache_store.h"

#include "base/arena.h"
#include "http/date.h"
#include "http/list.h"
#include "http/message.h"
#include "http/range.h"
#include "policy/cache_key.h"
#include "policy/cache_terms.h"
#include "policy/cache_vary.h"

#define NAME(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}
#define COUNT(row) (sizeof(row) / sizeof((row)[0]))

static const struct slice tokens[CACHE_REFUSED_N] = {
	[CACHE_STORABLE] = NAME("stored"),
	[CACHE_REFUSED_METHOD] = NAME("method"),
	[CACHE_REFUSED_STATUS] = NAME("status"),
	[CACHE_REFUSED_REQUEST] = NAME("request-no-store"),
	[CACHE_REFUSED_NO_STORE] = NAME("no-store"),
	[CACHE_REFUSED_PRIVATE] = NAME("private"),
	[CACHE_REFUSED_AUTHORIZATION] = NAME("authorization"),
	[CACHE_REFUSED_SET_COOKIE] = NAME("set-cookie"),
	[CACHE_REFUSED_VARY] = NAME("vary"),
	[CACHE_REFUSED_RANGE] = NAME("range"),
	[CACHE_REFUSED_CONDITION] = NAME("condition"),
	[CACHE_REFUSED_STALE] = NAME("no-lifetime"),
};

struct slice cache_refusal_token(enum cache_refusal refusal)
{
	return tokens[refusal];
}

bool cache_refusal_lasts(enum cache_refusal refusal)
{
	switch (refusal) {
	case CACHE_REFUSED_STATUS:
	case CACHE_REFUSED_NO_STORE:
	case CACHE_REFUSED_PRIVATE:
	case CACHE_REFUSED_SET_COOKIE:
	case CACHE_REFUSED_VARY:
	case CACHE_REFUSED_STALE:
		return true;
	default:
		return false;
	}
}

/* Statuses whose requirements on caches we meet: section 5.2.2.3. */
static bool is_understood(int status)
{
	static const int others[] = { 302, 303, 307 };

	for (size_t i = 0; i < COUNT(others); i++)
		if (status == others[i])
			return true;
	return cache_status_is_heuristic(status);
}

/* What answers a condition or a range and not the resource. */
static bool is_of_request(int status)
{
	return status == 304 || status == 412 || status == 416;
}

static bool is_usable_part(const struct response *r)
{
	struct content_range c;

	return content_range_read(
		   field_get(&r->fields, LIT("Content-Range")), &c) &&
	    c.range.first >= 0 && c.length != CONTENT_RANGE_UNKNOWN;
}

static bool is_explicit(
    const struct directives *d, const struct cache_terms *terms)
{
	return (d->flags & DIRECTIVE_PUBLIC) ||
	    terms->source == CACHE_SOURCE_S_MAXAGE ||
	    terms->source == CACHE_SOURCE_MAX_AGE ||
	    terms->source == CACHE_SOURCE_EXPIRES ||
	    terms->source == CACHE_SOURCE_RULE;
}

static bool is_any_use(
    const struct response *r, const struct cache_terms *terms)
{
	/* initial_age_s: what was old when it came */
	return (terms->lifetime_s > terms->initial_age_s && !terms->validate) ||
	    terms->stale_while_revalidate_s > 0 ||
	    terms->stale_if_error_s > 0 || field_has(&r->fields, LIT("ETag")) ||
	    field_has(&r->fields, LIT("Last-Modified"));
}

static enum cache_refusal judge_status(const struct response *r,
    const struct directives *d, const struct cache_terms *terms)
{
	if (is_of_request(r->status))
		return CACHE_REFUSED_CONDITION;
	if (r->status < 200 || r->status > 999)
		return CACHE_REFUSED_STATUS;
	if ((d->flags & DIRECTIVE_MUST_UNDERSTAND) && !is_understood(r->status))
		return CACHE_REFUSED_STATUS;
	if (!cache_status_is_heuristic(r->status) && !is_explicit(d, terms))
		return CACHE_REFUSED_STATUS;
	if (r->status == 206 && !is_usable_part(r))
		return CACHE_REFUSED_RANGE;
	return CACHE_STORABLE;
}

static enum cache_refusal judge_directives(const struct request *request,
    const struct response *r, const struct directives *d)
{
	/* 5.2.2.3: understood is better than not stored. */
	if ((d->flags & DIRECTIVE_NO_STORE) &&
	    !(d->flags & DIRECTIVE_MUST_UNDERSTAND))
		return CACHE_REFUSED_NO_STORE;
	if (d->flags & DIRECTIVE_PRIVATE)
		return CACHE_REFUSED_PRIVATE;
	/* 3.5 */
	if (field_has(&request->fields, LIT("Authorization")) &&
	    !(d->flags & (DIRECTIVE_MUST_REVALIDATE | DIRECTIVE_PUBLIC)) &&
	    d->s_maxage_s == DELTA_NONE)
		return CACHE_REFUSED_AUTHORIZATION;
	if (field_has(&r->fields, LIT("Set-Cookie")) &&
	    !directives_name(d, LIT("Set-Cookie")))
		return CACHE_REFUSED_SET_COOKIE;
	return CACHE_STORABLE;
}

/* Section 4.1 compares what clients sent; of these fields it is we who say to
 * the origin what its answer depends on. */
static bool varies_by_ours(const struct fields *f, const struct rule *rule)
{
	struct slice vary = LIT("Vary");

	for (size_t i = field_next(f, vary, 0); rule != NULL && i < f->n;
	     i = field_next(f, vary, i + 1)) {
		struct slice rest = f->at[i].value;
		struct slice name;

		while (list_next(&rest, &name))
			if (cache_key_lacks(rule, name))
				return true;
	}
	return false;
}

enum cache_refusal cache_storable(const struct request *request,
    const struct response *response, const struct cache_terms *terms,
    const struct cache_rules *rules)
{
	bool targeted;
	struct directives d =
	    cache_directives(&response->fields, rules, &targeted);
	struct directives asked =
	    directives_read(&request->fields, LIT("Cache-Control"));
	enum cache_refusal refusal;

	if (!slice_eq(request->method, LIT("GET")))
		return CACHE_REFUSED_METHOD;
	if (asked.flags & DIRECTIVE_NO_STORE)
		return CACHE_REFUSED_REQUEST;
	refusal = judge_directives(request, response, &d);
	if (refusal == CACHE_STORABLE)
		refusal = judge_status(response, &d, terms);
	if (refusal != CACHE_STORABLE)
		return refusal;
	if (!cache_vary_usable(&response->fields) ||
	    varies_by_ours(&response->fields, rules->rule))
		return CACHE_REFUSED_VARY;
	return is_any_use(response, terms) ? CACHE_STORABLE :
					     CACHE_REFUSED_STALE;
}

/* Section 3.1, and what is made anew for each answer. */
static const struct slice never_kept[] = {
	NAME("Age"),
	NAME("Connection"),
	NAME("Content-Length"),
	NAME("Keep-Alive"),
	NAME("Proxy-Authenticate"),
	NAME("Proxy-Authentication-Info"),
	NAME("Proxy-Authorization"),
	NAME("Proxy-Connection"),
	NAME("TE"),
	NAME("Trailer"),
	NAME("Transfer-Encoding"),
	NAME("Upgrade"),
};

static bool is_kept(const struct fields *all, struct slice name)
{
	for (size_t i = 0; i < COUNT(never_kept); i++)
		if (slice_eq_nocase(name, never_kept[i]))
			return false;
	return !list_field_has(all, LIT("Connection"), name);
}

static bool add_date(struct fields *f, int64_t date_s, struct arena *a)
{
	char date[DATE_SIZE];
	struct slice copy;

	date_format(date_s, date);
	copy = arena_slice(a, slice_of(date));
	return copy.at != NULL && field_set(f, a, LIT("Date"), copy);
}

bool cache_store_head(const struct response *response,
    const struct cache_terms *terms, const struct cache_rules *rules,
    struct arena *a, struct fields *fields_out)
{
	struct fields kept = { 0 };
	bool targeted;
	struct directives d =
	    cache_directives(&response->fields, rules, &targeted);
	int64_t date_s;

	for (size_t i = 0; i < response->fields.n; i++) {
		const struct field *f = &response->fields.at[i];

		if (!is_kept(&response->fields, f->name) ||
		    directives_name(&d, f->name) ||
		    (rules->surrogate &&
			slice_eq_nocase(f->name, LIT("Surrogate-Control"))))
			continue;
		if (!field_add(&kept, a, f->name, f->value))
			return false;
	}
	if (!date_parse(
		field_get(&kept, LIT("Date")), terms->received_s, &date_s) &&
	    !add_date(&kept, terms->received_s, a))
		return false;
	*fields_out = kept;
	return true;
}

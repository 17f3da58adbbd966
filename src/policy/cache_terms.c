/* Freshness, age, staleness. */
#include "policy/cache_terms.h"

#include "http/date.h"
#include "http/list.h"
#include "http/message.h"

#define DAY_S         86400
#define CLOCK_SLACK_S 60

struct cache_rules cache_rules_default(void)
{
	static const struct slice targets[] = { { "CDN-Cache-Control", 17 } };
	static const struct slice codings[] = { { "gzip", 4 } };

	return (struct cache_rules){
		.ttl_s = -1,
		.heuristic = true,
		.heuristic_max_s = DAY_S,
		.heed_reload = true,
		.targets = targets,
		.target_n = 1,
		.codings = codings,
		.coding_n = 1,
	};
}

struct directives cache_directives(const struct fields *response,
    const struct cache_rules *rules, bool *targeted_out)
{
	struct directives d;

	*targeted_out = true;
	if (rules->surrogate && directives_surrogate(response, &d))
		return d;
	for (size_t i = 0; i < rules->target_n; i++)
		if (directives_targeted(response, rules->targets[i], &d))
			return d;
	*targeted_out = false;
	return directives_read(response, LIT("Cache-Control"));
}

bool cache_status_is_heuristic(int status)
{
	static const int statuses[] = { 200, 203, 204, 206, 300, 301, 308, 404,
		405, 410, 414, 501 };

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (status == statuses[i])
			return true;
	return false;
}

static int64_t clamp(int64_t seconds)
{
	return seconds < 0 ? 0 : seconds > DELTA_MAX ? DELTA_MAX : seconds;
}

/* Expires - Date: of several the earliest, and what is no date is past
 * (section 5.3). */
static bool expires_after(const struct fields *f, int64_t date_s,
    int64_t received_s, int64_t *seconds_out)
{
	struct slice name = LIT("Expires");
	int64_t least_s = INT64_MAX;
	size_t i = field_next(f, name, 0);

	if (i == f->n)
		return false;
	for (; i < f->n; i = field_next(f, name, i + 1)) {
		int64_t expires_s;

		if (!date_parse(f->at[i].value, received_s, &expires_s))
			expires_s = date_s;
		if (expires_s < least_s)
			least_s = expires_s;
	}
	*seconds_out = clamp(least_s - date_s);
	return true;
}

static bool tenth_of_age(const struct fields *f,
    const struct cache_rules *rules, const struct cache_terms *t,
    int64_t *seconds_out)
{
	int64_t modified_s;
	int64_t seconds;

	if (!rules->heuristic ||
	    !date_parse(
		field_get(f, LIT("Last-Modified")), t->received_s, &modified_s))
		return false;
	seconds = clamp(t->date_s - modified_s) / 10;
	*seconds_out =
	    seconds < rules->heuristic_max_s ? seconds : rules->heuristic_max_s;
	return true;
}

/* Section 4.2.1: the first that is there. */
static void find_lifetime(struct cache_terms *t, const struct response *r,
    const struct directives *d, bool targeted, const struct cache_rules *rules)
{
	bool is_marked = cache_status_is_heuristic(r->status) ||
	    (d->flags & DIRECTIVE_PUBLIC);

	t->source = CACHE_SOURCE_NONE;
	if (d->s_maxage_s != DELTA_NONE) {
		t->source = CACHE_SOURCE_S_MAXAGE;
		t->lifetime_s = d->s_maxage_s;
	} else if (d->max_age_s != DELTA_NONE) {
		t->source = CACHE_SOURCE_MAX_AGE;
		t->lifetime_s = d->max_age_s;
	} else if (!targeted &&
	    expires_after(
		&r->fields, t->date_s, t->received_s, &t->lifetime_s)) {
		t->source = CACHE_SOURCE_EXPIRES;
	}
	if (rules->ttl_s >= 0 &&
	    (t->source == CACHE_SOURCE_NONE || rules->ttl_overrides)) {
		t->source = CACHE_SOURCE_RULE;
		t->lifetime_s = clamp(rules->ttl_s);
	} else if (t->source == CACHE_SOURCE_NONE && is_marked &&
	    tenth_of_age(&r->fields, rules, t, &t->lifetime_s)) {
		t->source = CACHE_SOURCE_HEURISTIC;
	}
}

/* Section 5.1: the first member, and 0 where that is no number. */
static int64_t age_value(const struct fields *f)
{
	struct slice rest = field_get(f, LIT("Age"));
	struct slice first = SLICE_NONE;
	int64_t age_s = 0;

	if (list_next(&rest, &first))
		(void)delta_parse(first, &age_s);
	return age_s;
}

/* Section 4.2.3. */
static void find_age(
    struct cache_terms *t, const struct fields *f, struct cache_times times)
{
	int64_t apparent_s;
	int64_t corrected_s;

	if (!date_parse(
		field_get(f, LIT("Date")), times.received_s, &t->date_s))
		t->date_s = times.received_s;
	t->received_s = times.received_s;
	apparent_s = clamp(times.received_s - t->date_s);
	corrected_s =
	    clamp(age_value(f) + clamp(times.received_s - times.requested_s));
	t->initial_age_s = corrected_s > apparent_s ? corrected_s : apparent_s;
}

/* What the response says, or the rule where it is silent; s-maxage says that
 * a rule may not (section 5.2.2.10). */
static int64_t stale_window(const struct cache_terms *t,
    const struct directives *d, int64_t said_s, int64_t rule_s)
{
	if (t->strict)
		return 0;
	if (said_s != DELTA_NONE)
		return said_s;
	return d->s_maxage_s == DELTA_NONE ? clamp(rule_s) : 0;
}

struct cache_terms cache_terms(const struct response *response,
    struct cache_times times, const struct cache_rules *rules)
{
	struct cache_terms t = { 0 };
	bool targeted;
	struct directives d =
	    cache_directives(&response->fields, rules, &targeted);

	find_age(&t, &response->fields, times);
	find_lifetime(&t, response, &d, targeted, rules);
	t.validate = (d.flags & DIRECTIVE_NO_CACHE) != 0;
	t.strict = (d.flags &
		       (DIRECTIVE_MUST_REVALIDATE | DIRECTIVE_PROXY_REVALIDATE |
			   DIRECTIVE_NO_CACHE)) != 0;
	t.max_stale = !t.strict && d.s_maxage_s == DELTA_NONE;
	t.stale_while_revalidate_s = stale_window(&t, &d,
	    d.stale_while_revalidate_s, rules->stale_while_revalidate_s);
	t.stale_if_error_s =
	    stale_window(&t, &d, d.stale_if_error_s, rules->stale_if_error_s);
	return t;
}

int64_t cache_age(const struct cache_terms *t, int64_t now_s)
{
	if (now_s < t->received_s - CLOCK_SLACK_S)
		return DELTA_MAX;
	return clamp(t->initial_age_s + clamp(now_s - t->received_s));
}

int64_t cache_ttl(const struct cache_terms *t, int64_t now_s)
{
	return t->lifetime_s - cache_age(t, now_s);
}

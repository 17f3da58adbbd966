/* Deciding, and remembering by cookie. */
#include "policy/split.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/text.h"
#include "conf/conf.h"
#include "http/cookie_list.h"
#include "policy/own_cookie.h"

bool split_decides(const struct rule *rule)
{
	return rule->split.on && rule->split.share > 0 &&
	    rule->split.share < SPLIT_WHOLE;
}

static bool roll_in(const struct rule *rule, uint64_t roll)
{
	uint64_t own =
	    roll + ((uint64_t)rule->index + 1) * UINT64_C(0x9e3779b97f4a7c15);

	return roll != SPLIT_ROLL_OUT &&
	    hash64_mix(own) % SPLIT_WHOLE < rule->split.share;
}

struct split_decision split_decide(
    const struct rule *rule, uint64_t roll, const struct fields *fields)
{
	char room[OWN_COOKIE_NAME_MAX];
	struct text name = text_over(room, sizeof(room));
	struct split_decision d = { .rule = rule,
		.in = rule->split.share == SPLIT_WHOLE };
	struct slice told = SLICE_NONE;

	if (!split_decides(rule))
		return d;
	own_cookie_name(&name, LIT(SPLIT_COOKIE), rule->name);
	if (fields != NULL)
		told = cookie_get(fields, text_slice(&name));
	d.in = slice_eq(told, LIT("in"));
	d.told = d.in || slice_eq(told, LIT("out"));
	if (!d.told)
		d.in = roll_in(rule, roll);
	return d;
}

struct slice split_cookie_name(const struct rule *rule, struct arena *a)
{
	struct text t = text_in(a, OWN_COOKIE_NAME_MAX);

	own_cookie_name(&t, LIT(SPLIT_COOKIE), rule->name);
	return text_spent(&t) ? SLICE_NONE : text_slice(&t);
}

struct slice split_cookie(const struct split_decision *d, struct arena *a)
{
	struct text t = text_in(a, OWN_COOKIE_NAME_MAX + d->prefix.len + 64);

	own_cookie_name(&t, LIT(SPLIT_COOKIE), d->rule->name);
	text_add(&t, d->in ? LIT("=in; Path=") : LIT("=out; Path="));
	text_add(&t, own_cookie_path(d->prefix));
	text_add(&t, LIT("; HttpOnly; SameSite=Lax"));
	return text_spent(&t) ? SLICE_NONE : text_slice(&t);
}

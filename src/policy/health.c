/* The states of trust and what moves a server between them. */
#include "policy/health.h"

/* Slow start begins with this share: nothing at all would never end. */
#define SHARE_FIRST 100

/* After so many intervals without a probe its last result is no news. */
#define PROBE_INTERVALS 4

static unsigned at_most(unsigned value, unsigned max)
{
	return value < max ? value : max;
}

struct health health_bounded(
    struct health h, const struct health_rules *rules, int64_t now_ms)
{
	int64_t ahead = h.state == HEALTH_OUT ? rules->out_max_ms :
	    h.state == HEALTH_TRIAL           ? rules->trial_ms :
						0;

	if (h.state != HEALTH_OUT && h.state != HEALTH_TRIAL)
		h.state = HEALTH_GOOD;
	h.level = at_most(h.level, HEALTH_LEVEL_MAX);
	h.failures = at_most(h.failures, HEALTH_FAILURES_MAX);
	h.successes = at_most(h.successes, HEALTH_SUCCESSES_MAX);
	if (h.at_ms < 0 || h.at_ms > now_ms + ahead) {
		h.at_ms = now_ms;
		h.failures = 0;
	}
	if (h.back_ms < 0 || h.back_ms > now_ms)
		h.back_ms = 0;
	/* Rules that never take a server out do not keep one out. */
	if (rules->fail_after == 0)
		h.state = HEALTH_GOOD;
	return h;
}

enum health_admit health_admits(const struct health *h, int64_t now_ms)
{
	if (h->state == HEALTH_GOOD)
		return HEALTH_ADMITS;
	return h->at_ms <= now_ms ? HEALTH_ADMITS_TRIAL : HEALTH_REFUSES;
}

int64_t health_wait_ms(const struct health *h, int64_t now_ms)
{
	if (h->state == HEALTH_GOOD || h->at_ms <= now_ms)
		return 0;
	return h->at_ms - now_ms;
}

bool health_try(
    struct health *h, const struct health_rules *rules, int64_t now_ms)
{
	if (health_admits(h, now_ms) != HEALTH_ADMITS_TRIAL)
		return false;
	h->state = HEALTH_TRIAL;
	h->at_ms = now_ms + rules->trial_ms;
	return true;
}

/* Doubled with each level up to the maximum, less up to a quarter by chance,
 * so that servers that went out together are not tried together. */
static int64_t out_for_ms(
    const struct health_rules *rules, unsigned level, uint64_t random)
{
	int64_t ms = rules->out_ms;

	while (level-- > 0 && ms < rules->out_max_ms)
		ms *= 2;
	if (ms > rules->out_max_ms)
		ms = rules->out_max_ms;
	return ms - (int64_t)(random % ((uint64_t)ms / 4 + 1));
}

enum health_change health_take_out(struct health *h,
    const struct health_rules *rules, int64_t now_ms, uint64_t random)
{
	bool was_good = h->state == HEALTH_GOOD;

	/* Well for long enough: the past is forgotten. */
	if (was_good &&
	    (h->back_ms == 0 || now_ms - h->back_ms > rules->out_max_ms))
		h->level = 0;
	h->state = HEALTH_OUT;
	h->at_ms = now_ms + out_for_ms(rules, h->level, random);
	h->level = at_most(h->level + 1, HEALTH_LEVEL_MAX);
	h->failures = 0;
	h->successes = 0;
	return was_good ? HEALTH_WENT_OUT : HEALTH_SAME;
}

static enum health_change good_outcome(struct health *h,
    const struct health_rules *rules, bool ok, int64_t now_ms, uint64_t random)
{
	if (ok) {
		if (h->failures > 0)
			h->failures--;
		return HEALTH_SAME;
	}
	if (h->failures == 0 || now_ms - h->at_ms > rules->window_ms) {
		h->at_ms = now_ms;
		h->failures = 0;
	}
	h->failures = at_most(h->failures + 1, HEALTH_FAILURES_MAX);
	if (rules->fail_after == 0 ||
	    h->failures < at_most(rules->fail_after, HEALTH_FAILURES_MAX))
		return HEALTH_SAME;
	return health_take_out(h, rules, now_ms, random);
}

static enum health_change trial_outcome(struct health *h,
    const struct health_rules *rules, bool ok, int64_t now_ms, uint64_t random)
{
	if (!ok)
		return health_take_out(h, rules, now_ms, random);
	h->successes = at_most(h->successes + 1, HEALTH_SUCCESSES_MAX);
	h->at_ms = now_ms;
	if (h->successes <
	    at_most(rules->recover_after, HEALTH_SUCCESSES_MAX)) {
		h->state = HEALTH_OUT;
		return HEALTH_SAME;
	}
	h->state = HEALTH_GOOD;
	h->failures = 0;
	h->successes = 0;
	h->back_ms = now_ms;
	return HEALTH_CAME_BACK;
}

enum health_change health_outcome(struct health *h,
    const struct health_rules *rules, bool ok, bool trial, int64_t now_ms,
    uint64_t random)
{
	if (h->state == HEALTH_GOOD)
		return good_outcome(h, rules, ok, now_ms, random);
	if (!trial || h->state != HEALTH_TRIAL)
		return HEALTH_SAME;
	return trial_outcome(h, rules, ok, now_ms, random);
}

unsigned health_share(
    const struct health *h, const struct health_rules *rules, int64_t now_ms)
{
	int64_t since = now_ms - h->back_ms;

	if (h->state != HEALTH_GOOD || h->back_ms == 0 || since < 0 ||
	    since >= rules->slow_start_ms)
		return HEALTH_SHARE_WHOLE;
	return SHARE_FIRST +
	    (unsigned)(since * (HEALTH_SHARE_WHOLE - SHARE_FIRST) /
		rules->slow_start_ms);
}

enum health_change probed_outcome(
    struct probed *p, const struct health_rules *rules, bool ok, int64_t now_ms)
{
	unsigned needed = p->down ? rules->recover_after : rules->fail_after;

	p->at_ms = now_ms;
	if (ok != p->down) {
		p->run = 0;
		return HEALTH_SAME;
	}
	p->run++;
	if (needed == 0)
		needed = 1;
	if (p->run < at_most(needed, HEALTH_FAILURES_MAX))
		return HEALTH_SAME;
	p->run = 0;
	p->down = !ok;
	return ok ? HEALTH_CAME_BACK : HEALTH_WENT_OUT;
}

bool probed_is_down(const struct probed *p, int64_t interval_ms, int64_t now_ms)
{
	return p->down && p->at_ms <= now_ms &&
	    now_ms - p->at_ms <= PROBE_INTERVALS * interval_ms;
}

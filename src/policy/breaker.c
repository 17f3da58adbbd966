/* Counting by windows. */
#include "policy/breaker.h"

static void bound(
    struct breaker_counts *c, const struct breaker_rules *rules, int64_t now_ms)
{
	if (c->began_ms <= 0 || c->began_ms > now_ms ||
	    now_ms - c->began_ms >= rules->window_ms ||
	    c->requests > BREAKER_COUNT_MAX || c->errors > c->requests ||
	    c->slow > c->requests)
		*c = (struct breaker_counts){ .began_ms = now_ms };
	if (c->requests == BREAKER_COUNT_MAX) {
		c->requests /= 2;
		c->errors /= 2;
		c->slow /= 2;
	}
}

static bool is_share(unsigned part, unsigned whole, unsigned percent)
{
	return percent > 0 && (uint64_t)part * 100 >= (uint64_t)whole * percent;
}

bool breaker_count(struct breaker_counts *c, const struct breaker_rules *rules,
    bool ok, int64_t latency_ms, int64_t now_ms)
{
	bound(c, rules, now_ms);
	c->requests++;
	c->errors += !ok;
	c->slow += latency_ms > rules->slow_ms;
	if (c->requests < rules->requests_min ||
	    (!is_share(c->errors, c->requests, rules->error_percent) &&
		!is_share(c->slow, c->requests, rules->slow_percent)))
		return false;
	*c = (struct breaker_counts){ .began_ms = now_ms };
	return true;
}

enum health_admit breaker_admits(const struct health *h,
    const struct breaker_rules *rules, int64_t now_ms, uint64_t random)
{
	enum health_admit admit = health_admits(h, now_ms);

	if (admit == HEALTH_ADMITS &&
	    random % HEALTH_SHARE_WHOLE >=
		health_share(h, &rules->rest, now_ms))
		return HEALTH_REFUSES;
	return admit;
}

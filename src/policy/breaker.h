/* When a whole pool is to be left alone for a while: too many of its requests
 * fail, or too many are slow.
 *
 * Counted in windows of a fixed length, judged as the counts come in.  "A
 * share of slow_percent is slower than slow_ms" is what others call a
 * quantile of the latency.  What follows is a struct health of the pool's own:
 * health_take_out() when it trips, then trials, then a growing share of the
 * requests (slow_start_ms), and longer times out where it trips again. */
#ifndef POLICY_BREAKER_H
#define POLICY_BREAKER_H

#include "policy/health.h"

struct breaker_rules {
	int64_t window_ms;
	unsigned requests_min;  /* fewer say nothing; at least 1 */
	unsigned error_percent; /* trips at this share; 0: not watched */
	unsigned slow_percent;  /* as above */
	int64_t slow_ms;
	struct health_rules rest; /* how long, how tried, how trusted */
};

#define BREAKER_COUNT_MAX 65535

/* All zero: nothing counted. */
struct breaker_counts {
	int64_t began_ms;
	unsigned requests; /* at most BREAKER_COUNT_MAX: then all are halved */
	unsigned errors;
	unsigned slow;
};

/* Counts one outcome; true: it trips, and the counts begin anew. */
bool breaker_count(struct breaker_counts *c, const struct breaker_rules *rules,
    bool ok, int64_t latency_ms, int64_t now_ms);

/* What the pool does with one request; random decides in slow start, when
 * only a share is let through and the others get the 503. */
enum health_admit breaker_admits(const struct health *h,
    const struct breaker_rules *rules, int64_t now_ms, uint64_t random);

#endif

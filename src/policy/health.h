/* Is a server to be trusted with a request?  Judged by how the requests that
 * it got came out.
 *
 *     GOOD   ->  OUT     fail_after failures within window_ms, each success
 *                        taking one back: a server that fails more often
 *                        than it answers goes out, one stray fault does not
 *     OUT    ->  TRIAL   its time is up and one request is let through
 *     TRIAL  ->  OUT     it failed: out for twice as long; or it came out
 *                        well, and the next trial may follow at once
 *     TRIAL  ->  GOOD    recover_after trials in a row came out well; its
 *                        share of the requests grows over slow_start_ms
 *
 * Only the trial's own outcome counts while a server is OUT or in TRIAL: what
 * was sent before says nothing new.
 *
 * The same machine serves the circuit breaker of a pool (policy/breaker.h).
 *
 * Values come from memory that many processes write, so health_bounded()
 * comes before anything else: times that lie too far ahead are over.  Times
 * are of one steady clock; random is 0..UINT64_MAX. */
#ifndef POLICY_HEALTH_H
#define POLICY_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#define HEALTH_FAILURES_MAX  63 /* fail_after is at most this */
#define HEALTH_SUCCESSES_MAX 15 /* recover_after is at most this */
#define HEALTH_LEVEL_MAX     15
#define HEALTH_SHARE_WHOLE   1000

struct health_rules {
	unsigned fail_after;    /* 0: never out */
	unsigned recover_after; /* 0 is 1 */
	int64_t window_ms;
	int64_t out_ms;        /* the first time out */
	int64_t out_max_ms;    /* the longest */
	int64_t trial_ms;      /* a trial without an outcome is over */
	int64_t slow_start_ms; /* 0: trusted at once */
};

enum health_state { HEALTH_GOOD, HEALTH_OUT, HEALTH_TRIAL };

/* All zero: good, and never was otherwise. */
struct health {
	enum health_state state;
	unsigned level;     /* how often in a row it was sent out */
	unsigned failures;  /* GOOD: in the window */
	unsigned successes; /* else: of trials, in a row */
	int64_t at_ms;      /* GOOD: the window began; OUT: the next trial;
			     * TRIAL: it is over */
	int64_t back_ms;    /* when it became GOOD again; 0: it always was */
};

enum health_admit {
	HEALTH_ADMITS,       /* any request */
	HEALTH_ADMITS_TRIAL, /* one, that calls health_try() first */
	HEALTH_REFUSES,
};

/* For the log, where the change is decided. */
enum health_change { HEALTH_SAME, HEALTH_WENT_OUT, HEALTH_CAME_BACK };

struct health health_bounded(
    struct health h, const struct health_rules *rules, int64_t now_ms);

enum health_admit health_admits(const struct health *h, int64_t now_ms);

/* How long until health_admits() says anything but no; 0: now. */
int64_t health_wait_ms(const struct health *h, int64_t now_ms);

/* Begins a trial; false where none is due: another was faster. */
bool health_try(
    struct health *h, const struct health_rules *rules, int64_t now_ms);

/* The outcome of one request; `trial`: it was the one of health_try(). */
enum health_change health_outcome(struct health *h,
    const struct health_rules *rules, bool ok, bool trial, int64_t now_ms,
    uint64_t random);

/* Out, whatever was counted. */
enum health_change health_take_out(struct health *h,
    const struct health_rules *rules, int64_t now_ms, uint64_t random);

/* Slow start: 100..HEALTH_SHARE_WHOLE of its weight, in thousandths. */
unsigned health_share(
    const struct health *h, const struct health_rules *rules, int64_t now_ms);

/* ---- what active probes say, a second judge ---- */

/* All zero: never probed, up. */
struct probed {
	bool down;
	unsigned run; /* results in a row that contradict `down` */
	int64_t at_ms;
};

/* fail_after bad ones in a row take it down, recover_after good ones up. */
enum health_change probed_outcome(struct probed *p,
    const struct health_rules *rules, bool ok, int64_t now_ms);

/* Down, and not so long ago that nobody can still be probing. */
bool probed_is_down(
    const struct probed *p, int64_t interval_ms, int64_t now_ms);

#endif

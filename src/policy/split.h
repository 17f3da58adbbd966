/* The share of requests that a rule with split takes, and the cookie by which
 * a visitor stays where the dice put them.
 *
 * A split of 0 or 100 asks neither dice nor cookie: the canary is gone, or
 * grown up. */
#ifndef POLICY_SPLIT_H
#define POLICY_SPLIT_H

#include "base/slice.h"

struct arena;
struct fields;
struct rule;

/* The names of our cookies start with it; no origin sees them. */
#define SPLIT_COOKIE "fingerpost-split-"

/* The roll that takes nothing: a request without the cookie goes on. */
#define SPLIT_ROLL_OUT UINT64_MAX

/* No more decisions than these are kept for one request. */
#define SPLIT_DECISIONS_MAX 8

struct split_decision {
	const struct rule *rule;
	struct slice prefix; /* public, of the path it was decided for */
	bool in;             /* the rule took the request */
	bool told;           /* by the cookie; else by the roll */
};

/* Is the split worth a decision, and so a cookie? */
bool split_decides(const struct rule *rule);

/* `roll` is random and the same for all rules of one request; rules decide
 * independently of each other.  `fields` may be NULL. */
struct split_decision split_decide(
    const struct rule *rule, uint64_t roll, const struct fields *fields);

/* "fingerpost-split-NAME": the section's name, bytes that no cookie's name
 * may hold as ".XX".  SLICE_NONE: the arena is spent. */
struct slice split_cookie_name(const struct rule *rule, struct arena *a);

/* The value of Set-Cookie; SLICE_NONE: the arena is spent. */
struct slice split_cookie(const struct split_decision *d, struct arena *a);

#endif

/* May a request that failed be sent again?  Never so that something is done
 * twice (RFC 9110 section 9.2.2), and never so often that retries become the
 * load that brings a pool down.
 *
 * While nothing was sent any method may go elsewhere; after that only an
 * idempotent one; content only while all of it can be sent again; and nothing
 * once the client has seen the beginning of a response. */
#ifndef POLICY_RETRY_H
#define POLICY_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "http/fault.h"

/* What became of one attempt. */
struct attempt {
	enum fault fault;    /* FAULT_NONE: there was a response */
	bool status_listed;  /* its status is one of retry_on */
	bool idempotent;     /* method_is_idempotent() */
	bool sent;           /* a byte of the request may have left us */
	bool reused;         /* over a connection kept from before */
	bool content_whole;  /* none, or all of it is in hand still */
	bool response_begun; /* the client has seen something of it */
	unsigned number;     /* 1 for the first */
};

enum retry {
	RETRY_YES,
	RETRY_NO_NEED,  /* nothing failed that retry_on speaks of */
	RETRY_NO_USE,   /* another server would do no better */
	RETRY_BEGUN,    /* the client has the beginning */
	RETRY_NOT_SAFE, /* it may have been done already */
	RETRY_CONTENT,  /* the content is no longer whole in hand */
	RETRY_ENOUGH,   /* `max` attempts were repeated */
	RETRY_N
};

/* `max` repetitions at most.  What is left to ask after RETRY_YES: the
 * budget, and whether a server is left (policy/pick.h). */
enum retry retry_may(const struct attempt *a, unsigned max);

/* Does the attempt speak against the server's health?  A kept connection that
 * was closed meanwhile does not, nor does what the client or we did. */
bool attempt_blames_server(const struct attempt *a);

/* May it be the same server once more, if there is no other?  A kept
 * connection that was closed says nothing of a new one. */
bool attempt_same_server(const struct attempt *a);

/* ---- the budget of a pool ---- */

#define BUDGET_TOKENS_MAX 1000

struct budget_rules {
	unsigned percent;     /* of the requests may be retries, */
	unsigned floor_per_s; /* and so many a second beyond that, */
	unsigned burst;       /* saved up to so many; at most
			       * BUDGET_TOKENS_MAX */
};

/* All zero: full.  Bounded on reading, as it lies in shared memory. */
struct budget {
	uint32_t tokens_milli;
	int64_t at_ms; /* what time brought is in it up to here */
};

/* Counts a request in: its share of a retry. */
void budget_request(
    struct budget *b, const struct budget_rules *rules, int64_t now_ms);

/* Takes one retry out; false: spent. */
bool budget_take(
    struct budget *b, const struct budget_rules *rules, int64_t now_ms);

#endif

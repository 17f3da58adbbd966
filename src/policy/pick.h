/* Which server of a pool gets the next request.
 *
 * Only those servers count that may have it: healthy, not tried before by the
 * same request, below their maximum, not draining.  Where some are left, the
 * method chooses among them; all methods keep to the weights:
 *
 *     ROUND_ROBIN        by a ticket, one a request from a counter that all
 *                        processes share: any sum-of-weights tickets in a row
 *                        give each server exactly its weight, mixed well.  No
 *                        state but the counter, so nothing is to be agreed on
 *                        when servers come and go; a process on its own may
 *                        begin anywhere
 *     LEAST_CONNECTIONS  the fewest requests under way for its weight; a tie
 *                        goes by ticket
 *     HASH               weighted rendezvous: when a server leaves, only its
 *                        own keys move, each to where its second best is
 *     RANDOM             two by chance, and of these the less busy one
 *
 * Two groups are asked one after the other: normal servers, then backups.  A
 * server whose trial is due (policy/health.h) counts among the healthy ones
 * for a request that may be repeated elsewhere, and else only as a last
 * resort.  Normal servers that are merely full are waited for: backups are
 * for when none is usable.
 *
 * A known session goes to its own server, draining or not, unless that one is
 * not healthy or was tried. */
#ifndef POLICY_PICK_H
#define POLICY_PICK_H

#include "base/slice.h"
#include "policy/health.h"

#define PICK_SERVERS_MAX 64
#define PICK_WEIGHT_MAX  1000
#define PICK_NO_SESSION  SIZE_MAX

enum pick_method {
	PICK_ROUND_ROBIN,
	PICK_LEAST_CONNECTIONS,
	PICK_HASH,
	PICK_RANDOM,
};

/* A server as it is known at this moment. */
struct pick_server {
	uint64_t id;        /* hash64() of its address */
	unsigned weight;    /* 1..PICK_WEIGHT_MAX; 0: none but sessions */
	unsigned share;     /* health_share(); above the whole is the whole */
	unsigned in_flight; /* requests under way */
	unsigned max;       /* at most so many; 0: any number */
	bool backup;
	bool drain;               /* known sessions only */
	bool tried;               /* by this request */
	enum health_admit admits; /* REFUSES too where probes say down */
	int64_t wait_ms; /* until it is tried again, where it REFUSES */
};

struct pick_request {
	enum pick_method method;
	uint64_t ticket; /* ROUND_ROBIN, LEAST_CONNECTIONS */
	uint64_t random; /* RANDOM */
	uint64_t key;    /* HASH */
	size_t session;  /* index of its server, or PICK_NO_SESSION */
	bool repeatable; /* should it fail, another server may have it */
};

enum pick_result {
	PICK_SERVER,
	PICK_FULL, /* all that are usable are at their maximum: queue */
	PICK_NONE, /* none is usable: 503 */
};

struct pick {
	enum pick_result result;
	size_t server;   /* PICK_SERVER: its index */
	bool trial;      /* it must win health_try() first, or pick again */
	int64_t wait_ms; /* PICK_NONE: until one may be usable, for
			  * Retry-After; -1: none will by waiting */
};

/* n above PICK_SERVERS_MAX is cut to it. */
struct pick pick_server(const struct pick_server *servers, size_t n,
    const struct pick_request *request);

/* The key of a client's address: all of IPv4, the first 64 bits of IPv6, as a
 * host changes the rest of its own accord; of anything else the text. */
uint64_t pick_key_of_address(struct slice address);

#endif

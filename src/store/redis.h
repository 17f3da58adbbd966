/* The store on a server that speaks the Redis protocol: for sites that have
 * outgrown one machine, all of whose machines share what they have fetched.
 *
 *	PREFIX:state     whose life it is, generations and purges: a hash
 *	PREFIX:e:KEY     the heads of the variants of a key: a hash
 *	PREFIX:b:ID:N    the N-th piece of a body, under a number that is used
 *	                 once
 *
 * Each change is one script there, so nobody sees half of it.  All but the
 * state expires by itself within a week, and what was replaced when readers
 * may be done with it.  How much room there is, and what goes first, is the
 * server's business (maxmemory).  It may forget anything at any time: with the
 * state all that was stored is lost, so no purge is ever forgotten.  For the
 * same reason nothing outlives the server's process, which might come back with
 * what it saved before a purge.
 *
 * The calls wait, but not for long: see redis_link.h.  Without an answer in
 * time nothing is found and nothing stored for a while, and then it is asked
 * again.  A body that is being read then is lost.
 *
 * store_show() and its like are not there: who waits for what another fetches
 * finds it when it is whole. */
#ifndef STORE_REDIS_H
#define STORE_REDIS_H

#include "conf/redis_url.h"
#include "store/store.h"

struct redis_plan {
	struct redis_url where;  /* copied */
	uint64_t max_body_bytes; /* of one entry; 1 GiB at most */
};

/* Waits for the server as long as for one call.  NULL: no memory.  Caller
 * frees.  After a fork each process that goes on using it has a connection of
 * its own. */
struct store *redis_open(const struct redis_plan *plan, int64_t now_ms);

#endif

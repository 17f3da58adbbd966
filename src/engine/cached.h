/* An exchange whose answer may come from the cache, or go into it: what is
 * stored is looked up, the origin is asked no more than is necessary, and what
 * comes is kept on its way out.
 *
 * For exchange.c and reply.c, which own the exchange. */
#ifndef ENGINE_CACHED_H
#define ENGINE_CACHED_H

#include <stdbool.h>

#include "base/flow.h"
#include "http/fault.h"

struct exchange;
struct fields;
struct response;

/* Once the route is known.  True: on to the origin.  False: answered, or
 * waiting for what another request fetches; exchange_forward() is called where
 * that comes to nothing. */
bool cached_begin(struct exchange *e);

/* The fields that go to the origin: with our questions about what is stored
 * in the place of the client's. */
void cached_ask(struct exchange *e, struct fields *upstream);

/* The head of a response that may be the client's.  False: it is not, and what
 * comes of it is dealt with here; *flow_out is what the transfer is told. */
bool cached_admits(
    struct exchange *e, const struct response *r, enum flow *flow_out);

/* Content of what was not admitted.  False: it was admitted. */
bool cached_takes(const struct exchange *e, enum flow *flow_out);

/* Its end.  True: the exchange goes on, or is over. */
bool cached_over(struct exchange *e);

/* The origin is asked anew, without any conditions. */
void cached_ask_whole(struct exchange *e);

/* What a request that changed something makes void, by whichever rule it goes,
 * a cached one or not: for unsafe methods, with the adapted head, where the
 * process has a cache. */
void cached_invalidate(struct exchange *e, const struct response *r);

/* What was admitted: what the origin said, before it is changed; and into the
 * chain's phase of the store. */
void cached_note_origin(struct exchange *e, const struct response *r);
void cached_push(struct exchange *e);

/* Nothing can be had from the origin.  True: answered from the store. */
bool cached_rescues(struct exchange *e, struct slice why);

/* The content comes from the store, and the front has room again.  False: it
 * comes from the chain. */
bool cached_drained(struct exchange *e);

/* Is the client behind what is stored, so that the chain goes on without it?
 * Also of exchanges that are not cached. */
bool cached_is_behind(const struct exchange *e);

/* The client has gone.  True: others want what is fetched, or it is nearly
 * here, and the exchange goes on without a client. */
bool cached_goes_on(struct exchange *e);

/* The exchange ends. */
void cached_leave(struct exchange *e);

#endif

/* An exchange whose origin is a pool: a server is chosen, asked, judged by
 * what comes of it, and where that is allowed another one is asked.
 *
 * For exchange.c and reply.c, which own the exchange. */
#ifndef ENGINE_ATTEMPT_H
#define ENGINE_ATTEMPT_H

#include "base/flow.h"
#include "base/slice.h"
#include "origin/transfer.h"

struct exchange;
struct response;

/* False: no memory. */
bool attempt_begin(struct exchange *e);

/* Chooses a server and asks it, now or when one has room; answers where none
 * will do. */
void attempt_fetch(struct exchange *e);

/* Asks the same server for e->upstream once more, as a request of its own. */
void attempt_repeat(struct exchange *e);

/* A response's head.  False: another server will be asked, and what comes of
 * this one is dealt with here; *flow_out is what the transfer is told. */
bool attempt_admits(
    struct exchange *e, const struct response *r, enum flow *flow_out);

/* Content of what was not admitted.  False: it was admitted. */
bool attempt_takes(const struct exchange *e, enum flow *flow_out);

/* The transfer is over, by itself or because we gave up.  True: the exchange
 * goes on elsewhere. */
bool attempt_over(
    struct exchange *e, enum fault fault, struct transfer_trail trail);

/* The cookie that keeps the visitor's session at this server, for
 * Set-Cookie; or empty.  SLICE_NONE: the arena is spent. */
struct slice attempt_cookie(const struct exchange *e);

/* The exchange ends. */
void attempt_leave(struct exchange *e);

#endif

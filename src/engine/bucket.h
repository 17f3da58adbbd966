/* An exchange whose origin is a bucket: asking for one object after the other
 * as policy/s3_site.h says, each asking signed.
 *
 * For exchange.c and reply.c, which own the exchange. */
#ifndef ENGINE_BUCKET_H
#define ENGINE_BUCKET_H

#include "base/flow.h"
#include "base/slice.h"
#include "http/fault.h"
#include "origin/transfer.h"

struct exchange;
struct response;

/* Decides what is to be asked for first; answers where the bucket need not be
 * asked.  False: it has, and the exchange is over. */
bool bucket_begin(struct exchange *e);

/* Asks, once there are credentials. */
void bucket_fetch(struct exchange *e);

/* The same once more from the start, without Range. */
void bucket_fetch_whole(struct exchange *e);

/* A response's head.  True: the response is the client's.  False: it is
 * dealt with here, and so are its content and its end; *flow_out is what the
 * transfer is told. */
bool bucket_admits(struct exchange *e, struct response *r, enum flow *flow_out);

/* Content and end of what was not admitted.  False: it was admitted. */
bool bucket_takes(struct exchange *e, struct slice bytes, enum flow *flow_out);
bool bucket_done(
    struct exchange *e, enum fault fault, struct transfer_trail trail);

/* The exchange ends. */
void bucket_leave(struct exchange *e);

#endif

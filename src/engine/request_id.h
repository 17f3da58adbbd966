/* Request ids: what ties log lines of the web server, ours and the origin's
 * together.  A client's own X-Request-ID is kept where it is harmless. */
#ifndef ENGINE_REQUEST_ID_H
#define ENGINE_REQUEST_ID_H

#include "base/slice.h"

struct arena;

struct request_ids {
	uint64_t prefix; /* random, of this process */
	uint64_t next;
	uint64_t rolls;
};

struct request_ids request_ids_new(void);

/* 32 hexadecimal digits in the arena, or the client's where usable;
 * SLICE_NONE: no memory. */
struct slice request_id(
    struct request_ids *ids, struct slice from_client, struct arena *a);

/* The next random number: cheap, and no secret. */
uint64_t request_roll(struct request_ids *ids);

#endif

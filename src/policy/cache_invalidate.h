/* What a request that changed something makes of what is stored (RFC 9111
 * section 4.4). */
#ifndef POLICY_CACHE_INVALIDATE_H
#define POLICY_CACHE_INVALIDATE_H

#include "base/slice.h"

struct arena;
struct request;
struct response;

/* The target itself, Location and Content-Location. */
#define CACHE_INVALID_MAX 3

struct cache_invalid {
	/* Targets of the request's own scheme and authority: path and query,
	 * as they stand in cache keys, in the words of whoever wrote them. */
	struct slice targets[CACHE_INVALID_MAX];
	size_t n;
};

/* What is to be invalidated now that this response has come, in all its
 * variants, and whatever the rule that stored it: n is 0 for safe methods and
 * for errors.  The response is adapted: its URLs are public.  Other origins'
 * URLs are never among them.  False: arena spent; the target is still there. */
bool cache_invalidated(const struct request *request,
    const struct response *response, struct arena *a,
    struct cache_invalid *invalid_out);

#endif

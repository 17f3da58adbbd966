/* Cache-Status: what the cache did, for those who read heads (RFC 9211). */
#ifndef POLICY_CACHE_STATUS_H
#define POLICY_CACHE_STATUS_H

#include "policy/cache_reuse.h"

struct response;

struct cache_status {
	struct slice cache;         /* our name; any bytes */
	enum cache_forward forward; /* CACHE_HIT: served from the store */
	int status;    /* the origin's, where it is not the response's; 0: the
			* same, or not asked */
	bool ttl;      /* is there one: stored, or a hit? */
	int64_t ttl_s; /* left; negative: stale for so long */
	bool stored;
	bool collapsed;
	struct slice detail; /* a token or any text; or empty */
};

/* Appends our member behind those of caches nearer to the origin.  The cache
 * key is left out: it names what is behind us.  A response that we made
 * ourselves gets none (section 2).  False: arena spent. */
bool cache_status_add(
    struct response *r, const struct cache_status *status, struct arena *a);

/* The same for a verdict, before a fetch's outcome is known. */
struct cache_status cache_status_of(
    struct slice cache, const struct cache_verdict *verdict);

#endif

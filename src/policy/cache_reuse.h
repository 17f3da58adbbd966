/* What becomes of a request, in view of what is stored (RFC 9111 sections 4,
 * 4.2.4 and 5.2.1; RFC 5861).  Says why in the words of RFC 9211. */
#ifndef POLICY_CACHE_REUSE_H
#define POLICY_CACHE_REUSE_H

#include "policy/cache.h"

struct arena;
struct request;

enum cache_use {
	CACHE_SERVE,                  /* answer from the store */
	CACHE_SERVE_STALE_REVALIDATE, /* the same, and validate afterwards */
	CACHE_VALIDATE,    /* ask the origin whether it still holds */
	CACHE_FETCH,       /* ask the origin; nothing stored is of use */
	CACHE_UNAVAILABLE, /* 504: only-if-cached, and there is nothing */
};

/* RFC 9211 section 2.2. */
enum cache_forward {
	CACHE_HIT,
	CACHE_FORWARD_BYPASS,
	CACHE_FORWARD_METHOD,
	CACHE_FORWARD_URI_MISS,
	CACHE_FORWARD_VARY_MISS,
	CACHE_FORWARD_REQUEST,
	CACHE_FORWARD_STALE,
	CACHE_FORWARD_PARTIAL,
	CACHE_FORWARD_N
};

struct cache_verdict {
	enum cache_use use;
	enum cache_forward forward;
	const struct cache_stored *stored; /* NULL: none is selected */
	uint32_t matches;    /* a bit for each candidate that is selected by
			      * the request: those a 304 may be about */
	int64_t ttl_s;       /* of stored, now */
	int64_t age_s;       /* the same */
	struct slice detail; /* a token, or empty */
};

/* Candidates are what is stored under the request's cache key, at most
 * CACHE_CANDIDATES_MAX. */
struct cache_verdict cache_reuse(const struct request *request,
    const struct cache_stored *candidates, size_t n,
    const struct cache_rules *rules, int64_t now_s, struct arena *a);

/* Does a request have conditions that only the origin can judge, If-Match or
 * If-Unmodified-Since? */
bool cache_is_for_origin(const struct request *request);

/* The origin does not answer, or with one of the statuses that
 * cache_is_error() knows: may what was to be validated be served as it is?
 * Only where the response, the rule or the request has stale-if-error; that
 * holds for what is fresh, too, and was to be validated for its client's
 * max-age or min-fresh. */
bool cache_serves_on_error(const struct cache_stored *stored,
    const struct request *request, const struct cache_rules *rules,
    int64_t now_s);

/* 500, 502, 503, 504: RFC 5861 section 4. */
bool cache_is_error(int status);

#endif

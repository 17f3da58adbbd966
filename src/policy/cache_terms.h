/* How long a response is fresh, how old it is, and how long it may be stale
 * (RFC 9111 section 4.2, RFC 5861, RFC 9213).  Reads no clock. */
#ifndef POLICY_CACHE_TERMS_H
#define POLICY_CACHE_TERMS_H

#include "http/directives.h"
#include "policy/cache.h"

struct response;

/* When the request was sent and when the head of its response came. */
struct cache_times {
	int64_t requested_s;
	int64_t received_s;
};

/* The directives that count: the surrogate's, those of the first targeted
 * field that is valid, or Cache-Control's.  *targeted_out: it is none of the
 * latter, and Expires does not count either. */
struct directives cache_directives(const struct fields *response,
    const struct cache_rules *rules, bool *targeted_out);

/* Of a response that was stored, or validated, just now. */
struct cache_terms cache_terms(const struct response *response,
    struct cache_times times, const struct cache_rules *rules);

/* Statuses that may be given a lifetime where nobody says one: RFC 9110
 * section 15.1. */
bool cache_status_is_heuristic(int status);

/* current_age, 0 to DELTA_MAX.  Where the clock says that the response is yet
 * to come it has stepped: by a minute, and no time has passed; by more, and
 * the age is unknown and DELTA_MAX. */
int64_t cache_age(const struct cache_terms *t, int64_t now_s);

/* Seconds of freshness left; negative: of staleness. */
int64_t cache_ttl(const struct cache_terms *t, int64_t now_s);

#endif

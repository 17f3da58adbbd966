/* May a response be stored, and what of its head (RFC 9111 section 3)? */
#ifndef POLICY_CACHE_STORE_H
#define POLICY_CACHE_STORE_H

#include "policy/cache.h"

struct arena;
struct request;
struct response;

enum cache_refusal {
	CACHE_STORABLE,
	CACHE_REFUSED_METHOD,
	CACHE_REFUSED_STATUS,
	CACHE_REFUSED_REQUEST, /* its no-store */
	CACHE_REFUSED_NO_STORE,
	CACHE_REFUSED_PRIVATE,
	CACHE_REFUSED_AUTHORIZATION,
	CACHE_REFUSED_SET_COOKIE,
	CACHE_REFUSED_VARY,
	CACHE_REFUSED_RANGE,     /* a part that nothing can be done with */
	CACHE_REFUSED_CONDITION, /* 304, 412, 416: about the request alone */
	CACHE_REFUSED_STALE, /* neither fresh for a second nor to be validated
			      */
	CACHE_REFUSED_N
};

/* For Cache-Status' detail and the log. */
struct slice cache_refusal_token(enum cache_refusal refusal);

/* Will it be so the next time, whoever asks?  Then nobody need wait for such
 * an answer, and what is stored is no longer what the origin gives (section
 * 4.3.3). */
bool cache_refusal_lasts(enum cache_refusal refusal);

/* The response as it is to be stored: adapted, coded, hop-by-hop fields gone.
 * `terms` are cache_terms() of it. */
enum cache_refusal cache_storable(const struct request *request,
    const struct response *response, const struct cache_terms *terms,
    const struct cache_rules *rules);

/* The fields to store: without those of the connection and of proxies, what
 * private="..." and no-cache="..." name (section 3.1), Age, Content-Length,
 * and Surrogate-Control where it was for us; with a Date.  False: arena
 * spent. */
bool cache_store_head(const struct response *response,
    const struct cache_terms *terms, const struct cache_rules *rules,
    struct arena *a, struct fields *fields_out);

#endif

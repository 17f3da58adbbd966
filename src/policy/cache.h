/* What a shared cache knows of a stored response, and what a rule wants of
 * the cache (RFC 9111).  The decisions are in cache_terms.h (how long), cache_
 * store.h (may it be kept), cache_reuse.h (may it answer), cache_vary.h (which
 * one), cache_validate.h (asking again), cache_answer.h (the answer),
 * cache_partial.h and cache_invalidate.h.
 *
 * All times are seconds since 1970, as some clock had them: they may step. */
#ifndef POLICY_CACHE_H
#define POLICY_CACHE_H

#include "http/range.h"

struct fields;
struct rule;

/* No stored responses under one key are looked at beyond these. */
#define CACHE_CANDIDATES_MAX 16

struct cache_rules {
	/* Lifetime of a response of this status that says nothing about its
	 * own; -1: none. */
	int64_t ttl_s;
	bool ttl_overrides; /* also of what does; never of no-store, private
			     * and no-cache */

	/* Where the response says nothing of the kind; 0: not stale. */
	int64_t stale_if_error_s;
	int64_t stale_while_revalidate_s;

	bool heuristic;          /* a tenth of the age of Last-Modified */
	int64_t heuristic_max_s; /* at most */

	bool heed_reload; /* requests may ask for fresher than fresh */

	/* Fields that stand for Cache-Control, the first first: RFC 9213. */
	const struct slice *targets;
	size_t target_n;
	bool surrogate; /* Surrogate-Control before all of them */

	/* Content codings that stored responses may have: those we make, and
	 * those that origins may be asked for. */
	const struct slice *codings;
	size_t coding_n;

	/* Whose fields the origin gets beside the client's; NULL: nobody's. */
	const struct rule *rule;
};

/* No ttl, no staleness but the response's own, heuristics of a day at most,
 * requests heeded, CDN-Cache-Control, gzip. */
struct cache_rules cache_rules_default(void);

/* Whence a lifetime is. */
enum cache_source {
	CACHE_SOURCE_NONE, /* it has none: stale from the start */
	CACHE_SOURCE_S_MAXAGE,
	CACHE_SOURCE_MAX_AGE,
	CACHE_SOURCE_EXPIRES,
	CACHE_SOURCE_HEURISTIC,
	CACHE_SOURCE_RULE,
};

/* What a stored response is good for and how long: numbers to be stored with
 * it, or made anew from its head with cache_terms(). */
struct cache_terms {
	int64_t lifetime_s;
	int64_t initial_age_s; /* corrected_initial_age, section 4.2.3 */
	int64_t received_s;    /* response_time */
	int64_t date_s;        /* Date, or received_s */
	int64_t stale_while_revalidate_s;
	int64_t stale_if_error_s;
	enum cache_source source;
	bool validate;  /* no-cache: it never answers unvalidated */
	bool strict;    /* must-revalidate: it is never stale */
	bool max_stale; /* a client may ask for it stale */
};

/* A stored response as the decisions see it; all borrowed. */
struct cache_stored {
	int status;
	const struct fields *fields; /* as cache_store_head() left them */
	struct slice vary_key;       /* cache_vary_key() when it was stored */
	struct cache_terms terms;

	int64_t length; /* bytes of the stored content, or LENGTH_UNKNOWN */

	/* What the origin says of it, where rewriting and coding changed that;
	 * the tag is empty, the length unknown, where the fields hold it. */
	struct slice origin_tag;
	int64_t origin_length;
	bool rewritten; /* the content is not the origin's, its coding apart */
	bool coded;     /* its coding is ours */

	/* Of a 206. */
	bool partial;
	struct byte_range held;
	int64_t whole_length;
};

#endif

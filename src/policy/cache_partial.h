/* Parts of a representation, kept until they are one (RFC 9111 sections 3.3
 * and 3.4; RFC 9110 section 15.3.7.3). */
#ifndef POLICY_CACHE_PARTIAL_H
#define POLICY_CACHE_PARTIAL_H

#include "policy/cache.h"

struct response;

enum cache_join {
	CACHE_JOIN_NOT,     /* another representation, or a gap between: the
			     * newer takes the older's place */
	CACHE_JOIN_PART,    /* one part: union_out */
	CACHE_JOIN_WHOLE,   /* everything: a 200 from now on */
	CACHE_JOIN_NOTHING, /* all of it is there already */
};

/* A stored part, or what is left of a whole that broke off, and a 206 that has
 * come.  Joined only where both have the same strong tag, length and coding.
 * In any case but NOT, cache_update() brings the head up to date, and of bytes
 * that both have the stored ones stay: they are the same. */
enum cache_join cache_join(const struct cache_stored *stored,
    const struct response *part, struct byte_range *union_out);

#endif

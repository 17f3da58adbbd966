/* The answer that a stored response gives: whole, 304, a part, several, or 416
 * (RFC 9111 sections 4, 4.3.2 and 5.1; RFC 9110 sections 13.2.2 and 14.2). */
#ifndef POLICY_CACHE_ANSWER_H
#define POLICY_CACHE_ANSWER_H

#include "http/message.h"
#include "policy/cache.h"

struct arena;

enum cache_answer {
	CACHE_ANSWER_WHOLE,
	CACHE_ANSWER_NO_CONTENT, /* 304 or 416 */
	CACHE_ANSWER_PART,       /* the one range */
	CACHE_ANSWER_PARTS, /* multipart/byteranges, range_part_begin() before
			     * each, range_parts_end() behind the last */
};

/* Makes the head; Content-Length is response_out->content_length.  `boundary`
 * is for several parts, and must not occur in the content: random, 16 bytes
 * or more.  Ranges are of the stored content; for a stored part they are of
 * the whole, and within stored->held.  `now_s` gives Age.
 *
 * Several parts of what has a Content-Encoding are answered with the whole.
 * False: the arena is spent, or a part does not hold what is asked for, which
 * cache_reuse() never lets come here. */
bool cache_answer(const struct request *request,
    const struct cache_stored *stored, struct slice boundary, int64_t now_s,
    struct arena *a, enum cache_answer *answer_out,
    struct response *response_out, struct byte_ranges *ranges_out);

#endif

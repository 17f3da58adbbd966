/* Preconditions: is this request to be performed, in view of what there is
 * (RFC 9110 section 13)?  And entity-tags, which they compare. */
#ifndef HTTP_PRECONDITION_H
#define HTTP_PRECONDITION_H

#include "base/slice.h"

struct fields;

/* Takes the next entity-tag of an If-Match or If-None-Match value off *rest,
 * with quotes and W/; "*" comes as it is, and so does a tag that somebody left
 * without quotes.  False at the end. */
bool tag_next(struct slice *rest, struct slice *tag_out);

/* Section 8.8.3.2.  What has no quotes is never strong. */
bool tag_is_strong(struct slice tag);
bool tag_equal_strong(struct slice a, struct slice b);
bool tag_equal_weak(struct slice a, struct slice b);

/* What validates a representation. */
struct validators {
	struct slice tag;   /* or empty */
	bool modified;      /* is there a date of modification? */
	int64_t modified_s; /* since 1970 */
	int64_t date_s;     /* when the response was made */
};

/* Those of a response's fields.  received_s stands in for a Date that is not
 * there. */
struct validators validators_of(const struct fields *f, int64_t received_s);

/* Has a request any field that begins with If-?  Without one every condition
 * holds, whatever the validators. */
bool precondition_asked(const struct fields *request);

enum precondition {
	PRECONDITION_HOLDS,
	PRECONDITION_NOT_MODIFIED, /* 304 */
	PRECONDITION_FAILED,       /* 412 */
};

/* Section 13.2.2, steps 1 to 4, against an existing representation.  Where
 * there is no modification date and `cache` says that If-Modified-Since is
 * asked of a stored response, its Date counts (RFC 9111 section 4.3.2). */
enum precondition precondition_evaluate(struct slice method,
    const struct fields *request, const struct validators *v, bool cache,
    int64_t now_s);

/* Step 5: may Range be heeded?  True where there is no If-Range. */
bool precondition_range(
    const struct fields *request, const struct validators *v, int64_t now_s);

#endif

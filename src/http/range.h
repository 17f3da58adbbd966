/* Ranges of bytes (RFC 9110 section 14): Range read against a length,
 * Content-Range read and written. */
#ifndef HTTP_RANGE_H
#define HTTP_RANGE_H

#include "base/slice.h"

struct text;

/* Both among them; last >= first >= 0. */
struct byte_range {
	int64_t first;
	int64_t last;
};

/* More ranges in one request than this are nobody's who means well: the
 * field is ignored. */
#define RANGES_MAX 32

struct byte_ranges {
	struct byte_range at[RANGES_MAX];
	size_t n;
};

enum range_verdict {
	RANGE_WHOLE,         /* no Range that we know: send everything */
	RANGE_PARTS,         /* 206 with these */
	RANGE_UNSATISFIABLE, /* 416 */
};

/* What is asked for of `length` bytes, in the order asked for; unless two of
 * the ranges overlap or nearly touch: then in ascending order, joined (section
 * 14.2).
 * Absent: SLICE_NONE. */
enum range_verdict ranges_read(
    struct slice value, int64_t length, struct byte_ranges *ranges_out);

#define CONTENT_RANGE_UNKNOWN INT64_C(-1)

struct content_range {
	struct byte_range range; /* of a 206; both -1 for "bytes X/LENGTH" of
				  * a 416 */
	int64_t length;          /* or CONTENT_RANGE_UNKNOWN */
};

/* Section 14.4; false where it is no range of bytes, or not a valid one. */
bool content_range_read(
    struct slice value, struct content_range *content_range_out);

/* "bytes 0-9/100"; with a range of -1, "bytes" blank star "/100". */
void content_range_write(const struct content_range *c, struct text *t);

/* Bytes of every range together. */
int64_t ranges_bytes(const struct byte_ranges *r);

/* What stands before a part of multipart/byteranges (section 14.6), and after
 * the last one.  `type` may be empty. */
void range_part_begin(const struct byte_range *range, int64_t length,
    struct slice boundary, struct slice type, struct text *t);
void range_parts_end(struct slice boundary, struct text *t);

#endif

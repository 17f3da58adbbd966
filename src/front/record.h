/* FastCGI records on the wire (FastCGI specification 1.0, section 3.3): a
 * codec without I/O that takes any fragmentation. */
#ifndef FRONT_RECORD_H
#define FRONT_RECORD_H

#include "base/slice.h"

#define RECORD_HEAD_BYTES    8
#define RECORD_CONTENT_BYTES 0xffff

/* Zeroed is ready for the first record. */
struct record_reader {
	unsigned char head[RECORD_HEAD_BYTES];
	unsigned head_len;
	size_t content_left;
	size_t padding_left;
	uint8_t type;
	uint16_t id;
	size_t content_len; /* of the record as a whole */
};

enum record_event {
	RECORD_MORE,    /* input is used up */
	RECORD_BEGIN,   /* type, id and content_len are known */
	RECORD_CONTENT, /* a piece of content, at least one byte */
	RECORD_END,     /* content and padding are complete */
	RECORD_BROKEN,  /* not FastCGI version 1: close */
};

/* The next event in *input, which it advances. */
enum record_event record_next(
    struct record_reader *r, struct slice *input, struct slice *content_out);

/* Writes a record's head. */
void record_head(unsigned char to[RECORD_HEAD_BYTES], uint8_t type, uint16_t id,
    size_t content_len, size_t padding_len);

#endif

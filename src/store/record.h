/* The head of a stored response as bytes, in front of its body: everything
 * that is needed to find it right, to answer with it and to throw it away,
 * so that an entry stands for itself and losing it loses nothing else.
 *
 * Fixed words, then counted strings, all numbers lowest byte first:
 *
 *	 0  magic             32  body_bytes    80  flags (4)
 *	 8  version (4)       40  body_sum      84  status (4)
 *	12  head_bytes (4)    48  boot          88  fields, n (4)
 *	16  sum               56  request_ms    92  selectors, n (4)
 *	24  body_at (4)       64  response_ms   96  tags, n (4)
 *	28  0 (4)             72  generation   100  0 (4)
 *
 * and from 104 on key, variant, note, fields, selectors and tags.
 *
 * The sum is of all bytes from 24 to head_bytes.  The body begins at body_at,
 * behind some slack, so that a head that grew a little when it was validated
 * can be written in place.  It is aligned to a cache line and not to a page:
 * sending from the page cache asks for neither, and a page for each of a
 * million entries would be 4 GB.
 *
 * Pure.  What was read points into the bytes it was read from. */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "conf/conf.h"
#include "http/field.h"

struct arena;

#define RECORD_FIXED 104u
#define RECORD_ALIGN 64u
#define RECORD_SLACK 256u

/* A larger head is not stored. */
#define RECORD_HEAD_MAX (128u * 1024u)
#define RECORD_TAGS_MAX 128u

struct record {
	struct slice key;        /* of the request; never empty */
	struct slice variant;    /* of what Vary names; empty: without Vary */
	struct slice note;       /* the caller's own, any bytes; may be empty */
	struct fields selectors; /* the request fields it was selected by */
	int status;
	struct fields fields; /* of the response */
	struct slice_list tags;
	int64_t request_ms;  /* when it was asked for, and when it came; */
	int64_t response_ms; /* the wall clock (RFC 9111 section 4.2.3) */
	uint32_t flags;      /* the caller's; 0 where it has none */

	uint64_t generation; /* struct store_found's mark */

	/* The rest is the store's: a caller who stores leaves it zero. */
	uint64_t body_bytes;
	uint64_t body_sum; /* struct sum of the body */
	uint64_t boot;     /* of the system, when it was written */
	uint32_t body_at;
};

/* Where the body of a new entry with this head begins; 0 where the head has
 * too much of anything. */
uint32_t record_body_at(const struct record *r);

/* All body_at bytes of the head into at; r->body_at says how many.  False
 * where the head does not fit below that. */
bool record_write(const struct record *r, char *at);

/* Puts what is known only behind the body into a head that was written. */
void record_finish(char *at, uint64_t body_bytes, uint64_t body_sum);

/* Says of a head that was written or read that it is of this boot now. */
void record_stamp(char *at, uint64_t boot);

enum record_read {
	RECORD_WHOLE,
	RECORD_MORE,   /* *need_out bytes of it are needed */
	RECORD_BROKEN, /* no record, another version's, or garbled */
};

/* Any bytes.  The record is complete only where it is RECORD_WHOLE; fields
 * and tags are in the arena, and a spent arena is RECORD_BROKEN too.  *need_out
 * is set with RECORD_MORE, and never above RECORD_HEAD_MAX. */
enum record_read record_read(struct slice bytes, struct arena *a,
    struct record *record_out, size_t *need_out);

#endif

/* Decoding a body that arrives compressed: gzip of one or more members, zlib,
 * and the raw deflate that some origins send for "deflate" (RFC 9110 section
 * 8.4.1).  What comes out may be a thousand times what went in: the sink
 * keeps its input while the next one is full, so memory stays bounded.
 *
 * The first two bytes tell the formats apart.  Bytes behind the last member
 * that start no other are dropped, zero padding or not: gzip(1) and browsers
 * do so.  No content at all is no fault: the answer to HEAD has none. */
#ifndef FILTER_GUNZIP_H
#define FILTER_GUNZIP_H

#include "filter/sink.h"

struct arena;

/* Is this all of Content-Encoding, and one that we decode?  "gzip", "x-gzip"
 * or "deflate" without regard to case; a list of codings is not. */
bool gunzip_takes(struct slice content_coding);

/* A sink of PHASE_DECODE, taken from the arena; not for a 206, whose content
 * is a piece of the coded bytes.  `begin` makes the head speak of the plain
 * bytes.  A body broken or cut short is FAULT_HTTP_RESPONSE_CONTENT_CODING.
 * `end` answers FLOW_FULL where it waits for `resume` to work off what was
 * kept back; a fault does not wait, what was kept is lost then.
 * NULL: no memory. */
struct sink *gunzip_new(struct arena *a);

#endif

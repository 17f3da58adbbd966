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

/* A sink of PHASE_DECODE, taken from the arena; not for a 206, whose content
 * is a piece of the coded bytes.  `deflate`: the coding may be without a
 * frame.  The head must speak of the plain bytes already.  A body broken or cut
 * short is FAULT_HTTP_RESPONSE_CONTENT_CODING. `end` answers FLOW_FULL where it
 * waits for `resume` to work off what was kept back; a fault does not wait,
 * what was kept is lost then. NULL: no memory. */
struct sink *gunzip_new(struct arena *a, bool deflate);

#endif

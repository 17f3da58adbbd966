/* Streaming gzip (RFC 1952), and its streams kept for the next response.
 *
 * A deflate stream costs more to set up than 16 KiB cost to compress, so a
 * worker keeps a few and resets them. */
#ifndef FILTER_GZIP_H
#define FILTER_GZIP_H

#include "filter/sink.h"

struct arena;
struct gzip_pool;

/* NULL: no memory. */
struct gzip_pool *gzip_pool_new(void);
void gzip_pool_free(struct gzip_pool *p); /* accepts NULL */

/* Gives back what is kept for the next responses. */
void gzip_pool_trim(struct gzip_pool *p);

/* A sink of PHASE_ENCODE, level 1..9, taken from the arena; the pool must
 * outlive it.  `begin` makes the head say what follows from the coding.
 * NULL: no memory. */
struct sink *gzip_new(struct gzip_pool *p, struct arena *a, int level);

#endif

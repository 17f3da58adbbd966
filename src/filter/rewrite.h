/* Puts a rewriter into the chain: content goes in as it comes, what the
 * rewriter makes of it goes on at the end of each write.
 *
 * Nothing is kept back because the next sink is full: a rewriter makes little
 * more of what it is given, so that one write grows by a small factor at most
 * before its sender is told to wait.  The head passes unchanged; what follows
 * from rewriting for a length, a tag or a digest is decided in policy/. */
#ifndef FILTER_REWRITE_H
#define FILTER_REWRITE_H

#include "filter/rewriter.h"
#include "filter/sink.h"

struct arena;

/* Makes the rewriter that the sink is to carry, with out as its outlet; NULL:
 * the arena is spent.  Called once, from within rewrite_new(). */
typedef struct rewriter *rewrite_make(void *user, struct outlet out);

/* A sink of PHASE_REWRITE, taken from the arena.  A body that ends with a
 * fault is not finished: the few bytes that the rewriter held back of it are
 * dropped, and the break shows.  NULL: the arena is spent. */
struct sink *rewrite_new(struct arena *a, rewrite_make *make, void *user);

/* What the rewriter has met so far (REWRITER_INTEGRITY and its like). */
unsigned rewrite_hints(const struct sink *s);

#endif

/* A rewriter run on the same bytes whole, cut in two at every place, and byte
 * by byte. */
#ifndef TESTS_UNIT_FILTER_PIECES_H
#define TESTS_UNIT_FILTER_PIECES_H

#include "base/arena.h"
#include "base/text.h"
#include "filter/rewriter.h"
#include "policy/mapping.h"

/* How a rewriter is made; `how` is the test's own. */
typedef struct rewriter *pieces_make(
    struct arena *a, const void *how, struct outlet out);

/* An outlet that adds to a text, new bytes and old. */
struct outlet pieces_into(struct text *t);

/* The output for `in`, fed in pieces of `size` bytes behind a first one of
 * `first`.  In the arena. */
struct slice pieces_run(pieces_make *make, const void *how, struct slice in,
    size_t first, size_t size, struct arena *a);

/* Fails the test where an output is not `want`. */
void pieces_check(
    pieces_make *make, const void *how, struct slice in, struct slice want);

/* Bytes of the alphabet's words, the same for the same seed. */
struct slice pieces_random(const struct slice *words, size_t n, size_t pieces,
    uint32_t seed, struct arena *a);

#endif

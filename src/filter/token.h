/* The base-path token: a component that computes URLs in scripts writes
 * MAPPING_TOKEN where its prefix belongs, and this puts the prefix (mapping.to,
 * "" at the root) in its place.  Nothing else changes: JavaScript is not
 * parsed.  What could end a string there is percent-encoded. */
#ifndef FILTER_TOKEN_H
#define FILTER_TOKEN_H

#include "filter/rewriter.h"

struct arena;
struct mapping;

/* NULL: the arena is spent. */
struct rewriter *token_new(
    struct arena *a, const struct mapping *m, struct outlet out);

#endif

/* Puts bytes before the content, behind its UTF-8 byte-order mark if it has
 * one, and passes the rest.  Content that is empty gets them, too. */
#ifndef FILTER_PROLOGUE_H
#define FILTER_PROLOGUE_H

#include "filter/rewriter.h"

struct arena;

/* `bytes` outlives the rewriter.  NULL: the arena is spent. */
struct rewriter *prologue_new(
    struct arena *a, struct slice bytes, struct outlet out);

#endif

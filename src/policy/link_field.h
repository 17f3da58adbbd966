/* The Link field (RFC 8288 section 3): the target of each link, and the URLs
 * in its parameters `anchor` and `imagesrcset`, mapped; all other bytes as
 * they were.  Read as appendix B of the RFC does; what is no link by it stays,
 * and does not keep those behind it from being read. */
#ifndef POLICY_LINK_FIELD_H
#define POLICY_LINK_FIELD_H

#include "base/slice.h"

struct arena;
struct mapping;

/* The value itself where nothing changes; SLICE_NONE: the arena is spent. */
struct slice link_adapt(
    const struct mapping *m, struct slice value, struct arena *a);

#endif

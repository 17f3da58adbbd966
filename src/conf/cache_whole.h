/* [cache] and the routes that use it, once both are read. */
#ifndef CONF_CACHE_WHOLE_H
#define CONF_CACHE_WHOLE_H

#include "base/slice.h"

struct arena;
struct findings;
struct lint_section;
struct rule;
struct storage;

/* Contradictions in [cache].  Makes path absolute or relative to `folder`, as
 * the other files of the rules, with a NUL behind it, and no limit that is not
 * written larger than max_size.  `published`: everyone may read the file that
 * the section is in.  False: the arena is spent. */
bool cache_storage_whole(struct storage *storage, const struct lint_section *s,
    struct slice folder, bool published, struct arena *a, struct findings *f);

/* What a route says of the cache against all else that it says. */
void cache_route_check(
    const struct rule *rule, const struct lint_section *s, struct findings *f);

/* A store that no route uses, or a route without one. */
void cache_whole(const struct rule *rules, size_t n,
    const struct storage *storage, struct findings *f);

#endif

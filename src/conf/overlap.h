/* Rules of which one could never be reached, because another has the same
 * host and path. */
#ifndef CONF_OVERLAP_H
#define CONF_OVERLAP_H

#include <stdbool.h>

struct arena;
struct conf;
struct findings;

/* One fault a pair of rules.  False: the arena is spent. */
bool overlap_find(const struct conf *c, struct arena *a, struct findings *f);

#endif

/* Rules of which one could never be reached, because another has the same
 * host and path and takes all that it would: a fault where neither has
 * conditions, else a warning.  And the order in which such rules are asked. */
#ifndef CONF_OVERLAP_H
#define CONF_OVERLAP_H

#include <stdbool.h>

struct arena;
struct conf;
struct findings;
struct rule;

/* More rules than these on one host and path are a fault. */
#define OVERLAP_RULES_MAX  64
#define OVERLAP_SPLITS_MAX 8

/* Rules on one path are asked by rank, then in the order of the file: first
 * those with conditions, then those with a split alone, then the others. */
unsigned overlap_rank(const struct rule *rule);

/* One finding a rule and cause.  False: the arena is spent. */
bool overlap_find(const struct conf *c, struct arena *a, struct findings *f);

#endif

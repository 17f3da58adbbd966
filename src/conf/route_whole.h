/* What the keys of one route say together, once all are read. */
#ifndef CONF_ROUTE_WHOLE_H
#define CONF_ROUTE_WHOLE_H

#include <stdbool.h>

struct arena;
struct findings;
struct lint_section;
struct rule;

/* Takes the header values to pieces; a finding for each contradiction.
 * False: the arena is spent. */
bool route_whole(struct rule *rule, const struct lint_section *s,
    struct arena *a, struct findings *f);

#endif

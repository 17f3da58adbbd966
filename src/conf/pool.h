/* Pools: the servers that routes go to, made of the [pool NAME] sections and
 * of what the routes' origins list. */
#ifndef CONF_POOL_H
#define CONF_POOL_H

#include "base/slice.h"

struct arena;
struct findings;
struct lint_section;
struct pool;
struct rule;
struct server;

/* Of each enum balance what the rule file writes. */
#define BALANCE_WORDS 5
extern const char *const balance_words[BALANCE_WORDS];

/* Has it a section of its own?  Else it is what one route's origin lists. */
bool pool_is_section(const struct pool *p);

/* The server of that host, in any case, and port; NULL where there is none.
 * Costs the same however many servers there are. */
const struct server *pool_find(
    const struct pool *p, struct slice host, unsigned port);

/* Those of one rule file while it is read: first all sections, then all
 * routes. */
struct pools {
	struct pool *at; /* the sections' first */
	bool *used;      /* of the sections' */
	size_t n;
	size_t named; /* of sections; sorted by name once routes come */
	bool sorted;
	struct arena *arena; /* borrowed: holds what the rules keep */
	struct findings *findings;
};

/* Room for `most` in all.  False: the arena is spent. */
bool pools_open(
    struct pools *p, size_t most, struct arena *a, struct findings *f);

/* [pool NAME], read into a rule's servers and balancing.  False: the arena is
 * spent. */
bool pools_add_section(
    struct pools *p, const struct rule *draft, const struct lint_section *s);

/* The rule's pool and origin, from its servers and balancing; nothing where it
 * has no servers.  False: the arena is spent. */
bool pools_give(
    struct pools *p, struct rule *rule, const struct lint_section *s);

/* After the last route: pools that nobody uses. */
void pools_close(const struct pools *p);

#endif

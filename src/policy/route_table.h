/* The table behind route_match(): one hash of (host, normalised prefix).
 *
 * A path is hashed once, from left to right; at each '/' the hash so far is
 * the key of the prefix that ends there.  A lookup therefore costs as many
 * probes as the deepest configured prefix has segments, however many routes
 * there are. */
#ifndef POLICY_ROUTE_TABLE_H
#define POLICY_ROUTE_TABLE_H

#include "policy/condition.h"
#include "policy/route.h"

/* A rule that may own what a slot stands for; the first whose conditions
 * hold, and whose split takes it, does. */
struct candidate {
	const struct rule *rule; /* NULL: the slot is empty */
	struct candidate *next;
};

/* One configured prefix of one host. */
struct slot {
	uint64_t hash;
	struct candidate first;
	struct slice path;
	struct slice encoded; /* path as a URL holds it */
	uint32_t host;
};

/* Where in a normalised path a configured prefix may end. */
struct boundary {
	uint64_t hash;
	size_t at;
};

/* What a lookup asks besides host and path, and what it decided. */
struct choice {
	struct condition_facts facts;
	uint64_t roll;
	struct arena *arena;
	struct split_decision *splits;   /* the last lookup's; in the arena */
	const struct slot **split_slots; /* where each was made */
	size_t split_n;
};

struct owned {
	const struct slot *slot; /* NULL: nobody owns it */
	const struct rule *rule;
};

/* How many boundaries route_table_find() needs room for. */
size_t route_table_depth(const struct route_table *t);

/* The slot of the longest prefix that leads `path` under the most exact host,
 * of those that have a rule which takes the request.  The host is lower case
 * and without its port; empty: none. */
struct owned route_table_find(const struct route_table *t,
    struct slice host_name, struct slice path, struct choice *choice,
    struct boundary *room);

/* Does a prefix that ends at `at` end with a segment? */
static inline bool on_boundary(struct slice path, size_t at)
{
	return at == path.len || path.at[at] == '/';
}

#endif

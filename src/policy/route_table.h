/* The table behind route_match(): one hash of (host, normalised prefix).
 *
 * A path is hashed once, from left to right; at each '/' the hash so far is
 * the key of the prefix that ends there.  A lookup therefore costs as many
 * probes as the deepest configured prefix has segments, however many routes
 * there are. */
#ifndef POLICY_ROUTE_TABLE_H
#define POLICY_ROUTE_TABLE_H

#include "policy/route.h"

/* One configured prefix of one host. */
struct slot {
	uint64_t hash;
	const struct rule *rule; /* NULL: empty */
	struct slice path;
	struct slice encoded; /* path as a URL holds it */
	uint32_t host;
};

/* Where in a normalised path a configured prefix may end. */
struct boundary {
	uint64_t hash;
	size_t at;
};

/* How many boundaries route_table_find() needs room for. */
size_t route_table_depth(const struct route_table *t);

/* The slot of the longest prefix that leads `path` under the most exact host
 * that has one; NULL: nobody.  The host is lower case and without its port;
 * empty: none. */
const struct slot *route_table_find(const struct route_table *t,
    struct slice host_name, struct slice path, struct boundary *room);

/* Does a prefix that ends at `at` end with a segment? */
static inline bool on_boundary(struct slice path, size_t at)
{
	return at == path.len || path.at[at] == '/';
}

#endif

/* Escapes: a page below a prefix asks for a path from the root that no route
 * owns, since something in it was not mapped.  Its Referer tells where the
 * request came from. */
#ifndef POLICY_ESCAPE_H
#define POLICY_ESCAPE_H

#include "policy/route.h"

struct request;

struct escape {
	const struct rule *rule; /* the route whose page asked */
	struct slice prefix;     /* public, below which the page lies */
	struct slice home;       /* the target below the prefix: where it was
				  * meant to go */
};

/* For a request that found ROUTE_NONE.  False: it is no escape, or the arena
 * is spent. */
bool escape_find(const struct route_table *t, const struct route_query *q,
    const struct request *r, struct arena *a, struct escape *escape_out);

/* May it be adopted: is adopt_escapes on, and the method GET or HEAD? */
bool escape_adoptable(const struct escape *e, struct slice method);

/* Is what it asks for of a kind whose own links start from its URL: a page, a
 * style sheet, a script?  Such a one is sent home, others are answered where
 * they are (Fetch Standard, request destinations). */
bool escape_goes_home(const struct request *r);

/* The line to add to the route, in the arena; SLICE_NONE: arena spent. */
struct slice escape_remedy(const struct escape *e, struct arena *a);

#endif

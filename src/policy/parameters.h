/* The parameters of a query, and the one order and encoding in which SigV4
 * signs them. */
#ifndef POLICY_PARAMETERS_H
#define POLICY_PARAMETERS_H

#include "base/slice.h"

struct arena;

struct parameter {
	struct slice name;
	struct slice value;
};

/* Zeroed is empty. */
struct parameters {
	struct parameter *at;
	size_t n;
	size_t size;
};

/* Appends what a query (without its '?') holds, decoded, '+' as a blank;
 * pieces without a byte are none.  Borrows what needs no decoding.  False:
 * the arena is spent. */
bool parameters_read(struct slice query, struct arena *a, struct parameters *p);

/* Appends one; borrows both.  False: the arena is spent. */
bool parameters_add(struct parameters *p, struct arena *a, struct slice name,
    struct slice value);

/* "a=&b=1&b=2": encoded as percent.h says, ordered by the encoded names, then
 * values.  Leaves *p in that state.  SLICE_NONE: the arena is spent. */
struct slice parameters_write(struct parameters *p, struct arena *a);

/* Is `encoded`, decoded as parameters_read() does, what is wanted, or does it
 * start with that? */
bool parameter_matches(
    struct slice encoded, struct slice wanted, bool beginning);

#endif

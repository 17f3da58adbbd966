/* What explain says of a route's servers. */
#ifndef CLI_EXPLAIN_POOL_H
#define CLI_EXPLAIN_POOL_H

#include <stdio.h>

struct pool;

/* How a server is chosen, and among which; nothing where there is but one,
 * of the route's own and without attributes, or p is NULL. */
void explain_pool(const struct pool *p, FILE *to);

#endif

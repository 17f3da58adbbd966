/* What explain says of a route's cache. */
#ifndef CLI_EXPLAIN_CACHE_H
#define CLI_EXPLAIN_CACHE_H

#include <stdio.h>

struct arena;
struct conf;
struct request;
struct route_match;

/* Where responses to the request are kept, for how long and under which key,
 * and whether it goes by all that; nothing where the route is not cached.
 * Looks at no store, and never prints a password. */
void explain_cache(const struct conf *c, const struct request *r,
    const struct route_match *m, struct arena *a, FILE *to);

#endif

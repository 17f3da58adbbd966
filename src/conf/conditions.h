/* match: what a request must be besides having the path, as in
 *
 *	method:POST, header:X-Beta=1, header:X-Beta, cookie:canary=yes,
 *	query:v=2
 *
 * A value that ends in * is a beginning, and so is a name. */
#ifndef CONF_CONDITIONS_H
#define CONF_CONDITIONS_H

#include "base/slice.h"

struct arena;
struct condition;
struct text;

#define CONDITIONS_MAX 16 /* of one rule */

/* One item of the list; copies are the arena's.  False says why. */
bool condition_parse(struct slice s, struct arena *a,
    struct condition *condition_out, struct text *why);

/* The same demand, however it is spelt. */
bool condition_same(const struct condition *a, const struct condition *b);

#endif

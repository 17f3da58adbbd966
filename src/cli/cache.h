/* What `fingerpost cache` prints, apart from its arguments: for tests. */
#ifndef CLI_CACHE_H
#define CLI_CACHE_H

#include <stdint.h>
#include <stdio.h>

#include "base/slice.h"

struct arena;
struct conf;
struct fields;
struct store;

/* A line for each stored response, in no order, and one of totals.  False: it
 * could not be read to the end. */
bool cache_print_all(const struct conf *c, struct store *s, int64_t now_ms,
    struct arena *a, FILE *to);

struct cache_question {
	struct slice url;            /* http(s)://HOST/PATH, or /PATH */
	const struct fields *fields; /* of the request */
};

/* What a GET would get, and all that is stored for the URL.  The exit code: 1
 * where nothing is. */
int cache_print_url(const struct conf *c, struct store *s,
    const struct cache_question *question, int64_t now_ms, struct arena *a,
    FILE *to);

#endif

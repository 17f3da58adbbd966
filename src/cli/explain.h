/* What `fingerpost explain` prints, apart from its arguments and the rule
 * file: for tests, and for whoever has a conf at hand. */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

#include <stdio.h>

#include "base/slice.h"

struct conf;
struct fields;

struct explain_question {
	struct slice method;
	struct slice url;            /* http(s)://host/path, or a path */
	const struct fields *fields; /* the request's; Host counts for a path */
};

/* The exit code: 0 where a route owns the request, else 1. */
int explain_print(
    const struct conf *c, const struct explain_question *question, FILE *to);

#endif

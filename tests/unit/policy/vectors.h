/* tests/data/sigv4, read: files whole, cases of lines, requests as text. */
#ifndef TESTS_UNIT_POLICY_VECTORS_H
#define TESTS_UNIT_POLICY_VECTORS_H

#include "http/field.h"

struct arena;

/* The path below tests/data/sigv4 as printf() makes it.  No such file fails
 * the test. */
struct slice vectors_file(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Takes the next case off *rest, escapes undone; false at the end.  See
 * tests/data/sigv4/convert. */
bool vectors_next(struct slice *rest, struct arena *a, struct fields *case_out);

/* "GET /a b?c HTTP/1.1\nHost: x\n\nbody": raw blanks and all.  A line that
 * begins with a blank continues the one before. */
struct vectors_request {
	struct slice method;
	struct slice path;
	struct slice query;
	struct fields fields;
	struct slice body;
};

struct vectors_request vectors_request(struct slice text, struct arena *a);

#endif

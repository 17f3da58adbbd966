/* The canonical forms of a path and of fields: what is hashed for a signature
 * in place of what is sent.  That of a query is in policy/parameters.h.
 *
 * The specification is named in policy/sigv4.h. */
#ifndef POLICY_CANONICAL_H
#define POLICY_CANONICAL_H

#include "base/slice.h"

struct arena;
struct fields;

/* Where it need not change, borrowed.  `normalise`: dot segments are resolved
 * and repeated slashes are one, as botocore does it.  `encode`: once more.
 * An empty path is "/".  SLICE_NONE: the arena is spent. */
struct slice canonical_path(
    struct slice path, bool normalise, bool encode, struct arena *a);

struct canonical_fields {
	struct slice lines; /* "host:example.org\nrange:bytes=0-9\n" */
	struct slice names; /* "host;range" */
};

/* Names in lower case and in order; values trimmed, each run of blanks in
 * them one blank, in quoted strings too, those of repeated fields joined by
 * ',' in the order they came.  False: the arena is spent. */
bool canonical_fields(const struct fields *fields, struct arena *a,
    struct canonical_fields *canonical_out);

#endif

/* Values with variables, filled in for one request. */
#ifndef POLICY_FILL_H
#define POLICY_FILL_H

#include "base/slice.h"

struct arena;
struct request;
struct route_match;
struct stencil;

/* A filled value is no longer than this. */
#define FILL_BYTES_MAX 16384

/* A field's value.  Empty where nothing came of it or where it would hold a
 * control byte: such a field is not sent.  False: it is too long, or the arena
 * is spent. */
bool fill_field(const struct stencil *s, const struct request *r,
    const struct route_match *m, struct arena *a, struct slice *value_out);

/* A redirect's target, what no URL holds percent-encoded; $query starts with
 * '&' where the target has a '?' before it.  A target that is a path and
 * comes out as "//x" is "/x": it must not name a host.  False as above. */
bool fill_location(const struct stencil *s, const struct request *r,
    const struct route_match *m, struct arena *a, struct slice *location_out);

#endif

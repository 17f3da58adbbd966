/* The Cookie field of requests: "a=1; b=2" (RFC 6265 section 4.2). */
#ifndef HTTP_COOKIE_LIST_H
#define HTTP_COOKIE_LIST_H

#include "http/field.h"

/* Takes the next pair off *rest, blanks around name and value removed; what
 * has no '=' is a name with the value SLICE_NONE.  False at the end. */
bool cookie_next(
    struct slice *rest, struct slice *name_out, struct slice *value_out);

/* The first cookie of that name in any Cookie field; names tell case apart.
 * SLICE_NONE: there is none. */
struct slice cookie_get(const struct fields *f, struct slice name);

/* The field's value without the cookies whose names start with `prefix`: the
 * value itself where there are none, "" where nothing is left, SLICE_NONE
 * where the arena is spent. */
struct slice cookie_without(
    struct slice value, struct slice prefix, struct arena *a);

#endif

/* An origin's URL: scheme://host[:port][/base], and nothing else
 * (RFC 3986 section 3; RFC 9110 section 4.2). */
#ifndef CONF_ORIGIN_H
#define CONF_ORIGIN_H

#include "base/slice.h"

struct arena;
struct origin;
struct text;

/* Copies into the arena; false says why. */
bool origin_parse(struct slice s, struct arena *a, struct origin *origin_out,
    struct text *why);

#endif

/* redirect = STATUS TARGET: the answer of a route that has no origin. */
#ifndef CONF_REDIRECT_H
#define CONF_REDIRECT_H

#include "base/slice.h"

struct arena;
struct redirection;
struct text;

/* The target is an http(s) URL or a path, with variables.  What a client
 * sends must not choose the host, so before the path of a URL only $scheme,
 * $host and what starts a path or query may stand.  Pieces are the arena's;
 * false says why. */
bool redirect_parse(struct slice s, struct arena *a,
    struct redirection *redirect_out, struct text *why);

#endif

/* An origin's URL: scheme://host[:port][/base], and nothing else
 * (RFC 3986 section 3; RFC 9110 section 4.2); or scheme://unix:/SOCKET[:/base]
 * for one that listens on a socket in the file system. */
#ifndef CONF_ORIGIN_H
#define CONF_ORIGIN_H

#include "base/slice.h"

struct arena;
struct origin;
struct text;

/* The path of a socket, as long as sockaddr_un takes it with its NUL. */
#define ORIGIN_SOCKET_MAX 107

/* Copies into the arena; false says why. */
bool origin_parse(struct slice s, struct arena *a, struct origin *origin_out,
    struct text *why);

#endif

/* Where the program is called by its own name, its public paths begin with
 * that: the mount, which a web server tells with each request, and which at a
 * terminal has to be guessed. */
#ifndef CLI_MOUNTS_H
#define CLI_MOUNTS_H

#include "base/slice.h"

struct conf;

/* The mounts that a path may begin with, by the rules and by its looks, the
 * empty one first.  *at is 0 at first.  False: no more. */
bool mounts_next(const struct conf *c, struct slice path, size_t *at,
    struct slice *mount_out);

#endif

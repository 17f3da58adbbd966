/* Servers as origin and the lines of a pool list them: a URL, and what its
 * attributes say. */
#ifndef CONF_SERVER_H
#define CONF_SERVER_H

#include "base/slice.h"

struct arena;
struct servers;
struct text;

#define SERVERS_MAX     64
#define SERVER_NAME_MAX 64

/* All of these copy into the arena, and say why where they are false. */

/* origin: "URL [ATTRIBUTE]..., URL ..." or "pool:NAME". */
bool servers_parse(struct slice s, struct arena *a, struct servers *servers_out,
    struct text *why);

/* One line of a pool, "URL [ATTRIBUTE]...", behind those that are there. */
bool servers_add_line(struct servers *to, struct slice name, struct slice s,
    struct arena *a, struct text *why);

#endif

/* Where a server that speaks the Redis protocol is, as the rules write it:
 *
 *	redis://[:PASSWORD@]HOST[:PORT][/DB][?prefix=NAME&timeout=MS]
 *	redis+unix:PATH[?db=DB&password=PASSWORD&prefix=NAME&timeout=MS]
 *
 * The password may be percent-encoded (RFC 3986 section 2.1).  Never print the
 * URL: it may hold one.  Pure. */
#ifndef CONF_REDIS_URL_H
#define CONF_REDIS_URL_H

#include "base/slice.h"

struct arena;

struct redis_url {
	struct slice host; /* name or address, without brackets; NUL-terminated;
			    * "": there is a path */
	unsigned port;
	struct slice path;     /* of its socket, NUL-terminated; or "" */
	struct slice password; /* "": none */
	unsigned db;
	struct slice prefix; /* of all names of keys there */
	int64_t wait_ms;     /* how long one call may take; 0: not said */
};

/* In the arena.  NULL where it is one, else what is wrong with it. */
const char *redis_url_read(
    struct slice url, struct arena *a, struct redis_url *url_out);

#endif

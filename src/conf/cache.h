/* Reading the values of the cache's keys.  Copies are the arena's; false says
 * why, and leaves _out as it was. */
#ifndef CONF_CACHE_H
#define CONF_CACHE_H

#include "base/slice.h"

struct arena;
struct cache_parts;
struct caching;
struct text;

#define CACHE_PARTS_MAX 16 /* in one cache_key */

/* cache_ttl: "10m, 404:30s, 500-504:5s" into ttls and ttl_n, those with a
 * status before those without one. */
bool cache_ttl_parse(
    struct slice s, struct arena *a, struct caching *caching, struct text *why);

/* cache_key: "scheme, host, query:id, header:X-Lang, cookie:lang". */
bool cache_key_parse(struct slice s, struct arena *a,
    struct cache_parts *parts_out, struct text *why);

/* redis: what redis_url_read() reads; a NUL follows.  What is said in `why`
 * quotes nothing, since a password may be in any part of what is not well
 * formed. */
bool cache_redis(
    struct slice s, struct arena *a, struct slice *url_out, struct text *why);

/* The password in it as it is written, or "". */
struct slice cache_redis_password(struct slice url);

/* What of it may be printed: "HOST:PORT/DB" or "redis+unix:PATH". */
struct slice cache_redis_place(struct slice url);

#endif

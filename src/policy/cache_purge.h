/* What there is to purge where all that is stored for a URL, or for all URLs
 * that begin like it, is to go.
 *
 * A URL that somebody names is meant with http and with https: who asks for one
 * rarely knows how a proxy in front saw it, and an answer too many that is
 * fetched again does no harm.  It is meant for every rule that might own it,
 * since conditions and splits decide by what only a request has. */
#ifndef POLICY_CACHE_PURGE_H
#define POLICY_CACHE_PURGE_H

#include "base/slice.h"

struct arena;
struct conf;

/* No URL is written in more ways than this by the cache keys of its rules. */
#define CACHE_PURGE_MAX 64

struct cache_purge_url {
	struct slice scheme;    /* the one whose default port is left out */
	struct slice authority; /* SLICE_NONE: only a path is known */
	struct slice target;    /* path and query, or a whole URL */
	struct slice mount;     /* before the public path, or empty */
	bool below;             /* and all that begin so */
	bool exact;             /* with this scheme alone: a request's own */
};

enum cache_purge_verdict {
	CACHE_PURGE_FOUND,
	CACHE_PURGE_NO_URL,
	CACHE_PURGE_UNOWNED, /* no rule that caches might own it */
	CACHE_PURGE_HOST, /* one that might has the host in its cache keys, and
			   * none is known */
	CACHE_PURGE_MANY, /* more ways than CACHE_PURGE_MAX, or arena spent */
};

/* Zeroed is empty.  The bytes are in the arena. */
struct cache_purge {
	struct slice at[CACHE_PURGE_MAX];
	size_t n;
};

/* http(s)://HOST/PATH, or /PATH; with "*" at its end, all that begin so.
 * False: none of these. */
bool cache_purge_parse(struct slice url, struct cache_purge_url *url_out);

/* The same for a target that has a "*" at its end: takes it off. */
void cache_purge_star(struct cache_purge_url *url);

/* Adds, each once, the cache_url_tag() of the URL as each rule writes it; for
 * what is below, the cache_url_prefix(), and then rules below it count, too. */
enum cache_purge_verdict cache_purge_names(const struct conf *c,
    const struct cache_purge_url *url, struct arena *a,
    struct cache_purge *purge);

#endif

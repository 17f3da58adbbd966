/* The name under which a response is stored: everything that makes the bytes
 * differ and is not in Vary (RFC 9111 section 2).
 *
 * The target is the client's own bytes, not normalised.  The origin gets these
 * bytes, too: were /%61 and /a one key, an origin that tells them apart would
 * let anyone put one's answer, a 404 say, in the other's place.  A second copy
 * is the price.  Of the host, case, the scheme's default port and a final dot
 * do not matter. */
#ifndef POLICY_CACHE_KEY_H
#define POLICY_CACHE_KEY_H

#include "base/slice.h"

struct request;
struct rule;
struct text;

/* No key is longer: past it the request goes by the cache. */
#define CACHE_KEY_MAX 16384

struct cache_key {
	const struct request *request; /* GET and HEAD share a key */
	struct slice mount;            /* before the public path, or empty */
	uint64_t fingerprint;          /* cache_fingerprint() of the rule */
	struct slice extra; /* what else tells requests apart: what the rule's
			     * request headers say of the client, a cookie;
			     * may be empty */
};

/* Writes it: printable but for line ends, which part its six lines: method
 * class, scheme://host[:port], mount, target, fingerprint, extra.  False: it
 * does not fit, or holds what no such key may. */
bool cache_key_write(const struct cache_key *key, struct text *t);

/* Of everything in a rule, and of the program, that changes the bytes of a
 * response or its head: an edited rule never serves old bytes. */
uint64_t cache_fingerprint(const struct rule *rule);

#endif

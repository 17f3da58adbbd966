/* The name under which a response is stored: everything that makes the bytes
 * differ and is not in Vary (RFC 9111 section 2).
 *
 * The target is the client's own bytes, not normalised.  The origin gets these
 * bytes, too: were /%61 and /a one key, an origin that tells them apart would
 * let anyone put one's answer, a 404 say, in the other's place.  A second copy
 * is the price.  Of the host, case, the scheme's default port and a final dot
 * do not matter.
 *
 * A key is six lines:
 *
 *	GET                     HEAD shares it
 *	http://host:port        what cache_key leaves out is left out
 *	/target?query           the same
 *	0123456789abcdef        the fingerprint
 *	/cgi-bin/f.cgi          the mount, or empty
 *	header:x-lang=de; cookie:c=1; user=ann;
 *	                        the rest, or nothing: fields and cookies of
 *	                        cache_key, and what the rule's own fields say
 *	                        of a request beyond the lines above
 *
 * A parameter, field or cookie that comes several times is there several times,
 * one that does not come is not, an empty one is: whatever reaches the origin
 * of what counts is in the key, in the client's own bytes, with %XX for those
 * that part the items.  $client_address, $client_port and $request_id in a
 * request header do not count, as X-Forwarded-For does not; in a response
 * header of a cached route the rules refuse them. */
#ifndef POLICY_CACHE_KEY_H
#define POLICY_CACHE_KEY_H

#include "base/slice.h"

struct request;
struct route_match;
struct rule;
struct text;

/* No key is longer: past it the request goes by the cache. */
#define CACHE_KEY_MAX 16384

/* cache_url_tag()'s length. */
#define CACHE_URL_TAG 17

struct cache_key {
	const struct request *request;
	const struct route_match *match;
	struct slice mount;   /* before the public path, or empty */
	uint64_t fingerprint; /* cache_fingerprint() of the rule */
};

/* False: it does not fit, or holds what no such key may. */
bool cache_key_write(const struct cache_key *key, struct text *t);

/* Of everything in a rule, and of the program, that changes the bytes of a
 * response or its head: an edited rule never serves old bytes. */
uint64_t cache_fingerprint(const struct rule *rule);

/* A tag for everything that is stored for a URL, whatever the fingerprint and
 * the last two lines: of the first line and the next two as this rule writes
 * them.  Cannot be one of an origin's.  `authority` is what routing goes by,
 * the match's and not always Host; `target` is path and query, or a whole
 * URL's, whose own host does not count.  False: no URL. */
bool cache_url_tag(const struct rule *rule, struct slice scheme,
    struct slice authority, struct slice target, struct text *t);

/* How the keys begin of everything that this rule stores at and below a URL: a
 * prefix of bytes, not of segments. */
bool cache_url_prefix(const struct rule *rule, struct slice scheme,
    struct slice authority, struct slice target, struct text *t);

/* Does the origin get this field from us, with something in it of the client's
 * connection, or whatever else is in no key of this rule's?  What it answers by
 * that is one client's; the client's own request says nothing of it. */
bool cache_key_lacks(const struct rule *rule, struct slice name);

/* Does a request go by the cache, by the rule's cache_bypass? */
bool cache_is_bypassed(const struct rule *rule, const struct request *request,
    const struct route_match *match);

#endif

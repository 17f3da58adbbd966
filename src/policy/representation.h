/* What a head may no longer say once the content behind it is changed
 * (RFC 9110 sections 8.6, 8.8.3 and 14.3, RFC 9530 section 3). */
#ifndef POLICY_REPRESENTATION_H
#define POLICY_REPRESENTATION_H

#include <stdbool.h>

struct arena;
struct request;
struct response;

/* The content will be other bytes: its length, ranges and digests are dropped
 * and a strong ETag is made weak.  False: arena spent. */
bool representation_changed(struct response *r, struct arena *a);

/* Does the client hold what we changed: is the weak form of the response's
 * strong tag in If-None-Match?  A 304 must then carry the weak one, too (RFC
 * 9111 section 4.3.4). */
bool representation_is_held(
    const struct request *request, const struct response *response);

#endif

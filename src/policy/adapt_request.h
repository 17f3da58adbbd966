/* The URLs that a request carries, turned back to what the component knows.
 *
 * A public URL is taken apart by route_match() itself, under the request's own
 * host, mount and conditions, and becomes the target that a request for it
 * would get: the mapping is exact, and what could be read in two ways is not
 * mapped.  An absolute URL gets the scheme of the origin and the authority
 * that the component is sent in Host; a path stays a path.
 *
 * Destination (RFC 4918 section 10.3): where it does not lead to the rule that
 * owns the request, COPY and MOVE are refused with 502 (section 9.9.4), for
 * the component would take it for a place of its own.  Other methods give it
 * no meaning, so there it stays.
 *
 * If (section 10.4): the resource tags.  One that leads elsewhere is about a
 * resource that this origin does not have, and section 10.4.4 says what that
 * means: so it goes on, a path as a URL of our host, lest it be taken for one
 * of the component's.  A field that is not well formed stays.
 *
 * Referer: where it leads to the rule.  Origin: where it names our host.  With
 * preserve_host the component is on our host: Origin stays, and a Referer
 * keeps its scheme and authority.
 *
 * A field that the rule itself sets stays as the rule has it. */
#ifndef POLICY_ADAPT_REQUEST_H
#define POLICY_ADAPT_REQUEST_H

#include "policy/forward.h"

struct mapping;
struct route_query;
struct route_table;

/* Behind forward_request(), whose `up` it changes; `q` is the query that led
 * to the match.  FORWARD_OK, FORWARD_TOO_LARGE or FORWARD_DESTINATION. */
enum forward_verdict adapt_request(struct upstream *up,
    const struct route_table *t, const struct route_query *q,
    const struct route_match *match, const struct mapping *m, struct arena *a);

#endif

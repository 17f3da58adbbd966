/* The request that goes to the origin, and what of a response may come back
 * (RFC 9110 section 7.6, RFC 7239). */
#ifndef POLICY_FORWARD_H
#define POLICY_FORWARD_H

#include "http/field.h"

struct arena;
struct request;
struct response;
struct route_match;
struct settings;

struct upstream {
	struct slice method;
	struct slice root;      /* scheme://authority to connect to, with NUL */
	struct slice unix_path; /* of the socket to connect to, with NUL; or
				 * empty */
	struct slice target;    /* request target: base + tail + query */
	struct fields fields;   /* Host and all; no Content-Length, no
				 * Transfer-Encoding */
};

enum forward_verdict {
	FORWARD_OK,
	FORWARD_TOO_LARGE,   /* 431: the arena or the head is full */
	FORWARD_LOOP,        /* our own Via too often: proxy_loop_detected */
	FORWARD_DESTINATION, /* 502: Destination leads out of the route; of
			      * adapt_request() alone */
};

/* Builds the upstream request.  Slices point into the request, the rule, or
 * the arena. */
enum forward_verdict forward_request(const struct request *r,
    const struct route_match *m, const struct settings *s, struct arena *a,
    struct upstream *upstream_out);

/* What the origin is asked for: base + tail + query; never empty.  False: the
 * arena is spent. */
bool forward_target(
    const struct route_match *m, struct arena *a, struct slice *target_out);

/* Removes from a response what is between the origin and us alone: hop-by-hop
 * fields, those that Connection names, Status, Content-Length (kept in
 * response.content_length), and all lines of Age and Date but the first; adds
 * Via. */
bool forward_response(
    struct response *r, const struct settings *s, struct arena *a);

/* Removes what the web server would take for an order: a Location that comes
 * with 200 (RFC 3875 section 6.2.2).  The last that is done to a head: the
 * cache wants to know of it (RFC 9111 section 4.4). */
void forward_head(struct response *r);

#endif

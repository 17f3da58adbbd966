/* What a rule changes of the fields of a response: remove_response_headers,
 * response_header, and the cookies of its splits. */
#ifndef POLICY_SHAPE_H
#define POLICY_SHAPE_H

#include <stdbool.h>

struct arena;
struct request;
struct response;
struct route_match;

/* For a response of the origin's, after forward_response() and what adapts
 * it, before anything decides by its Content-Type.  A field that is set takes
 * the place of the origin's, but Set-Cookie comes on top: cookies are many.
 * False: the head or the arena is full. */
bool shape_response(struct response *response, const struct request *r,
    const struct route_match *m, struct arena *a);

/* What is for this client alone, behind shape_response(), and never stored: the
 * fields whose values have to do with who asks, and the cookies. */
bool shape_for_client(struct response *response, const struct request *r,
    const struct route_match *m, struct arena *a);

/* For an answer made here: the cookies alone. */
bool shape_answer(
    struct response *response, const struct route_match *m, struct arena *a);

#endif

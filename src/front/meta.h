/* CGI meta-variables into a request (RFC 3875 section 4.1): one list feeds
 * CGI and FastCGI alike.
 *
 * The path is REQUEST_URI's; the decoded SCRIPT_NAME and PATH_INFO are used
 * only where a server gives no REQUEST_URI. */
#ifndef FRONT_META_H
#define FRONT_META_H

#include "http/message.h"

struct arena;

/* Variables as they come; the slices must live as long as the request. */
struct meta {
	struct request *request;
	struct arena *arena;
	bool full;    /* the arena or the head is */
	bool invalid; /* a length or a name that is none, a second Host */
	struct slice authorization; /* REDIRECT_HTTP_AUTHORIZATION */
	struct slice content_type;
	struct slice server_name;
	struct slice server_port;
	struct slice path_info;
	struct slice query_string;
};

/* The request starts zeroed. */
struct meta meta_new(struct request *r, struct arena *a);

void meta_add(struct meta *m, struct slice name, struct slice value);

/* Completes the request: 0, 400 where it cannot be understood, 431 where it
 * is too large.  After that the request is safe to read even if refused. */
int meta_finish(struct meta *m);

#endif

/* The CGI edge: one request from environment and standard input, one
 * response on standard output (RFC 3875). */
#ifndef FRONT_CGI_H
#define FRONT_CGI_H

#include "front/front.h"

struct ev_loop;
struct cgi;

/* Starts the request as soon as the loop runs; `over` is called once all is
 * written and read.  NULL: no memory. */
struct cgi *cgi_new(struct ev_loop *loop, char *const environment[],
    size_t max_params_bytes, const struct front_events *events, void *worker,
    void (*over)(void *worker));

/* Accepts NULL. */
void cgi_free(struct cgi *c);

#endif

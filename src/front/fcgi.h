/* The FastCGI edge: accepts connections, speaks records, feeds exchanges
 * (FastCGI specification 1.0).
 *
 * Non-blocking on libev.  One request at a time on a connection: a second
 * one is answered FCGI_CANT_MPX_CONN, and FCGI_GET_VALUES says so. */
#ifndef FRONT_FCGI_H
#define FRONT_FCGI_H

#include "front/front.h"

struct ev_loop;
struct fcgi_server;

struct fcgi_limits {
	size_t max_params_bytes; /* of one request; above: refused with 431 */
	size_t max_connections;  /* further ones wait in the backlog */
};

/* Accepts on a listening socket, which it makes non-blocking and does not
 * own.  NULL: no memory. */
struct fcgi_server *fcgi_server_new(struct ev_loop *loop, int listen_fd,
    struct fcgi_limits limits, const struct front_events *events, void *worker);

/* For the next requests: the rules may have changed. */
void fcgi_server_limit_params(struct fcgi_server *s, size_t max_bytes);

/* Accepts no more and closes connections as they fall idle. */
void fcgi_server_stop(struct fcgi_server *s);

size_t fcgi_server_connections(const struct fcgi_server *s);

/* Closes what is open; exchanges under way are told `gone`.  Accepts NULL. */
void fcgi_server_free(struct fcgi_server *s);

#endif

/* One worker: a loop, its connections to origins, the rules in force, and
 * the exchanges under way.  Single-threaded; a process has one. */
#ifndef ENGINE_WORKER_H
#define ENGINE_WORKER_H

#include <ev.h>

#include "base/slice.h"
#include "engine/access_log.h"
#include "engine/once.h"
#include "engine/reload.h"
#include "engine/request_id.h"
#include "engine/ruleset.h"
#include "engine/skew.h"

struct cgi;
struct commons;
struct exchange;
struct fcgi_server;
struct ghost;
struct gzip_pool;
struct keyring;
struct multi;
struct prober;

struct worker {
	struct ev_loop *loop;
	struct multi *multi;
	struct keyring *keyring;
	struct prober *prober;   /* NULL: nothing is probed */
	struct commons *commons; /* NULL: no rules have needed it */
	struct skew skew;
	struct gzip_pool *gzip;
	struct ruleset *rules;
	struct fcgi_server *server; /* NULL: CGI or fetch */
	struct cgi *cgi;
	struct access_log access;
	struct request_ids ids;
	struct once once;     /* hints that were logged */
	struct slice program; /* our own name, as web servers call it */
	struct exchange *exchanges;
	size_t exchange_n;

	/* Exchanges whose encoder may hold bytes back; see flush_tick. */
	struct ev_timer flush_tick;

	/* Requests for what was served stale. */
	struct ghost *ghosts; /* that wait */
	size_t ghost_n;       /* and those under way */
	struct ev_timer ghost_tick;

	/* Giving memory back after a rush. */
	struct ev_timer trim_tick;
	size_t rush; /* most exchanges at once since the last look */

	/* Stopping: SIGTERM was seen. */
	struct ev_signal on_term;
	struct ev_signal on_int;
	struct ev_signal on_hup;
	struct ev_timer stop_deadline;
	struct ev_prepare stop_check;
	bool stopping;

	/* Reloading. */
	struct ev_timer watch_tick;
	const char *rules_path;
	struct watched watched;
	bool supervised; /* the master watches the files for us */
};

struct worker_options {
	struct conf *conf; /* taken */
	const char *rules_path;
	const char *program; /* argv[0] */
	bool supervised;     /* the rules are watched by a parent */
	bool uncached;       /* nothing is stored, nor found */
};

/* NULL, logged: a resource is missing. */
struct worker *worker_new(const struct worker_options *o);

/* Serves a listening socket until SIGTERM or SIGINT and all is finished. */
bool worker_serve(struct worker *w, int listen_fd);

/* Answers the one CGI request of the environment. */
bool worker_cgi(struct worker *w, char *const environment[]);

/* An exchange has begun: keeps the count of those under way. */
void worker_entered(struct worker *w);

/* The tick that flushes held-back bytes is wanted. */
void worker_want_flush(struct worker *w);

/* The ghosts are wanted, once the loop has time. */
void worker_want_ghosts(struct worker *w);

/* lighttpd ends a CGI program with SIGTERM as soon as its answer is complete:
 * from now on there is something to finish behind the client's back. */
void worker_defer_end(struct worker *w);

void worker_free(struct worker *w);

#endif

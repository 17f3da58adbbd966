/* Between the web server and an exchange.
 *
 * A front turns what a web server sends into a struct request and gives its
 * content piece by piece; it takes a response head, content and exactly one
 * finish.  The two sides call each other through these tables; neither calls
 * back before its own call has returned, but for the cases named here. */
#ifndef FRONT_FRONT_H
#define FRONT_FRONT_H

#include "base/flow.h"
#include "http/fault.h"
#include "http/message.h"

struct arena;
struct front;

/* Exchange to front. */
struct front_ops {
	const char *name;
	/* Once, before content; the front copies what it needs. */
	enum flow (*head)(struct front *, const struct response *);
	enum flow (*body)(struct front *, struct slice);
	/* Once, and the last call: FAULT_NONE, or why the response is not
	 * whole, which the front makes visible as well as it can. */
	void (*finish)(struct front *, enum fault);
	/* Stop or go on giving request content (back-pressure). */
	void (*content_pause)(struct front *, bool paused);
};

/* Front to exchange; `user` is what arrived() returned. */
struct front_events {
	/* A request is complete but for its content; `request` and all it
	 * points to live in the arena, which the exchange now owns.
	 * `refuse` is 0, or the status (400, 431) of a request that could
	 * not be understood.  NULL where finish() was called already. */
	void *(*arrived)(void *worker, struct front *, struct arena *,
	    struct request *, int refuse);
	/* Request content; FLOW_FULL: the exchange calls content_pause
	 * itself. */
	void (*content)(void *user, struct slice);
	void (*content_end)(void *user);
	/* What FLOW_FULL asked to wait for. */
	void (*drained)(void *user);
	/* The client or the web server went away; finish() is not called. */
	void (*gone)(void *user);
};

struct front {
	const struct front_ops *ops;
};

#endif

/* One request to an origin and its response.
 *
 * The callbacks run from the loop, never from within transfer_start(),
 * transfer_cancel() or each other; but `body` may run within
 * transfer_resume().  After `done`, or after transfer_cancel(), none runs and
 * the transfer is gone. */
#ifndef ORIGIN_TRANSFER_H
#define ORIGIN_TRANSFER_H

#include "base/flow.h"
#include "http/fault.h"
#include "http/message.h"

struct arena;
struct multi;
struct tls;
struct transfer;

/* What is known of a transfer besides how it ended. */
struct transfer_trail {
	const char *detail; /* libcurl's word on it, or "" */
	bool sent;          /* a byte of the request may have left us */
	bool reused;        /* over a connection kept from before */
};

struct transfer_events {
	/* The connection stands and the request goes out. */
	void (*connected)(void *user);
	/* The final response's head.  FLOW_STOP ends the transfer; `done`
	 * follows with FAULT_PROXY_INTERNAL_ERROR. */
	enum flow (*head)(void *user, struct response *);
	/* FLOW_FULL: the piece is taken and the transfer pauses itself until
	 * transfer_resume(). */
	enum flow (*body)(void *user, struct slice);
	/* Request content: fills `to` with up to `room` bytes and returns
	 * their number.  0 with *end: no more; 0 without: none yet, call
	 * transfer_feed() when there is. */
	size_t (*content)(void *user, char *to, size_t room, bool *end);
	/* The content from its beginning, once more: a kept connection turned
	 * out to be dead.  False: it is gone.  May be NULL where there is no
	 * content. */
	bool (*rewind)(void *user);
	/* The last one. */
	void (*done)(void *user, enum fault, struct transfer_trail);
};

struct transfer_request {
	struct slice method;
	struct slice root;      /* scheme://authority, NUL-terminated */
	struct slice unix_path; /* NUL-terminated: of the socket in the place
				 * of the authority's address; or empty */
	struct slice target;    /* the request target as it is to be sent */
	const struct fields *fields;
	bool has_content;
	int64_t content_length; /* LENGTH_UNKNOWN: sent in chunks */
	int64_t connect_timeout_ms;
	bool fresh;            /* over no kept connection */
	const struct tls *tls; /* for https; NULL: verified by what the system
				* trusts.  Outlives the transfer */
};

/* Slices of the request may go after the call; the response's fields are
 * built in the arena.  NULL: no memory. */
struct transfer *transfer_start(struct multi *m, struct arena *a,
    const struct transfer_request *r, const struct transfer_events *events,
    void *user);

/* Goes on receiving, after FLOW_FULL. */
void transfer_resume(struct transfer *t);

/* There is request content again, after `content` had none. */
void transfer_feed(struct transfer *t);

/* Closes the connection to the origin if the response is not complete.
 * Accepts NULL. */
void transfer_cancel(struct transfer *t);

#endif

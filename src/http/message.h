/* A request as it reached us and a response on its way back, independent of
 * how either is carried (RFC 9110 section 6). */
#ifndef HTTP_MESSAGE_H
#define HTTP_MESSAGE_H

#include "http/field.h"

/* The length of a content that nobody told us. */
#define LENGTH_UNKNOWN (-1)

/* All slices live in the exchange's arena. */
struct request {
	struct slice method;
	struct slice target;      /* REQUEST_URI, the client's own bytes */
	struct slice scheme;      /* "http" or "https" */
	struct slice authority;   /* Host as the client sent it; may be empty */
	struct slice protocol;    /* "HTTP/1.1" */
	struct slice client_addr; /* REMOTE_ADDR, no brackets; may be empty */
	struct slice client_port; /* REMOTE_PORT; may be empty */
	struct slice user;        /* REMOTE_USER; may be empty */
	struct slice script_name; /* SCRIPT_NAME, decoded by the web server:
				   * only ever compared, never copied */
	struct slice script_filename; /* SCRIPT_FILENAME; may be empty */
	struct slice id;              /* ours, for the logs and X-Request-ID */
	struct fields fields;         /* Content-Type among them, Content-Length
				       * not: see content_length */
	int64_t content_length;       /* bytes, or LENGTH_UNKNOWN */
	uint64_t round; /* the same for requests that had all been read before
			 * the first of them was answered, and never again;
			 * 0: shared with none */
};

struct response {
	int status;
	struct fields fields;   /* Content-Length not among them */
	int64_t content_length; /* bytes, or LENGTH_UNKNOWN */
};

/* True where a message of this status answering this method never has
 * content, whatever its fields say (RFC 9112 section 6.3). */
bool response_is_bodiless(int status, struct slice method);

#endif

/* The head of an origin's response, from the lines that libcurl hands over
 * (RFC 9112 sections 4 and 5).  Pure. */
#ifndef ORIGIN_HEAD_H
#define ORIGIN_HEAD_H

#include "http/fault.h"
#include "http/message.h"

struct arena;

/* More than any web server in front would pass on. */
#define ORIGIN_HEAD_MAX_BYTES (128 * 1024)

struct head_reader {
	struct response response;
	struct arena *arena; /* borrowed: holds names and values */
	size_t bytes;
	bool done;         /* the final head is complete */
	bool framed;       /* by Transfer-Encoding: a length would be a lie */
	bool after_length; /* the last field line was a Content-Length */
	enum fault fault;
};

struct head_reader head_reader_in(struct arena *a);

/* One line with its line end.  Interim responses (1xx) are consumed.  True
 * when this line completed the final head; false otherwise, and then
 * r->fault tells whether the response is to be given up.  Lines after the
 * head (trailers) are ignored. */
bool head_line(struct head_reader *r, struct slice line);

#endif

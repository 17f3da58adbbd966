/* Request targets: taken apart, checked, and their paths normalised under a
 * stated reading (RFC 9112 section 3.2, RFC 3986 section 6.2.2).
 *
 * Servers read one path in several ways: %2F and \ are a slash to some, //
 * is one slash to most, dot segments are resolved here or there.  A reading
 * says which of these apply, so that a caller can ask whether it matters. */
#ifndef HTTP_URI_H
#define HTTP_URI_H

#include "base/slice.h"

enum uri_fault {
	URI_OK,
	URI_EMPTY,
	URI_FORM,      /* neither a path, an http(s) URL, nor "*" */
	URI_CONTROL,   /* a control byte or DEL */
	URI_BLANK,     /* a blank as it is */
	URI_FRAGMENT,  /* '#' */
	URI_ESCAPE,    /* '%' without two hexadecimal digits, in the path */
	URI_NUL,       /* %00, in the path */
	URI_AUTHORITY, /* bytes that no host has */
};

struct uri {
	struct slice authority; /* of the absolute form, or SLICE_NONE */
	struct slice path;      /* starts with '/', or is "*" */
	struct slice query;     /* with its '?', or empty */
};

/* Slices of uri_out point into target.  Bytes from 0x80 on pass; the query
 * is checked only for what would break a request line. */
enum uri_fault uri_split(struct slice target, struct uri *uri_out);

/* What is wrong, in words for the client and the log. */
struct slice uri_fault_words(enum uri_fault fault);

/* The host of host[:port] in lower case, without port and trailing dot, IPv6
 * with its brackets, written to room.  Empty for an empty authority.  False
 * where it does not fit or holds what no host holds. */
bool uri_host(
    struct slice authority, char *room, size_t size, struct slice *host_out);

/* No longer host than this. */
#define URI_HOST_MAX 255

/* How a path is read.  Other percent-encodings are always decoded. */
enum {
	URI_ENCODED_SLASH = 1, /* %2F is a slash; else it is a NUL, equal
				* to nothing that a target may hold */
	URI_BACKSLASH = 2,     /* \ and %5C are slashes */
	URI_MERGE = 4,         /* repeated slashes are one */
	URI_DOTS = 8,          /* dot segments are resolved */
	URI_FULL = 15,         /* all of these */
};

/* What of this a path holds: readings that differ only in other flags give
 * the same result.  Besides, */
enum {
	URI_ESCAPED = 16,      /* any percent-encoding */
	URI_DOT_PARAMETER = 32 /* "..;x": a dot segment to some servers */
};
unsigned uri_oddities(struct slice path);

/* A path under one reading. */
struct uri_path {
	char *at;
	uint32_t *from; /* for each byte, and for the end: where in the raw
			 * path it came from; NULL: not asked for */
	size_t len;
	bool above_root;  /* a dot segment climbed above "/" */
	bool left_prefix; /* the path reached `prefix` and left it again */
};

/* `out` brings room for raw.len bytes at `at` and, where `from` is not NULL,
 * raw.len + 1 offsets.  raw starts with '/'.  `prefix` is a normalised path
 * without trailing slash, "" for the root. */
void uri_normalise(struct slice raw, unsigned reading, struct slice prefix,
    struct uri_path *out);

/* Would a server that takes this path as its own root's climb above it, in
 * any reading?  "..;x" counts as "..". */
bool uri_climbs(struct slice path);

/* How many of its segments are "." and "..", with every slash, encoded or
 * not, and every backslash parting them; "..;x" counts as "..". */
struct uri_dots {
	size_t here;
	size_t up;
};
struct uri_dots uri_dots(struct slice path);

struct text;

/* Adds decoded path bytes as a URL holds them: what no path segment may hold
 * is percent-encoded, slashes stay. */
void uri_encode_path(struct text *t, struct slice path);
bool uri_path_needs_encoding(struct slice path);

#endif

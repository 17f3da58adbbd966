/* A component's URLs and the public ones, both ways.
 *
 * A component believes that it lives at its own root; `from` is the path of
 * its root as the origin knows it (the origin's base, mostly empty), `to` the
 * public prefix that stands for it.  Going out is exact: from + x becomes
 * to + x whatever x is, so that what the browser sends back is the
 * component's own path again.  A path outside `from` has no public form and
 * is left alone, and so is every URL that names another server.
 *
 * URLs are read as browsers read them (the WHATWG URL Standard): blanks and
 * controls around them, tabs and line ends inside them do not count, a
 * backslash is a slash, dot segments stop at the root.  "/\t/x" names a
 * host. */
#ifndef POLICY_MAPPING_H
#define POLICY_MAPPING_H

#include "base/slice.h"

struct arena;
struct pool;
struct request;
struct route_match;

/* What a component writes in the place of its prefix, by rewrite_scripts. */
#define MAPPING_TOKEN "/__fingerpost_prefix__"

/* All slices live in the arena of mapping_make(), or in what it was given. */
struct mapping {
	struct slice from; /* "" or "/x", no trailing slash */
	struct slice to;   /* "" or "/x": URL bytes, mount and all */

	/* Another path of the component's root, for builds that know it by the
	 * token; or empty. */
	struct slice token;

	/* the origin's names; a URL that has one of them is the component's, as
	 * is one that has another server's of the pool */
	struct slice origin_scheme;
	struct slice origin_host;
	struct slice origin_authority;
	uint16_t origin_port;
	const struct pool *pool; /* or NULL: no other server */

	/* ours */
	struct slice scheme;    /* "http" or "https" */
	struct slice authority; /* as the client wrote it; may be empty */
	bool preserve_host;     /* the component knows itself by it, too */

	/* What takes the place of an absolute URL's beginning, each with a
	 * slash at its end; empty where the authority is. */
	struct slice to_slash;  /* to + "/"; never empty */
	struct slice absolute;  /* scheme://authority + to + "/" */
	struct slice websocket; /* the same with ws or wss */
	struct slice network;   /* //authority + to + "/" */

	unsigned depth; /* directories between `from` and the requested file:
			 * 2 for /a/b/c and for /a/b/ */
};

/* For the exchange that m describes.  False: the arena is spent. */
bool mapping_make(const struct request *r, const struct route_match *m,
    struct arena *a, struct mapping *mapping_out);

/* The same where there is no request: tests, benchmarks.  No authority, no
 * depth, no origin but http://origin. */
bool mapping_plain(
    struct slice to, struct arena *a, struct mapping *mapping_out);

/* One that leaves every URL as it is. */
struct mapping mapping_none(void);

/* Where relative references of a document start. */
struct mapping_place {
	unsigned depth; /* as in struct mapping */
	bool foreign;   /* <base href> leads to another server: paths are its,
			 * and only URLs that name the origin are ours */
};

struct mapping_place mapping_place(const struct mapping *m);

enum mapping_form {
	MAPPING_WHOLE, /* an absolute URL stays absolute: fields, feeds */
	MAPPING_SHORT, /* an absolute URL of ours may become a path: a page
			* that was asked for over https must not load http
			* where the web server did not know better */
};

/* Replace bytes at..end of the URL by `with`; the rest stays. */
struct mapping_edit {
	size_t at;
	size_t end;
	struct slice with; /* of the mapping: outlives the call */
};

/* From the component to the public: what to change, or false where the URL
 * stays.  `url` is whole, and decoded from whatever syntax it stood in; where
 * only its first 1000 bytes or so are there, the answer may overlook a dot
 * segment in the rest, and nothing else. */
bool mapping_out(const struct mapping *m, struct mapping_place place,
    struct slice url, enum mapping_form form, struct mapping_edit *edit_out);

/* The whole URL mapped: url itself where nothing is to change.  SLICE_NONE:
 * the arena is spent. */
struct slice mapping_apply(const struct mapping *m, struct mapping_place place,
    struct slice url, enum mapping_form form, struct arena *a);

/* What <base href=url> makes of the place, url whole and as the component
 * wrote it. */
struct mapping_place mapping_base(
    const struct mapping *m, struct mapping_place place, struct slice url);

/* Would a whole URL, read by a browser on a page of the component's, be one
 * of the component's own? */
bool mapping_is_own(
    const struct mapping *m, struct mapping_place place, struct slice url);

/* Is this authority, of a URL of that scheme, one that our visitors use for
 * us?  Case and the scheme's default port do not matter. */
bool mapping_names_us(
    const struct mapping *m, struct slice scheme, struct slice authority);

#endif

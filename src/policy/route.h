/* Which rule owns a request, and what of its target the origin is to see.
 *
 * Host first (exact, wildcard, none), then the longest path on a segment
 * boundary, then the rules of that path: those with conditions, those with a
 * split alone, the others, and the order of the file among each.  Where none
 * of them takes the request, shorter paths and less exact hosts get their
 * chance.  Matching reads a normalised copy; what goes on
 * are the client's own bytes.  Where readings of the target that a web
 * server or an origin may take disagree about the owner, or a dot segment
 * climbs out of the prefix, the request is refused. */
#ifndef POLICY_ROUTE_H
#define POLICY_ROUTE_H

#include "base/slice.h"

struct arena;
struct conf;
struct fields;
struct origin;
struct rule;
struct route_table;
struct server;
struct split_decision;

enum route_verdict {
	ROUTE_FOUND,
	ROUTE_NONE,        /* 404: nobody owns it */
	ROUTE_SLASH,       /* redirect to `location` */
	ROUTE_METHOD,      /* 405, Allow from rule->methods */
	ROUTE_REFUSED,     /* 400, `why` says it in words */
	ROUTE_LONG,        /* 414: too long for map_path */
	ROUTE_ELSEWHERE,   /* the rule redirects, see fill_location() */
	ROUTE_MAINTENANCE, /* 503 by the rule */
};

struct route_query {
	struct slice method;
	struct slice authority; /* Host; port and case as sent; may be empty */
	struct slice target;    /* REQUEST_URI: origin- or absolute-form */
	struct slice mount;     /* decoded, e.g. "/cgi-bin/f.cgi"; or empty */
	const struct fields *fields; /* of the request; NULL: none */
	uint64_t roll;               /* random, for splits; or SPLIT_ROLL_OUT */
};

struct route_match {
	enum route_verdict verdict;
	const struct rule *rule;     /* not for NONE and REFUSED */
	const struct server *server; /* of the rule's pool, once one is chosen;
				      * NULL: its first.  route_match() leaves
				      * it NULL */
	struct slice prefix; /* public, mount and all: "/f.cgi/hotels"; "" for
			      * a rule that owns the root.  The configured
			      * bytes, percent-encoded where need be */
	struct slice tail;   /* the client's bytes behind the prefix, without
			      * the query; starts with '/' or is empty */
	struct slice path;   /* the client's bytes from the root, without mount
			      * and query: for strip = no */
	struct slice query;  /* with its '?', or empty */
	struct slice mapped_path; /* of map_path: what goes on in the place
				   * of tail or path, and of query; or
				   * SLICE_NONE */
	struct slice mapped_query;
	const struct slice *captures;        /* $0 to $9 of map_path, or NULL */
	const struct split_decision *splits; /* that were made on the way */
	size_t split_n;
	struct slice location;  /* SLASH: prefix + "/" + query */
	struct slice authority; /* the query's, or absolute-form's own */
	struct slice why;       /* REFUSED */
};

/* The table borrows the conf and is freed before it.  NULL: no memory. */
struct route_table *route_table_new(const struct conf *c);
void route_table_free(struct route_table *t); /* accepts NULL */

/* Slices of match_out point into the query, the conf, or the arena. */
void route_match(const struct route_table *t, const struct route_query *q,
    struct arena *a, struct route_match *match_out);

/* A target as the rules' hosts and paths are written. */
struct route_place {
	struct slice host; /* lower case, no port; SLICE_NONE: any */
	struct slice path; /* normalised, without the mount */
};

/* An authority of SLICE_NONE is any.  False: no URL, or the arena is spent. */
bool route_place(struct slice authority, struct slice target,
    struct slice mount, struct arena *a, struct route_place *place_out);

/* Might the rule own that target, if conditions, splits, methods and the other
 * rules let it?  `below`: or one that begins with the same bytes. */
bool route_may_own(
    const struct rule *rule, const struct route_place *place, bool below);

/* Where the request goes. */
const struct origin *route_origin(const struct route_match *m);

/* For `explain`: why this rule is not the owner, or SLICE_NONE where it is.
 * In words, in the arena. */
struct slice route_why_not(const struct route_table *t,
    const struct route_query *q, const struct route_match *match,
    const struct rule *rule, struct arena *a);

#endif

/* Whether the content of a response is rewritten on its way out, and as what;
 * and the heads that follow from it. */
#ifndef POLICY_REWRITE_H
#define POLICY_REWRITE_H

#include "base/slice.h"

struct arena;
struct fields;
struct request;
struct response;
struct rule;

enum rewrite_kind {
	REWRITE_NONE,
	REWRITE_HTML,
	REWRITE_CSS,
	REWRITE_XML,
	REWRITE_MANIFEST,
	REWRITE_SPECULATION, /* speculation rules */
	REWRITE_JSON,
	REWRITE_SCRIPT,
};

/* Why content that the rules want rewritten is not. */
enum rewrite_obstacle {
	OBSTACLE_NONE,
	OBSTACLE_CODING,    /* a content coding that we do not undo */
	OBSTACLE_CHARSET,   /* not ASCII-compatible */
	OBSTACLE_TRANSFORM, /* Cache-Control: no-transform */
	OBSTACLE_PARTIAL,   /* 206: a piece of the bytes as they were.  The
			     * same without Range can be rewritten. */
};

struct rewrite_plan {
	enum rewrite_kind kind;
	bool links;    /* URLs, by rewrite_links */
	bool members;  /* URLs, by rewrite_json */
	bool token;    /* the token, by rewrite_scripts; in HTML that of inline
			* scripts */
	bool shim;     /* HTML: its markup is put in */
	bool prologue; /* a worker's script: the shim before it */
	bool destined; /* what asks for it decides whether it is a manifest */
	bool varies;   /* what asks for it decides on the prologue */
	bool decode;   /* undo Content-Encoding first; of a bucket's object
			* with kind NONE, too */
	bool stored;   /* a bucket's object is coded: what the client accepts
			* decides on decode */
	bool deflate;  /* and it says "deflate" */
	enum rewrite_obstacle obstacle;
};

/* The same for GET and HEAD. */
struct rewrite_plan rewrite_choose(const struct rule *rule,
    const struct request *request, const struct response *response);

/* The head that follows from the plan: Content-Encoding off where it is
 * undone, and what representation_changed() does; Vary; on a 304 to a client
 * that holds rewritten content, its tag.  False: arena spent. */
bool rewrite_head(const struct rule *rule, const struct request *request,
    struct response *r, const struct rewrite_plan *plan, struct arena *a);

/* In words for the log, with what can be done. */
struct slice rewrite_obstacle_words(enum rewrite_obstacle obstacle);

/* Of an upstream request whose response may be rewritten: asks for no coding
 * but one that we can undo.  False: arena spent. */
bool rewrite_accept(
    const struct rule *rule, struct fields *upstream, struct arena *a);

/* Could any response of the rule's be rewritten? */
bool rewrite_may(const struct rule *rule);

#endif

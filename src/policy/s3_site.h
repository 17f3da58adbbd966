/* A bucket as a website: which objects are asked for, one after the other,
 * until there is an answer to one request.
 *
 *     the object, or a precompressed form of it
 *       missing: is there DIRECTORY/index?  then a redirect to the slash
 *       missing: the fallback, for a browser that goes to a page
 *       missing: the error page, with the status of what was missing
 *       missing: a page of our own
 *
 * Steps of a pure machine: the caller asks the bucket what site->ask says,
 * hands over the head of what comes, and does as it is told. */
#ifndef POLICY_S3_SITE_H
#define POLICY_S3_SITE_H

#include "http/message.h"

struct arena;
struct route_match;
struct rule;

/* One request to the bucket. */
struct s3_ask {
	struct slice method;
	struct slice path;  /* as sent and signed: "/bucket/public/a%20b" */
	struct slice query; /* the same; without '?' */
	bool conditional;   /* the client's conditions and Range go along */
	bool probe;         /* one byte is enough: Range: bytes=0-0 */
};

enum s3_act {
	S3_ASK,      /* ask site->ask; what is there of a response is dropped */
	S3_ADMIT,    /* the response, as s3_site_head() left it, is the
		      * client's */
	S3_COLLECT,  /* an error: gather its content for s3_site_error() */
	S3_SKEWED,   /* learn the server's time from its Date, then ask the
		      * same once more */
	S3_RENEW,    /* the credentials are no good (any more): get fresh ones,
		      * then ask the same once more */
	S3_REDIRECT, /* answer site->status with site->location */
	S3_PAGE,     /* answer site->status with a page of our own, and
		      * site->retry_after_s where it is not 0 */
	S3_FAULT, /* FAULT_PROXY_CONFIGURATION_ERROR; site->why for the log */
};

enum s3_step {
	S3_STEP_CODED, /* a precompressed form */
	S3_STEP_OBJECT,
	S3_STEP_INDEX, /* of the directory that was meant */
	S3_STEP_FALLBACK,
	S3_STEP_ERROR_PAGE,
};

struct s3_site {
	struct s3_ask ask;
	int status;
	int64_t retry_after_s;
	struct slice location;
	struct slice why; /* in words, with the remedy; no secret, and not for
			   * visitors */

	/* s3_site.c's own */
	const struct rule *rule;
	const struct request *request;
	const struct route_match *match;
	struct arena *arena;
	enum s3_step step;
	size_t coding;     /* CODED: which of bucket.codings */
	struct slice path; /* of the object itself, index and all */
	bool writes;       /* PUT, DELETE: the object and nothing else */
	bool raw;          /* a query goes along: no website */
	bool varies;       /* Accept-Encoding chose, or might have */
	bool skewed;
	bool renewed;
	bool probed; /* HEAD failed: GET says why */
	int head_status;
};

/* S3_ASK; S3_PAGE where the bucket need not be asked: 405 for what would
 * write or delete the bucket itself (status 405), 414 where the arena is
 * spent.  Borrows all its arguments. */
enum s3_act s3_site_begin(const struct request *r, const struct route_match *m,
    struct arena *a, struct s3_site *site_out);

/* A response's head.  For S3_ADMIT the head is made ready for the client:
 * status, what S3 says to its own clients alone taken off, Vary, the type of a
 * precompressed object. */
enum s3_act s3_site_head(struct s3_site *site, struct response *r);

/* The content of an error whose head asked for S3_COLLECT, or as much of it
 * as there was room for. */
enum s3_act s3_site_error(
    struct s3_site *site, const struct response *r, struct slice content);

/* --- the request ------------------------------------------------------- */

/* The client's fields that a bucket has a use for, and what the rules say:
 * no Cookie, no Authorization, none of the client's own X-Amz-*, no addresses
 * of visitors.  A weak tag in If-None-Match is made the bucket's strong one:
 * it is ours, from compressing.  False: the arena is spent. */
bool s3_request_fields(const struct request *r, const struct route_match *m,
    struct arena *a, struct fields *fields_out);

/* The fields of one asking: those of `all` that go with it, Host first.  In
 * *signed_out those that are to be signed. */
bool s3_ask_fields(const struct s3_ask *ask, const struct rule *rule,
    const struct fields *all, struct arena *a, struct fields *sent_out,
    struct fields *signed_out);

#endif

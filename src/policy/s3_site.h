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
	bool whole; /* but for Range: it is another object than If-Range's */
	bool probe; /* one byte is enough: Range: bytes=0-0 */
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
	S3_PAGE,     /* answer site->status with a page of our own,
		      * site->extra, and site->retry_after_s where it is not
		      * 0; first do what site->lesson says */
	S3_FAULT, /* FAULT_PROXY_CONFIGURATION_ERROR; site->why for the log */
};

enum s3_step {
	S3_STEP_CODED, /* a precompressed form */
	S3_STEP_OBJECT,
	S3_STEP_INDEX, /* of the directory that was meant */
	S3_STEP_FALLBACK,
	S3_STEP_ERROR_PAGE,
};

/* No request asks more often than this and once for each of
 * bucket.codings. */
#define S3_ASKS_MAX 10

struct s3_site {
	struct s3_ask ask;
	int status;
	int64_t retry_after_s;
	struct fields extra; /* PAGE: Content-Range of 416, Allow of 405 */
	enum s3_act lesson;  /* PAGE: S3_SKEWED or S3_RENEW: learn that for
			      * those who come next, though this request
			      * cannot be sent again; else S3_PAGE */
	struct slice location;
	struct slice why; /* in words, with the remedy, for the log: with any
			   * act, where it is not empty.  No secret, and not
			   * for visitors */

	/* s3_site.c's own */
	const struct rule *rule;
	const struct request *request;
	const struct route_match *match;
	struct arena *arena;
	enum s3_step step;
	size_t coding;      /* CODED: which of bucket.codings */
	struct slice root;  /* of the site: "/bucket/public" */
	struct slice path;  /* of the object itself, index and all */
	struct slice query; /* that goes along, or "" */
	bool directory;     /* the path ended in a slash */
	bool writes;        /* PUT, DELETE: the object and nothing else */
	bool raw;           /* a query goes along: no website */
	bool varies;        /* Accept-Encoding chose, or might have */
	bool whole;         /* what If-Range names is not there any more */
	bool skewed;
	bool renewed;
	bool probed; /* HEAD failed: GET says why */
	int head_status;
};

/* S3_ASK; S3_PAGE where the bucket need not be asked: 404 for what would list
 * the bucket, 405 for what would write or delete it and for other methods
 * than GET, HEAD, PUT and DELETE, 414 where the arena is spent.  Borrows all
 * its arguments, the match and the request as long as the site is used. */
enum s3_act s3_site_begin(const struct request *r, const struct route_match *m,
    struct arena *a, struct s3_site *site_out);

/* A response's head; any act may come of it.  For S3_ADMIT the head
 * is made ready for the client: status, what S3 says to its own clients alone
 * taken off, Vary, the type of a precompressed object. */
enum s3_act s3_site_head(struct s3_site *site, struct response *r);

/* The content of an error whose head asked for S3_COLLECT, or as much of it
 * as there was room for (S3_ERROR_MAX_BYTES are of use); `r` is the same head.
 * Never S3_ADMIT, never S3_COLLECT. */
enum s3_act s3_site_error(
    struct s3_site *site, const struct response *r, struct slice content);

#endif

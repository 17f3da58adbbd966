/* What S3 says in the content of an error: <Error><Code>NoSuchKey</Code>... */
#ifndef POLICY_S3_ERROR_H
#define POLICY_S3_ERROR_H

#include "base/slice.h"

/* More of an error's content is not looked at. */
#define S3_ERROR_MAX_BYTES 16384

/* Slices of the content, as they stand there; empty where there is none. */
struct s3_error {
	struct slice code;   /* "NoSuchKey" */
	struct slice region; /* "eu-west-1": where the bucket is */
	struct slice endpoint;
};

struct s3_error s3_error_read(struct slice content);

/* What a code is to a gateway. */
enum s3_complaint {
	S3_COMPLAINT_NONE,        /* the request's own fault: status stands */
	S3_COMPLAINT_MISSING,     /* no such object */
	S3_COMPLAINT_DENIED,      /* missing, or not for us to see */
	S3_COMPLAINT_SKEWED,      /* our clock and the server's */
	S3_COMPLAINT_CREDENTIALS, /* unknown, expired, revoked */
	S3_COMPLAINT_SIGNATURE,   /* known, but another secret */
	S3_COMPLAINT_REGION,
	S3_COMPLAINT_BUCKET, /* there is none of that name */
	S3_COMPLAINT_BUSY,   /* slow down; come again */
};

/* By its code; by its status where the code is none that we know. */
enum s3_complaint s3_complain(int status, struct slice code);

#endif

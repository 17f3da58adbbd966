/* The fields of requests to a bucket, and which of them are signed. */
#ifndef POLICY_S3_REQUEST_H
#define POLICY_S3_REQUEST_H

#include "http/field.h"
#include "policy/forward.h"

struct request;
struct s3_ask;

/* What forward_request() makes of those of the client's fields that a bucket
 * has a use for, and what the rules say: no Cookie, no Authorization, none of
 * the client's own X-Amz-*, no addresses of visitors.  Host is the bucket's,
 * preserve_host or not.  A weak tag in If-None-Match is made the bucket's
 * strong one: it is ours, from compressing.  FORWARD_OK, FORWARD_TOO_LARGE or
 * FORWARD_LOOP. */
enum forward_verdict s3_request_fields(const struct request *r,
    const struct route_match *m, const struct settings *s, struct arena *a,
    struct fields *fields_out);

/* Buckets ignore If-Range, and would answer with a part of another object.
 * What it says is put as a condition that fails aloud: then the same is asked
 * for without Range. */
struct s3_condition {
	bool range;        /* Range may be asked for */
	struct slice name; /* If-Match or If-Unmodified-Since; "": none is
			    * needed */
	struct slice value;
};
struct s3_condition s3_if_range(const struct fields *all);

/* The fields of one asking: those of `all` (s3_request_fields') that go with
 * it, Host first, none of them empty.  In *signed_out those that are to be
 * signed: Host, Content-Type, Content-MD5 and X-Amz-*, none of them twice.
 * What the signer adds itself (Authorization, X-Amz-Date...) is in neither.
 * False: the arena is spent. */
bool s3_ask_fields(const struct s3_ask *ask, const struct fields *all,
    struct arena *a, struct fields *sent_out, struct fields *signed_out);

#endif

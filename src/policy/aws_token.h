/* What AWS' metadata services answer: temporary credentials, as JSON
 * (RFC 8259).  Pure.
 *
 * Instances:  "Retrieve security credentials from instance metadata", EC2
 *             User Guide.
 * Containers: "Container credential provider", AWS SDKs and Tools Reference
 *             Guide. */
#ifndef POLICY_AWS_TOKEN_H
#define POLICY_AWS_TOKEN_H

#include "policy/aws_keys.h"

/* Nothing is nested deeper than this. */
#define AWS_TOKEN_DEPTH 32

/* They name no end. */
#define AWS_TOKEN_FOREVER INT64_MAX

enum aws_token_fault {
	AWS_TOKEN_OK,
	AWS_TOKEN_NO_JSON,    /* no text of one JSON object */
	AWS_TOKEN_REFUSED,    /* says that it has none: `code` */
	AWS_TOKEN_INCOMPLETE, /* a key is not there, or holds what none does */
	AWS_TOKEN_TIME,       /* the end is no point in time */
};

struct aws_token {
	struct aws_keys keys;
	int64_t expires_s;  /* seconds since 1970 */
	struct slice code;  /* REFUSED: letters, "AssumeRoleUnauthorizedAccess",
			     * or "" */
	struct slice wrong; /* INCOMPLETE: as aws_keys_fault() has it */
};

/* Strings are unescaped where they stand: the text is changed, and slices
 * point into it, so that there is one copy to wipe.  Members given twice:
 * the last counts.  But for `code` and `wrong` token_out stays untouched on
 * failure. */
enum aws_token_fault aws_token_read(
    char *text, size_t len, struct aws_token *token_out);

#endif

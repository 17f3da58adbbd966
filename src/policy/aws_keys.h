/* What requests to AWS and its like are signed with.  Pure. */
#ifndef POLICY_AWS_KEYS_H
#define POLICY_AWS_KEYS_H

#include "base/slice.h"

/* Absent parts are empty. */
struct aws_keys {
	struct slice access_key_id;
	struct slice secret_access_key;
	struct slice session_token; /* of those that expire */
};

/* No part is longer than this. */
#define AWS_KEY_MAX_BYTES 16384

/* Can these be signed with and sent: both keys, of visible ASCII alone, and
 * the token, where there is one, likewise?  SLICE_NONE if so; else the first
 * part that is not, "the secret access key", never its value. */
struct slice aws_keys_fault(const struct aws_keys *keys);

#endif

/* Keys and queries as S3 writes them: what is sent is what is signed.
 *
 * Servers decode a path before they look the key up, and sign what they would
 * have encoded it as: every byte but A-Z a-z 0-9 - . _ ~ (and / in a key) as
 * %XX with upper-case digits.  A client may have encoded more or less.
 *
 * Where there is nothing to change, what is given may be given back: it is
 * borrowed. */
#ifndef POLICY_S3_KEY_H
#define POLICY_S3_KEY_H

#include "base/slice.h"

struct arena;
struct slice_list;

/* A client's path, decoded once and encoded as S3 does; nothing is merged or
 * resolved, "//", "." and ".." are part of a key.  '+' is itself.  A '%' that
 * begins no escape stands for itself.  SLICE_NONE: the arena is spent. */
struct slice s3_path(struct slice path, struct arena *a);

/* Bytes of a key, encoded: `slash`: '/' stays as it is. */
struct slice s3_encode(struct slice bytes, bool slash, struct arena *a);

/* Of a client's query (with or without its '?') the parameters whose decoded
 * names are in `names` ("*": all), in the order that is signed: encoded anew
 * ('+' is a blank), sorted by name, then value, joined by '&', each with its
 * '='.  Empty where none is left; without a '?'.  Names that make up a
 * presigned request (X-Amz-..., and AWSAccessKeyId, Expires and Signature of
 * Signature Version 2, in any case) never pass.  SLICE_NONE: the arena is
 * spent. */
struct slice s3_query(
    struct slice query, const struct slice_list *names, struct arena *a);

#endif

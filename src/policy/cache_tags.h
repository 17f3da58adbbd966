/* The names that an origin gives its responses so that they can be purged by
 * them: Cache-Tag, parted by commas, and Surrogate-Key, parted by blanks. */
#ifndef POLICY_CACHE_TAGS_H
#define POLICY_CACHE_TAGS_H

#include "conf/conf.h"

/* A response with more of them is not stored: it could not be purged by all. */
#define CACHE_PURGE_TAGS_MAX 120

/* Bytes as they are, each once, without those that begin with "=", which are
 * ours; they point into the fields.  False: too many, or the arena is spent. */
bool cache_tags_read(
    const struct fields *fields, struct arena *a, struct slice_list *tags_out);

/* May somebody name it: neither empty nor ours? */
bool cache_tag_valid(struct slice tag);

#endif

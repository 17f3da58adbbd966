/* What the keys of a route say together where its origin is a bucket. */
#ifndef CONF_BUCKET_WHOLE_H
#define CONF_BUCKET_WHOLE_H

#include <stdbool.h>

struct arena;
struct findings;
struct lint_section;
struct rule;

/* Once all keys are read and rule->bucket.credentials is set: the endpoint's
 * URL into rule->origin, what a bucket answers into rule->methods; a finding
 * for each contradiction, and for s3_* keys without a bucket.  False: the
 * arena is spent. */
bool bucket_whole(struct rule *rule, const struct lint_section *s,
    struct arena *a, struct findings *f);

#endif

/* Where a website in a bucket sends its visitors on: URLs of the site's own,
 * never the bucket's. */
#ifndef POLICY_S3_LOCATION_H
#define POLICY_S3_LOCATION_H

#include "base/slice.h"

struct arena;
struct route_match;

/* What x-amz-website-redirect-location means to the client: an absolute URL
 * as it is; "/key" as the path under which the site shows it.  Empty where it
 * leads nowhere; SLICE_NONE: the arena is spent. */
struct slice s3_location(
    struct slice value, const struct route_match *m, struct arena *a);

/* The client's own URL with a slash behind its path.  Empty where there is
 * one, or where a browser would take the result for another host's;
 * SLICE_NONE: the arena is spent. */
struct slice s3_slash_location(const struct route_match *m, struct arena *a);

#endif

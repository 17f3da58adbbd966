/* Lists of statuses, of which some go with words. */
#ifndef CONF_STATUSES_H
#define CONF_STATUSES_H

#include "base/slice.h"

struct arena;
struct retry_on;
struct status_ranges;
struct text;

/* health_status: "200-399, 401". */
bool statuses_parse(struct slice s, struct arena *a,
    struct status_ranges *ranges_out, struct text *why);

/* retry_on: "connect-failure, reset, timeout, 502, 503-504". */
bool retry_on_parse(struct slice s, struct arena *a,
    struct retry_on *retry_on_out, struct text *why);

bool statuses_have(const struct status_ranges *ranges, int status);

#endif

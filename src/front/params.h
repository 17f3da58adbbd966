/* FastCGI name-value pairs (FastCGI specification 1.0, section 3.4). */
#ifndef FRONT_PARAMS_H
#define FRONT_PARAMS_H

#include "base/slice.h"

struct text;

/* Takes the next pair off *rest.  False at the end, or where the lengths
 * promise more than there is; then *rest is not empty. */
bool params_next(
    struct slice *rest, struct slice *name_out, struct slice *value_out);

void params_add(struct text *t, struct slice name, struct slice value);

#endif

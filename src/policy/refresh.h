/* The URL in a Refresh field, or in the content of <meta http-equiv=refresh>:
 * "5; url=/x".  Read by the HTML Standard's shared declarative refresh steps,
 * which take much that is written nowhere: a comma or a blank for the
 * semicolon, "url=" left out, one quote or none. */
#ifndef POLICY_REFRESH_H
#define POLICY_REFRESH_H

#include "base/slice.h"

/* A part of value.  False where it holds no URL or is no refresh. */
bool refresh_url(struct slice value, struct slice *url_out);

#endif

/* Content-Type against patterns (RFC 9110 section 8.3.1). */
#ifndef HTTP_MEDIA_TYPE_H
#define HTTP_MEDIA_TYPE_H

#include "base/slice.h"

/* type/subtype without parameters; empty where that is not its form. */
struct slice media_type(struct slice content_type);

/* Does a type, as media_type() gives it, match?  A pattern is a type, or one
 * with a '*' for any run of bytes but '/' on either side of its slash: "text"
 * "/" "*", "application" "/" "*+json". Case does not matter. */
bool media_type_matches(struct slice type, struct slice pattern);

#endif

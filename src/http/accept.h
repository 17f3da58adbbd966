/* What codings a client takes (RFC 9110 section 12.5.3). */
#ifndef HTTP_ACCEPT_H
#define HTTP_ACCEPT_H

#include "base/slice.h"

struct fields;

/* May a response to these request fields be in that coding, and is it at
 * least as welcome as the plain one?  No Accept-Encoding field or an empty
 * one means the plain form alone; "x-gzip" is "gzip"; where one coding
 * stands there twice, the lower wish counts. */
bool accept_coding(const struct fields *request, struct slice coding);

/* May it be in none?  Only "identity;q=0", or "*;q=0" without a word on
 * identity, says that it may not. */
bool accept_identity(const struct fields *request);

#endif

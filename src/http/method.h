/* What a method's definition says of it (RFC 9110 section 9.2). */
#ifndef HTTP_METHOD_H
#define HTTP_METHOD_H

#include "base/slice.h"

/* The request changes nothing that its sender is to answer for.  Of methods
 * that we do not know none is. */
bool method_is_safe(struct slice method);

/* Repeating the request is as good as sending it once. */
bool method_is_idempotent(struct slice method);

/* A request without content says so with Content-Length: 0. */
bool method_expects_content(struct slice method);

#endif

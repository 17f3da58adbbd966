/* Status codes and their words (RFC 9110 section 15, and the registry). */
#ifndef HTTP_STATUS_H
#define HTTP_STATUS_H

#include "base/slice.h"

/* The registered reason phrase, or that of its class; "Unknown" outside
 * 100..599. */
struct slice status_reason(int status);

#endif

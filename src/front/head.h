/* A response head as CGI wants it (RFC 3875 section 6.3). */
#ifndef FRONT_HEAD_H
#define FRONT_HEAD_H

#include "http/message.h"

struct text;

/* "Status:" first and always, then the fields, Content-Length where known,
 * and the blank line. */
void head_write(struct text *t, const struct response *r);

/* No head is longer; the web servers take far less. */
#define HEAD_MAX_BYTES (256 * 1024)

#endif

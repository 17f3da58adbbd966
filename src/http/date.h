/* Points in time as HTTP and JSON write them (RFC 9110 section 5.6.7,
 * RFC 3339). */
#ifndef HTTP_DATE_H
#define HTTP_DATE_H

#include "base/slice.h"

/* Any of the three forms of HTTP-date.  now_s decides the century of the
 * second (RFC 850).  Seconds since 1970; false for anything else, and for a
 * day or hour that does not exist.  Which weekday it is said to be does not
 * matter. */
bool date_parse(struct slice s, int64_t now_s, int64_t *seconds_out);

/* "2026-11-21T10:00:00Z", with a fraction, which is dropped, or an offset if
 * need be. */
bool date_parse_rfc3339(struct slice s, int64_t *seconds_out);

/* "Sun, 06 Nov 1994 08:49:37 GMT" and its NUL; the first or last second of
 * the years 0 to 9999 for what is outside of them. */
#define DATE_SIZE 30
void date_format(int64_t seconds, char date_out[DATE_SIZE]);

#endif

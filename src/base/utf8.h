/* Writing one character as UTF-8 (RFC 3629). */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes written, 1 to 4.  What is no character (a surrogate, past U+10FFFF)
 * becomes U+FFFD. */
size_t utf8_put(uint32_t code, char bytes_out[4]);

#endif

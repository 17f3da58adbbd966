/* Addresses and networks, IPv4 and IPv6 alike. */
#ifndef CONF_NETWORK_H
#define CONF_NETWORK_H

#include "base/slice.h"

struct arena;
struct networks;
struct text;

#define NETWORK_BYTES 16

/* "192.0.2.1", as ::ffff:192.0.2.1 (RFC 4291 section 2.5.5.2), or
 * "2001:db8::1"; no brackets, no zone.  False: it is neither. */
bool network_address(struct slice s, unsigned char address_out[NETWORK_BYTES]);

/* "127.0.0.1, 10.0.0.0/8, 2001:db8::/32".  The array is the arena's.  False
 * says why. */
bool networks_parse(struct slice s, struct arena *a,
    struct networks *networks_out, struct text *why);

#endif

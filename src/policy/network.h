/* Is an address one of those that a rule names? */
#ifndef POLICY_NETWORK_H
#define POLICY_NETWORK_H

#include "base/slice.h"

struct networks;

/* An IPv4 address is itself however it is written, ::ffff:192.0.2.1 too
 * (RFC 4291 section 2.5.5.2); the zone of "fe80::1%eth0" does not count.
 * False for what is no address, an empty one among them. */
bool network_has(const struct networks *networks, struct slice address);

#endif

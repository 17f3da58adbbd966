/* Comparing bits. */
#include "policy/network.h"

#include <string.h>

#include "conf/conf.h"
#include "conf/network.h"

static bool in_network(const struct network *n, const unsigned char *address)
{
	unsigned bytes = n->bits / 8;
	unsigned rest = n->bits % 8;

	return memcmp(n->address, address, bytes) == 0 &&
	    (rest == 0 ||
		(n->address[bytes] ^ address[bytes]) >> (8 - rest) == 0);
}

bool network_has(const struct networks *networks, struct slice address)
{
	unsigned char bytes[NETWORK_BYTES];

	if (!network_address(
		slice_upto(address, slice_find(address, '%')), bytes))
		return false;
	for (size_t i = 0; i < networks->n; i++)
		if (in_network(&networks->at[i], bytes))
			return true;
	return false;
}

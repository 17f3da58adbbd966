/* Reading purge_allow. */
#include "conf/network.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/value.h"

#define ADDRESS_MAX 45 /* characters: INET6_ADDRSTRLEN less the NUL */
#define V4_BITS     96 /* that an IPv4 address has before its own */

static const unsigned char v4_start[12] = { [10] = 0xff, [11] = 0xff };

bool network_address(struct slice s, unsigned char address_out[NETWORK_BYTES])
{
	unsigned char address[NETWORK_BYTES];
	char edge[ADDRESS_MAX + 1];

	if (s.len == 0 || s.len > ADDRESS_MAX || slice_find(s, '\0') < s.len)
		return false;
	memcpy(edge, s.at, s.len);
	edge[s.len] = '\0';
	memcpy(address, v4_start, sizeof(v4_start));
	if (inet_pton(AF_INET, edge, address + sizeof(v4_start)) != 1 &&
	    inet_pton(AF_INET6, edge, address) != 1)
		return false;
	memcpy(address_out, address, sizeof(address));
	return true;
}

/* Clears what is behind the network's bits; false: nothing was there. */
static bool clear_host(struct network *n)
{
	bool any = false;

	for (unsigned i = n->bits; i < 8 * NETWORK_BYTES; i++) {
		unsigned char bit = (unsigned char)(0x80 >> i % 8);

		any |= (n->address[i / 8] & bit) != 0;
		n->address[i / 8] &= (unsigned char)~bit;
	}
	return any;
}

static void say_network(const struct network *n, bool v4, struct text *why)
{
	char room[ADDRESS_MAX + 1];
	const char *at = inet_ntop(v4 ? AF_INET : AF_INET6,
	    n->address + (v4 ? sizeof(v4_start) : 0), room, sizeof(room));

	text_format(why, ": did you mean %s/%u?", at == NULL ? "" : at,
	    n->bits - (v4 ? V4_BITS : 0));
}

static bool network_parse(
    struct slice s, struct network *network_out, struct text *why)
{
	size_t slash = slice_find(s, '/');
	struct slice address = slice_upto(s, slash);
	struct slice length = slice_from(s, slash + 1);
	bool v4 = slice_find(address, ':') == address.len;
	uint64_t bits = v4 ? 32 : 128;
	struct network n;

	if (!network_address(address, n.address)) {
		text_format(why,
		    "\"%.*s\" is no address: write one such as 127.0.0.1 or "
		    "::1, or a network such as 10.0.0.0/8",
		    SLICE_ARG(s));
		return false;
	}
	if (slash < s.len &&
	    (!slice_to_u64(length, &bits) || bits > (v4 ? 32 : 128))) {
		text_format(why,
		    "\"%.*s\" has no length of a network behind its slash: "
		    "write 0 to %d",
		    SLICE_ARG(s), v4 ? 32 : 128);
		return false;
	}
	n.bits = (unsigned)bits + (v4 ? V4_BITS : 0);
	if (clear_host(&n)) {
		text_format(why, "\"%.*s\" is an address within a network",
		    SLICE_ARG(s));
		say_network(&n, v4, why);
		return false;
	}
	*network_out = n;
	return true;
}

static bool same(const struct network *a, const struct network *b)
{
	return a->bits == b->bits &&
	    memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

bool networks_parse(struct slice s, struct arena *a,
    struct networks *networks_out, struct text *why)
{
	struct slice_list list;
	struct network *at;

	if (!value_list(s, a, &list, why))
		return false;
	at = arena_alloc(a, (list.n + 1) * sizeof(*at));
	if (at == NULL) {
		text_add(why, LIT("out of memory"));
		return false;
	}
	for (size_t i = 0; i < list.n; i++) {
		if (!network_parse(list.at[i], &at[i], why))
			return false;
		for (size_t j = 0; j < i; j++)
			if (same(&at[i], &at[j])) {
				text_format(why,
				    "\"%.*s\" is listed twice: keep one",
				    SLICE_ARG(list.at[i]));
				return false;
			}
	}
	*networks_out = (struct networks){ at, list.n };
	return true;
}

/* What a PEM file holds (RFC 7468), asked of libcrypto: certificates, a
 * private key, and whether the two belong together.
 *
 * Pure: bytes in, answers out.  Nobody is ever asked for a passphrase. */
#ifndef CONF_PEM_H
#define CONF_PEM_H

#include "base/slice.h"

struct pem_sum {
	size_t n;
	int64_t first_s; /* when the first certificate expires, since 1970 */
	int64_t last_s;  /* when the last of all to expire does */
};

/* What is wrong with the certificates, or NULL: there is one at least, and
 * all can be read. */
const char *pem_certificates(struct slice pem, struct pem_sum *sum_out);

/* What is wrong with the private key, or NULL. */
const char *pem_key(struct slice pem);

/* Is the key that of the first certificate?  Both are known to be good. */
bool pem_pair(struct slice certificates, struct slice key);

#endif

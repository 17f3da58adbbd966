/* The number under which a key is kept: SipHash-2-4, so that a client who
 * chooses URLs cannot choose two that meet without knowing the secret. */
#ifndef STORE_KEY_HASH_H
#define STORE_KEY_HASH_H

#include "base/slice.h"

struct key_secret {
	uint64_t word[2];
};

uint64_t key_hash(const struct key_secret *secret, struct slice key);

#endif

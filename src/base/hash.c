/* FNV-1a with splitmix64's finish, which gives the high bits their share. */
#include "base/hash.h"

uint64_t hash64(struct slice s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < s.len; i++) {
		h ^= (unsigned char)s.at[i];
		h *= UINT64_C(0x100000001b3);
	}
	return hash64_mix(h ^ s.len);
}

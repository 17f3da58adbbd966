/* A hash that spreads well and is the same in every process and on every
 * machine; not one against an adversary who wants collisions. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/slice.h"

/* Of the bytes and their number. */
uint64_t hash64(struct slice s);

/* Neighbours in, strangers out; a bijection. */
static inline uint64_t hash64_mix(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

#endif

/* A checksum of 64 bits for what a disk may have garbled.
 *
 * Eight bytes at a time go through a bijection, so that a change within any
 * one aligned word is found for certain and any other but once in 2^64.  It
 * wants no table and no instruction of one processor, which is where CRC-32C
 * costs eight times as much.  Not against an adversary: he who can write
 * there can also write the sum. */
#ifndef STORE_SUM_H
#define STORE_SUM_H

#include "base/slice.h"

struct sum {
	uint64_t state;
	uint64_t tail; /* bytes not yet a word, the first lowest */
	uint64_t bytes;
};

struct sum sum_new(void);

/* However the bytes are cut into pieces, the value is the same. */
void sum_add(struct sum *s, struct slice piece);
uint64_t sum_value(const struct sum *s);

#endif

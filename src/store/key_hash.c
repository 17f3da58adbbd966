/* SipHash-2-4 (Aumasson and Bernstein, 2012). */
#include "store/key_hash.h"

#include "base/little.h"

static uint64_t turned(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static void rounds(uint64_t v[4], unsigned n)
{
	while (n-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = turned(v[1], 13) ^ v[0];
		v[3] = turned(v[3], 16) ^ v[2];
		v[0] = turned(v[0], 32) + v[3];
		v[2] += v[1];
		v[3] = turned(v[3], 21) ^ v[0];
		v[1] = turned(v[1], 17) ^ v[2];
		v[2] = turned(v[2], 32);
	}
}

static void add_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	rounds(v, 2);
	v[0] ^= word;
}

uint64_t key_hash(const struct key_secret *secret, struct slice key)
{
	uint64_t a = secret->word[0];
	uint64_t b = secret->word[1];
	uint64_t v[4] = { a ^ UINT64_C(0x736f6d6570736575),
		b ^ UINT64_C(0x646f72616e646f6d),
		a ^ UINT64_C(0x6c7967656e657261),
		b ^ UINT64_C(0x7465646279746573) };
	uint64_t last = (uint64_t)key.len << 56;
	size_t i = 0;

	for (; key.len - i >= 8; i += 8)
		add_word(v, little_u64(key.at + i));
	for (unsigned n = 0; i < key.len; i++, n++)
		last |= (uint64_t)(unsigned char)key.at[i] << 8 * n;
	add_word(v, last);
	v[2] ^= 0xff;
	rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* Numbers as bytes, the lowest first, whatever the machine's own order. */
#ifndef BASE_LITTLE_H
#define BASE_LITTLE_H

#include <stdint.h>

static inline uint32_t little_u32(const char *at)
{
	const unsigned char *b = (const unsigned char *)at;

	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
	    (uint32_t)b[3] << 24;
}

static inline uint64_t little_u64(const char *at)
{
	return little_u32(at) | (uint64_t)little_u32(at + 4) << 32;
}

static inline void little_put_u32(char *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (char)(value >> 8 * i);
}

static inline void little_put_u64(char *at, uint64_t value)
{
	little_put_u32(at, (uint32_t)value);
	little_put_u32(at + 4, (uint32_t)(value >> 32));
}

#endif

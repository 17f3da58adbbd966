/* Words through a bijection of the state. */
#include "store/sum.h"

#include "base/hash.h"
#include "base/little.h"

static uint64_t turn(uint64_t state, uint64_t word)
{
	state = (state ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return state ^ state >> 32;
}

struct sum sum_new(void)
{
	return (struct sum){ .state = UINT64_C(0x66696e676572706f) };
}

static void add_byte(struct sum *s, unsigned char c)
{
	s->tail |= (uint64_t)c << 8 * (s->bytes & 7);
	s->bytes++;
	if ((s->bytes & 7) == 0) {
		s->state = turn(s->state, s->tail);
		s->tail = 0;
	}
}

void sum_add(struct sum *s, struct slice piece)
{
	size_t i = 0;

	while (i < piece.len && (s->bytes & 7) != 0)
		add_byte(s, (unsigned char)piece.at[i++]);
	for (; piece.len - i >= 8; i += 8) {
		s->state = turn(s->state, little_u64(piece.at + i));
		s->bytes += 8;
	}
	while (i < piece.len)
		add_byte(s, (unsigned char)piece.at[i++]);
}

uint64_t sum_value(const struct sum *s)
{
	return hash64_mix(turn(turn(s->state, s->tail), s->bytes));
}

/* A small set of hashes: two things that share one are said once together,
 * which costs a line in the log. */
#include "engine/once.h"

#include <string.h>

static uint64_t hash_more(uint64_t hash, struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		hash =
		    (hash ^ (unsigned char)s.at[i]) * UINT64_C(0x100000001b3);
	/* So that ("a", "bc") is not ("ab", "c"). */
	return (hash ^ 0x100) * UINT64_C(0x100000001b3);
}

bool once_first(struct once *o, struct slice a, struct slice b)
{
	uint64_t hash =
	    hash_more(hash_more(UINT64_C(0xcbf29ce484222325), a), b) | 1;
	size_t size = sizeof(o->said) / sizeof(o->said[0]);
	size_t i = (hash >> 1) % size;

	for (; o->said[i] != 0; i = (i + 1) % size)
		if (o->said[i] == hash)
			return false;
	if (o->n == ONCE_MAX) {
		memset(o, 0, sizeof(*o));
		i = (hash >> 1) % size;
	}
	o->said[i] = hash;
	o->n++;
	return true;
}

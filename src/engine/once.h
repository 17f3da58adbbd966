/* What is worth saying once: a bounded memory of what was said.  Past its
 * bound it forgets everything and says things again. */
#ifndef ENGINE_ONCE_H
#define ENGINE_ONCE_H

#include "base/slice.h"

#define ONCE_MAX 512

struct once {
	uint64_t said[2 * ONCE_MAX]; /* hashes; 0: empty */
	size_t n;
};

/* True the first time that these two come together. */
bool once_first(struct once *o, struct slice a, struct slice b);

#endif

/* How far the clocks of bucket servers are from ours: SigV4 allows a quarter
 * of an hour.  Learned from a server that complained; a few are remembered,
 * and the one learned first is forgotten first. */
#ifndef ENGINE_SKEW_H
#define ENGINE_SKEW_H

#include "base/slice.h"

#define SKEW_SERVERS   16
#define SKEW_AUTHORITY 264 /* host:port; a longer one is not remembered */

struct skew {
	struct {
		char authority[SKEW_AUTHORITY];
		size_t len;      /* 0: nobody */
		int64_t ahead_s; /* of our clock */
	} at[SKEW_SERVERS];
	size_t next;
};

/* 0 where none was learned. */
int64_t skew_of(const struct skew *s, struct slice authority);

void skew_learn(struct skew *s, struct slice authority, int64_t ahead_s);

#endif

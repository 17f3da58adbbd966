/* Which variants a key has: the hashes of their variant keys, in a file of
 * its own where responses vary (Vary, RFC 9110 section 12.5.5).
 *
 * A magic number and eight bytes for each, the newest last, so that one more
 * is one write at the end, which two writers may do at once.  A hash that is
 * wrong names a file that is not there, so there is no sum.
 *
 * Pure. */
#ifndef STORE_VARIANTS_H
#define STORE_VARIANTS_H

#include "store/store.h"

#define VARIANTS_HEAD 8u

/* So many lines and the file is written anew with those that count. */
#define VARIANTS_LINES 64u
#define VARIANTS_BYTES (VARIANTS_HEAD + 8u * VARIANTS_LINES)

struct variants {
	uint64_t at[STORE_VARIANTS_MAX]; /* the newest first, each once */
	size_t n;
	size_t lines; /* in the file */
};

/* False: it is no such file.  What is behind VARIANTS_BYTES is not read. */
bool variants_read(struct slice bytes, struct variants *variants_out);

bool variants_have(const struct variants *v, uint64_t hash);

/* As the first; the last makes room. */
void variants_add(struct variants *v, uint64_t hash);

/* The bytes of the whole file, and how many. */
size_t variants_write(const struct variants *v, char bytes_out[VARIANTS_BYTES]);

/* One line, to be added at the end. */
void variants_line(uint64_t hash, char bytes_out[8]);

#endif

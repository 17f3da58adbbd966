/* When the tags of one row were last purged: what such a purge leaves behind
 * instead of looking at a million files.
 *
 * Every change that a visitor makes is one (RFC 9111 section 4.4), so tags that
 * meet in a row must not purge each other's entries: each has a place of its
 * own there, found by bits of its hash.  Where there are more tags than places,
 * what was purged longest ago becomes everyone's: entries that are older than
 * that are void.  More is purged then than was asked for, never less.
 *
 * Pure.  As bytes: the places, each generation above and bits below, then what
 * is everyone's; 8 bytes each, 64 in all, aligned to 64 in their file. */
#ifndef STORE_TAG_ROW_H
#define STORE_TAG_ROW_H

#include "base/slice.h"

#define TAG_ROW_PLACES 7u
#define TAG_ROW_BYTES  (8u * (TAG_ROW_PLACES + 1u))

/* Generations must be less. */
#define TAG_GENERATION_MAX (UINT64_MAX >> 20)

struct tag_row {
	uint64_t places[TAG_ROW_PLACES]; /* 0: free */
	uint64_t everyones;              /* a generation */
};

void tag_row_read(struct tag_row *row_out, const char *bytes);
void tag_row_write(const struct tag_row *row, char *bytes);

/* The highest bits of the hash tell tags of a row apart, so the row is to be
 * chosen by others. */
void tag_row_purge(struct tag_row *row, uint64_t hash, uint64_t generation);

/* Is an entry of that generation void, which has a tag of that hash? */
bool tag_row_voids(
    const struct tag_row *row, uint64_t hash, uint64_t generation);

#endif

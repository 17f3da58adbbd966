/* Which beginnings of keys were purged, and when: what such a purge leaves
 * behind instead of looking at a million files.
 *
 * An entry is void where a row's prefix begins its key and the row's
 * generation is above the entry's.  The list is bounded: rows that others
 * cover go, and then the two that have most in common become the one that
 * covers both.  More is purged then than was asked for, never less.
 *
 * Pure.  As bytes: magic (8), sum of the rest (8), number of rows (4), then
 * each row's generation (8), length (4) and prefix. */
#ifndef STORE_PURGE_LIST_H
#define STORE_PURGE_LIST_H

#include "base/slice.h"

struct text;

#define PURGE_ROWS_MAX   256u
#define PURGE_PREFIX_MAX 2048u /* a longer one is cut, and covers more */
#define PURGE_LIST_MAX   (20u + PURGE_ROWS_MAX * (12u + PURGE_PREFIX_MAX))

struct purge_row {
	uint64_t generation;
	struct slice prefix;
};

struct purge_list {
	struct purge_row at[PURGE_ROWS_MAX];
	size_t n;
};

/* Borrows the prefix. */
void purge_list_add(
    struct purge_list *l, struct slice prefix, uint64_t generation);

bool purge_list_voids(
    const struct purge_list *l, struct slice key, uint64_t generation);

/* The newest of its rows; 0 where there is none. */
uint64_t purge_list_newest(const struct purge_list *l);

void purge_list_write(const struct purge_list *l, struct text *t);

/* Any bytes; the rows point into them.  False: they are no such list. */
bool purge_list_read(struct slice bytes, struct purge_list *list_out);

#endif

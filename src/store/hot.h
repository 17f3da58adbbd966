/* What is used often, kept in memory under a maximum: which items stay.
 *
 * The order of going is SIEVE's: items stand in a row by when they came, a use
 * marks one, and a hand that goes from the oldest to the newest takes off the
 * marks that it meets and throws out the first item without one.  A use moves
 * nothing.  An item is worth keeping from its second use on, so that whoever
 * reads everything once pushes nothing out.
 *
 * What an item is, its owner says: it begins with struct hot_item and is one
 * piece of malloc().  An item that goes while somebody holds it lives, and
 * counts, until that is let go.
 *
 * Pure, but for memory. */
#ifndef STORE_HOT_H
#define STORE_HOT_H

#include "base/slice.h"

struct hot;

struct hot_item {
	struct slice key; /* in the item; with its hash, the owner's to set */
	uint64_t hash;
	size_t bytes; /* of the piece of malloc() */

	/* The rest is hot's. */
	struct hot *of;
	struct hot_item *beside; /* of the same bucket */
	struct hot_item *newer;
	struct hot_item *older;
	unsigned holds;
	bool used;
	bool in;
};

/* NULL: no memory, or less than what a few items need.  Caller frees, though
 * something may be held; accepts NULL. */
struct hot *hot_new(uint64_t max_bytes);
void hot_free(struct hot *h);

/* Does a use of what is not kept make it worth keeping: was it used before,
 * not too many others ago?  Notes the use. */
bool hot_wants(struct hot *h, uint64_t hash);

/* The largest item that is kept. */
size_t hot_item_max(const struct hot *h);

/* Takes the item, in the place of one with its key.  False: it does not fit
 * beside what is held, and is freed. */
bool hot_put(struct hot *h, struct hot_item *item);

/* That counts as a use.  NULL: it is not there. */
struct hot_item *hot_find(struct hot *h, uint64_t hash, struct slice key);

/* Keeps the item alive until hot_release(). */
void hot_hold(struct hot_item *item);
void hot_release(struct hot_item *item);

/* No longer found: one, all. */
void hot_drop(struct hot *h, struct hot_item *item);
void hot_clear(struct hot *h);

/* Of all that is kept or held, with what malloc() adds, and of the tables. */
uint64_t hot_bytes(const struct hot *h);

#endif

/* Finding one's slot in a table that many processes share and none owns.
 *
 * A slot is keyed by a text, such as an origin's address: its hash says where
 * to begin, the text itself makes sure.  A key that is new takes the first
 * free slot of SLOT_PROBES; one that was not looked up for SLOT_IDLE_MS, or
 * whose time is impossible, is free again.  So servers that left the rules
 * make room, and so does noise.
 *
 * Two processes that meet a new key at once may take two slots; from the next
 * look on both find the first. */
#ifndef SHARED_SLOT_H
#define SHARED_SLOT_H

#include <stdatomic.h>

#include "base/slice.h"

#define SLOT_WORDS   24
#define SLOT_PROBES  16
#define SLOT_IDLE_MS (60 * 60 * 1000)
#define SLOT_NONE    SIZE_MAX

/* What every slot begins with; the rest is words of 64 bits as well, and zero
 * is its beginning. */
struct slot_head {
	_Atomic uint64_t hash; /* 0: free */
	_Atomic int64_t seen_ms;
	_Atomic uint64_t text[SLOT_WORDS];
};

/* Prepared once for many looks; copies, keeps nothing. */
struct slot_key {
	uint64_t hash;
	uint64_t text[SLOT_WORDS]; /* the first 192 bytes, zeros behind */
};

struct slot_key slot_key_of(struct slice text);

struct slot_table {
	void *first;
	size_t stride; /* bytes from slot to slot */
	size_t n;
};

/* The index of the key's slot, taken where it had none; SLOT_NONE: no room. */
size_t slot_find(
    const struct slot_table *t, const struct slot_key *key, int64_t now_ms);

/* The slot, where the key still has it; else NULL. */
void *slot_at(const struct slot_table *t, size_t index, uint64_t hash);

#endif

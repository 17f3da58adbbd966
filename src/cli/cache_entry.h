/* A stored response as `fingerpost cache` shows it: what its key says, whose
 * it is by the rules as they are now, how old it is and how long it is good. */
#ifndef CLI_CACHE_ENTRY_H
#define CLI_CACHE_ENTRY_H

#include <stdio.h>

#include "policy/cache.h"

struct arena;
struct conf;
struct rule;
struct store_hit;

/* The fingerprints of the rules that cache, for looking them up. */
struct cache_prints {
	struct cache_print {
		uint64_t fingerprint;
		const struct rule *rule;
	} * at;
	size_t n;
};

/* In the arena; false where it has no room. */
bool cache_prints_of(
    const struct conf *c, struct arena *a, struct cache_prints *prints_out);

struct cache_entry {
	/* The lines of its key: cache_key.h. */
	struct slice origin;
	struct slice target;
	struct slice mount;
	struct slice rest;

	const struct rule *rule;    /* NULL: as it was before it was edited */
	struct cache_stored stored; /* borrows the hit */
	bool timed;                 /* the following and stored.terms hold */
	int64_t age_s;
	int64_t ttl_s;
};

/* False: its key is none of ours. */
bool cache_entry_read(const struct store_hit *hit,
    const struct cache_prints *prints, int64_t now_s,
    struct cache_entry *entry_out);

/* With "*" for what is left out of its key. */
void cache_entry_print_url(const struct cache_entry *e, FILE *to);

/* Lines of a key in one, parted by blanks. */
void cache_entry_print_lines(struct slice lines, FILE *to);

#endif

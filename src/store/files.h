/* The store as a tree of files, shared by all processes that open it.
 *
 *	PATH/state      secret, generations, purges, what each shard holds
 *	PATH/prefixes   which beginnings of keys were purged
 *	PATH/tmp/       what is being written
 *	PATH/3f/07/     a shard, one of 4096: HASH of a key is its entry, or
 *	                the list of its variants, each in HASH-HASH
 *
 * An entry appears and changes by rename and goes by unlink, so that a reader
 * keeps what it opened, and a writer that is killed leaves a file in tmp/
 * which the next to come by removes.  Nothing is synced but purges: what a
 * lost power supply garbles is found by its sums and costs itself only.
 *
 * Files are 0600, folders 0700.  No symbolic link is followed, the last part
 * of PATH included.  Files with names that are not ours are left alone.
 *
 * No start reads the tree, and no call reads more than a few shards of it. */
#ifndef STORE_FILES_H
#define STORE_FILES_H

#include "store/store.h"

struct files_plan {
	const char *path;        /* copied; its parent exists */
	uint64_t max_bytes;      /* of disk, with what is being written; up to
				  * a sixteenth more for a while */
	uint64_t max_body_bytes; /* of one entry */
	bool walk; /* without openat2(), which not every kernel has */
	uint64_t memory_bytes; /* for what is asked for often, in each
				* process; 0: none */
};

/* Where the folder cannot be had, it is looked for again every second.  NULL:
 * no memory.  Caller frees.  After a fork each process opens its own. */
struct store *files_open(const struct files_plan *plan, int64_t now_ms);

#endif

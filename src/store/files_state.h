/* The store's common knowledge: a small file of fixed places, read and written
 * in place without being mapped, since a mapped file that somebody cuts kills
 * whoever looks at it.
 *
 * - a secret, made once, that names of entries are made with: with the file,
 *   all that was stored is lost, and so no purge is ever forgotten.
 * - generations: a counter that each purge moves on.  An entry has the value of
 *   when it was begun and is void where a purge that concerns it has a higher
 *   one.  So a purge touches no entry and meets those in the making, too.
 * - rows for purged keys and tags, found by their hashes: store/tag_row.h.  A
 *   row for a key holds some bits of its hash as well; it is there for entries
 *   in the making, and where two keys meet within an hour it is for both.
 * - changes: numbers that change when something is stored, so that what a
 *   process has in memory does not outlive what another stores.
 * - the ledger: the bytes in each shard.  It may drift, as nobody locks it, and
 *   is put right whenever a shard is read. */
#ifndef STORE_FILES_STATE_H
#define STORE_FILES_STATE_H

#include <sys/stat.h>

#include "store/key_hash.h"
#include "store/store.h"

#define SHARDS            4096u
#define SHARDS_BESIDE     64u /* in one outer folder */
#define SHARD_UNKNOWN     UINT64_MAX
#define STATE_KEY_ROWS    8192u
#define STATE_TAG_ROWS    16384u
#define STATE_CHANGE_ROWS 448u

/* Nobody writes one entry for longer. */
#define WRITER_MAX_MS (60 * 60 * 1000)

/* From the generations to the end of the changes. */
#define STATE_LOOK_BYTES (512u - 64u + 8u * STATE_CHANGE_ROWS)

struct files_state {
	int fd; /* -1: none */
	dev_t device;
	ino_t inode;
	struct key_secret secret;
	/* what the last look saw, and for which round; 0: for none */
	uint64_t round;
	char look[STATE_LOOK_BYTES];
};

struct generations {
	uint64_t last;   /* of any purge */
	uint64_t all;    /* of all keys */
	uint64_t prefix; /* of a beginning of keys */
};

/* Opens or makes PATH/state below the open folder. */
struct store_report state_open(int root, struct files_state *state_out);
void state_close(struct files_state *s);

/* Is the file still what is in the folder? */
bool state_is_current(const struct files_state *s, int root);

bool state_generations(const struct files_state *s, struct generations *g_out);

/* The same, and in the same read a number that is another one after something
 * was stored under that hash (or, rarely, under another).  One read does for
 * all calls of a round (store_find() says why), unless this process changes
 * something meanwhile. */
bool state_look(struct files_state *s, uint64_t round, uint64_t hash,
    struct generations *g_out, uint64_t *change_out);

/* Something was stored: to be said with a number that was never said before. */
void state_put_change(struct files_state *s, uint64_t hash, uint64_t number);

/* Is an entry of that generation void by its key's row, or its tag's?  Where
 * the rows cannot be read, it is. */
bool state_key_voids(
    const struct files_state *s, uint64_t hash, uint64_t generation);
bool state_tag_voids(
    const struct files_state *s, struct slice tag, uint64_t generation);

/* For a purge: one process at a time, from lock to unlock.  False, errno set,
 * where another holds it for longer than a tenth of a second. */
bool state_lock(const struct files_state *s);
void state_unlock(const struct files_state *s);

/* The generation of a purge, and what it concerns; then, when all of it is
 * written, state_put_generations() makes it count. */
uint64_t state_next(const struct generations *g, int64_t now_ms);
bool state_put_key(
    const struct files_state *s, uint64_t hash, uint64_t generation);
bool state_put_tag(
    const struct files_state *s, struct slice tag, uint64_t generation);
bool state_put_generations(struct files_state *s, const struct generations *g);

/* To disk, so that it outlives a loss of power. */
bool state_sync(const struct files_state *s);

/* The ledger.  Where it cannot be read all is unknown. */
void state_ledger(const struct files_state *s, uint64_t bytes_out[SHARDS]);
void state_set_shard(
    const struct files_state *s, unsigned shard, uint64_t bytes);
void state_add_shard(
    const struct files_state *s, unsigned shard, int64_t difference);

#endif

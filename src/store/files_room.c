/* Keeping below the maximum by throwing away what was not used for long.
 *
 * There is no list by age.  A shard or a few, chosen by chance, are read, and
 * of what is in them the oldest sixteenth goes: with 64 entries or more looked
 * at, what goes is nearly always among the oldest of all.  What is read also
 * puts the ledger right. */
#include "store/files_in.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CANDIDATES_MAX    1024u
#define CANDIDATES_ENOUGH 64u
#define NAMES_MAX         4096u /* of one shard in one go */
#define SHARDS_A_ROUND    64u
#define ROUNDS            4
#define SHARE             16u
#define SURVEY_EVERY      128u

/* So many unknown shards are looked at with each entry, until all are known.
 * Most are not there. */
#define SURVEY_UNKNOWN 4

struct candidate {
	struct timespec used;
	struct entry_name name;
};

struct candidates {
	struct candidate at[CANDIDATES_MAX];
	size_t n;
};

static void consider(struct files *f, struct candidates *c,
    const struct stat *st, unsigned shard, const char *name)
{
	/* Where there are more, each has the same chance. */
	size_t i = c->n < CANDIDATES_MAX ?
	    c->n++ :
	    (size_t)(files_random(f) % (2 * CANDIDATES_MAX));

	if (i >= CANDIDATES_MAX)
		return;
	c->at[i] =
	    (struct candidate){ .used = st->st_mtim, .name.shard = shard };
	memcpy(c->at[i].name.at, name, strlen(name) + 1);
}

/* Bytes in a shard, as the ledger shall say; candidates or NULL. */
static void survey(struct files *f, unsigned shard, struct candidates *c)
{
	int fd = files_open_shard(f, shard, O_RDONLY);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry = NULL;
	unsigned names = NAMES_MAX;
	uint64_t bytes = 0;

	if (folder == NULL && fd >= 0)
		close(fd);
	while (folder != NULL && names-- > 0 &&
	    (entry = readdir(folder)) != NULL) {
		struct stat st;

		if (!entry_name_ours(entry->d_name) ||
		    fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		bytes += files_disk((uint64_t)st.st_size);
		if (c != NULL)
			consider(f, c, &st, shard, entry->d_name);
	}
	if (folder != NULL)
		closedir(folder);
	/* Of a shard that is too large, what was seen is at least there. */
	state_set_shard(&f->state, shard, bytes);
}

static int by_use(const void *a, const void *b)
{
	const struct candidate *x = a;
	const struct candidate *y = b;

	if (x->used.tv_sec != y->used.tv_sec)
		return x->used.tv_sec < y->used.tv_sec ? -1 : 1;
	if (x->used.tv_nsec != y->used.tv_nsec)
		return x->used.tv_nsec < y->used.tv_nsec ? -1 : 1;
	return 0;
}

/* Shards with something in them from a chosen one on. */
static void gather(
    struct files *f, const uint64_t *ledger, struct candidates *c)
{
	unsigned start = (unsigned)(files_random(f) % SHARDS);
	unsigned shards = 0;

	c->n = 0;
	for (unsigned i = 0;
	     i < SHARDS && shards < SHARDS_A_ROUND && c->n < CANDIDATES_ENOUGH;
	     i++) {
		unsigned shard = (start + i) % SHARDS;

		if (ledger[shard] == 0)
			continue;
		survey(f, shard, c);
		shards++;
	}
}

static void throw_away(struct files *f, struct candidates *c)
{
	size_t n = (c->n + SHARE - 1) / SHARE;

	qsort(c->at, c->n, sizeof(c->at[0]), by_use);
	for (size_t i = 0; i < n; i++)
		files_forget(f, &c->at[i].name);
}

static uint64_t total(const uint64_t *ledger)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < SHARDS; i++)
		if (ledger[i] != SHARD_UNKNOWN)
			bytes += ledger[i];
	return bytes;
}

static void survey_unknown(struct files *f, const uint64_t *ledger)
{
	unsigned start = (unsigned)(files_random(f) % SHARDS);
	unsigned left = SURVEY_UNKNOWN;

	for (unsigned i = 0; i < SHARDS && left > 0; i++) {
		unsigned shard = (start + i) % SHARDS;

		if (ledger[shard] == SHARD_UNKNOWN) {
			survey(f, shard, NULL);
			left--;
		}
	}
	/* What others deleted or two noted at once is found in time. */
	if (f->rooms++ % SURVEY_EVERY == 0) {
		survey(f, start, NULL);
		f->making = files_tmp_bytes(f);
	}
}

bool files_make_room(struct files *f, uint64_t bytes)
{
	uint64_t max = f->plan.max_bytes;
	uint64_t ledger[SHARDS];
	struct candidates *c = NULL;
	uint64_t used;

	if (bytes > max)
		return false;
	state_ledger(&f->state, ledger);
	survey_unknown(f, ledger);
	used = total(ledger);
	/* What was in the making may have been stored since, or given up. */
	if (f->making > 0 && used + f->making + bytes > max)
		f->making = files_tmp_bytes(f);
	bytes += f->making;
	for (int i = 0; i < ROUNDS && used + bytes > max; i++) {
		if (c == NULL && (c = malloc(sizeof(*c))) == NULL)
			break;
		gather(f, ledger, c);
		throw_away(f, c);
		state_ledger(&f->state, ledger);
		used = total(ledger);
	}
	free(c);
	return used + bytes <= max + max / 16;
}

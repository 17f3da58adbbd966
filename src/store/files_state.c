/* Fixed places in a file. */
#include "store/files_state.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/little.h"
#include "store/sum.h"
#include "store/tag_row.h"

#define NAME   "state"
#define MAGIC  UINT64_C(0x3174617473727066) /* "fprstat1" */
#define LAYOUT 2u

enum place {
	AT_MAGIC = 0,
	AT_LAYOUT = 8, /* and four bytes of zero */
	AT_SECRET = 16,
	AT_SUM = 32, /* of what is before */
	HEAD_BYTES = 40,
	AT_GENERATIONS = 64,
	AT_CHANGES = 512,
	AT_LEDGER = AT_CHANGES + 8 * STATE_CHANGE_ROWS,
	AT_KEYS = AT_LEDGER + 8 * SHARDS,
	AT_TAGS = AT_KEYS + 8 * STATE_KEY_ROWS,
	ALL_BYTES = AT_TAGS + TAG_ROW_BYTES * STATE_TAG_ROWS,
};

_Static_assert(STATE_LOOK_BYTES == AT_LEDGER - AT_GENERATIONS,
    "a look is the generations and the changes");

#define ATTEMPTS      4
#define LOCK_ATTEMPTS 50
#define LOCK_WAIT_NS  (2 * 1000 * 1000)

/* A key's row: generation above, bits of its hash below; no bits: anyone's. */
#define ROW_BITS       20
#define GENERATION_MAX (UINT64_MAX >> ROW_BITS)

static_assert(AT_TAGS % TAG_ROW_BYTES == 0, "a row crosses a page");
static_assert(GENERATION_MAX <= TAG_GENERATION_MAX, "rows hold no generation");

static bool read_all(int fd, char *room, size_t n, off_t from)
{
	return pread(fd, room, n, from) == (ssize_t)n;
}

static bool write_all(int fd, const char *at, size_t n, off_t to)
{
	return pwrite(fd, at, n, to) == (ssize_t)n;
}

static bool get(const struct files_state *s, off_t from, uint64_t *value)
{
	char bytes[8];

	if (!read_all(s->fd, bytes, sizeof(bytes), from))
		return false;
	*value = little_u64(bytes);
	return true;
}

static bool put(const struct files_state *s, off_t to, uint64_t value)
{
	char bytes[8];

	little_put_u64(bytes, value);
	return write_all(s->fd, bytes, sizeof(bytes), to);
}

/* ---- the file ---- */

static uint64_t head_sum(const char *head)
{
	struct sum sum = sum_new();

	sum_add(&sum, (struct slice){ head, AT_SUM });
	return sum_value(&sum);
}

/* A new ledger: nothing in shards whose outer folder is not there. */
static bool put_ledger(int root, int fd)
{
	char ledger[8 * SHARDS] = { 0 };
	size_t side = 8 * SHARDS_BESIDE;
	char name[8];
	struct stat st;

	for (unsigned i = 0; i < SHARDS / SHARDS_BESIDE; i++) {
		snprintf(name, sizeof(name), "%02x", i);
		if (fstatat(root, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			memset(ledger + i * side, 0xff, side);
	}
	return write_all(fd, ledger, sizeof(ledger), AT_LEDGER);
}

/* Zero, or the errno of what failed. */
static int fill_new(int root, int fd)
{
	char head[HEAD_BYTES] = { 0 };
	/* All of it now: a purge must not meet a full disk. */
	int error = posix_fallocate(fd, 0, ALL_BYTES);

	if (error != 0)
		return error;
	if (getrandom(head + AT_SECRET, AT_SUM - AT_SECRET, 0) !=
	    AT_SUM - AT_SECRET)
		return EIO;
	little_put_u64(head + AT_MAGIC, MAGIC);
	little_put_u32(head + AT_LAYOUT, LAYOUT);
	little_put_u64(head + AT_SUM, head_sum(head));
	if (!put_ledger(root, fd) || !write_all(fd, head, sizeof(head), 0))
		return errno == 0 ? EIO : errno;
	return 0;
}

static int rename_new(int root, const char *from, bool over)
{
#ifdef RENAME_NOREPLACE
	if (!over) {
		if (renameat2(root, from, root, NAME, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EINVAL && errno != ENOSYS)
			return errno;
	}
#else
	(void)over;
#endif
	/* Without that call the last of two wins, and the first finds out when
	 * it looks again. */
	return renameat(root, from, root, NAME) == 0 ? 0 : errno;
}

/* Zero where there is a file now, ours or another's. */
static int make(int root, bool over)
{
	static const int how =
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	char name[64];
	int error;
	int fd;

	snprintf(name, sizeof(name), NAME ".%ld", (long)getpid());
	fd = openat(root, name, how, 0600);
	if (fd < 0 && errno == EEXIST && unlinkat(root, name, 0) == 0)
		/* Of a process with our number that was killed here. */
		fd = openat(root, name, how, 0600);
	if (fd < 0)
		return errno;
	error = fill_new(root, fd);
	close(fd);
	if (error == 0)
		error = rename_new(root, name, over);
	if (error != 0)
		unlinkat(root, name, 0);
	return error == EEXIST ? 0 : error;
}

enum verdict { USE, REPLACE, AGAIN, REFUSE };

static enum verdict judge(
    int fd, struct files_state *s, struct store_report *report)
{
	char head[HEAD_BYTES];
	struct stat st;

	*report = (struct store_report){ STORE_SYSTEM, 0 };
	if (fstat(fd, &st) != 0) {
		report->error = errno;
		return REFUSE;
	}
	if (st.st_nlink == 0)
		return AGAIN;
	report->why = STORE_NOT_SAFE;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 022) != 0)
		return REFUSE;
	if (!read_all(fd, head, sizeof(head), 0) ||
	    little_u64(head + AT_MAGIC) != MAGIC ||
	    little_u64(head + AT_SUM) != head_sum(head))
		return REPLACE;
	report->why = STORE_NEWER;
	if (little_u32(head + AT_LAYOUT) > LAYOUT)
		return REFUSE;
	if (little_u32(head + AT_LAYOUT) < LAYOUT || st.st_size != ALL_BYTES)
		return REPLACE;
	*s = (struct files_state){ .fd = fd,
		.device = st.st_dev,
		.inode = st.st_ino,
		.secret = { { little_u64(head + AT_SECRET),
		    little_u64(head + AT_SECRET + 8) } } };
	*report = (struct store_report){ STORE_WELL, 0 };
	return USE;
}

struct store_report state_open(int root, struct files_state *state_out)
{
	static const int how =
	    O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	struct store_report report = { STORE_SYSTEM, EAGAIN };

	for (int i = 0; i < ATTEMPTS; i++) {
		int fd = openat(root, NAME, how);
		int error = 0;
		enum verdict verdict;

		if (fd < 0) {
			error = errno == ENOENT ? make(root, false) : errno;
			if (error != 0)
				return (struct store_report){ error == ELOOP ?
					    STORE_NOT_SAFE :
					    STORE_SYSTEM,
					error };
			continue;
		}
		verdict = judge(fd, state_out, &report);
		if (verdict == USE)
			return report;
		close(fd);
		if (verdict == REFUSE)
			return report;
		if (verdict == REPLACE && (error = make(root, true)) != 0)
			return (struct store_report){ STORE_SYSTEM, error };
	}
	return (struct store_report){ STORE_SYSTEM, EAGAIN };
}

void state_close(struct files_state *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

bool state_is_current(const struct files_state *s, int root)
{
	struct stat st;

	return fstatat(root, NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_dev == s->device && st.st_ino == s->inode &&
	    st.st_size == ALL_BYTES;
}

/* ---- generations ---- */

static off_t change_row(uint64_t hash)
{
	return AT_CHANGES + (off_t)(8 * (hash % STATE_CHANGE_ROWS));
}

static struct generations generations_in(const char *bytes)
{
	return (struct generations){ .last = little_u64(bytes),
		.all = little_u64(bytes + 8),
		.prefix = little_u64(bytes + 16) };
}

bool state_generations(const struct files_state *s, struct generations *g_out)
{
	char bytes[24];

	if (!read_all(s->fd, bytes, sizeof(bytes), AT_GENERATIONS))
		return false;
	*g_out = generations_in(bytes);
	return true;
}

/* Half a microsecond, for all of these bytes as for the first few. */
static bool look(struct files_state *s, uint64_t round)
{
	if (round != 0 && round == s->round)
		return true;
	s->round = 0;
	if (!read_all(s->fd, s->look, sizeof(s->look), AT_GENERATIONS))
		return false;
	s->round = round;
	return true;
}

bool state_look(struct files_state *s, uint64_t round, uint64_t hash,
    struct generations *g_out, uint64_t *change_out)
{
	if (!look(s, round))
		return false;
	*g_out = generations_in(s->look);
	*change_out = little_u64(s->look + (change_row(hash) - AT_GENERATIONS));
	return true;
}

void state_put_change(struct files_state *s, uint64_t hash, uint64_t number)
{
	s->round = 0;
	/* Where that fails, the second counts in which everyone looks. */
	(void)put(s, change_row(hash), number);
}

bool state_put_generations(struct files_state *s, const struct generations *g)
{
	char bytes[24];

	s->round = 0;
	little_put_u64(bytes, g->last);
	little_put_u64(bytes + 8, g->all);
	little_put_u64(bytes + 16, g->prefix);
	return write_all(s->fd, bytes, sizeof(bytes), AT_GENERATIONS);
}

/* It counts up whatever the clock does, and keeps step with the clock's
 * milliseconds, so that rows can be told to be old. */
uint64_t state_next(const struct generations *g, int64_t now_ms)
{
	uint64_t next = g->last + 1;

	if (now_ms > 0 && (uint64_t)now_ms > next &&
	    (uint64_t)now_ms < GENERATION_MAX / 2)
		next = (uint64_t)now_ms;
	return next;
}

/* ---- keys and tags ---- */

static off_t key_row(uint64_t hash)
{
	return AT_KEYS + (off_t)(8 * (hash % STATE_KEY_ROWS));
}

static uint64_t key_bits(uint64_t hash)
{
	uint64_t bits = hash >> (64 - ROW_BITS);

	return bits == 0 ? 1 : bits;
}

bool state_key_voids(
    const struct files_state *s, uint64_t hash, uint64_t generation)
{
	uint64_t row;
	uint64_t bits;

	if (!get(s, key_row(hash), &row))
		return true;
	bits = row & ((UINT64_C(1) << ROW_BITS) - 1);
	return row >> ROW_BITS > generation &&
	    (bits == 0 || bits == key_bits(hash));
}

bool state_put_key(
    const struct files_state *s, uint64_t hash, uint64_t generation)
{
	uint64_t bits = key_bits(hash);
	uint64_t row;
	uint64_t was;

	if (!get(s, key_row(hash), &row))
		return false;
	was = row & ((UINT64_C(1) << ROW_BITS) - 1);
	/* Somebody may still be writing what the other purge was about. */
	if (row != 0 && was != bits &&
	    generation - (row >> ROW_BITS) < WRITER_MAX_MS)
		bits = 0;
	return put(s, key_row(hash), generation << ROW_BITS | bits);
}

static off_t tag_row_at(uint64_t hash)
{
	return AT_TAGS + (off_t)(TAG_ROW_BYTES * (hash % STATE_TAG_ROWS));
}

static bool get_tag_row(
    const struct files_state *s, uint64_t hash, struct tag_row *row_out)
{
	char bytes[TAG_ROW_BYTES];

	if (!read_all(s->fd, bytes, sizeof(bytes), tag_row_at(hash)))
		return false;
	tag_row_read(row_out, bytes);
	return true;
}

bool state_tag_voids(
    const struct files_state *s, struct slice tag, uint64_t generation)
{
	uint64_t hash = key_hash(&s->secret, tag);
	struct tag_row row;

	return !get_tag_row(s, hash, &row) ||
	    tag_row_voids(&row, hash, generation);
}

bool state_put_tag(
    const struct files_state *s, struct slice tag, uint64_t generation)
{
	uint64_t hash = key_hash(&s->secret, tag);
	char bytes[TAG_ROW_BYTES];
	struct tag_row row;

	if (!get_tag_row(s, hash, &row))
		return false;
	tag_row_purge(&row, hash, generation);
	tag_row_write(&row, bytes);
	return write_all(s->fd, bytes, sizeof(bytes), tag_row_at(hash));
}

bool state_lock(const struct files_state *s)
{
	static const struct timespec wait = { 0, LOCK_WAIT_NS };

	for (int i = 0; i < LOCK_ATTEMPTS; i++) {
		if (flock(s->fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return false;
		nanosleep(&wait, NULL);
	}
	errno = EBUSY;
	return false;
}

void state_unlock(const struct files_state *s)
{
	flock(s->fd, LOCK_UN);
}

bool state_sync(const struct files_state *s)
{
	return fdatasync(s->fd) == 0;
}

/* ---- the ledger ---- */

static off_t ledger_row(unsigned shard)
{
	return AT_LEDGER + (off_t)(8 * shard);
}

void state_ledger(const struct files_state *s, uint64_t bytes_out[SHARDS])
{
	char bytes[8 * SHARDS];

	if (!read_all(s->fd, bytes, sizeof(bytes), AT_LEDGER))
		memset(bytes, 0xff, sizeof(bytes));
	for (size_t i = 0; i < SHARDS; i++)
		bytes_out[i] = little_u64(bytes + 8 * i);
}

void state_set_shard(
    const struct files_state *s, unsigned shard, uint64_t bytes)
{
	/* What cannot be noted is found out when the shard is read again. */
	(void)put(s, ledger_row(shard), bytes);
}

void state_add_shard(
    const struct files_state *s, unsigned shard, int64_t difference)
{
	uint64_t bytes;

	if (!get(s, ledger_row(shard), &bytes) || bytes == SHARD_UNKNOWN)
		return;
	if (difference < 0 && bytes < (uint64_t)-difference)
		bytes = 0;
	else
		bytes += (uint64_t)difference;
	state_set_shard(s, shard, bytes);
}

/* Names of entries and shards, and opening them without following links. */
#include "store/files_in.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef SYS_openat2
#include <linux/openat2.h>
#endif

#include "store/variants.h"

#define PATH_BYTES (8 + ENTRY_NAME_MAX)

static const char digits[] = "0123456789abcdef";

static char *put_hash(char *at, uint64_t hash)
{
	for (int bits = 60; bits >= 0; bits -= 4)
		*at++ = digits[hash >> bits & 15];
	return at;
}

struct entry_name entry_name(const struct files *f, uint64_t hash)
{
	struct entry_name name = { .shard = (unsigned)(hash % SHARDS) };

	(void)f;
	*put_hash(name.at, hash) = '\0';
	return name;
}

struct entry_name entry_variant(
    const struct files *f, uint64_t hash, uint64_t variant)
{
	struct entry_name name = entry_name(f, hash);

	name.at[16] = '-';
	*put_hash(name.at + 17, variant) = '\0';
	return name;
}

bool entry_name_ours(const char *name)
{
	size_t len = strlen(name);

	if (len != 16 && len != 33)
		return false;
	for (size_t i = 0; i < len; i++)
		if (i == 16 ? name[i] != '-' :
			      memchr(digits, name[i], 16) == NULL)
			return false;
	return true;
}

/* "3f/07" */
static char *put_shard(char *at, unsigned shard)
{
	unsigned outer = shard / SHARDS_BESIDE;
	unsigned inner = shard % SHARDS_BESIDE;

	*at++ = digits[outer >> 4];
	*at++ = digits[outer & 15];
	*at++ = '/';
	*at++ = digits[inner >> 4];
	*at++ = digits[inner & 15];
	*at = '\0';
	return at;
}

/* One part after the other. */
static int walk(int from, const char *path, int how)
{
	int folder = from;

	for (;;) {
		const char *slash = strchr(path, '/');
		char part[ENTRY_NAME_MAX];
		bool last = slash == NULL;
		int next;
		int error;

		snprintf(part, sizeof(part), "%.*s",
		    last ? (int)strlen(path) : (int)(slash - path), path);
		next = openat(folder, part,
		    last ? how | O_NOFOLLOW :
			   O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		error = errno;
		if (folder != from)
			close(folder);
		errno = error;
		if (next < 0 || last)
			return next;
		folder = next;
		path = slash + 1;
	}
}

int files_open_at(const struct files *f, const char *path, int how)
{
	how |= O_CLOEXEC | O_NOFOLLOW;
#ifdef SYS_openat2
	if (!f->plan.walk) {
		struct open_how terms = { .flags = (uint64_t)how,
			.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH };
		int fd = (int)syscall(
		    SYS_openat2, f->root, path, &terms, sizeof(terms));

		if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
			return fd;
	}
#endif
	return walk(f->root, path, how);
}

int files_open_entry(
    const struct files *f, const struct entry_name *name, int how)
{
	char path[PATH_BYTES];
	char *at = put_shard(path, name->shard);

	*at++ = '/';
	memcpy(at, name->at, strlen(name->at) + 1);
	return files_open_at(f, path, how | O_NONBLOCK | O_NOCTTY);
}

int files_open_shard(const struct files *f, unsigned shard, int how)
{
	char path[PATH_BYTES];

	put_shard(path, shard);
	return files_open_at(f, path, how | O_DIRECTORY);
}

static int make_folder(const struct files *f, const char *name)
{
	int fd = files_open_at(f, name, O_PATH | O_DIRECTORY);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (mkdirat(f->root, name, 0700) != 0 && errno != EEXIST)
		return -1;
	return files_open_at(f, name, O_PATH | O_DIRECTORY);
}

int files_make_tmp(const struct files *f)
{
	return make_folder(f, "tmp");
}

int files_make_shard(const struct files *f, unsigned shard)
{
	char path[PATH_BYTES];
	int outer;
	int fd = files_open_shard(f, shard, O_PATH);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	put_shard(path, shard);
	path[2] = '\0';
	outer = make_folder(f, path);
	if (outer < 0)
		return -1;
	if (mkdirat(outer, path + 3, 0700) != 0 && errno != EEXIST) {
		int error = errno;

		close(outer);
		errno = error;
		return -1;
	}
	close(outer);
	return files_open_shard(f, shard, O_PATH);
}

/* Of one that was replaced since it was opened there are no links left. */
bool files_is_safe(const struct files *f, const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_uid == f->uid &&
	    st->st_nlink <= 1;
}

uint64_t files_disk(uint64_t size)
{
	return (size + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
}

void files_forget(struct files *f, const struct entry_name *name)
{
	int folder = files_open_shard(f, name->shard, O_PATH);
	struct stat st;

	if (folder < 0)
		return;
	if (fstatat(folder, name->at, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    unlinkat(folder, name->at, 0) == 0)
		state_add_shard(&f->state, name->shard,
		    -(int64_t)files_disk((uint64_t)st.st_size));
	close(folder);
}

bool files_read_variants(int fd, struct variants *variants_out)
{
	char bytes[VARIANTS_BYTES];
	ssize_t n = pread(fd, bytes, sizeof(bytes), 0);

	return n > 0 &&
	    variants_read((struct slice){ bytes, (size_t)n }, variants_out);
}

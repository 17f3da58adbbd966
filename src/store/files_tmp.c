/* Files in the making.  Each is locked by its writer, so that the lock is
 * gone when the writer is, whatever process numbers mean here. */
#include "store/files_in.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define ATTEMPTS    3
#define SWEEP_NAMES 256
#define SWEEP_FILES 64
#define COUNT_NAMES 4096
#define STEP_BYTES  (UINT64_C(1024) * 1024)

/* Younger ones may not have come to be locked. */
#define SWEEP_AGE_MS 10000

int files_tmp_new(struct files *f, char name_out[TMP_NAME_MAX])
{
	static const int how =
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int folder = files_make_tmp(f);
	int fd = -1;
	int error;

	if (folder < 0)
		return -1;
	for (int i = 0; fd < 0 && i < ATTEMPTS; i++) {
		/* After a fork two processes have the same random numbers. */
		snprintf(name_out, TMP_NAME_MAX, "%ld-%016llx", (long)getpid(),
		    (unsigned long long)files_random(f));
		fd = openat(folder, name_out, how, 0600);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	error = errno;
	if (fd >= 0)
		flock(fd, LOCK_EX | LOCK_NB);
	close(folder);
	errno = error;
	return fd;
}

bool files_tmp_move(
    struct files *f, const char *tmp, int folder, const char *name)
{
	int from = files_make_tmp(f);
	int error;
	bool moved;

	if (from < 0)
		return false;
	moved = renameat(from, tmp, folder, name) == 0;
	error = errno;
	close(from);
	errno = error;
	return moved;
}

void files_tmp_drop(struct files *f, const char *tmp)
{
	int folder = files_open_at(f, "tmp", O_PATH | O_DIRECTORY);

	if (folder >= 0) {
		unlinkat(folder, tmp, 0);
		close(folder);
	}
}

bool files_tmp_ours(const char *name)
{
	size_t pid = strspn(name, "0123456789");

	return pid > 0 && name[pid] == '-' &&
	    strspn(name + pid + 1, "0123456789abcdef") == 16 &&
	    name[pid + 17] == '\0';
}

static bool is_left(
    const struct files *f, int folder, const char *name, int64_t now_ms)
{
	int fd = openat(
	    folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	bool left;

	if (fd < 0)
		return false;
	left = fstat(fd, &st) == 0 && files_is_safe(f, &st) &&
	    now_ms - (int64_t)st.st_mtim.tv_sec * 1000 > SWEEP_AGE_MS &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0;
	close(fd);
	return left;
}

static DIR *open_folder(const struct files *f)
{
	int fd = files_open_at(f, "tmp", O_RDONLY | O_DIRECTORY);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (folder == NULL && fd >= 0)
		close(fd);
	return folder;
}

void files_tmp_sweep(struct files *f, int64_t now_ms)
{
	DIR *folder = open_folder(f);
	const struct dirent *entry;
	unsigned names = SWEEP_NAMES;
	unsigned files = SWEEP_FILES;

	if (folder == NULL)
		return;
	while (names-- > 0 && files > 0 && (entry = readdir(folder)) != NULL)
		if (files_tmp_ours(entry->d_name) &&
		    is_left(f, dirfd(folder), entry->d_name, now_ms) &&
		    unlinkat(dirfd(folder), entry->d_name, 0) == 0)
			files--;
	closedir(folder);
}

uint64_t files_tmp_room(const struct files *f, uint64_t size)
{
	uint64_t step = files_disk(f->plan.max_bytes / 64);
	uint64_t room = 0;

	if (step > STEP_BYTES)
		step = STEP_BYTES;
	while (room < size)
		room += step + files_disk(room / 8);
	return room;
}

uint64_t files_tmp_bytes(const struct files *f)
{
	DIR *folder = open_folder(f);
	const struct dirent *entry;
	unsigned names = COUNT_NAMES;
	uint64_t bytes = 0;
	struct stat st;

	if (folder == NULL)
		return 0;
	while (names-- > 0 && (entry = readdir(folder)) != NULL)
		if (files_tmp_ours(entry->d_name) &&
		    fstatat(dirfd(folder), entry->d_name, &st,
			AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode))
			bytes += files_tmp_room(f, (uint64_t)st.st_size);
	closedir(folder);
	return bytes;
}

/* Opening, making and replacing the file, and surviving its loss. */
#include "shared/region.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/text.h"

#define HEAD_BYTES  4096
#define MAGIC       UINT64_C(0x31726e6765727066) /* "fpregnr1" */
#define ATTEMPTS    4
#define REGIONS_MAX 8

struct head {
	uint64_t magic;
	uint32_t layout;
	uint32_t word; /* 1 in our byte order, above the size of a pointer */
	uint64_t size; /* of the file */
};

struct region {
	struct region_plan plan;
	struct region_report report; /* of what is mapped */
	struct region_report told;   /* the last that the caller got */
	unsigned char *base;         /* of the head; reserved for good */
	size_t size;
	dev_t device; /* of the file, where it is shared */
	ino_t inode;
	size_t guard; /* which of the guards */
};

static const struct slice why_words[REGION_WHY_N] = {
	[REGION_SHARED] = { "shared", 6 },
	[REGION_NO_PATH] = { "no path for it", 14 },
	[REGION_NOT_SAFE] = { "not a plain file of ours with mode 0600", 39 },
	[REGION_FOREIGN] = { "it holds something else", 23 },
	[REGION_NEWER] = { "it is a newer program's", 23 },
	[REGION_SYSTEM] = { "the system refused", 18 },
};

struct slice region_words(enum region_why why)
{
	return why_words[why];
}

/* ---- SIGBUS ---- */

/* A handler cannot be given an argument, so what it needs is here. */
static struct {
	_Atomic(unsigned char *) base; /* NULL: free */
	_Atomic size_t size;
	atomic_bool lost;
} guards[REGIONS_MAX];

static struct sigaction before;

static bool put_private(unsigned char *base, size_t size)
{
	return mmap(base, size, PROT_READ | PROT_WRITE,
		   MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0) != MAP_FAILED;
}

/* mmap() is a bare system call wherever we run, if not by POSIX' list, and the
 * signal is the access's own: nothing is interrupted halfway. */
static void on_sigbus(int number, siginfo_t *info, void *context)
{
	unsigned char *at = info->si_addr;
	int error = errno;

	(void)context;
	for (size_t i = 0; info->si_code > 0 && i < REGIONS_MAX; i++) {
		unsigned char *base = atomic_load(&guards[i].base);
		size_t size = atomic_load(&guards[i].size);

		if (base == NULL || at < base || at >= base + size)
			continue;
		if (!put_private(base, size))
			break;
		atomic_store(&guards[i].lost, true);
		errno = error;
		return;
	}
	/* Not ours: what would have happened without us happens when the
	 * access is repeated. */
	sigaction(number, &before, NULL);
	if (info->si_code <= 0)
		raise(number);
	errno = error;
}

static bool handle_sigbus(void)
{
	struct sigaction action = { .sa_sigaction = on_sigbus,
		.sa_flags = SA_SIGINFO };
	struct sigaction present;

	sigemptyset(&action.sa_mask);
	if (sigaction(SIGBUS, NULL, &present) != 0)
		return false;
	if ((present.sa_flags & SA_SIGINFO) != 0 &&
	    present.sa_sigaction == on_sigbus)
		return true;
	return sigaction(SIGBUS, &action, &before) == 0;
}

static bool guard(struct region *r)
{
	if (!handle_sigbus())
		return false;
	for (size_t i = 0; i < REGIONS_MAX; i++) {
		if (atomic_load(&guards[i].base) != NULL)
			continue;
		r->guard = i;
		atomic_store(&guards[i].lost, false);
		atomic_store(&guards[i].size, r->size);
		atomic_store(&guards[i].base, r->base);
		return true;
	}
	return false;
}

/* ---- the file ---- */

static struct head head_of(const struct region *r)
{
	return (struct head){ .magic = MAGIC,
		.layout = r->plan.layout,
		.word = (uint32_t)sizeof(void *) << 8 | 1,
		.size = r->size };
}

/* Zero, or the errno of what failed. */
static int fill_new(const struct region *r, int fd)
{
	struct head head = head_of(r);
	int error;

	/* All of it now: a page that finds the disk full is a SIGBUS. */
	error = posix_fallocate(fd, 0, (off_t)r->size);
	if (error != 0)
		return error;
	if (pwrite(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head))
		return errno == 0 ? EIO : errno;
	return 0;
}

static int rename_new(const char *from, const char *to, bool over)
{
#ifdef RENAME_NOREPLACE
	if (!over) {
		if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) ==
		    0)
			return 0;
		if (errno != EINVAL && errno != ENOSYS)
			return errno;
	}
#else
	(void)over;
#endif
	/* Without that call the last of two wins, and the first finds out at
	 * its next refresh. */
	return rename(from, to) == 0 ? 0 : errno;
}

/* A new file in place.  Zero where there is one now, ours or another's. */
static int make_file(const struct region *r, const char *path, bool over)
{
	static const int how =
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	char name[REGION_PATH_MAX + 32];
	int error;
	int fd;

	if (snprintf(name, sizeof(name), "%s.%ld", path, (long)getpid()) >=
	    (int)sizeof(name))
		return ENAMETOOLONG;
	fd = open(name, how, 0600);
	if (fd < 0 && errno == EEXIST && unlink(name) == 0)
		/* Of a process with our number that was killed here. */
		fd = open(name, how, 0600);
	if (fd < 0)
		return errno;
	/* Whatever the umask takes away. */
	error = fchmod(fd, 0600) == 0 ? fill_new(r, fd) : errno;
	close(fd);
	if (error == 0)
		error = rename_new(name, path, over);
	if (error != 0)
		unlink(name);
	return error == EEXIST ? 0 : error;
}

static bool is_safe(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_uid == geteuid() &&
	    st->st_nlink == 1 && (st->st_mode & 07177) == 0;
}

enum verdict { USE, REPLACE, AGAIN, REFUSE };

/* What the open file is to us; REFUSE says why. */
static enum verdict judge(
    const struct region *r, int fd, struct stat *st, enum region_why *why)
{
	struct head want = head_of(r);
	struct head have = { 0 };

	if (fstat(fd, st) != 0) {
		*why = REGION_SYSTEM;
		return REFUSE;
	}
	if (st->st_nlink == 0)
		return AGAIN;
	*why = REGION_NOT_SAFE;
	if (!is_safe(st))
		return REFUSE;
	if (pread(fd, &have, sizeof(have), 0) < 0) {
		*why = REGION_SYSTEM;
		return REFUSE;
	}
	*why = REGION_NEWER;
	if (have.magic == want.magic && have.word == want.word &&
	    have.layout > want.layout)
		return REFUSE;
	if (memcmp(&have, &want, sizeof(have)) == 0 &&
	    st->st_size == (off_t)r->size)
		return USE;
	*why = REGION_FOREIGN;
	if (have.magic == want.magic || st->st_size == (off_t)r->size ||
	    st->st_size == 0)
		return REPLACE;
	return REFUSE;
}

static struct region_report refused(enum region_why why, int error)
{
	return (struct region_report){ .why = why, .error = error };
}

static struct region_report map_file(
    struct region *r, int fd, const struct stat *st)
{
	atomic_store(&guards[r->guard].lost, false);
	if (mmap(r->base, r->size, PROT_READ | PROT_WRITE,
		MAP_FIXED | MAP_SHARED, fd, 0) == MAP_FAILED) {
		int error = errno;

		/* A failed MAP_FIXED may have taken away what was there. */
		put_private(r->base, r->size);
		return refused(REGION_SYSTEM, error);
	}
	r->device = st->st_dev;
	r->inode = st->st_ino;
	return refused(REGION_SHARED, 0);
}

/* One look at the path; true: look again. */
static bool attempt(
    struct region *r, const char *path, struct region_report *report)
{
	struct stat st;
	enum verdict verdict;
	enum region_why why = REGION_SYSTEM;
	int fd =
	    open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int error = errno;

	if (fd < 0 && error == ENOENT) {
		error = make_file(r, path, false);
		*report = refused(REGION_SYSTEM, error);
		return error == 0;
	}
	if (fd < 0) {
		bool unsafe =
		    error == ELOOP || error == EISDIR || error == ENXIO;

		*report =
		    refused(unsafe ? REGION_NOT_SAFE : REGION_SYSTEM, error);
		return false;
	}
	verdict = judge(r, fd, &st, &why);
	if (verdict == USE)
		*report = map_file(r, fd, &st);
	else
		*report = refused(why, why == REGION_SYSTEM ? errno : 0);
	close(fd);
	if (verdict == REPLACE) {
		error = make_file(r, path, true);
		*report = refused(REGION_SYSTEM, error);
		return error == 0;
	}
	return verdict == AGAIN;
}

/* The first path that can be had. */
static struct region_report find_file(struct region *r)
{
	struct region_report report = refused(REGION_NO_PATH, 0);

	for (size_t i = 0; i < r->plan.n_paths; i++) {
		const char *path = r->plan.paths[i];
		int left = ATTEMPTS;

		if (path[0] == '\0' || strlen(path) >= REGION_PATH_MAX)
			continue;
		while (left > 0 && attempt(r, path, &report))
			left--;
		if (left == 0)
			report = refused(REGION_SYSTEM, EAGAIN);
		report.path = i;
		if (report.why == REGION_SHARED)
			break;
	}
	return report;
}

struct region *region_open(
    const struct region_plan *plan, struct region_report *report_out)
{
	struct region *r = calloc(1, sizeof(*r));
	void *base;

	if (r == NULL)
		return NULL;
	r->plan = *plan;
	r->size = HEAD_BYTES +
	    (plan->bytes + HEAD_BYTES - 1) / HEAD_BYTES * HEAD_BYTES;
	base = mmap(NULL, r->size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED) {
		free(r);
		return NULL;
	}
	r->base = base;
	if (!guard(r)) {
		munmap(base, r->size);
		free(r);
		return NULL;
	}
	r->report = find_file(r);
	r->told = r->report;
	*report_out = r->report;
	return r;
}

void region_free(struct region *r)
{
	if (r == NULL)
		return;
	atomic_store(&guards[r->guard].base, NULL);
	munmap(r->base, r->size);
	free(r);
}

void *region_bytes(const struct region *r)
{
	return r->base + HEAD_BYTES;
}

static bool is_lost(const struct region *r)
{
	return atomic_load(&guards[r->guard].lost);
}

bool region_is_shared(const struct region *r)
{
	return r->report.why == REGION_SHARED && !is_lost(r);
}

/* Is what we map what the path names, and whole? */
static bool is_current(const struct region *r)
{
	struct stat st;

	return region_is_shared(r) &&
	    lstat(r->plan.paths[r->report.path], &st) == 0 && is_safe(&st) &&
	    st.st_dev == r->device && st.st_ino == r->inode &&
	    st.st_size == (off_t)r->size;
}

static bool is_same(struct region_report a, struct region_report b)
{
	return a.why == b.why && a.error == b.error && a.path == b.path;
}

bool region_refresh(struct region *r, struct region_report *report_out)
{
	struct region_report now;
	bool news;

	*report_out = r->report;
	if (is_current(r))
		return false;
	now = find_file(r);
	/* With the old file we are at least among those who map it still. */
	if (now.why == REGION_SHARED || !region_is_shared(r))
		r->report = now;
	news = now.why == REGION_SHARED || !is_same(now, r->told);
	r->told = now;
	*report_out = now;
	return news;
}

void region_name(struct text *t, struct slice folder, uint64_t uid,
    struct slice rules, uint32_t layout)
{
	text_add(t, folder);
	text_format(t, "/fingerpost-%llu-%016llx", (unsigned long long)uid,
	    (unsigned long long)hash64_mix(hash64(rules) + layout));
}

/* Opening the folder, and making sure of it. */
#include "store/files_in.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/hash.h"

#define LOOK_MS       1000
#define WELL_AFTER_MS 60000

static void let_go(struct files *f)
{
	if (f->hot != NULL)
		hot_clear(f->hot);
	state_close(&f->state);
	if (f->root >= 0)
		close(f->root);
	f->root = -1;
}

/* Nothing may be wrong with the store where this process is at a limit of its
 * own, but it is as good a reason to say.  On a full disk the small still fits
 * now and then: what was wrong stays so until a minute has passed without. */
static void report(struct files *f, enum store_why why, int error)
{
	if (f->store.report.why == STORE_WELL)
		f->store.report = (struct store_report){ why, error };
	f->failed_ms = f->looked_ms;
}

bool files_failed(struct files *f, int error)
{
	report(f, STORE_SYSTEM, error);
	return false;
}

void files_full(struct files *f)
{
	report(f, STORE_FULL, 0);
}

void files_went_well(struct files *f)
{
	if (f->looked_ms - f->failed_ms >= WELL_AFTER_MS)
		f->store.report = (struct store_report){ STORE_WELL, 0 };
}

static bool open_root(struct files *f)
{
	static const int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	struct stat st;

	f->root = open(f->plan.path, how);
	if (f->root < 0 && errno == ENOENT &&
	    (mkdir(f->plan.path, 0700) == 0 || errno == EEXIST))
		f->root = open(f->plan.path, how);
	if (f->root < 0 && (errno == ELOOP || errno == ENOTDIR)) {
		report(f, STORE_NOT_SAFE, 0);
		return false;
	}
	if (f->root < 0 || fstat(f->root, &st) != 0)
		return files_failed(f, errno);
	if (st.st_uid != f->uid || (st.st_mode & 022) != 0) {
		report(f, STORE_NOT_SAFE, 0);
		return false;
	}
	f->device = st.st_dev;
	f->inode = st.st_ino;
	return true;
}

static bool is_current(const struct files *f)
{
	struct stat st;

	return f->root >= 0 && lstat(f->plan.path, &st) == 0 &&
	    st.st_dev == f->device && st.st_ino == f->inode &&
	    state_is_current(&f->state, f->root);
}

bool files_ready(struct files *f, int64_t now_ms)
{
	if (now_ms >= f->looked_ms && now_ms - f->looked_ms < LOOK_MS)
		return f->root >= 0;
	f->looked_ms = now_ms;
	if (is_current(f))
		return true;
	let_go(f);
	f->uid = geteuid();
	/* Whatever was wrong, it was elsewhere. */
	f->store.report = (struct store_report){ STORE_WELL, 0 };
	f->purges_of = 0;
	f->purges.n = 0;
	if (open_root(f)) {
		f->store.report = state_open(f->root, &f->state);
		if (f->store.report.why == STORE_WELL) {
			files_tmp_sweep(f, now_ms);
			return true;
		}
	}
	let_go(f);
	return false;
}

uint64_t files_random(struct files *f)
{
	f->random += UINT64_C(0x9e3779b97f4a7c15);
	return hash64_mix(f->random);
}

/* Memory of the file system survives a process and not the system. */
static uint64_t boot_of_system(void)
{
	char id[64];
	ssize_t n = -1;
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		n = read(fd, id, sizeof(id));
		close(fd);
	}
	return n <= 0 ? 0 : hash64((struct slice){ id, (size_t)n });
}

static void files_free(struct store *s)
{
	struct files *f = (struct files *)s;

	let_go(f);
	hot_free(f->hot);
	free(f->purge_bytes);
	free((char *)f->plan.path);
	free(f);
}

static const struct store_ops ops = {
	.name = "files",
	.find = files_find,
	.read = files_read,
	.begin = files_begin,
	.append = files_append,
	.end = files_end,
	.purge = files_purge,
	.release = files_release,
	.free = files_free,
	.show = files_show,
	.watch = files_watch,
	.grown = files_grown,
	.each = files_each,
};

struct store *files_open(const struct files_plan *plan, int64_t now_ms)
{
	struct files *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->store.ops = &ops;
	f->plan = *plan;
	f->plan.path = strdup(plan->path);
	f->root = -1;
	f->state.fd = -1;
	f->looked_ms = INT64_MIN / 2;
	f->failed_ms = INT64_MIN / 2;
	f->boot = boot_of_system();
	if (f->plan.path == NULL ||
	    getrandom(&f->random, sizeof(f->random), 0) != sizeof(f->random)) {
		files_free(&f->store);
		return NULL;
	}
	/* Without it things are slower, and that is all. */
	if (plan->memory_bytes > 0)
		f->hot = hot_new(plan->memory_bytes);
	files_ready(f, now_ms);
	return &f->store;
}

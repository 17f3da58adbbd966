/* The shared file: what is taken, what is replaced, what is left alone, and
 * what happens when it goes away. */
#include "shared/region.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "tests/unit/unit.h"

#define BYTES  100000
#define LAYOUT 7
#define HEAD   4096

static char folder[64];
static char path[128];
static char other[128];

static int set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/region-test-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/r", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	rmdir(path);
	unlink(other);
	return rmdir(folder);
}

static struct region *open_layout(uint32_t layout, struct region_report *report)
{
	static const char *paths[1];
	struct region_plan plan = { paths, 1, layout, BYTES };

	paths[0] = path;
	return region_open(&plan, report);
}

static struct region *open_it(struct region_report *report)
{
	struct region *r = open_layout(LAYOUT, report);

	assert_non_null(r);
	return r;
}

static struct region *open_shared(void)
{
	struct region_report report;
	struct region *r = open_it(&report);

	assert_int_equal(report.why, REGION_SHARED);
	assert_true(region_is_shared(r));
	return r;
}

static volatile unsigned char *bytes_of(struct region *r)
{
	return region_bytes(r);
}

static void write_file(const char *name, const char *what, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, what, strlen(what)), (ssize_t)strlen(what));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void one_file_is_shared(void **state)
{
	struct region *a = open_shared();
	struct region *b = open_shared();
	struct stat st;

	(void)state;
	for (size_t i = 0; i < BYTES; i++)
		assert_int_equal(bytes_of(a)[i], 0);
	bytes_of(a)[BYTES - 1] = 42;
	assert_int_equal(bytes_of(b)[BYTES - 1], 42);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_blocks * 512 >= BYTES, 1);
	region_free(a);
	assert_int_equal(bytes_of(b)[BYTES - 1], 42);
	region_free(b);
	a = open_shared();
	assert_int_equal(bytes_of(a)[BYTES - 1], 42);
	region_free(a);
	region_free(NULL);
}

/* The mode does not depend on the umask. */
static void umask_is_no_matter(void **state)
{
	mode_t was = umask(0777);
	struct stat st;

	(void)state;
	region_free(open_shared());
	umask(was);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

/* ---- what is there already ---- */

static void put_link(void)
{
	write_file(other, "", 0600);
	assert_int_equal(symlink(other, path), 0);
}

static void put_dangling(void)
{
	assert_int_equal(symlink("/nonexistent/x", path), 0);
}

static void put_second_name(void)
{
	region_free(open_shared());
	assert_int_equal(link(path, other), 0);
}

static void put_open_to_group(void)
{
	region_free(open_shared());
	assert_int_equal(chmod(path, 0660), 0);
}

static void put_folder(void)
{
	assert_int_equal(mkdir(path, 0700), 0);
}

static void put_fifo(void)
{
	assert_int_equal(mkfifo(path, 0600), 0);
}

static void put_text(void)
{
	write_file(path, "the only copy of my novel", 0600);
}

static void put_empty(void)
{
	write_file(path, "", 0600);
}

static void put_newer(void)
{
	struct region_report report;

	region_free(open_layout(LAYOUT + 1, &report));
}

static void put_older(void)
{
	struct region_report report;

	region_free(open_layout(LAYOUT - 1, &report));
}

static void put_short(void)
{
	region_free(open_shared());
	assert_int_equal(truncate(path, HEAD + 10), 0);
}

static void put_long(void)
{
	region_free(open_shared());
	assert_int_equal(truncate(path, BYTES * 2), 0);
}

/* Noise over the head: the size still tells that it is a region. */
static void put_noise(void)
{
	int fd;

	region_free(open_shared());
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "noise and nothing but noise", 27, 0), 27);
	close(fd);
}

static const struct {
	const char *name;
	void (*put)(void);
	enum region_why want;
} there[] = {
	{ "link", put_link, REGION_NOT_SAFE },
	{ "dangling link", put_dangling, REGION_NOT_SAFE },
	{ "second name", put_second_name, REGION_NOT_SAFE },
	{ "open to the group", put_open_to_group, REGION_NOT_SAFE },
	{ "folder", put_folder, REGION_NOT_SAFE },
	{ "fifo", put_fifo, REGION_NOT_SAFE },
	{ "text", put_text, REGION_FOREIGN },
	{ "newer", put_newer, REGION_NEWER },
	{ "older", put_older, REGION_SHARED },
	{ "empty", put_empty, REGION_SHARED },
	{ "short", put_short, REGION_SHARED },
	{ "long", put_long, REGION_SHARED },
	{ "noise", put_noise, REGION_SHARED },
};

static void what_is_there_decides(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(there); i++) {
		struct region_report report;
		struct region *r;
		struct stat was;
		struct stat is;

		there[i].put();
		assert_int_equal(lstat(path, &was), 0);
		r = open_it(&report);
		if (report.why != there[i].want)
			fail_msg("%s: %d", there[i].name, report.why);
		assert_int_equal(
		    region_is_shared(r), there[i].want == REGION_SHARED);
		/* Usable anyway. */
		bytes_of(r)[0] = 1;
		bytes_of(r)[BYTES - 1] = 1;
		assert_int_equal(lstat(path, &is), 0);
		if (there[i].want == REGION_SHARED) {
			assert_int_equal((is.st_size - HEAD) >= BYTES, 1);
		} else {
			/* Left alone. */
			assert_int_equal(was.st_ino, is.st_ino);
			assert_int_equal(was.st_size, is.st_size);
		}
		region_free(r);
		unlink(path);
		rmdir(path);
		unlink(other);
	}
}

/* To give a file away takes root. */
static void another_users_is_refused(void **state)
{
	struct region_report report;

	(void)state;
	if (geteuid() != 0)
		skip();
	region_free(open_shared());
	assert_int_equal(chown(path, 65534, 65534), 0);
	region_free(open_it(&report));
	assert_int_equal(report.why, REGION_NOT_SAFE);
}

static void the_second_path_serves(void **state)
{
	char second[160];
	const char *paths[] = { "", "/nonexistent/x", path, second };
	struct region_plan plan = { paths, ROWS(paths), LAYOUT, BYTES };
	struct region_report report;
	struct region *r;

	(void)state;
	snprintf(second, sizeof(second), "%s", other);
	put_text();
	r = region_open(&plan, &report);
	assert_int_equal(report.why, REGION_SHARED);
	assert_int_equal(report.path, 3);
	region_free(r);
	plan.n_paths = 2;
	r = region_open(&plan, &report);
	assert_int_equal(report.why, REGION_SYSTEM);
	assert_int_equal(report.error, ENOENT);
	assert_int_equal(report.path, 1);
	region_free(r);
	plan.n_paths = 1;
	r = region_open(&plan, &report);
	assert_int_equal(report.why, REGION_NO_PATH);
	region_free(r);
}

/* ---- it goes away ---- */

static void replaced_by_older_and_back(void **state)
{
	struct region_report report;
	struct region *old = open_layout(LAYOUT - 1, &report);
	struct region *old2 = open_layout(LAYOUT - 1, &report);
	struct region *new = open_shared();

	(void)state;
	assert_false(region_refresh(new, &report));
	/* The older program keeps what it has, and says so once. */
	assert_true(region_refresh(old, &report));
	assert_int_equal(report.why, REGION_NEWER);
	assert_false(region_refresh(old, &report));
	assert_true(region_is_shared(old));
	bytes_of(old)[5] = 5;
	assert_int_equal(bytes_of(old2)[5], 5);
	assert_int_equal(bytes_of(new)[5], 0);
	region_free(old);
	region_free(old2);
	region_free(new);
}

static void removed_and_made_again(void **state)
{
	struct region_report report;
	struct region *a = open_shared();
	struct region *b = open_shared();
	void *at = region_bytes(a);

	(void)state;
	bytes_of(a)[5] = 5;
	assert_int_equal(unlink(path), 0);
	assert_true(region_refresh(a, &report));
	assert_int_equal(report.why, REGION_SHARED);
	assert_ptr_equal(at, region_bytes(a));
	assert_int_equal(bytes_of(a)[5], 0);
	assert_true(region_refresh(b, &report));
	assert_false(region_refresh(a, &report));
	assert_false(region_refresh(b, &report));
	bytes_of(a)[5] = 6;
	assert_int_equal(bytes_of(b)[5], 6);
	region_free(a);
	region_free(b);
}

static void cut_under_us(void **state)
{
	static const off_t sizes[] = { 0, 8, HEAD, HEAD + 5000 };

	(void)state;
	for (size_t i = 0; i < ROWS(sizes); i++) {
		struct region_report report;
		struct region *a = open_shared();
		struct region *b = open_shared();

		memset(region_bytes(a), 9, BYTES);
		assert_int_equal(truncate(path, sizes[i]), 0);
		/* The read that would have been the end. */
		assert_int_equal(bytes_of(a)[BYTES - 1], 0);
		assert_false(region_is_shared(a));
		bytes_of(a)[BYTES - 1] = 3;
		bytes_of(b)[BYTES - 1] = 4;
		assert_int_equal(bytes_of(a)[BYTES - 1], 3);
		assert_true(region_refresh(a, &report));
		assert_int_equal(report.why, REGION_SHARED);
		assert_true(region_is_shared(a));
		assert_true(region_refresh(b, &report));
		bytes_of(a)[1] = 7;
		assert_int_equal(bytes_of(b)[1], 7);
		region_free(a);
		region_free(b);
		unlink(path);
	}
}

/* Found out before a page was missed. */
static void cut_and_seen_in_time(void **state)
{
	struct region_report report;
	struct region *r = open_shared();

	(void)state;
	assert_int_equal(truncate(path, HEAD), 0);
	assert_true(region_refresh(r, &report));
	assert_int_equal(report.why, REGION_SHARED);
	bytes_of(r)[BYTES - 1] = 1;
	assert_true(region_is_shared(r));
	region_free(r);
}

/* A fault that is not ours ends the process as it did before. */
static void other_faults_still_kill(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		int fd = open(other, O_RDWR | O_CREAT, 0600);
		volatile char *at =
		    mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

		/* Not the test's own. */
		signal(SIGBUS, SIG_DFL);
		open_shared();
		_exit(at[0]);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
	pid = fork();
	if (pid == 0) {
		signal(SIGBUS, SIG_DFL);
		open_shared();
		raise(SIGBUS);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
}

/* Many begin at once, with no file or a broken one: after one refresh all
 * have the same. */
static void crowd(void (*put)(void))
{
	enum { N = 24 };
	int go[2];
	int done[2];
	struct region *r;
	char c = 0;

	put();
	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(done), 0);
	for (size_t i = 0; i < N; i++) {
		if (fork() == 0) {
			struct region_report report;
			volatile unsigned char *bytes;

			close(go[1]);
			if (read(go[0], &c, 1) != 0)
				_exit(1);
			r = open_layout(LAYOUT, &report);
			if (r == NULL || write(done[1], "o", 1) != 1)
				_exit(1);
			/* The others are all past opening: wait for the
			 * second round by the same means. */
			bytes = region_bytes(r);
			for (int t = 0; t < 500; t++) {
				region_refresh(r, &report);
				if (bytes[0] == 1) {
					bytes[100 + i] = 1;
					_exit(region_is_shared(r) ? 0 : 2);
				}
				usleep(10000);
			}
			_exit(3);
		}
	}
	close(go[0]);
	close(go[1]);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(read(done[0], &c, 1), 1);
	r = open_shared();
	bytes_of(r)[0] = 1;
	for (size_t i = 0; i < N; i++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	for (size_t i = 0; i < N; i++)
		assert_int_equal(bytes_of(r)[100 + i], 1);
	region_free(r);
	close(done[0]);
	close(done[1]);
	unlink(path);
}

static void put_nothing(void)
{
}

static void many_begin_at_once(void **state)
{
	(void)state;
	crowd(put_nothing);
	crowd(put_older);
	crowd(put_noise);
}

static void names(void **state)
{
	char a[200];
	char b[200];
	struct text ta = text_over(a, sizeof(a));
	struct text tb = text_over(b, sizeof(b));
	struct text small = text_over(a, 10);

	(void)state;
	region_name(&ta, LIT("/dev/shm"), 33, LIT("/etc/a.ini"), 1);
	region_name(&tb, LIT("/dev/shm"), 33, LIT("/etc/a.ini"), 2);
	assert_true(
	    slice_starts(text_slice(&ta), LIT("/dev/shm/fingerpost-33-")));
	assert_int_equal(ta.len, strlen("/dev/shm/fingerpost-33-") + 16);
	assert_false(slice_eq(text_slice(&ta), text_slice(&tb)));
	region_name(&small, LIT("/dev/shm"), 33, LIT("/etc/a.ini"), 1);
	assert_true(text_spent(&small));
	for (size_t i = 0; i < REGION_WHY_N; i++)
		assert_true(region_words((enum region_why)i).len > 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(one_file_is_shared),
		CASE(umask_is_no_matter),
		CASE(what_is_there_decides),
		CASE(another_users_is_refused),
		CASE(the_second_path_serves),
		CASE(replaced_by_older_and_back),
		CASE(removed_and_made_again),
		CASE(cut_under_us),
		CASE(cut_and_seen_in_time),
		CASE(other_faults_still_kill),
		CASE(many_begin_at_once),
		CASE(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What may befall a folder of files: nothing is ever wrong, at worst nothing is
 * found and nothing stored, and it is said once. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "http/message.h"
#include "tests/unit/store/files_run.h"

#define KEY LIT("GET http://a.example/x")

static enum store_why why_of(struct scene *s)
{
	struct store_report report = { STORE_WELL, 0 };

	store_news(s->store, &report);
	return report.why;
}

static void open_again(struct scene *s)
{
	store_release(s->store, &s->found, NULL);
	s->found.n = 0;
	store_free(s->store);
	s->store = scene_open(s, 1 << 30, 1 << 24, false);
}

static void vanish(struct scene *s)
{
	scene_remove(s->path);
}

static void vanish_all(struct scene *s)
{
	scene_remove(s->folder);
	assert_int_equal(mkdir(s->folder, 0700), 0);
}

static void move_away(struct scene *s)
{
	char other[128];

	snprintf(other, sizeof(other), "%s/other", s->folder);
	assert_int_equal(rename(s->path, other), 0);
}

static void (*const losses[])(
    struct scene *) = { vanish, vanish_all, move_away };

static void a_vanished_folder_comes_back(void **state)
{
	struct scene *s = *state;

	for (size_t i = 0; i < ROWS(losses); i++) {
		assert_true(scene_put(s, KEY, LIT("body")));
		assert_true(scene_has(s, KEY, LIT("body")));
		losses[i](s);
		/* Still in hand. */
		assert_true(scene_body_is(s, 0, LIT("body")));
		scene_put(s, KEY, LIT("lost?"));
		s->now_ms += 1000;
		assert_int_equal(scene_find(s, KEY), 0);
		assert_true(scene_put(s, KEY, LIT("again")));
		assert_true(scene_has(s, KEY, LIT("again")));
		scene_remove(s->path);
		s->now_ms += 1000;
		scene_find(s, KEY);
	}
}

static void put_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_int_equal(write(fd, "mine", 4), 4);
	close(fd);
}

/* ---- the folder is not one to be used ---- */

static void be_a_file(struct scene *s)
{
	put_file(s->path);
}

static void be_a_link(struct scene *s)
{
	char other[128];

	snprintf(other, sizeof(other), "%s/other", s->folder);
	mkdir(other, 0700);
	assert_int_equal(symlink(other, s->path), 0);
}

static void be_open_to_all(struct scene *s)
{
	assert_int_equal(mkdir(s->path, 0700), 0);
	assert_int_equal(chmod(s->path, 0777), 0);
}

static void be_nowhere(struct scene *s)
{
	scene_remove(s->folder);
}

static const struct {
	void (*make)(struct scene *);
	enum store_why why;
} unfit[] = {
	{ be_a_file, STORE_NOT_SAFE },
	{ be_a_link, STORE_NOT_SAFE },
	{ be_open_to_all, STORE_NOT_SAFE },
	{ be_nowhere, STORE_SYSTEM },
};

static void an_unfit_folder_stores_nothing(void **state)
{
	struct scene *s = *state;

	for (size_t i = 0; i < ROWS(unfit); i++) {
		scene_remove(s->path);
		unfit[i].make(s);
		open_again(s);
		assert_int_equal(why_of(s), unfit[i].why);
		assert_int_equal(scene_find(s, KEY), 0);
		assert_false(scene_put(s, KEY, LIT("x")));
		assert_false(
		    store_purge(s->store, STORE_ALL, LIT(""), s->now_ms));
		/* Said once. */
		s->now_ms += 1000;
		assert_int_equal(scene_find(s, KEY), 0);
		assert_int_equal(why_of(s), STORE_WELL);
		scene_remove(s->path);
		mkdir(s->folder, 0700);
		s->now_ms += 1000;
		scene_find(s, KEY);
		assert_true(scene_put(s, KEY, LIT("x")));
	}
}

/* ---- entries that are none ---- */

static void put_garbage(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	for (int i = 0; i < 1000; i++)
		assert_int_equal(write(fd, "garbage!", 8), 8);
	close(fd);
}

static void put_empty(const char *path)
{
	close(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
}

static void put_cut(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size - 1), 0);
}

static void put_link(const char *path)
{
	char other[300];

	snprintf(other, sizeof(other), "%s.other", path);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink(other, path), 0);
}

static void put_second_name(const char *path)
{
	char other[300];

	snprintf(other, sizeof(other), "%s.other", path);
	assert_int_equal(link(path, other), 0);
}

static void put_fifo(const char *path)
{
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
}

static void put_folder(const char *path)
{
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void put_list(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, "fprvary1", 8), 8);
	for (int i = 0; i < 400; i++)
		assert_int_equal(write(fd, "garbage", 8), 8);
	close(fd);
}

static void put_linked_shard(const char *path)
{
	char shard[256];
	char other[300];

	snprintf(shard, sizeof(shard), "%s", path);
	*strrchr(shard, '/') = '\0';
	snprintf(other, sizeof(other), "%s.other", shard);
	assert_int_equal(rename(shard, other), 0);
	assert_int_equal(symlink(other, shard), 0);
}

static const struct {
	void (*make)(const char *path);
	bool again; /* can something be stored there? */
} entries[] = {
	{ put_garbage, true },
	{ put_empty, true },
	{ put_cut, true },
	{ put_link, true },
	{ put_second_name, true },
	{ put_fifo, true },
	{ put_list, true },
	{ put_folder, false },
	{ put_linked_shard, false },
};

static void what_is_no_entry_is_not_found(void **state)
{
	struct scene *s = *state;
	char path[256];

	for (int walk = 0; walk < 2; walk++)
		for (size_t i = 0; i < ROWS(entries); i++) {
			scene_remove(s->path);
			open_again(s);
			store_free(s->store);
			s->store = scene_open(s, 1 << 30, 1 << 20, walk);
			assert_true(scene_put(s, KEY, LIT("body")));
			scene_only_entry(s, false, path);
			entries[i].make(path);
			assert_int_equal(scene_find(s, KEY), 0);
			assert_int_equal(
			    scene_put(s, KEY, LIT("x")), entries[i].again);
			assert_int_equal(scene_find(s, KEY), entries[i].again);
		}
}

/* Every bit of the file turned: found whole or not at all. */
static void every_turned_bit_is_seen(void **state)
{
	struct scene *s = *state;
	struct stat st;
	char path[256];

	assert_true(scene_put(s, KEY, LIT("body")));
	scene_only_entry(s, false, path);
	assert_int_equal(stat(path, &st), 0);
	for (off_t at = 0; at < st.st_size - 4; at++) {
		int fd = open(path, O_RDWR);
		char byte;

		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= (char)(1 << at % 8);
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		close(fd);
		if (scene_find(s, KEY) == 0)
			assert_true(scene_put(s, KEY, LIT("body")));
		else
			assert_true(scene_body_is(s, 0, LIT("body")));
	}
}

/* What the system may have lost with its power is read before it is trusted. */
static void another_boot_is_not_trusted(void **state)
{
	struct scene *s = *state;
	char path[256];

	for (int garble = 0; garble < 2; garble++) {
		char head[4096];
		int fd;

		assert_true(scene_put(s, KEY, LIT("the body")));
		scene_only_entry(s, false, path);
		fd = open(path, O_RDWR);
		assert_true(pread(fd, head, sizeof(head), 0) > 0);
		record_stamp(head, 12345);
		assert_int_equal(pwrite(fd, head, 300, 0), 300);
		if (garble) {
			struct stat st;

			assert_int_equal(fstat(fd, &st), 0);
			assert_int_equal(pwrite(fd, "x", 1, st.st_size - 1), 1);
		}
		assert_int_equal(scene_find(s, KEY), !garble);
		if (!garble) {
			/* Once. */
			assert_int_equal(
			    pread(fd, head, sizeof(head), 0) > 0, 1);
			assert_true(s->found.at[0].record.boot == 12345);
			assert_int_equal(scene_find(s, KEY), 1);
			assert_true(s->found.at[0].record.boot != 12345);
			assert_true(scene_body_is(s, 0, LIT("the body")));
		}
		close(fd);
	}
}

static void strangers_are_left_alone(void **state)
{
	static const char *const names[] = { "readme", "00/notes",
		"00/00/notes", "00/00/0123456789abcde", "tmp/notes",
		"00/00/0123456789abcdef.bak" };
	struct scene *s = *state;
	char path[256];
	struct stat st;

	scene_put(s, KEY, LIT("x"));
	snprintf(path, sizeof(path), "%s/00", s->path);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/00/00", s->path);
	mkdir(path, 0700);
	for (size_t i = 0; i < ROWS(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", s->path, names[i]);
		put_file(path);
	}
	store_free(s->store);
	s->now_ms += INT64_C(1) << 40;
	s->store = scene_open(s, 1 << 16, 1 << 16, false);
	for (int i = 0; i < 500; i++) {
		snprintf(path, sizeof(path), "%d", i);
		scene_put(s, slice_of(path), LIT("x"));
	}
	for (size_t i = 0; i < ROWS(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", s->path, names[i]);
		assert_int_equal(stat(path, &st), 0);
	}
}

static void leftovers_are_swept(void **state)
{
	struct scene *s = *state;
	struct record r = scene_record(KEY, LIT(""), LIT(""));
	struct store_writer *w =
	    store_begin(s->store, &r, LENGTH_UNKNOWN, NULL, s->now_ms);
	char *large = calloc(1, 70000);
	char path[256];
	int young;

	assert_true(store_append(w, (struct slice){ large, 70000 }));
	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "%s/tmp/%d-00000000000000%02x",
		    s->path, i + 1, i);
		put_file(path);
	}
	assert_int_equal(scene_files(s, "tmp"), 101);
	/* The clock of files is the system's: all of them are old, or young. */
	s->now_ms += 1000;
	young = (int)scene_files(s, "tmp");
	assert_int_equal(young, 101);
	s->now_ms = INT64_C(1) << 42;
	for (int i = 0; i < 2; i++) {
		struct store *other = scene_open(s, 1 << 30, 1 << 20, false);

		store_free(other);
		/* So many a run, and never the one whose writer lives. */
		assert_int_equal(scene_files(s, "tmp"), i == 0 ? 101 - 64 : 1);
	}
	s->now_ms = NOW;
	assert_true(store_end(w, true, NOW));
	assert_int_equal(scene_files(s, "tmp"), 0);
	free(large);
}

/* ---- in a process of its own ---- */

static void in_child(struct scene *s, void (*run)(struct scene *))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		run(s);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define NEED(x)                                                    \
	do {                                                       \
		if (!(x)) {                                        \
			fprintf(stderr, "%d: %s\n", __LINE__, #x); \
			_exit(1);                                  \
		}                                                  \
	} while (0)

static void without_rights(struct scene *s)
{
	if (geteuid() == 0) {
		NEED(chmod(s->folder, 0755) == 0);
		NEED(chown(s->path, 65534, 65534) == 0);
		scene_remove(s->path);
		NEED(mkdir(s->path, 0700) == 0);
		NEED(chown(s->path, 65534, 65534) == 0);
		NEED(setgroups(0, NULL) == 0);
		NEED(setgid(65534) == 0 && setuid(65534) == 0);
	}
	open_again(s);
	NEED(scene_put(s, KEY, LIT("body")));
	NEED(chmod(s->path, 0500) == 0);
	NEED(scene_has(s, KEY, LIT("body")));
	for (int i = 0; i < 200; i++) {
		char key[16];

		snprintf(key, sizeof(key), "k%d", i);
		scene_put(s, slice_of(key), LIT("x"));
	}
	NEED(why_of(s) == STORE_SYSTEM);
	NEED(scene_has(s, KEY, LIT("body")));
	NEED(chmod(s->path, 0) == 0);
	open_again(s);
	NEED(why_of(s) == STORE_SYSTEM);
	NEED(scene_find(s, KEY) == 0);
	NEED(!scene_put(s, KEY, LIT("x")));
	NEED(chmod(s->path, 0700) == 0);
	s->now_ms += 1000;
	NEED(scene_has(s, KEY, LIT("body")));
	NEED(scene_put(s, KEY, LIT("new")));
	NEED(scene_has(s, KEY, LIT("new")));
}

static void no_right_to_write(void **state)
{
	in_child(*state, without_rights);
}

static void with_small_files(struct scene *s)
{
	struct rlimit limit = { 100000, 100000 };
	char *large = calloc(1, 200000);

	NEED(large != NULL);
	signal(SIGXFSZ, SIG_IGN);
	/* The state is larger, but written already. */
	NEED(scene_put(s, KEY, LIT("before")));
	NEED(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	NEED(!scene_put(s, KEY, (struct slice){ large, 200000 }));
	NEED(why_of(s) == STORE_SYSTEM);
	NEED(!scene_put(s, KEY, (struct slice){ large, 200000 }));
	NEED(why_of(s) == STORE_WELL);
	NEED(scene_has(s, KEY, LIT("before")));
	NEED(scene_files(s, "tmp") == 0);
	NEED(scene_put(s, KEY, LIT("after")));
	NEED(scene_has(s, KEY, LIT("after")));
}

static void a_limit_on_files(void **state)
{
	in_child(*state, with_small_files);
}

static bool mount_small(struct scene *s)
{
	return unshare(CLONE_NEWNS) == 0 &&
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("store", s->path, "tmpfs", 0, "size=2m,mode=0700") == 0;
}

static void on_a_full_disk(struct scene *s)
{
	char *large = malloc(300000);
	unsigned stored = 0;
	unsigned refused = 0;
	char key[16];

	NEED(large != NULL);
	if (!mount_small(s)) {
		fprintf(stderr, "no mount: not tested\n");
		return;
	}
	memset(large, 'x', 300000);
	s->now_ms += 1000;
	for (int i = 0; i < 40; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		if (scene_put(s, slice_of(key),
			(struct slice){ large, i % 2 ? 300000 : 30000 }))
			stored++;
		else
			refused++;
	}
	NEED(stored > 3 && refused > 3);
	NEED(why_of(s) == STORE_SYSTEM);
	NEED(scene_files(s, "tmp") == 0);
	for (int i = 0; i < 40; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		if (scene_find(s, slice_of(key)) == 1)
			NEED(scene_body_is(s, 0,
			    (struct slice){ large, i % 2 ? 300000 : 30000 }));
	}
	/* A purge still can be noted. */
	NEED(store_purge(s->store, STORE_TAG, LIT("x"), s->now_ms));
	NEED(store_purge(s->store, STORE_ALL, LIT(""), s->now_ms));
	for (int i = 0; i < 40; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		NEED(scene_find(s, slice_of(key)) == 0);
	}
}

static void a_full_disk(void **state)
{
	in_child(*state, on_a_full_disk);
}

int main(void)
{
#define EACH(f) \
	cmocka_unit_test_setup_teardown(f, scene_set_up, scene_tear_down)
	static const struct CMUnitTest tests[] = {
		EACH(a_vanished_folder_comes_back),
		EACH(an_unfit_folder_stores_nothing),
		EACH(what_is_no_entry_is_not_found),
		EACH(every_turned_bit_is_seen),
		EACH(another_boot_is_not_trusted),
		EACH(strangers_are_left_alone),
		EACH(leftovers_are_swept),
		EACH(no_right_to_write),
		EACH(a_limit_on_files),
		EACH(a_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Keys from ~/.aws/credentials and ~/.aws/config, or wherever else the rules
 * or the environment say that these are. */
#include "engine/keyring_entry.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "policy/aws_profile.h"

#define FILE_MAX_BYTES (1024 * 1024)
#define PATHS_BYTES    (32 * 1024)

static const struct {
	struct slice variable;
	struct slice below_home;
} kinds[] = {
	[AWS_CREDENTIALS_FILE] = { { "AWS_SHARED_CREDENTIALS_FILE", 27 },
	    { "/.aws/credentials", 17 } },
	[AWS_CONFIG_FILE] = { { "AWS_CONFIG_FILE", 15 },
	    { "/.aws/config", 12 } },
};

#define KINDS_N (sizeof(kinds) / sizeof(kinds[0]))

/* --- which files ------------------------------------------------------ */

static struct slice home(const struct keyring *k, struct arena *a)
{
	struct slice named = keyring_variable(k, LIT("HOME"));
	struct passwd entry;
	struct passwd *found = NULL;
	char room[4096];

	if (named.len > 0)
		return named;
	if (getpwuid_r(geteuid(), &entry, room, sizeof(room), &found) != 0 ||
	    found == NULL)
		return LIT("");
	return arena_slice(a, slice_of(found->pw_dir));
}

/* NUL-terminated, or NULL: no memory. */
static char *path_of(const struct entry *e, enum aws_file kind, struct arena *a)
{
	struct slice path =
	    kind == AWS_CREDENTIALS_FILE ? e->credentials_file : e->config_file;

	if (path.len == 0)
		path = keyring_variable(e->keyring, kinds[kind].variable);
	if (path.len == 0)
		path =
		    ARENA_JOIN(a, home(e->keyring, a), kinds[kind].below_home);
	else if (slice_starts(path, LIT("~/")))
		path = ARENA_JOIN(a, home(e->keyring, a), slice_from(path, 1));
	return path.at == NULL ? NULL : arena_cstr(a, path);
}

static struct slice profile_of(const struct entry *e)
{
	struct slice named = keyring_variable(e->keyring, LIT("AWS_PROFILE"));

	return e->profile.len > 0 ? e->profile :
	    named.len > 0         ? named :
				    LIT("default");
}

static bool stamp_eq(const struct stamp *a, const struct stamp *b)
{
	return a->device == b->device && a->inode == b->inode &&
	    a->size == b->size && a->changed.tv_sec == b->changed.tv_sec &&
	    a->changed.tv_nsec == b->changed.tv_nsec;
}

/* What both are now; all zero for want of memory. */
static void stamps_take(const struct entry *e, struct stamp stamps_out[])
{
	struct arena *a = arena_new(PATHS_BYTES);

	for (size_t i = 0; i < KINDS_N; i++) {
		const char *path =
		    a == NULL ? NULL : path_of(e, (enum aws_file)i, a);
		struct stat s;

		stamps_out[i] = (struct stamp){ 0 };
		if (path != NULL && stat(path, &s) == 0)
			stamps_out[i] = (struct stamp){ s.st_dev, s.st_ino,
				s.st_size, s.st_mtim };
	}
	arena_free(a);
}

bool look_files_changed(const struct entry *e)
{
	struct stamp now[KINDS_N];
	bool changed = false;

	stamps_take(e, now);
	for (size_t i = 0; i < KINDS_N; i++)
		changed |= !stamp_eq(&now[i], &e->stamps[i]);
	return changed;
}

/* --- reading one ------------------------------------------------------ */

/* A file's bytes, to be wiped. */
struct held {
	char *at; /* NULL: it could not be read; errno */
	size_t len;
	struct stat stat;
};

static void held_drop(struct held *h)
{
	if (h->at != NULL)
		OPENSSL_cleanse(h->at, h->len);
	free(h->at);
}

/* Up to what it was long when it was opened. */
static char *read_open(int fd, struct held *h)
{
	char *at = NULL;
	ssize_t n = 1;

	if (fstat(fd, &h->stat) < 0)
		return NULL;
	if (!S_ISREG(h->stat.st_mode) || h->stat.st_size > FILE_MAX_BYTES) {
		errno = S_ISREG(h->stat.st_mode) ? EFBIG : EINVAL;
		return NULL;
	}
	at = malloc((size_t)h->stat.st_size + 1);
	while (at != NULL && n > 0 && h->len < (size_t)h->stat.st_size) {
		n = read(fd, at + h->len, (size_t)h->stat.st_size - h->len);
		if (n > 0)
			h->len += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	if (at != NULL && n < 0) {
		OPENSSL_cleanse(at, h->len);
		free(at);
		at = NULL;
	}
	return at;
}

static struct held held_read(const char *path)
{
	struct held h = { .at = NULL };
	/* A pipe of that name must not hold us up. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int error;

	if (fd < 0)
		return h;
	h.at = read_open(fd, &h);
	error = errno;
	close(fd);
	errno = error;
	return h;
}

/* --- the keys in it --------------------------------------------------- */

static void warn_if_readable(
    struct entry *e, const char *path, const struct stat *s)
{
	if ((s->st_mode & S_IROTH) == 0 || e->told_readable)
		return;
	e->told_readable = true;
	log_line(LOG_WARN,
	    "%s holds credentials and everybody on this machine may read it: "
	    "chmod 600",
	    path);
}

static enum look look_profile(
    struct entry *e, const char *path, const struct held *h, enum aws_file kind)
{
	struct slice name = profile_of(e);
	struct aws_profile p =
	    aws_profile_read((struct slice){ h->at, h->len }, kind, name);
	struct slice fault = aws_keys_fault(&p.keys);

	if (!p.found) {
		entry_tried(
		    e, "%s has no profile \"%.*s\"", path, SLICE_ARG(name));
		return LOOK_NOTHING;
	}
	if (fault.len == 0) {
		warn_if_readable(e, path, &h->stat);
		entry_got(e, CREDENTIALS_FILE, &p.keys, 0.);
		return LOOK_FOUND;
	}
	if (p.keys.access_key_id.len > 0 || p.keys.secret_access_key.len > 0) {
		entry_tried(e,
		    "in profile \"%.*s\" of %s %.*s is missing or holds what "
		    "none does",
		    SLICE_ARG(name), path, SLICE_ARG(fault));
		return LOOK_BROKEN;
	}
	if (p.elsewhere.len > 0)
		entry_tried(e,
		    "profile \"%.*s\" of %s has no keys but %.*s, which is "
		    "not followed",
		    SLICE_ARG(name), path, SLICE_ARG(p.elsewhere));
	else
		entry_tried(e, "profile \"%.*s\" of %s has no keys",
		    SLICE_ARG(name), path);
	return LOOK_NOTHING;
}

static enum look look_file(struct entry *e, enum aws_file kind, struct arena *a)
{
	const char *path = path_of(e, kind, a);
	enum look look = LOOK_NOTHING;
	struct held h;

	if (path == NULL) {
		entry_tried(e, "no memory for a file's name");
		return LOOK_BROKEN;
	}
	h = held_read(path);
	if (h.at == NULL) {
		entry_tried(e, "%s: %s", path,
		    errno == EFBIG      ? "larger than 1 MiB" :
			errno == EINVAL ? "no regular file" :
					  strerror(errno));
		return LOOK_NOTHING;
	}
	look = look_profile(e, path, &h, kind);
	held_drop(&h);
	return look;
}

enum look look_files(struct entry *e)
{
	struct arena *a = arena_new(PATHS_BYTES);
	enum look look = LOOK_NOTHING;

	if (a == NULL) {
		entry_tried(e, "no memory for files' names");
		return LOOK_BROKEN;
	}
	/* Before they are read: what changes meanwhile is read once more. */
	stamps_take(e, e->stamps);
	for (size_t i = 0; i < KINDS_N && look == LOOK_NOTHING; i++)
		look = look_file(e, (enum aws_file)i, a);
	arena_free(a);
	return look;
}

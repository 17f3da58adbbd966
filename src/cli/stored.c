/* Opening the store as who may. */
#include "cli/stored.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "conf/conf.h"
#include "engine/storage.h"
#include "store/store.h"

int64_t stored_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void stored_print(struct slice s, FILE *to)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (c > 0x20 && c < 0x7f && c != '\\')
			fputc(c, to);
		else
			fprintf(to, "\\x%02x", c);
	}
}

void stored_complain(struct store *s, const char *command)
{
	struct store_report report = { STORE_WELL, 0 };

	if (!store_news(s, &report) || report.why == STORE_WELL)
		fprintf(stderr, "fingerpost %s: the store did not do it\n",
		    command);
	else
		fprintf(stderr, "fingerpost %s: the store: %.*s%s%s\n", command,
		    SLICE_ARG(store_words(report.why)),
		    report.why == STORE_SYSTEM ? ": " : "",
		    report.why == STORE_SYSTEM ? strerror(report.error) : "");
}

static bool become(const struct stat *owner)
{
	return setgroups(0, NULL) == 0 && setgid(owner->st_gid) == 0 &&
	    setuid(owner->st_uid) == 0;
}

static enum stored other_user(const char *path, uid_t uid, const char *command)
{
	const struct passwd *user = getpwuid(uid);

	if (user != NULL)
		fprintf(stderr,
		    "fingerpost %s: %s belongs to %s: call this as that user, "
		    "or as root\n",
		    command, path, user->pw_name);
	else
		fprintf(stderr,
		    "fingerpost %s: %s belongs to user %lu: call this as that "
		    "user, or as root\n",
		    command, path, (unsigned long)uid);
	return STORED_FAULT;
}

static enum stored system_fault(const char *path, const char *command)
{
	fprintf(
	    stderr, "fingerpost %s: %s: %s\n", command, path, strerror(errno));
	return STORED_FAULT;
}

static enum stored may_open(const char *path, const char *command)
{
	struct stat st;

	if (lstat(path, &st) != 0) {
		if (errno != ENOENT)
			return system_fault(path, command);
		fprintf(stderr,
		    "fingerpost %s: nothing is stored: there is no %s\n",
		    command, path);
		return STORED_NOTHING;
	}
	if (st.st_uid == geteuid())
		return STORED_OPEN;
	if (geteuid() != 0)
		return other_user(path, st.st_uid, command);
	return become(&st) ? STORED_OPEN : system_fault(path, command);
}

enum stored stored_open(
    const struct conf *c, const char *command, struct store **store_out)
{
	struct storage storage = c->storage;
	enum stored may = STORED_OPEN;
	struct store *s;

	if (c->storage.redis.len == 0 && c->storage.path.len == 0) {
		fprintf(stderr,
		    "fingerpost %s: the rules name no store: [cache] has no "
		    "path\n",
		    command);
		return STORED_FAULT;
	}
	if (c->storage.redis.len == 0)
		may = may_open(c->storage.path.at, command);
	if (may != STORED_OPEN)
		return may;
	storage.memory_bytes = 0; /* everything is looked at once */
	s = storage_open(&storage, stored_now_ms());
	if (s == NULL) {
		fprintf(stderr, "fingerpost %s: out of memory\n", command);
		return STORED_FAULT;
	}
	if (s->report.why != STORE_WELL) {
		stored_complain(s, command);
		store_free(s);
		return STORED_FAULT;
	}
	*store_out = s;
	return STORED_OPEN;
}

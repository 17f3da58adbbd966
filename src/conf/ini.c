/* The one place that calls iniparser. */
#include "config.h"

#include "conf/ini.h"

#include <iniparser/iniparser.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"

struct ini {
	dictionary *held;
	int descriptor;
	bool named; /* path is a real file of ours */
	char path[64];
};

/* The lint has said it better; what is left comes back as NULL. */
static int keep_silent(const char *format, ...)
{
	(void)format;
	return 0;
}

#ifdef MFD_CLOEXEC
static bool path_through(struct ini *i, const char *folder)
{
	(void)snprintf(
	    i->path, sizeof(i->path), "%s/%d", folder, i->descriptor);
	return access(i->path, R_OK) == 0;
}
#endif

static bool ini_open(struct ini *i)
{
#ifdef MFD_CLOEXEC
	i->descriptor = memfd_create("fingerpost.ini", MFD_CLOEXEC);
	if (i->descriptor >= 0) {
		if (path_through(i, "/proc/self/fd") ||
		    path_through(i, "/dev/fd"))
			return true;
		close(i->descriptor);
	}
#endif
	/* No memfd, or nothing mounted to name it by. */
	(void)snprintf(i->path, sizeof(i->path), "/tmp/fingerpost.XXXXXX");
	i->descriptor = mkstemp(i->path);
	i->named = i->descriptor >= 0;
	return i->named;
}

struct ini *ini_new(void)
{
	struct ini *i = calloc(1, sizeof(*i));

	if (i != NULL && !ini_open(i)) {
		free(i);
		return NULL;
	}
	return i;
}

void ini_free(struct ini *i)
{
	if (i == NULL)
		return;
	iniparser_freedict(i->held);
	close(i->descriptor);
	if (i->named)
		(void)unlink(i->path);
	free(i);
}

static bool ini_write(struct ini *i, struct slice text)
{
	size_t done = 0;

	if (ftruncate(i->descriptor, 0) != 0)
		return false;
	while (done < text.len) {
		ssize_t n = pwrite(i->descriptor, text.at + done,
		    text.len - done, (off_t)done);

		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

bool ini_read(struct ini *i, struct slice text)
{
	iniparser_freedict(i->held);
	i->held = NULL;
	if (!ini_write(i, text))
		return false;
	iniparser_set_error_callback(keep_silent);
	i->held = iniparser_load(i->path);
	iniparser_set_error_callback(NULL);
	return i->held != NULL;
}

struct slice ini_value(
    const struct ini *i, struct slice section, struct slice key)
{
	char name[512];
	struct text t = text_over(name, sizeof(name));

	text_add(&t, section);
	text_char(&t, ':');
	text_add(&t, key);
	text_char(&t, '\0');
	if (i->held == NULL || text_spent(&t))
		return SLICE_NONE;
	return slice_of(iniparser_getstring(i->held, name, NULL));
}

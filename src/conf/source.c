/* Reading files, plain ones and of bounded size alone. */
#include "conf/source.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/finding.h"

struct slice source_folder(struct slice path)
{
	while (path.len > 0 && path.at[path.len - 1] != '/')
		path.len--;
	return path;
}

bool source_clean(char *at, size_t *len, struct slice path, struct findings *f)
{
	struct slice bytes = { at, *len };
	size_t from = slice_starts(bytes, LIT("\xef\xbb\xbf")) ? 3 : 0;
	size_t kept = 0;

	if (slice_starts(bytes, LIT("\xff\xfe")) ||
	    slice_starts(bytes, LIT("\xfe\xff"))) {
		finding_add(f, FINDING_FAULT, path, 1,
		    "the file is saved as UTF-16: save it as UTF-8");
		return false;
	}
	for (size_t i = from; i < *len; i++)
		if (at[i] != '\r' || i + 1 == *len || at[i + 1] != '\n')
			at[kept++] = at[i];
	/* A file cut off between the two. */
	if (kept > 0 && at[kept - 1] == '\r' &&
	    slice_find((struct slice){ at, kept }, '\n') < kept)
		kept--;
	*len = kept;
	return true;
}

static bool sources_room(struct sources *s, struct arena *a)
{
	size_t size = s->size == 0 ? 8 : s->size * 2;
	struct source *grown;

	if (s->n < s->size)
		return true;
	grown = arena_alloc(a, size * sizeof(*grown));
	if (grown == NULL)
		return false;
	if (s->n > 0)
		memcpy(grown, s->at, s->n * sizeof(*grown));
	s->at = grown;
	s->size = size;
	return true;
}

static bool already(const struct sources *s, const struct stat *st)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->at[i].dev == (unsigned long)st->st_dev &&
		    s->at[i].ino == (unsigned long)st->st_ino)
			return true;
	return false;
}

static bool read_all(int descriptor, char *at, size_t size, size_t *len_out)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(descriptor, at + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*len_out = len;
	return true;
}

/* What is wrong with reading it, or NULL. */
static const char *read_open(int descriptor, struct slice path,
    struct sources *s, struct arena *a, struct findings *f, bool *faulty)
{
	struct stat st;
	size_t len;
	char *at;

	if (fstat(descriptor, &st) != 0)
		return strerror(errno);
	if (S_ISDIR(st.st_mode))
		return "it is a folder";
	if (!S_ISREG(st.st_mode))
		return "it is no plain file";
	if (already(s, &st))
		return NULL;
	if (st.st_size > (off_t)SOURCE_BYTES_MAX)
		return "it is larger than 16 MiB";
	if (s->n >= SOURCE_FILES_MAX)
		return "more than 1000 files in all";
	at = arena_alloc(a, (size_t)st.st_size + 1);
	if (at == NULL || !sources_room(s, a))
		return "out of memory";
	if (!read_all(descriptor, at, (size_t)st.st_size, &len))
		return strerror(errno);
	*faulty = !source_clean(at, &len, path, f);
	if (*faulty)
		len = 0;
	s->at[s->n++] = (struct source){ .path = path,
		.bytes = { at, len },
		.published = (st.st_mode & S_IROTH) != 0,
		.dev = (unsigned long)st.st_dev,
		.ino = (unsigned long)st.st_ino };
	return NULL;
}

bool source_read(struct sources *s, struct slice path,
    const struct source_place *place, struct arena *a, struct findings *f)
{
	char *name = arena_cstr(a, path);
	const char *wrong = "out of memory";
	bool faulty = false;
	int descriptor = -1;

	if (name != NULL) {
		/* Not to wait for the other end of a pipe. */
		descriptor = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		wrong = descriptor < 0 ?
		    strerror(errno) :
		    read_open(descriptor, (struct slice){ name, path.len }, s,
			a, f, &faulty);
	}
	if (descriptor >= 0)
		close(descriptor);
	if (wrong != NULL && place != NULL)
		finding_add(f, FINDING_FAULT, place->file, place->line,
		    "include: %.*s: %s", SLICE_ARG(path), wrong);
	else if (wrong != NULL)
		finding_add(f, FINDING_FAULT, path, 0,
		    "the rule file cannot be read: %s", wrong);
	return wrong == NULL && !faulty;
}

static int by_bytes(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static bool has_magic(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (strchr("*?[", s.at[i]) != NULL)
			return true;
	return false;
}

static void include_one(struct sources *s, struct slice pattern,
    const struct source_place *place, struct arena *a, struct findings *f)
{
	char *name = arena_cstr(a, pattern);
	glob_t found;
	int outcome;

	if (name == NULL)
		return;
	if (!has_magic(pattern)) {
		(void)source_read(s, pattern, place, a, f);
		return;
	}
	outcome = glob(name, GLOB_NOSORT, NULL, &found);
	if (outcome != 0) {
		/* An empty folder is a good place to start from. */
		if (outcome != GLOB_NOMATCH)
			finding_add(f, FINDING_FAULT, place->file, place->line,
			    "include: %s: cannot look there", name);
		return;
	}
	qsort(found.gl_pathv, found.gl_pathc, sizeof(char *), by_bytes);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct slice path = arena_slice(a, slice_of(found.gl_pathv[i]));

		if (path.at != NULL)
			(void)source_read(s, path, place, a, f);
	}
	globfree(&found);
}

void source_include(struct sources *s, const struct slice_list *patterns,
    struct slice folder, const struct source_place *place, struct arena *a,
    struct findings *f)
{
	for (size_t i = 0; i < patterns->n; i++) {
		struct text path = text_in(a, 4096);

		if (patterns->at[i].at[0] != '/')
			text_add(&path, folder);
		text_add(&path, patterns->at[i]);
		if (text_spent(&path))
			finding_add(f, FINDING_FAULT, place->file, place->line,
			    "include: too long a path");
		else
			include_one(s, text_slice(&path), place, a, f);
	}
}

/* The files that rules come from: the rule file and what it includes. */
#ifndef CONF_SOURCE_H
#define CONF_SOURCE_H

#include "base/slice.h"

struct arena;
struct findings;
struct slice_list;

#define SOURCE_BYTES_MAX ((size_t)16 << 20) /* of one file */
#define SOURCE_FILES_MAX 1000

/* Where a finding belongs. */
struct source_place {
	struct slice file;
	unsigned line;
};

struct source {
	struct slice path;
	struct slice bytes;     /* cleaned, in the arena */
	bool published;         /* its mode lets everyone read it */
	unsigned long dev, ino; /* which file it is, by whatever name */
};

struct sources {
	struct source *at;
	size_t n;
	size_t size;
};

/* Without a UTF-8 byte order mark and without the carriage return before
 * each line feed; in place.  False, with a finding, for UTF-16. */
bool source_clean(char *at, size_t *len, struct slice path, struct findings *f);

/* Reads and cleans one file and adds it; false with a finding at `place`.
 * A file that is there already is passed over: true, and nothing added. */
bool source_read(struct sources *s, struct slice path,
    const struct source_place *place, struct arena *a, struct findings *f);

/* Adds every file of the comma-separated patterns, relative to `folder`, in
 * byte order of their names within a pattern. */
void source_include(struct sources *s, const struct slice_list *patterns,
    struct slice folder, const struct source_place *place, struct arena *a,
    struct findings *f);

/* The folder of a path, with its slash; "" where the path has none. */
struct slice source_folder(struct slice path);

#endif

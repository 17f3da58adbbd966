/* Findings as one string, a line each, to compare with what was expected. */
#ifndef TESTS_UNIT_CONF_TOLD_H
#define TESTS_UNIT_CONF_TOLD_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/finding.h"

/* "file:line: message\n", the way `check` prints it. */
static inline struct slice told(struct findings *f)
{
	struct text t = text_in(f->arena, 1 << 20);

	findings_sort(f);
	for (size_t i = 0; i < f->n; i++)
		text_format(&t, "%.*s:%u: %s%.*s\n", SLICE_ARG(f->at[i].file),
		    f->at[i].line,
		    f->at[i].severity == FINDING_WARNING ? "warning: " : "",
		    SLICE_ARG(f->at[i].message));
	return text_slice(&t);
}

static inline void file_write(
    const char *folder, const char *name, const char *bytes, mode_t mode)
{
	char path[1024];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	if (file == NULL || fputs(bytes, file) < 0 || fclose(file) != 0 ||
	    chmod(path, mode) != 0)
		abort();
}

#endif

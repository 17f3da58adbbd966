/* What is wrong or doubtful in a rule file: one line a finding, with the
 * place and the remedy, all of them in one go. */
#ifndef CONF_FINDING_H
#define CONF_FINDING_H

#include "base/slice.h"

struct arena;

enum severity { FINDING_WARNING, FINDING_FAULT };

struct finding {
	enum severity severity;
	struct slice file;
	unsigned line; /* from 1; 0: the file as a whole */
	struct slice message;
};

/* Bounded: past FINDINGS_MAX only the counts go on. */
#define FINDINGS_MAX 1000

struct findings {
	struct arena *arena; /* borrowed: holds array and messages */
	struct finding *at;
	size_t n;
	size_t size;
	size_t faults;
	size_t warnings;
};

/* Zeroed but for the arena. */
struct findings findings_in(struct arena *a);

void finding_add(struct findings *f, enum severity severity, struct slice file,
    unsigned line, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* By file in order of first mention, then line. */
void findings_sort(struct findings *f);

#endif

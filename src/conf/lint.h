/* Reads a rule file line by line, as iniparser will, and finds what
 * iniparser would drop, cut or join without a word.  Leaves an index of
 * sections and keys with their lines; values are iniparser's to read.
 *
 * Pure: bytes in, findings and index out.  What keys mean is load.c's. */
#ifndef CONF_LINT_H
#define CONF_LINT_H

#include "base/slice.h"

struct arena;
struct findings;

#define LINT_LINE_MAX     1022 /* iniparser's: 1024 less line end and NUL */
#define LINT_NAME_MAX     200
#define LINT_KEYS_MAX     256 /* in one section */
#define LINT_SECTIONS_MAX 100000

struct lint_key {
	struct slice name;  /* as written */
	struct slice lower; /* as iniparser knows it */
	struct slice line;  /* the whole logical line, continuations joined */
	unsigned number;    /* where it starts */
	bool broken;        /* a finding has been made: not for iniparser */
};

struct lint_section {
	struct slice name; /* lower case, blanks around it removed */
	struct slice file;
	unsigned number;
	struct lint_key *keys;
	size_t key_n;
	size_t key_size;
	bool broken;                      /* has no name one could look up */
	const struct lint_section *first; /* of that name, where this is not */
};

struct lint {
	struct arena *arena; /* borrowed: holds the index */
	struct lint_section *at;
	size_t n;
	size_t size;
};

/* Adds one file's sections.  The bytes must outlive the index.  False when
 * the arena is spent, with a finding. */
bool lint_file(
    struct lint *l, struct slice file, struct slice bytes, struct findings *f);

/* After the last file: sections that stand twice. */
bool lint_duplicates(struct lint *l, struct findings *f);

/* What iniparser would make of the value of a line that is not broken. */
struct slice lint_value(const struct lint_key *key);

/* The key of that lower-case name, or NULL. */
const struct lint_key *lint_key_find(
    const struct lint_section *s, struct slice lower);

#endif

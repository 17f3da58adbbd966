/* Memory that all processes of one user and one rule file have in common: a
 * file, mapped.
 *
 * What is in it is advice.  Any of it may be zeroed, lost or filled with noise
 * at any moment, so every reader bounds what it reads, and nothing but speed
 * and evenness may depend on it.  A process that cannot have the file works
 * with memory of its own, of the same size.
 *
 * The file: mode 0600, a regular file of ours with one link and of exactly our
 * size.  It is made whole under another name and renamed, never grown and
 * never cut, since pages that a file loses under a mapping raise SIGBUS.
 * Where somebody else cuts it, a handler of that signal puts fresh memory
 * under the same address and region_refresh() finds a file again.
 *
 * An older layout or a broken head is replaced by a new file; those who still
 * map the old one move over at their next region_refresh().  A newer layout
 * is left to the newer program.  A file that does not look like a region is
 * nobody's to replace: the path may be a mistake.
 *
 * Logs nothing: what happened is a value.  Reads no clock. */
#ifndef SHARED_REGION_H
#define SHARED_REGION_H

#include "base/slice.h"

struct region;
struct text;

#define REGION_PATH_MAX 1024

enum region_why {
	REGION_SHARED,   /* all is well */
	REGION_NO_PATH,  /* none was given, or all were too long */
	REGION_NOT_SAFE, /* a link, a folder, another's, open to others */
	REGION_FOREIGN,  /* it holds something else */
	REGION_NEWER,    /* its layout is a newer program's */
	REGION_SYSTEM,   /* a call failed: error says which errno */
	REGION_WHY_N
};

struct region_report {
	enum region_why why;
	int error;   /* errno, for REGION_SYSTEM */
	size_t path; /* index of the path that this is about */
};

struct region_plan {
	const char *const *paths; /* tried in order; outlive the region */
	size_t n_paths;
	uint32_t layout; /* of the bytes, counted up with each change */
	size_t bytes;
};

/* The memory, zeroed where it is new; shared unless the report, which is about
 * the last path that was tried, says why not.  NULL: no memory at all.
 * Installs the handler of SIGBUS.  Caller frees. */
struct region *region_open(
    const struct region_plan *plan, struct region_report *report_out);

/* Unmaps; the file stays for the others.  Accepts NULL. */
void region_free(struct region *r);

/* Aligned to 4096; the same address as long as the region lives. */
void *region_bytes(const struct region *r);

/* Is the memory that of a file? */
bool region_is_shared(const struct region *r);

/* To be called every second or so: where the file was replaced, removed or
 * cut, or could not be had before, tries again.  True: the memory behind
 * region_bytes() is another now, or the report differs from the last. */
bool region_refresh(struct region *r, struct region_report *report_out);

/* FOLDER/fingerpost-UID-HASH: the name for a rule file (its absolute path) and
 * layout, so that programs with other layouts do not meet. */
void region_name(struct text *t, struct slice folder, uint64_t uid,
    struct slice rules, uint32_t layout);

/* For the log: "another user's, or open to others" and the like. */
struct slice region_words(enum region_why why);

#endif

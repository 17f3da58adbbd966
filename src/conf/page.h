/* The files that routes name, as maintenance_page does, read when the rules
 * are: a bounded number of them, each once, however many routes name it. */
#ifndef CONF_PAGE_H
#define CONF_PAGE_H

#include "base/slice.h"

struct arena;
struct conf;
struct findings;
struct lint_section;
struct rule;

#define PAGE_BYTES_MAX (256 * 1024)
#define PAGES_MAX      256

struct pages {
	struct slice folder; /* a relative name is relative to it */
	struct slice paths[PAGES_MAX];
	struct slice bytes[PAGES_MAX];
	size_t n;
};

/* A file by its name in the rules: what is wrong with it, or NULL.  The path
 * has a NUL behind it. */
const char *pages_read(struct pages *p, struct slice name, struct arena *a,
    struct slice *path_out, struct slice *bytes_out);

/* Fills rule->maintenance_html where a page is named.  A file that cannot be
 * read is a finding. */
void page_read(struct pages *p, struct rule *rule, const struct lint_section *s,
    struct arena *a, struct findings *f);

/* Their names into conf->pages; false: the arena is spent. */
bool pages_keep(const struct pages *p, struct conf *c);

#endif

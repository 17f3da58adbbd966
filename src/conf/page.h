/* The files that maintenance_page names, read when the rules are: a bounded
 * number of them, each once, however many routes inherit it. */
#ifndef CONF_PAGE_H
#define CONF_PAGE_H

#include "base/slice.h"

struct arena;
struct conf;
struct findings;
struct lint_section;
struct rule;

#define PAGE_BYTES_MAX (256 * 1024)
#define PAGES_MAX      64

struct pages {
	struct slice folder; /* a relative name is relative to it */
	struct slice paths[PAGES_MAX];
	struct slice bytes[PAGES_MAX];
	size_t n;
};

/* Fills rule->maintenance_html where a page is named.  A file that cannot be
 * read is a finding.  False: the arena is spent. */
bool page_read(struct pages *p, struct rule *rule, const struct lint_section *s,
    struct arena *a, struct findings *f);

/* Their names into conf->pages; false: the arena is spent. */
bool pages_keep(const struct pages *p, struct conf *c);

#endif

/* [credentials] and [credentials NAME], and which of them, or which word, a
 * bucket's s3_credentials means.
 *
 * Nothing here says a value: findings name sections and keys alone. */
#ifndef CONF_CREDENTIALS_H
#define CONF_CREDENTIALS_H

#include "conf/conf.h"

struct findings;
struct lint_section;

/* Sections in all. */
#define CREDENTIALS_MAX 256

struct credentials_section {
	struct credentials read;
	const struct credentials *kept; /* the conf's, once a route uses it */
};

struct credentials_table {
	struct credentials_section *sections;
	size_t n;
	const struct credentials *words[CREDENTIALS_INSTANCE + 1];
	struct credentials *kept;
	size_t kept_n;
};

/* "credentials cars" to "cars", "credentials" to "". */
struct slice credentials_name(const struct lint_section *s);

/* Room for that many sections and all words: what routes use is the conf's,
 * the rest scratch.  False: an arena is spent. */
bool credentials_room(struct credentials_table *t, size_t sections,
    struct arena *scratch, struct arena *conf);

/* Takes one over that has been read, its name, file and line too, with a
 * finding for each contradiction.
 * `published`: everyone may read the file. */
void credentials_add(struct credentials_table *t, const struct lint_section *s,
    const struct credentials *read, bool published, struct findings *f);

/* What the route's s3_credentials means; with a finding, and no credentials,
 * where it means nothing.  Never NULL. */
const struct credentials *credentials_choose(struct credentials_table *t,
    struct slice name, const struct lint_section *route, struct findings *f);

/* Once all routes are read: a warning for each section that none uses. */
void credentials_unused(const struct credentials_table *t, struct findings *f);

/* Where they come from, in words: "[credentials cars], site.ini:12", "the
 * environment".  Never a value; never NULL at. */
struct slice credentials_where(const struct credentials *c, struct arena *a);

#endif

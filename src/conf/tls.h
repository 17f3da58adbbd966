/* The keys tls_* of a route: the files they name, and what they say together
 * with the origin. */
#ifndef CONF_TLS_H
#define CONF_TLS_H

#include "base/slice.h"

struct arena;
struct conf;
struct findings;
struct lint_section;
struct origin;
struct pages;
struct rule;
struct tls;

/* Reads and checks the files that the section itself names; what stands in
 * `inherited` was checked where it was written (NULL: nothing was).  Findings
 * for what is wrong with them. */
void tls_read(struct pages *p, struct rule *rule, const struct rule *inherited,
    const struct lint_section *s, struct arena *a, struct findings *f);

/* After tls_read(), once the rule's origin is known: findings for what does
 * not go together, and the origin under the server's name.  False: the arena
 * is spent. */
bool tls_whole(struct rule *rule, const struct lint_section *s, struct arena *a,
    struct findings *f);

/* root and connect_to of one that has a server_name, for that server.  False:
 * the arena is spent. */
bool tls_aim(struct tls *tls, const struct origin *o, struct arena *a);

/* A warning for each certificate that expired before now_s, since 1970. */
void tls_expired(const struct conf *c, int64_t now_s, struct findings *f);

#endif

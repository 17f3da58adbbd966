/* What a rule matches, brought to the one form that routing compares: a
 * path, a host, a method.  Results are copies in the arena; false says in
 * `why` what is wrong and how it is put right. */
#ifndef CONF_MATCH_H
#define CONF_MATCH_H

#include "base/slice.h"

struct arena;
struct text;

/* "/a%20b/" to "/a b", "/" to "". */
bool match_path(
    struct slice s, struct arena *a, struct slice *path_out, struct text *why);

/* A name, *.name, an IPv4 address or an [IPv6] one; lower case. */
bool match_host(
    struct slice s, struct arena *a, struct slice *host_out, struct text *why);

/* The host of a URL or rule: no wildcard.  False without a word. */
bool match_host_valid(struct slice host);

bool match_method(struct slice s, struct arena *a, struct slice *method_out,
    struct text *why);

#endif

/* Which of several stored responses a request selects (RFC 9111 section
 * 4.1). */
#ifndef POLICY_CACHE_VARY_H
#define POLICY_CACHE_VARY_H

#include "policy/cache.h"

struct arena;
struct text;

/* More names in Vary than this are as good as "*". */
#define CACHE_VARY_MAX 16

/* No key of Vary is longer: past it a response is not stored, and no stored
 * one is selected. */
#define CACHE_VARY_KEY_MAX 16384

/* False where no other request can ever select the response: Vary has "*" in
 * it, or what is no field name, or too many. */
bool cache_vary_usable(const struct fields *response);

/* What the request has in the fields that the response's Vary nominates, as
 * bytes: the same for two requests that match.  Empty without Vary.  The names
 * in it are sorted, so that a request's key under a list of names is the same
 * whoever wrote the list.
 *
 * Lines of one name are joined; of Accept, Accept-Charset and Accept-Language
 * blanks, and of the latter two case, do not matter; of Accept-Encoding only
 * which of the rules' codings are welcome, and whether none is, unless the
 * response is in another coding.  A field that is absent equals none that is
 * there.
 *
 * False: not usable, or too long. */
bool cache_vary_key(const struct fields *response, const struct fields *request,
    const struct cache_rules *rules, struct arena *a, struct slice *key_out);

/* Would the stored response have been chosen for this request? */
bool cache_vary_matches(const struct cache_stored *stored,
    const struct fields *request, const struct cache_rules *rules,
    struct arena *a);

/* Of those that match: a whole one before a part, one that has Vary before one
 * that has not, then the latest Date, then the one received last (sections 4
 * and 4.1).  NULL: none matches.  matches_out, where not NULL, gets a bit for
 * each that does. */
const struct cache_stored *cache_select(const struct cache_stored *candidates,
    size_t n, const struct fields *request, const struct cache_rules *rules,
    struct arena *a, uint32_t *matches_out);

#endif

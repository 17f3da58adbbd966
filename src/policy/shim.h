/* The runtime shim, www/shim.js: a script that brings URLs which other scripts
 * compute below the prefix.  Here is its text, where it is served, and what
 * brings it into pages and workers. */
#ifndef POLICY_SHIM_H
#define POLICY_SHIM_H

#include "base/slice.h"

struct arena;
struct mapping;
struct request;
struct response;

/* Below the prefix. */
#define SHIM_PATH "/.fingerpost/shim.js"

/* Is what stands behind the prefix, without the query, the shim's path? */
bool shim_is_asked(struct slice tail);

/* The script, on one line, and a strong validator of it with its quotes. */
struct slice shim_source(void);
struct slice shim_etag(void);

/* Does the query name the very text that we have? */
bool shim_is_current(struct slice query);

/* What shim_markup() sets in *hints; no bit of REWRITER_*. */
#define SHIM_REFUSED 0x100U /* the response's policy forbids the script */

/* The element that belongs first into <head>.  Empty where the prefix is, and
 * where the page's Content-Security-Policy would refuse the script; SLICE_NONE:
 * the arena is spent.  `data-inline` tells the script that it may add inline
 * scripts of its own. */
struct slice shim_markup(const struct mapping *m, const struct response *r,
    struct arena *a, unsigned *hints);

/* Is the response to be the source of a worker, which runs in a scope of its
 * own?  By Service-Worker or Sec-Fetch-Dest: browsers send the latter over
 * https and to the local host only. */
bool shim_wants_prologue(const struct request *r);

/* What stands before such a source, classic or module: no line end, so that
 * line numbers stay.  A "use strict" behind it is none any more.  Empty
 * where the prefix is; SLICE_NONE: the arena is spent. */
struct slice shim_prologue(const struct mapping *m, struct arena *a);

#endif

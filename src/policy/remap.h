/* map_path at work: what strip leaves of a path, matched and replaced.
 *
 * The result goes to the origin, so it must not say what the client's path
 * could not: no climbing, no dot segment more than there was. */
#ifndef POLICY_REMAP_H
#define POLICY_REMAP_H

#include "base/slice.h"

struct arena;
struct path_map;

#define REMAP_CAPTURES 10 /* $0 to $9 */

enum remap_verdict {
	REMAP_OFF,      /* the pattern does not match: the path stays */
	REMAP_DONE,     /* *remap_out is filled */
	REMAP_TOO_LONG, /* 414: longer than PATH_MAP_BYTES_MAX */
	REMAP_REFUSED,  /* 400: the result is no path, or worse than it was */
};

struct remap {
	struct slice path;            /* starts with '/' */
	struct slice query;           /* the replacement's and then the
				       * client's, with its '?', or empty */
	const struct slice *captures; /* REMAP_CAPTURES of them, as the client
				       * wrote them; SLICE_NONE where a group
				       * took no part */
};

/* `query` with its '?', or empty.  Results are the arena's or borrow. */
enum remap_verdict remap(const struct path_map *m, struct slice path,
    struct slice query, struct arena *a, struct remap *remap_out);

#endif

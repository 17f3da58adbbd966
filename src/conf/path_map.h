/* map_path = PATTERN REPLACEMENT: a POSIX extended regular expression on what
 * strip leaves of the path, and what the whole path becomes where it matches.
 *
 * A pattern starts with ^ and has no | outside parentheses, so that matching
 * begins at one place; it has no back-references, and behind a repetition it
 * leaves no more than PATH_MAP_OPEN_MAX things open: bytes that may be
 * several, choices, counts.  regexec() builds its automaton as it goes, of up
 * to two to that power states; so a path of PATH_MAP_BYTES_MAX costs
 * 35 ms and the automaton 5 MB at the worst that was found. */
#ifndef CONF_PATH_MAP_H
#define CONF_PATH_MAP_H

#include "base/slice.h"

struct arena;
struct path_map;
struct text;

#define PATH_MAP_BYTES_MAX   8192 /* of a path: 414 beyond */
#define PATH_MAP_PATTERN_MAX 256
#define PATH_MAP_REPEAT_MAX  32 /* in one pair of braces */
#define PATH_MAP_OPEN_MAX    10

/* Everything but `compiled`; copies are the arena's.  False says why. */
bool path_map_parse(struct slice s, struct arena *a,
    struct path_map *path_map_out, struct text *why);

/* False: no memory. */
bool path_map_compile(struct path_map *m, struct arena *a);

/* Accepts one that was not compiled. */
void path_map_free(const struct path_map *m);

#endif

/* ${NAME} in a value is the environment's NAME; $${ stands for ${ itself.
 * What comes from the environment is not looked at again for ${ and is never
 * cut at ; or #. */
#ifndef CONF_EXPAND_H
#define CONF_EXPAND_H

#include "base/slice.h"

struct arena;
struct text;

/* No value is longer than this once expanded. */
#define EXPAND_BYTES_MAX 8192

/* The value itself where there is nothing to expand, else a copy in the
 * arena.  False, and why, where a name is not set or not well formed. */
bool expand(struct slice value, char *const environment[], struct arena *a,
    struct slice *value_out, struct text *why);

/* The same, but a $ of the environment's comes out as $$: for values in which
 * $NAME has a meaning, which a secret must not take on. */
bool expand_guarded(struct slice value, char *const environment[],
    struct arena *a, struct slice *value_out, struct text *why);

/* Is the value one ${NAME} and nothing else? */
bool expand_is_name(struct slice value);

#endif

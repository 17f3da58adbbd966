/* Percent-encoding as SigV4 wants it: every byte but A-Z a-z 0-9 - . _ ~ is
 * %XX with upper-case digits.
 *
 * Where there is nothing to change, what is given is given back: it is
 * borrowed.  SLICE_NONE: the arena is spent. */
#ifndef POLICY_PERCENT_H
#define POLICY_PERCENT_H

#include "base/slice.h"

struct arena;

/* `slash`: '/' stays as it is. */
struct slice percent_encode(struct slice bytes, bool slash, struct arena *a);

/* Once.  A '%' that begins no escape stands for itself.  `plus`: '+' is a
 * blank. */
struct slice percent_decode(struct slice s, bool plus, struct arena *a);

#endif

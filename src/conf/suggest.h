/* "Did you mean": the candidate nearest to a word that was not understood,
 * counting letters left out, put in, changed and swapped. */
#ifndef CONF_SUGGEST_H
#define CONF_SUGGEST_H

#include "base/slice.h"

struct suggestion {
	struct slice word;
	struct slice best; /* SLICE_NONE while nothing is near */
	size_t distance;   /* of best; at first, one past what counts as near */
};

struct suggestion suggest_for(struct slice word);

/* Borrows the candidate.  Of equally near ones the first is kept. */
void suggest_offer(struct suggestion *s, struct slice candidate);

/* Edits between the two without regard to case; limit + 1 where they are
 * more than limit. */
size_t suggest_distance(struct slice a, struct slice b, size_t limit);

#endif

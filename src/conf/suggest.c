/* Edit distance with swaps (optimal string alignment) over three rows. */
#include "conf/suggest.h"

#include <string.h>

#define WORD_MAX      64
#define DISTANCE_MOST 3

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t suggest_distance(struct slice a, struct slice b, size_t limit)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *above = rows[0];
	size_t *before = rows[1];
	size_t *now = rows[2];

	if (a.len > WORD_MAX || b.len > WORD_MAX)
		return limit + 1;
	memset(rows, 0, sizeof(rows));
	for (size_t j = 0; j <= b.len; j++)
		before[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t *turn = above;

		now[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			char x = ascii_lower(a.at[i - 1]);
			char y = ascii_lower(b.at[j - 1]);

			now[j] = least(least(before[j], now[j - 1]) + 1,
			    before[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == ascii_lower(b.at[j - 2]) &&
			    y == ascii_lower(a.at[i - 2]))
				now[j] = least(now[j], above[j - 2] + 1);
		}
		above = before;
		before = now;
		now = turn;
	}
	return least(before[b.len], limit + 1);
}

struct suggestion suggest_for(struct slice word)
{
	size_t most = least(1 + word.len / 5, DISTANCE_MOST);

	return (struct suggestion){ word, SLICE_NONE, most + 1 };
}

/* One is the other with something after it: warn and warning. */
static bool cut_short(struct slice a, struct slice b)
{
	struct slice longer = a.len > b.len ? a : b;
	struct slice shorter = a.len > b.len ? b : a;

	return shorter.len >= 3 && shorter.len * 2 >= longer.len &&
	    slice_starts_nocase(longer, shorter);
}

void suggest_offer(struct suggestion *s, struct slice candidate)
{
	size_t distance = suggest_distance(s->word, candidate, s->distance - 1);

	if (distance >= s->distance && s->distance > 1 &&
	    cut_short(s->word, candidate))
		distance = s->distance - 1;
	/* A word with every letter changed resembles nothing. */
	if (distance < s->distance && distance < candidate.len) {
		s->best = candidate;
		s->distance = distance;
	}
}

/* A ring of what was learned. */
#include "engine/skew.h"

#include <string.h>

/* SKEW_SERVERS where it is not among them. */
static size_t find(const struct skew *s, struct slice authority)
{
	size_t i = 0;

	while (i < SKEW_SERVERS &&
	    !slice_eq(
		(struct slice){ s->at[i].authority, s->at[i].len }, authority))
		i++;
	return i;
}

int64_t skew_of(const struct skew *s, struct slice authority)
{
	size_t i = find(s, authority);

	return i < SKEW_SERVERS ? s->at[i].ahead_s : 0;
}

void skew_learn(struct skew *s, struct slice authority, int64_t ahead_s)
{
	size_t i = find(s, authority);

	if (authority.len == 0 || authority.len > SKEW_AUTHORITY)
		return;
	if (i == SKEW_SERVERS) {
		i = s->next;
		s->next = (s->next + 1) % SKEW_SERVERS;
		memcpy(s->at[i].authority, authority.at, authority.len);
		s->at[i].len = authority.len;
	}
	s->at[i].ahead_s = ahead_s;
}

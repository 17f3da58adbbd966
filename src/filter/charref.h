/* Character references in attribute values, decoded as the bytes come (the
 * HTML Standard, 13.2.5.72 to 80).
 *
 * Decoded are numeric references and the named ones that stand for ASCII:
 * nothing else means anything to who reads URLs, styles or lists of them.
 * Any other name is left as the characters that it is written with.  So is a
 * numeric reference of more than CHARREF_MAX bytes: only zeros make one so
 * long. */
#ifndef FILTER_CHARREF_H
#define FILTER_CHARREF_H

#include "base/slice.h"

#define CHARREF_MAX 64

struct charref {
	unsigned n; /* bytes held; none outside a reference */
	char held[CHARREF_MAX];
};

/* What takes the decoded bytes. */
struct charref_taker {
	/* Bytes that stand for themselves. */
	void (*run)(void *user, struct slice bytes);
	/* One byte of what a reference stands for.  `raw` is the reference,
	 * and empty for all but the first byte. */
	void (*one)(void *user, char decoded, struct slice raw);
	void *user;
};

static inline void charref_start(struct charref *c)
{
	c->n = 0;
}

/* Slices last as long as the call. */
void charref_feed(
    struct charref *c, struct slice raw, const struct charref_taker *taker);

/* The value is whole. */
void charref_end(struct charref *c, const struct charref_taker *taker);

/* A whole value decoded into room, of raw.len bytes or more. */
struct slice charref_decode(struct slice raw, char *room);

#endif

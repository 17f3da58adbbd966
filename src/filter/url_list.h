/* Several URLs in one attribute: srcset, as the HTML Standard parses it
 * (4.8.4.2.2), and ping, a set of tokens separated by blanks.
 *
 * A comma inside a srcset's URL is part of it, one at its end separates; in
 * a descriptor's parentheses none separates. */
#ifndef FILTER_URL_LIST_H
#define FILTER_URL_LIST_H

#include "filter/lead.h"

#define URL_LIST_COMMAS_MAX 64

struct url_list {
	struct lead *lead; /* the caller's: each URL in turn */
	const struct mapping *mapping;
	struct mapping_place place;
	bool is_srcset;
	uint8_t state;
	unsigned commas; /* at the URL's end, so far */
	unsigned raw_n;
	char raw[URL_LIST_COMMAS_MAX]; /* what they stand in */
};

void url_list_start(struct url_list *l, struct lead *lead,
    const struct mapping *m, struct mapping_place place, bool is_srcset);

/* As lead_push() and lead_push_run(). */
void url_list_push(struct url_list *l, char decoded, struct slice raw,
    const struct outlet *out);
void url_list_push_run(
    struct url_list *l, struct slice bytes, const struct outlet *out);

void url_list_end(struct url_list *l, const struct outlet *out);

#endif

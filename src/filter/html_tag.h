/* A start tag whose attributes are judged together, held back until it is
 * whole: <link integrity href> and <meta content http-equiv> may come in any
 * order. */
#ifndef FILTER_HTML_TAG_H
#define FILTER_HTML_TAG_H

#include "filter/html_names.h"

#define HTML_TAG_MAX       4096 /* bytes */
#define HTML_TAG_PARTS_MAX 32   /* attributes that are told apart */

struct html_tag_part {
	const struct html_attribute *attribute;
	uint16_t name; /* offsets: of the name, of the value, of its end */
	uint16_t value;
	uint16_t value_end;
	char quote;
	bool has_value;
	bool repeated; /* not the first of its name: browsers pass it over */
};

struct html_tag {
	unsigned n;
	unsigned part_n;
	struct html_tag_part parts[HTML_TAG_PARTS_MAX];
	char raw[HTML_TAG_MAX];
};

static inline void html_tag_start(struct html_tag *t)
{
	t->n = 0;
	t->part_n = 0;
}

/* False: there is no room, and nothing was added. */
bool html_tag_add(struct html_tag *t, struct slice raw);

/* The attribute whose name, of name_bytes, was added last.  False as above. */
bool html_tag_attribute(struct html_tag *t,
    const struct html_attribute *attribute, size_t name_bytes, bool repeated);

/* Its value begins, and ends, behind what was added last. */
void html_tag_value_begin(struct html_tag *t, char quote);
void html_tag_value_end(struct html_tag *t);

/* A value, decoded into room of HTML_TAG_MAX bytes; SLICE_NONE where there is
 * no such attribute. */
struct slice html_tag_value(
    const struct html_tag *t, enum html_attribute_id id, char *room);

/* Is that word among the value's, which are separated by blanks?  Without
 * regard to case. */
bool html_tag_has_word(
    const struct html_tag *t, enum html_attribute_id id, struct slice word);

/* The bytes to leave out for an attribute to be gone: with the blank before
 * it, where that does not join its neighbours. */
void html_tag_span(const struct html_tag *t, const struct html_tag_part *part,
    size_t *from_out, size_t *to_out);

#endif

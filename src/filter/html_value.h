/* One attribute's value on its way through, or the text of an SVG style
 * element: character references decoded for deciding, URLs mapped by what the
 * value holds, new bytes escaped for its quotes.  Values of any length
 * stream. */
#ifndef FILTER_HTML_VALUE_H
#define FILTER_HTML_VALUE_H

#include "filter/charref.h"
#include "filter/css.h"
#include "filter/html_names.h"
#include "filter/lead.h"
#include "filter/url_list.h"

/* How new bytes are written. */
enum html_quoting {
	QUOTING_NONE,     /* as they are: raw text */
	QUOTING_ESCAPED,  /* within quotes, and in text */
	QUOTING_UNQUOTED, /* blanks and their like, too */
};

struct html_value {
	struct outlet out;
	const struct mapping *mapping;
	struct rewriter *css; /* for styles here, and for what borrows it */
	unsigned hints;

	uint8_t kind; /* enum html_value_kind */
	uint8_t quoting;
	size_t seen; /* of a refresh: decoded bytes, and where its URL is */
	size_t url_start;
	size_t url_end;
	struct charref charref;
	struct url_list list;
	struct lead lead;
};

/* False: the arena is spent. */
bool html_value_init(struct html_value *v, struct arena *a,
    const struct mapping *m, struct outlet out);

void html_value_begin(struct html_value *v, enum html_value_kind kind,
    enum html_quoting quoting, struct mapping_place place);

/* A refresh, whose URL is that part of the decoded value. */
void html_value_begin_refresh(struct html_value *v, enum html_quoting quoting,
    struct mapping_place place, size_t url_start, size_t url_end);

/* A style sheet, with references in SVG; QUOTING_NONE: without. */
void html_value_begin_sheet(struct html_value *v, enum html_quoting quoting,
    struct mapping_place place);

void html_value_feed(struct html_value *v, struct slice raw);

/* Bytes in which references mean nothing: a CDATA section. */
void html_value_feed_literal(struct html_value *v, struct slice raw);

void html_value_end(struct html_value *v);

/* Written as the quoting demands. */
void html_value_fresh(struct html_value *v, struct slice bytes);

#endif

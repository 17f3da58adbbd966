/* Where in a document markup may be put in so that it comes first in <head>:
 * behind the start tag, or where one is implied, in front of the first tag or
 * text that head or body begin with.
 *
 * Content that shows none of a DOCTYPE, <html>, <head> and <body> before
 * anything else is a fragment, to be put into some page by a script, and has no
 * such place. */
#ifndef FILTER_HTML_HEAD_H
#define FILTER_HTML_HEAD_H

#include "base/slice.h"

struct html_element;

struct html_head {
	bool sought;      /* while the place is not found or passed */
	bool is_document; /* seen to be one */
};

void html_head_doctype(struct html_head *h);

/* A tag's name is known.  True: the place is in front of it. */
bool html_head_before_tag(
    struct html_head *h, const struct html_element *element, bool is_end);

/* A start tag is whole.  True: the place is here. */
bool html_head_behind_tag(
    struct html_head *h, const struct html_element *element);

/* True: the place is at that byte of the text. */
bool html_head_text(struct html_head *h, struct slice text, size_t *at_out);

#endif

/* SVG and MathML in HTML: whether a tag makes an HTML element (the Standard's
 * tree construction, 13.2.6, as far as the tokenizer depends on it).
 *
 * Of the stack of open elements only svg, math and the points in them where
 * HTML begins again are kept.  An end tag of an element that cannot stand in
 * foreign content is taken to leave it, as it closes what the foreign content
 * stands in. */
#ifndef FILTER_HTML_FOREIGN_H
#define FILTER_HTML_FOREIGN_H

#include "base/slice.h"

struct html_element;

enum html_space { SPACE_HTML, SPACE_SVG, SPACE_MATHML };

/* Deeper ones are counted, and taken to be like the last. */
#define FOREIGN_DEPTH 32

struct html_foreign {
	unsigned n;
	unsigned beyond;
	struct {
		uint8_t id; /* enum html_element_id */
		uint8_t space;
		bool point;     /* its content is HTML */
		unsigned depth; /* HTML elements that are open in it */
	} open[FOREIGN_DEPTH];
};

/* A start tag's name is known: leaves foreign content where it must.  What
 * namespace is the element in? */
enum html_space html_foreign_meet(
    struct html_foreign *f, const struct html_element *element);

/* <font> with an attribute of HTML's leaves foreign content, too. */
void html_foreign_leave(struct html_foreign *f);

/* The start tag is whole.  `html`: annotation-xml says that it holds HTML. */
void html_foreign_open(struct html_foreign *f,
    const struct html_element *element, enum html_space space,
    bool self_closing, bool html);

/* An end tag, other than one that ends raw text. */
void html_foreign_close(
    struct html_foreign *f, const struct html_element *element);

/* Are CDATA sections known here? */
bool html_foreign_cdata(const struct html_foreign *f);

#endif

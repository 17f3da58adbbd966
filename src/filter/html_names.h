/* The names of HTML that the rewriter knows: which attributes hold URLs on
 * which elements, what content an element has, what it does to foreign
 * content.  Tables, and nothing else. */
#ifndef FILTER_HTML_NAMES_H
#define FILTER_HTML_NAMES_H

#include "filter/html_tokenizer.h"

/* The elements that are told apart. */
enum html_element_id {
	ELEMENT_OTHER,
	ELEMENT_A,
	ELEMENT_ANNOTATION_XML,
	ELEMENT_AREA,
	ELEMENT_BASE,
	ELEMENT_BLOCKQUOTE,
	ELEMENT_BODY,
	ELEMENT_BR,
	ELEMENT_BUTTON,
	ELEMENT_DESC,
	ELEMENT_EDIT, /* ins, del */
	ELEMENT_FONT,
	ELEMENT_FOREIGN_OBJECT,
	ELEMENT_FORM,
	ELEMENT_FRAME, /* and iframe */
	ELEMENT_HEAD,
	ELEMENT_HTML,
	ELEMENT_IMG,
	ELEMENT_INPUT,
	ELEMENT_LINK,
	ELEMENT_MATH,
	ELEMENT_MATH_TEXT, /* mi mn mo ms mtext */
	ELEMENT_META,
	ELEMENT_OBJECT,
	ELEMENT_Q,
	ELEMENT_SCRIPT,
	ELEMENT_STYLE,
	ELEMENT_SVG,
	ELEMENT_TABLE, /* and its parts */
	ELEMENT_TITLE,
};

enum {
	ELEMENT_VOID = 1,     /* has no content */
	ELEMENT_BREAKOUT = 2, /* leaves foreign content (13.2.6.5) */
	ELEMENT_HELD = 4,     /* its attributes are judged together */
	ELEMENT_POINT = 8,    /* of svg and math: they, and what may hold
			       * HTML in them */
};

struct html_element {
	struct slice name;
	uint8_t id;
	uint8_t content; /* enum html_content, as an HTML element */
	uint8_t flags;
};

enum html_attribute_id {
	ATTRIBUTE_ACTION,
	ATTRIBUTE_AS,
	ATTRIBUTE_BACKGROUND,
	ATTRIBUTE_CITE,
	ATTRIBUTE_CLIP_PATH,
	ATTRIBUTE_CONTENT,
	ATTRIBUTE_CURSOR,
	ATTRIBUTE_DATA,
	ATTRIBUTE_ENCODING,
	ATTRIBUTE_FILL,
	ATTRIBUTE_FILTER,
	ATTRIBUTE_FONT, /* color, face, size */
	ATTRIBUTE_FORMACTION,
	ATTRIBUTE_HREF,
	ATTRIBUTE_HTTP_EQUIV,
	ATTRIBUTE_IMAGESRCSET,
	ATTRIBUTE_INTEGRITY,
	ATTRIBUTE_LONGDESC,
	ATTRIBUTE_MANIFEST,
	ATTRIBUTE_MARKER,
	ATTRIBUTE_MARKER_END,
	ATTRIBUTE_MARKER_MID,
	ATTRIBUTE_MARKER_START,
	ATTRIBUTE_MASK,
	ATTRIBUTE_PING,
	ATTRIBUTE_POSTER,
	ATTRIBUTE_REL,
	ATTRIBUTE_SRC,
	ATTRIBUTE_SRCSET,
	ATTRIBUTE_STROKE,
	ATTRIBUTE_STYLE,
	ATTRIBUTE_TYPE,
	ATTRIBUTE_XLINK_HREF,
};

/* What a value holds. */
enum html_value_kind {
	VALUE_PLAIN, /* nothing to map */
	VALUE_URL,
	VALUE_URLS,   /* separated by blanks */
	VALUE_SRCSET, /* with descriptors, separated by commas */
	VALUE_STYLE,  /* CSS declarations */
	VALUE_PAINT,  /* the CSS value of one property of SVG */
	VALUE_REFRESH,
};

struct html_attribute {
	struct slice name;
	uint8_t id;
	uint8_t kind; /* enum html_value_kind */
	uint64_t on;  /* 1 << enum html_element_id; 0: any element */
};

/* By a name in lower case.  Of a name not in the table: an element of
 * ELEMENT_OTHER without flags; NULL. */
const struct html_element *html_element(struct slice name);
const struct html_attribute *html_attribute(struct slice name);

#endif

/* One value in an XML document, text or an attribute, on its way through the
 * rewriter that it needs: character references are decoded for deciding, raw
 * bytes stay, fresh ones are escaped as their place demands.
 *
 * References to entities that a document declares itself are not resolved:
 * they stand for themselves, and so do unfinished ones. */
#ifndef FILTER_XML_VALUE_H
#define FILTER_XML_VALUE_H

#include "filter/lead.h"
#include "filter/xml_words.h"

struct arena;

#define XML_REFERENCE_MAX 24

enum xml_syntax {
	XML_SYNTAX_TEXT,
	XML_SYNTAX_CDATA, /* no references; fresh bytes hold no ">" */
	XML_SYNTAX_ATTRIBUTE,
};

struct xml_value {
	struct arena *arena;
	const struct mapping *mapping;
	struct outlet out;   /* the document's */
	struct outlet inner; /* escapes */
	enum xml_syntax syntax;
	struct mapping_place place;
	bool over;            /* the rest passes as it is */
	bool styled;          /* it is CSS: */
	uint8_t css_context;  /* enum css_context */
	struct rewriter *css; /* made when first needed */
	struct lead lead;
	size_t reference_n;
	char reference[XML_REFERENCE_MAX];
};

/* In place: the value points to itself. */
void xml_value_init(struct xml_value *v, struct arena *a,
    const struct mapping *m, struct outlet out);

/* A value of this kind begins; what is neither URL nor CSS passes as it is, and
 * so does CSS where the arena is spent. */
void xml_value_start(struct xml_value *v, enum xml_what what,
    enum xml_syntax syntax, struct mapping_place place, enum mapping_form form);

void xml_value_feed(struct xml_value *v, struct slice bytes);

/* Markup interrupts it, and `syntax` goes on behind it.  A URL that has begun
 * can no longer be told: it stays as it is.  A style sheet begins anew. */
void xml_value_interrupt(struct xml_value *v, enum xml_syntax syntax);

/* A CDATA section ends: so does a URL in it. */
void xml_value_leave_cdata(struct xml_value *v);

void xml_value_end(struct xml_value *v);

/* The value with its references decoded, in room; SLICE_NONE where it does
 * not fit. */
struct slice xml_decode(struct slice value, char *room, size_t size);

#endif

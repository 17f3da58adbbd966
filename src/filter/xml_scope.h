/* Where in an XML document we are: which prefix stands for which namespace
 * (Namespaces in XML 1.0), what the element at hand is in, and where its
 * relative references start.
 *
 * Everything has a maximum.  An element with more declarations, deeper or
 * with longer prefixes than can be kept track of is ignored with all that is
 * in it; behind its end things go on. */
#ifndef FILTER_XML_SCOPE_H
#define FILTER_XML_SCOPE_H

#include "filter/xml_words.h"

#define XML_DEPTH_MAX    256
#define XML_BINDINGS_MAX 64
#define XML_PREFIX_MAX   24
#define XML_PLACES_MAX   16

struct xml_binding {
	size_t depth;
	enum xml_ns ns;
	uint8_t len;
	char prefix[XML_PREFIX_MAX];
};

struct xml_scope {
	size_t depth;   /* of the element at hand; 1: the root */
	size_t ignored; /* depth from which all is ignored; 0: nothing is */
	size_t bindings_n;
	struct xml_binding bindings[XML_BINDINGS_MAX];
	uint8_t within[XML_DEPTH_MAX]; /* what the element of depth i + 1 is
					* to its children */
	size_t places_n;
	struct {
		size_t depth;
		struct mapping_place place;
	} places[XML_PLACES_MAX];
};

void xml_scope_start(struct xml_scope *s, struct mapping_place place);

/* An element begins: it is at hand until xml_scope_close(). */
void xml_scope_open(struct xml_scope *s);

/* xmlns:prefix="uri" of the element at hand; xmlns="uri" with no prefix. */
void xml_scope_declare(
    struct xml_scope *s, struct slice prefix, struct slice uri);

/* The element at hand and what is in it is not to be looked at. */
void xml_scope_ignore(struct xml_scope *s);
bool xml_scope_is_ignored(const struct xml_scope *s);

/* The namespace of prefix:local, or local, here. */
struct xml_name xml_scope_element(
    const struct xml_scope *s, struct slice qualified);
struct xml_name xml_scope_attribute(
    const struct xml_scope *s, struct slice qualified);

/* What the element at hand is to its children, and what its parent is to it:
 * before and after. */
void xml_scope_set_within(struct xml_scope *s, enum xml_within within);
enum xml_within xml_scope_parent(const struct xml_scope *s);

/* Where relative references of the element at hand start, and from now on do
 * until it ends. */
struct mapping_place xml_scope_place(const struct xml_scope *s);
void xml_scope_set_place(struct xml_scope *s, struct mapping_place place);

/* The same for the whole document: XHTML's <base>. */
void xml_scope_move(struct xml_scope *s, struct mapping_place place);

/* The element at hand ends.  False: there is none. */
bool xml_scope_close(struct xml_scope *s);

#endif

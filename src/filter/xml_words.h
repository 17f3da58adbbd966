/* What the vocabularies of XML mean by their names: the namespaces that we
 * know, which elements hold a URL as text, which attributes hold one.
 *
 * The root element tells what kind a document is; of a kind that we do not
 * know only xlink:href and xml:base are read.  Identifiers that look like
 * URLs are none: Atom's id, RDF's about and resource, XML's namespaces. */
#ifndef FILTER_XML_WORDS_H
#define FILTER_XML_WORDS_H

#include "policy/mapping.h"

enum xml_ns {
	XML_NS_NONE,  /* no namespace at all */
	XML_NS_OTHER, /* one that we do not know */
	XML_NS_XML,
	XML_NS_XLINK,
	XML_NS_DAV,
	XML_NS_DAV_KIN, /* CalDAV's, CardDAV's: what is in them is DAV:'s */
	XML_NS_ATOM,
	XML_NS_APP,
	XML_NS_RSS, /* RSS 1.0 and 0.90; later ones have none */
	XML_NS_RDF,
	XML_NS_MEDIA,
	XML_NS_ITUNES,
	XML_NS_WFW,
	XML_NS_SITEMAP,
	XML_NS_SITEMAP_IMAGE,
	XML_NS_SITEMAP_VIDEO,
	XML_NS_XHTML,
	XML_NS_SVG,
};

struct xml_name {
	enum xml_ns ns;
	struct slice local;
};

enum xml_document {
	XML_UNKNOWN,
	XML_DAV,  /* WebDAV, RFC 4918 */
	XML_FEED, /* Atom, RFC 4287, and RSS 1.0 */
	XML_RSS,  /* RSS 2.0 and 0.9x, whose own elements have no namespace */
	XML_SITEMAP, /* sitemaps.org */
	XML_PAGE,    /* XHTML and SVG */
};

/* What a piece of text or an attribute is. */
enum xml_what {
	XML_NOTHING,
	XML_URL,
	XML_PERMALINK, /* a URL unless isPermaLink says no: RSS 2.0's guid */
	XML_BASE,      /* xml:base */
	XML_PAGE_BASE, /* XHTML's <base href> */
	XML_SHEET,     /* CSS: a style sheet */
	XML_STYLE,     /* CSS: declarations */
	XML_PAINT,     /* CSS: the value of one property */
	XML_INTEGRITY, /* of the style sheet that href names */
};

/* The parents that make a difference. */
enum xml_within {
	XML_WITHIN_OTHER,
	XML_WITHIN_PERSON, /* Atom's author and contributor */
	XML_WITHIN_IMAGE,  /* RSS's */
	XML_WITHIN_ENTRY,  /* a sitemap's url and sitemap */
	XML_WITHIN_OWNER,  /* of a lock: the client's own words, given back */
};

/* SLICE_NONE, a name that is too long, is one that we do not know. */
enum xml_ns xml_ns_of(struct slice uri);

enum xml_document xml_document_of(struct xml_name root);
enum mapping_form xml_form(enum xml_document d);

/* Does xml:base move where relative references start?  Browsers, which show
 * pages, take no notice of it. */
bool xml_heeds_base(enum xml_document d);

enum xml_within xml_within_of(struct xml_name parent);

enum xml_what xml_text_of(
    enum xml_document d, enum xml_within within, struct xml_name element);
enum xml_what xml_attribute_of(
    enum xml_document d, struct xml_name element, struct xml_name attribute);

#endif

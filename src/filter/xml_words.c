/* The tables of XML's vocabularies. */
#include "filter/xml_words.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define S(s)                       \
	{                          \
		(s), sizeof(s) - 1 \
	}

static const struct {
	struct slice uri;
	enum xml_ns ns;
} namespaces[] = {
	{ S(""), XML_NS_NONE },
	{ S("http://www.w3.org/XML/1998/namespace"), XML_NS_XML },
	{ S("http://www.w3.org/1999/xlink"), XML_NS_XLINK },
	{ S("DAV:"), XML_NS_DAV },
	{ S("urn:ietf:params:xml:ns:caldav"), XML_NS_DAV_KIN },
	{ S("urn:ietf:params:xml:ns:carddav"), XML_NS_DAV_KIN },
	{ S("http://calendarserver.org/ns/"), XML_NS_DAV_KIN },
	{ S("http://www.w3.org/2005/Atom"), XML_NS_ATOM },
	{ S("http://www.w3.org/2007/app"), XML_NS_APP },
	{ S("http://purl.org/rss/1.0/"), XML_NS_RSS },
	{ S("http://my.netscape.com/rdf/simple/0.9/"), XML_NS_RSS },
	{ S("http://www.w3.org/1999/02/22-rdf-syntax-ns#"), XML_NS_RDF },
	{ S("http://search.yahoo.com/mrss/"), XML_NS_MEDIA },
	{ S("http://search.yahoo.com/mrss"), XML_NS_MEDIA },
	{ S("http://www.itunes.com/dtds/podcast-1.0.dtd"), XML_NS_ITUNES },
	{ S("http://wellformedweb.org/CommentAPI/"), XML_NS_WFW },
	{ S("http://www.sitemaps.org/schemas/sitemap/0.9"), XML_NS_SITEMAP },
	{ S("http://www.google.com/schemas/sitemap-image/1.1"),
	    XML_NS_SITEMAP_IMAGE },
	{ S("http://www.google.com/schemas/sitemap-video/1.1"),
	    XML_NS_SITEMAP_VIDEO },
	{ S("http://www.w3.org/1999/xhtml"), XML_NS_XHTML },
	{ S("http://www.w3.org/2000/svg"), XML_NS_SVG },
};

enum xml_ns xml_ns_of(struct slice uri)
{
	for (size_t i = 0; i < N(namespaces) && uri.at != NULL; i++)
		if (slice_eq(uri, namespaces[i].uri))
			return namespaces[i].ns;
	return XML_NS_OTHER;
}

/* --- kinds of documents ----------------------------------------------- */

/* An empty local name stands for any. */
static const struct {
	enum xml_ns ns;
	struct slice local;
	enum xml_document document;
} roots[] = {
	{ XML_NS_DAV, S(""), XML_DAV },
	{ XML_NS_DAV_KIN, S(""), XML_DAV },
	{ XML_NS_ATOM, S(""), XML_FEED },
	{ XML_NS_APP, S(""), XML_FEED },
	{ XML_NS_RDF, S("RDF"), XML_FEED },
	{ XML_NS_NONE, S("rss"), XML_RSS },
	{ XML_NS_SITEMAP, S(""), XML_SITEMAP },
	{ XML_NS_XHTML, S("html"), XML_PAGE },
	{ XML_NS_SVG, S("svg"), XML_PAGE },
};

enum xml_document xml_document_of(struct xml_name root)
{
	for (size_t i = 0; i < N(roots); i++)
		if (roots[i].ns == root.ns &&
		    (roots[i].local.len == 0 ||
			slice_eq(roots[i].local, root.local)))
			return roots[i].document;
	return XML_UNKNOWN;
}

enum mapping_form xml_form(enum xml_document d)
{
	return d == XML_PAGE ? MAPPING_SHORT : MAPPING_WHOLE;
}

bool xml_heeds_base(enum xml_document d)
{
	return d != XML_PAGE;
}

/* Which namespaces count in which kind of document. */
#define BIT(ns)     (1ul << (ns))
#define PAGE_SPACES (BIT(XML_NS_XHTML) | BIT(XML_NS_SVG))
#define FEED_SPACES                                                           \
	(PAGE_SPACES | BIT(XML_NS_ATOM) | BIT(XML_NS_APP) | BIT(XML_NS_RSS) | \
	    BIT(XML_NS_MEDIA) | BIT(XML_NS_WFW) | BIT(XML_NS_ITUNES))

static const unsigned long spaces[] = {
	[XML_UNKNOWN] = 0,
	[XML_DAV] = BIT(XML_NS_DAV),
	[XML_FEED] = FEED_SPACES,
	[XML_RSS] = FEED_SPACES | BIT(XML_NS_NONE),
	[XML_SITEMAP] = BIT(XML_NS_SITEMAP) | BIT(XML_NS_SITEMAP_IMAGE) |
	    BIT(XML_NS_SITEMAP_VIDEO) | BIT(XML_NS_XHTML),
	[XML_PAGE] = PAGE_SPACES,
};

static bool counts(enum xml_document d, enum xml_ns ns)
{
	return (spaces[d] & BIT(ns)) != 0;
}

/* --- text ------------------------------------------------------------- */

static const struct {
	enum xml_ns ns;
	struct slice local;
	enum xml_within within;
} parents[] = {
	{ XML_NS_ATOM, S("author"), XML_WITHIN_PERSON },
	{ XML_NS_ATOM, S("contributor"), XML_WITHIN_PERSON },
	{ XML_NS_NONE, S("image"), XML_WITHIN_IMAGE },
	{ XML_NS_RSS, S("image"), XML_WITHIN_IMAGE },
	{ XML_NS_SITEMAP, S("url"), XML_WITHIN_ENTRY },
	{ XML_NS_SITEMAP, S("sitemap"), XML_WITHIN_ENTRY },
	{ XML_NS_DAV, S("owner"), XML_WITHIN_OWNER },
};

enum xml_within xml_within_of(struct xml_name parent)
{
	for (size_t i = 0; i < N(parents); i++)
		if (parents[i].ns == parent.ns &&
		    slice_eq(parents[i].local, parent.local))
			return parents[i].within;
	return XML_WITHIN_OTHER;
}

/* The first row that fits; XML_WITHIN_OTHER fits within anything. */
static const struct {
	enum xml_ns ns;
	struct slice local;
	enum xml_within within;
	enum xml_what what;
} texts[] = {
	{ XML_NS_DAV, S("href"), XML_WITHIN_OWNER, XML_NOTHING },
	{ XML_NS_DAV, S("href"), XML_WITHIN_OTHER, XML_URL },

	{ XML_NS_ATOM, S("uri"), XML_WITHIN_PERSON, XML_URL },
	{ XML_NS_ATOM, S("icon"), XML_WITHIN_OTHER, XML_URL },
	{ XML_NS_ATOM, S("logo"), XML_WITHIN_OTHER, XML_URL },

	{ XML_NS_NONE, S("link"), XML_WITHIN_OTHER, XML_URL },
	{ XML_NS_NONE, S("comments"), XML_WITHIN_OTHER, XML_URL },
	{ XML_NS_NONE, S("docs"), XML_WITHIN_OTHER, XML_URL },
	{ XML_NS_NONE, S("url"), XML_WITHIN_IMAGE, XML_URL },
	{ XML_NS_NONE, S("guid"), XML_WITHIN_OTHER, XML_PERMALINK },
	{ XML_NS_RSS, S("link"), XML_WITHIN_OTHER, XML_URL },
	{ XML_NS_RSS, S("docs"), XML_WITHIN_OTHER, XML_URL },
	{ XML_NS_RSS, S("url"), XML_WITHIN_IMAGE, XML_URL },
	{ XML_NS_WFW, S("commentRss"), XML_WITHIN_OTHER, XML_URL },
	{ XML_NS_WFW, S("comment"), XML_WITHIN_OTHER, XML_URL },
	{ XML_NS_ITUNES, S("new-feed-url"), XML_WITHIN_OTHER, XML_URL },

	{ XML_NS_SITEMAP, S("loc"), XML_WITHIN_ENTRY, XML_URL },
	{ XML_NS_SITEMAP_IMAGE, S("loc"), XML_WITHIN_OTHER, XML_URL },
	{ XML_NS_SITEMAP_IMAGE, S("license"), XML_WITHIN_OTHER, XML_URL },
	{ XML_NS_SITEMAP_VIDEO, S("thumbnail_loc"), XML_WITHIN_OTHER, XML_URL },
	{ XML_NS_SITEMAP_VIDEO, S("content_loc"), XML_WITHIN_OTHER, XML_URL },
	{ XML_NS_SITEMAP_VIDEO, S("player_loc"), XML_WITHIN_OTHER, XML_URL },
	{ XML_NS_SITEMAP_VIDEO, S("gallery_loc"), XML_WITHIN_OTHER, XML_URL },

	{ XML_NS_XHTML, S("style"), XML_WITHIN_OTHER, XML_SHEET },
	{ XML_NS_SVG, S("style"), XML_WITHIN_OTHER, XML_SHEET },
};

enum xml_what xml_text_of(
    enum xml_document d, enum xml_within within, struct xml_name element)
{
	if (!counts(d, element.ns))
		return XML_NOTHING;
	for (size_t i = 0; i < N(texts); i++)
		if (texts[i].ns == element.ns &&
		    (texts[i].within == XML_WITHIN_OTHER ||
			texts[i].within == within) &&
		    slice_eq(texts[i].local, element.local))
			return texts[i].what;
	return XML_NOTHING;
}

/* --- attributes ------------------------------------------------------- */

/* Attributes without a namespace, by the namespace of their element; an empty
 * element name stands for any. */
static const struct {
	enum xml_ns ns;
	struct slice element;
	struct slice attribute;
	enum xml_what what;
} attributes[] = {
	{ XML_NS_ATOM, S("link"), S("href"), XML_URL },
	{ XML_NS_ATOM, S("content"), S("src"), XML_URL },
	{ XML_NS_ATOM, S("generator"), S("uri"), XML_URL },
	{ XML_NS_APP, S("collection"), S("href"), XML_URL },
	{ XML_NS_APP, S("categories"), S("href"), XML_URL },

	{ XML_NS_NONE, S("enclosure"), S("url"), XML_URL },
	{ XML_NS_NONE, S("source"), S("url"), XML_URL },
	{ XML_NS_MEDIA, S(""), S("url"), XML_URL },
	{ XML_NS_ITUNES, S("image"), S("href"), XML_URL },

	{ XML_NS_XHTML, S("base"), S("href"), XML_PAGE_BASE },
	{ XML_NS_XHTML, S("a"), S("href"), XML_URL },
	{ XML_NS_XHTML, S("area"), S("href"), XML_URL },
	{ XML_NS_XHTML, S("link"), S("href"), XML_URL },
	{ XML_NS_XHTML, S("link"), S("integrity"), XML_INTEGRITY },
	{ XML_NS_XHTML, S("img"), S("src"), XML_URL },
	{ XML_NS_XHTML, S("script"), S("src"), XML_URL },
	{ XML_NS_XHTML, S("iframe"), S("src"), XML_URL },
	{ XML_NS_XHTML, S("frame"), S("src"), XML_URL },
	{ XML_NS_XHTML, S("embed"), S("src"), XML_URL },
	{ XML_NS_XHTML, S("input"), S("src"), XML_URL },
	{ XML_NS_XHTML, S("audio"), S("src"), XML_URL },
	{ XML_NS_XHTML, S("video"), S("src"), XML_URL },
	{ XML_NS_XHTML, S("source"), S("src"), XML_URL },
	{ XML_NS_XHTML, S("track"), S("src"), XML_URL },
	{ XML_NS_XHTML, S("video"), S("poster"), XML_URL },
	{ XML_NS_XHTML, S("form"), S("action"), XML_URL },
	{ XML_NS_XHTML, S("button"), S("formaction"), XML_URL },
	{ XML_NS_XHTML, S("input"), S("formaction"), XML_URL },
	{ XML_NS_XHTML, S("object"), S("data"), XML_URL },
	{ XML_NS_XHTML, S("q"), S("cite"), XML_URL },
	{ XML_NS_XHTML, S("blockquote"), S("cite"), XML_URL },
	{ XML_NS_XHTML, S("ins"), S("cite"), XML_URL },
	{ XML_NS_XHTML, S("del"), S("cite"), XML_URL },
	{ XML_NS_XHTML, S("html"), S("manifest"), XML_URL },
	{ XML_NS_XHTML, S("img"), S("longdesc"), XML_URL },
	{ XML_NS_XHTML, S("frame"), S("longdesc"), XML_URL },
	{ XML_NS_XHTML, S("iframe"), S("longdesc"), XML_URL },
	{ XML_NS_XHTML, S("body"), S("background"), XML_URL },
	{ XML_NS_XHTML, S("table"), S("background"), XML_URL },
	{ XML_NS_XHTML, S("tr"), S("background"), XML_URL },
	{ XML_NS_XHTML, S("th"), S("background"), XML_URL },
	{ XML_NS_XHTML, S("td"), S("background"), XML_URL },
	{ XML_NS_XHTML, S(""), S("style"), XML_STYLE },

	{ XML_NS_SVG, S(""), S("href"), XML_URL },
	{ XML_NS_SVG, S(""), S("src"), XML_URL },
	{ XML_NS_SVG, S(""), S("style"), XML_STYLE },
	{ XML_NS_SVG, S(""), S("clip-path"), XML_PAINT },
	{ XML_NS_SVG, S(""), S("cursor"), XML_PAINT },
	{ XML_NS_SVG, S(""), S("fill"), XML_PAINT },
	{ XML_NS_SVG, S(""), S("filter"), XML_PAINT },
	{ XML_NS_SVG, S(""), S("marker"), XML_PAINT },
	{ XML_NS_SVG, S(""), S("marker-end"), XML_PAINT },
	{ XML_NS_SVG, S(""), S("marker-mid"), XML_PAINT },
	{ XML_NS_SVG, S(""), S("marker-start"), XML_PAINT },
	{ XML_NS_SVG, S(""), S("mask"), XML_PAINT },
	{ XML_NS_SVG, S(""), S("stroke"), XML_PAINT },
};

static bool fits(struct slice pattern, struct slice name)
{
	return pattern.len == 0 || slice_eq(pattern, name);
}

enum xml_what xml_attribute_of(
    enum xml_document d, struct xml_name element, struct xml_name attribute)
{
	if (attribute.ns == XML_NS_XML)
		return slice_eq(attribute.local, LIT("base")) ? XML_BASE :
								XML_NOTHING;
	if (attribute.ns == XML_NS_XLINK)
		return slice_eq(attribute.local, LIT("href")) ? XML_URL :
								XML_NOTHING;
	if (attribute.ns != XML_NS_NONE || !counts(d, element.ns))
		return XML_NOTHING;
	for (size_t i = 0; i < N(attributes); i++)
		if (attributes[i].ns == element.ns &&
		    slice_eq(attributes[i].attribute, attribute.local) &&
		    fits(attributes[i].element, element.local))
			return attributes[i].what;
	return XML_NOTHING;
}

/* XML documents with the component's URLs mapped: WebDAV's answers, Atom and
 * RSS feeds, sitemaps, SVG, XHTML, and of any other xlink:href, xml:base and
 * the style sheets that it names.  xml_words.h tells which names hold URLs;
 * names count by their namespace.
 *
 * Everything else stays byte for byte: text, comments, identifiers, markup
 * that is escaped inside text, UTF-16 documents as a whole.  A tag longer
 * than 8 KiB stays with all that is in it, and so does everything behind
 * what cannot be XML; nesting is not verified. */
#ifndef FILTER_XML_H
#define FILTER_XML_H

#include "filter/rewriter.h"
#include "policy/mapping.h"

struct arena;

/* About 32 KiB of the arena.  NULL: it is spent. */
struct rewriter *xml_new(
    struct arena *a, const struct mapping *m, struct outlet out);

#endif

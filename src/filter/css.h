/* Style sheets, and CSS inside attributes, with the component's URLs mapped.
 *
 * Read as CSS Syntax Level 3 has it.  URLs are: url() quoted or not, src(),
 * the string of @import, the strings of image-set() and -webkit-image-set().
 * Namespaces, @document, @charset and strings elsewhere are no links and
 * stay, as comments do.  Of a URL only what mapping_out() edits is new; how
 * it was escaped and quoted stays.
 *
 * One object serves many pieces: css_reset() after rewriter_finish(). */
#ifndef FILTER_CSS_H
#define FILTER_CSS_H

#include "filter/rewriter.h"
#include "policy/mapping.h"

struct arena;

enum css_context {
	CSS_SHEET,        /* a file, or a style element */
	CSS_DECLARATIONS, /* a style attribute */
	CSS_VALUE,        /* the value of one property: SVG's fill */
};

/* At most 12 KiB of the arena.  NULL: the arena is spent. */
struct rewriter *css_new(struct arena *a, const struct mapping *m,
    struct mapping_place place, enum css_context context, struct outlet out);

/* One byte of CSS that other bytes stand for: a character reference in an
 * attribute.  `raw` may be empty for the second and later bytes of one
 * reference.  Bytes that stand for themselves go to rewriter_feed(); both
 * may alternate. */
void css_push(struct rewriter *css, char decoded, struct slice raw);

/* Begins another piece with the same mapping and outlet. */
void css_reset(
    struct rewriter *css, struct mapping_place place, enum css_context context);

#endif

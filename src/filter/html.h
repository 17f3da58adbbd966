/* HTML with the component's URLs mapped: in attributes that hold URLs, in
 * styles, in import maps and speculation rules.  Every other byte stays as it
 * was: text, comments, attributes of names not in html_names.c, and scripts
 * but for the token.
 *
 * Decided by the states of the HTML Standard's tokenizer; <noscript> and
 * <template> are markup as any other.  <base href> moves the place that what
 * follows is relative to.  Tags whose attributes belong together (link, meta,
 * base, script, style) are held back up to HTML_TAG_MAX; a longer one goes on
 * with its URLs mapped and nothing more, REWRITER_LONG.
 *
 * Left out: srcdoc, and URLs in attributes of SVG's animations. */
#ifndef FILTER_HTML_H
#define FILTER_HTML_H

#include "filter/rewriter.h"

struct arena;
struct mapping;

struct html_options {
	/* Markup put in first in <head>; empty: none.  Outlives the
	 * rewriter.  A document without a place: REWRITER_NO_HEAD. */
	struct slice shim;
	/* Our scripts' bytes may change, too: not only style sheets lose
	 * their integrity attribute then.  REWRITER_INTEGRITY. */
	bool scripts_change;
	/* By which MAPPING_TOKEN is replaced in inline JavaScript and JSON;
	 * NULL: scripts stay.  Outlives the rewriter. */
	const struct mapping *tokens;
};

/* At most 32 KiB of the arena.  NULL: the arena is spent. */
struct rewriter *html_new(struct arena *a, const struct mapping *m,
    const struct html_options *options, struct outlet out);

#endif

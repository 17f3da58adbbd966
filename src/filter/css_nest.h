/* Where in a sheet we are, and so whether a string or a url() is a link: the
 * blocks and functions that are open, and the at-rule that has begun.  CSS
 * Syntax Level 3, section 5.4. */
#ifndef FILTER_CSS_NEST_H
#define FILTER_CSS_NEST_H

#include "base/slice.h"

/* Deeper, strings are no links any more. */
#define CSS_DEPTH 256

enum css_opener {
	CSS_CURLY,
	CSS_SQUARE,
	CSS_PAREN, /* or a function in which strings are strings */
	CSS_FIRST, /* a function whose first string is a URL */
	CSS_ALL,   /* a function whose strings are all URLs */
	CSS_URL,   /* url(, whatever follows */
};

/* All zero at the beginning. */
struct css_nest {
	bool import; /* behind @import, blanks and comments */
	bool quiet;  /* in a rule whose URLs are names or patterns */
	bool deep;
	size_t quiet_depth;
	size_t depth;
	unsigned char open[CSS_DEPTH]; /* enum css_opener */
};

/* By its name in lower case. */
enum css_opener css_opener_of(struct slice function);

void css_nest_open(struct css_nest *n, enum css_opener opener);

/* A closer that does not fit is a token like any other. */
void css_nest_close(struct css_nest *n, char closer);

/* By its name in lower case, without the at sign. */
void css_nest_at_rule(struct css_nest *n, struct slice name);

/* A semicolon or a block ends what stands before an at-rule's block. */
void css_nest_prelude_end(struct css_nest *n);

/* Is the string that begins here a link?  Asked once of each. */
bool css_nest_string(struct css_nest *n);

#endif

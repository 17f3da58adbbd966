/* The bytes of CSS: what they may be part of, and runs of those that change
 * nothing.  CSS Syntax Level 3, section 4.2. */
#ifndef FILTER_CSS_SCAN_H
#define FILTER_CSS_SCAN_H

#include "base/slice.h"

static inline bool css_is_newline(char c)
{
	return c == '\n' || c == '\r' || c == '\f';
}

static inline bool css_is_blank(char c)
{
	return c == ' ' || c == '\t' || css_is_newline(c);
}

/* NUL, which is read as U+FFFD, and all that is not ASCII are of names. */
bool css_is_name(char c);

/* Not in an unquoted URL unless escaped; parentheses, blanks and backslashes
 * aside. */
bool css_spoils_url(char c);

/* How many bytes at the beginning of s ...
 *
 * ... are of a name; */
size_t css_name_run(struct slice s);

/* ... are blanks and whole words that open nothing, behind the end of a
 * token; */
size_t css_plain_run(struct slice s);

/* ... stand for themselves in a string of that quote; */
size_t css_string_run(struct slice s, char quote);

/* ... stand for themselves in an unquoted URL; */
size_t css_url_run(struct slice s);

/* ... do not end what is left of a spoilt one. */
size_t css_bad_url_run(struct slice s);

#endif

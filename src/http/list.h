/* Comma-separated field values and their parameters (RFC 9110 sections
 * 5.6.1, 5.6.6 and 12.4.2).  Quoted strings are respected, not undone. */
#ifndef HTTP_LIST_H
#define HTTP_LIST_H

#include "base/slice.h"

struct fields;

/* Takes the next non-empty member, trimmed, off *rest; false at the end. */
bool list_next(struct slice *rest, struct slice *member_out);

/* Is every quoted string in it closed?  What is appended to a value with an
 * open one would be swallowed. */
bool list_closed(struct slice value);

/* What stands before a member's first ';', trimmed; the rest goes to
 * *params_out for param_next(). */
struct slice list_head(struct slice member, struct slice *params_out);

/* The next parameter; its value is SLICE_NONE where there is no '='. */
bool param_next(
    struct slice *params, struct slice *name_out, struct slice *value_out);

/* Is there such a member, parameters and case ignored, in the value; in any
 * field of that name? */
bool list_has(struct slice value, struct slice member);
bool list_field_has(
    const struct fields *f, struct slice name, struct slice member);

/* Is there such a directive, with or without an argument, in Cache-Control?
 * RFC 9111 section 5.2. */
bool directive_has(const struct fields *f, struct slice directive);

#define QVALUE_ONE 1000

/* "0.5" in thousandths: at most three decimals, at most 1. */
bool qvalue_parse(struct slice s, unsigned *thousandths_out);

/* The member's q parameter: QVALUE_ONE where there is none, 0 where it is
 * malformed. */
unsigned qvalue_of(struct slice params);

#endif

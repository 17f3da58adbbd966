/* Which header fields a rule may set or remove, and how they are kept. */
#ifndef CONF_FIELD_RULES_H
#define CONF_FIELD_RULES_H

#include "http/field.h"

struct arena;
struct stencil;
struct text;

enum field_side { FIELD_REQUEST, FIELD_RESPONSE };

/* The name of "request_header NAME" or "response_header NAME". */
bool field_settable(enum field_side side, struct slice name, struct text *why);

/* An item of remove_..._headers. */
bool field_removable(enum field_side side, struct slice name, struct text *why);

/* Pieces for each value, one a field; *values_out is NULL where none has a
 * variable.  False: no memory, or a value that was never checked. */
bool field_stencils(
    const struct fields *f, struct arena *a, const struct stencil **values_out);

#endif

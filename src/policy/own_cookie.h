/* Cookies that are ours and no origin's: their names and paths. */
#ifndef POLICY_OWN_COOKIE_H
#define POLICY_OWN_COOKIE_H

#include "base/slice.h"

struct text;

/* Longer ones do not fit, and spend the text. */
#define OWN_COOKIE_NAME_MAX 1024

/* KIND and the name of a section, bytes that no cookie's name may hold as
 * ".XX". */
void own_cookie_name(struct text *t, struct slice kind, struct slice name);

/* The attribute for a public prefix: up to the segment that holds what would
 * end the attribute. */
struct slice own_cookie_path(struct slice prefix);

#endif

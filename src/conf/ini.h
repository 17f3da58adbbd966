/* iniparser, fed from memory: lines in, values out by section and key.
 *
 * iniparser reads files by name, so the lines go through a nameless one.
 * Its dictionary looks through all it holds for each line it takes, so it is
 * fed a few sections at a time. */
#ifndef CONF_INI_H
#define CONF_INI_H

#include "base/slice.h"

struct ini;

/* NULL where there is neither memory nor a place for a temporary file.
 * Caller frees. */
struct ini *ini_new(void);
void ini_free(struct ini *i); /* accepts NULL */

/* Forgets what it held and reads text; false where iniparser refuses it. */
bool ini_read(struct ini *i, struct slice text);

/* Borrowed until the next ini_read(); SLICE_NONE where it is not there.
 * Names of LINT_NAME_MAX bytes at most. */
struct slice ini_value(
    const struct ini *i, struct slice section, struct slice key);

#endif

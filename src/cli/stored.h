/* The store of the rules, for somebody at a terminal. */
#ifndef CLI_STORED_H
#define CLI_STORED_H

#include <stdint.h>
#include <stdio.h>

#include "base/slice.h"

struct conf;
struct store;

enum stored {
	STORED_OPEN,
	STORED_NOTHING, /* there is no folder: nobody has stored anything */
	STORED_FAULT,
};

/* Anything but OPEN was said on standard error, in the name of the command.
 * A folder that is not there is not made.  For root the process becomes the
 * folder's owner, and stays so: what root writes the web server could not.
 * Caller frees with store_free(). */
enum stored stored_open(
    const struct conf *c, const char *command, struct store **store_out);

/* Says why the store did not do what was asked of it. */
void stored_complain(struct store *s, const char *command);

/* The wall clock. */
int64_t stored_now_ms(void);

/* Bytes that clients and origins chose; what a terminal might obey, blanks
 * too, comes out as \xHH. */
void stored_print(struct slice s, FILE *to);

#endif

/* Whether a web server would hand the rule file to whoever asks for it. */
#ifndef CONF_EXPOSURE_H
#define CONF_EXPOSURE_H

#include "base/slice.h"

struct text;

/* True where everyone may read the file, it lies in what looks like a
 * document root, and no .htaccess beside or above it denies it; `why` then
 * says so and how to put it right.  Looks at the file system. */
bool exposure_find(const char *path, struct text *why);

/* The same for a folder that is for nobody else's eyes, whether it is there
 * yet or not: a web server that runs as its owner would show what is in it. */
bool exposure_folder(const char *path, struct text *why);

/* The folder named such that its content is served: public_html, htdocs, …;
 * SLICE_NONE where there is none.  Pure. */
struct slice exposure_root(struct slice path);

/* Whether a .htaccess of these bytes denies an .ini file.  Pure, and a
 * reader of the usual spellings, not of Apache's language. */
bool exposure_denied(struct slice htaccess);

#endif

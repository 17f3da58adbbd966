/* Values with variables: "$scheme://$host$path" taken to pieces at load.
 *
 * $NAME is one of enum variable's, $0 to $9 a capture of map_path, $$ a
 * dollar.  A $ before anything but a letter, a digit and another $ stands for
 * itself; ${NAME} was filled in before (expand.h). */
#ifndef CONF_STENCIL_H
#define CONF_STENCIL_H

#include "base/slice.h"

struct arena;
struct stencil;
struct text;

#define STENCIL_PIECES_MAX 64

/* Pieces and their text are the arena's.  False says why: an unknown name, or
 * too many pieces. */
bool stencil_compile(struct slice value, struct arena *a,
    struct stencil *stencil_out, struct text *why);

/* The same where captures are the only variables: $word is a fault that says
 * so. */
bool stencil_compile_captures(struct slice value, struct arena *a,
    struct stencil *stencil_out, struct text *why);

/* One more than the highest capture used; 0: none. */
unsigned stencil_captures(const struct stencil *t);

#endif

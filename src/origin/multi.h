/* libcurl's multi handle on the worker's loop: kept connections, sockets and
 * timers.  Everything that includes curl is in this room. */
#ifndef ORIGIN_MULTI_H
#define ORIGIN_MULTI_H

#include <stdbool.h>

struct ev_loop;
struct multi;

/* Once a process, after fork. */
bool origin_global_init(void);

/* NULL: no memory. */
struct multi *multi_new(struct ev_loop *loop);

/* Transfers must have ended.  Accepts NULL. */
void multi_free(struct multi *m);

#endif

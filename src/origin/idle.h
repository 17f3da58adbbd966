/* Kept connections that no transfer uses.  Nothing is asked on one, so what
 * comes in is no answer; libcurl 7.88 takes such a connection for a good one
 * all the same, and what came for the response to the next request: another
 * visitor's.  Here it is shut down, which libcurl sees when it looks whether
 * it can be used again.  (RFC 9112 section 9.2: close it.)
 *
 * What comes in as the next request goes out cannot be told from an answer. */
#ifndef ORIGIN_IDLE_H
#define ORIGIN_IDLE_H

#include <stdbool.h>

struct ev_loop;
struct idle;

/* NULL: no memory. */
struct idle *idle_new(struct ev_loop *loop);

/* Accepts NULL. */
void idle_free(struct idle *i);

/* libcurl waits for the socket on behalf of `user`.  False: who was not the
 * last to use it. */
bool idle_use(struct idle *i, int fd, const void *user);

/* `user` is done; watched, if it was the last who used the socket. */
void idle_rest(struct idle *i, int fd, const void *user);

/* It is closed, and another may soon have its number. */
void idle_closed(struct idle *i, int fd);

/* So many transfers more (or less) have a connection and it is not known
 * which.  While there are any nothing is shut down. */
void idle_unknown(struct idle *i, int more);

#endif

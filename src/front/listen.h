/* The listening socket of `serve`. */
#ifndef FRONT_LISTEN_H
#define FRONT_LISTEN_H

#include <stddef.h>
#include <sys/types.h>

/* Listens on "unix:PATH", "HOST:PORT" or "[V6]:PORT"; an empty HOST or "*"
 * is every address.  A socket file that nobody answers on is replaced, one
 * that is answered on or is no socket is a failure.  The file gets `mode`.
 * Returns the descriptor, or -1 with the reason in words in `why`. */
int listen_open(const char *address, mode_t mode, char *why, size_t why_size);

/* Removes the socket file, where there is one. */
void listen_remove(const char *address);

#endif

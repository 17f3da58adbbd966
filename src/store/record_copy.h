/* A record with all that it points to, in one piece of memory.
 *
 * Pure. */
#ifndef STORE_RECORD_COPY_H
#define STORE_RECORD_COPY_H

#include "store/record.h"

/* Bytes of room for what r points to: a multiple of what a pointer wants. */
size_t record_copy_bytes(const struct record *r);

/* The copy points into room, which is aligned for pointers. */
void record_copy(const struct record *r, void *room, struct record *copy_out);

#endif

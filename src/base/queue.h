/* Bytes waiting between a producer and a consumer, first in first out.
 *
 * It grows as needed up to its maximum and gives its memory back when it
 * runs empty: hundreds of idle exchanges must cost nothing. */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include "base/slice.h"

struct queue {
	char *at;
	size_t start; /* first byte not yet taken */
	size_t end;   /* behind the last byte */
	size_t size;
	size_t max;
};

/* Zero memory until the first byte.  queue_free() when done. */
struct queue queue_of(size_t max_bytes);
void queue_free(struct queue *q);

static inline size_t queue_len(const struct queue *q)
{
	return q->end - q->start;
}

/* All of it or nothing: false past the maximum or without memory. */
bool queue_add(struct queue *q, struct slice s);

/* Room for n bytes at the end, to be written by the caller and then counted
 * in with queue_grew(); NULL as queue_add() is false. */
char *queue_reserve(struct queue *q, size_t n);
void queue_grew(struct queue *q, size_t n);

/* What waits, in one piece; valid until the next call that changes it. */
struct slice queue_peek(const struct queue *q);

/* Takes n bytes, at most all, off the front. */
void queue_drop(struct queue *q, size_t n);

#endif

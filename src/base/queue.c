/* A linear buffer with a moving start. */
#include "base/queue.h"

#include <stdlib.h>
#include <string.h>

#define QUEUE_FIRST 2048

/* Past this a stream is under way: room for more comes at once. */
#define QUEUE_SMALL 16384
#define QUEUE_LARGE (80 * 1024)

struct queue queue_of(size_t max_bytes)
{
	return (struct queue){ .max = max_bytes };
}

void queue_free(struct queue *q)
{
	free(q->at);
	*q = queue_of(q->max);
}

char *queue_reserve(struct queue *q, size_t n)
{
	size_t len = queue_len(q);
	size_t size;
	char *grown;

	if (n > q->max || len > q->max - n)
		return NULL;
	if (n <= q->size - q->end)
		return q->at + q->end;
	if (q->start > 0 && n <= q->size - len && q->start >= len) {
		memcpy(q->at, q->at + q->start, len);
		q->start = 0;
		q->end = len;
		return q->at + len;
	}
	size = q->size < QUEUE_FIRST ? QUEUE_FIRST : q->size * 2;
	if (size > QUEUE_SMALL && size < QUEUE_LARGE)
		size = QUEUE_LARGE;
	if (size < len + n)
		size = len + n;
	grown = malloc(size);
	if (grown == NULL)
		return NULL;
	if (len > 0)
		memcpy(grown, q->at + q->start, len);
	free(q->at);
	q->at = grown;
	q->size = size;
	q->start = 0;
	q->end = len;
	return q->at + len;
}

void queue_grew(struct queue *q, size_t n)
{
	q->end += n;
}

bool queue_add(struct queue *q, struct slice s)
{
	char *to;

	if (s.len == 0)
		return true;
	to = queue_reserve(q, s.len);
	if (to == NULL)
		return false;
	memcpy(to, s.at, s.len);
	queue_grew(q, s.len);
	return true;
}

struct slice queue_peek(const struct queue *q)
{
	return (struct slice){ q->at == NULL ? "" : q->at + q->start,
		queue_len(q) };
}

void queue_drop(struct queue *q, size_t n)
{
	if (n < queue_len(q)) {
		q->start += n;
		return;
	}
	queue_free(q);
}

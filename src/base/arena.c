/* A bump allocator over a chain of blocks. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 8192

struct block {
	struct block *next;
	size_t size;
	alignas(max_align_t) char data[];
};

struct arena {
	struct block *first;
	struct block *now;
	size_t fill; /* bytes taken of now */
	size_t used;
	size_t max;
};

static struct block *block_new(size_t size)
{
	struct block *b = malloc(sizeof(*b) + size);

	if (b != NULL) {
		b->next = NULL;
		b->size = size;
	}
	return b;
}

static void blocks_free(struct block *b)
{
	while (b != NULL) {
		struct block *next = b->next;

		free(b);
		b = next;
	}
}

struct arena *arena_new(size_t max_bytes)
{
	struct arena *a = malloc(sizeof(*a));

	if (a == NULL)
		return NULL;
	*a = (struct arena){ .max = max_bytes };
	a->first = a->now = block_new(BLOCK_BYTES - sizeof(struct block));
	if (a->first == NULL) {
		free(a);
		return NULL;
	}
	return a;
}

void arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	blocks_free(a->first);
	free(a);
}

void arena_wipe(struct arena *a)
{
	for (struct block *b = a->first; b != NULL; b = b->next)
		explicit_bzero(b->data, b == a->now ? a->fill : b->size);
}

void arena_reset(struct arena *a)
{
	blocks_free(a->first->next);
	a->first->next = NULL;
	a->now = a->first;
	a->fill = a->used = 0;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
	size_t align = alignof(max_align_t);
	void *at;

	if (bytes > a->max)
		return NULL;
	bytes = (bytes + align - 1) / align * align;
	if (bytes > a->max - a->used)
		return NULL;
	if (bytes > a->now->size - a->fill) {
		size_t size = BLOCK_BYTES - sizeof(struct block);

		if (bytes > size)
			size = bytes;
		a->now->next = block_new(size);
		if (a->now->next == NULL)
			return NULL;
		a->now = a->now->next;
		a->fill = 0;
	}
	at = a->now->data + a->fill;
	a->fill += bytes;
	a->used += bytes;
	return at;
}

void *arena_zero(struct arena *a, size_t bytes)
{
	void *at = arena_alloc(a, bytes);

	if (at != NULL)
		memset(at, 0, bytes);
	return at;
}

struct slice arena_slice(struct arena *a, struct slice s)
{
	char *copy = arena_cstr(a, s);

	return copy == NULL ? SLICE_NONE : (struct slice){ copy, s.len };
}

struct slice arena_lower(struct arena *a, struct slice s)
{
	char *copy = arena_cstr(a, s);

	if (copy == NULL)
		return SLICE_NONE;
	for (size_t i = 0; i < s.len; i++)
		copy[i] = ascii_lower(copy[i]);
	return (struct slice){ copy, s.len };
}

struct slice arena_join(struct arena *a, const struct slice *parts, size_t n)
{
	struct slice joined = { NULL, 0 };
	char *to;

	for (size_t i = 0; i < n; i++)
		joined.len += parts[i].len;
	to = arena_alloc(a, joined.len + 1);
	if (to == NULL)
		return SLICE_NONE;
	joined.at = to;
	for (size_t i = 0; i < n; i++) {
		if (parts[i].len > 0)
			memcpy(to, parts[i].at, parts[i].len);
		to += parts[i].len;
	}
	return joined;
}

char *arena_cstr(struct arena *a, struct slice s)
{
	char *copy = s.len == SIZE_MAX ? NULL : arena_alloc(a, s.len + 1);

	if (copy == NULL)
		return NULL;
	if (s.len > 0)
		memcpy(copy, s.at, s.len);
	copy[s.len] = '\0';
	return copy;
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}

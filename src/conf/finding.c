/* The list of findings: bounded in number and in the length of each. */
#include "conf/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define FINDINGS_FIRST    16
#define MESSAGE_BYTES_MAX 1024

struct findings findings_in(struct arena *a)
{
	return (struct findings){ .arena = a };
}

static bool findings_room(struct findings *f)
{
	size_t size = f->size == 0 ? FINDINGS_FIRST : f->size * 2;
	struct finding *grown;

	if (f->n >= FINDINGS_MAX)
		return false;
	if (f->n < f->size)
		return true;
	grown = arena_alloc(f->arena, size * sizeof(*grown));
	if (grown == NULL)
		return false;
	if (f->n > 0)
		memcpy(grown, f->at, f->n * sizeof(*grown));
	f->at = grown;
	f->size = size;
	return true;
}

/* A message quotes the file, and is printed on a terminal. */
static void blot_controls(char *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)at[i];

		if (c < ' ' || c == 0x7f)
			at[i] = '?';
	}
}

void finding_add(struct findings *f, enum severity severity, struct slice file,
    unsigned line, const char *format, ...)
{
	char message[MESSAGE_BYTES_MAX];
	struct slice kept;
	va_list args;
	int len;

	if (severity == FINDING_FAULT)
		f->faults++;
	else
		f->warnings++;
	if (!findings_room(f))
		return;
	va_start(args, format);
	len = vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (len < 0)
		len = 0;
	if ((size_t)len >= sizeof(message))
		len = sizeof(message) - 1;
	blot_controls(message, (size_t)len);
	kept = arena_slice(f->arena, (struct slice){ message, (size_t)len });
	/* The file's name is the caller's, and shorter lived than we are. */
	if (f->n > 0 && slice_eq(f->at[f->n - 1].file, file))
		file = f->at[f->n - 1].file;
	else
		file = arena_slice(f->arena, file);
	f->at[f->n++] = (struct finding){ severity, file, line, kept };
}

struct place {
	size_t file; /* rank of its first mention */
	size_t order;
	struct finding finding;
};

static int by_place(const void *left, const void *right)
{
	const struct place *a = left;
	const struct place *b = right;

	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (a->finding.line != b->finding.line)
		return a->finding.line < b->finding.line ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

void findings_sort(struct findings *f)
{
	struct place *places;

	if (f->n < 2)
		return;
	places = arena_alloc(f->arena, f->n * sizeof(*places));
	if (places == NULL)
		return;
	for (size_t i = 0; i < f->n; i++) {
		size_t first = 0;

		while (!slice_eq(f->at[first].file, f->at[i].file))
			first++;
		places[i] = (struct place){ first, i, f->at[i] };
	}
	qsort(places, f->n, sizeof(*places), by_place);
	for (size_t i = 0; i < f->n; i++)
		f->at[i] = places[i].finding;
}

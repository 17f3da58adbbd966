/* Building strings: bounded, and remembering its failure, so that a caller
 * adds piece by piece and asks once at the end. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <string.h>

#include "base/slice.h"

struct arena;

struct text {
	char *at;
	size_t len;
	size_t size;         /* bytes at `at` */
	size_t max;          /* never longer than this */
	bool spent;          /* something did not fit */
	struct arena *arena; /* where it grows, or NULL: it does not */
};

/* Over a caller's buffer; never grows. */
struct text text_over(char *buffer, size_t size);

/* Grows inside an arena up to max bytes. */
struct text text_in(struct arena *a, size_t max);

/* What does not fit adds nothing and marks the text spent. */
void text_add_growing(struct text *t, struct slice s);

static inline void text_add(struct text *t, struct slice s)
{
	if (t->spent || s.len > t->size - t->len) {
		text_add_growing(t, s);
		return;
	}
	if (s.len > 0)
		memcpy(t->at + t->len, s.at, s.len);
	t->len += s.len;
}

static inline void text_char(struct text *t, char c)
{
	text_add(t, (struct slice){ &c, 1 });
}

/* As HTML's text or a value in double quotes: & < > " as references. */
void text_html(struct text *t, struct slice s);
void text_u64(struct text *t, uint64_t value);
/* Sixteen digits. */
void text_hex64(struct text *t, uint64_t value);
void text_format(struct text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

bool text_spent(const struct text *t);

/* What was built so far; borrowed from the buffer or arena. */
struct slice text_slice(const struct text *t);

#endif

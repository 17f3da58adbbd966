/* The bounded string builder. */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

#define TEXT_FIRST 128

struct text text_over(char *buffer, size_t size)
{
	return (struct text){ .at = buffer, .size = size, .max = size };
}

struct text text_in(struct arena *a, size_t max)
{
	return (struct text){ .arena = a, .max = max };
}

static bool text_room(struct text *t, size_t more)
{
	size_t size;
	char *grown;

	if (t->spent || more > t->max - t->len) {
		t->spent = true;
		return false;
	}
	if (more <= t->size - t->len)
		return true;
	size = t->size < TEXT_FIRST ? TEXT_FIRST : t->size * 2;
	if (size < t->len + more)
		size = t->len + more;
	if (size > t->max)
		size = t->max;
	grown = t->arena == NULL ? NULL : arena_alloc(t->arena, size);
	if (grown == NULL) {
		t->spent = true;
		return false;
	}
	if (t->len > 0)
		memcpy(grown, t->at, t->len);
	t->at = grown;
	t->size = size;
	return true;
}

void text_add_growing(struct text *t, struct slice s)
{
	if (s.len == 0 || !text_room(t, s.len))
		return;
	memcpy(t->at + t->len, s.at, s.len);
	t->len += s.len;
}

void text_html(struct text *t, struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		switch (s.at[i]) {
		case '<':
			text_add(t, LIT("&lt;"));
			break;
		case '>':
			text_add(t, LIT("&gt;"));
			break;
		case '&':
			text_add(t, LIT("&amp;"));
			break;
		case '"':
			text_add(t, LIT("&quot;"));
			break;
		default:
			text_char(t, s.at[i]);
		}
}

void text_u64(struct text *t, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	text_add(t, (struct slice){ digits + at, sizeof(digits) - at });
}

void text_hex64(struct text *t, uint64_t value)
{
	static const char digits[] = "0123456789abcdef";
	char room[16];

	for (size_t i = 0; i < sizeof(room); i++)
		room[i] = digits[value >> (60 - 4 * i) & 15];
	text_add(t, (struct slice){ room, sizeof(room) });
}

void text_format(struct text *t, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0) {
		t->spent = true;
		return;
	}
	/* One more for the NUL that vsnprintf insists on. */
	if (!text_room(t, (size_t)len + 1))
		return;
	va_start(args, format);
	(void)vsnprintf(t->at + t->len, (size_t)len + 1, format, args);
	va_end(args);
	t->len += (size_t)len;
}

bool text_spent(const struct text *t)
{
	return t->spent;
}

struct slice text_slice(const struct text *t)
{
	return (struct slice){ t->at == NULL ? "" : t->at, t->len };
}

/* Queries taken apart and put together. */
#include "policy/parameters.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/percent.h"

#define PARAMETERS_FIRST 8

/* Takes one decoded byte of application/x-www-form-urlencoded off. */
static char form_byte(struct slice *s)
{
	char c = s->at[0];
	int high = c == '%' && s->len > 2 ? ascii_hex(s->at[1]) : -1;
	int low = high >= 0 ? ascii_hex(s->at[2]) : -1;

	if (low >= 0) {
		*s = slice_from(*s, 3);
		return (char)(high * 16 + low);
	}
	*s = slice_from(*s, 1);
	return c == '+' ? ' ' : c;
}

bool parameter_matches(
    struct slice encoded, struct slice wanted, bool beginning)
{
	for (size_t i = 0; i < wanted.len; i++)
		if (encoded.len == 0 || form_byte(&encoded) != wanted.at[i])
			return false;
	return beginning || encoded.len == 0;
}

bool parameters_add(struct parameters *p, struct arena *a, struct slice name,
    struct slice value)
{
	if (p->n == p->size) {
		size_t size = p->size == 0 ? PARAMETERS_FIRST : p->size * 2;
		struct parameter *grown = arena_alloc(a, size * sizeof(*grown));

		if (grown == NULL)
			return false;
		if (p->n > 0)
			memcpy(grown, p->at, p->n * sizeof(*grown));
		p->at = grown;
		p->size = size;
	}
	p->at[p->n++] = (struct parameter){ name, value };
	return true;
}

bool parameters_read(struct slice query, struct arena *a, struct parameters *p)
{
	struct slice piece;

	while (slice_cut(&query, '&', &piece)) {
		size_t equals = slice_find(piece, '=');
		struct slice name = slice_upto(piece, equals);
		struct slice value = slice_from(piece, equals + 1);

		if (piece.len == 0)
			continue;
		name = percent_decode(name, true, a);
		value = percent_decode(value, true, a);
		if (name.at == NULL || value.at == NULL ||
		    !parameters_add(p, a, name, value))
			return false;
	}
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct parameter *one = a;
	const struct parameter *other = b;
	int names = slice_compare(one->name, other->name);

	return names != 0 ? names : slice_compare(one->value, other->value);
}

static bool encode(struct parameters *p, struct arena *a)
{
	for (size_t i = 0; i < p->n; i++) {
		struct parameter *one = &p->at[i];

		one->name = percent_encode(one->name, false, a);
		one->value = percent_encode(one->value, false, a);
		if (one->name.at == NULL || one->value.at == NULL)
			return false;
	}
	return true;
}

struct slice parameters_write(struct parameters *p, struct arena *a)
{
	struct text t = text_in(a, SIZE_MAX);

	if (!encode(p, a))
		return SLICE_NONE;
	if (p->n > 1)
		qsort(p->at, p->n, sizeof(*p->at), compare);
	for (size_t i = 0; i < p->n; i++) {
		if (i > 0)
			text_char(&t, '&');
		text_add(&t, p->at[i].name);
		text_char(&t, '=');
		text_add(&t, p->at[i].value);
	}
	return text_spent(&t) ? SLICE_NONE : text_slice(&t);
}

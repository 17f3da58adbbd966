/* The list of header fields. */
#include "http/field.h"

#include <string.h>

#include "base/arena.h"

#define FIELDS_FIRST 24

static bool fields_room(struct fields *f, struct arena *a, size_t more)
{
	size_t size = f->size == 0 ? FIELDS_FIRST : f->size * 2;
	struct field *grown;

	if (more > FIELDS_MAX || f->n + more > FIELDS_MAX)
		return false;
	if (f->n + more <= f->size)
		return true;
	if (size < f->n + more)
		size = f->n + more;
	grown = arena_alloc(a, size * sizeof(*grown));
	if (grown == NULL)
		return false;
	if (f->n > 0)
		memcpy(grown, f->at, f->n * sizeof(*grown));
	f->at = grown;
	f->size = size;
	return true;
}

bool field_add(
    struct fields *f, struct arena *a, struct slice name, struct slice value)
{
	if (!fields_room(f, a, 1))
		return false;
	f->at[f->n++] = (struct field){ name, value };
	return true;
}

size_t field_next(const struct fields *f, struct slice name, size_t from)
{
	while (from < f->n && !slice_eq_nocase(f->at[from].name, name))
		from++;
	return from;
}

/* Drops every field of that name at or after `from`. */
static size_t remove_from(struct fields *f, struct slice name, size_t from)
{
	size_t kept = from;
	size_t removed;

	for (size_t i = from; i < f->n; i++)
		if (!slice_eq_nocase(f->at[i].name, name))
			f->at[kept++] = f->at[i];
	removed = f->n - kept;
	f->n = kept;
	return removed;
}

bool field_set(
    struct fields *f, struct arena *a, struct slice name, struct slice value)
{
	size_t at = field_next(f, name, 0);

	if (at == f->n)
		return field_add(f, a, name, value);
	f->at[at].value = value;
	remove_from(f, name, at + 1);
	return true;
}

size_t field_remove(struct fields *f, struct slice name)
{
	return remove_from(f, name, 0);
}

struct slice field_get(const struct fields *f, struct slice name)
{
	size_t at = field_next(f, name, 0);

	return at == f->n ? SLICE_NONE : f->at[at].value;
}

bool field_has(const struct fields *f, struct slice name)
{
	return field_next(f, name, 0) < f->n;
}

bool field_copy(struct fields *to, struct arena *a, const struct fields *from)
{
	struct fields copy = { 0 };

	if (from->n > 0) {
		if (!fields_room(&copy, a, from->n))
			return false;
		memcpy(copy.at, from->at, from->n * sizeof(*copy.at));
		copy.n = from->n;
	}
	*to = copy;
	return true;
}

/* tchar, RFC 9110 section 5.6.2.  A table: every byte of every field name
 * passes here. */
static const bool is_tchar[256] = {
	['!'] = true,
	['#'] = true,
	['$'] = true,
	['%'] = true,
	['&'] = true,
	['\''] = true,
	['*'] = true,
	['+'] = true,
	['-'] = true,
	['.'] = true,
	['^'] = true,
	['_'] = true,
	['`'] = true,
	['|'] = true,
	['~'] = true,
	['0' ... '9'] = true,
	['A' ... 'Z'] = true,
	['a' ... 'z'] = true,
};

bool field_name_valid(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!is_tchar[(unsigned char)name.at[i]])
			return false;
	return name.len > 0;
}

/* And of every value: what breaks no line of a head. */
static const bool is_text[256] = {
	['\t'] = true,
	[' ' ... 0x7e] = true,
	[0x80 ... 0xff] = true,
};

bool field_value_valid(struct slice value)
{
	for (size_t i = 0; i < value.len; i++)
		if (!is_text[(unsigned char)value.at[i]])
			return false;
	return true;
}

bool field_parse(struct slice line, struct field *field_out)
{
	struct field field;
	size_t colon;

	if (line.len > 0 && line.at[line.len - 1] == '\n')
		line.len--;
	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	colon = slice_find(line, ':');
	if (colon == line.len)
		return false;
	field.name = slice_upto(line, colon);
	field.value = slice_trim(slice_from(line, colon + 1));
	if (!field_name_valid(field.name) || !field_value_valid(field.value))
		return false;
	*field_out = field;
	return true;
}

/* First the arrays, then the strings. */
#include "store/record_copy.h"

#include <string.h>

static size_t fields_bytes(const struct fields *f)
{
	size_t bytes = f->n * sizeof(f->at[0]);

	for (size_t i = 0; i < f->n; i++)
		bytes += f->at[i].name.len + f->at[i].value.len;
	return bytes;
}

size_t record_copy_bytes(const struct record *r)
{
	size_t bytes = r->key.len + r->variant.len + r->note.len +
	    r->tags.n * sizeof(r->tags.at[0]);

	for (size_t i = 0; i < r->tags.n; i++)
		bytes += r->tags.at[i].len;
	bytes += fields_bytes(&r->fields) + fields_bytes(&r->selectors);
	return (bytes + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *);
}

static struct slice copy_slice(char **at, struct slice s)
{
	struct slice copy = { *at, s.len };

	if (s.len > 0)
		memcpy(*at, s.at, s.len);
	*at += s.len;
	return copy;
}

static void copy_fields(char **at, const struct fields *f, struct field *to)
{
	for (size_t i = 0; i < f->n; i++)
		to[i] = (struct field){ .name = copy_slice(at, f->at[i].name),
			.value = copy_slice(at, f->at[i].value) };
}

void record_copy(const struct record *r, void *room, struct record *copy_out)
{
	struct field *fields = room;
	struct field *selectors = fields + r->fields.n;
	struct slice *tags = (struct slice *)(selectors + r->selectors.n);
	char *at = (char *)(tags + r->tags.n);

	*copy_out = *r;
	copy_out->key = copy_slice(&at, r->key);
	copy_out->variant = copy_slice(&at, r->variant);
	copy_out->note = copy_slice(&at, r->note);
	copy_fields(&at, &r->fields, fields);
	copy_fields(&at, &r->selectors, selectors);
	for (size_t i = 0; i < r->tags.n; i++)
		tags[i] = copy_slice(&at, r->tags.at[i]);
	copy_out->fields = (struct fields){ fields, r->fields.n, r->fields.n };
	copy_out->selectors =
	    (struct fields){ selectors, r->selectors.n, r->selectors.n };
	copy_out->tags = (struct slice_list){ tags, r->tags.n };
}

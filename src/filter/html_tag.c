/* Holding a start tag. */
#include "filter/html_tag.h"

#include <string.h>

#include "filter/charref.h"

bool html_tag_add(struct html_tag *t, struct slice raw)
{
	if (raw.len > sizeof(t->raw) - t->n)
		return false;
	memcpy(t->raw + t->n, raw.at, raw.len);
	t->n += (unsigned)raw.len;
	return true;
}

bool html_tag_attribute(struct html_tag *t,
    const struct html_attribute *attribute, size_t name_bytes, bool repeated)
{
	if (t->part_n == HTML_TAG_PARTS_MAX)
		return false;
	t->parts[t->part_n++] = (struct html_tag_part){
		.attribute = attribute,
		.name = (uint16_t)(t->n - name_bytes),
		.value = (uint16_t)t->n,
		.value_end = (uint16_t)t->n,
		.repeated = repeated,
	};
	return true;
}

void html_tag_value_begin(struct html_tag *t, char quote)
{
	struct html_tag_part *part = &t->parts[t->part_n - 1];

	part->quote = quote;
	part->has_value = true;
	part->value = (uint16_t)t->n;
}

void html_tag_value_end(struct html_tag *t)
{
	t->parts[t->part_n - 1].value_end = (uint16_t)t->n;
}

struct slice html_tag_value(
    const struct html_tag *t, enum html_attribute_id id, char *room)
{
	for (unsigned i = 0; i < t->part_n; i++) {
		const struct html_tag_part *part = &t->parts[i];

		if (part->attribute->id == id && !part->repeated)
			return charref_decode(
			    (struct slice){ t->raw + part->value,
				(size_t)(part->value_end - part->value) },
			    room);
	}
	return SLICE_NONE;
}

bool html_tag_has_word(
    const struct html_tag *t, enum html_attribute_id id, struct slice word)
{
	char room[HTML_TAG_MAX];
	struct slice rest = html_tag_value(t, id, room);

	while (rest.len > 0) {
		size_t n = 0;

		while (n < rest.len && !html_is_blank(rest.at[n]))
			n++;
		if (slice_eq_nocase(slice_upto(rest, n), word))
			return true;
		rest = slice_from(rest, n + 1);
	}
	return false;
}

void html_tag_span(const struct html_tag *t, const struct html_tag_part *part,
    size_t *from_out, size_t *to_out)
{
	size_t from = part->name;
	size_t to = part->value_end;

	if (part->has_value && part->quote != '\0')
		to++;
	/* Not before a slash, which might end up in an unquoted value. */
	if (html_is_blank(t->raw[from - 1]) &&
	    (html_is_blank(t->raw[to]) || t->raw[to] == '>'))
		from--;
	*from_out = from;
	*to_out = to;
}

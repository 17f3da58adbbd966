/* Lengths of one byte, or of four with the top bit set. */
#include "front/params.h"

#include "base/text.h"

static bool take_length(struct slice *rest, size_t *length_out)
{
	const unsigned char *at = (const unsigned char *)rest->at;

	if (rest->len == 0)
		return false;
	if (at[0] < 0x80) {
		*length_out = at[0];
		*rest = slice_from(*rest, 1);
		return true;
	}
	if (rest->len < 4)
		return false;
	*length_out = (size_t)(at[0] & 0x7f) << 24 | (size_t)at[1] << 16 |
	    (size_t)at[2] << 8 | at[3];
	*rest = slice_from(*rest, 4);
	return true;
}

bool params_next(
    struct slice *rest, struct slice *name_out, struct slice *value_out)
{
	struct slice at = *rest;
	size_t name_len;
	size_t value_len;

	if (!take_length(&at, &name_len) || !take_length(&at, &value_len) ||
	    name_len > at.len || value_len > at.len - name_len)
		return false;
	*name_out = slice_upto(at, name_len);
	*value_out = slice_upto(slice_from(at, name_len), value_len);
	*rest = slice_from(at, name_len + value_len);
	return true;
}

static void add_length(struct text *t, size_t length)
{
	char bytes[4] = { (char)(length >> 24 | 0x80), (char)(length >> 16),
		(char)(length >> 8), (char)length };

	if (length < 0x80)
		text_char(t, (char)length);
	else
		text_add(t, (struct slice){ bytes, sizeof(bytes) });
}

void params_add(struct text *t, struct slice name, struct slice value)
{
	add_length(t, name.len);
	add_length(t, value.len);
	text_add(t, name);
	text_add(t, value);
}

/* Escaping names, cutting paths. */
#include "policy/own_cookie.h"

#include "base/text.h"

void own_cookie_name(struct text *t, struct slice kind, struct slice name)
{
	static const char digits[] = "0123456789abcdef";

	text_add(t, kind);
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.at[i];

		if (ascii_is_alpha((char)c) || ascii_is_digit((char)c) ||
		    c == '-' || c == '_') {
			text_char(t, (char)c);
		} else {
			text_char(t, '.');
			text_char(t, digits[c >> 4]);
			text_char(t, digits[c & 15]);
		}
	}
}

struct slice own_cookie_path(struct slice prefix)
{
	struct slice path = slice_upto(prefix, slice_find(prefix, ';'));

	if (path.len < prefix.len)
		while (path.len > 0 && path.at[path.len - 1] != '/')
			path.len--;
	return path.len == 0 ? LIT("/") : path;
}

/* Slices: comparing and cutting borrowed bytes. */
#include "base/slice.h"

#include <string.h>

struct slice slice_of(const char *string)
{
	if (string == NULL)
		return SLICE_NONE;
	return (struct slice){ string, strlen(string) };
}

int ascii_hex(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool slice_starts_nocase(struct slice s, struct slice prefix)
{
	if (s.len < prefix.len)
		return false;
	for (size_t i = 0; i < prefix.len; i++)
		if (s.at[i] != prefix.at[i] &&
		    ascii_lower(s.at[i]) != ascii_lower(prefix.at[i]))
			return false;
	return true;
}

bool slice_ends(struct slice s, struct slice suffix)
{
	return s.len >= suffix.len &&
	    slice_eq(slice_from(s, s.len - suffix.len), suffix);
}

int slice_compare(struct slice a, struct slice b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len == 0 ? 0 : memcmp(a.at, b.at, len);

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

struct slice slice_trim(struct slice s)
{
	while (s.len > 0 && (s.at[0] == ' ' || s.at[0] == '\t'))
		s = slice_from(s, 1);
	while (s.len > 0 && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
		s.len--;
	return s;
}

size_t slice_find(struct slice s, char c)
{
	const char *found = s.len == 0 ? NULL : memchr(s.at, c, s.len);

	return found == NULL ? s.len : (size_t)(found - s.at);
}

bool slice_cut(struct slice *rest, char sep, struct slice *head_out)
{
	size_t len;

	if (rest->at == NULL)
		return false;
	len = slice_find(*rest, sep);
	*head_out = slice_upto(*rest, len);
	*rest = len == rest->len ? SLICE_NONE : slice_from(*rest, len + 1);
	return true;
}

bool slice_to_u64(struct slice s, uint64_t *value_out)
{
	uint64_t value = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint64_t digit = (unsigned char)s.at[i] - (uint64_t)'0';

		if (!ascii_is_digit(s.at[i]) ||
		    value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*value_out = value;
	return true;
}

/* Percent-encoding and its undoing. */
#include "policy/percent.h"

#include "base/arena.h"

static const bool is_unreserved[256] = {
	['-'] = true,
	['.'] = true,
	['_'] = true,
	['~'] = true,
	['0' ... '9'] = true,
	['A' ... 'Z'] = true,
	['a' ... 'z'] = true,
};

static bool stays(char c, bool slash)
{
	return is_unreserved[(unsigned char)c] || (slash && c == '/');
}

struct slice percent_encode(struct slice bytes, bool slash, struct arena *a)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t more = 0;
	char *to;
	struct slice out;

	for (size_t i = 0; i < bytes.len; i++)
		more += stays(bytes.at[i], slash) ? 0 : 2;
	if (more == 0)
		return bytes.at == NULL ? LIT("") : bytes;
	out.at = to = arena_alloc(a, bytes.len + more);
	if (to == NULL)
		return SLICE_NONE;
	out.len = bytes.len + more;
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char byte = (unsigned char)bytes.at[i];

		if (stays(bytes.at[i], slash)) {
			*to++ = bytes.at[i];
		} else {
			*to++ = '%';
			*to++ = digits[byte >> 4];
			*to++ = digits[byte & 15];
		}
	}
	return out;
}

/* The byte at s.at[*i], and *i moved behind it. */
static char next_byte(struct slice s, bool plus, size_t *i)
{
	char c = s.at[(*i)++];
	int high = c == '%' && s.len - *i >= 2 ? ascii_hex(s.at[*i]) : -1;
	int low = high >= 0 ? ascii_hex(s.at[*i + 1]) : -1;

	if (low >= 0) {
		*i += 2;
		return (char)(high << 4 | low);
	}
	return plus && c == '+' ? ' ' : c;
}

struct slice percent_decode(struct slice s, bool plus, struct arena *a)
{
	size_t len = 0;
	char *to;

	if (slice_find(s, '%') == s.len &&
	    !(plus && slice_find(s, '+') < s.len))
		return s.at == NULL ? LIT("") : s;
	to = arena_alloc(a, s.len);
	if (to == NULL)
		return SLICE_NONE;
	for (size_t i = 0; i < s.len;)
		to[len++] = next_byte(s, plus, &i);
	return (struct slice){ to, len };
}

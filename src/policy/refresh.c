/* Reading a refresh. */
#include "policy/refresh.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static struct slice skip_blanks(struct slice s)
{
	while (s.len > 0 && is_blank(s.at[0]))
		s = slice_from(s, 1);
	return s;
}

static bool starts(struct slice s, char c)
{
	return s.len > 0 && s.at[0] == c;
}

/* Behind the number, whose fraction does not count; false where none is. */
static bool skip_time(struct slice *s)
{
	size_t i = 0;

	while (i < s->len && (ascii_is_digit(s->at[i]) || s->at[i] == '.'))
		i++;
	*s = slice_from(*s, i);
	return i > 0;
}

/* Behind "url =" and its blanks; s itself where that is not what it is. */
static struct slice skip_name(struct slice s)
{
	struct slice rest;

	if (!slice_starts_nocase(s, LIT("url")))
		return s;
	rest = skip_blanks(slice_from(s, 3));
	return starts(rest, '=') ? skip_blanks(slice_from(rest, 1)) : s;
}

bool refresh_url(struct slice value, struct slice *url_out)
{
	struct slice s = skip_blanks(value);
	struct slice url;

	if (!skip_time(&s) || s.len == 0 ||
	    !(starts(s, ';') || starts(s, ',') || is_blank(s.at[0])))
		return false;
	s = skip_blanks(s);
	if (starts(s, ';') || starts(s, ','))
		s = skip_blanks(slice_from(s, 1));
	url = skip_name(s);
	if (starts(url, '"') || starts(url, '\'')) {
		char quote = url.at[0];

		url = slice_from(url, 1);
		url = slice_upto(url, slice_find(url, quote));
	}
	if (url.len == 0)
		return false;
	*url_out = url;
	return true;
}

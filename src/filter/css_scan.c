/* Reading CSS in runs. */
#include "filter/css_scan.h"

/* Of ASCII: n in names, b blank, i idle between tokens, x all else. */
static const char kinds[] = "niiiiiiiibbibbii"  /* NUL to SI */
			    "iiiiiiiiiiiiiiii"  /* DLE to US */
			    "bixxiiixxxiiinix"  /* space to slash */
			    "nnnnnnnnnnixxiii"  /* 0 to ? */
			    "xnnnnnnnnnnnnnnn"  /* @ to O */
			    "nnnnnnnnnnnxxxin"  /* P to _ */
			    "innnnnnnnnnnnnnn"  /* ` to o */
			    "nnnnnnnnnnnxixii"; /* p to DEL */

static char kind_of(char c)
{
	return (unsigned char)c < 0x80 ? kinds[(unsigned char)c] : 'n';
}

bool css_is_name(char c)
{
	return kind_of(c) == 'n';
}

bool css_spoils_url(char c)
{
	unsigned char u = (unsigned char)c;

	return c == '"' || c == '\'' || c == '(' || u == 0x7f || u == 0x0b ||
	    (u >= 0x0e && u < 0x20) || (u >= 0x01 && u <= 0x08);
}

static size_t name_end(struct slice s, size_t i)
{
	while (i < s.len && kind_of(s.at[i]) == 'n')
		i++;
	return i;
}

size_t css_name_run(struct slice s)
{
	return name_end(s, 0);
}

size_t css_plain_run(struct slice s)
{
	size_t i = 0;
	size_t end;
	char kind;

	while (i < s.len && (kind = kind_of(s.at[i])) != 'x') {
		if (kind != 'n') {
			i++;
			continue;
		}
		end = name_end(s, i + 1);
		if (end == s.len || s.at[end] == '(' || s.at[end] == '\\')
			break;
		i = end;
	}
	return i;
}

size_t css_string_run(struct slice s, char quote)
{
	size_t i = 0;

	while (i < s.len && s.at[i] != quote && s.at[i] != '\\' &&
	    !css_is_newline(s.at[i]))
		i++;
	return i;
}

size_t css_url_run(struct slice s)
{
	size_t i = 0;

	while (i < s.len && s.at[i] != ')' && s.at[i] != '\\' &&
	    !css_is_blank(s.at[i]) && !css_spoils_url(s.at[i]))
		i++;
	return i;
}

size_t css_bad_url_run(struct slice s)
{
	size_t i = 0;

	while (i < s.len && s.at[i] != ')' && s.at[i] != '\\')
		i++;
	return i;
}

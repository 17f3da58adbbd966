/* Walking the links of a Link field. */
#include "policy/link_field.h"

#include "policy/patch.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static size_t skip_blanks(struct slice s, size_t i)
{
	while (i < s.len && is_blank(s.at[i]))
		i++;
	return i;
}

static struct slice part(struct slice s, size_t from, size_t to)
{
	return slice_from(slice_upto(s, to), from);
}

/* Of what is no link: the comma behind it that stands in no quotes. */
static size_t skip_member(struct slice s, size_t i)
{
	while (i < s.len && s.at[i] != ',')
		i = s.at[i] == '"' ? quote_end(s, i + 1) + 1 : i + 1;
	return i < s.len ? i : s.len;
}

/* The descriptors of an image candidate; commas in parentheses are theirs. */
static size_t skip_descriptors(struct slice s, size_t i)
{
	bool inside = false;

	for (; i < s.len && (inside || s.at[i] != ','); i++)
		if (s.at[i] == '(' || s.at[i] == ')')
			inside = s.at[i] == '(';
	return i;
}

/* The HTML Standard's "parse a srcset attribute", as far as URLs go. */
static void put_srcset(
    struct patch *p, const struct mapping *m, struct slice set)
{
	size_t i = 0;

	while (i < set.len) {
		size_t start;
		size_t end;

		while (i < set.len && (is_blank(set.at[i]) || set.at[i] == ','))
			i++;
		for (start = i; i < set.len && !is_blank(set.at[i]);)
			i++;
		for (end = i; end > start && set.at[end - 1] == ',';)
			end--;
		if (end > start)
			patch_url(p, m, part(set, start, end));
		if (end == i)
			i = skip_descriptors(set, i);
	}
}

static void put_param(struct patch *p, const struct mapping *m,
    struct slice name, struct slice value, bool quoted)
{
	if (slice_eq_nocase(name, LIT("anchor"))) {
		if (quoted)
			patch_quoted_url(p, m, value);
		else
			patch_url(p, m, value);
	} else if (slice_eq_nocase(name, LIT("imagesrcset")) &&
	    slice_find(value, '\\') == value.len) {
		put_srcset(p, m, value);
	}
}

/* What stands behind "name=". */
static size_t put_param_value(struct patch *p, const struct mapping *m,
    struct slice name, struct slice s, size_t i)
{
	size_t end;

	if (i < s.len && s.at[i] == '"') {
		end = quote_end(s, i + 1);
		if (end < s.len)
			put_param(p, m, name, part(s, i + 1, end), true);
		return end < s.len ? end + 1 : end;
	}
	for (end = i; end < s.len && s.at[end] != ';' && s.at[end] != ',';)
		end++;
	put_param(p, m, name, slice_trim(part(s, i, end)), false);
	return end;
}

/* From behind the target; to the comma that ends the link. */
static size_t put_params(
    struct patch *p, const struct mapping *m, struct slice s, size_t i)
{
	for (;;) {
		size_t start;
		struct slice name;

		i = skip_blanks(s, i);
		if (i == s.len || s.at[i] == ',')
			return i;
		if (s.at[i] != ';')
			return skip_member(s, i);
		start = i = skip_blanks(s, i + 1);
		while (i < s.len && s.at[i] != '=' && s.at[i] != ';' &&
		    s.at[i] != ',' && s.at[i] != '"' && !is_blank(s.at[i]))
			i++;
		name = part(s, start, i);
		i = skip_blanks(s, i);
		if (i < s.len && s.at[i] == '=')
			i = put_param_value(
			    p, m, name, s, skip_blanks(s, i + 1));
	}
}

struct slice link_adapt(
    const struct mapping *m, struct slice value, struct arena *a)
{
	struct patch p = patch_of(value, a);
	size_t i = 0;

	while (i < value.len) {
		size_t close;

		if (is_blank(value.at[i]) || value.at[i] == ',') {
			i++;
			continue;
		}
		if (value.at[i] != '<') {
			i = skip_member(value, i);
			continue;
		}
		close = i + slice_find(slice_from(value, i), '>');
		if (close == value.len)
			break;
		patch_url(&p, m, part(value, i + 1, close));
		i = put_params(&p, m, value, close + 1);
	}
	return patch_end(&p);
}

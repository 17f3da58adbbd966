/* Taking tags apart (XML 1.0 section 3.1). */
#include "filter/xml_tag.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Here "?" ends an instruction, and no name holds it. */
static bool ends_name(char c)
{
	return is_blank(c) || c == '=' || c == '/' || c == '>' || c == '?' ||
	    c == '"' || c == '\'' || c == '<';
}

static struct slice skip_blanks(struct slice s)
{
	while (s.len > 0 && is_blank(s.at[0]))
		s = slice_from(s, 1);
	return s;
}

static struct slice cut_name(struct slice *s)
{
	struct slice name = { s->at, 0 };

	while (name.len < s->len && !ends_name(s->at[name.len]))
		name.len++;
	*s = slice_from(*s, name.len);
	return name;
}

struct slice xml_tag_name(struct slice *tag)
{
	size_t mark = slice_starts(*tag, LIT("<?")) ? 2 : 1;

	*tag = slice_from(*tag, mark);
	return cut_name(tag);
}

bool xml_tag_next(struct slice *tag, struct xml_attribute *attribute_out)
{
	struct xml_attribute a;
	struct slice rest = skip_blanks(*tag);

	if (rest.at == tag->at)
		return false;
	a.name = cut_name(&rest);
	rest = skip_blanks(rest);
	if (a.name.len == 0 || rest.len == 0 || rest.at[0] != '=')
		return false;
	rest = skip_blanks(slice_from(rest, 1));
	if (rest.len == 0 || (rest.at[0] != '"' && rest.at[0] != '\''))
		return false;
	a.value = slice_from(rest, 1);
	a.value.len = slice_find(a.value, rest.at[0]);
	if (a.value.len + 2 > rest.len)
		return false;
	rest = slice_from(rest, a.value.len + 2);
	a.whole = slice_upto(*tag, (size_t)(rest.at - tag->at));
	*tag = rest;
	*attribute_out = a;
	return true;
}

bool xml_tag_is_over(struct slice rest)
{
	rest = skip_blanks(rest);
	return slice_eq(rest, LIT(">")) || slice_eq(rest, LIT("/>")) ||
	    slice_eq(rest, LIT("?>"));
}

struct slice xml_tag_get(struct slice tag, struct slice name)
{
	struct xml_attribute a;

	xml_tag_name(&tag);
	while (xml_tag_next(&tag, &a))
		if (slice_eq(a.name, name))
			return a.value;
	return SLICE_NONE;
}

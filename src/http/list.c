/* Comma-separated field values. */
#include "http/list.h"

#include "http/field.h"

/* Index of the first sep outside a quoted string, or s.len. */
static size_t find_unquoted(struct slice s, char sep, bool *open_out)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i < s.len; i++) {
		char c = s.at[i];

		if (c == '"')
			quoted = !quoted;
		else if (quoted && c == '\\' && i + 1 < s.len)
			i++;
		else if (!quoted && c == sep)
			break;
	}
	*open_out = quoted;
	return i;
}

/* Takes what stands before that sep off *rest, sep too. */
static bool cut_unquoted(struct slice *rest, char sep, struct slice *head_out)
{
	bool open;
	size_t i;

	if (rest->at == NULL)
		return false;
	i = find_unquoted(*rest, sep, &open);
	*head_out = slice_upto(*rest, i);
	*rest = i == rest->len ? SLICE_NONE : slice_from(*rest, i + 1);
	return true;
}

bool list_next(struct slice *rest, struct slice *member_out)
{
	struct slice member;

	while (cut_unquoted(rest, ',', &member)) {
		member = slice_trim(member);
		if (member.len > 0) {
			*member_out = member;
			return true;
		}
	}
	return false;
}

bool list_closed(struct slice value)
{
	bool open;

	/* No value holds a NUL. */
	(void)find_unquoted(value, '\0', &open);
	return !open;
}

struct slice list_head(struct slice member, struct slice *params_out)
{
	struct slice head = SLICE_NONE;

	(void)cut_unquoted(&member, ';', &head);
	*params_out = member;
	return slice_trim(head);
}

bool param_next(
    struct slice *params, struct slice *name_out, struct slice *value_out)
{
	struct slice param;

	while (cut_unquoted(params, ';', &param)) {
		size_t equals;

		param = slice_trim(param);
		if (param.len == 0)
			continue;
		equals = slice_find(param, '=');
		*name_out = slice_upto(param, equals);
		*value_out = equals == param.len ?
		    SLICE_NONE :
		    slice_from(param, equals + 1);
		return true;
	}
	return false;
}

bool list_has(struct slice value, struct slice member)
{
	struct slice found;
	struct slice params;

	while (list_next(&value, &found))
		if (slice_eq_nocase(list_head(found, &params), member))
			return true;
	return false;
}

bool list_field_has(
    const struct fields *f, struct slice name, struct slice member)
{
	for (size_t i = field_next(f, name, 0); i < f->n;
	     i = field_next(f, name, i + 1))
		if (list_has(f->at[i].value, member))
			return true;
	return false;
}

bool directive_has(const struct fields *f, struct slice directive)
{
	struct slice name = LIT("Cache-Control");

	for (size_t i = field_next(f, name, 0); i < f->n;
	     i = field_next(f, name, i + 1)) {
		struct slice rest = f->at[i].value;
		struct slice member;

		while (list_next(&rest, &member)) {
			member = slice_upto(member, slice_find(member, '='));
			if (slice_eq_nocase(slice_trim(member), directive))
				return true;
		}
	}
	return false;
}

bool qvalue_parse(struct slice s, unsigned *thousandths_out)
{
	unsigned value = 0;
	unsigned unit = QVALUE_ONE;

	if (s.len == 0 || s.len > 5 || (s.at[0] != '0' && s.at[0] != '1') ||
	    (s.len > 1 && s.at[1] != '.'))
		return false;
	value = s.at[0] == '1' ? QVALUE_ONE : 0;
	for (size_t i = 2; i < s.len; i++) {
		if (!ascii_is_digit(s.at[i]))
			return false;
		unit /= 10;
		value += unit * (unsigned)(s.at[i] - '0');
	}
	if (value > QVALUE_ONE)
		return false;
	*thousandths_out = value;
	return true;
}

unsigned qvalue_of(struct slice params)
{
	struct slice name;
	struct slice value;
	unsigned q = QVALUE_ONE;

	while (param_next(&params, &name, &value))
		if (slice_eq_nocase(name, LIT("q")))
			return qvalue_parse(value, &q) ? q : 0;
	return q;
}

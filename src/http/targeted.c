/* Targeted cache control: a dictionary of structured fields (RFC 9651 section
 * 3.2) whose members are cache directives (RFC 9213 section 2.1).
 *
 * One error and the whole field counts for nothing, so everything in it is
 * parsed, what we do not know as well.  Of members with one name the last
 * counts. */
#include <string.h>

#include "http/directives.h"
#include "http/field.h"

#define DIGITS_MAX   15 /* of an integer */
#define WHOLE_MAX    12 /* of a decimal, before its point */
#define FRACTION_MAX 3

enum item {
	ITEM_NONE, /* an error */
	ITEM_TRUE,
	ITEM_FALSE,
	ITEM_INTEGER,
	ITEM_TEXT, /* a string or a token */
	ITEM_OTHER,
};

struct value {
	enum item type;
	int64_t integer;
	struct slice text;
};

static bool peek(const struct slice *s, char c)
{
	return s->len > 0 && s->at[0] == c;
}

static bool skip(struct slice *s, char c)
{
	if (!peek(s, c))
		return false;
	*s = slice_from(*s, 1);
	return true;
}

static void skip_blanks(struct slice *s)
{
	while (skip(s, ' '))
		continue;
}

static struct slice take_while(struct slice *s, bool (*is)(char))
{
	struct slice start = *s;
	size_t n = 0;

	while (n < s->len && is(s->at[n]))
		n++;
	*s = slice_from(*s, n);
	return slice_upto(start, n);
}

static bool is_key(char c)
{
	return (c >= 'a' && c <= 'z') || ascii_is_digit(c) ||
	    (c != '\0' && strchr("_-.*", c) != NULL);
}

static bool is_token(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) ||
	    (c != '\0' && strchr("!#$%&'*+-.^_`|~:/", c) != NULL);
}

static bool is_base64(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) ||
	    (c != '\0' && strchr("+/=", c) != NULL);
}

static bool take_key(struct slice *s, struct slice *key_out)
{
	if (s->len == 0 ||
	    !((s->at[0] >= 'a' && s->at[0] <= 'z') || s->at[0] == '*'))
		return false;
	*key_out = take_while(s, is_key);
	return true;
}

static struct value take_number(struct slice *s)
{
	struct value v = { ITEM_NONE, 0, SLICE_NONE };
	bool minus = skip(s, '-');
	struct slice digits = take_while(s, ascii_is_digit);

	if (digits.len == 0 || digits.len > DIGITS_MAX)
		return v;
	for (size_t i = 0; i < digits.len; i++)
		v.integer = v.integer * 10 + (digits.at[i] - '0');
	if (minus)
		v.integer = -v.integer;
	v.type = ITEM_INTEGER;
	if (skip(s, '.')) {
		struct slice fraction = take_while(s, ascii_is_digit);

		v.type = digits.len > WHOLE_MAX || fraction.len == 0 ||
			fraction.len > FRACTION_MAX ?
		    ITEM_NONE :
		    ITEM_OTHER;
	}
	return v;
}

/* Behind the opening quote. */
static struct value take_string(struct slice *s)
{
	struct slice start = *s;

	for (size_t i = 0; i < start.len; i++) {
		char c = start.at[i];

		if (c == '"') {
			*s = slice_from(start, i + 1);
			return (
			    struct value){ ITEM_TEXT, 0, slice_upto(start, i) };
		}
		if (c == '\\') {
			i++;
			if (i == start.len ||
			    (start.at[i] != '"' && start.at[i] != '\\'))
				break;
		} else if (c < ' ' || c > '~') {
			break;
		}
	}
	return (struct value){ ITEM_NONE, 0, SLICE_NONE };
}

static struct value take_bytes(struct slice *s)
{
	(void)take_while(s, is_base64);
	return (struct value){ skip(s, ':') ? ITEM_OTHER : ITEM_NONE, 0,
		SLICE_NONE };
}

static struct value take_boolean(struct slice *s)
{
	enum item type = skip(s, '1') ? ITEM_TRUE :
	    skip(s, '0')              ? ITEM_FALSE :
					ITEM_NONE;

	return (struct value){ type, 0, SLICE_NONE };
}

/* Behind '@': an integer. */
static struct value take_date(struct slice *s)
{
	struct value v = take_number(s);

	v.type = v.type == ITEM_INTEGER ? ITEM_OTHER : ITEM_NONE;
	return v;
}

/* Behind '%': a string whose percent-encodings are of lower case. */
static struct value take_display(struct slice *s)
{
	struct value v = { ITEM_NONE, 0, SLICE_NONE };

	if (!skip(s, '"'))
		return v;
	while (s->len > 0 && !peek(s, '"')) {
		char c = s->at[0];

		if (c < ' ' || c > '~')
			return v;
		*s = slice_from(*s, 1);
		if (c != '%')
			continue;
		for (int i = 0; i < 2; i++) {
			if (s->len == 0 || ascii_hex(s->at[0]) < 0 ||
			    ascii_lower(s->at[0]) != s->at[0])
				return v;
			*s = slice_from(*s, 1);
		}
	}
	v.type = skip(s, '"') ? ITEM_OTHER : ITEM_NONE;
	return v;
}

static struct value take_bare(struct slice *s)
{
	struct value none = { ITEM_NONE, 0, SLICE_NONE };
	char c;

	if (s->len == 0)
		return none;
	c = s->at[0];
	if (c == '-' || ascii_is_digit(c))
		return take_number(s);
	if (c == '*' || ascii_is_alpha(c))
		return (struct value){ ITEM_TEXT, 0, take_while(s, is_token) };
	*s = slice_from(*s, 1);
	return c == '"' ? take_string(s) :
	    c == ':'    ? take_bytes(s) :
	    c == '?'    ? take_boolean(s) :
	    c == '@'    ? take_date(s) :
	    c == '%'    ? take_display(s) :
			  none;
}

static bool skip_params(struct slice *s)
{
	struct slice key;

	while (skip(s, ';')) {
		skip_blanks(s);
		if (!take_key(s, &key))
			return false;
		if (skip(s, '=') && take_bare(s).type == ITEM_NONE)
			return false;
	}
	return true;
}

/* Behind the opening parenthesis. */
static bool skip_inner_list(struct slice *s)
{
	for (;;) {
		skip_blanks(s);
		if (skip(s, ')'))
			return true;
		if (take_bare(s).type == ITEM_NONE || !skip_params(s) ||
		    (!peek(s, ' ') && !peek(s, ')')))
			return false;
	}
}

static struct value take_value(struct slice *s)
{
	struct value v = { ITEM_TRUE, 0, SLICE_NONE };

	if (skip(s, '=')) {
		if (skip(s, '('))
			v.type = skip_inner_list(s) ? ITEM_OTHER : ITEM_NONE;
		else
			v = take_bare(s);
	}
	if (v.type != ITEM_NONE && !skip_params(s))
		v.type = ITEM_NONE;
	return v;
}

/* A directive of a type that it does not have is an error, too. */
static bool take_directive(
    struct directives *d, struct slice key, const struct value *v)
{
	static const enum directive_form forms[] = {
		[ITEM_NONE] = DIRECTIVE_INVALID,
		[ITEM_TRUE] = DIRECTIVE_BARE,
		[ITEM_FALSE] = DIRECTIVE_INVALID,
		[ITEM_INTEGER] = DIRECTIVE_SECONDS,
		[ITEM_TEXT] = DIRECTIVE_NAMES,
		[ITEM_OTHER] = DIRECTIVE_INVALID,
	};
	struct directive_value value = { forms[v->type], v->integer, v->text };

	if (value.seconds > DELTA_MAX)
		value.seconds = DELTA_MAX;
	if (value.seconds < 0)
		value.seconds = 0;
	return directive_take(d, key, &value);
}

struct member {
	struct slice key;
	struct value value;
};

/* More members than any honest field has: an error. */
#define MEMBERS_MAX 64

struct dictionary {
	struct member at[MEMBERS_MAX];
	size_t n;
};

static bool dictionary_put(struct dictionary *all, struct member m)
{
	for (size_t i = 0; i < all->n; i++)
		if (slice_eq(all->at[i].key, m.key)) {
			all->at[i] = m;
			return true;
		}
	if (all->n == MEMBERS_MAX)
		return false;
	all->at[all->n++] = m;
	return true;
}

static void skip_ows(struct slice *s)
{
	while (skip(s, ' ') || skip(s, '\t'))
		continue;
}

static bool dictionary_add(struct dictionary *all, struct slice line)
{
	line = slice_trim(line);
	while (line.len > 0) {
		struct member m;

		if (!take_key(&line, &m.key))
			return false;
		m.value = take_value(&line);
		if (m.value.type == ITEM_NONE || !dictionary_put(all, m))
			return false;
		skip_ows(&line);
		if (line.len == 0)
			return true;
		if (!skip(&line, ','))
			return false;
		skip_ows(&line);
		if (line.len == 0)
			return false;
	}
	return true;
}

bool directives_targeted(const struct fields *f, struct slice field_name,
    struct directives *directives_out)
{
	struct dictionary all = { .n = 0 };
	struct directives d = directives_none();

	for (size_t i = field_next(f, field_name, 0); i < f->n;
	     i = field_next(f, field_name, i + 1))
		if (!dictionary_add(&all, f->at[i].value))
			return false;
	for (size_t i = 0; i < all.n; i++)
		if (all.at[i].value.type != ITEM_FALSE &&
		    !take_directive(&d, all.at[i].key, &all.at[i].value))
			return false;
	if (all.n > 0)
		*directives_out = d;
	return all.n > 0;
}

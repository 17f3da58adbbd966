/* Cache-Control and Surrogate-Control. */
#include "http/directives.h"

#include "http/field.h"
#include "http/list.h"

#define NAME(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}
#define COUNT(row) (sizeof(row) / sizeof((row)[0]))

static const struct {
	struct slice name;
	unsigned flag;
	bool names; /* field names may follow */
} flag_table[] = {
	{ NAME("no-store"), DIRECTIVE_NO_STORE, false },
	{ NAME("no-cache"), DIRECTIVE_NO_CACHE, true },
	{ NAME("private"), DIRECTIVE_PRIVATE, true },
	{ NAME("public"), DIRECTIVE_PUBLIC, false },
	{ NAME("must-revalidate"), DIRECTIVE_MUST_REVALIDATE, false },
	{ NAME("proxy-revalidate"), DIRECTIVE_PROXY_REVALIDATE, false },
	{ NAME("must-understand"), DIRECTIVE_MUST_UNDERSTAND, false },
	{ NAME("immutable"), DIRECTIVE_IMMUTABLE, false },
	{ NAME("no-transform"), DIRECTIVE_NO_TRANSFORM, false },
	{ NAME("only-if-cached"), DIRECTIVE_ONLY_IF_CACHED, false },
};

static const struct {
	struct slice name;
	size_t at;       /* in struct directives */
	bool larger;     /* of two values the larger is the careful one */
	int64_t bare;    /* without an argument, and */
	int64_t invalid; /* with one that is none */
} delta_table[] = {
#define AT(member) offsetof(struct directives, member)
	{ NAME("max-age"), AT(max_age_s), false, 0, 0 },
	{ NAME("s-maxage"), AT(s_maxage_s), false, 0, 0 },
	{ NAME("stale-while-revalidate"), AT(stale_while_revalidate_s), false,
	    0, 0 },
	{ NAME("stale-if-error"), AT(stale_if_error_s), false, 0, 0 },
	{ NAME("max-stale"), AT(max_stale_s), false, DELTA_MAX, 0 },
	{ NAME("min-fresh"), AT(min_fresh_s), true, 0, DELTA_MAX },
#undef AT
};

bool delta_parse(struct slice s, int64_t *seconds_out)
{
	int64_t seconds = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!ascii_is_digit(s.at[i]))
			return false;
		seconds = seconds * 10 + (s.at[i] - '0');
		if (seconds > DELTA_MAX)
			seconds = DELTA_MAX;
	}
	*seconds_out = seconds;
	return true;
}

struct directives directives_none(void)
{
	return (struct directives){
		.max_age_s = DELTA_NONE,
		.s_maxage_s = DELTA_NONE,
		.stale_while_revalidate_s = DELTA_NONE,
		.stale_if_error_s = DELTA_NONE,
		.max_stale_s = DELTA_NONE,
		.min_fresh_s = DELTA_NONE,
	};
}

/* Field names and nothing else, one at least? */
static bool are_names(struct slice list)
{
	struct slice name;
	bool any = false;

	while (list_next(&list, &name)) {
		if (!field_name_valid(name))
			return false;
		any = true;
	}
	return any;
}

/* What is not a list of names is about the whole response. */
static void take_flag(struct directives *d, unsigned flag, bool names,
    const struct directive_value *value)
{
	if (names && value->form == DIRECTIVE_NAMES &&
	    d->name_n < DIRECTIVE_LISTS_MAX &&
	    value->text.len <= DIRECTIVE_LIST_MAX_BYTES &&
	    are_names(value->text))
		d->names[d->name_n++] = value->text;
	else
		d->flags |= flag;
}

bool directive_take(struct directives *d, struct slice name,
    const struct directive_value *value)
{
	for (size_t i = 0; i < COUNT(flag_table); i++)
		if (slice_eq_nocase(name, flag_table[i].name)) {
			bool names = flag_table[i].names;

			take_flag(d, flag_table[i].flag, names, value);
			return value->form == DIRECTIVE_BARE ||
			    (value->form == DIRECTIVE_NAMES && names);
		}
	for (size_t i = 0; i < COUNT(delta_table); i++)
		if (slice_eq_nocase(name, delta_table[i].name)) {
			int64_t *at =
			    (int64_t *)((char *)d + delta_table[i].at);
			int64_t s = value->form == DIRECTIVE_SECONDS ?
			    value->seconds :
			    value->form == DIRECTIVE_BARE ?
			    delta_table[i].bare :
			    delta_table[i].invalid;

			if (*at == DELTA_NONE ||
			    (delta_table[i].larger ? s > *at : s < *at))
				*at = s;
			return value->form == DIRECTIVE_SECONDS ||
			    (value->form == DIRECTIVE_BARE &&
				delta_table[i].bare == DELTA_MAX);
		}
	return true;
}

/* What follows '=': a token, or a quoted string without escapes, which no
 * argument of ours needs. */
static struct directive_value value_of(struct slice argument)
{
	struct directive_value v = { DIRECTIVE_INVALID, 0, argument };

	if (argument.len >= 2 && argument.at[0] == '"' &&
	    argument.at[argument.len - 1] == '"')
		v.text = slice_upto(slice_from(argument, 1), argument.len - 2);
	if (slice_find(v.text, '"') != v.text.len ||
	    slice_find(v.text, '\\') != v.text.len)
		return v;
	v.form = delta_parse(v.text, &v.seconds) ? DIRECTIVE_SECONDS :
						   DIRECTIVE_NAMES;
	return v;
}

static void take_member(struct directives *d, struct slice member)
{
	size_t equals = slice_find(member, '=');
	struct slice name = slice_upto(member, equals);
	struct directive_value v = { DIRECTIVE_BARE, 0, SLICE_NONE };

	if (equals < member.len)
		v = value_of(slice_from(member, equals + 1));
	/* A blank beside '=' is an error; the name still warns us. */
	if (slice_trim(name).len != name.len)
		v.form = DIRECTIVE_INVALID;
	(void)directive_take(d, slice_trim(name), &v);
}

void directives_add(struct directives *d, struct slice value)
{
	struct slice member;

	if (!list_closed(value))
		d->flags |= DIRECTIVE_NO_STORE;
	while (list_next(&value, &member))
		take_member(d, member);
}

struct directives directives_read(
    const struct fields *f, struct slice field_name)
{
	struct directives d = directives_none();

	for (size_t i = field_next(f, field_name, 0); i < f->n;
	     i = field_next(f, field_name, i + 1))
		directives_add(&d, f->at[i].value);
	return d;
}

/* "max-age=600+60", or any other that Surrogate-Control may hold. */
static void take_surrogate(struct directives *d, struct slice member)
{
	struct directive_value v = { DIRECTIVE_SECONDS, 0, SLICE_NONE };
	size_t equals = slice_find(member, '=');
	struct slice argument = slice_from(member, equals + 1);
	size_t plus = slice_find(argument, '+');

	if (plus == argument.len ||
	    !slice_eq_nocase(slice_upto(member, equals), LIT("max-age"))) {
		take_member(d, member);
		return;
	}
	take_member(d, slice_upto(member, equals + 1 + plus));
	if (!delta_parse(slice_from(argument, plus + 1), &v.seconds))
		v.form = DIRECTIVE_INVALID;
	(void)directive_take(d, LIT("stale-while-revalidate"), &v);
}

bool directives_surrogate(
    const struct fields *f, struct directives *directives_out)
{
	struct slice field_name = LIT("Surrogate-Control");
	struct directives d = directives_none();
	bool any = false;

	for (size_t i = field_next(f, field_name, 0); i < f->n;
	     i = field_next(f, field_name, i + 1)) {
		struct slice rest = f->at[i].value;
		struct slice member;

		if (!list_closed(rest))
			return false;
		while (list_next(&rest, &member)) {
			struct slice target;
			struct slice directive = list_head(member, &target);

			if (target.len > 0)
				continue;
			take_surrogate(&d, directive);
			any |= slice_starts_nocase(directive, LIT("max-age")) ||
			    slice_eq_nocase(directive, LIT("no-store"));
		}
	}
	if (any)
		*directives_out = d;
	return any;
}

bool directives_name(const struct directives *d, struct slice field_name)
{
	for (size_t i = 0; i < d->name_n; i++)
		if (list_has(d->names[i], field_name))
			return true;
	return false;
}

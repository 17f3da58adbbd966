/* Reading the conditions of match. */
#include "conf/conditions.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/match.h"
#include "conf/suggest.h"

static const char *const kinds[] = { [CONDITION_METHOD] = "method",
	[CONDITION_HEADER] = "header",
	[CONDITION_COOKIE] = "cookie",
	[CONDITION_QUERY] = "query" };

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static bool kind_unknown(struct slice s, struct slice kind, struct text *why)
{
	struct suggestion near = suggest_for(kind);

	for (size_t i = 0; i < KINDS; i++)
		suggest_offer(&near, slice_of(kinds[i]));
	if (near.best.len > 0)
		text_format(why,
		    "unknown condition \"%.*s\": did you mean %.*s:?",
		    SLICE_ARG(s), SLICE_ARG(near.best));
	else
		text_format(why,
		    "unknown condition \"%.*s\": write method:, header:, "
		    "cookie: or query: before it",
		    SLICE_ARG(s));
	return false;
}

static bool name_valid(
    const struct condition *c, struct slice s, struct text *why)
{
	const char *kind = kinds[c->kind];

	if (c->name.len == 0 && !c->names)
		text_format(why,
		    "\"%.*s\" lacks a name: write %s:NAME or %s:NAME=VALUE",
		    SLICE_ARG(s), kind, kind);
	else if (c->kind != CONDITION_QUERY && c->name.len > 0 &&
	    !field_name_valid(c->name))
		text_format(
		    why, "\"%.*s\" is no %s's name", SLICE_ARG(c->name), kind);
	else if (c->kind == CONDITION_HEADER &&
	    slice_eq_nocase(c->name, LIT("Host")))
		text_add(why,
		    LIT("header:Host cannot be asked for here: write host = "
			"NAME"));
	else if (c->kind == CONDITION_HEADER &&
	    slice_eq_nocase(c->name, LIT("Cookie")))
		text_add(why,
		    LIT("header:Cookie holds all cookies at once: write "
			"cookie:NAME=VALUE"));
	else
		return true;
	return false;
}

static bool keep(struct arena *a, struct slice *s)
{
	*s = arena_slice(a, *s);
	return s->at != NULL;
}

bool condition_parse(struct slice s, struct arena *a,
    struct condition *condition_out, struct text *why)
{
	size_t colon = slice_find(s, ':');
	struct slice kind = slice_trim(slice_upto(s, colon));
	struct slice rest = slice_trim(slice_from(s, colon + 1));
	struct condition c = { 0 };
	size_t equals;
	size_t i = 0;

	while (i < KINDS && !slice_eq(kind, slice_of(kinds[i])))
		i++;
	if (i == KINDS || colon == s.len)
		return kind_unknown(s, kind, why);
	c.kind = i;
	if (c.kind == CONDITION_METHOD && rest.len > 0) {
		if (!match_method(rest, a, &c.name, why))
			return false;
	} else {
		equals = slice_find(rest, '=');
		c.any = equals == rest.len;
		c.name = slice_trim(slice_upto(rest, equals));
		c.names = slice_ends(c.name, LIT("*"));
		if (c.names)
			c.name.len--;
		c.value = slice_trim(slice_from(rest, equals + 1));
		c.prefix = slice_ends(c.value, LIT("*"));
		if (c.prefix)
			c.value.len--;
	}
	if (c.kind == CONDITION_METHOD && rest.len == 0) {
		text_format(why, "\"%.*s\" lacks a method, as in method:POST",
		    SLICE_ARG(s));
		return false;
	}
	c.written = s;
	if (!name_valid(&c, s, why))
		return false;
	if (!keep(a, &c.name) || !keep(a, &c.value) || !keep(a, &c.written)) {
		text_add(why, LIT("out of memory"));
		return false;
	}
	*condition_out = c;
	return true;
}

bool condition_same(const struct condition *a, const struct condition *b)
{
	bool name = a->kind == CONDITION_HEADER ?
	    slice_eq_nocase(a->name, b->name) :
	    slice_eq(a->name, b->name);

	return a->kind == b->kind && name && a->names == b->names &&
	    a->any == b->any && a->prefix == b->prefix &&
	    slice_eq(a->value, b->value);
}

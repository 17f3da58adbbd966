/* One test a kind of condition. */
#include "policy/condition.h"

#include "conf/conf.h"
#include "http/cookie_list.h"
#include "policy/parameters.h"

static bool value_matches(const struct condition *c, struct slice value)
{
	if (c->any)
		return true;
	return c->prefix ? slice_starts(value, c->value) :
			   slice_eq(value, c->value);
}

static bool name_matches(const struct condition *c, struct slice name)
{
	return c->names ? slice_starts(name, c->name) : slice_eq(name, c->name);
}

static bool field_matches(const struct condition *c, struct slice name)
{
	return c->names ? slice_starts_nocase(name, c->name) :
			  slice_eq_nocase(name, c->name);
}

static bool header_holds(const struct condition *c, const struct fields *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (field_matches(c, f->at[i].name) &&
		    value_matches(c, f->at[i].value))
			return true;
	return false;
}

static bool cookie_holds(const struct condition *c, const struct fields *f)
{
	struct slice cookie = LIT("Cookie");

	for (size_t i = field_next(f, cookie, 0); i < f->n;
	     i = field_next(f, cookie, i + 1)) {
		struct slice rest = f->at[i].value;
		struct slice name, value;

		while (cookie_next(&rest, &name, &value))
			if (name_matches(c, name) && value_matches(c, value))
				return true;
	}
	return false;
}

static bool query_holds(const struct condition *c, struct slice query)
{
	struct slice rest = slice_from(query, 1);
	struct slice pair;

	while (rest.len > 0 && slice_cut(&rest, '&', &pair)) {
		size_t equals = slice_find(pair, '=');

		if (parameter_matches(
			slice_upto(pair, equals), c->name, c->names) &&
		    (c->any ||
			parameter_matches(
			    slice_from(pair, equals + 1), c->value, c->prefix)))
			return true;
	}
	return false;
}

bool condition_holds(
    const struct condition *c, const struct condition_facts *facts)
{
	static const struct fields none = { 0 };
	const struct fields *f = facts->fields == NULL ? &none : facts->fields;

	switch (c->kind) {
	case CONDITION_METHOD:
		return slice_eq(facts->method, c->name);
	case CONDITION_HEADER:
		return header_holds(c, f);
	case CONDITION_COOKIE:
		return cookie_holds(c, f);
	case CONDITION_QUERY:
		return query_holds(c, facts->query);
	}
	return false;
}

const struct condition *condition_failed(
    const struct conditions *all, const struct condition_facts *facts)
{
	for (size_t i = 0; i < all->n; i++)
		if (!condition_holds(&all->at[i], facts))
			return &all->at[i];
	return NULL;
}

/* Contradictions between the keys of a route. */
#include "conf/route_whole.h"

#include "conf/conf.h"
#include "conf/field_rules.h"
#include "conf/finding.h"
#include "conf/lint.h"
#include "conf/stencil.h"

static unsigned line_of(const struct lint_section *s, struct slice key)
{
	const struct lint_key *found = lint_key_find(s, key);

	return found == NULL ? s->number : found->number;
}

static void need_captures(const struct rule *rule, const struct lint_section *s,
    unsigned line, unsigned used, const char *key, struct findings *f)
{
	bool written = lint_key_find(s, LIT("map_path")) != NULL;

	/* One that is written and missing is a fault already. */
	if (used == 0 || (written && rule->map_path.pattern == NULL))
		return;
	if (rule->map_path.pattern == NULL)
		finding_add(f, FINDING_FAULT, s->file, line,
		    "%s: $%u is a capture of map_path, and [%.*s] has none: "
		    "write $$%u for the characters",
		    key, used - 1, SLICE_ARG(rule->name), used - 1);
	else if (used - 1 > rule->map_path.groups)
		finding_add(f, FINDING_FAULT, s->file, line,
		    "%s: $%u has no parentheses to stand for: the pattern of "
		    "map_path has %zu of them",
		    key, used - 1, rule->map_path.groups);
}

static void check_values(const struct rule *rule, const struct lint_section *s,
    const struct fields *fields, const struct stencil *values, const char *key,
    struct findings *f)
{
	for (size_t i = 0; values != NULL && i < fields->n; i++)
		need_captures(
		    rule, s, s->number, stencil_captures(&values[i]), key, f);
}

static void check_redirect(
    const struct rule *rule, const struct lint_section *s, struct findings *f)
{
	unsigned line = line_of(s, LIT("redirect"));

	if (lint_key_find(s, LIT("redirect")) == NULL)
		return;
	if (lint_key_find(s, LIT("origin")) != NULL)
		finding_add(f, FINDING_FAULT, s->file, line,
		    "redirect: the route answers itself and never asks its "
		    "origin: remove one of the two");
	need_captures(rule, s, line, stencil_captures(&rule->redirect.target),
	    "redirect", f);
}

bool route_whole(struct rule *rule, const struct lint_section *s,
    struct arena *a, struct findings *f)
{
	if (!field_stencils(&rule->request_headers, a, &rule->request_values) ||
	    !field_stencils(&rule->response_headers, a, &rule->response_values))
		return false;
	check_redirect(rule, s, f);
	check_values(rule, s, &rule->request_headers, rule->request_values,
	    "request_header", f);
	check_values(rule, s, &rule->response_headers, rule->response_values,
	    "response_header", f);
	return true;
}

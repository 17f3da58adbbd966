/* Every host and path of every rule, sorted; equal neighbours overlap.  A
 * rule takes what a later one would where it demands no more.
 * /hotels and /hotels/rooms do not: the longer one wins where it matches.
 * Nor do *.example.org and www.example.org: the exact one wins. */
#include "conf/overlap.h"

#include <stdlib.h>

#include "base/arena.h"
#include "conf/conditions.h"
#include "conf/conf.h"
#include "conf/finding.h"

unsigned overlap_rank(const struct rule *rule)
{
	if (rule->match.n > 0)
		return 0;
	return rule->split.on ? 1 : 2;
}

struct claim {
	struct slice host; /* empty: any */
	struct slice path;
	const struct rule *rule;
};

static int by_claim(const void *left, const void *right)
{
	const struct claim *a = left;
	const struct claim *b = right;
	int order = slice_compare(a->host, b->host);

	if (order == 0)
		order = slice_compare(a->path, b->path);
	if (order == 0)
		order = (int)overlap_rank(a->rule) - (int)overlap_rank(b->rule);
	if (order == 0)
		order = a->rule->index < b->rule->index ?
		    -1 :
		    a->rule->index > b->rule->index;
	return order;
}

static size_t claims_of(const struct rule *rule)
{
	return rule->paths.n * (rule->hosts.n == 0 ? 1 : rule->hosts.n);
}

static bool same_claim(const struct claim *a, const struct claim *b)
{
	return slice_eq(a->host, b->host) && slice_eq(a->path, b->path);
}

static bool has_condition(
    const struct conditions *all, const struct condition *one)
{
	for (size_t i = 0; i < all->n; i++)
		if (condition_same(&all->at[i], one))
			return true;
	return false;
}

/* Does every request that meets `narrow` meet `wide`, too? */
static bool conditions_within(
    const struct conditions *narrow, const struct conditions *wide)
{
	for (size_t i = 0; i < wide->n; i++)
		if (!has_condition(narrow, &wide->at[i]))
			return false;
	return true;
}

/* The two claim the same, and `before` is asked first. */
static void compare(
    const struct claim *before, const struct claim *after, struct findings *f)
{
	const struct rule *rule = after->rule;
	const struct rule *other = before->rule;
	bool plain = rule->match.n == 0;

	finding_add(f, plain ? FINDING_FAULT : FINDING_WARNING, rule->file,
	    rule->line,
	    "[%.*s] is never reached: [%.*s] at %.*s:%u has the same "
	    "path \"%.*s\"%s%.*s%s",
	    SLICE_ARG(rule->name), SLICE_ARG(other->name),
	    SLICE_ARG(other->file), other->line,
	    SLICE_ARG(before->path.len == 0 ? LIT("/") : before->path),
	    before->host.len == 0 ? "" : " on ", SLICE_ARG(before->host),
	    plain ? "" : " and demands no more");
}

static bool takes_all_of(const struct rule *before, const struct rule *after)
{
	return !before->split.on &&
	    conditions_within(&after->match, &before->match);
}

/* The rules of one host and path, in the order in which they are asked. */
static void judge_group(const struct claim *group, size_t n, struct findings *f,
    const struct rule **said)
{
	size_t splits = 0;

	for (size_t i = 0; i < n; i++) {
		const struct rule *rule = group[i].rule;
		size_t j = 0;

		splits += rule->split.on;
		if (i == OVERLAP_RULES_MAX ||
		    (rule->split.on && splits == OVERLAP_SPLITS_MAX + 1))
			finding_add(f, FINDING_FAULT, rule->file, rule->line,
			    "[%.*s] is one too many on its path \"%.*s\": no "
			    "more than %d routes share one, %d of them with "
			    "split",
			    SLICE_ARG(rule->name),
			    SLICE_ARG(group[i].path.len == 0 ? LIT("/") :
							       group[i].path),
			    OVERLAP_RULES_MAX, OVERLAP_SPLITS_MAX);
		while (j < i && j < OVERLAP_RULES_MAX &&
		    !takes_all_of(group[j].rule, rule))
			j++;
		if (j == i || j == OVERLAP_RULES_MAX || *said == rule)
			continue;
		*said = rule;
		compare(&group[j], &group[i], f);
	}
}

/* A request has one method. */
static void judge_methods(const struct rule *rule, struct findings *f)
{
	const struct condition *first = NULL;

	for (size_t i = 0; i < rule->match.n; i++) {
		const struct condition *c = &rule->match.at[i];

		if (c->kind != CONDITION_METHOD)
			continue;
		if (first != NULL) {
			finding_add(f, FINDING_WARNING, rule->file, rule->line,
			    "[%.*s] is never reached: no request has both "
			    "%.*s and %.*s",
			    SLICE_ARG(rule->name), SLICE_ARG(first->written),
			    SLICE_ARG(c->written));
			return;
		}
		first = c;
	}
}

bool overlap_find(const struct conf *c, struct arena *a, struct findings *f)
{
	struct claim *claims;
	const struct rule *said = NULL;
	size_t n = 0;

	for (size_t i = 0; i < c->rule_n; i++) {
		n += claims_of(&c->rules[i]);
		judge_methods(&c->rules[i], f);
	}
	claims = arena_alloc(a, (n + 1) * sizeof(*claims));
	if (claims == NULL)
		return false;
	n = 0;
	for (size_t i = 0; i < c->rule_n; i++) {
		const struct rule *rule = &c->rules[i];

		for (size_t j = 0; j < claims_of(rule); j++)
			claims[n++] = (struct claim){ rule->hosts.n == 0 ?
				    LIT("") :
				    rule->hosts.at[j / rule->paths.n],
				rule->paths.at[j % rule->paths.n], rule };
	}
	qsort(claims, n, sizeof(*claims), by_claim);
	for (size_t start = 0, i = 1; i <= n; i++)
		if (i == n || !same_claim(&claims[start], &claims[i])) {
			judge_group(&claims[start], i - start, f, &said);
			start = i;
		}
	return true;
}

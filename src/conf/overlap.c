/* Every host and path of every rule, sorted; equal neighbours overlap.
 * /hotels and /hotels/rooms do not: the longer one wins where it matches.
 * Nor do *.example.org and www.example.org: the exact one wins. */
#include "conf/overlap.h"

#include <stdlib.h>

#include "base/arena.h"
#include "conf/conf.h"
#include "conf/finding.h"

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

bool overlap_find(const struct conf *c, struct arena *a, struct findings *f)
{
	struct claim *claims;
	const struct rule *said = NULL;
	const struct claim *first;
	size_t n = 0;

	for (size_t i = 0; i < c->rule_n; i++)
		n += claims_of(&c->rules[i]);
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
	first = claims;
	for (size_t i = 1; i < n; i++) {
		if (!same_claim(first, &claims[i])) {
			first = &claims[i];
			continue;
		}
		if (said == claims[i].rule)
			continue;
		said = claims[i].rule;
		finding_add(f, FINDING_FAULT, said->file, said->line,
		    "[%.*s] is never reached: [%.*s] at %.*s:%u has the same "
		    "path \"%.*s\"%s%.*s",
		    SLICE_ARG(said->name), SLICE_ARG(first->rule->name),
		    SLICE_ARG(first->rule->file), first->rule->line,
		    SLICE_ARG(first->path.len == 0 ? LIT("/") : first->path),
		    first->host.len == 0 ? "" : " on ", SLICE_ARG(first->host));
	}
	return true;
}

/* Reference counting for rules; one thread, so plain integers. */
#include "engine/ruleset.h"

#include <stdlib.h>

#include "conf/conf.h"
#include "policy/route.h"

struct ruleset *ruleset_new(struct conf *taken)
{
	struct ruleset *r = calloc(1, sizeof(*r));
	struct route_table *routes = route_table_new(taken);
	unsigned *hinted = calloc(taken->rule_n + 1, sizeof(*hinted));

	if (r == NULL || routes == NULL || hinted == NULL) {
		route_table_free(routes);
		free(hinted);
		conf_free(taken);
		free(r);
		return NULL;
	}
	r->conf = taken;
	r->routes = routes;
	r->hinted = hinted;
	r->holders = 1;
	return r;
}

struct ruleset *ruleset_hold(struct ruleset *r)
{
	r->holders++;
	return r;
}

void ruleset_drop(struct ruleset *r)
{
	if (r == NULL || --r->holders > 0)
		return;
	route_table_free(r->routes);
	free(r->hinted);
	conf_free(r->conf);
	free(r);
}

unsigned ruleset_new_hints(struct ruleset *r, size_t rule, unsigned hints)
{
	hints &= ~r->hinted[rule];
	r->hinted[rule] |= hints;
	return hints;
}

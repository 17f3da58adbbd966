/* Reference counting for rules; one thread, so plain integers. */
#include "engine/ruleset.h"

#include <stdlib.h>

#include "conf/conf.h"
#include "engine/balancer.h"
#include "engine/cache.h"
#include "policy/cache_key.h"
#include "policy/route.h"

/* One more than there are rules, so that there is always one. */
static uint64_t *fingerprints_of(const struct conf *c)
{
	uint64_t *all = calloc(c->rule_n + 1, sizeof(*all));

	for (size_t i = 0; all != NULL && i < c->rule_n; i++)
		all[i] = cache_fingerprint(&c->rules[i]);
	return all;
}

struct ruleset *ruleset_new(struct conf *taken)
{
	struct ruleset *r = calloc(1, sizeof(*r));
	struct route_table *routes = route_table_new(taken);

	struct balancer *balancer = balancer_new(taken);

	if (r != NULL)
		r->fingerprints = fingerprints_of(taken);
	if (r == NULL || r->fingerprints == NULL || routes == NULL ||
	    balancer == NULL) {
		if (r != NULL)
			free(r->fingerprints);
		balancer_free(balancer);
		route_table_free(routes);
		conf_free(taken);
		free(r);
		return NULL;
	}
	r->conf = taken;
	r->routes = routes;
	r->balancer = balancer;
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
	cache_drop(r->cache);
	balancer_free(r->balancer);
	route_table_free(r->routes);
	conf_free(r->conf);
	free(r->fingerprints);
	free(r);
}

/* Reference counting for rules; one thread, so plain integers. */
#include "engine/ruleset.h"

#include <stdlib.h>

#include "conf/conf.h"
#include "engine/balancer.h"
#include "policy/route.h"

struct ruleset *ruleset_new(struct conf *taken)
{
	struct ruleset *r = calloc(1, sizeof(*r));
	struct route_table *routes = route_table_new(taken);

	struct balancer *balancer = balancer_new(taken);

	if (r == NULL || routes == NULL || balancer == NULL) {
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
	balancer_free(r->balancer);
	route_table_free(r->routes);
	conf_free(r->conf);
	free(r);
}

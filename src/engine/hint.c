/* Hints, once a route and worker. */
#include "engine/hint.h"

#include "conf/conf.h"
#include "engine/exchange_state.h"

void hint_once(
    const struct exchange *e, enum log_level level, struct slice words)
{
	const struct rule *rule = e->match.rule;

	if (once_first(&e->worker->once, rule->name, words))
		log_line(level, "%.*s: [%.*s] %.*s: %.*s",
		    SLICE_ARG(e->request->id), SLICE_ARG(rule->name),
		    SLICE_ARG(slice_upto(e->request->target, 1000)),
		    SLICE_ARG(words));
}

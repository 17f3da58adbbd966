/* A set of rules in force: the conf and its route table, counted, so that an
 * exchange keeps the set it began with while another is swapped in. */
#ifndef ENGINE_RULESET_H
#define ENGINE_RULESET_H

#include <stddef.h>

struct conf;
struct route_table;

struct ruleset {
	struct conf *conf;
	struct route_table *routes;
	unsigned *hinted; /* by rule: the hints that the log has */
	size_t holders;
};

/* Takes the conf; NULL (no memory) frees it.  Held once by the caller. */
struct ruleset *ruleset_new(struct conf *taken);

struct ruleset *ruleset_hold(struct ruleset *r);
void ruleset_drop(struct ruleset *r); /* accepts NULL */

/* Those of the hints that are new for the rule of that index: each is worth
 * one line of the log, not one for each response. */
unsigned ruleset_new_hints(struct ruleset *r, size_t rule, unsigned hints);

#endif

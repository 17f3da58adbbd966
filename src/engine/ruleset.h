/* A set of rules in force: the conf and its route table, counted, so that an
 * exchange keeps the set it began with while another is swapped in. */
#ifndef ENGINE_RULESET_H
#define ENGINE_RULESET_H

#include <stddef.h>
#include <stdint.h>

struct balancer;
struct cache;
struct conf;
struct route_table;

struct ruleset {
	struct conf *conf;
	struct route_table *routes;
	struct balancer *balancer;
	struct cache *cache;    /* NULL: the rules name none */
	uint64_t *fingerprints; /* of each rule, for the keys of its answers */
	size_t holders;
};

/* Takes the conf; NULL (no memory) frees it.  Held once by the caller. */
struct ruleset *ruleset_new(struct conf *taken);

struct ruleset *ruleset_hold(struct ruleset *r);
void ruleset_drop(struct ruleset *r); /* accepts NULL */

#endif

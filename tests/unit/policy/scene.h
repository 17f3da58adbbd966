/* A site of several components, and one request to it: what the tests of
 * adaptation start from.
 *
 *	/hotels   at the origin's root         /based    below the base /b
 *	/kept     strip = no                   /host     preserve_host = yes
 *	/m1 /m2   two paths of one rule        /pets     another component
 *	/         at root.test, no prefix      /bare     slash_redirect = no
 *
 * Every origin is http://o.test:81; all rewriting of heads is on. */
#ifndef TESTS_SCENE_H
#define TESTS_SCENE_H

#include "http/message.h"
#include "policy/mapping.h"
#include "policy/route.h"

struct conf;

struct scene {
	struct arena *arena; /* of one request: scene_ask() empties it */
	struct arena *kept;
	struct conf *conf;
	struct route_table *table;
	struct request request;
	struct route_query query;
	struct route_match match;
	struct mapping mapping;
};

void scene_open(struct scene *s);
void scene_close(struct scene *s);

/* GET of a URL, http://www.test where it is a path; it must find a rule. */
void scene_ask(struct scene *s, struct slice url);

#endif

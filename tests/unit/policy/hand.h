/* A hand-made conf for tests: what the rule file would have said. */
#ifndef TESTS_HAND_H
#define TESTS_HAND_H

#include "conf/conf.h"

/* Lists are comma separated; a path "" or "/" is the root. */
struct hand_rule {
	const char *name;
	const char *paths;
	const char *hosts;   /* NULL: any */
	const char *methods; /* NULL: every */
	const char *base;    /* of origin http://o.test:81; NULL: none */
	bool no_strip;
	bool no_slash;
};

/* In an arena; every rule compresses text and JSON from 256 bytes on. */
struct conf *hand_conf(struct arena *a, const struct hand_rule *rows, size_t n);

/* To set what hand_rule does not have. */
struct rule *hand_rule(const struct conf *c, size_t index);

struct slice_list hand_list(struct arena *a, const char *commas);

#endif

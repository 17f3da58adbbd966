/* Any bytes as a rule file.  Nothing crashes; and where the lint finds
 * nothing, iniparser sees every key that the lint has indexed, and the value
 * that lint_value() gives. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "conf/conf.h"
#include "conf/finding.h"
#include "conf/ini.h"
#include "conf/lint.h"
#include "conf/load.h"
#include "conf/pool.h"
#include "conf/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *const environment[] = { "A=1", "B=x;y", NULL };

static void agree(char *at, size_t len, struct arena *a)
{
	struct findings f = findings_in(a);
	struct lint l = { .arena = a };
	struct slice bytes;
	struct ini *ini;

	if (!source_clean(at, &len, LIT("f"), &f))
		return;
	bytes = (struct slice){ at, len };
	if (!lint_file(&l, LIT("f"), bytes, &f) || !lint_duplicates(&l, &f) ||
	    f.faults > 0)
		return;
	ini = ini_new();
	if (ini == NULL || !ini_read(ini, bytes))
		abort();
	for (size_t i = 0; i < l.n; i++)
		for (size_t j = 0; j < l.at[i].key_n; j++) {
			const struct lint_key *key = &l.at[i].keys[j];
			struct slice seen =
			    ini_value(ini, l.at[i].name, key->lower);

			if (seen.at == NULL || !slice_eq(seen, lint_value(key)))
				abort();
		}
	ini_free(ini);
}

/* Every rule that asks somebody has a pool, and each server is found in it
 * by its name. */
static void pools_are_whole(const struct conf *c)
{
	for (size_t i = 0; i < c->rule_n; i++) {
		const struct rule *r = &c->rules[i];

		if (r->redirect.status == 0 && !r->bucket.on &&
		    (r->pool == NULL || r->pool->server_n == 0))
			abort();
	}
	for (size_t i = 0; i < c->pool_n; i++)
		for (size_t j = 0; j < c->pools[i].server_n; j++) {
			const struct origin *o = &c->pools[i].servers[j].origin;
			const struct server *found =
			    pool_find(&c->pools[i], o->host, o->port);

			if (found == NULL || found->origin.port != o->port)
				abort();
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(64 << 20);
	struct slice bytes = { (const char *)data, size };
	struct findings f;
	struct conf *conf;
	char *copy;

	if (a == NULL)
		return 0;
	f = findings_in(a);
	conf = conf_load_bytes("f", bytes, environment, &f);
	if ((conf == NULL) != (f.faults > 0))
		abort();
	if (conf != NULL)
		pools_are_whole(conf);
	conf_free(conf);
	/* iniparser ends a file at a NUL in a line's stead. */
	copy = arena_cstr(a, bytes);
	if (copy != NULL)
		agree(copy, size, a);
	arena_free(a);
	return 0;
}

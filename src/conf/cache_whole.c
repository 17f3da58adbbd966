/* Contradictions around the cache. */
#include "conf/cache_whole.h"

#include "base/arena.h"
#include "conf/cache.h"
#include "conf/conf.h"
#include "conf/expand.h"
#include "conf/finding.h"
#include "conf/keys.h"
#include "conf/lint.h"

static unsigned line_of(const struct lint_section *s, struct slice key)
{
	const struct lint_key *found = lint_key_find(s, key);

	return found == NULL ? s->number : found->number;
}

static bool written(const struct lint_section *s, struct slice key)
{
	return lint_key_find(s, key) != NULL;
}

/* With anything, be it wrong. */
static bool given(const struct lint_section *s, struct slice key)
{
	const struct lint_key *found = lint_key_find(s, key);

	return found != NULL &&
	    (found->broken || slice_trim(lint_value(found)).len > 0);
}

/* Names the key that is in the way of what is written. */
static void check_sizes(
    struct storage *storage, const struct lint_section *s, struct findings *f)
{
	if (!written(s, LIT("max_object")) &&
	    storage->max_object_bytes > storage->max_size_bytes)
		storage->max_object_bytes = storage->max_size_bytes;
	if (!written(s, LIT("memory")) &&
	    storage->memory_bytes > storage->max_size_bytes)
		storage->memory_bytes = storage->max_size_bytes;
	if (storage->max_object_bytes > storage->max_size_bytes)
		finding_add(f, FINDING_FAULT, s->file,
		    line_of(s, LIT("max_object")),
		    "max_object: no response can be larger than max_size is "
		    "for all of them: make one smaller or the other larger");
	if (storage->memory_bytes > storage->max_size_bytes)
		finding_add(f, FINDING_WARNING, s->file,
		    line_of(s, LIT("memory")),
		    "memory is more than max_size: it can never be filled");
}

/* As it is written: not where it is a variable of the environment. */
static bool holds_password(const struct lint_section *s)
{
	const struct lint_key *key = lint_key_find(s, LIT("redis"));
	struct slice value = key == NULL || key->broken ?
	    SLICE_NONE :
	    slice_trim(lint_value(key));
	struct slice word = cache_redis_password(value);

	return word.len > 0 && !expand_is_name(word);
}

bool cache_storage_whole(struct storage *storage, const struct lint_section *s,
    struct slice folder, bool published, struct arena *a, struct findings *f)
{
	storage->file = s->file;
	storage->line = s->number;
	if (!given(s, LIT("path")) && !given(s, LIT("redis")))
		finding_add(f, FINDING_FAULT, s->file, s->number,
		    "[cache] does not say where responses are kept: write "
		    "path = FOLDER");
	else if (storage->path.len > 0 && storage->redis.len > 0)
		finding_add(f, FINDING_FAULT, s->file, line_of(s, LIT("redis")),
		    "redis: responses are kept there or in path: remove one "
		    "of the two");
	if (published && holds_password(s))
		finding_add(f, FINDING_FAULT, s->file, line_of(s, LIT("redis")),
		    "redis holds a password that everyone may read here: "
		    "chmod o-r the file, or put [cache] into one of its own "
		    "and include that");
	check_sizes(storage, s, f);
	if (storage->path.len == 0)
		return true;
	if (storage->path.at[0] == '/')
		folder = SLICE_NONE;
	storage->path = ARENA_JOIN(a, folder, storage->path, LIT("\0"));
	if (storage->path.at == NULL)
		return false;
	storage->path.len--;
	return true;
}

/* What is stored says this to whoever comes next. */
static const char *personal(const struct stencil *s)
{
	for (size_t i = 0; i < s->n; i++)
		switch (s->at[i].variable) {
		case VARIABLE_CLIENT_ADDRESS:
			return "$client_address";
		case VARIABLE_CLIENT_PORT:
			return "$client_port";
		case VARIABLE_REQUEST_ID:
			return "$request_id";
		default:
			break;
		}
	return NULL;
}

static void check_response_values(
    const struct rule *rule, const struct lint_section *s, struct findings *f)
{
	for (size_t i = 0;
	     rule->response_values != NULL && i < rule->response_headers.n;
	     i++) {
		const char *name = personal(&rule->response_values[i]);

		if (name != NULL)
			finding_add(f, FINDING_FAULT, s->file, s->number,
			    "response_header %.*s: %s is of one request, and "
			    "the cache answers others with it: remove one of "
			    "the two",
			    SLICE_ARG(rule->response_headers.at[i].name), name);
	}
}

/* Its keys, where nobody has turned the cache on, nor off for a while. */
static void check_idle(const struct lint_section *s, struct findings *f)
{
	for (size_t i = 0; i < s->key_n; i++) {
		struct slice name = s->keys[i].lower;
		struct slice rest;

		if ((slice_starts(name, LIT("cache_")) ||
			slice_starts(name, LIT("stale_"))) &&
		    key_find(name, IN_ROUTE, &rest) != NULL)
			finding_add(f, FINDING_WARNING, s->file,
			    s->keys[i].number,
			    "%.*s has no effect without cache = yes",
			    SLICE_ARG(name));
	}
}

void cache_route_check(
    const struct rule *rule, const struct lint_section *s, struct findings *f)
{
	if (rule->redirect.status == 0 && rule->cache.on)
		check_response_values(rule, s, f);
	else if (rule->redirect.status == 0 && !written(s, LIT("cache")))
		check_idle(s, f);
	else if (written(s, LIT("cache")) && rule->cache.on)
		finding_add(f, FINDING_WARNING, s->file,
		    line_of(s, LIT("cache")),
		    "cache has no effect: the route redirects by itself");
}

void cache_whole(const struct rule *rules, size_t n,
    const struct storage *storage, struct findings *f)
{
	size_t i = 0;

	while (i < n && (!rules[i].cache.on || rules[i].redirect.status != 0))
		i++;
	if (i == n && n > 0 && storage->line != 0)
		finding_add(f, FINDING_WARNING, storage->file, storage->line,
		    "[cache] has no effect: no route has cache = yes");
	if (i < n && storage->line == 0)
		finding_add(f, FINDING_FAULT, rules[i].file, rules[i].line,
		    "[%.*s] has cache = yes, and nothing says where responses "
		    "are kept: write a section [cache] with path = FOLDER",
		    SLICE_ARG(rules[i].name));
}

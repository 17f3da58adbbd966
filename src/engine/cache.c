/* Opening, and the keys that are marked for a while. */
#include "engine/cache.h"

#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "conf/conf.h"
#include "engine/collapse.h"
#include "engine/storage.h"
#include "store/store.h"

/* How long a key is passed. */
#define PASS_S 60

/* So many keys are marked; of two in one place the later. */
#define MARKS 1024

#define FLIGHTS_PATH_MAX 4096

struct cache_mark {
	uint64_t id;
	int64_t until_s;
};

static bool same_store(const struct storage *a, const struct storage *b)
{
	return slice_eq(a->path, b->path) && slice_eq(a->redis, b->redis) &&
	    a->collapse_timeout_ms == b->collapse_timeout_ms &&
	    a->max_size_bytes == b->max_size_bytes &&
	    a->max_object_bytes == b->max_object_bytes &&
	    a->memory_bytes == b->memory_bytes;
}

static int64_t now_ms(struct ev_loop *loop)
{
	return (int64_t)(ev_now(loop) * 1000.);
}

/* In the folder of a store that is well: another might be anybody's. */
static struct flights *open_flights(
    const struct storage *s, const struct store *store)
{
	char path[FLIGHTS_PATH_MAX];
	int n =
	    snprintf(path, sizeof(path), "%.*s/flights", SLICE_ARG(s->path));

	if (store == NULL || store->report.why != STORE_WELL ||
	    s->path.len == 0 || n < 0 || (size_t)n >= sizeof(path))
		return NULL;
	return flights_open(path);
}

static char *slice_dup(struct slice s)
{
	return strndup(s.len == 0 ? "" : s.at, s.len);
}

/* The rules may go before it does. */
static bool take_storage(struct cache *cache, const struct storage *s)
{
	cache->path = slice_dup(s->path);
	cache->redis = slice_dup(s->redis);
	if (cache->path == NULL || cache->redis == NULL)
		return false;
	cache->storage = *s;
	cache->storage.path = slice_of(cache->path);
	cache->storage.redis = slice_of(cache->redis);
	return true;
}

static bool fill(struct cache *cache, const struct conf *c)
{
	if (!take_storage(cache, &c->storage))
		return false;
	cache->store = storage_open(&c->storage, now_ms(cache->loop));
	cache->room = malloc(CACHE_ROOM_BYTES);
	cache->passed = calloc(MARKS, sizeof(*cache->passed));
	cache->asked = calloc(MARKS, sizeof(*cache->asked));
	cache->collapse = collapse_new(cache->loop);
	return cache->store != NULL && cache->room != NULL &&
	    cache->passed != NULL && cache->asked != NULL &&
	    cache->collapse != NULL;
}

struct cache *cache_open(
    struct ev_loop *loop, const struct conf *c, struct cache *before)
{
	struct cache *cache;

	if (c->storage.path.len == 0 && c->storage.redis.len == 0)
		return NULL;
	if (before != NULL && same_store(&before->storage, &c->storage))
		return cache_hold(before);
	cache = calloc(1, sizeof(*cache));
	if (cache == NULL)
		return NULL;
	cache->loop = loop;
	cache->holders = 1;
	if (!fill(cache, c)) {
		log_line(LOG_ERROR, "no memory for a cache: it is left out");
		cache_drop(cache);
		return NULL;
	}
	collapse_use(cache->collapse, open_flights(&c->storage, cache->store));
	cache_tell(cache);
	return cache;
}

struct cache *cache_hold(struct cache *c)
{
	c->holders++;
	return c;
}

void cache_drop(struct cache *c)
{
	if (c == NULL || --c->holders > 0)
		return;
	collapse_free(c->collapse);
	if (c->store != NULL)
		store_free(c->store);
	free(c->path);
	free(c->redis);
	free(c->passed);
	free(c->asked);
	free(c->room);
	free(c);
}

void cache_tell(struct cache *c)
{
	/* It may be another folder by now, and safe or not. */
	if (storage_tell(c->store, &c->storage))
		collapse_use(c->collapse, open_flights(&c->storage, c->store));
}

static bool is_marked(
    const struct cache_mark *marks, uint64_t id, int64_t now_s)
{
	const struct cache_mark *m = &marks[id % MARKS];

	return m->id == id && now_s < m->until_s;
}

bool cache_may_revalidate(struct cache *c, uint64_t id, int64_t now_s)
{
	if (is_marked(c->asked, id, now_s))
		return false;
	c->asked[id % MARKS] = (struct cache_mark){ id, now_s + 1 };
	return true;
}

void cache_pass(struct cache *c, uint64_t id, int64_t now_s)
{
	c->passed[id % MARKS] = (struct cache_mark){ id, now_s + PASS_S };
}

void cache_pass_over(struct cache *c, uint64_t id)
{
	if (c->passed[id % MARKS].id == id)
		c->passed[id % MARKS].until_s = 0;
}

bool cache_passes(const struct cache *c, uint64_t id, int64_t now_s)
{
	return is_marked(c->passed, id, now_s);
}

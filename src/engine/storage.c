/* Which backend. */
#include "engine/storage.h"

#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "conf/cache.h"
#include "conf/conf.h"
#include "conf/redis_url.h"
#include "store/files.h"
#include "store/redis.h"

#define URL_BYTES   16384u

#ifdef HAVE_HIREDIS
static struct store *open_redis(const struct storage *s, int64_t now_ms)
{
	struct arena *a = arena_new(URL_BYTES);
	struct redis_plan plan = { .max_body_bytes =
				       (uint64_t)s->max_object_bytes };
	struct store *store = NULL;

	/* The rules would not have been read with another. */
	if (a != NULL && redis_url_read(s->redis, a, &plan.where) == NULL)
		store = redis_open(&plan, now_ms);
	if (a != NULL)
		arena_wipe(a);
	arena_free(a);
	return store;
}
#else
static struct store *open_redis(const struct storage *s, int64_t now_ms)
{
	(void)s;
	(void)now_ms;
	return NULL;
}
#endif

struct store *storage_open(const struct storage *s, int64_t now_ms)
{
	struct files_plan plan = {
		.path = s->path.at,
		.max_bytes = (uint64_t)s->max_size_bytes,
		.max_body_bytes = (uint64_t)s->max_object_bytes,
		.memory_bytes = (uint64_t)s->memory_bytes,
	};

	if (s->redis.len > 0)
		return open_redis(s, now_ms);
	return s->path.len == 0 ? NULL : files_open(&plan, now_ms);
}

static struct slice storage_place(const struct storage *s)
{
	return s->redis.len > 0 ? cache_redis_place(s->redis) : s->path;
}

void storage_tell(struct store *s, const struct storage *where)
{
	struct slice place = storage_place(where);
	struct store_report report;

	if (s == NULL || !store_news(s, &report))
		return;
	log_line(report.why == STORE_WELL ? LOG_INFO : LOG_ERROR,
	    "cache %.*s: %.*s%s%s", SLICE_ARG(place),
	    SLICE_ARG(store_words(report.why)),
	    report.why == STORE_SYSTEM ? ": " : "",
	    report.why == STORE_SYSTEM ? strerror(report.error) : "");
}

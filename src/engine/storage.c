/* Which backend. */
#include "engine/storage.h"

#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/redis_url.h"
#include "store/files.h"
#include "store/redis.h"

#define URL_BYTES   16384u
#define PLACE_BYTES 512u

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

/* Of the server's URL what holds no secret. */
static void put_place(struct text *t, const struct storage *s)
{
	struct arena *a = arena_new(URL_BYTES);
	struct redis_url url;

	if (s->redis.len == 0)
		text_add(t, s->path);
	else if (a == NULL || redis_url_read(s->redis, a, &url) != NULL)
		text_add(t, LIT("server"));
	else if (url.path.len > 0)
		text_add(t, url.path);
	else
		text_format(t, "%.*s:%u", SLICE_ARG(url.host), url.port);
	if (a != NULL)
		arena_wipe(a);
	arena_free(a);
}

void storage_tell(struct store *s, const struct storage *where)
{
	char place_at[PLACE_BYTES];
	struct text place = text_over(place_at, sizeof(place_at));
	struct store_report report;

	if (s == NULL || !store_news(s, &report))
		return;
	put_place(&place, where);
	log_line(report.why == STORE_WELL ? LOG_INFO : LOG_ERROR,
	    "cache %.*s: %.*s%s%s", SLICE_ARG(text_slice(&place)),
	    SLICE_ARG(store_words(report.why)),
	    report.why == STORE_SYSTEM ? ": " : "",
	    report.why == STORE_SYSTEM ? strerror(report.error) : "");
}

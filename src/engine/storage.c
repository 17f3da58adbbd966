/* Which backend. */
#include "engine/storage.h"

#include <string.h>

#include "base/log.h"
#include "conf/conf.h"
#include "store/files.h"

struct store *storage_open(const struct storage *s, int64_t now_ms)
{
	struct files_plan plan = {
		.path = s->path.at,
		.max_bytes = (uint64_t)s->max_size_bytes,
		.max_body_bytes = (uint64_t)s->max_object_bytes,
		.memory_bytes = (uint64_t)s->memory_bytes,
	};

	return s->path.len == 0 ? NULL : files_open(&plan, now_ms);
}

struct slice storage_place(const struct storage *s)
{
	return s->redis.len > 0 ? s->redis : s->path;
}

void storage_tell(struct store *s, struct slice place)
{
	struct store_report report;

	if (s == NULL || !store_news(s, &report))
		return;
	log_line(report.why == STORE_WELL ? LOG_INFO : LOG_ERROR,
	    "cache %.*s: %.*s%s%s", SLICE_ARG(place),
	    SLICE_ARG(store_words(report.why)),
	    report.why == STORE_SYSTEM ? ": " : "",
	    report.why == STORE_SYSTEM ? strerror(report.error) : "");
}

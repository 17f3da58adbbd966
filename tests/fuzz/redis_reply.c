/* What a server answers, and its URL.  Input: the bytes of a connection.  Read
 * whole and byte by byte they are the same answers, which stay within their
 * bounds; and they are a URL or none. */
#include "store/redis_reply.h"

#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "conf/redis_url.h"
#include "tests/fuzz/check.h"

struct heard {
	uint64_t hash;
	unsigned answers;
	bool broken;
};

static void add_item(struct heard *h, const struct redis_item *i)
{
	h->hash = hash64_mix(h->hash ^ (uint64_t)i->kind ^
	    (uint64_t)i->number << 2 ^ hash64(i->text));
}

static void take(struct heard *h, struct redis_reader *r)
{
	const struct redis_reply *reply;
	enum redis_read how;

	while ((how = redis_reader_next(r, &reply)) == REDIS_READ_WHOLE) {
		CHECK(reply->n <= REDIS_ITEMS_MAX);
		CHECK(reply->used <= REDIS_REPLY_MAX);
		for (size_t i = 0; i < reply->n; i++)
			add_item(h, &reply->item[i]);
		(void)redis_why(redis_error(reply));
		h->answers++;
	}
	h->broken = how == REDIS_READ_BROKEN;
}

static struct heard hear(struct slice bytes, size_t step)
{
	struct redis_reader *r = redis_reader_new();
	struct heard h = { 0, 0, false };

	CHECK(r != NULL);
	while (bytes.len > 0 && !h.broken) {
		CHECK(redis_reader_feed(r, slice_upto(bytes, step)));
		bytes = slice_from(bytes, step);
		take(&h, r);
	}
	redis_reader_free(r);
	return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = { (const char *)data, size };
	struct arena *a = arena_new(1 << 20);
	struct redis_url url;

	if (a != NULL && size < 65536) {
		struct heard whole = hear(bytes, size);
		struct heard split = hear(bytes, 1);

		CHECK(whole.answers == split.answers);
		CHECK(whole.broken == split.broken);
		CHECK(whole.hash == split.hash);
		if (redis_url_read(bytes, a, &url) == NULL)
			CHECK((url.host.len > 0) != (url.path.len > 0) &&
			    url.prefix.len > 0 && url.wait_ms <= 1000);
	}
	arena_free(a);
	return 0;
}

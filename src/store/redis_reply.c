/* Filling the list from what hiredis finds. */
#include "store/redis_reply.h"

#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

/* What is kept from one answer to the next. */
#define KEEP_BYTES (256u * 1024u)

struct redis_reader {
	redisReader *reader;
	size_t fed; /* since the last whole answer */
	struct redis_reply reply;
};

/* hiredis 1.0 counts lists in another type. */
#if HIREDIS_MAJOR >= 1
typedef size_t list_length;
#else
typedef int list_length;
#endif

static struct redis_reply *reply_of(const redisReadTask *task)
{
	return task->privdata;
}

/* NULL, which hiredis takes for a lack of memory, ends it all. */
static struct redis_item *next_item(struct redis_reply *r, enum redis_kind kind)
{
	struct redis_item *item;

	if (r->n == REDIS_ITEMS_MAX)
		return NULL;
	item = &r->item[r->n++];
	*item = (struct redis_item){ .kind = kind };
	return item;
}

static bool make_room(struct redis_reply *r, size_t n)
{
	size_t size = r->size;
	char *bytes;

	if (n > REDIS_REPLY_MAX - r->used)
		return false;
	if (n <= r->size - r->used)
		return true;
	while (size - r->used < n)
		size = size == 0 ? 4096 : size * 2;
	bytes = realloc(r->bytes, size);
	if (bytes == NULL)
		return false;
	r->bytes = bytes;
	r->size = size;
	return true;
}

static void *make_string(const redisReadTask *task, char *at, size_t n)
{
	struct redis_reply *r = reply_of(task);
	struct redis_item *item;

	if (!make_room(r, n))
		return NULL;
	item = next_item(
	    r, task->type == REDIS_REPLY_ERROR ? REDIS_ERROR : REDIS_TEXT);
	if (item == NULL)
		return NULL;
	item->at = r->used;
	item->text.len = n;
	if (n > 0)
		memcpy(r->bytes + r->used, at, n);
	r->used += n;
	return r;
}

static void *make_list(const redisReadTask *task, list_length n)
{
	struct redis_reply *r = reply_of(task);

	r->list = true;
	return (size_t)n > REDIS_ITEMS_MAX ? NULL : r;
}

static void *make_number(const redisReadTask *task, long long value)
{
	struct redis_item *item = next_item(reply_of(task), REDIS_NUMBER);

	if (item == NULL)
		return NULL;
	item->number = value;
	return reply_of(task);
}

static void *make_nil(const redisReadTask *task)
{
	return next_item(reply_of(task), REDIS_NIL) == NULL ? NULL :
							      reply_of(task);
}

static void keep(void *reply)
{
	(void)reply;
}

static redisReplyObjectFunctions functions = {
	.createString = make_string,
	.createArray = make_list,
	.createInteger = make_number,
	.createNil = make_nil,
	.freeObject = keep,
};

struct redis_reader *redis_reader_new(void)
{
	struct redis_reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->reader = redisReaderCreateWithFunctions(&functions);
	if (r->reader == NULL) {
		free(r);
		return NULL;
	}
	r->reader->privdata = &r->reply;
	return r;
}

void redis_reader_free(struct redis_reader *r)
{
	if (r == NULL)
		return;
	redisReaderFree(r->reader);
	free(r->reply.bytes);
	free(r);
}

bool redis_reader_feed(struct redis_reader *r, struct slice bytes)
{
	r->fed += bytes.len;
	return r->fed <= REDIS_REPLY_MAX &&
	    redisReaderFeed(r->reader, bytes.at, bytes.len) == REDIS_OK;
}

static void begin(struct redis_reply *r)
{
	if (r->size > KEEP_BYTES) {
		free(r->bytes);
		r->bytes = NULL;
		r->size = 0;
	}
	r->n = 0;
	r->used = 0;
	r->list = false;
}

enum redis_read redis_reader_next(
    struct redis_reader *r, const struct redis_reply **reply_out)
{
	struct redis_reply *reply = &r->reply;
	void *done = NULL;

	/* In the midst of one, what came of it is kept. */
	if (r->reader->ridx < 0)
		begin(reply);
	if (redisReaderGetReply(r->reader, &done) != REDIS_OK)
		return REDIS_READ_BROKEN;
	if (done == NULL)
		return REDIS_READ_MORE;
	r->fed = r->reader->len - r->reader->pos;
	/* The bytes have moved while they grew. */
	for (size_t i = 0; i < reply->n; i++)
		if (reply->item[i].kind == REDIS_TEXT ||
		    reply->item[i].kind == REDIS_ERROR)
			reply->item[i].text.at = reply->used == 0 ?
			    "" :
			    reply->bytes + reply->item[i].at;
	*reply_out = reply;
	return REDIS_READ_WHOLE;
}

bool redis_reader_idle(const struct redis_reader *r)
{
	return r->reader->ridx < 0 && r->reader->pos == r->reader->len;
}

struct slice redis_error(const struct redis_reply *reply)
{
	for (size_t i = 0; i < reply->n; i++)
		if (reply->item[i].kind == REDIS_ERROR)
			return reply->item[i].text.len == 0 ?
			    LIT("ERR") :
			    reply->item[i].text;
	return SLICE_NONE;
}

static const struct {
	struct slice begins;
	enum store_why why;
} errors[] = {
	{ { "OOM", 3 }, STORE_FULL },
	{ { "NOAUTH", 6 }, STORE_PASSWORD },
	{ { "WRONGPASS", 9 }, STORE_PASSWORD },
	{ { "ERR Client sent AUTH", 20 }, STORE_PASSWORD },
	{ { "ERR AUTH", 8 }, STORE_PASSWORD },
	{ { "ERR invalid password", 20 }, STORE_PASSWORD },
	{ { "NOPERM", 6 }, STORE_FORBIDDEN },
	{ { "DENIED", 6 }, STORE_FORBIDDEN },
	{ { "LOADING", 7 }, STORE_LOADING },
	{ { "BUSY", 4 }, STORE_LOADING },
	{ { "READONLY", 8 }, STORE_REPLICA },
	{ { "MASTERDOWN", 10 }, STORE_REPLICA },
	{ { "MOVED", 5 }, STORE_CLUSTER },
	{ { "ASK ", 4 }, STORE_CLUSTER },
	{ { "CROSSSLOT", 9 }, STORE_CLUSTER },
	{ { "CLUSTERDOWN", 11 }, STORE_CLUSTER },
};

enum store_why redis_why(struct slice error)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (slice_starts(error, errors[i].begins))
			return errors[i].why;
	return STORE_REFUSED;
}

/* What a server answers, read by hiredis into a flat list: lists within it are
 * no longer seen, so that whoever asks must know what he asked for.
 *
 * A server is not trusted: neither the length of an answer, nor the number of
 * its items, nor their depth can take more memory than is said here. */
#ifndef STORE_REDIS_REPLY_H
#define STORE_REDIS_REPLY_H

#include "store/store.h"

#define REDIS_ITEMS_MAX 1024u

/* Of one answer: the heads of all variants and more. */
#define REDIS_REPLY_MAX (4u * 1024u * 1024u)

enum redis_kind {
	REDIS_NIL,
	REDIS_TEXT, /* of a status, too */
	REDIS_NUMBER,
	REDIS_ERROR,
};

struct redis_item {
	enum redis_kind kind;
	size_t at; /* in the bytes */
	struct slice text;
	int64_t number;
};

struct redis_reply {
	struct redis_item item[REDIS_ITEMS_MAX];
	size_t n;
	bool list;
	char *bytes;
	size_t used, size;
};

struct redis_reader;

/* NULL: no memory.  Caller frees. */
struct redis_reader *redis_reader_new(void);
void redis_reader_free(struct redis_reader *r); /* accepts NULL */

enum redis_read {
	REDIS_READ_WHOLE,
	REDIS_READ_MORE,
	REDIS_READ_BROKEN, /* nothing can be read any more */
};

/* Bytes as they come; false: too many for one answer, or no memory. */
bool redis_reader_feed(struct redis_reader *r, struct slice bytes);

/* The next answer; it is there until the next call. */
enum redis_read redis_reader_next(
    struct redis_reader *r, const struct redis_reply **reply_out);

/* Nothing has come that was not asked for? */
bool redis_reader_idle(const struct redis_reader *r);

/* The first error in it, or SLICE_NONE. */
struct slice redis_error(const struct redis_reply *reply);

/* What that means for the store. */
enum store_why redis_why(struct slice error);

#endif

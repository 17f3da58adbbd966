/* A table of buckets, a row by age and a hand. */
#include "store/hot.h"

#include <stdlib.h>

#define BYTES_A_BUCKET 1024u
#define BYTES_A_TRACE  4096u
#define BUCKETS_MIN    64u
#define BUCKETS_MAX    (1u << 20)
#define TRACES_MIN     16u

/* No item takes more than this share of all. */
#define ITEM_SHARE 8u

/* What malloc() needs for itself, and rounds to. */
#define PIECE_EXTRA 16u
#define PIECE_GRAIN 16u

struct hot {
	uint64_t max_bytes;
	uint64_t bytes;
	struct hot_item *newest;
	struct hot_item *oldest;
	struct hot_item *hand; /* NULL: at the oldest */
	struct hot_item **buckets;
	size_t bucket_n;  /* powers of two, both */
	uint64_t *traces; /* of uses: hashes */
	size_t trace_n;
	size_t item_n; /* kept or held */
	bool over;     /* the last item to go takes it along */
};

/* The largest power of two that is no larger. */
static size_t power_upto(uint64_t n, size_t min, size_t max)
{
	size_t power = min;

	while (power < max && power * 2 <= n)
		power *= 2;
	return power;
}

static uint64_t piece_bytes(size_t bytes)
{
	return (bytes + PIECE_EXTRA + PIECE_GRAIN - 1) / PIECE_GRAIN *
	    PIECE_GRAIN;
}

struct hot *hot_new(uint64_t max_bytes)
{
	struct hot *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->max_bytes = max_bytes;
	h->bucket_n =
	    power_upto(max_bytes / BYTES_A_BUCKET, BUCKETS_MIN, BUCKETS_MAX);
	h->trace_n =
	    power_upto(max_bytes / BYTES_A_TRACE, TRACES_MIN, BUCKETS_MAX);
	h->bytes = piece_bytes(sizeof(*h)) +
	    piece_bytes(h->bucket_n * sizeof(h->buckets[0])) +
	    piece_bytes(h->trace_n * sizeof(h->traces[0]));
	if (h->bytes < max_bytes) {
		h->buckets = calloc(h->bucket_n, sizeof(h->buckets[0]));
		h->traces = calloc(h->trace_n, sizeof(h->traces[0]));
	}
	if (h->buckets == NULL || h->traces == NULL) {
		hot_free(h);
		return NULL;
	}
	return h;
}

void hot_free(struct hot *h)
{
	if (h == NULL)
		return;
	if (h->buckets != NULL)
		hot_clear(h);
	free(h->buckets);
	free(h->traces);
	h->over = true;
	if (h->item_n == 0)
		free(h);
}

uint64_t hot_bytes(const struct hot *h)
{
	return h->bytes;
}

size_t hot_item_max(const struct hot *h)
{
	return (size_t)(h->max_bytes / ITEM_SHARE);
}

bool hot_wants(struct hot *h, uint64_t hash)
{
	uint64_t *trace = &h->traces[hash & (h->trace_n - 1)];
	bool again = *trace == hash;

	*trace = hash;
	return again;
}

/* ---- the table ---- */

/* The lowest bits of a hash are its trace's. */
static struct hot_item **bucket_of(const struct hot *h, uint64_t hash)
{
	return &h->buckets[hash >> 32 & (h->bucket_n - 1)];
}

static void unlist(struct hot *h, struct hot_item *item)
{
	struct hot_item **at = bucket_of(h, item->hash);

	while (*at != item)
		at = &(*at)->beside;
	*at = item->beside;
}

struct hot_item *hot_find(struct hot *h, uint64_t hash, struct slice key)
{
	struct hot_item *item = *bucket_of(h, hash);

	while (
	    item != NULL && (item->hash != hash || !slice_eq(item->key, key)))
		item = item->beside;
	if (item != NULL)
		item->used = true;
	return item;
}

/* ---- the row ---- */

static void leave_row(struct hot *h, struct hot_item *item)
{
	if (h->hand == item)
		h->hand = item->newer;
	if (item->newer != NULL)
		item->newer->older = item->older;
	else
		h->newest = item->older;
	if (item->older != NULL)
		item->older->newer = item->newer;
	else
		h->oldest = item->newer;
}

static void join_row(struct hot *h, struct hot_item *item)
{
	item->newer = NULL;
	item->older = h->newest;
	if (h->newest != NULL)
		h->newest->newer = item;
	else
		h->oldest = item;
	h->newest = item;
}

static void item_free(struct hot_item *item)
{
	struct hot *h = item->of;

	h->bytes -= piece_bytes(item->bytes);
	h->item_n--;
	free(item);
	if (h->over && h->item_n == 0)
		free(h);
}

void hot_drop(struct hot *h, struct hot_item *item)
{
	unlist(h, item);
	leave_row(h, item);
	item->in = false;
	if (item->holds == 0)
		item_free(item);
}

static void throw_one_out(struct hot *h)
{
	struct hot_item *item = h->hand != NULL ? h->hand : h->oldest;

	/* Once around at most: there all marks are off. */
	while (item->used) {
		item->used = false;
		item = item->newer != NULL ? item->newer : h->oldest;
	}
	h->hand = item;
	hot_drop(h, item);
}

/* ---- coming and going ---- */

bool hot_put(struct hot *h, struct hot_item *item)
{
	uint64_t bytes = piece_bytes(item->bytes);
	struct hot_item *before = hot_find(h, item->hash, item->key);

	if (before != NULL)
		hot_drop(h, before);
	if (item->bytes > hot_item_max(h)) {
		free(item);
		return false;
	}
	while (h->bytes + bytes > h->max_bytes && h->oldest != NULL)
		throw_one_out(h);
	if (h->bytes + bytes > h->max_bytes) {
		free(item);
		return false;
	}
	h->bytes += bytes;
	h->item_n++;
	item->of = h;
	item->holds = 0;
	item->used = false;
	item->in = true;
	item->beside = *bucket_of(h, item->hash);
	*bucket_of(h, item->hash) = item;
	join_row(h, item);
	return true;
}

void hot_hold(struct hot_item *item)
{
	item->holds++;
}

void hot_release(struct hot_item *item)
{
	if (--item->holds == 0 && !item->in)
		item_free(item);
}

void hot_clear(struct hot *h)
{
	while (h->oldest != NULL)
		hot_drop(h, h->oldest);
}

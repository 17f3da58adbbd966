/* What the parts of the redis backend share; for them alone. */
#ifndef STORE_REDIS_IN_H
#define STORE_REDIS_IN_H

#include "store/purge_list.h"
#include "store/redis.h"
#include "store/redis_link.h"

/* A body is cut into a first piece, which comes with the head, and others. */
#define FIRST_BYTES      65536u
#define PIECE_BYTES      262144u
#define PIECES_MAX       4096u
#define BODY_MAX         (FIRST_BYTES + (PIECES_MAX - 1) * (uint64_t)PIECE_BYTES)
#define KEEP_MS          "604800000" /* an entry, a week */
#define ID_HEX           32u
#define REDIS_NAME_BYTES 160u
#define PURGED_KEYS      8192u
#define PURGED_TAGS      65536u
#define MISSED_MAX       32u
#define MISSED_BYTES     512u

/* A mark is the epoch of the state and the generation in it. */
#define GENERATION_BITS 40
#define GENERATION_MASK ((UINT64_C(1) << GENERATION_BITS) - 1)
#define EPOCH_MASK      UINT64_C(0xffffff)

/* A purge that the server could not be told. */
struct missed {
	enum store_scope scope;
	size_t n;
	char what[MISSED_BYTES];
};

struct redis {
	struct store store;
	struct arena *arena; /* the URL's parts */
	struct redis_url where;
	uint64_t max_body_bytes;
	struct redis_link *link;
	int64_t full_ms; /* when there was no room */
	char body[REDIS_NAME_BYTES];
	size_t body_n; /* PREFIX:b: */
	/* The prefixes that were purged, as they were at the generation. */
	struct purge_list purges;
	char *purge_bytes;
	uint64_t purges_epoch;
	uint64_t purges_of;
	struct missed missed[MISSED_MAX];
	size_t missed_n;
};

struct redis_name {
	char at[REDIS_NAME_BYTES];
	size_t n;
};

struct redis_number {
	char at[24];
	size_t n;
};

/* ---- redis.c ---- */

/* Can the server be asked, and does it know of all purges?  For a call of so
 * many times the usual time. */
bool redis_ready(struct redis *r, int64_t times);

/* What has become of the link, for store_news(); false. */
bool redis_failed(struct redis *r, int64_t now_ms);
void redis_full(struct redis *r, int64_t now_ms);
void redis_went_well(struct redis *r, int64_t now_ms);

/* PREFIX:state and PREFIX:e:KEY */
struct redis_name redis_name_state(const struct redis *r);
struct redis_name redis_name_entry(const struct redis *r, struct slice key);
struct redis_name redis_name_piece(
    const struct redis *r, const char id[ID_HEX], unsigned piece);
static inline struct slice redis_name_slice(const struct redis_name *n)
{
	return (struct slice){ n->at, n->n };
}

struct redis_number redis_number(uint64_t value);
static inline struct slice redis_number_slice(const struct redis_number *n)
{
	return (struct slice){ n->at, n->n };
}

/* n bytes at random as 2n digits. */
bool redis_random(char *hex_out, size_t n);

/* An epoch for a state that is to be made. */
struct redis_number redis_new_epoch(void);

/* The first 16 digits of its SHA-256, or the row of it. */
void redis_digest(struct slice s, char hex_out[ID_HEX]);
uint64_t redis_row(struct slice s, uint64_t rows);

/* ---- redis_find.c ---- */
void redis_find(struct store *s, struct slice key, uint64_t round,
    int64_t now_ms, struct arena *a, struct store_found *found_out);
bool redis_read(struct store *s, const struct store_hit *hit, uint64_t from,
    char *room, size_t n);
void redis_release(struct store *s, struct store_hit *hit);
bool redis_each(
    struct store *s, store_visit *visit, void *user, int64_t now_ms);

/* The number of the body of what was found. */
const char *redis_hit_id(const struct store_hit *hit);

/* ---- redis_write.c ---- */
struct store_writer *redis_begin(struct store *s, const struct record *r,
    int64_t length, const struct store_hit *body, int64_t now_ms);
bool redis_append(struct store_writer *w, struct slice piece);
bool redis_end(struct store_writer *w, bool whole, int64_t now_ms);

/* ---- redis_purge.c ---- */
bool redis_purge(
    struct store *s, enum store_scope scope, struct slice what, int64_t now_ms);

/* Tells the server of purges that it has missed. */
bool redis_purge_missed(struct redis *r);

/* Was a key purged by its beginning?  prefix is the generation of the last such
 * purge there. */
bool redis_prefix_voids(struct redis *r, struct slice key, uint64_t epoch,
    uint64_t generation, uint64_t prefix);

#endif

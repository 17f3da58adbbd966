/* A process's cache: the store that the rules name, who fetches what for it,
 * and the keys whose answers are not for it.  Counted: exchanges keep the one
 * that they began with. */
#ifndef ENGINE_CACHE_H
#define ENGINE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

struct collapse;
struct ev_loop;
struct store;

struct cache {
	struct ev_loop *loop;
	struct store *store;
	struct collapse *collapse;
	struct storage storage; /* by which it was opened: the numbers */
	char *path;             /* and the place, as the log calls it */
	char *redis;
	char *room;                /* CACHE_ROOM_BYTES, for a moment's use */
	struct cache_mark *passed; /* keys whose answers are not for it */
	struct cache_mark *asked;  /* in the background */
	size_t holders;
};

#define CACHE_ROOM_BYTES (64 * 1024)

/* NULL: the rules name no store, or no memory (logged).  Held once by the
 * caller.  `before`, if not NULL, is held instead where the rules name the
 * same store as they did. */
struct cache *cache_open(
    struct ev_loop *loop, const struct conf *c, struct cache *before);

struct cache *cache_hold(struct cache *c);
void cache_drop(struct cache *c); /* accepts NULL */

/* Logs what became of the store, where that is new. */
void cache_tell(struct cache *c);

/* Once a second for a key: where the origin fails, not each stale answer is to
 * ask it again. */
bool cache_may_revalidate(struct cache *c, uint64_t id, int64_t now_s);

/* The answer to this key was not for the store: for a while nobody waits for
 * another's. */
void cache_pass(struct cache *c, uint64_t id, int64_t now_s);
void cache_pass_over(struct cache *c, uint64_t id);
bool cache_passes(const struct cache *c, uint64_t id, int64_t now_s);

#endif

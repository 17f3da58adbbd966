/* One fetch for a key at a time: this process's fetches and those of others
 * that somebody here waits for.
 *
 * Followers are woken from the loop, never from within a call of the one they
 * follow. */
#ifndef ENGINE_COLLAPSE_H
#define ENGINE_COLLAPSE_H

#include "store/flights.h"

struct collapse;
struct ev_loop;
struct fetch;

/* Who waits for a fetch; part of the waiter's memory. */
struct follower {
	struct follower *next;
	struct follower **at; /* NULL: follows nothing */
	void (*woken)(void *user);
	void *user;
};

/* NULL: no memory.  Caller frees. */
struct collapse *collapse_new(struct ev_loop *loop);

/* Takes the flights in the place of those it had: what other processes fetch
 * is known by them.  NULL: they fetch for themselves. */
void collapse_use(struct collapse *c, struct flights *taken);
void collapse_free(struct collapse *c); /* accepts NULL */

/* OURS: the caller fetches, and ends it.  THEIRS: it may be followed.  Both
 * are to be dropped.  ALONE: as if there were no others. */
enum flight_turn collapse_take(
    struct collapse *c, uint64_t id, struct fetch **fetch_out);

/* The same for those who would not fetch it for others: THEIRS, or ALONE. */
enum flight_turn collapse_join(
    struct collapse *c, uint64_t id, struct fetch **fetch_out);

bool collapse_is_under_way(struct collapse *c, uint64_t id); /* here */
void collapse_drop(struct fetch *f);                         /* accepts NULL */

/* For the one who fetches: does anybody wait?  It can be read under that name
 * from now on; where there is more of it, collapse_tell().  It is over. */
bool collapse_is_wanted(const struct fetch *f);
void collapse_show(struct fetch *f, struct slice name);
void collapse_end(struct fetch *f, enum flight_state end, uint64_t body_bytes);

/* For the others.  Woken as often as there may be news. */
void collapse_follow(struct fetch *f, struct follower *w);
void collapse_leave(struct follower *w);
const struct flight *collapse_flight(const struct fetch *f);

/* Wakes those who follow. */
void collapse_tell(struct fetch *f);

#endif

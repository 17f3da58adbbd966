/* The pools of one set of rules, as the board knows them: which server is
 * next, how requests came out, and who waits for a server that has room. */
#ifndef ENGINE_BALANCER_H
#define ENGINE_BALANCER_H

#include "policy/breaker.h"
#include "policy/health.h"
#include "policy/pick.h"
#include "shared/pools.h"
#include "shared/servers.h"

struct balancer;
struct commons;
struct conf;
struct pool;
struct rule;
struct server;

/* A server of a pool, with what is worked out once. */
struct member {
	const struct server *server;
	struct slot_key key;
	uint64_t id;
};

/* Somebody who waits for a server with room; part of the waiter's memory. */
struct balancer_waiter {
	struct balancer_waiter *next;
	struct balancer_waiter **at; /* NULL: does not wait */
	void (*ready)(void *user);
	void *user;
};

struct balanced {
	const struct pool *pool;
	const struct rule *rule; /* the first that goes there, or NULL */
	bool plain; /* one server, of which nothing is to be known */
	bool breaks;
	struct slot_key key;
	struct health_rules health;
	struct breaker_rules breaker;
	struct member *members;
	struct balancer_waiter *waiting; /* in this worker, first in first */
	struct balancer_waiter **waiting_end;
	size_t waiting_n;
	bool waking;
};

/* NULL: no memory.  Borrows the conf.  Caller frees. */
struct balancer *balancer_new(const struct conf *c);
void balancer_free(struct balancer *b); /* accepts NULL */

/* Do any rules need the board? */
bool balancer_is_needed(const struct balancer *b);

struct balanced *balancer_pool(struct balancer *b, const struct pool *pool);
size_t balancer_pool_n(const struct balancer *b);
struct balanced *balancer_pool_at(struct balancer *b, size_t i);

/* Chooses: `r` without its random number, a bit of `tried` for each server that
 * is none for this request.  Wins the trial where one is needed. */
struct pick balancer_pick(struct balanced *p, struct commons *c,
    struct pick_request r, uint64_t tried, int64_t now_ms);

/* Would there be another, tried ones left out? */
bool balancer_has_other(struct balanced *p, struct commons *c,
    const struct pick_request *r, uint64_t tried, int64_t now_ms);

/* The queue.  False: it is full. */
bool balancer_wait(struct balanced *p, struct balancer_waiter *w);
/* At its front: who was there first stays first. */
void balancer_wait_again(struct balanced *p, struct balancer_waiter *w);
void balancer_leave(struct balanced *p, struct balancer_waiter *w);

/* A server may have room: those in the queue ask again, one after the other,
 * until one has to wait_again(). */
void balancer_wake(struct balanced *p);

#endif

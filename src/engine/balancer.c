/* Snapshots of the board for policy/pick.h, and a queue a pool. */
#include "engine/balancer.h"

#include <stdlib.h>

#include "base/hash.h"
#include "conf/conf.h"
#include "engine/commons.h"

/* DESIGN: growing, capped. */
#define OUT_MAX_MS INT64_C(300000)

/* A trial that nobody ended is over: its process was killed.  Longer than
 * most requests take until their first byte. */
#define TRIAL_MS INT64_C(60000)

#define BREAKER_WINDOW_MS INT64_C(10000)
#define BREAKER_REQUESTS  20
#define BREAKER_SLOW      50 /* percent slower than breaker_latency */

/* Trials that others may win before us. */
#define TRIES 4

struct balancer {
	const struct conf *conf;
	struct balanced *pools;
	struct member *members;
	size_t n;
};

static bool is_plain(const struct pool *p)
{
	const struct balancing *b = &p->balancing;

	return p->server_n == 1 && p->servers[0].max == 0 &&
	    b->health_path.len == 0 && b->breaker_errors_percent == 0 &&
	    b->breaker_latency_ms == 0;
}

static struct health_rules health_rules_of(const struct pool *p)
{
	const struct balancing *b = &p->balancing;

	return (struct health_rules){
		/* Without another server there is nothing to gain: what the
		 * only one answers is better than our 503. */
		.fail_after = p->server_n == 1 ? 0 : (unsigned)b->fail_after,
		.recover_after = 1,
		.window_ms = b->fail_window_ms,
		.out_ms = b->recover_after_ms,
		.out_max_ms = b->recover_after_ms > OUT_MAX_MS ?
		    b->recover_after_ms :
		    OUT_MAX_MS,
		.trial_ms = TRIAL_MS,
		.slow_start_ms = b->slow_start_ms,
	};
}

static struct breaker_rules breaker_rules_of(const struct pool *p)
{
	const struct balancing *b = &p->balancing;
	struct breaker_rules r = {
		.window_ms = BREAKER_WINDOW_MS,
		.requests_min = BREAKER_REQUESTS,
		.error_percent = (unsigned)b->breaker_errors_percent,
		.slow_percent = b->breaker_latency_ms > 0 ? BREAKER_SLOW : 0,
		.slow_ms = b->breaker_latency_ms,
		.rest = health_rules_of(p),
	};

	r.rest.fail_after = 1;
	return r;
}

/* What a server is known by to all processes, whatever the rules are. */
static struct slice address_of(const struct server *s)
{
	return s->origin.unix_path.len > 0 ? s->origin.unix_path :
					     s->origin.root;
}

static void pool_make(
    struct balanced *to, const struct pool *p, struct member *members)
{
	uint64_t hash = hash64(p->name);

	*to = (struct balanced){
		.pool = p,
		.plain = is_plain(p),
		.breaks = p->balancing.breaker_errors_percent > 0 ||
		    p->balancing.breaker_latency_ms > 0,
		.health = health_rules_of(p),
		.breaker = breaker_rules_of(p),
		.members = members,
	};
	to->waiting_end = &to->waiting;
	for (size_t i = 0; i < p->server_n; i++) {
		members[i].server = &p->servers[i];
		members[i].key = slot_key_of(address_of(&p->servers[i]));
		members[i].id = members[i].key.hash;
		hash = hash64_mix(hash ^ members[i].id);
	}
	to->key = slot_key_of((struct slice){ (char *)&hash, sizeof(hash) });
}

struct balancer *balancer_new(const struct conf *c)
{
	struct balancer *b = calloc(1, sizeof(*b));
	size_t members = 0;

	for (size_t i = 0; i < c->pool_n; i++)
		members += c->pools[i].server_n;
	if (b == NULL)
		return NULL;
	b->conf = c;
	b->n = c->pool_n;
	b->pools = calloc(c->pool_n + 1, sizeof(*b->pools));
	b->members = calloc(members + 1, sizeof(*b->members));
	if (b->pools == NULL || b->members == NULL) {
		balancer_free(b);
		return NULL;
	}
	members = 0;
	for (size_t i = 0; i < c->pool_n; i++) {
		pool_make(&b->pools[i], &c->pools[i], &b->members[members]);
		members += c->pools[i].server_n;
	}
	for (size_t i = c->rule_n; i-- > 0;)
		if (c->rules[i].pool != NULL)
			balancer_pool(b, c->rules[i].pool)->rule = &c->rules[i];
	return b;
}

void balancer_free(struct balancer *b)
{
	if (b == NULL)
		return;
	free(b->pools);
	free(b->members);
	free(b);
}

bool balancer_is_needed(const struct balancer *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (!b->pools[i].plain)
			return true;
	return false;
}

struct balanced *balancer_pool(struct balancer *b, const struct pool *pool)
{
	return &b->pools[pool - b->conf->pools];
}

size_t balancer_pool_n(const struct balancer *b)
{
	return b->n;
}

struct balanced *balancer_pool_at(struct balancer *b, size_t i)
{
	return &b->pools[i];
}

/* --- choosing ----------------------------------------------------------- */

static struct pick_server look(struct balanced *p, struct board *board,
    size_t i, uint64_t tried, int64_t now_ms)
{
	const struct server *s = p->members[i].server;
	struct server_handle h =
	    server_handle_of(board, &p->members[i].key, now_ms);
	int64_t interval_ms = p->pool->balancing.health_interval_ms;
	struct server_view v;
	struct pick_server out;

	server_read(board, h, &p->health, now_ms, &v);
	out = (struct pick_server){
		.id = p->members[i].id,
		.weight = (unsigned)s->weight,
		.share = health_share(&v.health, &p->health, now_ms),
		.in_flight = v.in_flight,
		.max = (unsigned)s->max,
		.backup = s->backup,
		.drain = s->drain,
		.tried = (tried >> i & 1) != 0,
		.admits = health_admits(&v.health, now_ms),
		.wait_ms = health_wait_ms(&v.health, now_ms),
	};
	if (p->pool->balancing.health_path.len > 0 &&
	    probed_is_down(&v.probed, interval_ms, now_ms)) {
		out.admits = HEALTH_REFUSES;
		out.wait_ms = interval_ms;
	}
	return out;
}

static struct pick pick_now(struct balanced *p, struct commons *c,
    const struct pick_request *r, uint64_t tried, int64_t now_ms)
{
	struct pick_server servers[PICK_SERVERS_MAX];
	size_t n = p->pool->server_n;

	for (size_t i = 0; i < n; i++)
		servers[i] = look(p, commons_board(c), i, tried, now_ms);
	return pick_server(servers, n, r);
}

struct pick balancer_pick(struct balanced *p, struct commons *c,
    struct pick_request r, uint64_t tried, int64_t now_ms)
{
	struct board *board = commons_board(c);
	struct pick picked = { .result = PICK_NONE, .wait_ms = -1 };

	for (int i = 0; i < TRIES; i++) {
		r.random = commons_random(c);
		picked = pick_now(p, c, &r, tried, now_ms);
		if (picked.result != PICK_SERVER || !picked.trial ||
		    server_try(board,
			server_handle_of(
			    board, &p->members[picked.server].key, now_ms),
			&p->health, now_ms))
			break;
		/* Another has the trial; without it we may find none. */
		tried |= UINT64_C(1) << picked.server;
		picked = (struct pick){ .result = PICK_NONE, .wait_ms = 1000 };
	}
	return picked;
}

bool balancer_has_other(struct balanced *p, struct commons *c,
    const struct pick_request *r, uint64_t tried, int64_t now_ms)
{
	return pick_now(p, c, r, tried, now_ms).result != PICK_NONE;
}

/* --- the queue ---------------------------------------------------------- */

static void enter(
    struct balanced *p, struct balancer_waiter *w, struct balancer_waiter **at)
{
	w->next = *at;
	w->at = at;
	if (w->next != NULL)
		w->next->at = &w->next;
	else
		p->waiting_end = &w->next;
	*at = w;
	p->waiting_n++;
}

bool balancer_wait(struct balanced *p, struct balancer_waiter *w)
{
	if (p->waiting_n >= (size_t)p->pool->balancing.queue_length)
		return false;
	enter(p, w, p->waiting_end);
	return true;
}

void balancer_wait_again(struct balanced *p, struct balancer_waiter *w)
{
	enter(p, w, &p->waiting);
}

void balancer_leave(struct balanced *p, struct balancer_waiter *w)
{
	if (w->at == NULL)
		return;
	*w->at = w->next;
	if (w->next != NULL)
		w->next->at = w->at;
	else
		p->waiting_end = w->at;
	w->at = NULL;
	p->waiting_n--;
}

void balancer_wake(struct balanced *p)
{
	/* What is woken may end, and so wake others. */
	if (p->waking)
		return;
	p->waking = true;
	while (p->waiting != NULL) {
		struct balancer_waiter *w = p->waiting;

		balancer_leave(p, w);
		w->ready(w->user);
		/* It waits again: there is no room for anybody. */
		if (p->waiting == w)
			break;
	}
	p->waking = false;
}

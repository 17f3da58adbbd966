/* A look at all pools every so often, and a transfer for each that is due. */
#include "engine/probe.h"

#include <ev.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "conf/conf.h"
#include "conf/statuses.h"
#include "conf/tls.h"
#include "engine/balancer.h"
#include "engine/commons.h"
#include "engine/worker.h"
#include "origin/transfer.h"

#define LOOK_MAX_S 1.0

#define PROBE_ARENA_BYTES (256 * 1024)

/* Under way at a time in one process. */
#define PROBES_MAX 256

struct probe {
	struct probe *next;
	struct prober *prober;
	struct ruleset *rules; /* held: pool and server are theirs */
	struct balanced *pool;
	size_t server;
	struct arena *arena;
	struct transfer *transfer;
	struct ev_timer deadline;
	struct fields fields;
	struct tls tls;
	int status;
};

struct prober {
	struct worker *worker;
	struct ev_timer look;
	struct probe *first;
	size_t n;
};

static const struct server *server_of(const struct probe *p)
{
	return p->pool->members[p->server].server;
}

static void probe_free(struct probe *p)
{
	struct prober *all = p->prober;
	struct probe **at = &all->first;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	all->n--;
	ev_timer_stop(all->worker->loop, &p->deadline);
	transfer_cancel(p->transfer);
	ruleset_drop(p->rules);
	arena_free(p->arena); /* the probe itself lies in it */
}

static void tell(const struct probe *p, enum health_change change)
{
	const struct server *s = server_of(p);

	if (change == HEALTH_SAME)
		return;
	log_line(LOG_WARN, "[%.*s] server %.*s (%.*s) %s: its %.*s %s",
	    SLICE_ARG(p->pool->pool->name), SLICE_ARG(s->name),
	    SLICE_ARG(s->origin.url),
	    change == HEALTH_WENT_OUT ? "is out" : "is back",
	    SLICE_ARG(p->pool->pool->balancing.health_path),
	    change == HEALTH_WENT_OUT ? "does not answer as it should" :
					"answers as it should");
}

static void probe_end(struct probe *p, bool ok)
{
	struct board *board = commons_board(p->prober->worker->commons);
	int64_t now_ms = clock_ms();
	struct health_rules rules = p->pool->health;

	/* A probe is asked for to be heeded, with a single server, too. */
	if (rules.fail_after == 0)
		rules.fail_after =
		    (unsigned)p->pool->pool->balancing.fail_after;
	tell(p,
	    server_probe_end(board,
		server_handle_of(
		    board, &p->pool->members[p->server].key, now_ms),
		ok, &rules, now_ms));
	probe_free(p);
}

static void on_connected(void *user)
{
	(void)user;
}

static enum flow on_head(void *user, struct response *r)
{
	struct probe *p = user;

	p->status = r->status;
	return FLOW_GO;
}

static enum flow on_body(void *user, struct slice s)
{
	(void)user;
	(void)s;
	return FLOW_GO;
}

static void on_done(void *user, enum fault fault, struct transfer_trail trail)
{
	struct probe *p = user;

	(void)trail;
	p->transfer = NULL;
	probe_end(p,
	    fault == FAULT_NONE &&
		statuses_have(
		    &p->pool->pool->balancing.health_status, p->status));
}

static void on_deadline(
    struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	(void)loop;
	(void)revents;
	probe_end(timer->data, false);
}

static const struct transfer_events events = {
	.connected = on_connected,
	.head = on_head,
	.body = on_body,
	.done = on_done,
};

/* Those of the first route that goes there. */
static const struct tls *tls_of(struct probe *p)
{
	const struct tls *tls = &p->pool->rule->tls;

	if (tls->server_name.len == 0 || p->server == 0)
		return tls;
	p->tls = *tls;
	return tls_aim(&p->tls, &server_of(p)->origin, p->arena) ? &p->tls :
								   NULL;
}

static bool probe_send(struct probe *p)
{
	const struct balancing *b = &p->pool->pool->balancing;
	const struct origin *origin = &server_of(p)->origin;
	struct transfer_request r = {
		.method = LIT("GET"),
		.root = origin->root,
		.unix_path = origin->unix_path,
		.target = b->health_path,
		.fields = &p->fields,
		.connect_timeout_ms = b->health_timeout_ms,
		.tls = tls_of(p),
	};

	if (r.tls == NULL ||
	    !field_add(&p->fields, p->arena, LIT("Host"), origin->authority) ||
	    !field_add(&p->fields, p->arena, LIT("User-Agent"),
		LIT("fingerpost (health)")))
		return false;
	p->transfer =
	    transfer_start(p->prober->worker->multi, p->arena, &r, &events, p);
	return p->transfer != NULL;
}

static void probe_begin(
    struct prober *all, struct balanced *pool, size_t server)
{
	struct arena *arena = arena_new(PROBE_ARENA_BYTES);
	struct probe *p = arena == NULL ? NULL : arena_zero(arena, sizeof(*p));
	double timeout_s =
	    (double)pool->pool->balancing.health_timeout_ms / 1000.;

	if (p == NULL) {
		arena_free(arena);
		return;
	}
	p->prober = all;
	p->rules = ruleset_hold(all->worker->rules);
	p->pool = pool;
	p->server = server;
	p->arena = arena;
	p->next = all->first;
	all->first = p;
	all->n++;
	ev_timer_init(&p->deadline, on_deadline, timeout_s, 0.);
	p->deadline.data = p;
	ev_timer_start(all->worker->loop, &p->deadline);
	if (!probe_send(p))
		probe_free(p);
}

static void look_at(struct prober *all, struct balanced *pool)
{
	const struct balancing *b = &pool->pool->balancing;
	struct board *board = commons_board(all->worker->commons);
	int64_t now_ms = clock_ms();

	for (size_t i = 0; i < pool->pool->server_n; i++) {
		struct server_handle h =
		    server_handle_of(board, &pool->members[i].key, now_ms);

		if (all->n < PROBES_MAX &&
		    server_probe_begin(board, h, b->health_interval_ms,
			b->health_timeout_ms + 1000, now_ms))
			probe_begin(all, pool, i);
	}
}

static bool is_probed(const struct balanced *pool)
{
	return pool->rule != NULL && pool->pool->balancing.health_path.len > 0;
}

static void on_look(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct prober *all = timer->data;
	struct balancer *balancer = all->worker->rules->balancer;

	(void)loop;
	(void)revents;
	for (size_t i = 0; i < balancer_pool_n(balancer); i++)
		if (is_probed(balancer_pool_at(balancer, i)))
			look_at(all, balancer_pool_at(balancer, i));
}

/* Four looks an interval; 0: no pool is probed. */
static double look_every_s(struct balancer *b)
{
	int64_t least_ms = 0;

	for (size_t i = 0; i < balancer_pool_n(b); i++) {
		const struct balanced *pool = balancer_pool_at(b, i);
		int64_t ms = pool->pool->balancing.health_interval_ms;

		if (is_probed(pool) && (least_ms == 0 || ms < least_ms))
			least_ms = ms;
	}
	return (double)least_ms / 4000.;
}

bool prober_new(struct worker *w, struct prober **prober_out)
{
	double every_s = look_every_s(w->rules->balancer);
	struct prober *p;

	*prober_out = NULL;
	if (every_s == 0.)
		return true;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return false;
	p->worker = w;
	ev_timer_init(
	    &p->look, on_look, 0., every_s < LOOK_MAX_S ? every_s : LOOK_MAX_S);
	p->look.data = p;
	ev_timer_start(w->loop, &p->look);
	*prober_out = p;
	return true;
}

void prober_free(struct prober *p)
{
	if (p == NULL)
		return;
	ev_timer_stop(p->worker->loop, &p->look);
	while (p->first != NULL)
		probe_free(p->first);
	free(p);
}

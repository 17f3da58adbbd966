/* Attempts at one request, one after the other. */
#include "engine/attempt.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/statuses.h"
#include "conf/tls.h"
#include "engine/balancer.h"
#include "engine/commons.h"
#include "engine/exchange_state.h"
#include "http/method.h"
#include "policy/retry.h"
#include "policy/sticky.h"

/* Beyond its share of the requests a pool may repeat so many a second, saved
 * up for a while: a quiet pool must survive a restart, too.  And a busy one:
 * where a server dies, all that it had under way is repeated at once. */
#define BUDGET_PER_S 3
#define BUDGET_BURST BUDGET_TOKENS_MAX

/* How often a place is looked for that others take at the same moment. */
#define PLACE_TRIES 4

/* How often those who wait look whether another process has made room. */
#define QUEUE_LOOK_S 0.025

struct attempts {
	struct balanced *pool;
	struct pool_handle pool_handle;
	struct server_handle handle;
	uint64_t ticket; /* the request's turn */
	uint64_t tried;  /* a bit a server */
	unsigned number; /* of the attempt under way, from 1 */
	size_t server;   /* its server */
	int64_t began_ms;
	int64_t first_byte_ms; /* since then; below 0: none came */
	bool counted;          /* on the board: to be taken off */
	bool trial;
	bool circuit_trial;
	bool status_listed; /* the response's is one of retry_on */

	bool dropping; /* the response is not the client's */
	bool stopped;  /* and was broken off */

	struct balancer_waiter waiter;
	int64_t wait_until_ms;    /* 0: never waited */
	struct ev_timer patience; /* of waiting */
};

static struct board *board_of(const struct exchange *e)
{
	return commons_board(e->worker->commons);
}

static struct sticky sticky_of(const struct exchange *e)
{
	return (struct sticky){ commons_secret(e->worker->commons),
		e->attempts->pool->pool->name };
}

static const struct member *member_of(const struct attempts *a)
{
	return &a->pool->members[a->server];
}

bool attempt_begin(struct exchange *e)
{
	struct attempts *a = arena_zero(e->arena, sizeof(*a));

	if (a == NULL)
		return false;
	a->pool = balancer_pool(e->rules->balancer, e->match.rule->pool);
	e->attempts = a;
	return true;
}

/* --- choosing ----------------------------------------------------------- */

static size_t session_of(const struct exchange *e)
{
	const struct attempts *a = e->attempts;
	struct sticky s;
	uint64_t id;

	if (!a->pool->pool->balancing.sticky)
		return PICK_NO_SESSION;
	s = sticky_of(e);
	if (!sticky_read(&s, sticky_sent(&s, &e->request->fields, e->arena),
		exchange_now_s(e), &id))
		return PICK_NO_SESSION;
	for (size_t i = 0; i < a->pool->pool->server_n; i++)
		if (sticky_id(&s, a->pool->members[i].server->origin.url) == id)
			return i;
	return PICK_NO_SESSION;
}

static uint64_t key_of(const struct exchange *e)
{
	const struct balancing *b = &e->attempts->pool->pool->balancing;
	struct slice tail = e->match.tail;

	if (b->balance == BALANCE_IP_HASH)
		return pick_key_of_address(e->request->client_addr);
	return hash64_mix(hash64(tail) ^ hash64(e->match.query));
}

static struct pick_request request_of(const struct exchange *e)
{
	static const enum pick_method methods[] = {
		[BALANCE_ROUND_ROBIN] = PICK_ROUND_ROBIN,
		[BALANCE_LEAST_CONNECTIONS] = PICK_LEAST_CONNECTIONS,
		[BALANCE_IP_HASH] = PICK_HASH,
		[BALANCE_URI_HASH] = PICK_HASH,
		[BALANCE_RANDOM] = PICK_RANDOM,
	};
	enum balance balance = e->attempts->pool->pool->balancing.balance;
	struct pick_request r = { .method = methods[balance],
		.ticket = e->attempts->ticket,
		.session = session_of(e),
		.repeatable = method_is_idempotent(e->request->method) };

	if (r.method == PICK_HASH)
		r.key = key_of(e);
	return r;
}

static void answer_unavailable(
    struct exchange *e, enum fault fault, int64_t wait_ms)
{
	struct slice seconds;
	struct text t = text_in(e->arena, 24);

	if (wait_ms < 0)
		wait_ms = e->attempts->pool->pool->balancing.recover_after_ms;
	text_u64(&t, (uint64_t)(wait_ms <= 1000 ? 1 : (wait_ms + 999) / 1000));
	seconds = text_slice(&t);
	reply_unavailable(e, fault, seconds);
}

/* --- asking ------------------------------------------------------------- */

static struct budget_rules budget_of(const struct rule *rule)
{
	return (struct budget_rules){
		.percent = (unsigned)rule->retry_budget_percent,
		.floor_per_s =
		    rule->retry_budget_percent > 0 ? BUDGET_PER_S : 0,
		.burst = BUDGET_BURST,
	};
}

/* The server's name in certificates is the rule's, its address its own. */
static bool aim_tls(struct exchange *e)
{
	const struct rule *rule = e->match.rule;
	const struct origin *origin = route_origin(&e->match);
	struct tls *own;

	e->tls = &rule->tls;
	if (rule->tls.server_name.len == 0 || e->attempts->server == 0 ||
	    !slice_eq(origin->scheme, LIT("https")))
		return true;
	own = arena_alloc(e->arena, sizeof(*own));
	if (own == NULL)
		return false;
	*own = rule->tls;
	e->tls = own;
	return tls_aim(own, origin, e->arena);
}

static void begin_count(struct exchange *e)
{
	struct attempts *a = e->attempts;

	if (a->pool->plain)
		return;
	a->handle =
	    server_handle_of(board_of(e), &member_of(a)->key, a->began_ms);
	server_begin(board_of(e), a->handle, a->began_ms);
	a->counted = true;
}

/* Two processes may see the same last place free: they count themselves in and
 * look again, so that no more than one stays. */
static bool takes_place(struct exchange *e, struct pick picked, int64_t now_ms)
{
	static const struct server_outcome none = { .latency_us = -1 };
	struct attempts *a = e->attempts;
	struct server_view view;

	a->server = picked.server;
	a->trial = picked.trial;
	a->began_ms = now_ms;
	begin_count(e);
	if (member_of(a)->server->max == 0 || a->trial)
		return true;
	server_read(board_of(e), a->handle, &a->pool->health, now_ms, &view);
	if (view.in_flight <= (unsigned)member_of(a)->server->max)
		return true;
	a->counted = false;
	server_end(board_of(e), a->handle, &none, &a->pool->health, now_ms, 0);
	return false;
}

static struct pick pick_place(struct exchange *e, int64_t now_ms)
{
	struct attempts *a = e->attempts;
	struct pick_request r = request_of(e);
	struct pick picked;

	for (int i = 0; i < PLACE_TRIES; i++) {
		picked = balancer_pick(
		    a->pool, e->worker->commons, r, a->tried, now_ms);
		if (picked.result != PICK_SERVER ||
		    takes_place(e, picked, now_ms))
			return picked;
	}
	return (struct pick){ .result = PICK_FULL };
}

/* Where takes_place() put us. */
static void ask(struct exchange *e)
{
	struct attempts *a = e->attempts;

	a->number++;
	a->first_byte_ms = -1;
	a->dropping = a->stopped = a->status_listed = false;
	e->match.server = member_of(a)->server;
	if (!aim_tls(e)) {
		exchange_refuse_too_large(e);
		return;
	}
	if (!exchange_make_upstream(e))
		return;
	exchange_fetch(e);
}

static void stop_waiting(struct exchange *e)
{
	struct attempts *a = e->attempts;

	balancer_leave(a->pool, &a->waiter);
	ev_timer_stop(e->worker->loop, &a->patience);
}

/* Other processes may have made room, and nobody told us: the first in the
 * queue looks for all of it. */
static void on_look(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct exchange *e = timer->data;
	struct attempts *a = e->attempts;

	(void)loop;
	(void)revents;
	exchange_touch(e);
	if (clock_ms() >= a->wait_until_ms) {
		stop_waiting(e);
		answer_unavailable(e, FAULT_CONNECTION_LIMIT_REACHED, 1000);
	} else if (a->pool->waiting == &a->waiter) {
		balancer_wake(a->pool);
	}
}

static void on_room(void *user)
{
	attempt_fetch(user);
}

/* All servers are at their maximum. */
static void queue_up(struct exchange *e, int64_t now_ms)
{
	struct attempts *a = e->attempts;

	a->waiter.ready = on_room;
	a->waiter.user = e;
	if (a->wait_until_ms != 0) {
		balancer_wait_again(a->pool, &a->waiter);
		return;
	}
	if (!balancer_wait(a->pool, &a->waiter)) {
		answer_unavailable(e, FAULT_CONNECTION_LIMIT_REACHED, 1000);
		return;
	}
	a->wait_until_ms = now_ms + a->pool->pool->balancing.queue_timeout_ms;
	ev_timer_init(&a->patience, on_look, QUEUE_LOOK_S, QUEUE_LOOK_S);
	a->patience.data = e;
	ev_timer_start(e->worker->loop, &a->patience);
}

/* False: the circuit is open, and the exchange answered. */
static bool enter_circuit(struct exchange *e, int64_t now_ms)
{
	struct attempts *a = e->attempts;
	const struct breaker_rules *rules = &a->pool->breaker;
	struct health h;

	if (!a->pool->breaks || a->number > 0 || a->wait_until_ms != 0)
		return true;
	h = pool_circuit(board_of(e), a->pool_handle, rules, now_ms);
	switch (breaker_admits(
	    &h, rules, now_ms, commons_random(e->worker->commons))) {
	case HEALTH_ADMITS:
		return true;
	case HEALTH_ADMITS_TRIAL:
		a->circuit_trial =
		    pool_try(board_of(e), a->pool_handle, rules, now_ms);
		if (a->circuit_trial)
			return true;
		break;
	case HEALTH_REFUSES:
		break;
	}
	answer_unavailable(
	    e, FAULT_DESTINATION_UNAVAILABLE, health_wait_ms(&h, now_ms));
	return false;
}

void attempt_fetch(struct exchange *e)
{
	struct attempts *a = e->attempts;
	int64_t now_ms = clock_ms();
	struct budget_rules budget = budget_of(e->match.rule);
	struct pick picked;

	if (a->pool->plain) {
		a->server = 0;
		a->began_ms = now_ms;
		ask(e);
		return;
	}
	a->pool_handle = pool_handle_of(board_of(e), &a->pool->key, now_ms);
	if (!enter_circuit(e, now_ms))
		return;
	/* A turn is a request's: repeating it takes none, or a server that
	 * fails would be asked more often than others. */
	if (a->number > 0)
		a->ticket = commons_random(e->worker->commons);
	else if (a->wait_until_ms == 0)
		a->ticket = pool_ticket(board_of(e), a->pool_handle);
	picked = pick_place(e, now_ms);
	switch (picked.result) {
	case PICK_SERVER:
		ev_timer_stop(e->worker->loop, &a->patience);
		if (a->number == 0)
			pool_request(
			    board_of(e), a->pool_handle, &budget, now_ms);
		ask(e);
		return;
	case PICK_FULL:
		queue_up(e, now_ms);
		return;
	case PICK_NONE:
		break;
	}
	answer_unavailable(e, FAULT_DESTINATION_UNAVAILABLE, picked.wait_ms);
}

void attempt_repeat(struct exchange *e)
{
	struct attempts *a = e->attempts;

	a->began_ms = clock_ms();
	a->first_byte_ms = -1;
	a->trial = false;
	begin_count(e);
	exchange_fetch(e);
}

/* --- judging ------------------------------------------------------------- */

static struct slice address_of(const struct attempts *a)
{
	return member_of(a)->server->origin.url;
}

static void tell_change(const struct exchange *e, enum health_change change)
{
	const struct attempts *a = e->attempts;

	if (change == HEALTH_WENT_OUT)
		log_line(LOG_WARN,
		    "%.*s: [%.*s] server %.*s (%.*s) is out: it failed too "
		    "often",
		    SLICE_ARG(e->request->id), SLICE_ARG(a->pool->pool->name),
		    SLICE_ARG(member_of(a)->server->name),
		    SLICE_ARG(address_of(a)));
	else if (change == HEALTH_CAME_BACK)
		log_line(LOG_WARN, "%.*s: [%.*s] server %.*s (%.*s) is back",
		    SLICE_ARG(e->request->id), SLICE_ARG(a->pool->pool->name),
		    SLICE_ARG(member_of(a)->server->name),
		    SLICE_ARG(address_of(a)));
}

static void tell_circuit(const struct exchange *e, enum health_change change)
{
	if (change != HEALTH_SAME)
		log_line(LOG_WARN, "%.*s: [%.*s] %s", SLICE_ARG(e->request->id),
		    SLICE_ARG(e->attempts->pool->pool->name),
		    change == HEALTH_WENT_OUT ?
			"fails or is slow too often: it is left alone for a "
			"while" :
			"is asked again");
}

/* Takes the attempt off the board.  `counts`: its outcome says something of
 * the server. */
static void end_count(struct exchange *e, bool counts, bool ok)
{
	struct attempts *a = e->attempts;
	struct server_outcome outcome = {
		.counts = counts,
		.ok = ok,
		.trial = a->trial,
		.latency_us =
		    a->first_byte_ms < 0 ? -1 : a->first_byte_ms * 1000,
	};
	int64_t now_ms;
	uint64_t random;

	if (!a->counted)
		return;
	a->counted = false;
	now_ms = clock_ms();
	random = commons_random(e->worker->commons);
	tell_change(e,
	    server_end(board_of(e), a->handle, &outcome, &a->pool->health,
		now_ms, random));
	if (a->pool->breaks && counts)
		tell_circuit(e,
		    pool_outcome(board_of(e), a->pool_handle, &a->pool->breaker,
			ok, a->circuit_trial, now_ms - a->began_ms, now_ms,
			random));
	a->circuit_trial = false;
	balancer_wake(a->pool);
}

/* What retry_on calls it. */
static unsigned kind_of(enum fault fault)
{
	switch (fault) {
	case FAULT_DNS_ERROR:
	case FAULT_DESTINATION_IP_UNROUTABLE:
	case FAULT_CONNECTION_REFUSED:
	case FAULT_TLS_PROTOCOL_ERROR:
	case FAULT_TLS_CERTIFICATE_ERROR:
		return RETRY_ON_CONNECT_FAILURE;
	case FAULT_DNS_TIMEOUT:
	case FAULT_CONNECTION_TIMEOUT:
		return RETRY_ON_CONNECT_FAILURE | RETRY_ON_TIMEOUT;
	case FAULT_CONNECTION_TERMINATED:
	case FAULT_HTTP_RESPONSE_INCOMPLETE:
	case FAULT_HTTP_RESPONSE_HEADER_SECTION_SIZE:
	case FAULT_HTTP_UPGRADE_FAILED:
	case FAULT_HTTP_PROTOCOL_ERROR:
		return RETRY_ON_RESET;
	case FAULT_HTTP_RESPONSE_TIMEOUT:
	case FAULT_CONNECTION_READ_TIMEOUT:
	case FAULT_CONNECTION_WRITE_TIMEOUT:
		return RETRY_ON_TIMEOUT;
	default:
		return 0;
	}
}

static struct attempt attempt_of(
    const struct exchange *e, enum fault fault, struct transfer_trail trail)
{
	const struct attempts *a = e->attempts;

	return (struct attempt){
		.fault = fault,
		.status_listed = a->status_listed,
		.idempotent = method_is_idempotent(e->request->method),
		.sent = trail.sent,
		.reused = trail.reused,
		.content_whole = !e->content_lost,
		.response_begun = e->begun,
		.number = a->number,
	};
}

/* Would another attempt be right, whoever makes it? */
static bool may_repeat(const struct exchange *e, const struct attempt *x)
{
	const struct rule *rule = e->match.rule;
	int64_t most = rule->retries;

	/* That a kept connection was closed is no failure of the server's:
	 * it is mended even where there is nobody else to ask. */
	if (attempt_same_server(x) && most == 0)
		most = 1;
	else if (x->fault != FAULT_NONE && !attempt_same_server(x) &&
	    (kind_of(x->fault) & rule->retry_on.failures) == 0)
		return false;
	return retry_may(x, (unsigned)most) == RETRY_YES;
}

/* Leaves the attempt's own server out, unless only its connection was bad and
 * there is no other. */
static bool has_server(struct exchange *e, const struct attempt *x)
{
	struct attempts *a = e->attempts;
	uint64_t tried = a->tried | UINT64_C(1) << a->server;
	struct pick_request r;

	if (a->pool->plain)
		return attempt_same_server(x);
	r = request_of(e);
	if (balancer_has_other(
		a->pool, e->worker->commons, &r, tried, clock_ms())) {
		a->tried = tried;
		return true;
	}
	return attempt_same_server(x);
}

static bool pay(struct exchange *e)
{
	struct budget_rules budget = budget_of(e->match.rule);

	return e->attempts->pool->plain ||
	    pool_retry(
		board_of(e), e->attempts->pool_handle, &budget, clock_ms());
}

bool attempt_admits(
    struct exchange *e, const struct response *r, enum flow *flow_out)
{
	struct attempts *a = e->attempts;
	struct attempt x;

	a->first_byte_ms = clock_ms() - a->began_ms;
	a->status_listed =
	    statuses_have(&e->match.rule->retry_on.statuses, r->status);
	if (!a->status_listed || a->pool->pool->server_n < 2)
		return true;
	x = attempt_of(e, FAULT_NONE, (struct transfer_trail){ .sent = true });
	if (!may_repeat(e, &x) || !has_server(e, &x) || !pay(e))
		return true;
	log_line(LOG_WARN,
	    "%.*s: [%.*s] %.*s answered %d: another server is asked",
	    SLICE_ARG(e->request->id), SLICE_ARG(e->match.rule->name),
	    SLICE_ARG(address_of(a)), r->status);
	a->dropping = true;
	a->stopped = exchange_breaks_off(r, e->request->method);
	*flow_out = a->stopped ? FLOW_STOP : FLOW_GO;
	return false;
}

bool attempt_takes(const struct exchange *e, enum flow *flow_out)
{
	*flow_out = FLOW_GO;
	return e->attempts->dropping;
}

bool attempt_over(
    struct exchange *e, enum fault fault, struct transfer_trail trail)
{
	struct attempts *a = e->attempts;
	struct attempt x =
	    attempt_of(e, a->dropping ? FAULT_NONE : fault, trail);

	/* A response that we broke off ourselves says nothing bad. */
	if (e->again)
		x.fault = FAULT_NONE;
	end_count(e, x.fault == FAULT_NONE || attempt_blames_server(&x),
	    x.fault == FAULT_NONE && !a->status_listed);
	if (a->dropping) {
		attempt_fetch(e);
		return true;
	}
	if (x.fault == FAULT_NONE || e->begun || !may_repeat(e, &x) ||
	    !has_server(e, &x) || !pay(e))
		return false;
	/* A kept connection might end as well, and it be sent once more. */
	e->fresh = fault == FAULT_CONNECTION_TERMINATED;
	log_line(LOG_WARN, "%.*s: [%.*s] %.*s: %.*s%s%s: %s",
	    SLICE_ARG(e->request->id), SLICE_ARG(e->match.rule->name),
	    SLICE_ARG(address_of(a)), SLICE_ARG(fault_words(fault)),
	    *trail.detail == '\0' ? "" : ", ", trail.detail,
	    a->tried >> a->server & 1 ? "another server is asked" :
					"it is asked once more");
	attempt_fetch(e);
	return true;
}

struct slice attempt_cookie(const struct exchange *e)
{
	const struct attempts *a = e->attempts;
	const struct balancing *b = &a->pool->pool->balancing;
	struct sticky s;

	if (!b->sticky || a->pool->plain || session_of(e) == a->server)
		return LIT("");
	s = sticky_of(e);
	return sticky_cookie(&s, sticky_id(&s, address_of(a)), e->match.prefix,
	    slice_eq(e->request->scheme, LIT("https")), b->sticky_ttl_ms / 1000,
	    exchange_now_s(e), e->arena);
}

void attempt_leave(struct exchange *e)
{
	struct attempts *a = e->attempts;

	if (a == NULL)
		return;
	if (!a->pool->plain) {
		stop_waiting(e);
		end_count(e, false, false);
	}
}

/* Before the origin is asked: what is there, and who else asks. */
#include "engine/cached.h"

#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/text.h"
#include "engine/cached_state.h"
#include "engine/ghost.h"
#include "http/accept.h"
#include "http/list.h"
#include "policy/cache_key.h"
#include "policy/cache_note.h"
#include "policy/cache_terms.h"
#include "policy/cache_validate.h"
#include "policy/cache_vary.h"

/* So often somebody else is waited for, and then no more. */
#define TURNS_MAX 3

/* Without a client a fetch goes on for this much, even where nobody waits. */
#define GOES_ON_BYTES (1024 * 1024)

static bool is_get(const struct exchange *e)
{
	return slice_eq(e->request->method, LIT("GET"));
}

static bool is_read(const struct exchange *e)
{
	return is_get(e) || slice_eq(e->request->method, LIT("HEAD"));
}

static struct cache_rules rules_of(const struct rule *rule)
{
	const struct caching *caching = &rule->cache;
	struct cache_rules r = cache_rules_default();

	r.rule = rule;
	r.ttl_overrides = caching->ttl_overrides;
	r.stale_if_error_s = caching->stale_if_error_ms / 1000;
	r.stale_while_revalidate_s = caching->stale_while_revalidate_ms / 1000;
	r.heed_reload = caching->heed_reload;
	r.surrogate = caching->surrogate;
	return r;
}

/* --- look up ------------------------------------------------------------ */

bool cached_candidate(const struct record *r, struct cache_stored *stored_out)
{
	*stored_out = (struct cache_stored){
		.status = r->status,
		.fields = &r->fields,
		.vary_key = r->variant,
	};
	return cache_note_read(r->note, stored_out);
}

/* What is asked for is fetched once for each variant of what there is, or will
 * be in a moment. */
static void find_turn(struct exchange *e, const struct cache_stored *other)
{
	struct cached *c = e->cached;
	struct slice variant;

	c->turn = c->id;
	if (other != NULL &&
	    cache_vary_key(other->fields, &e->request->fields, &c->rules,
		e->arena, &variant) &&
	    variant.len > 0)
		c->turn = hash64_mix(c->id ^ hash64(variant));
}

static void look_up(struct exchange *e, uint64_t round)
{
	struct cached *c = e->cached;
	size_t n = 0;

	store_find(c->cache->store, c->key, round, exchange_now_ms(e), e->arena,
	    &c->found);
	c->stored =
	    arena_alloc(e->arena, (c->found.n + 1) * sizeof(*c->stored));
	/* Those that cannot be read go, and the others stay side by side. */
	for (size_t i = 0; i < c->found.n && c->stored != NULL; i++) {
		if (i != n)
			c->found.at[n] = c->found.at[i];
		if (!cached_candidate(&c->found.at[n].record, &c->stored[n])) {
			store_release_hit(c->cache->store, &c->found.at[n]);
			continue;
		}
		c->stored[n].length = (int64_t)c->found.at[n].record.body_bytes;
		n++;
	}
	if (c->stored != NULL)
		c->found.n = n;
	c->looked = true;
	c->verdict = cache_reuse(e->request, c->stored,
	    c->stored == NULL ? 0 : n, &c->rules, exchange_now_s(e), e->arena);
	c->status = cache_status_of(exchange_settings(e)->via, &c->verdict);
	find_turn(e,
	    c->verdict.forward == CACHE_FORWARD_VARY_MISS ? c->stored : NULL);
}

void cached_forget(struct cached *c)
{
	if (c->looked)
		store_release(c->cache->store, &c->found, NULL);
	c->found.n = 0;
	c->looked = false;
	c->verdict.stored = NULL;
}

void cached_unwatch(struct cached *c)
{
	if (c->watching)
		store_release_hit(c->cache->store, &c->watched);
	c->watching = false;
}

/* --- wait for others ---------------------------------------------------- */

static void stop_waiting(struct exchange *e)
{
	struct cached *c = e->cached;

	collapse_leave(&c->follower);
	if (ev_is_active(&c->patience))
		ev_timer_stop(e->worker->loop, &c->patience);
	if (c->fetch != NULL && !c->leads) {
		collapse_drop(c->fetch);
		c->fetch = NULL;
	}
}

void cached_forward_alone(struct exchange *e)
{
	stop_waiting(e);
	e->cached->alone = true;
	exchange_forward(e);
}

static bool decide(struct exchange *e);
static bool take_turn(struct exchange *e);

static void look_again(struct exchange *e)
{
	struct cached *c = e->cached;
	enum cache_forward why = c->status.forward;

	stop_waiting(e);
	cached_forget(c);
	look_up(e, 0);
	/* It is as if it had been forwarded. */
	if (c->status.forward == CACHE_HIT) {
		c->status.forward = why;
		c->status.collapsed = true;
	}
}

static void look_again_for(struct exchange *e)
{
	look_again(e);
	if (decide(e))
		exchange_forward(e);
}

/* What is fetched cannot be read: it was complete a moment ago, or else it was
 * purged before it is.  Those who came after the purge then have a turn of
 * their own, and need not each ask by themselves until the old one ends. */
static void look_past(struct exchange *e)
{
	struct cached *c = e->cached;

	look_again(e);
	c->turn = hash64_mix(c->turn ^ c->found.mark);
	if (decide(e))
		exchange_forward(e);
}

/* What is fetched is not what this one wants. */
static void take_other_turn(struct exchange *e)
{
	struct cached *c = e->cached;

	stop_waiting(e);
	cached_unwatch(c);
	if (c->turn == c->id)
		c->alone = true;
	if (take_turn(e))
		exchange_forward(e);
}

static void join_growing(struct exchange *e, const struct flight *f)
{
	struct cached *c = e->cached;
	struct cache_stored *stored = arena_zero(e->arena, sizeof(*stored));
	/* Of its own: `watched' may be another's by the time that it breaks
	 * off. */
	struct fields *fields = arena_zero(e->arena, sizeof(*fields));
	struct cache_verdict v = { .use = CACHE_FETCH };

	if (stored == NULL || fields == NULL) {
		cached_forward_alone(e);
		return;
	}
	c->watching = store_watch(c->cache->store,
	    (struct slice){ f->name, f->name_n }, e->arena, &c->watched);
	if (!c->watching) {
		look_past(e);
		return;
	}
	if (slice_eq(c->watched.record.key, c->key) &&
	    cached_candidate(&c->watched.record, stored)) {
		*fields = c->watched.record.fields;
		stored->fields = fields;
		v = cache_reuse(e->request, stored, 1, &c->rules,
		    exchange_now_s(e), e->arena);
	} else {
		stored = NULL;
	}
	ev_timer_stop(e->worker->loop, &c->patience);
	c->status.collapsed = true;
	if ((v.use == CACHE_SERVE || v.use == CACHE_SERVE_STALE_REVALIDATE) &&
	    cached_serve(e, stored, &c->watched, true))
		return;
	c->status.collapsed = false;
	find_turn(e, stored);
	take_other_turn(e);
}

static void on_woken(void *user)
{
	struct exchange *e = user;
	struct cached *c = e->cached;
	const struct flight *f = collapse_flight(c->fetch);

	exchange_touch(e);
	if (c->pump.on) {
		c->pump.whole = f->state == FLIGHT_STORED;
		c->pump.broken =
		    f->state == FLIGHT_NONE || f->state == FLIGHT_REFUSED;
		c->pump.total = f->body_bytes;
		if (!e->full)
			cached_pump(e);
		return;
	}
	switch (f->state) {
	case FLIGHT_UNKNOWN:
		return;
	case FLIGHT_SHOWN:
		join_growing(e, f);
		return;
	case FLIGHT_NONE:
		if (cached_rescues(e, LIT("collapsed")))
			return;
		look_again_for(e);
		return;
	case FLIGHT_STORED:
		look_again_for(e);
		return;
	case FLIGHT_REFUSED:
		cached_forward_alone(e);
		return;
	}
}

static void on_patience(
    struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct exchange *e = timer->data;

	(void)loop;
	(void)revents;
	if (!cached_rescues(e, LIT("collapse-timeout")))
		cached_forward_alone(e);
}

static void follow(struct exchange *e)
{
	struct cached *c = e->cached;
	int64_t wait_ms = c->cache->storage.collapse_timeout_ms;

	c->follower.woken = on_woken;
	c->follower.user = e;
	collapse_follow(c->fetch, &c->follower);
	ev_timer_init(&c->patience, on_patience, (double)wait_ms / 1000., 0.);
	c->patience.data = e;
	ev_timer_start(e->worker->loop, &c->patience);
	/* It may be there to be read already. */
	if (collapse_flight(c->fetch)->state != FLIGHT_UNKNOWN)
		collapse_tell(c->fetch);
}

/* Is somebody else's fetch as good as one's own?  Not where the client asked
 * for the origin's word, nor for a part that nobody else might want. */
static bool may_share(const struct exchange *e)
{
	const struct cached *c = e->cached;

	if (!is_read(e) || c->alone || c->passes || c->turns >= TURNS_MAX ||
	    c->cache->storage.collapse_timeout_ms == 0)
		return false;
	if (c->verdict.use == CACHE_VALIDATE)
		return c->verdict.forward == CACHE_FORWARD_STALE;
	/* What comes of it is not for those who take it compressed. */
	if (e->match.rule->compress &&
	    directive_has(&e->request->fields, LIT("no-transform")))
		return false;
	return c->verdict.forward == CACHE_FORWARD_URI_MISS ||
	    c->verdict.forward == CACHE_FORWARD_VARY_MISS ||
	    c->verdict.forward == CACHE_FORWARD_PARTIAL;
}

/* Does it fetch what others want? */
static bool may_lead(const struct exchange *e)
{
	return is_get(e) &&
	    (e->cached->verdict.use == CACHE_VALIDATE ||
		!field_has(&e->request->fields, LIT("Range")));
}

/* True: the origin is asked by this exchange. */
static bool take_turn(struct exchange *e)
{
	struct cached *c = e->cached;
	enum flight_turn turn;

	if (!may_share(e))
		return true;
	turn = may_lead(e) ?
	    collapse_take(c->cache->collapse, c->turn, &c->fetch) :
	    collapse_join(c->cache->collapse, c->turn, &c->fetch);
	switch (turn) {
	case FLIGHT_OURS:
		c->leads = true;
		return true;
	case FLIGHT_ALONE:
		return true;
	case FLIGHT_THEIRS:
		break;
	}
	c->turns++;
	if (e->ghost != NULL)
		exchange_vanish(e);
	else
		follow(e);
	return false;
}

/* --- begin -------------------------------------------------------------- */

static void refuse_unavailable(struct exchange *e)
{
	reply_answer(e,
	    answer_page(e->arena, 504,
		LIT("Nothing is stored that could answer this, and the request "
		    "wants nothing else."),
		e->request));
}

static bool serve(struct exchange *e)
{
	struct cached *c = e->cached;

	return cached_serve(
	    e, c->verdict.stored, cached_hit(c, c->verdict.stored), false);
}

/* True: on to the origin. */
static bool decide(struct exchange *e)
{
	struct cached *c = e->cached;

	switch (c->verdict.use) {
	case CACHE_SERVE_STALE_REVALIDATE:
		if (e->ghost != NULL) {
			c->verdict.use = CACHE_VALIDATE;
			c->verdict.forward = CACHE_FORWARD_STALE;
			return take_turn(e);
		}
		ghost_want(e, c->id);
		break;
	case CACHE_SERVE:
		if (e->ghost != NULL) {
			exchange_vanish(e);
			return false;
		}
		break;
	case CACHE_UNAVAILABLE:
		refuse_unavailable(e);
		return false;
	case CACHE_VALIDATE:
	case CACHE_FETCH:
		return take_turn(e);
	}
	return !serve(e);
}

static bool make_key(struct exchange *e)
{
	struct cached *c = e->cached;
	struct cache_key key = { e->request, &e->match, e->query.mount,
		e->rules->fingerprints[e->match.rule->index] };
	char room[CACHE_KEY_MAX];
	struct text t = text_over(room, sizeof(room));

	if (!cache_key_write(&key, &t))
		return false;
	c->key = arena_slice(e->arena, text_slice(&t));
	c->id = hash64(c->key);
	return c->key.at != NULL;
}

/* Where no length is known, only what comes in chunks has any (RFC 3875 knows
 * nothing of it, web servers do it all the same). */
static bool has_content(const struct request *r)
{
	return r->content_length > 0 ||
	    (r->content_length == LENGTH_UNKNOWN &&
		field_has(&r->fields, LIT("Transfer-Encoding")));
}

static bool goes_by(struct exchange *e)
{
	/* Whose an adopted request is depends on where it comes from. */
	return !is_read(e) || has_content(e->request) || e->adopted ||
	    cache_is_bypassed(e->match.rule, e->request, &e->match) ||
	    !make_key(e);
}

/* Is what the client asked for by directives not for the store, or not to take
 * the place of what is there? */
static bool is_for_client_alone(const struct cache_verdict *v)
{
	return slice_eq(v->detail, LIT("no-store")) ||
	    slice_eq(v->detail, LIT("no-transform"));
}

bool cached_begin(struct exchange *e)
{
	struct cached *c = arena_alloc(e->arena, sizeof(*c));

	if (c == NULL) {
		exchange_refuse_too_large(e);
		return false;
	}
	memset(c, 0, offsetof(struct cached, found));
	c->found.n = 0;
	e->cached = c;
	c->exchange = e;
	c->cache = e->rules->cache;
	c->rules = rules_of(e->match.rule);
	if (goes_by(e)) {
		c->status = (struct cache_status){
			.cache = exchange_settings(e)->via,
			.forward = is_read(e) ? CACHE_FORWARD_BYPASS :
						CACHE_FORWARD_METHOD,
		};
		return true;
	}
	look_up(e, e->request->round);
	cache_tell(c->cache);
	c->keeps = is_get(e) && !is_for_client_alone(&c->verdict);
	c->passes = cache_passes(c->cache, c->id, exchange_now_s(e));
	return decide(e);
}

/* --- ask ---------------------------------------------------------------- */

/* Requests that the origin is to see as they are.  A part is its to give, and
 * so are the conditions that stand before Range (RFC 9110 section 13.2.2). */
static bool is_left_alone(const struct exchange *e)
{
	const struct cached *c = e->cached;

	return c->key.len == 0 ||
	    (c->verdict.use == CACHE_FETCH && !c->whole &&
		(c->verdict.forward == CACHE_FORWARD_REQUEST ||
		    field_has(&e->request->fields, LIT("Range"))));
}

/* Is the origin asked about what other requests got?  Not where that would
 * give identity to a client who takes what we compress. */
static bool asks_about_others(const struct exchange *e)
{
	const struct cached *c = e->cached;

	if (c->verdict.forward != CACHE_FORWARD_VARY_MISS)
		return false;
	for (size_t i = 0; i < c->found.n; i++)
		if (list_field_has(c->stored[i].fields, LIT("Vary"),
			LIT("Accept-Encoding")) &&
		    accept_coding(&e->request->fields, LIT("gzip")))
			return false;
	return true;
}

static void ask(struct exchange *e, struct fields *upstream)
{
	struct cached *c = e->cached;

	c->answers = !c->passes;
	if (c->whole) {
		cache_ask_whole(upstream);
		c->answers = true;
	} else if (c->verdict.use == CACHE_VALIDATE || asks_about_others(e)) {
		c->asks = cache_ask(upstream, e->request, &c->verdict,
		    c->stored, c->found.n, e->arena);
		c->answers |= c->asks;
	} else if (c->keeps && !c->passes) {
		field_remove(upstream, LIT("If-None-Match"));
		field_remove(upstream, LIT("If-Modified-Since"));
	}
}

void cached_ask(struct exchange *e, struct fields *upstream)
{
	struct cached *c = e->cached;

	c->requested_s = exchange_now_s(e);
	c->asks = c->answers = false;
	if (!is_left_alone(e))
		ask(e, upstream);
	c->bare = is_read(e) && !field_has(upstream, LIT("If-None-Match")) &&
	    !field_has(upstream, LIT("If-Modified-Since"));
}

void cached_ask_whole(struct exchange *e)
{
	e->cached->whole = true;
}

/* --- what comes of it --------------------------------------------------- */

static bool may_rescue(const struct exchange *e)
{
	const struct cached *c = e->cached;

	return c->verdict.stored != NULL && !e->begun && e->ghost == NULL &&
	    cache_serves_on_error(
		c->verdict.stored, e->request, &c->rules, exchange_now_s(e));
}

bool cached_rescues(struct exchange *e, struct slice why)
{
	struct cached *c = e->cached;

	if (!may_rescue(e))
		return false;
	stop_waiting(e);
	cached_end_store(e, false);
	c->status.ttl = true;
	c->status.ttl_s =
	    cache_ttl(&c->verdict.stored->terms, exchange_now_s(e));
	c->status.detail = why;
	return serve(e);
}

bool cached_admits(
    struct exchange *e, const struct response *r, enum flow *flow_out)
{
	struct cached *c = e->cached;

	c->status.status = 0;
	c->then = THEN_NOTHING;
	*flow_out = FLOW_GO;
	if (c->asks && r->status == 304) {
		e->response = *r;
		c->then = reply_adapt(e) ? cached_freshen(e, &e->response) :
					   THEN_ASK_WHOLE;
	} else if (r->status == 304 && c->bare) {
		c->then = THEN_REFUSE;
	} else if (cache_is_error(r->status) && may_rescue(e)) {
		c->then = THEN_SERVE_STALE;
	} else if (c->verdict.stored != NULL && !is_get(e)) {
		c->head = cache_head(c->verdict.stored, r);
	}
	if (c->then == THEN_NOTHING)
		return true;
	c->dropping = true;
	c->status.status = r->status;
	if (exchange_breaks_off(r, e->request->method))
		*flow_out = FLOW_STOP;
	return false;
}

bool cached_takes(const struct exchange *e, enum flow *flow_out)
{
	*flow_out = FLOW_GO;
	return e->cached->dropping;
}

static void serve_freshened(struct exchange *e)
{
	struct cached *c = e->cached;

	cached_end_store(e, true);
	if (e->ghost != NULL) {
		exchange_vanish(e);
		return;
	}
	c->status.ttl = true;
	c->status.ttl_s = cache_ttl(&c->chosen->terms, exchange_now_s(e));
	if (!cached_serve(e, c->chosen, cached_hit(c, c->chosen), false)) {
		c->whole = true;
		exchange_fetch_whole(e);
	}
}

bool cached_over(struct exchange *e)
{
	struct cached *c = e->cached;

	if (!c->dropping)
		return false;
	c->dropping = false;
	switch (c->then) {
	case THEN_SERVE:
		serve_freshened(e);
		break;
	case THEN_SERVE_STALE:
		if (!cached_rescues(e, LIT("stale-if-error")))
			reply_fault(e, FAULT_PROXY_INTERNAL_ERROR, "");
		break;
	case THEN_REFUSE:
		reply_fault(e, FAULT_HTTP_PROTOCOL_ERROR,
		    "a 304 to a request without conditions");
		break;
	case THEN_ASK_WHOLE:
	case THEN_NOTHING:
		c->status.status = 0;
		exchange_fetch_whole(e);
		break;
	}
	return true;
}

bool cached_goes_on(struct exchange *e)
{
	struct cached *c = e->cached;
	int64_t left = e->response.content_length - c->passed;
	bool near = c->writer != NULL &&
	    e->response.content_length != LENGTH_UNKNOWN &&
	    left <= GOES_ON_BYTES;

	/* A CGI program ends with its client. */
	if (e->transfer == NULL || c->dropping || e->worker->server == NULL ||
	    !(near || (c->leads && collapse_is_wanted(c->fetch))))
		return false;
	c->pump.on = c->behind = false;
	e->full = false;
	return c->late.len == 0;
}

void cached_leave(struct exchange *e)
{
	struct cached *c = e->cached;

	if (c == NULL)
		return;
	stop_waiting(e);
	cached_end_store(e, false);
	cached_unwatch(c);
	cached_forget(c);
}

/* The request's way in: arrive, route, judge, forward, fetch. */
#include "engine/exchange.h"

#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/log.h"
#include "conf/conf.h"
#include "engine/answer_shim.h"
#include "engine/exchange_state.h"
#include "engine/ghost.h"
#include "engine/purger.h"
#include "policy/adapt_request.h"
#include "policy/escape.h"
#include "policy/fill.h"
#include "policy/mount.h"
#include "policy/shape.h"
#include "policy/shim.h"

/* Request content waiting for the origin: the web server is told to wait
 * above HIGH and to go on at LOW.  One read of the front's comes on top. */
#define CONTENT_HIGH (64 * 1024)
#define CONTENT_LOW  (16 * 1024)
#define CONTENT_MAX  (CONTENT_HIGH + 128 * 1024)

void exchange_end(struct exchange *e)
{
	struct worker *w = e->worker;

	if (e->ghost == NULL)
		access_log_line(&w->access, e->request, e->status,
		    e->body_bytes, exchange_now_s(e));
	else
		ghost_over(w);
	ev_timer_stop(w->loop, &e->patience);
	bucket_leave(e);
	attempt_leave(e);
	cached_leave(e);
	if (e->prev != NULL)
		e->prev->next = e->next;
	else
		w->exchanges = e->next;
	if (e->next != NULL)
		e->next->prev = e->prev;
	w->exchange_n--;
	chain_free(&e->chain);
	queue_free(&e->content);
	ruleset_drop(e->rules);
	arena_free(e->arena);
}

/* A refusal for what the client sent. */
static void refuse(struct exchange *e, int status, struct slice words)
{
	log_line(LOG_INFO, "%.*s: %d for %.*s %.*s: %.*s",
	    SLICE_ARG(e->request->id), status, SLICE_ARG(e->request->method),
	    SLICE_ARG(slice_upto(e->request->target, 1000)), SLICE_ARG(words));
	reply_answer(e, answer_page(e->arena, status, words, e->request));
}

void exchange_vanish(struct exchange *e)
{
	e->front->ops->finish(e->front, FAULT_NONE);
	exchange_end(e);
}

void exchange_refuse_too_large(struct exchange *e)
{
	refuse(e, 431, LIT("The request's fields are too large."));
}

/* --- fetch ------------------------------------------------------------ */

static void on_connected(void *user)
{
	struct exchange *e = user;

	e->connected = true;
	exchange_touch(e);
}

/* What the origin has of the content is kept as long as all of it has room:
 * another server may have to be asked. */
static void forget_content(struct exchange *e)
{
	e->content_lost |= e->content_at > 0;
	queue_drop(&e->content, e->content_at);
	e->content_at = 0;
}

static size_t content_left(const struct exchange *e)
{
	return queue_len(&e->content) - e->content_at;
}

static size_t on_content_wanted(void *user, char *to, size_t room, bool *end)
{
	struct exchange *e = user;
	struct slice waiting = slice_upto(
	    slice_from(queue_peek(&e->content), e->content_at), room);

	if (waiting.len > 0) {
		exchange_touch(e);
		memcpy(to, waiting.at, waiting.len);
		e->content_at += waiting.len;
		if (e->content_seen > CONTENT_HIGH)
			forget_content(e);
		if (e->content_paused && content_left(e) <= CONTENT_LOW) {
			e->content_paused = false;
			e->front->ops->content_pause(e->front, false);
		}
	}
	*end = e->content_ended && content_left(e) == 0;
	return waiting.len;
}

static bool on_rewind(void *user)
{
	struct exchange *e = user;

	if (e->content_lost)
		return false;
	e->content_at = 0;
	return true;
}

static const struct transfer_events fetch_events = {
	.connected = on_connected,
	.head = reply_head,
	.body = reply_body,
	.content = on_content_wanted,
	.rewind = on_rewind,
	.done = reply_done,
};

void exchange_fetch(struct exchange *e)
{
	const struct rule *rule = e->match.rule;
	int64_t length = exchange_content_length(e);
	struct transfer_request r = {
		.method = e->upstream.method,
		.root = e->upstream.root,
		.unix_path = e->upstream.unix_path,
		.target = e->upstream.target,
		.fields = &e->upstream.fields,
		.has_content = length != 0,
		.content_length = length,
		.connect_timeout_ms = rule->connect_timeout_ms,
		.fresh = e->fresh,
		.tls = e->tls,
	};

	e->connected = e->fresh = false;
	e->content_at = 0;
	exchange_touch(e);
	e->transfer =
	    transfer_start(e->worker->multi, e->arena, &r, &fetch_events, e);
	if (e->transfer == NULL)
		reply_fault(e, FAULT_PROXY_INTERNAL_ERROR, "no memory");
}

/* A bucket is told how much there will be: what comes without a length is
 * awaited, as long as there is room for it. */
static void step_fetch(struct exchange *e)
{
	e->awaits_content = e->bucket != NULL && !e->content_paused &&
	    exchange_content_length(e) == LENGTH_UNKNOWN;
	if (e->awaits_content)
		return;
	if (e->bucket != NULL)
		bucket_fetch(e);
	else
		attempt_fetch(e);
}

void exchange_fetch_whole(struct exchange *e)
{
	e->again = false;
	e->whole = true;
	chain_free(&e->chain);
	if (e->cached != NULL)
		cached_ask_whole(e);
	if (e->bucket != NULL) {
		bucket_fetch_whole(e);
		return;
	}
	field_remove(&e->upstream.fields, LIT("Range"));
	field_remove(&e->upstream.fields, LIT("If-Range"));
	if (e->cached != NULL)
		cached_ask(e, &e->upstream.fields);
	attempt_repeat(e);
}

static enum forward_verdict make_upstream(struct exchange *e)
{
	enum forward_verdict verdict;

	if (!mapping_make(e->request, &e->match, e->arena, &e->mapping))
		return FORWARD_TOO_LARGE;
	verdict = forward_request(e->request, &e->match, exchange_settings(e),
	    e->arena, &e->upstream);
	if (verdict != FORWARD_OK)
		return verdict;
	verdict = adapt_request(&e->upstream, e->rules->routes, &e->query,
	    &e->match, &e->mapping, e->arena);
	if (verdict == FORWARD_OK && e->cached != NULL)
		cached_ask(e, &e->upstream.fields);
	return verdict;
}

bool exchange_make_upstream(struct exchange *e)
{
	switch (make_upstream(e)) {
	case FORWARD_TOO_LARGE:
		exchange_refuse_too_large(e);
		return false;
	case FORWARD_LOOP:
		reply_fault(e, FAULT_PROXY_LOOP_DETECTED, "");
		return false;
	case FORWARD_DESTINATION:
		refuse(e, 502, LIT("The Destination leads out of this route."));
		return false;
	case FORWARD_OK:
		break;
	}
	return true;
}

void exchange_forward(struct exchange *e)
{
	if (e->match.rule->bucket.on) {
		if (!bucket_begin(e))
			return;
	} else if (!attempt_begin(e)) {
		exchange_refuse_too_large(e);
		return;
	}
	if (exchange_content_length(e) == LENGTH_UNKNOWN)
		e->awaits_content = true;
	else
		step_fetch(e);
}

static void step_look_up(struct exchange *e)
{
	if (!e->match.rule->cache.on || e->rules->cache == NULL ||
	    cached_begin(e))
		exchange_forward(e);
}

/* --- route ------------------------------------------------------------ */

/* Is what the web server calls the script a file, and not a made-up path
 * of a handler that owns a whole tree? */
static bool script_is_file(const struct exchange *e)
{
	const char *path = arena_cstr(e->arena, e->request->script_filename);
	struct stat status;

	return path != NULL && *path != '\0' && stat(path, &status) == 0 &&
	    S_ISREG(status.st_mode);
}

static struct slice auto_mount(const struct exchange *e)
{
	struct slice script = e->request->script_name;
	struct slice program = e->worker->program;

	return mount_auto(script, program,
	    mount_possible(script, program) && script_is_file(e));
}

static struct slice mount_of(const struct exchange *e)
{
	const struct settings *s = exchange_settings(e);

	switch (s->mount_mode) {
	case MOUNT_FIXED:
		return s->mount;
	case MOUNT_AUTO:
		return auto_mount(e);
	case MOUNT_NONE:
	default:
		return SLICE_NONE;
	}
}

static void redirect_to_slash(struct exchange *e)
{
	struct slice method = e->request->method;
	bool safe =
	    slice_eq(method, LIT("GET")) || slice_eq(method, LIT("HEAD"));

	reply_answer(e,
	    answer_redirect(e->arena, safe ? 301 : 308, e->match.location, true,
		e->request));
}

/* An answer that a rule gives in the place of its origin. */
static void answer_by_rule(struct exchange *e, struct answer answer)
{
	(void)shape_answer(&answer.response, &e->match, e->arena);
	reply_answer(e, answer);
}

static void redirect_elsewhere(struct exchange *e)
{
	const struct rule *rule = e->match.rule;
	int status = rule->redirect.status;
	/* The next request may be answered by another rule. */
	bool lasting = (status == 301 || status == 308) && rule->match.n == 0 &&
	    e->match.split_n == 0;
	struct slice location;

	if (!fill_location(&rule->redirect.target, e->request, &e->match,
		e->arena, &location))
		refuse(e, 414, LIT("The path is too long to redirect."));
	else
		answer_by_rule(e,
		    answer_redirect(
			e->arena, status, location, lasting, e->request));
}

static void tell_maintenance(struct exchange *e)
{
	const struct rule *rule = e->match.rule;

	answer_by_rule(e,
	    answer_maintenance(e->arena, rule->maintenance_html,
		rule->maintenance_retry_ms, e->request));
}

/* A page below a prefix asked for a path that is nobody's.  True: it is sent
 * or answered where it belongs. */
static bool step_escape(struct exchange *e)
{
	const struct request *r = e->request;
	struct slice target = slice_upto(r->target, slice_find(r->target, '?'));
	struct escape escape;

	if (!escape_find(e->rules->routes, &e->query, r, e->arena, &escape))
		return false;
	if (once_first(&e->worker->once, escape.prefix, target))
		log_line(LOG_WARN,
		    "%.*s: escape: %.*s was asked for by a page below %.*s "
		    "([%.*s], %.*s:%u), and no route owns it: %.*s",
		    SLICE_ARG(r->id), SLICE_ARG(slice_upto(target, 1000)),
		    SLICE_ARG(escape.prefix), SLICE_ARG(escape.rule->name),
		    SLICE_ARG(escape.rule->file), escape.rule->line,
		    SLICE_ARG(escape_remedy(&escape, e->arena)));
	if (!escape_adoptable(&escape, r->method))
		return false;
	if (escape_goes_home(r)) {
		reply_answer(e,
		    answer_redirect(
			e->arena, 307, escape.home, false, e->request));
		return true;
	}
	e->query.target = escape.home;
	route_match(e->rules->routes, &e->query, e->arena, &e->match);
	e->adopted = e->match.verdict == ROUTE_FOUND;
	if (e->adopted)
		step_look_up(e);
	return e->adopted;
}

static void step_route(struct exchange *e)
{
	e->query = (struct route_query){
		.method = e->request->method,
		.authority = e->request->authority,
		.target = e->request->target,
		.mount = mount_of(e),
		.fields = &e->request->fields,
		/* The rule that was chosen for what it comes from. */
		.roll = e->ghost != NULL ? e->ghost->roll :
					   request_roll(&e->worker->ids),
	};

	if (slice_eq(e->request->method, LIT("PURGE")) && purger_answers(e))
		return;
	route_match(e->rules->routes, &e->query, e->arena, &e->match);
	switch (e->match.verdict) {
	case ROUTE_NONE:
		if (!step_escape(e))
			refuse(e, 404, LIT("No route leads to this path."));
		return;
	case ROUTE_REFUSED:
		refuse(e, 400, e->match.why);
		return;
	case ROUTE_METHOD:
		reply_answer(e,
		    answer_method(e->arena, e->match.rule->methods.at,
			e->match.rule->methods.n, e->request));
		return;
	case ROUTE_SLASH:
		redirect_to_slash(e);
		return;
	case ROUTE_ELSEWHERE:
		redirect_elsewhere(e);
		return;
	case ROUTE_MAINTENANCE:
		tell_maintenance(e);
		return;
	case ROUTE_LONG:
		refuse(e, 414, LIT("The path is too long."));
		return;
	case ROUTE_FOUND:
		if (e->match.rule->runtime_shim &&
		    shim_is_asked(e->match.tail)) {
			reply_answer(e,
			    answer_shim(e->arena, e->request, e->match.query));
			return;
		}
		step_look_up(e);
		return;
	}
}

/* --- patience --------------------------------------------------------- */

/* What has taken too long, and how long that is, in seconds. */
static double limit_of(const struct exchange *e, enum fault *fault_out)
{
	const struct rule *rule = e->match.rule;
	double idle = (double)rule->idle_timeout_ms / 1000.;

	if (e->begun) {
		*fault_out =
		    e->full ? FAULT_CLIENT_GONE : FAULT_CONNECTION_READ_TIMEOUT;
		return idle;
	}
	/* Content that the client does not send. */
	if (e->awaits_content ||
	    (e->request->content_length != 0 && !e->content_ended &&
		content_left(e) == 0)) {
		*fault_out = FAULT_HTTP_REQUEST_ERROR;
		return idle;
	}
	*fault_out = content_left(e) > 0 ? FAULT_CONNECTION_WRITE_TIMEOUT :
					   FAULT_HTTP_RESPONSE_TIMEOUT;
	return (double)rule->first_byte_timeout_ms / 1000.;
}

/* How much of total_timeout is left, in seconds; without one, a lot. */
static double total_left(const struct exchange *e)
{
	int64_t total_ms = e->match.rule->total_timeout_ms;

	return total_ms == 0 ?
	    86400. :
	    e->began + (double)total_ms / 1000. - ev_now(e->worker->loop);
}

static void give_up(struct exchange *e, enum fault fault)
{
	struct transfer_trail trail = { "", e->connected, false };

	transfer_cancel(e->transfer);
	e->transfer = NULL;
	if (fault == FAULT_HTTP_REQUEST_ERROR)
		refuse(e, 408, LIT("The request's content did not arrive."));
	else if (e->attempts == NULL || total_left(e) <= 0. ||
	    !attempt_over(e, fault, trail))
		reply_fault(e, fault, "");
}

/* Signs of life cost one assignment: the timer looks, when it fires, how
 * long there really was none.  It never sleeps past the shorter of the two
 * limits, since which one holds changes as the exchange goes on. */
static void look_again(struct exchange *e, double after)
{
	const struct rule *rule = e->match.rule;
	double idle = (double)rule->idle_timeout_ms / 1000.;
	double total = total_left(e);

	after = after < idle ? after : idle;
	ev_timer_set(&e->patience, after < total ? after : total, 0.);
	ev_timer_start(e->worker->loop, &e->patience);
}

static void on_patience(
    struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct exchange *e = timer->data;
	enum fault fault;
	double limit, left;

	(void)revents;
	/* Connecting has its own limit, which libcurl keeps. */
	if (e->transfer != NULL && !e->connected)
		exchange_touch(e);
	limit = limit_of(e, &fault);
	left = e->moved + limit - ev_now(loop);
	if (left > 0. && total_left(e) > 0.) {
		look_again(e, left);
		return;
	}
	/* It may go on elsewhere; where it does not, its end stops this. */
	look_again(e, limit);
	give_up(e, fault);
}

/* --- arrive ----------------------------------------------------------- */

static void enter(struct exchange *e, struct worker *w)
{
	e->worker = w;
	e->rules = ruleset_hold(w->rules);
	e->next = w->exchanges;
	if (e->next != NULL)
		e->next->prev = e;
	w->exchanges = e;
	worker_entered(w);
}

void *exchange_begin(struct worker *w, struct front *front, struct arena *arena,
    struct request *request, int refused, const struct ghost *ghost)
{
	struct exchange *e = arena_zero(arena, sizeof(*e));
	size_t under_way = w->exchange_n;

	if (e == NULL) {
		/* The parameters alone filled an arena made for more. */
		front->ops->finish(front, FAULT_PROXY_INTERNAL_ERROR);
		if (ghost != NULL)
			ghost_over(w);
		arena_free(arena);
		return NULL;
	}
	enter(e, w);
	e->front = front;
	e->arena = arena;
	e->request = request;
	e->ghost = ghost;
	e->content = queue_of(CONTENT_MAX);
	exchange_touch(e);
	e->began = e->moved;
	request->id = request_id(
	    &w->ids, field_get(&request->fields, LIT("X-Request-ID")), arena);
	if (refused == 431)
		exchange_refuse_too_large(e);
	else if (refused != 0)
		refuse(e, refused, LIT("The request was not understood."));
	else
		step_route(e);
	/* An answer made here has ended the exchange already. */
	if (w->exchange_n == under_way)
		return NULL;
	ev_timer_init(&e->patience, on_patience, 0., 0.);
	e->patience.data = e;
	look_again(e, (double)e->match.rule->first_byte_timeout_ms / 1000.);
	return e;
}

static void *on_arrived(void *user, struct front *front, struct arena *arena,
    struct request *request, int refused)
{
	return exchange_begin(user, front, arena, request, refused, NULL);
}

/* The front gave more content than it was asked to pause at. */
static void abandon(struct exchange *e)
{
	transfer_cancel(e->transfer);
	e->front->ops->finish(e->front, FAULT_PROXY_INTERNAL_ERROR);
	exchange_end(e);
}

static void on_content(void *user, struct slice s)
{
	struct exchange *e = user;

	exchange_touch(e);
	e->content_seen += (int64_t)s.len;
	if (!queue_add(&e->content, s)) {
		abandon(e);
		return;
	}
	if (e->content_seen > CONTENT_HIGH)
		forget_content(e);
	if (!e->content_paused && content_left(e) > CONTENT_HIGH) {
		e->content_paused = true;
		e->front->ops->content_pause(e->front, true);
	}
	if (e->awaits_content)
		step_fetch(e);
	else if (e->transfer != NULL)
		transfer_feed(e->transfer);
}

static void on_content_end(void *user)
{
	struct exchange *e = user;
	int64_t length = e->request->content_length;

	e->content_ended = true;
	if (length != LENGTH_UNKNOWN && e->content_seen < length && !e->begun) {
		transfer_cancel(e->transfer);
		e->transfer = NULL;
		refuse(e, 400, LIT("The request's content was cut short."));
		return;
	}
	if (e->awaits_content)
		step_fetch(e);
	else if (e->transfer != NULL)
		transfer_feed(e->transfer);
}

static void on_drained(void *user)
{
	struct exchange *e = user;

	exchange_touch(e);
	reply_drained(e);
}

static void on_gone(void *user)
{
	struct exchange *e = user;

	log_line(
	    LOG_INFO, "%.*s: the client went away", SLICE_ARG(e->request->id));
	if (e->cached != NULL && cached_goes_on(e)) {
		e->front = ghost_front();
		e->full = false;
		transfer_resume(e->transfer);
		return;
	}
	transfer_cancel(e->transfer);
	if (!e->begun)
		e->status = fault_status(FAULT_CLIENT_GONE);
	exchange_end(e);
}

const struct front_events exchange_events = {
	.arrived = on_arrived,
	.content = on_content,
	.content_end = on_content_end,
	.drained = on_drained,
	.gone = on_gone,
};

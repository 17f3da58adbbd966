/* The response's way out: admit the head, let the body flow, finish. */
#include "engine/exchange_state.h"

#include "base/arena.h"
#include "base/log.h"
#include "conf/conf.h"
#include "engine/content.h"
#include "engine/hint.h"
#include "filter/gzip.h"
#include "http/method.h"
#include "policy/adapt_response.h"
#include "policy/forward.h"
#include "policy/shape.h"

/* The last call of every exchange that has a front left: after it the
 * exchange is gone. */
static void reply_finish(struct exchange *e, enum fault fault)
{
	e->front->ops->finish(e->front, fault);
	exchange_end(e);
}

void reply_answer(struct exchange *e, struct answer answer)
{
	bool head = slice_eq(e->request->method, LIT("HEAD"));

	e->begun = true;
	e->status = answer.response.status;
	if (e->front->ops->head(e->front, &answer.response) != FLOW_STOP &&
	    !head && answer.body.len > 0) {
		e->body_bytes = answer.body.len;
		(void)e->front->ops->body(e->front, answer.body);
	}
	reply_finish(e, FAULT_NONE);
}

static void log_fault(
    const struct exchange *e, enum fault fault, const char *detail)
{
	const struct rule *rule = e->match.rule;
	/* Where no server was found there is nothing that it is asked. */
	struct slice target = e->upstream.target.len > 0 ? e->upstream.target :
							   e->request->target;

	log_line(fault == FAULT_CLIENT_GONE ? LOG_INFO : LOG_ERROR,
	    "%.*s: [%.*s] %.*s %.*s%.*s: %.*s%s%s%s", SLICE_ARG(e->request->id),
	    SLICE_ARG(rule->name), SLICE_ARG(e->request->method),
	    SLICE_ARG(e->upstream.root), SLICE_ARG(slice_upto(target, 1000)),
	    SLICE_ARG(fault_words(fault)), *detail == '\0' ? "" : " (", detail,
	    *detail == '\0' ? "" : ")");
}

/* Faults that the rules can mend. */
static void hint_remedy(const struct exchange *e, enum fault fault)
{
	if (fault == FAULT_TLS_CERTIFICATE_ERROR)
		hint_once(e, LOG_WARN,
		    LIT("an authority of your own goes into tls_ca_file, "
			"another name in the certificate into "
			"tls_server_name"));
	else if (fault == FAULT_TLS_PROTOCOL_ERROR)
		hint_once(e, LOG_WARN,
		    LIT("does the origin speak TLS on that port, in a version "
			"that tls_min_version allows, and does it ask for "
			"tls_client_cert?"));
}

/* May something else be served in the place of what failed? */
static bool is_origins(enum fault fault)
{
	return fault != FAULT_CLIENT_GONE &&
	    fault != FAULT_HTTP_REQUEST_ERROR &&
	    fault != FAULT_PROXY_LOOP_DETECTED;
}

void reply_fault(struct exchange *e, enum fault fault, const char *detail)
{
	log_fault(e, fault, detail);
	hint_remedy(e, fault);
	if (is_origins(fault) && e->cached != NULL &&
	    cached_rescues(e, LIT("stale-if-error")))
		return;
	if (!e->begun) {
		reply_answer(e,
		    answer_fault(e->arena, fault, exchange_settings(e)->via,
			e->request));
		return;
	}
	if (!e->over)
		(void)chain_end(&e->chain, fault);
	reply_finish(e, fault);
}

void reply_unavailable(
    struct exchange *e, enum fault fault, struct slice retry_after_s)
{
	struct answer answer;

	log_fault(e, fault, "");
	if (e->cached != NULL && cached_rescues(e, LIT("stale-if-error")))
		return;
	answer = answer_fault(
	    e->arena, fault, exchange_settings(e)->via, e->request);
	(void)field_set(&answer.response.fields, e->arena, LIT("Retry-After"),
	    retry_after_s);
	reply_answer(e, answer);
}

/* --- the chain's end -------------------------------------------------- */

static struct exchange *out_exchange(struct sink *s)
{
	return (struct exchange *)((char *)s - offsetof(struct exchange, out));
}

static enum flow out_begin(struct sink *s, struct response *r)
{
	struct exchange *e = out_exchange(s);

	e->begun = true;
	e->status = r->status;
	return e->front->ops->head(e->front, r);
}

static enum flow out_write(struct sink *s, struct slice bytes)
{
	struct exchange *e = out_exchange(s);

	if (bytes.len == 0 || e->bodiless)
		return e->full ? FLOW_FULL : FLOW_GO;
	e->body_bytes += bytes.len;
	return e->front->ops->body(e->front, bytes);
}

static enum flow out_end(struct sink *s, enum fault fault)
{
	(void)fault;
	out_exchange(s)->over = true;
	return FLOW_GO;
}

static void out_free(struct sink *s)
{
	(void)s; /* part of the exchange */
}

static const struct sink_ops out_ops = {
	.name = "front",
	.begin = out_begin,
	.write = out_write,
	.end = out_end,
	.free = out_free,
};

/* --- admit ------------------------------------------------------------ */

/* Are pieces of this content worth something before the whole is there? */
static bool is_stream_of_events(const struct response *r)
{
	struct slice type = field_get(&r->fields, LIT("Content-Type"));

	return slice_starts_nocase(type, LIT("text/event-stream")) ||
	    slice_starts_nocase(type, LIT("application/x-ndjson")) ||
	    slice_starts_nocase(type, LIT("multipart/x-mixed-replace"));
}

static bool adapt_head(struct exchange *e)
{
	unsigned hints = 0;

	if (!adapt_response(&e->response, e->request, e->match.rule,
		&e->mapping, e->arena, &hints))
		return false;
	for (; hints != 0; hints &= hints - 1)
		hint_once(e, LOG_WARN, adapt_hint_words(hints));
	return true;
}

static bool add_cookie(struct exchange *e, struct response *r)
{
	struct slice cookie = attempt_cookie(e);

	return cookie.at != NULL &&
	    (cookie.len == 0 ||
		field_add(&r->fields, e->arena, LIT("Set-Cookie"), cookie));
}

bool reply_adapt(struct exchange *e)
{
	struct response *r = &e->response;

	return forward_response(r, exchange_settings(e), e->arena) &&
	    adapt_head(e) && shape_response(r, e->request, &e->match, e->arena);
}

/* What is for this client alone, and never stored. */
bool reply_address(struct exchange *e, struct response *r)
{
	/* nginx gathers a response unless the response itself asks it not
	 * to; the others pass the field on, and nobody minds it. */
	if (e->prompt &&
	    !field_add(
		&r->fields, e->arena, LIT("X-Accel-Buffering"), LIT("no")))
		return false;
	/* What comes from the store comes from no server of a pool. */
	if ((e->attempts != NULL && e->transfer != NULL && !add_cookie(e, r)) ||
	    !shape_for_client(r, e->request, &e->match, e->arena))
		return false;
	forward_head(r);
	return true;
}

static bool admit(struct exchange *e)
{
	struct response *r = &e->response;
	const struct rule *rule = e->match.rule;
	struct sink *gzip;

	if (e->cached != NULL)
		cached_note_origin(e, r);
	if (!reply_adapt(e))
		return false;
	if (e->rules->cache != NULL && !method_is_safe(e->request->method))
		cached_invalidate(e, r);
	e->bodiless = response_is_bodiless(r->status, e->request->method);
	if (r->status == 204 || r->status == 304)
		r->content_length = LENGTH_UNKNOWN;
	e->prompt = is_stream_of_events(r);
	/* The next page that asks may be another component's. */
	if (e->adopted &&
	    !field_add(&r->fields, e->arena, LIT("Vary"), LIT("Referer")))
		return false;
	e->out.ops = &out_ops;
	chain_push(&e->chain, &e->out, PHASE_FRONT);
	if (e->cached != NULL)
		cached_push(e);
	else if (!reply_address(e, r))
		return false;
	switch (content_admit(e)) {
	case CONTENT_READY:
		break;
	case CONTENT_AGAIN:
		e->again = true;
		return false;
	case CONTENT_NO_MEMORY:
		return false;
	}
	e->encode = encode_choose(rule, e->request, r);
	if (e->encode.vary && !encode_vary(r, e->arena))
		return false;
	if (e->encode.coding == CODING_GZIP) {
		gzip = gzip_new(
		    e->worker->gzip, e->arena, (int)rule->compress_level);
		if (gzip == NULL)
			return false;
		chain_push(&e->chain, gzip, PHASE_ENCODE);
	}
	return true;
}

enum flow reply_head(void *user, struct response *r)
{
	struct exchange *e = user;

	enum flow flow;

	exchange_touch(e);
	if (e->bucket != NULL && !bucket_admits(e, r, &flow))
		return flow;
	if (e->attempts != NULL && !attempt_admits(e, r, &flow))
		return flow;
	if (e->cached != NULL && !cached_admits(e, r, &flow))
		return flow;
	e->response = *r;
	if (!admit(e))
		return FLOW_STOP;
	return chain_begin(&e->chain, &e->response);
}

/* --- flow ------------------------------------------------------------- */

enum flow reply_body(void *user, struct slice s)
{
	struct exchange *e = user;
	enum flow flow;

	exchange_touch(e);
	if (e->bucket != NULL && bucket_takes(e, s, &flow))
		return flow;
	if (e->attempts != NULL && attempt_takes(e, &flow))
		return flow;
	if (e->cached != NULL && cached_takes(e, &flow))
		return flow;
	flow = chain_write(&e->chain, s);
	if (flow != FLOW_STOP && e->prompt)
		flow = chain_write(&e->chain, LIT(""));
	else if (e->chain.first->phase < PHASE_STORE && !e->held) {
		e->held = true;
		worker_want_flush(e->worker);
	}
	e->full = flow == FLOW_FULL || cached_is_behind(e);
	return flow;
}

void exchange_flush_all(struct exchange *first)
{
	for (struct exchange *e = first; e != NULL; e = e->next) {
		if (!e->held || e->ending)
			continue;
		if (e->full && !cached_is_behind(e)) {
			worker_want_flush(e->worker);
			continue;
		}
		e->held = false;
		e->full = chain_write(&e->chain, LIT("")) == FLOW_FULL ||
		    cached_is_behind(e);
	}
}

/* --- finish ----------------------------------------------------------- */

void reply_over(struct exchange *e)
{
	enum fault fault = chain_fault(&e->chain);

	content_hint(e);
	if (fault != FAULT_NONE)
		log_fault(e, fault, "");
	reply_finish(e, fault);
}

void reply_drained(struct exchange *e)
{
	enum flow flow;

	if (e->cached != NULL && cached_drained(e))
		return;
	e->full = false;
	flow = chain_resume(&e->chain);
	if (e->over) {
		reply_over(e);
		return;
	}
	if (flow == FLOW_STOP) {
		transfer_cancel(e->transfer);
		e->transfer = NULL;
		reply_fault(e, chain_fault(&e->chain), "");
		return;
	}
	e->full = flow == FLOW_FULL;
	if (!e->full && e->transfer != NULL)
		transfer_resume(e->transfer);
}

void reply_done(void *user, enum fault fault, struct transfer_trail trail)
{
	struct exchange *e = user;
	enum fault ours = chain_fault(&e->chain);
	enum flow flow;

	e->transfer = NULL;
	if (e->cached != NULL && cached_takes(e, &flow))
		fault = FAULT_NONE;
	if (e->bucket != NULL && bucket_done(e, fault, trail))
		return;
	if (e->attempts != NULL &&
	    attempt_over(e, ours != FAULT_NONE ? FAULT_NONE : fault, trail))
		return;
	if (e->cached != NULL && cached_over(e))
		return;
	if (e->again) {
		exchange_fetch_whole(e);
		return;
	}
	if (ours != FAULT_NONE)
		fault = ours;
	if (fault != FAULT_NONE) {
		reply_fault(e, fault, trail.detail);
		return;
	}
	/* A decoder that waits for room ends later: see reply_drained(). */
	e->ending = true;
	(void)chain_end(&e->chain, FAULT_NONE);
	if (e->over)
		reply_over(e);
}

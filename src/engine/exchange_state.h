/* The exchange's state, shared by exchange.c (the request's way in) and
 * reply.c (the response's way out) alone. */
#ifndef ENGINE_EXCHANGE_STATE_H
#define ENGINE_EXCHANGE_STATE_H

#include "base/queue.h"
#include "conf/conf.h"
#include "engine/answer.h"
#include "engine/attempt.h"
#include "engine/bucket.h"
#include "engine/cached.h"
#include "engine/exchange.h"
#include "engine/worker.h"
#include "filter/sink.h"
#include "origin/transfer.h"
#include "policy/encode.h"
#include "policy/forward.h"
#include "policy/mapping.h"
#include "policy/route.h"

struct exchange {
	struct worker *worker;
	struct exchange *prev;
	struct exchange *next;
	struct ruleset *rules;
	struct front *front;
	struct arena *arena; /* holds the exchange itself */
	struct request *request;
	struct route_match match;
	struct mapping mapping; /* of a request that goes on */
	struct upstream upstream;
	struct route_query query;   /* that led here */
	const struct tls *tls;      /* how the server is spoken to */
	struct bucket_walk *bucket; /* NULL: the origin is none */
	struct attempts *attempts;  /* NULL: it is one */
	struct cached *cached;      /* NULL: the route is not cached */
	const struct ghost *ghost;  /* NULL: somebody waits for the answer */
	struct transfer *transfer;
	bool connected; /* the request is on its way to the origin */
	bool fresh;     /* over a new connection: a kept one was bad */
	bool adopted;   /* it left its prefix, and was brought back */

	/* request content on its way */
	struct queue content;
	size_t content_at; /* of it the origin has; kept in case that another
			    * one is asked */
	bool content_lost; /* the beginning could not be kept */
	int64_t content_seen;
	bool content_ended;
	bool content_paused;
	bool awaits_content; /* whether there is any decides how to ask */

	/* the response on its way */
	struct chain chain;
	struct sink out; /* the chain's end: our front */
	struct response response;
	struct encode_decision encode;
	bool begun;                /* the head went to the front */
	bool bodiless;             /* content is dropped: HEAD and the like */
	bool prompt;               /* an event stream: flush after each piece */
	bool held;                 /* the encoder may hold bytes back */
	bool full;                 /* the front asked to wait */
	bool ending;               /* the content is here, and on its way out */
	bool over;                 /* all of it went to the front */
	bool again;                /* what came was a part: ask for the whole */
	bool whole;                /* it was asked for */
	struct sink *rewriters[4]; /* in the chain */
	size_t rewriter_n;
	int status;
	uint64_t body_bytes;

	struct ev_timer patience;
	double began; /* loop time of its arrival */
	double moved; /* loop time of the last sign of life */
};

/* reply.c: answers made here join the way out. */
void reply_answer(struct exchange *e, struct answer answer);
void reply_fault(struct exchange *e, enum fault fault, const char *detail);
/* 503 with Retry-After. */
void reply_unavailable(
    struct exchange *e, enum fault fault, struct slice retry_after_s);

/* What is in e->response, taken over from the origin: its head without what is
 * not for the client, URLs and cookies below the prefix, the rule's fields.
 * False: the arena is spent. */
bool reply_adapt(struct exchange *e);

/* What is added to the head for this client alone. */
bool reply_address(struct exchange *e, struct response *r);

/* All of the content went to the front. */
void reply_over(struct exchange *e);

/* The transfer's callbacks for the response. */
enum flow reply_head(void *user, struct response *r);
enum flow reply_body(void *user, struct slice s);
void reply_done(void *user, enum fault fault, struct transfer_trail trail);

/* The front has room again. */
void reply_drained(struct exchange *e);

/* exchange.c: what the server chosen is to see, in e->upstream; answered
 * where it cannot be built: false. */
bool exchange_make_upstream(struct exchange *e);

/* exchange.c: to the origin, with what is known by now. */
void exchange_forward(struct exchange *e);

/* exchange.c: ends one that nobody waits for. */
void exchange_vanish(struct exchange *e);

/* exchange.c: asks the origin for e->upstream. */
void exchange_fetch(struct exchange *e);

/* exchange.c: asks the origin once more, without Range. */
void exchange_fetch_whole(struct exchange *e);

/* exchange.c: 431. */
void exchange_refuse_too_large(struct exchange *e);

/* exchange.c: logs, leaves the worker, frees. */
void exchange_end(struct exchange *e);

/* A sign of life: the timeouts count from here. */
static inline void exchange_touch(struct exchange *e)
{
	e->moved = ev_now(e->worker->loop);
}

/* The wall clock, as the loop last saw it. */
static inline int64_t exchange_now_ms(const struct exchange *e)
{
	return (int64_t)(ev_now(e->worker->loop) * 1000.);
}

static inline int64_t exchange_now_s(const struct exchange *e)
{
	return (int64_t)ev_now(e->worker->loop);
}

/* Of the content that goes to the origin; all of one of unknown length may be
 * here.  Of what a bucket takes, PUT alone has any. */
static inline int64_t exchange_content_length(const struct exchange *e)
{
	int64_t length = e->request->content_length;

	if (e->bucket != NULL && !slice_eq(e->request->method, LIT("PUT")))
		return 0;
	/* Nothing of it has gone anywhere while that is still to be told. */
	return length == LENGTH_UNKNOWN && e->content_ended ?
	    (int64_t)queue_len(&e->content) :
	    length;
}

/* Of a response that nobody wants: its content is read to its end where that
 * is near, as the connection can be used again then; else it is broken off. */
static inline bool exchange_breaks_off(
    const struct response *r, struct slice method)
{
	return !response_is_bodiless(r->status, method) &&
	    (r->content_length == LENGTH_UNKNOWN || r->content_length > 65536);
}

static inline const struct settings *exchange_settings(const struct exchange *e)
{
	return &e->rules->conf->settings;
}

#endif

/* Answers from the store: their head, and their body as far as it is there
 * and the front takes it. */
#include "base/arena.h"
#include "base/text.h"
#include "engine/cached_state.h"

#define BOUNDARY_MAX 48
#define PART_MAX     1024

/* Who wants what is further from what has come asks the origin. */
#define AHEAD_BYTES (1024 * 1024)

enum pumped {
	PUMP_ON,
	PUMP_WAIT, /* for more of it, or for the front */
	PUMP_DONE,
	PUMP_BROKEN,
};

struct store_hit *cached_hit(
    struct cached *c, const struct cache_stored *stored)
{
	return &c->found.at[stored - c->stored];
}

/* --- the body ------------------------------------------------------------ */

static void send_bytes(struct exchange *e, struct slice bytes)
{
	exchange_touch(e);
	e->body_bytes += bytes.len;
	switch (e->front->ops->body(e->front, bytes)) {
	case FLOW_GO:
		break;
	case FLOW_FULL:
		e->full = true;
		break;
	case FLOW_STOP: /* and we are told so in a moment */
		e->full = true;
		e->cached->pump.on = false;
		break;
	}
}

/* How much of the body can be read by now. */
static bool find_grown(struct exchange *e)
{
	struct cached *c = e->cached;
	struct pump *p = &c->pump;
	uint64_t grown = c->written;

	if (!p->growing)
		return true;
	if (c->behind || store_grown(c->cache->store, p->hit, &grown))
		p->hit->record.body_bytes = grown;
	if (p->broken)
		return false;
	if (p->whole && p->end > p->total)
		p->end = p->total;
	return true;
}

static enum pumped send_some(struct exchange *e)
{
	struct cached *c = e->cached;
	struct pump *p = &c->pump;
	uint64_t n;

	if (!find_grown(e))
		return PUMP_BROKEN;
	n = (p->end < p->hit->record.body_bytes ? p->end :
						  p->hit->record.body_bytes);
	n = n > p->at ? n - p->at : 0;
	if (n == 0 && p->at >= p->end)
		return PUMP_ON;
	if (n == 0)
		return p->growing && !p->whole ? PUMP_WAIT : PUMP_BROKEN;
	if (p->hit->body.at != NULL) {
		struct slice bytes =
		    slice_upto(slice_from(p->hit->body, p->at), n);

		p->at += bytes.len;
		send_bytes(e, bytes);
		return PUMP_ON;
	}
	if (n > CACHE_ROOM_BYTES)
		n = CACHE_ROOM_BYTES;
	if (!store_read(
		c->cache->store, p->hit, p->at, c->cache->room, (size_t)n))
		return PUMP_BROKEN;
	p->at += n;
	send_bytes(e, (struct slice){ c->cache->room, (size_t)n });
	return PUMP_ON;
}

/* What stands before each of several parts, and behind the last. */
static void send_between(struct exchange *e)
{
	struct pump *p = &e->cached->pump;
	char room[PART_MAX];
	struct text t = text_over(room, sizeof(room));

	if (p->part < p->ranges.n) {
		const struct byte_range *r = &p->ranges.at[p->part];

		range_part_begin(r, p->length, p->boundary, p->type, &t);
		p->at = (uint64_t)r->first - p->base;
		p->end = (uint64_t)r->last + 1 - p->base;
	} else {
		range_parts_end(p->boundary, &t);
	}
	p->part++;
	send_bytes(e, text_slice(&t));
}

static enum pumped pump_step(struct exchange *e)
{
	struct pump *p = &e->cached->pump;

	if (!p->on || e->full)
		return PUMP_WAIT;
	if (p->at < p->end)
		return send_some(e);
	if (p->answer != CACHE_ANSWER_PARTS || p->part > p->ranges.n)
		return PUMP_DONE;
	send_between(e);
	return PUMP_ON;
}

/* False: there is nothing. */
static bool send_late(struct exchange *e)
{
	struct slice late = e->cached->late;

	e->cached->late = SLICE_NONE;
	if (late.len > 0)
		send_bytes(e, late);
	return late.len > 0;
}

/* The client has all that is stored so far, and more comes: from now on it
 * gets it as it comes. */
static void catch_up(struct exchange *e)
{
	struct cached *c = e->cached;

	c->behind = false;
	c->pump.on = false;
	(void)send_late(e);
	store_release_hit(c->cache->store, &c->watched);
	c->watching = false;
	if (!e->full && e->transfer != NULL)
		transfer_resume(e->transfer);
}

void cached_pump(struct exchange *e)
{
	struct cached *c = e->cached;
	enum pumped how;

	do {
		how = pump_step(e);
		/* The end came while what could not be stored was set aside. */
		if (how == PUMP_DONE && send_late(e))
			how = PUMP_ON;
	} while (how == PUMP_ON);
	switch (how) {
	case PUMP_DONE:
		collapse_leave(&c->follower);
		reply_over(e);
		return;
	case PUMP_BROKEN:
		if (c->pump.growing && !c->behind && cached_resumes(e))
			return;
		reply_fault(e, FAULT_HTTP_RESPONSE_INCOMPLETE,
		    c->pump.growing ?
			"the fetch that it was part of broke off" :
			"what was stored cannot be read");
		return;
	case PUMP_WAIT:
	case PUMP_ON:
		break;
	}
	if (c->behind && !e->full)
		catch_up(e);
}

bool cached_drained(struct exchange *e)
{
	if (!e->cached->pump.on)
		return false;
	e->full = false;
	cached_pump(e);
	return true;
}

bool cached_is_behind(const struct exchange *e)
{
	return e->cached != NULL && e->cached->behind;
}

/* --- the head ------------------------------------------------------------ */

bool cached_finish_head(struct exchange *e, struct response *r)
{
	struct cached *c = e->cached;

	if (c->rules.surrogate)
		field_remove(&r->fields, LIT("Surrogate-Control"));
	return cache_status_add(r, &c->status, e->arena) && reply_address(e, r);
}

/* Nobody can know it who made the content. */
static struct slice boundary_of(struct exchange *e)
{
	struct text t = text_in(e->arena, BOUNDARY_MAX);

	text_format(&t, "%016llx%016llx",
	    (unsigned long long)request_roll(&e->worker->ids),
	    (unsigned long long)request_roll(&e->worker->ids));
	return text_slice(&t);
}

static void aim(struct exchange *e, const struct cache_stored *stored,
    struct store_hit *hit, bool growing)
{
	struct pump *p = &e->cached->pump;

	p->on = true;
	p->hit = hit;
	p->growing = growing;
	p->base = stored->partial ? (uint64_t)stored->held.first : 0;
	p->length = stored->partial ? stored->whole_length : stored->length;
	p->type = field_get(stored->fields, LIT("Content-Type"));
	switch (p->answer) {
	case CACHE_ANSWER_WHOLE:
		p->end = !growing ? hit->record.body_bytes :
		    stored->length != LENGTH_UNKNOWN ?
				    (uint64_t)stored->length :
				    UINT64_MAX;
		break;
	case CACHE_ANSWER_PART:
		p->at = (uint64_t)p->ranges.at[0].first - p->base;
		p->end = (uint64_t)p->ranges.at[0].last + 1 - p->base;
		break;
	case CACHE_ANSWER_PARTS:
	case CACHE_ANSWER_NO_CONTENT:
		break;
	}
	if (e->bodiless)
		p->end = p->at = 0;
}

bool cached_serve(struct exchange *e, const struct cache_stored *stored,
    struct store_hit *hit, bool growing)
{
	struct cached *c = e->cached;
	struct pump *p = &c->pump;
	struct response r;
	bool ranged = field_has(&e->request->fields, LIT("Range"));

	*p = (struct pump){ .boundary = ranged ? boundary_of(e) : SLICE_NONE };
	if (!cache_answer(e->request, stored, p->boundary, exchange_now_s(e),
		e->arena, &p->answer, &r, &p->ranges) ||
	    !cached_finish_head(e, &r))
		return false;
	e->bodiless = p->answer == CACHE_ANSWER_NO_CONTENT ||
	    response_is_bodiless(r.status, e->request->method);
	if (e->bodiless)
		p->answer = CACHE_ANSWER_NO_CONTENT;
	aim(e, stored, hit, growing);
	c->pumped = stored;
	if (growing && p->at > hit->record.body_bytes + AHEAD_BYTES) {
		p->on = false;
		return false;
	}
	e->response = r;
	e->begun = true;
	e->status = r.status;
	exchange_touch(e);
	if (e->front->ops->head(e->front, &r) == FLOW_FULL)
		e->full = true;
	cached_pump(e);
	return true;
}

/* What was read while another process stored it has broken off, and the client
 * has part of it.  It is fetched once more, and where that is the same from
 * byte to byte the answer goes on where it stood. */
#include "engine/cached_state.h"
#include "engine/ghost.h"
#include "http/precondition.h"

#define LOOK_S 0.020

/* So often nobody is met who fetches it, and then nobody will be. */
#define VAIN_LOOKS_MAX 10

static struct slice tag_of(const struct cache_stored *s)
{
	return s->origin_tag.len > 0 ? s->origin_tag :
				       field_get(s->fields, LIT("ETag"));
}

static bool same_field(const struct cache_stored *a,
    const struct cache_stored *b, struct slice name)
{
	return slice_eq(field_get(a->fields, name), field_get(b->fields, name));
}

/* A strong tag is of one sequence of bytes, and what we make of those is of
 * one, too (RFC 9110 section 8.8.1). */
static bool is_same(const struct cache_stored *a, const struct cache_stored *b)
{
	return a->status == 200 && b->status == 200 && !b->partial &&
	    tag_equal_strong(tag_of(a), tag_of(b)) &&
	    same_field(a, b, LIT("ETag")) &&
	    same_field(a, b, LIT("Content-Encoding")) &&
	    a->rewritten == b->rewritten;
}

static void go_on(struct exchange *e, struct store_hit *hit)
{
	struct cached *c = e->cached;
	struct pump *p = &c->pump;

	ev_timer_stop(e->worker->loop, &c->patience);
	p->hit = hit;
	p->broken = p->whole = false;
	p->growing = c->fetch != NULL;
	if (!p->growing && p->end > hit->record.body_bytes)
		p->end = hit->record.body_bytes;
	p->on = true;
	if (!e->full)
		cached_pump(e);
}

/* True: it was stored meanwhile. */
static bool find_stored(struct exchange *e)
{
	struct cached *c = e->cached;

	cached_forget(c);
	store_find(c->cache->store, c->key, 0, exchange_now_ms(e), e->arena,
	    &c->found);
	c->looked = true;
	for (size_t i = 0; i < c->found.n; i++) {
		struct cache_stored s;

		if (!cached_candidate(&c->found.at[i].record, &s) ||
		    !is_same(c->pumped, &s))
			continue;
		go_on(e, &c->found.at[i]);
		return true;
	}
	return false;
}

/* True: it grows again, and is what it was. */
static bool find_growing(struct exchange *e)
{
	struct cached *c = e->cached;
	const struct flight *f;
	struct cache_stored s;

	if (collapse_join(c->cache->collapse, c->id, &c->fetch) !=
	    FLIGHT_THEIRS) {
		c->vain_looks++;
		return false;
	}
	c->vain_looks = 0;
	f = collapse_flight(c->fetch);
	c->watching = f->state == FLIGHT_SHOWN &&
	    store_watch(c->cache->store, (struct slice){ f->name, f->name_n },
		e->arena, &c->watched);
	if (c->watching && slice_eq(c->watched.record.key, c->key) &&
	    cached_candidate(&c->watched.record, &s) &&
	    is_same(c->pumped, &s)) {
		collapse_follow(c->fetch, &c->follower);
		go_on(e, &c->watched);
		return true;
	}
	cached_unwatch(c);
	collapse_drop(c->fetch);
	c->fetch = NULL;
	return false;
}

static void on_look(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct exchange *e = timer->data;
	struct cached *c = e->cached;

	(void)loop;
	(void)revents;
	exchange_touch(e);
	if (find_stored(e) || find_growing(e))
		return;
	if (exchange_now_ms(e) < c->resume_until_ms &&
	    c->vain_looks < VAIN_LOOKS_MAX)
		return;
	ev_timer_stop(e->worker->loop, &c->patience);
	reply_fault(e, FAULT_HTTP_RESPONSE_INCOMPLETE,
	    "the fetch that it was part of broke off");
}

bool cached_resumes(struct exchange *e)
{
	struct cached *c = e->cached;

	/* Under CGI nothing is fetched beside the answer. */
	if (c->pumped == NULL || !tag_is_strong(tag_of(c->pumped)) ||
	    c->resume_until_ms != 0 || e->worker->server == NULL ||
	    cache_passes(c->cache, c->id, exchange_now_s(e)))
		return false;
	collapse_leave(&c->follower);
	collapse_drop(c->fetch);
	c->fetch = NULL;
	cached_unwatch(c);
	c->pump.on = false;
	c->resume_until_ms =
	    exchange_now_ms(e) + c->cache->storage.collapse_timeout_ms;
	ghost_want(e, c->id);
	ev_timer_init(&c->patience, on_look, LOOK_S, LOOK_S);
	c->patience.data = e;
	ev_timer_start(e->worker->loop, &c->patience);
	return true;
}

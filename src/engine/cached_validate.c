/* What the origin says of what is stored: that it still holds, that it does
 * not, or that something has changed. */
#include "base/arena.h"
#include "base/log.h"
#include "engine/cached_state.h"
#include "policy/cache_invalidate.h"
#include "policy/cache_note.h"
#include "policy/cache_purge.h"
#include "policy/cache_store.h"
#include "policy/cache_terms.h"
#include "policy/cache_validate.h"
#include "policy/cache_vary.h"

/* The entry under its new head; false: it is not to be kept. */
static bool put(struct exchange *e, const struct cache_stored *s,
    const struct store_hit *hit)
{
	struct cached *c = e->cached;
	struct record r = hit->record;

	r.fields = *s->fields;
	r.request_ms = c->requested_s * 1000;
	r.response_ms = s->terms.received_s * 1000;
	r.generation = c->found.mark;
	r.body_bytes = r.body_sum = r.boot = 0;
	r.body_at = 0;
	r.note = cache_note_write(s, e->arena);
	return r.note.at != NULL &&
	    cache_vary_key(s->fields, &e->request->fields, &c->rules, e->arena,
		&r.variant) &&
	    store_end(
		store_begin(c->cache->store, &r,
		    (int64_t)hit->record.body_bytes, hit, exchange_now_ms(e)),
		true, exchange_now_ms(e));
}

void cached_remove(struct exchange *e)
{
	struct cached *c = e->cached;

	(void)store_purge(
	    c->cache->store, STORE_KEY, c->key, exchange_now_ms(e));
}

/* One of what is stored, brought up to date by a newer head, in its place
 * among the candidates; gone where that ends the storing.  False: arena
 * spent. */
static bool update(struct exchange *e, size_t i, const struct response *newer)
{
	struct cached *c = e->cached;
	struct cache_stored *s = &c->stored[i];
	struct cache_times times = { c->requested_s, exchange_now_s(e) };
	struct fields *fields = arena_zero(e->arena, sizeof(*fields));
	struct response now = { .status = s->status,
		.content_length = s->length };
	struct cache_rules rules = c->rules;
	struct cache_terms of_newer;
	enum cache_refusal refusal;
	/* What is stored is GET's, also where HEAD was asked. */
	struct request as_get = *e->request;

	cached_take_ttl(&e->match.rule->cache, s->status, &rules);
	if (fields == NULL ||
	    !cache_update(s, newer, times.received_s, &rules, e->arena, fields))
		return false;
	now.fields = *fields;
	/* Age is the newer one's, and is not among what is stored. */
	of_newer = cache_terms(newer, times, &rules);
	s->fields = fields;
	s->terms = cache_terms(&now, times, &rules);
	s->terms.initial_age_s = of_newer.initial_age_s;
	as_get.method = LIT("GET");
	refusal = cache_storable(&as_get, &now, &s->terms, &rules);
	if (refusal == CACHE_STORABLE)
		(void)put(e, s, &c->found.at[i]);
	else if (cache_refusal_lasts(refusal))
		cached_remove(e);
	return true;
}

enum cached_then cached_freshen(
    struct exchange *e, const struct response *not_modified)
{
	struct cached *c = e->cached;
	const struct cache_stored *chosen = NULL;
	uint32_t which = cache_freshens(not_modified, &c->verdict, c->stored,
	    c->found.n, e->request, &chosen);

	if (chosen == NULL)
		return THEN_ASK_WHOLE;
	for (size_t i = 0; i < c->found.n; i++)
		if ((which >> i & 1) && !update(e, i, not_modified))
			return THEN_ASK_WHOLE;
	cache_tell(c->cache);
	c->chosen = chosen;
	return THEN_SERVE;
}

void cached_heed_head(struct exchange *e, const struct response *head)
{
	struct cached *c = e->cached;
	size_t i = (size_t)(c->verdict.stored - c->stored);

	if (c->head == CACHE_HEAD_UPDATE)
		(void)update(e, i, head);
	else
		cached_remove(e);
	cache_tell(c->cache);
}

/* One target, as every rule's keys write it that may have stored it: reads may
 * go by another rule than what changes something. */
static void invalidate(struct exchange *e, struct slice target)
{
	const struct request *q = e->request;
	struct slice authority = e->match.authority;
	struct cache_purge_url url = {
		.scheme = q->scheme,
		.authority = authority.len > 0 ? authority : LIT(""),
		.target = target,
		.mount = e->query.mount,
		.exact = true,
	};
	struct cache_purge tags = { .n = 0 };

	if (cache_purge_names(e->rules->conf, &url, e->arena, &tags) ==
	    CACHE_PURGE_MANY)
		log_line(LOG_ERROR,
		    "%.*s: the rules have too many cache_keys for this path: "
		    "what %.*s changed may still be served",
		    SLICE_ARG(q->id), SLICE_ARG(q->method));
	for (size_t i = 0; i < tags.n; i++)
		(void)store_purge(e->rules->cache->store, STORE_CHANGED,
		    tags.at[i], exchange_now_ms(e));
}

void cached_invalidate(struct exchange *e, const struct response *r)
{
	struct cache_invalid invalid = { .n = 0 };

	(void)cache_invalidated(e->request, r, e->arena, &invalid);
	for (size_t i = 0; i < invalid.n; i++)
		invalidate(e, invalid.targets[i]);
	if (invalid.n > 0)
		cache_tell(e->rules->cache);
}

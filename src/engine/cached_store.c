/* The sink between what makes the answer and the client: it keeps what may be
 * kept, lets others read it while it grows, and where this client is slower
 * than the origin, lets it read what is kept, too. */
#include "base/arena.h"
#include "base/text.h"
#include "engine/cached_state.h"
#include "http/list.h"
#include "policy/cache_key.h"
#include "policy/cache_note.h"
#include "policy/cache_partial.h"
#include "policy/cache_store.h"
#include "policy/cache_tags.h"
#include "policy/cache_terms.h"
#include "policy/cache_vary.h"

/* Stored parts that are longer are not copied to complete others. */
#define JOIN_BYTES (8 * 1024 * 1024)

/* Others may read from the first byte on what is longer or of unknown
 * length; what is short is there before anybody could. */
#define SHOW_BYTES (64 * 1024)

static struct exchange *tee_exchange(struct sink *s)
{
	struct cached *c =
	    (struct cached *)((char *)s - offsetof(struct cached, tee));

	return c->exchange;
}

/* --- what is stored ------------------------------------------------------ */

void cached_take_ttl(
    const struct caching *caching, int status, struct cache_rules *rules)
{
	for (size_t i = 0; i < caching->ttl_n; i++) {
		const struct cache_ttl *t = &caching->ttls[i];

		if (status < t->statuses.low || status > t->statuses.high)
			continue;
		rules->ttl_s = t->ttl_ms / 1000;
		return;
	}
}

/* Our own for the URL, and the origin's. */
static bool find_tags(
    struct exchange *e, const struct fields *f, struct slice_list *tags_out)
{
	const struct request *r = e->request;
	struct text t = text_in(e->arena, CACHE_URL_TAG + 1);
	struct slice_list origins;
	struct slice *tags;

	if (!cache_tags_read(f, e->arena, &origins) ||
	    !cache_url_tag(
		e->match.rule, r->scheme, e->match.authority, r->target, &t))
		return false;
	tags = arena_alloc(e->arena, (origins.n + 1) * sizeof(*tags));
	if (tags == NULL)
		return false;
	tags[0] = text_slice(&t);
	for (size_t i = 0; i < origins.n; i++)
		tags[i + 1] = origins.at[i];
	*tags_out = (struct slice_list){ tags, origins.n + 1 };
	return true;
}

/* A part, and with what is stored of it already perhaps more than that. */
struct joined {
	enum cache_join join;
	const struct cache_stored *with;
	uint64_t before; /* bytes of it that go before what comes */
	uint64_t behind; /* and behind it, from that byte on */
};

static void take_part(const struct response *r, struct cache_stored *s)
{
	struct content_range range;

	(void)content_range_read(
	    field_get(&r->fields, LIT("Content-Range")), &range);
	s->partial = true;
	s->held = range.range;
	s->whole_length = range.length;
}

static bool is_joined(const struct joined *j)
{
	return j->join == CACHE_JOIN_PART || j->join == CACHE_JOIN_WHOLE;
}

/* Is it worth storing?  Alone, a 206 to If-Range may lack fields that the
 * client has already (RFC 9110 section 15.3.7). */
static bool is_enough(const struct exchange *e, const struct joined *j)
{
	if (j->join == CACHE_JOIN_NOT)
		return !field_has(&e->request->fields, LIT("If-Range"));
	return is_joined(j);
}

static struct joined join_part(
    const struct exchange *e, const struct response *r, struct cache_stored *s)
{
	const struct cache_stored *with = e->cached->verdict.stored;
	struct joined j = { CACHE_JOIN_NOT, with, 0, 0 };
	struct byte_range came = s->held;
	struct byte_range all;

	if (with == NULL || with->length > JOIN_BYTES)
		return j;
	j.join = cache_join(with, r, &all);
	if (!is_joined(&j))
		return j;
	if (with->held.first < came.first)
		j.before = (uint64_t)(came.first - with->held.first);
	if (with->held.last > came.last)
		j.behind = (uint64_t)(with->held.last - came.last);
	s->held = all;
	return j;
}

/* The head of both: what the newer one says takes the older one's place, and
 * the rest stays (RFC 9111 section 3.4).  False: not to be stored. */
static bool join_heads(struct exchange *e, const struct cache_stored *with,
    const struct response *r, const struct cache_rules *rules,
    struct cache_stored *s, struct fields *fields_out)
{
	struct cache_times times = { e->cached->requested_s,
		s->terms.received_s };
	int64_t initial_age_s = s->terms.initial_age_s;
	struct response both = { .status = r->status,
		.content_length = LENGTH_UNKNOWN };

	if (!cache_update(
		with, r, times.received_s, rules, e->arena, &both.fields))
		return false;
	/* Age is not among what is stored. */
	s->terms = cache_terms(&both, times, rules);
	s->terms.initial_age_s = initial_age_s;
	*fields_out = both.fields;
	return cache_storable(e->request, &both, &s->terms, rules) ==
	    CACHE_STORABLE;
}

static void become_whole(struct cache_stored *s, struct fields *f)
{
	s->partial = false;
	s->status = 200;
	field_remove(f, LIT("Content-Range"));
}

/* The entry's head, and what goes before what comes. */
static struct store_writer *begin(struct exchange *e, const struct response *r,
    const struct fields *fields, struct cache_stored *s,
    const struct cache_rules *rules)
{
	struct cached *c = e->cached;
	struct record record = {
		.key = c->key,
		.status = s->status,
		.fields = *fields,
		.request_ms = c->requested_s * 1000,
		.response_ms = s->terms.received_s * 1000,
		.generation = c->found.mark,
	};
	struct joined j = { CACHE_JOIN_NOT, NULL, 0, 0 };
	const struct fields *tagged = &r->fields;
	int64_t length = r->content_length;
	struct store_writer *w;

	s->fields = &record.fields;
	if (s->status == 206) {
		take_part(r, s);
		j = join_part(e, r, s);
		if (!is_enough(e, &j) ||
		    (is_joined(&j) &&
			!join_heads(e, j.with, r, rules, s, &record.fields)))
			return NULL;
		tagged = is_joined(&j) ? &record.fields : tagged;
		if (s->held.first == 0 && s->held.last == s->whole_length - 1)
			become_whole(s, &record.fields);
		length = s->held.last - s->held.first + 1;
		record.status = s->status;
	}
	s->length = length;
	record.note = cache_note_write(s, e->arena);
	if (record.note.at == NULL ||
	    !cache_vary_key(&record.fields, &e->request->fields, &c->rules,
		e->arena, &record.variant))
		return NULL;
	if (!find_tags(e, tagged, &record.tags)) {
		c->status.detail = LIT("tags");
		return NULL;
	}
	w = store_begin(
	    c->cache->store, &record, length, NULL, exchange_now_ms(e));
	if (w != NULL && j.before > 0 &&
	    !store_copy(w, cached_hit(c, j.with), 0, j.before)) {
		(void)store_end(w, false, exchange_now_ms(e));
		return NULL;
	}
	c->written = j.before;
	c->rest = j.behind > 0 ? j.with : NULL;
	c->rest_bytes = j.behind;
	return w;
}

static struct cache_stored candidate_of(const struct exchange *e,
    const struct response *r, const struct cache_rules *rules)
{
	const struct cached *c = e->cached;
	struct cache_times times = { c->requested_s, exchange_now_s(e) };
	bool same = slice_eq(field_get(&r->fields, LIT("ETag")), c->origin_tag);

	return (struct cache_stored){
		.status = r->status,
		.fields = &r->fields,
		.terms = cache_terms(r, times, rules),
		.length = r->content_length,
		.origin_tag = same ? SLICE_NONE : c->origin_tag,
		.origin_length = c->origin_length == r->content_length ?
		    LENGTH_UNKNOWN :
		    c->origin_length,
		.rewritten = e->rewriter_n > 0,
		.coded = e->encode.coding != CODING_IDENTITY,
	};
}

/* Others need not wait for the like of it, and what it takes the place of goes
 * (RFC 9111 section 4.3.3).  An error is no news of the resource. */
static void refuse(
    struct exchange *e, const struct response *r, enum cache_refusal refusal)
{
	struct cached *c = e->cached;

	if (c->status.detail.len == 0)
		c->status.detail = cache_refusal_token(refusal);
	if (!cache_refusal_lasts(refusal) || r->status >= 500)
		return;
	cache_pass(c->cache, c->id, exchange_now_s(e));
	if (c->verdict.stored != NULL)
		cached_remove(e);
}

/* Stores it, or says why not. */
static void consider(struct exchange *e, const struct response *r,
    struct cache_stored *s, const struct cache_rules *rules)
{
	struct cached *c = e->cached;
	enum cache_refusal refusal;
	struct fields fields;

	if (!c->keeps)
		return;
	if (e->encode.spared) {
		if (c->status.detail.len == 0)
			c->status.detail = LIT("no-transform");
		return;
	}
	refusal = cache_storable(e->request, r, &s->terms, rules);
	if (refusal != CACHE_STORABLE) {
		refuse(e, r, refusal);
		return;
	}
	cache_pass_over(c->cache, c->id);
	if (!cache_store_head(r, &s->terms, rules, e->arena, &fields))
		return;
	c->writer = begin(e, r, &fields, s, rules);
	cache_tell(c->cache);
	c->status.stored = c->writer != NULL;
	if (!c->status.stored)
		return;
	worker_defer_end(e->worker);
	c->status.ttl = true;
	c->status.ttl_s = cache_ttl(&s->terms, exchange_now_s(e));
}

/* --- others read it ------------------------------------------------------ */

static bool show(struct exchange *e)
{
	struct cached *c = e->cached;

	if (c->shown || c->writer == NULL)
		return c->shown;
	c->name_n = store_show(c->writer, c->name);
	c->shown = c->name_n > 0;
	if (c->shown && c->leads)
		collapse_show(c->fetch, (struct slice){ c->name, c->name_n });
	return c->shown;
}

static bool is_long(const struct response *r)
{
	return r->content_length == LENGTH_UNKNOWN ||
	    r->content_length > SHOW_BYTES;
}

/* Those who wait learn what they wait for. */
static void tell_others(struct exchange *e, const struct response *r)
{
	struct cached *c = e->cached;

	if (!c->leads)
		return;
	if (c->writer == NULL)
		cached_end_fetch(c, FLIGHT_REFUSED);
	else if (is_long(r) || collapse_is_wanted(c->fetch))
		(void)show(e);
}

static bool begin_behind(struct exchange *e)
{
	struct cached *c = e->cached;
	struct pump *p = &c->pump;

	if (!show(e) ||
	    !store_watch(c->cache->store, (struct slice){ c->name, c->name_n },
		e->arena, &c->watched))
		return false;
	c->watching = c->behind = true;
	*p = (struct pump){ .on = true,
		.growing = true,
		.hit = &c->watched,
		.at = c->written,
		.end = c->cut ? (uint64_t)c->range.last + 1 : UINT64_MAX };
	if (c->cut && p->at < (uint64_t)c->range.first)
		p->at = (uint64_t)c->range.first;
	return true;
}

/* --- the sink ------------------------------------------------------------ */

/* The client's own conditions and range, which the origin was not asked.
 * False: the arena is spent. */
static bool answer_client(
    struct exchange *e, struct response *r, const struct cache_stored *s)
{
	struct cached *c = e->cached;
	enum cache_answer answer;
	struct byte_ranges ranges;
	struct response own;

	if (!c->answers || e->ghost != NULL || r->status != 200)
		return true;
	/* Several parts are not cut out of what flows by. */
	if (!cache_answer(e->request, s, SLICE_NONE, exchange_now_s(e),
		e->arena, &answer, &own, &ranges))
		return false;
	switch (answer) {
	case CACHE_ANSWER_NO_CONTENT:
		e->bodiless = true;
		break;
	case CACHE_ANSWER_PART:
		c->cut = true;
		c->range = ranges.at[0];
		break;
	case CACHE_ANSWER_WHOLE:
	case CACHE_ANSWER_PARTS:
		return true;
	}
	if (!field_has(&r->fields, LIT("Age")))
		field_remove(&own.fields, LIT("Age"));
	*r = own;
	return true;
}

static enum flow tee_begin(struct sink *s, struct response *r)
{
	struct exchange *e = tee_exchange(s);
	struct cached *c = e->cached;
	struct cache_rules rules = c->rules;
	struct cache_stored stored;

	if (c->verdict.stored != NULL && c->verdict.forward != CACHE_HIT &&
	    c->status.status == 0 && r->status != 200)
		c->status.status = r->status;
	cached_take_ttl(&e->match.rule->cache, r->status, &rules);
	stored = candidate_of(e, r, &rules);
	if (c->head != CACHE_HEAD_NOTHING)
		cached_heed_head(e, r);
	consider(e, r, &stored, &rules);
	tell_others(e, r);
	stored.fields = &r->fields;
	if (!answer_client(e, r, &stored) || !cached_finish_head(e, r)) {
		s->fault = FAULT_PROXY_INTERNAL_ERROR;
		return FLOW_STOP;
	}
	return sink_begin_next(s, r);
}

/* What of these bytes the client is to have. */
static struct slice cut(const struct cached *c, struct slice bytes)
{
	int64_t first = c->range.first - c->passed;
	int64_t last = c->range.last + 1 - c->passed;

	if (!c->cut)
		return bytes;
	if (last <= 0 || first >= (int64_t)bytes.len)
		return LIT("");
	bytes = slice_upto(bytes, (size_t)last);
	return first > 0 ? slice_from(bytes, (size_t)first) : bytes;
}

/* What cannot be stored ends the storing. */
static void keep(struct exchange *e, struct slice bytes)
{
	struct cached *c = e->cached;

	if (c->writer == NULL || bytes.len == 0)
		return;
	if (!store_append(c->writer, bytes)) {
		/* What is too long will be so the next time. */
		cache_pass(c->cache, c->id, exchange_now_s(e));
		cached_end_store(e, false);
		cache_tell(c->cache);
		return;
	}
	c->written += bytes.len;
	if (c->leads && !c->shown && collapse_is_wanted(c->fetch))
		(void)show(e);
	else if (c->shown && c->leads)
		collapse_tell(c->fetch);
}

/* What can no longer be stored waits until the client has read what is; no
 * more comes than the chain has in hand. */
static enum flow set_aside(struct sink *s, struct slice own)
{
	struct exchange *e = tee_exchange(s);
	struct cached *c = e->cached;

	if (own.len == 0)
		return FLOW_FULL;
	c->late = ARENA_JOIN(e->arena, c->late, own);
	if (c->late.at != NULL)
		return FLOW_FULL;
	s->fault = FAULT_PROXY_INTERNAL_ERROR;
	return FLOW_STOP;
}

static enum flow tee_write(struct sink *s, struct slice bytes)
{
	struct exchange *e = tee_exchange(s);
	struct cached *c = e->cached;
	struct slice own = cut(c, bytes);
	enum flow flow;

	keep(e, bytes);
	c->passed += (int64_t)bytes.len;
	if (c->behind)
		return c->writer == NULL ? set_aside(s, own) : FLOW_GO;
	flow = sink_write_next(s, own);
	return flow == FLOW_FULL && begin_behind(e) ? FLOW_GO : flow;
}

static enum flow tee_end(struct sink *s, enum fault fault)
{
	struct exchange *e = tee_exchange(s);
	struct cached *c = e->cached;
	bool whole = fault == FAULT_NONE;

	if (whole && c->writer != NULL && c->rest != NULL &&
	    store_copy(c->writer, cached_hit(c, c->rest),
		(uint64_t)c->rest->length - c->rest_bytes, c->rest_bytes))
		c->written += c->rest_bytes;
	cached_end_store(e, whole);
	if (!whole || !c->behind)
		return sink_end_next(s, fault);
	c->pump.whole = true;
	c->pump.total = c->written;
	return FLOW_FULL;
}

static void tee_free(struct sink *s)
{
	(void)s; /* part of the exchange */
}

static const struct sink_ops tee_ops = {
	.name = "store",
	.begin = tee_begin,
	.write = tee_write,
	.end = tee_end,
	.free = tee_free,
};

void cached_push(struct exchange *e)
{
	e->cached->tee.ops = &tee_ops;
	chain_push(&e->chain, &e->cached->tee, PHASE_STORE);
}

/* What the origin said, before it is changed. */
void cached_note_origin(struct exchange *e, const struct response *r)
{
	e->cached->origin_tag = field_get(&r->fields, LIT("ETag"));
	e->cached->origin_length = r->content_length;
}

void cached_end_fetch(struct cached *c, enum flight_state end)
{
	if (!c->leads)
		return;
	c->leads = false;
	collapse_end(c->fetch, end, c->written);
	collapse_drop(c->fetch);
	c->fetch = NULL;
}

void cached_end_store(struct exchange *e, bool whole)
{
	struct cached *c = e->cached;
	struct store_writer *w = c->writer;

	c->writer = NULL;
	if (w != NULL) {
		(void)store_end(w, whole, exchange_now_ms(e));
		cache_tell(c->cache);
	}
	cached_end_fetch(c, whole ? FLIGHT_STORED : FLIGHT_NONE);
}

/* Copies of requests that wait for the loop to have time. */
#include "engine/ghost.h"

#include "base/arena.h"
#include "engine/cache.h"
#include "engine/collapse.h"
#include "engine/exchange_state.h"
#include "policy/cache_validate.h"

/* As many wait, and as many are under way at once: those who have a client go
 * first. */
#define GHOSTS_MAX    256
#define UNDER_WAY_MAX 16

#define REQUEST_BYTES (2 * 1024 * 1024)

static enum flow take_head(struct front *f, const struct response *r)
{
	(void)f;
	(void)r;
	return FLOW_GO;
}

static enum flow take_body(struct front *f, struct slice s)
{
	(void)f;
	(void)s;
	return FLOW_GO;
}

static void take_finish(struct front *f, enum fault fault)
{
	(void)f;
	(void)fault;
}

static void take_pause(struct front *f, bool paused)
{
	(void)f;
	(void)paused;
}

static const struct front_ops ghost_ops = {
	.name = "ghost",
	.head = take_head,
	.body = take_body,
	.finish = take_finish,
	.content_pause = take_pause,
};

struct front *ghost_front(void)
{
	static struct front front = { &ghost_ops };

	return &front;
}

static bool copy(struct slice *s, struct arena *a)
{
	if (s->len > 0)
		*s = arena_slice(a, *s);
	return s->len == 0 || s->at != NULL;
}

static bool copy_fields(
    struct request *to, const struct request *from, struct arena *a)
{
	to->fields = (struct fields){ 0 };
	for (size_t i = 0; i < from->fields.n; i++) {
		struct slice name = from->fields.at[i].name;
		struct slice value = from->fields.at[i].value;

		if (!copy(&name, a) || !copy(&value, a) ||
		    !field_add(&to->fields, a, name, value))
			return false;
	}
	/* The whole, and no fresher than it is. */
	cache_ask_whole(&to->fields);
	field_remove(&to->fields, LIT("Cache-Control"));
	field_remove(&to->fields, LIT("Pragma"));
	return true;
}

static struct request *copy_request(const struct request *from, struct arena *a)
{
	struct request *to = arena_alloc(a, sizeof(*to));

	if (to == NULL)
		return NULL;
	*to = *from;
	to->method = LIT("GET");
	to->content_length = 0;
	to->round = 0;
	return copy(&to->target, a) && copy(&to->scheme, a) &&
		copy(&to->authority, a) && copy(&to->protocol, a) &&
		copy(&to->client_addr, a) && copy(&to->client_port, a) &&
		copy(&to->user, a) && copy(&to->script_name, a) &&
		copy(&to->script_filename, a) && copy(&to->id, a) &&
		copy_fields(to, from, a) ?
	    to :
	    NULL;
}

static bool is_wanted(const struct worker *w, uint64_t id)
{
	size_t n = 0;

	for (const struct ghost *g = w->ghosts; g != NULL; g = g->next)
		if (g->id == id || ++n == GHOSTS_MAX)
			return true;
	return false;
}

void ghost_want(struct exchange *e, uint64_t id)
{
	struct worker *w = e->worker;
	struct arena *a;
	struct ghost *g;

	if (is_wanted(w, id) ||
	    collapse_is_under_way(e->rules->cache->collapse, id) ||
	    !cache_may_revalidate(e->rules->cache, id, exchange_now_s(e)))
		return;
	a = arena_new(REQUEST_BYTES);
	g = a == NULL ? NULL : arena_zero(a, sizeof(*g));
	if (g != NULL)
		g->request = copy_request(e->request, a);
	if (g == NULL || g->request == NULL) {
		arena_free(a);
		return;
	}
	g->arena = a;
	g->id = id;
	g->roll = e->query.roll;
	g->next = w->ghosts;
	w->ghosts = g;
	worker_want_ghosts(w);
}

bool ghosts_wait(const struct worker *w)
{
	return w->ghosts != NULL;
}

void ghosts_begin(struct worker *w)
{
	while (w->ghosts != NULL && w->ghost_n < UNDER_WAY_MAX) {
		struct ghost *g = w->ghosts;
		struct request *r = g->request;
		void *exchange;

		w->ghosts = g->next;
		w->ghost_n++;
		exchange = exchange_begin(w, ghost_front(), g->arena, r, 0, g);
		if (exchange != NULL)
			exchange_events.content_end(exchange);
	}
}

void ghost_over(struct worker *w)
{
	w->ghost_n--;
	if (w->ghosts != NULL)
		worker_want_ghosts(w);
}

void ghosts_free(struct worker *w)
{
	while (w->ghosts != NULL) {
		struct ghost *g = w->ghosts;

		w->ghosts = g->next;
		arena_free(g->arena);
	}
}

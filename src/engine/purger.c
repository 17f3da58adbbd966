/* PURGE. */
#include "engine/purger.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "conf/conf.h"
#include "engine/cache.h"
#include "engine/exchange_state.h"
#include "policy/cache_purge.h"
#include "policy/cache_tags.h"
#include "policy/network.h"
#include "store/store.h"

#define BODY_MAX 16384

static void answer(struct exchange *e, int status, struct slice words)
{
	const struct request *r = e->request;

	log_line(status == 503 ? LOG_ERROR : LOG_INFO,
	    "%.*s: %d for PURGE %.*s by %.*s: %.*s", SLICE_ARG(r->id), status,
	    SLICE_ARG(slice_upto(r->target, 1000)), SLICE_ARG(r->client_addr),
	    SLICE_ARG(slice_upto(words, 1000)));
	reply_answer(e, answer_page(e->arena, status, words, r));
}

/* "purged" and what, in one line. */
static void answer_done(struct exchange *e, const struct slice *what, size_t n)
{
	const struct request *r = e->request;
	struct answer done = { .response = { .status = 200 } };
	struct fields *f = &done.response.fields;
	struct text t = text_in(e->arena, BODY_MAX);

	text_add(&t, LIT("purged"));
	for (size_t i = 0; i < n; i++) {
		text_char(&t, ' ');
		text_add(&t, what[i]);
	}
	text_char(&t, '\n');
	done.body = text_spent(&t) ? LIT("purged\n") : text_slice(&t);
	done.response.content_length = (int64_t)done.body.len;
	(void)(field_add(f, e->arena, LIT("Content-Type"),
		   LIT("text/plain; charset=utf-8")) &&
	    field_add(f, e->arena, LIT("Cache-Control"), LIT("no-store")) &&
	    field_add(
		f, e->arena, LIT("X-Content-Type-Options"), LIT("nosniff")));
	log_line(LOG_INFO, "%.*s: PURGE by %.*s: %.*s", SLICE_ARG(r->id),
	    SLICE_ARG(r->client_addr),
	    SLICE_ARG(slice_upto(
		done.body, done.body.len > 1000 ? 1000 : done.body.len - 1)));
	reply_answer(e, done);
}

static bool purge(struct exchange *e, enum store_scope scope,
    const struct slice *what, size_t n)
{
	int64_t now_ms = exchange_now_ms(e);

	for (size_t i = 0; i < n; i++)
		if (!store_purge(
			e->rules->cache->store, scope, what[i], now_ms))
			return false;
	return true;
}

static void answer_purged(
    struct exchange *e, bool done, const struct slice *what, size_t n)
{
	if (done)
		answer_done(e, what, n);
	else
		answer(e, 503,
		    LIT("What is stored could not be purged, and may still be "
			"served."));
}

static void purge_tags(struct exchange *e)
{
	struct slice_list tags;

	if (!cache_tags_read(&e->request->fields, e->arena, &tags))
		answer(e, 400, LIT("These are too many tags at once."));
	else if (tags.n == 0)
		answer(e, 400, LIT("These are no tags to purge by."));
	else
		answer_purged(
		    e, purge(e, STORE_TAG, tags.at, tags.n), tags.at, tags.n);
}

static void purge_url(struct exchange *e)
{
	const struct request *r = e->request;
	struct cache_purge_url url = {
		.scheme = r->scheme,
		.authority = r->authority.len > 0 ? r->authority : LIT(""),
		.target = r->target,
		.mount = e->query.mount,
	};
	struct cache_purge names = { .n = 0 };

	cache_purge_star(&url);
	switch (cache_purge_names(e->rules->conf, &url, e->arena, &names)) {
	case CACHE_PURGE_FOUND:
		answer_purged(e,
		    purge(e, url.below ? STORE_PREFIX : STORE_TAG, names.at,
			names.n),
		    &r->target, 1);
		return;
	case CACHE_PURGE_UNOWNED:
	case CACHE_PURGE_HOST:
		answer(e, 404, LIT("No route that caches leads to this path."));
		return;
	case CACHE_PURGE_NO_URL:
		answer(e, 400, LIT("The target is no URL."));
		return;
	case CACHE_PURGE_MANY:
		answer(e, 503, LIT("That is more than can be purged at once."));
		return;
	}
}

bool purger_answers(struct exchange *e)
{
	const struct request *r = e->request;
	const struct networks *allowed = &e->rules->conf->storage.purge_allow;

	if (allowed->n == 0 || e->rules->cache == NULL)
		return false;
	if (!network_has(allowed, r->client_addr))
		answer(e, 403, LIT("This client may not purge."));
	else if (field_has(&r->fields, LIT("Cache-Tag")) ||
	    field_has(&r->fields, LIT("Surrogate-Key")))
		purge_tags(e);
	else
		purge_url(e);
	return true;
}

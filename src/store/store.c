/* The six calls, handed on to the backend. */
#include "store/store.h"

#define COPY_BYTES (4u * 1024u * 1024u)

#define WORDS(s)                   \
	{                          \
		(s), sizeof(s) - 1 \
	}

static const struct slice why_words[STORE_WHY_N] = {
	[STORE_WELL] = WORDS("stored responses are kept and found"),
	[STORE_NOT_SAFE] = WORDS("not a folder of ours that only we may write"),
	[STORE_NEWER] = WORDS("it is a newer program's"),
	[STORE_FULL] = WORDS("no room could be made"),
	[STORE_SYSTEM] = WORDS("the system refused"),
	[STORE_AWAY] = WORDS("the server does not answer in time"),
	[STORE_NO_NAME] = WORDS("the server's name leads to no address"),
	[STORE_STRANGE] = WORDS("what answers there is no such server"),
	[STORE_REFUSED] = WORDS("the server refuses what it is asked"),
	[STORE_PASSWORD] = WORDS("the server wants another password"),
	[STORE_FORBIDDEN] = WORDS("the server's rules forbid a command"),
	[STORE_LOADING] = WORDS("the server is busy with itself"),
	[STORE_REPLICA] = WORDS("nothing can be written to this server"),
	[STORE_CLUSTER] = WORDS("the server is part of a cluster"),
};

struct slice store_words(enum store_why why)
{
	return why_words[why];
}

void store_find(struct store *s, struct slice key, uint64_t round,
    int64_t now_ms, struct arena *a, struct store_found *found_out)
{
	s->ops->find(s, key, round, now_ms, a, found_out);
}

void store_release_hit(struct store *s, struct store_hit *hit)
{
	s->ops->release(s, hit);
}

void store_release(
    struct store *s, struct store_found *found, const struct store_hit *keep)
{
	for (size_t i = 0; i < found->n; i++)
		if (&found->at[i] != keep)
			s->ops->release(s, &found->at[i]);
}

bool store_read(struct store *s, const struct store_hit *hit, uint64_t from,
    char *room, size_t n)
{
	return from <= hit->record.body_bytes &&
	    n <= hit->record.body_bytes - from &&
	    s->ops->read(s, hit, from, room, n);
}

struct store_writer *store_begin(struct store *s, const struct record *r,
    int64_t length, const struct store_hit *body, int64_t now_ms)
{
	return s->ops->begin(s, r, length, body, now_ms);
}

bool store_append(struct store_writer *w, struct slice piece)
{
	return w != NULL && w->store->ops->append(w, piece);
}

bool store_copy(struct store_writer *w, const struct store_hit *hit,
    uint64_t from, uint64_t n)
{
	char room[16384];

	while (n > 0) {
		size_t some = n < sizeof(room) ? (size_t)n : sizeof(room);

		if (!store_read(w->store, hit, from, room, some) ||
		    !store_append(w, (struct slice){ room, some }))
			return false;
		from += some;
		n -= some;
	}
	return true;
}

bool store_copy_body(struct store_writer *w, const struct store_hit *hit)
{
	return hit->record.body_bytes <= COPY_BYTES &&
	    store_copy(w, hit, 0, hit->record.body_bytes);
}

bool store_end(struct store_writer *w, bool whole, int64_t now_ms)
{
	return w != NULL && w->store->ops->end(w, whole, now_ms);
}

bool store_purge(
    struct store *s, enum store_scope scope, struct slice what, int64_t now_ms)
{
	return s->ops->purge(s, scope, what, now_ms);
}

bool store_news(struct store *s, struct store_report *report_out)
{
	struct store_report now = s->report;
	bool news = now.why != s->told.why || now.error != s->told.error;

	s->told = now;
	if (news)
		*report_out = now;
	return news;
}

void store_free(struct store *s)
{
	if (s != NULL)
		s->ops->free(s);
}

size_t store_show(struct store_writer *w, char name_out[STORE_NAME_MAX])
{
	return w == NULL || w->store->ops->show == NULL ?
	    0 :
	    w->store->ops->show(w, name_out);
}

bool store_watch(struct store *s, struct slice name, struct arena *a,
    struct store_hit *hit_out)
{
	return s->ops->watch != NULL && s->ops->watch(s, name, a, hit_out);
}

bool store_grown(
    struct store *s, const struct store_hit *hit, uint64_t *bytes_out)
{
	return s->ops->grown != NULL && s->ops->grown(s, hit, bytes_out);
}

bool store_each(struct store *s, store_visit *visit, void *user, int64_t now_ms)
{
	return s->ops->each != NULL && s->ops->each(s, visit, user, now_ms);
}

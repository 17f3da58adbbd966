/* Voiding entries without looking for them.
 *
 * What the server could not be told is kept, and told before anything else is
 * asked of it: so this process at least never finds what it has purged. */
#include "store/redis_in.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Two processes that purge prefixes at the same moment try again. */
#define TRIES 16

/* ---- the list of prefixes ---- */

static void forget_list(struct redis *r)
{
	r->purges.n = 0;
	r->purges_of = 0;
}

/* False: it is no list, or an older one. */
static bool take_list(
    struct redis *r, struct slice bytes, uint64_t epoch, uint64_t prefix)
{
	forget_list(r);
	free(r->purge_bytes);
	r->purge_bytes = bytes.len == 0 || bytes.len > PURGE_LIST_MAX ?
	    NULL :
	    malloc(bytes.len);
	if (r->purge_bytes == NULL)
		return false;
	memcpy(r->purge_bytes, bytes.at, bytes.len);
	if (!purge_list_read(
		(struct slice){ r->purge_bytes, bytes.len }, &r->purges) ||
	    purge_list_newest(&r->purges) < prefix) {
		forget_list(r);
		return false;
	}
	r->purges_epoch = epoch;
	r->purges_of = purge_list_newest(&r->purges);
	return true;
}

static bool load_list(struct redis *r, uint64_t epoch, uint64_t prefix)
{
	struct redis_name state = redis_name_state(r);
	struct slice words[3] = { LIT("HGET"), redis_name_slice(&state),
		LIT("prefixes") };
	const struct redis_reply *reply;

	if (r->purges_epoch == epoch && r->purges_of >= prefix)
		return true;
	reply = link_ask(r->link, words, 3) ? link_answer(r->link) : NULL;
	return reply != NULL && reply->n == 1 &&
	    reply->item[0].kind == REDIS_TEXT &&
	    take_list(r, reply->item[0].text, epoch, prefix);
}

bool redis_prefix_voids(struct redis *r, struct slice key, uint64_t epoch,
    uint64_t generation, uint64_t prefix)
{
	if (generation >= prefix)
		return false;
	/* Where the list is lost, all that it could have been about is. */
	return !load_list(r, epoch, prefix) ||
	    purge_list_voids(&r->purges, key, generation);
}

/* ---- telling the server ---- */

enum told { TOLD, TOLD_NOT, TOLD_AGAIN, TOLD_FULL };

static enum told told(const struct redis_reply *reply)
{
	if (reply == NULL)
		return TOLD_NOT;
	if (redis_error(reply).len > 0)
		return TOLD_FULL;
	if (reply->n != 1 || reply->item[0].kind != REDIS_NUMBER)
		return TOLD_NOT;
	return reply->item[0].number == 1 ? TOLD : TOLD_AGAIN;
}

static enum told tell(
    struct redis *r, enum store_scope scope, struct slice what)
{
	struct redis_name state = redis_name_state(r);
	struct redis_name entry = redis_name_entry(r, what);
	struct redis_number epoch = redis_new_epoch();
	bool of_key = scope == STORE_KEY;
	struct redis_number row =
	    redis_number(redis_row(what, of_key ? PURGED_KEYS : PURGED_TAGS));
	char field[32];
	struct slice arguments[5] = {
		link_life(r->link),
		redis_number_slice(&epoch),
		{ r->body, r->body_n },
		of_key                 ? LIT("k") :
		    scope == STORE_TAG ? LIT("t") :
					 LIT("a"),
		{ field, row.n + 1 },
	};

	field[0] = of_key ? 'k' : 't';
	memcpy(field + 1, row.at, row.n);
	return told(link_run(r->link, REDIS_PURGE,
	    (struct slice[]){
		redis_name_slice(&state), redis_name_slice(&entry) },
	    arguments, 5));
}

/* The list as it is there, with one row more. */
static enum told write_list(struct redis *r, const struct slice keys[2],
    struct slice what, uint64_t epoch, uint64_t before, uint64_t generation)
{
	struct text t = { .size = PURGE_LIST_MAX, .max = PURGE_LIST_MAX };
	struct redis_number numbers[4] = { redis_new_epoch(),
		redis_number(epoch), redis_number(before),
		redis_number(generation) };
	struct slice arguments[7] = {
		link_life(r->link),
		redis_number_slice(&numbers[0]),
		{ r->body, r->body_n },
		redis_number_slice(&numbers[1]),
		redis_number_slice(&numbers[2]),
		redis_number_slice(&numbers[3]),
	};
	enum told how = TOLD_NOT;

	t.at = malloc(t.size);
	if (t.at == NULL)
		return TOLD_NOT;
	purge_list_add(&r->purges, what, generation);
	purge_list_write(&r->purges, &t);
	arguments[6] = text_slice(&t);
	if (!text_spent(&t))
		how =
		    told(link_run(r->link, REDIS_PREFIXES, keys, arguments, 7));
	free(t.at);
	/* The row borrows the caller's bytes: all is read again. */
	forget_list(r);
	return how;
}

static bool read_number(const struct redis_item *i, uint64_t *value_out)
{
	return i->kind == REDIS_TEXT && slice_to_u64(i->text, value_out);
}

/* A generation of its own for each try, for those who hold the list of an
 * older one must notice. */
static enum told tell_prefix(struct redis *r, struct slice what)
{
	struct redis_name state = redis_name_state(r);
	struct slice keys[2] = { redis_name_slice(&state),
		redis_name_slice(&state) };
	struct redis_number fresh = redis_new_epoch();
	struct slice arguments[3] = { link_life(r->link),
		redis_number_slice(&fresh), { r->body, r->body_n } };
	const struct redis_reply *reply =
	    link_run(r->link, REDIS_GENERATION, keys, arguments, 3);
	uint64_t epoch;
	uint64_t generation;
	uint64_t before;

	if (reply == NULL)
		return TOLD_NOT;
	if (redis_error(reply).len > 0)
		return TOLD_FULL;
	if (reply->n != 4 || !read_number(&reply->item[0], &epoch) ||
	    !read_number(&reply->item[1], &generation) ||
	    !read_number(&reply->item[2], &before) ||
	    reply->item[3].kind != REDIS_TEXT) {
		link_strange(r->link);
		return TOLD_NOT;
	}
	/* Without the list, everything goes and a new one begins. */
	if (before == 0)
		forget_list(r);
	else if (!take_list(r, reply->item[3].text, epoch, before))
		return tell(r, STORE_ALL, LIT(""));
	return write_list(r, keys, what, epoch, before, generation);
}

static enum told tell_until(
    struct redis *r, enum store_scope scope, struct slice what)
{
	enum told how = TOLD_AGAIN;

	for (int i = 0; i < TRIES && how == TOLD_AGAIN; i++)
		how = scope == STORE_PREFIX ? tell_prefix(r, what) :
					      tell(r, scope, what);
	return how == TOLD_AGAIN ? tell(r, STORE_ALL, LIT("")) : how;
}

/* To forget takes no memory: without the state nothing is found. */
static bool forget_all(struct redis *r)
{
	struct redis_name state = redis_name_state(r);
	struct slice words[2] = { LIT("DEL"), redis_name_slice(&state) };

	return link_ask(r->link, words, 2) && link_answer(r->link) != NULL;
}

static bool purge(struct redis *r, enum store_scope scope, struct slice what)
{
	enum told how = tell_until(r, scope, what);

	return how == TOLD || (how == TOLD_FULL && forget_all(r));
}

/* ---- what was missed ---- */

static void miss(struct redis *r, enum store_scope scope, struct slice what)
{
	struct missed *m = r->missed;

	/* Of what cannot be kept, it is all. */
	if (r->missed_n == MISSED_MAX || what.len > MISSED_BYTES) {
		scope = STORE_ALL;
		what = LIT("");
		r->missed_n = 0;
	}
	m += r->missed_n++;
	m->scope = scope;
	m->n = what.len;
	if (what.len > 0)
		memcpy(m->what, what.at, what.len);
}

bool redis_purge_missed(struct redis *r)
{
	while (r->missed_n > 0) {
		struct missed *m = &r->missed[r->missed_n - 1];

		if (!purge(r, m->scope, (struct slice){ m->what, m->n }))
			return false;
		r->missed_n--;
	}
	return true;
}

bool redis_purge(
    struct store *s, enum store_scope scope, struct slice what, int64_t now_ms)
{
	struct redis *r = (struct redis *)s;

	/* When it writes to disk is the server's own business. */
	if (scope == STORE_CHANGED)
		scope = STORE_TAG;
	if (redis_ready(r, 1) && purge(r, scope, what)) {
		redis_went_well(r, now_ms);
		return true;
	}
	miss(r, scope, what);
	return redis_failed(r, now_ms);
}

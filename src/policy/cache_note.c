/* Numbers of eight bytes, lowest first, and behind them the tag. */
#include "policy/cache_note.h"

#include "base/arena.h"
#include "base/little.h"
#include "base/text.h"

#define NOTE_VERSION 1
#define NUMBERS      14
#define TAG_MAX      4096
#define NOTE_MAX     (NUMBERS * 8 + TAG_MAX)

enum {
	FLAG_VALIDATE = 1,
	FLAG_STRICT = 2,
	FLAG_MAX_STALE = 4,
	FLAG_REWRITTEN = 8,
	FLAG_PARTIAL = 16,
	FLAG_CODED = 32,
};

static void put(struct text *t, int64_t n)
{
	char bytes[8];

	little_put_u64(bytes, (uint64_t)n);
	text_add(t, (struct slice){ bytes, sizeof(bytes) });
}

static int64_t get(struct slice *rest)
{
	uint64_t n = little_u64(rest->at);

	*rest = slice_from(*rest, 8);
	return (int64_t)n;
}

static int64_t flags_of(const struct cache_stored *s)
{
	return (s->terms.validate ? FLAG_VALIDATE : 0) |
	    (s->terms.strict ? FLAG_STRICT : 0) |
	    (s->terms.max_stale ? FLAG_MAX_STALE : 0) |
	    (s->rewritten ? FLAG_REWRITTEN : 0) |
	    (s->partial ? FLAG_PARTIAL : 0) | (s->coded ? FLAG_CODED : 0);
}

struct slice cache_note_write(const struct cache_stored *s, struct arena *a)
{
	const struct cache_terms *terms = &s->terms;
	struct text t = text_in(a, NOTE_MAX);

	put(&t, NOTE_VERSION);
	put(&t, flags_of(s));
	put(&t, (int64_t)terms->source);
	put(&t, terms->lifetime_s);
	put(&t, terms->initial_age_s);
	put(&t, terms->received_s);
	put(&t, terms->date_s);
	put(&t, terms->stale_while_revalidate_s);
	put(&t, terms->stale_if_error_s);
	put(&t, s->length);
	put(&t, s->origin_length);
	put(&t, s->held.first);
	put(&t, s->held.last);
	put(&t, s->whole_length);
	text_add(&t, s->origin_tag);
	return text_spent(&t) ? SLICE_NONE : text_slice(&t);
}

bool cache_note_read(struct slice note, struct cache_stored *s)
{
	struct slice rest = note;
	struct cache_terms *terms = &s->terms;
	int64_t flags;

	if (note.len < NUMBERS * 8 || get(&rest) != NOTE_VERSION)
		return false;
	flags = get(&rest);
	terms->validate = flags & FLAG_VALIDATE;
	terms->strict = flags & FLAG_STRICT;
	terms->max_stale = flags & FLAG_MAX_STALE;
	s->rewritten = flags & FLAG_REWRITTEN;
	s->partial = flags & FLAG_PARTIAL;
	s->coded = flags & FLAG_CODED;
	terms->source = (enum cache_source)get(&rest);
	terms->lifetime_s = get(&rest);
	terms->initial_age_s = get(&rest);
	terms->received_s = get(&rest);
	terms->date_s = get(&rest);
	terms->stale_while_revalidate_s = get(&rest);
	terms->stale_if_error_s = get(&rest);
	s->length = get(&rest);
	s->origin_length = get(&rest);
	s->held.first = get(&rest);
	s->held.last = get(&rest);
	s->whole_length = get(&rest);
	s->origin_tag = rest;
	return true;
}

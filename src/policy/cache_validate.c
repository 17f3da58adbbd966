/* Validation. */
#include "policy/cache_validate.h"

#include "base/text.h"
#include "http/accept.h"
#include "http/list.h"
#include "http/message.h"
#include "http/precondition.h"
#include "policy/cache_store.h"
#include "policy/cache_terms.h"

#define NAME(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}
#define COUNT(row) (sizeof(row) / sizeof((row)[0]))

#define TAGS_MAX_BYTES 4096

/* The tag as the origin knows it. */
static struct slice tag_of(const struct cache_stored *s)
{
	return s->origin_tag.len > 0 ? s->origin_tag :
				       field_get(s->fields, LIT("ETag"));
}

/* A strong tag is unlike those of all other representations (RFC 9110 section
 * 8.8.1); where we made several out of one, ours are weak. */
static bool is_for_any(
    const struct cache_stored *s, const struct request *request)
{
	struct slice coding = field_get(s->fields, LIT("Content-Encoding"));

	return tag_is_strong(field_get(s->fields, LIT("ETag"))) &&
	    (coding.len == 0 || accept_coding(&request->fields, coding));
}

static bool is_asked_about(const struct cache_verdict *verdict,
    const struct cache_stored *candidates, size_t i,
    const struct request *request)
{
	const struct cache_stored *s = &candidates[i];
	struct slice tag = tag_of(s);

	/* What is not quoted would take others with it. */
	return i < CACHE_CANDIDATES_MAX && !s->partial &&
	    (tag_is_strong(tag) || slice_starts(tag, LIT("W/\""))) &&
	    ((verdict->matches >> i & 1) || is_for_any(s, request));
}

void cache_ask_whole(struct fields *upstream)
{
	static const struct slice conditions[] = { NAME("If-Match"),
		NAME("If-None-Match"), NAME("If-Modified-Since"),
		NAME("If-Unmodified-Since"), NAME("If-Range"), NAME("Range") };

	for (size_t i = 0; i < COUNT(conditions); i++)
		field_remove(upstream, conditions[i]);
}

/* The selected one's first: it is the likeliest. */
static size_t add_tags(struct text *t, const struct request *request,
    const struct cache_verdict *verdict, const struct cache_stored *candidates,
    size_t n)
{
	struct slice seen[CACHE_TAGS_MAX];
	size_t tags = 0;

	for (int turn = 0; turn < 2; turn++)
		for (size_t i = 0; i < n && tags < CACHE_TAGS_MAX; i++) {
			struct slice tag = tag_of(&candidates[i]);
			bool first = &candidates[i] == verdict->stored;
			bool known = false;

			for (size_t j = 0; j < tags; j++)
				known |= slice_eq(seen[j], tag);
			if (first != (turn == 0) || known ||
			    tag.len > TAGS_MAX_BYTES / CACHE_TAGS_MAX - 2 ||
			    !is_asked_about(verdict, candidates, i, request))
				continue;
			if (tags > 0)
				text_add(t, LIT(", "));
			text_add(t, tag);
			seen[tags++] = tag;
		}
	return tags;
}

bool cache_ask(struct fields *upstream, const struct request *request,
    const struct cache_verdict *verdict, const struct cache_stored *candidates,
    size_t n, struct arena *a)
{
	struct text t = text_in(a, TAGS_MAX_BYTES);
	struct slice modified = SLICE_NONE;
	size_t tags;

	cache_ask_whole(upstream);
	tags = add_tags(&t, request, verdict, candidates, n);
	if (verdict->stored != NULL && !verdict->stored->partial)
		modified =
		    field_get(verdict->stored->fields, LIT("Last-Modified"));
	if (tags > 0 &&
	    (text_spent(&t) ||
		!field_add(upstream, a, LIT("If-None-Match"), text_slice(&t))))
		return false;
	if (modified.len > 0 &&
	    !field_add(upstream, a, LIT("If-Modified-Since"), modified))
		return tags > 0;
	return tags > 0 || modified.len > 0;
}

static bool is_newer(
    const struct cache_stored *one, const struct cache_stored *other)
{
	return other == NULL || one->terms.date_s > other->terms.date_s ||
	    (one->terms.date_s == other->terms.date_s &&
		one->terms.received_s > other->terms.received_s);
}

static bool same_modified(
    const struct cache_stored *s, const struct response *r)
{
	struct slice modified = field_get(&r->fields, LIT("Last-Modified"));

	return modified.len > 0 &&
	    slice_eq(modified, field_get(s->fields, LIT("Last-Modified")));
}

/* All with the strong tag; the latest answers. */
static uint32_t strongly(struct slice tag, const struct cache_verdict *verdict,
    const struct cache_stored *candidates, size_t n,
    const struct request *request, const struct cache_stored **chosen_out)
{
	const struct cache_stored *chosen = NULL;
	uint32_t bits = 0;

	for (size_t i = 0; i < n; i++) {
		const struct cache_stored *s = &candidates[i];

		if (!is_asked_about(verdict, candidates, i, request) ||
		    !tag_equal_strong(tag, tag_of(s)))
			continue;
		bits |= UINT32_C(1) << i;
		if (chosen == NULL || s == verdict->stored ||
		    (chosen != verdict->stored && is_newer(s, chosen)))
			chosen = s;
	}
	/* Servers that weaken the tag of what they compress forget it in 304:
	 * that holds, but such a 304 must not change anything. */
	if (bits == 0 && verdict->stored != NULL &&
	    tag_equal_weak(tag, tag_of(verdict->stored)))
		chosen = verdict->stored;
	if (chosen != NULL)
		*chosen_out = chosen;
	return bits;
}

/* The latest of those with that weak tag or date. */
static uint32_t weakly(const struct response *r, struct slice tag,
    const struct cache_verdict *verdict, const struct cache_stored *candidates,
    size_t n, const struct cache_stored **chosen_out)
{
	const struct cache_stored *chosen = NULL;
	uint32_t bits = 0;

	for (size_t i = 0; i < n && i < CACHE_CANDIDATES_MAX; i++) {
		const struct cache_stored *s = &candidates[i];

		if (!(verdict->matches >> i & 1) || s->partial)
			continue;
		if (tag.len > 0 ? !tag_equal_weak(tag, tag_of(s)) :
				  !same_modified(s, r))
			continue;
		if (is_newer(s, chosen)) {
			chosen = s;
			bits = UINT32_C(1) << i;
		}
	}
	if (bits != 0)
		*chosen_out = chosen;
	return bits;
}

/* The only one that we can have asked about. */
static uint32_t the_only(const struct cache_verdict *verdict,
    const struct cache_stored *candidates, size_t n,
    const struct request *request, const struct cache_stored **chosen_out)
{
	size_t at = n;

	if (verdict->stored == NULL || verdict->stored->partial)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (&candidates[i] == verdict->stored)
			at = i;
		else if (is_asked_about(verdict, candidates, i, request))
			return 0;
	if (at == n)
		return 0;
	*chosen_out = verdict->stored;
	return UINT32_C(1) << at;
}

uint32_t cache_freshens(const struct response *not_modified,
    const struct cache_verdict *verdict, const struct cache_stored *candidates,
    size_t n, const struct request *request,
    const struct cache_stored **chosen_out)
{
	struct slice tag = field_get(&not_modified->fields, LIT("ETag"));

	if (n > CACHE_CANDIDATES_MAX)
		n = CACHE_CANDIDATES_MAX;
	if (tag_is_strong(tag))
		return strongly(
		    tag, verdict, candidates, n, request, chosen_out);
	if (tag.len > 0 ||
	    field_has(&not_modified->fields, LIT("Last-Modified")))
		return weakly(
		    not_modified, tag, verdict, candidates, n, chosen_out);
	return the_only(verdict, candidates, n, request, chosen_out);
}

/* What describes the bytes that are there. */
static const struct slice of_content[] = {
	NAME("Content-Encoding"),
	NAME("Content-Length"),
	NAME("Content-Range"),
	NAME("ETag"),
};

/* And what does, where they are not the origin's. */
static const struct slice of_rewritten[] = {
	NAME("Accept-Ranges"),
	NAME("Content-Digest"),
	NAME("Content-MD5"),
	NAME("Content-Type"),
	NAME("Digest"),
	NAME("Repr-Digest"),
};

static bool is_one_of(struct slice name, const struct slice *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq_nocase(name, list[i]))
			return true;
	return false;
}

static bool stays(const struct cache_stored *s, struct slice name)
{
	bool coded = s->rewritten || s->origin_tag.len > 0;

	return is_one_of(name, of_content, COUNT(of_content)) ||
	    (coded && is_one_of(name, of_rewritten, COUNT(of_rewritten)));
}

/* By these we choose among the forms that we make of an origin's content, and
 * what it says with 304 of its own choice has nothing of ours.  False: arena
 * spent. */
static bool keep_choices(
    struct fields *updated, const struct fields *stored, struct arena *a)
{
	static const struct slice ours[] = { NAME("Accept-Encoding"),
		NAME("Sec-Fetch-Dest"), NAME("Service-Worker") };
	struct slice vary = LIT("Vary");

	for (size_t i = 0; i < COUNT(ours); i++)
		if (list_field_has(stored, vary, ours[i]) &&
		    !list_field_has(updated, vary, ours[i]) &&
		    !field_add(updated, a, vary, ours[i]))
			return false;
	return true;
}

bool cache_update(const struct cache_stored *stored,
    const struct response *newer, int64_t received_s,
    const struct cache_rules *rules, struct arena *a, struct fields *fields_out)
{
	struct cache_terms terms = { .received_s = received_s };
	struct response merged = { .status = stored->status };
	struct fields *updated = &merged.fields;
	struct fields incoming;
	bool targeted;
	struct directives d =
	    cache_directives(&newer->fields, rules, &targeted);

	if (!cache_store_head(newer, &terms, rules, a, &incoming))
		return false;
	for (size_t i = 0; i < stored->fields->n; i++) {
		const struct field *f = &stored->fields->at[i];

		if (directives_name(&d, f->name) ||
		    (!stays(stored, f->name) && field_has(&incoming, f->name)))
			continue;
		if (!field_add(updated, a, f->name, f->value))
			return false;
	}
	for (size_t i = 0; i < incoming.n; i++) {
		const struct field *f = &incoming.at[i];

		/* Another visitor's cookie is not everyone's. */
		if (stays(stored, f->name) ||
		    slice_eq_nocase(f->name, LIT("Set-Cookie")))
			continue;
		if (!field_add(updated, a, f->name, f->value))
			return false;
	}
	if (!keep_choices(updated, stored->fields, a))
		return false;
	/* Where the newer one is silent, the stored one's words are about what
	 * it brings, too. */
	return cache_store_head(&merged, &terms, rules, a, fields_out);
}

enum cache_head cache_head(
    const struct cache_stored *stored, const struct response *head)
{
	struct slice tag = field_get(&head->fields, LIT("ETag"));
	int64_t length = stored->origin_length != LENGTH_UNKNOWN ?
	    stored->origin_length :
	    stored->rewritten || stored->origin_tag.len > 0 ? LENGTH_UNKNOWN :
	    stored->partial ? stored->whole_length :
			      stored->length;
	bool has_modified = field_has(&head->fields, LIT("Last-Modified"));
	bool has_length =
	    head->content_length != LENGTH_UNKNOWN && length != LENGTH_UNKNOWN;

	if (head->status != 200)
		return CACHE_HEAD_NOTHING;
	if (tag.len > 0 && !slice_eq(tag, tag_of(stored)))
		return CACHE_HEAD_STALE;
	if (has_modified && !same_modified(stored, head))
		return CACHE_HEAD_STALE;
	if (has_length && head->content_length != length)
		return CACHE_HEAD_STALE;
	return tag.len > 0 || has_modified || has_length ? CACHE_HEAD_UPDATE :
							   CACHE_HEAD_NOTHING;
}

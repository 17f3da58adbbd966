/* Answers from the store. */
#include "policy/cache_answer.h"

#include "base/arena.h"
#include "base/text.h"
#include "http/precondition.h"
#include "policy/cache_terms.h"

#define NAME(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}
#define COUNT(row) (sizeof(row) / sizeof((row)[0]))

#define VALUE_MAX 512

/* What describes a content that is not sent: RFC 9110 sections 15.4.5 and
 * 15.5.17.  Content-Location stays in a 304. */
static const struct slice of_content[] = {
	NAME("Content-Digest"),
	NAME("Content-Encoding"),
	NAME("Content-Language"),
	NAME("Content-MD5"),
	NAME("Content-Range"),
	NAME("Content-Type"),
	NAME("Digest"),
};

static const struct slice of_representation[] = {
	NAME("Cache-Control"),
	NAME("Content-Disposition"),
	NAME("Content-Location"),
	NAME("ETag"),
	NAME("Expires"),
	NAME("Last-Modified"),
	NAME("Repr-Digest"),
};

static void drop(struct fields *f, const struct slice *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		field_remove(f, list[i]);
}

static bool set_text(
    struct fields *f, struct arena *a, struct slice name, struct text *t)
{
	return !text_spent(t) && field_set(f, a, name, text_slice(t));
}

static bool set_age(struct fields *f, struct arena *a, int64_t age_s)
{
	struct text t = text_in(a, VALUE_MAX);

	text_u64(&t, (uint64_t)age_s);
	return set_text(f, a, LIT("Age"), &t);
}

static bool set_content_range(
    struct fields *f, struct arena *a, struct byte_range range, int64_t length)
{
	struct content_range c = { range, length };
	struct text t = text_in(a, VALUE_MAX);

	content_range_write(&c, &t);
	return set_text(f, a, LIT("Content-Range"), &t);
}

static void not_modified(struct response *r)
{
	r->status = 304;
	r->content_length = LENGTH_UNKNOWN;
	drop(&r->fields, of_content, COUNT(of_content));
	/* It would only repeat what the tag says. */
	if (field_has(&r->fields, LIT("ETag")))
		field_remove(&r->fields, LIT("Last-Modified"));
}

static bool unsatisfiable(struct response *r, struct arena *a, int64_t length)
{
	struct byte_range none = { -1, -1 };

	r->status = 416;
	r->content_length = 0;
	drop(&r->fields, of_content, COUNT(of_content));
	drop(&r->fields, of_representation, COUNT(of_representation));
	return set_content_range(&r->fields, a, none, length);
}

static bool one_part(struct response *r, struct arena *a,
    const struct byte_ranges *ranges, int64_t length)
{
	r->status = 206;
	r->content_length = ranges_bytes(ranges);
	return set_content_range(&r->fields, a, ranges->at[0], length);
}

/* Bytes of the parts and all that stands between them. */
static bool parts_length(const struct byte_ranges *ranges, int64_t length,
    struct slice boundary, struct slice type, struct arena *a,
    int64_t *bytes_out)
{
	int64_t bytes = ranges_bytes(ranges);
	size_t room_size = 2 * VALUE_MAX + boundary.len + type.len;
	char *room = arena_alloc(a, room_size);
	struct text t;

	if (room == NULL)
		return false;
	for (size_t i = 0; i < ranges->n; i++) {
		t = text_over(room, room_size);
		range_part_begin(&ranges->at[i], length, boundary, type, &t);
		bytes += (int64_t)t.len;
	}
	t = text_over(room, room_size);
	range_parts_end(boundary, &t);
	*bytes_out = bytes + (int64_t)t.len;
	return !text_spent(&t);
}

static bool several_parts(struct response *r, struct arena *a,
    const struct byte_ranges *ranges, int64_t length, struct slice boundary)
{
	struct slice type = field_get(&r->fields, LIT("Content-Type"));
	struct text t = text_in(a, VALUE_MAX);

	r->status = 206;
	if (!parts_length(
		ranges, length, boundary, type, a, &r->content_length))
		return false;
	field_remove(&r->fields, LIT("Content-Range"));
	text_add(&t, LIT("multipart/byteranges; boundary="));
	text_add(&t, boundary);
	return set_text(&r->fields, a, LIT("Content-Type"), &t);
}

/* Range has a meaning for GET alone (section 14.2). */
static enum range_verdict judge_range(const struct request *request,
    const struct cache_stored *s, const struct validators *v, int64_t now_s,
    struct byte_ranges *ranges_out)
{
	int64_t length = s->partial ? s->whole_length : s->length;
	enum range_verdict verdict;

	if (length == LENGTH_UNKNOWN || (s->status != 200 && !s->partial) ||
	    !slice_eq(request->method, LIT("GET")) ||
	    !precondition_range(&request->fields, v, now_s))
		return RANGE_WHOLE;
	verdict = ranges_read(
	    field_get(&request->fields, LIT("Range")), length, ranges_out);
	/* Content-Encoding would be taken to be that of all parts together. */
	if (verdict == RANGE_PARTS && ranges_out->n > 1 &&
	    field_has(s->fields, LIT("Content-Encoding")))
		return RANGE_WHOLE;
	return verdict;
}

static bool is_held(
    const struct cache_stored *s, const struct byte_ranges *ranges)
{
	for (size_t i = 0; i < ranges->n; i++)
		if (ranges->at[i].first < s->held.first ||
		    ranges->at[i].last > s->held.last)
			return false;
	return ranges->n > 0;
}

bool cache_answer(const struct request *request,
    const struct cache_stored *stored, struct slice boundary, int64_t now_s,
    struct arena *a, enum cache_answer *answer_out,
    struct response *response_out, struct byte_ranges *ranges_out)
{
	struct validators v = { .modified = false };
	struct response r = { .status = stored->status,
		.content_length = stored->length };
	int64_t length =
	    stored->partial ? stored->whole_length : r.content_length;
	enum cache_answer answer = CACHE_ANSWER_WHOLE;
	struct byte_ranges ranges = { .n = 0 };
	bool ok;

	/* Dates are read where they are asked about. */
	if (precondition_asked(&request->fields))
		v = validators_of(stored->fields, stored->terms.received_s);
	ok = field_copy(&r.fields, a, stored->fields) &&
	    set_age(&r.fields, a, cache_age(&stored->terms, now_s));
	if (ok && stored->status / 100 == 2 &&
	    precondition_evaluate(request->method, &request->fields, &v, true,
		now_s) == PRECONDITION_NOT_MODIFIED) {
		answer = CACHE_ANSWER_NO_CONTENT;
		not_modified(&r);
	} else if (ok) {
		switch (judge_range(request, stored, &v, now_s, &ranges)) {
		case RANGE_WHOLE:
			break;
		case RANGE_UNSATISFIABLE:
			answer = CACHE_ANSWER_NO_CONTENT;
			ok = unsatisfiable(&r, a, length);
			break;
		case RANGE_PARTS:
			answer = ranges.n == 1 ? CACHE_ANSWER_PART :
						 CACHE_ANSWER_PARTS;
			ok = ranges.n == 1 ?
			    one_part(&r, a, &ranges, length) :
			    several_parts(&r, a, &ranges, length, boundary);
			break;
		}
	}
	/* A part has nothing but itself to answer with. */
	if (!ok ||
	    (stored->partial && answer != CACHE_ANSWER_NO_CONTENT &&
		!is_held(stored, &ranges)))
		return false;
	*answer_out = answer;
	*response_out = r;
	*ranges_out = ranges;
	return true;
}

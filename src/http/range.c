/* Ranges of bytes. */
#include "http/range.h"

#include "base/text.h"

/* Parts closer than what stands between two of them are cheaper joined. */
#define GAP_BYTES 80

/* Digits, all of them; INT64_MAX where that is more. */
static bool position_read(struct slice s, int64_t *position_out)
{
	int64_t n = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		int digit = s.at[i] - '0';

		if (!ascii_is_digit(s.at[i]))
			return false;
		n = n > (INT64_MAX - digit) / 10 ? INT64_MAX : n * 10 + digit;
	}
	*position_out = n;
	return true;
}

enum spec { SPEC_INVALID, SPEC_BEYOND, SPEC_OK };

/* One range-spec, "5-9", "5-" or "-5". */
static enum spec spec_read(
    struct slice spec, int64_t length, struct byte_range *range_out)
{
	size_t dash = slice_find(spec, '-');
	struct slice left = slice_upto(spec, dash);
	struct slice right = slice_from(spec, dash + 1);
	struct byte_range r = { 0, length - 1 };

	if (dash == spec.len)
		return SPEC_INVALID;
	if (left.len == 0) {
		int64_t suffix;

		if (!position_read(right, &suffix))
			return SPEC_INVALID;
		if (suffix == 0)
			return SPEC_BEYOND;
		if (suffix < length)
			r.first = length - suffix;
		*range_out = r;
		return SPEC_OK;
	}
	if (!position_read(left, &r.first))
		return SPEC_INVALID;
	if (right.len > 0) {
		int64_t last;

		if (!position_read(right, &last) || last < r.first)
			return SPEC_INVALID;
		if (last < r.last)
			r.last = last;
	}
	if (r.first >= length)
		return SPEC_BEYOND;
	*range_out = r;
	return SPEC_OK;
}

/* The set behind "bytes=", false where there is none. */
static bool set_of(struct slice value, struct slice *set_out)
{
	size_t equals = slice_find(value, '=');

	if (equals == value.len ||
	    !slice_eq_nocase(slice_upto(value, equals), LIT("bytes")))
		return false;
	*set_out = slice_from(value, equals + 1);
	return true;
}

static bool near(const struct byte_range *a, const struct byte_range *b)
{
	return a->first - GAP_BYTES <= b->last &&
	    b->first - GAP_BYTES <= a->last;
}

static bool any_near(const struct byte_ranges *r)
{
	for (size_t i = 1; i < r->n; i++)
		for (size_t j = 0; j < i; j++)
			if (near(&r->at[i], &r->at[j]))
				return true;
	return false;
}

static void sort(struct byte_ranges *r)
{
	for (size_t i = 1; i < r->n; i++) {
		struct byte_range one = r->at[i];
		size_t j = i;

		for (; j > 0 && r->at[j - 1].first > one.first; j--)
			r->at[j] = r->at[j - 1];
		r->at[j] = one;
	}
}

static void join(struct byte_ranges *r)
{
	size_t kept = 0;

	sort(r);
	for (size_t i = 1; i < r->n; i++) {
		struct byte_range *last = &r->at[kept];

		if (!near(last, &r->at[i]))
			r->at[++kept] = r->at[i];
		else if (r->at[i].last > last->last)
			last->last = r->at[i].last;
	}
	r->n = kept + 1;
}

enum range_verdict ranges_read(
    struct slice value, int64_t length, struct byte_ranges *ranges_out)
{
	struct byte_ranges r = { .n = 0 };
	struct slice rest;
	struct slice spec;
	bool any = false;

	if (!set_of(value, &rest))
		return RANGE_WHOLE;
	while (slice_cut(&rest, ',', &spec)) {
		struct byte_range one;
		enum spec is;

		spec = slice_trim(spec);
		if (spec.len == 0)
			continue;
		any = true;
		is = spec_read(spec, length, &one);
		if (is == SPEC_INVALID || (is == SPEC_OK && r.n == RANGES_MAX))
			return RANGE_WHOLE;
		/* A suffix of nothing is all of it: section 14.1.2. */
		if (is == SPEC_OK && length == 0)
			return RANGE_WHOLE;
		if (is == SPEC_OK)
			r.at[r.n++] = one;
	}
	if (!any)
		return RANGE_WHOLE;
	if (r.n == 0)
		return RANGE_UNSATISFIABLE;
	if (any_near(&r))
		join(&r);
	*ranges_out = r;
	return RANGE_PARTS;
}

bool content_range_read(
    struct slice value, struct content_range *content_range_out)
{
	struct content_range c = { { -1, -1 }, CONTENT_RANGE_UNKNOWN };
	struct slice range;
	struct slice length;
	size_t dash;

	if (!slice_starts_nocase(value, LIT("bytes ")))
		return false;
	value = slice_trim(slice_from(value, 6));
	range = slice_upto(value, slice_find(value, '/'));
	length = slice_from(value, range.len + 1);
	if (!slice_eq(length, LIT("*")) && !position_read(length, &c.length))
		return false;
	if (slice_eq(range, LIT("*"))) {
		if (c.length == CONTENT_RANGE_UNKNOWN)
			return false;
		*content_range_out = c;
		return true;
	}
	dash = slice_find(range, '-');
	if (!position_read(slice_upto(range, dash), &c.range.first) ||
	    !position_read(slice_from(range, dash + 1), &c.range.last) ||
	    c.range.last < c.range.first || c.range.last == INT64_MAX ||
	    (c.length != CONTENT_RANGE_UNKNOWN && c.range.last >= c.length))
		return false;
	*content_range_out = c;
	return true;
}

void content_range_write(const struct content_range *c, struct text *t)
{
	text_add(t, LIT("bytes "));
	if (c->range.first < 0) {
		text_char(t, '*');
	} else {
		text_u64(t, (uint64_t)c->range.first);
		text_char(t, '-');
		text_u64(t, (uint64_t)c->range.last);
	}
	text_char(t, '/');
	if (c->length == CONTENT_RANGE_UNKNOWN)
		text_char(t, '*');
	else
		text_u64(t, (uint64_t)c->length);
}

int64_t ranges_bytes(const struct byte_ranges *r)
{
	int64_t bytes = 0;

	for (size_t i = 0; i < r->n; i++)
		bytes += r->at[i].last - r->at[i].first + 1;
	return bytes;
}

void range_part_begin(const struct byte_range *range, int64_t length,
    struct slice boundary, struct slice type, struct text *t)
{
	struct content_range c = { *range, length };

	text_add(t, LIT("\r\n--"));
	text_add(t, boundary);
	text_add(t, LIT("\r\n"));
	if (type.len > 0) {
		text_add(t, LIT("Content-Type: "));
		text_add(t, type);
		text_add(t, LIT("\r\n"));
	}
	text_add(t, LIT("Content-Range: "));
	content_range_write(&c, t);
	text_add(t, LIT("\r\n\r\n"));
}

void range_parts_end(struct slice boundary, struct text *t)
{
	text_add(t, LIT("\r\n--"));
	text_add(t, boundary);
	text_add(t, LIT("--\r\n"));
}

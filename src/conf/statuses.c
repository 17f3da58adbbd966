/* Reading health_status and retry_on. */
#include "conf/statuses.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/suggest.h"
#include "conf/value.h"

/* A list, and the ranges found in it so far. */
struct reading {
	struct slice_list list;
	struct status_range *ranges;
	size_t n;
};

static bool reading_open(
    struct slice s, struct arena *a, struct reading *r, struct text *why)
{
	r->n = 0;
	if (!value_list(s, a, &r->list, why))
		return false;
	r->ranges = arena_alloc(a, (r->list.n + 1) * sizeof(*r->ranges));
	if (r->ranges == NULL)
		text_add(why, LIT("out of memory"));
	return r->ranges != NULL;
}

/* Three digits, no less than least. */
static int status_of(struct slice s, int least)
{
	uint64_t status;

	if (s.len != 3 || !slice_to_u64(s, &status) ||
	    status < (uint64_t)least || status > 599)
		return -1;
	return (int)status;
}

/* "503" or "500-599". */
static bool range_add(
    struct reading *r, struct slice s, int least, struct text *why)
{
	size_t dash = slice_find(s, '-');
	struct status_range range = {
		.low = status_of(slice_upto(s, dash), least),
		.high = status_of(slice_from(s, dash + 1), least),
	};

	if (dash == s.len)
		range.high = range.low;
	if (range.low < 0 || range.high < 0) {
		text_format(why,
		    "\"%.*s\" is no status: write one, or a range such as "
		    "500-504, from %d to 599",
		    SLICE_ARG(s), least);
		return false;
	}
	if (range.low > range.high) {
		text_format(why, "\"%.*s\" runs backwards: did you mean %d-%d?",
		    SLICE_ARG(s), range.high, range.low);
		return false;
	}
	for (size_t i = 0; i < r->n; i++)
		if (range.low <= r->ranges[i].high &&
		    r->ranges[i].low <= range.high) {
			text_format(why, "\"%.*s\" is listed twice: keep one",
			    SLICE_ARG(s));
			return false;
		}
	r->ranges[r->n++] = range;
	return true;
}

bool statuses_parse(struct slice s, struct arena *a,
    struct status_ranges *ranges_out, struct text *why)
{
	struct reading r;

	if (!reading_open(s, a, &r, why))
		return false;
	for (size_t i = 0; i < r.list.n; i++)
		if (!range_add(&r, r.list.at[i], 200, why))
			return false;
	*ranges_out = (struct status_ranges){ r.ranges, r.n };
	return true;
}

static const struct {
	struct slice word;
	unsigned failure;
} failures[] = {
	{ { "connect-failure", 15 }, RETRY_ON_CONNECT_FAILURE },
	{ { "reset", 5 }, RETRY_ON_RESET },
	{ { "timeout", 7 }, RETRY_ON_TIMEOUT },
};

#define FAILURE_N (sizeof(failures) / sizeof(failures[0]))

static bool failure_add(struct slice word, unsigned *to, struct text *why)
{
	struct suggestion near = suggest_for(word);

	for (size_t i = 0; i < FAILURE_N; i++) {
		suggest_offer(&near, failures[i].word);
		if (!slice_eq(word, failures[i].word))
			continue;
		if (*to & failures[i].failure) {
			text_format(why, "\"%.*s\" is listed twice: keep one",
			    SLICE_ARG(word));
			return false;
		}
		*to |= failures[i].failure;
		return true;
	}
	text_format(why,
	    "\"%.*s\" is none of connect-failure, reset, timeout, or a status",
	    SLICE_ARG(word));
	if (near.best.len > 0)
		text_format(why, ": did you mean %.*s?", SLICE_ARG(near.best));
	return false;
}

bool retry_on_parse(struct slice s, struct arena *a,
    struct retry_on *retry_on_out, struct text *why)
{
	struct reading r;
	unsigned found = 0;

	if (!reading_open(s, a, &r, why))
		return false;
	for (size_t i = 0; i < r.list.n; i++) {
		struct slice item = r.list.at[i];
		bool status = ascii_is_digit(item.at[0]);

		if (!(status ? range_add(&r, item, 400, why) :
			       failure_add(item, &found, why)))
			return false;
	}
	*retry_on_out = (struct retry_on){ found, { r.ranges, r.n } };
	return true;
}

bool statuses_have(const struct status_ranges *ranges, int status)
{
	for (size_t i = 0; i < ranges->n; i++)
		if (status >= ranges->at[i].low && status <= ranges->at[i].high)
			return true;
	return false;
}

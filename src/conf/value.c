/* The strict readers of single values. */
#include "conf/value.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/suggest.h"

struct unit {
	struct slice name;
	int64_t times;
};

#define UNIT(name, times)                             \
	{                                             \
		{ (name), sizeof(name) - 1 }, (times) \
	}

static size_t digits_of(struct slice s)
{
	size_t n = 0;

	while (n < s.len && ascii_is_digit(s.at[n]))
		n++;
	return n;
}

bool value_integer(struct slice s, int64_t *value_out, struct text *why)
{
	uint64_t value;

	if (s.len == 0 || digits_of(s) != s.len) {
		text_format(why, "\"%.*s\" is no number: write digits alone",
		    SLICE_ARG(s));
		return false;
	}
	if (!slice_to_u64(s, &value) || value > INT64_MAX) {
		text_format(why, "%.*s is too large", SLICE_ARG(s));
		return false;
	}
	*value_out = (int64_t)value;
	return true;
}

/* A number and one of the units. */
static bool measured(struct slice s, const struct unit *units, size_t n,
    int64_t *value_out, struct text *why)
{
	size_t digits = digits_of(s);
	struct slice unit = slice_from(s, digits);
	uint64_t value = 0;

	for (size_t i = 0; i < n && digits > 0; i++) {
		if (!slice_eq(unit, units[i].name))
			continue;
		if (!slice_to_u64(slice_upto(s, digits), &value) ||
		    value > (uint64_t)(INT64_MAX / units[i].times)) {
			text_format(why, "%.*s is too large", SLICE_ARG(s));
			return false;
		}
		*value_out = (int64_t)value * units[i].times;
		return true;
	}
	return false;
}

static const struct unit time_units[] = {
	UNIT("ms", 1),
	UNIT("s", 1000),
	UNIT("m", 60000),
	UNIT("h", 3600000),
};

bool value_duration(struct slice s, int64_t *ms_out, struct text *why)
{
	size_t digits = digits_of(s);

	if (measured(s, time_units, 4, ms_out, why))
		return true;
	if (why->len > 0)
		return false;
	if (digits > 0 && digits == s.len)
		text_format(why,
		    "\"%.*s\" has no unit: did you mean %.*ss? "
		    "(ms, s, m or h)",
		    SLICE_ARG(s), SLICE_ARG(s));
	else
		text_format(why,
		    "\"%.*s\" is no duration: write a whole number and ms, s, "
		    "m or h without a blank, such as 250ms or 30s",
		    SLICE_ARG(s));
	return false;
}

static const struct unit size_units[] = {
	UNIT("", 1),
	UNIT("K", INT64_C(1) << 10),
	UNIT("M", INT64_C(1) << 20),
	UNIT("G", INT64_C(1) << 30),
};

bool value_size(struct slice s, int64_t *bytes_out, struct text *why)
{
	if (measured(s, size_units, 4, bytes_out, why))
		return true;
	if (why->len == 0)
		text_format(why,
		    "\"%.*s\" is no size: write a whole number of bytes, or "
		    "one with K, M or G, such as 256, 64K or 10M",
		    SLICE_ARG(s));
	return false;
}

static const struct unit percent_units[] = { UNIT("%", 1) };

bool value_percent(struct slice s, int64_t *percent_out, struct text *why)
{
	if (measured(s, percent_units, 1, percent_out, why))
		return true;
	if (why->len == 0)
		text_format(why,
		    "\"%.*s\" is no percentage: write a whole number and %%, "
		    "such as 20%%",
		    SLICE_ARG(s));
	return false;
}

bool value_share(struct slice s, unsigned *hundredths_out, struct text *why)
{
	bool percent = slice_ends(s, LIT("%"));
	struct slice number = slice_upto(s, s.len - percent);
	size_t point = slice_find(number, '.');
	struct slice whole = slice_upto(number, point);
	struct slice part = slice_from(number, point + 1);
	uint64_t share = 0;
	uint64_t hundredths = 0;

	if (!percent || !slice_to_u64(whole, &share) ||
	    (point < number.len && !slice_to_u64(part, &hundredths)) ||
	    part.len > 2) {
		text_format(why,
		    "\"%.*s\" is no share: write a percentage with at most "
		    "two decimals, such as 10%% or 0.25%%",
		    SLICE_ARG(s));
		return false;
	}
	hundredths *= part.len == 1 ? 10 : 1;
	if (share > 100 || (share == 100 && hundredths > 0)) {
		text_format(why, "%.*s is out of range: write 0%% to 100%%",
		    SLICE_ARG(s));
		return false;
	}
	*hundredths_out = (unsigned)(share * 100 + hundredths);
	return true;
}

bool value_bool(struct slice s, bool *value_out, struct text *why)
{
	static const struct {
		struct slice word;
		const char *meant;
	} words[] = {
		{ { "true", 4 }, "yes" },
		{ { "on", 2 }, "yes" },
		{ { "1", 1 }, "yes" },
		{ { "y", 1 }, "yes" },
		{ { "yes", 3 }, "yes" },
		{ { "enabled", 7 }, "yes" },
		{ { "false", 5 }, "no" },
		{ { "off", 3 }, "no" },
		{ { "0", 1 }, "no" },
		{ { "n", 1 }, "no" },
		{ { "no", 2 }, "no" },
		{ { "disabled", 8 }, "no" },
	};

	if (slice_eq(s, LIT("yes")) || slice_eq(s, LIT("no"))) {
		*value_out = s.len == 3;
		return true;
	}
	text_format(why, "\"%.*s\" is neither yes nor no", SLICE_ARG(s));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_eq_nocase(s, words[i].word))
			text_format(why, ": did you mean %s?", words[i].meant);
	return false;
}

bool value_choice(struct slice s, const char *const *words, size_t n,
    size_t *index_out, struct text *why)
{
	struct suggestion near = suggest_for(s);

	for (size_t i = 0; i < n; i++) {
		if (slice_eq(s, slice_of(words[i]))) {
			*index_out = i;
			return true;
		}
		suggest_offer(&near, slice_of(words[i]));
	}
	text_format(why, "\"%.*s\" is none of ", SLICE_ARG(s));
	for (size_t i = 0; i < n; i++)
		text_format(why, "%s%s", i == 0 ? "" : ", ", words[i]);
	if (near.best.len > 0)
		text_format(why, ": did you mean %.*s?", SLICE_ARG(near.best));
	return false;
}

bool value_list(struct slice s, struct arena *a, struct slice_list *list_out,
    struct text *why)
{
	struct slice rest = slice_trim(s);
	struct slice item;
	struct slice *items;
	size_t most = 1;
	size_t n = 0;

	if (rest.len == 0) {
		*list_out = (struct slice_list){ NULL, 0 };
		return true;
	}
	for (size_t i = 0; i < rest.len; i++)
		most += rest.at[i] == ',';
	if (most > VALUE_LIST_MAX) {
		text_format(why, "more than %d items", VALUE_LIST_MAX);
		return false;
	}
	items = arena_alloc(a, most * sizeof(*items));
	if (items == NULL) {
		text_add(why, LIT("out of memory"));
		return false;
	}
	while (slice_cut(&rest, ',', &item)) {
		items[n] = slice_trim(item);
		if (items[n++].len == 0) {
			text_add(why, LIT("an empty item: a comma too many"));
			return false;
		}
	}
	*list_out = (struct slice_list){ items, n };
	return true;
}

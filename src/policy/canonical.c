/* The canonical forms of paths and fields. */
#include "policy/canonical.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "http/field.h"
#include "policy/percent.h"

/* --- paths ------------------------------------------------------------- */

/* Takes the last segment and its slash off. */
static size_t without_last(const char *at, size_t len)
{
	while (len > 0 && at[--len] != '/')
		;
	return len;
}

static struct slice normal_path(struct slice path, struct arena *a)
{
	char *to = arena_alloc(a, path.len + 1);
	bool folder = slice_ends(path, LIT("/"));
	struct slice segment;
	size_t len = 0;

	if (to == NULL)
		return SLICE_NONE;
	while (slice_cut(&path, '/', &segment)) {
		if (segment.len == 0 || slice_eq(segment, LIT(".")))
			continue;
		if (slice_eq(segment, LIT(".."))) {
			len = without_last(to, len);
			continue;
		}
		to[len++] = '/';
		memcpy(to + len, segment.at, segment.len);
		len += segment.len;
	}
	if (folder || len == 0)
		to[len++] = '/';
	return (struct slice){ to, len };
}

struct slice canonical_path(
    struct slice path, bool normalise, bool encode, struct arena *a)
{
	if (path.len == 0)
		path = LIT("/");
	if (normalise)
		path = normal_path(path, a);
	if (encode && path.at != NULL)
		path = percent_encode(path, true, a);
	return path;
}

/* --- fields ------------------------------------------------------------ */

struct named {
	struct slice name; /* in lower case */
	struct slice value;
	size_t i; /* its place: qsort() is not stable */
};

static int compare(const void *a, const void *b)
{
	const struct named *one = a;
	const struct named *other = b;
	int names = slice_compare(one->name, other->name);

	if (names != 0)
		return names;
	return one->i < other->i ? -1 : one->i > other->i;
}

static struct named *sorted(const struct fields *fields, struct arena *a)
{
	struct named *all = arena_alloc(a, (fields->n + 1) * sizeof(*all));

	if (all == NULL)
		return NULL;
	for (size_t i = 0; i < fields->n; i++) {
		all[i].name = arena_lower(a, fields->at[i].name);
		all[i].value = fields->at[i].value;
		all[i].i = i;
		if (all[i].name.at == NULL)
			return NULL;
	}
	qsort(all, fields->n, sizeof(*all), compare);
	return all;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void add_value(struct text *t, struct slice value)
{
	value = slice_trim(value);
	while (value.len > 0) {
		size_t n = 0;

		while (n < value.len && !is_blank(value.at[n]))
			n++;
		text_add(t, slice_upto(value, n));
		if (n < value.len)
			text_char(t, ' ');
		value = slice_trim(slice_from(value, n));
	}
}

bool canonical_fields(const struct fields *fields, struct arena *a,
    struct canonical_fields *canonical_out)
{
	struct text lines = text_in(a, SIZE_MAX);
	struct text names = text_in(a, SIZE_MAX);
	struct named *all = sorted(fields, a);

	if (all == NULL)
		return false;
	for (size_t i = 0; i < fields->n; i++) {
		bool again = i > 0 && slice_eq(all[i].name, all[i - 1].name);
		bool more =
		    i + 1 < fields->n && slice_eq(all[i].name, all[i + 1].name);

		if (!again) {
			if (i > 0)
				text_char(&names, ';');
			text_add(&names, all[i].name);
			text_add(&lines, all[i].name);
		}
		text_char(&lines, again ? ',' : ':');
		add_value(&lines, all[i].value);
		if (!more)
			text_char(&lines, '\n');
	}
	if (text_spent(&lines) || text_spent(&names))
		return false;
	canonical_out->lines = text_slice(&lines);
	canonical_out->names = text_slice(&names);
	return true;
}

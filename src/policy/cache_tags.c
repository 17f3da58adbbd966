/* Tags. */
#include "policy/cache_tags.h"

#include <string.h>

#include "base/arena.h"

struct tags {
	struct slice at[CACHE_PURGE_TAGS_MAX];
	size_t n;
};

bool cache_tag_valid(struct slice tag)
{
	return tag.len > 0 && tag.at[0] != '=';
}

static bool add(struct tags *tags, struct slice tag)
{
	if (!cache_tag_valid(tag))
		return true;
	for (size_t i = 0; i < tags->n; i++)
		if (slice_eq(tags->at[i], tag))
			return true;
	if (tags->n == CACHE_PURGE_TAGS_MAX)
		return false;
	tags->at[tags->n++] = tag;
	return true;
}

/* A tab is a blank. */
static bool add_words(struct tags *tags, struct slice words)
{
	struct slice word;
	struct slice part;

	while (slice_cut(&words, ' ', &word))
		while (slice_cut(&word, '\t', &part))
			if (!add(tags, part))
				return false;
	return true;
}

static bool add_members(struct tags *tags, struct slice members)
{
	struct slice member;

	while (slice_cut(&members, ',', &member))
		if (!add(tags, slice_trim(member)))
			return false;
	return true;
}

bool cache_tags_read(
    const struct fields *fields, struct arena *a, struct slice_list *tags_out)
{
	struct tags tags = { .n = 0 };
	struct slice *at;

	for (size_t i = 0; i < fields->n; i++) {
		const struct field *f = &fields->at[i];

		if (slice_eq_nocase(f->name, LIT("Cache-Tag")) &&
		    !add_members(&tags, f->value))
			return false;
		if (slice_eq_nocase(f->name, LIT("Surrogate-Key")) &&
		    !add_words(&tags, f->value))
			return false;
	}
	*tags_out = (struct slice_list){ NULL, 0 };
	if (tags.n == 0)
		return true;
	at = arena_alloc(a, tags.n * sizeof(*at));
	if (at == NULL)
		return false;
	memcpy(at, tags.at, tags.n * sizeof(*at));
	*tags_out = (struct slice_list){ at, tags.n };
	return true;
}

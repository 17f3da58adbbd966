/* Media types against patterns. */
#include "http/media_type.h"

#include "http/field.h"

struct slice media_type(struct slice content_type)
{
	struct slice type =
	    slice_trim(slice_upto(content_type, slice_find(content_type, ';')));
	size_t slash = slice_find(type, '/');

	if (!field_name_valid(slice_upto(type, slash)) ||
	    !field_name_valid(slice_from(type, slash + 1)))
		return SLICE_NONE;
	return type;
}

/* One '*' at most counts. */
static bool part_matches(struct slice part, struct slice pattern)
{
	size_t star = slice_find(pattern, '*');
	struct slice before = slice_upto(pattern, star);
	struct slice after = slice_from(pattern, star + 1);

	if (star == pattern.len)
		return slice_eq_nocase(part, pattern);
	return part.len >= before.len + after.len &&
	    slice_starts_nocase(part, before) &&
	    slice_eq_nocase(slice_from(part, part.len - after.len), after);
}

bool media_type_matches(struct slice type, struct slice pattern)
{
	size_t slash;
	size_t pattern_slash;

	/* Most patterns are plain types: no search for a star in those. */
	if (type.len == pattern.len && slice_eq_nocase(type, pattern))
		return type.len > 0;
	if (slice_find(pattern, '*') == pattern.len)
		return false;
	slash = slice_find(type, '/');
	pattern_slash = slice_find(pattern, '/');
	return type.len > 0 && pattern_slash < pattern.len &&
	    part_matches(
		slice_upto(type, slash), slice_upto(pattern, pattern_slash)) &&
	    part_matches(slice_from(type, slash + 1),
		slice_from(pattern, pattern_slash + 1));
}

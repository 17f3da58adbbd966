/* Parts. */
#include "policy/cache_partial.h"

#include "http/message.h"
#include "http/precondition.h"

static struct slice tag_of(const struct fields *f)
{
	return field_get(f, LIT("ETag"));
}

/* Bytes that are coded otherwise are another representation's, whatever the
 * tag. */
static bool same_coding(const struct fields *one, const struct fields *other)
{
	struct slice name = LIT("Content-Encoding");

	return slice_eq_nocase(field_get(one, name), field_get(other, name));
}

enum cache_join cache_join(const struct cache_stored *stored,
    const struct response *part, struct byte_range *union_out)
{
	struct byte_range held = stored->held;
	struct content_range c;

	if (!stored->partial || part->status != 206 ||
	    !content_range_read(
		field_get(&part->fields, LIT("Content-Range")), &c) ||
	    c.range.first < 0 || c.length != stored->whole_length ||
	    !tag_equal_strong(tag_of(&part->fields), tag_of(stored->fields)) ||
	    !same_coding(&part->fields, stored->fields))
		return CACHE_JOIN_NOT;
	/* Neighbours will do. */
	if (c.range.first - 1 > held.last || held.first - 1 > c.range.last)
		return CACHE_JOIN_NOT;
	if (c.range.first >= held.first && c.range.last <= held.last)
		return CACHE_JOIN_NOTHING;
	if (c.range.first < held.first)
		held.first = c.range.first;
	if (c.range.last > held.last)
		held.last = c.range.last;
	*union_out = held;
	return held.first == 0 && held.last == stored->whole_length - 1 ?
	    CACHE_JOIN_WHOLE :
	    CACHE_JOIN_PART;
}

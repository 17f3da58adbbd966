/* Parts. */
#include "policy/cache_partial.h"

#include "base/text.h"
#include "http/message.h"
#include "http/precondition.h"
#include "policy/cache_validate.h"

#define VALUE_MAX 64

static struct slice tag_of(const struct fields *f)
{
	return field_get(f, LIT("ETag"));
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
	    !tag_equal_strong(tag_of(&part->fields), tag_of(stored->fields)))
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

bool cache_ask_rest(
    struct fields *upstream, const struct cache_stored *stored, struct arena *a)
{
	struct slice tag = tag_of(stored->fields);
	struct text t = text_in(a, VALUE_MAX);

	cache_ask_whole(upstream);
	if (!stored->partial || stored->held.first != 0 || !tag_is_strong(tag))
		return false;
	text_add(&t, LIT("bytes="));
	text_u64(&t, (uint64_t)stored->held.last + 1);
	text_char(&t, '-');
	/* Both or neither: a range of another representation is worse than
	 * all of it. */
	if (text_spent(&t) || !field_add(upstream, a, LIT("If-Range"), tag))
		return false;
	if (field_add(upstream, a, LIT("Range"), text_slice(&t)))
		return true;
	field_remove(upstream, LIT("If-Range"));
	return false;
}

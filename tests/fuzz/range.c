/* Range, Content-Range and lists of entity-tags.  Input: eight bytes of
 * length, then a value. */
#include "http/range.h"

#include "base/text.h"
#include "http/precondition.h"
#include "tests/fuzz/check.h"

static void check_ranges(struct slice value, int64_t length)
{
	struct byte_ranges r;
	bool apart = true;

	if (ranges_read(value, length, &r) != RANGE_PARTS)
		return;
	CHECK(r.n >= 1 && r.n <= RANGES_MAX);
	for (size_t i = 0; i < r.n; i++) {
		CHECK(r.at[i].first >= 0 && r.at[i].last >= r.at[i].first);
		CHECK(r.at[i].last < length);
		for (size_t j = 0; j < i; j++)
			apart &= r.at[i].first > r.at[j].last ||
			    r.at[j].first > r.at[i].last;
	}
	CHECK(apart && ranges_bytes(&r) <= length);
}

static void check_content_range(struct slice value)
{
	struct content_range c;
	struct content_range again;
	char room[80];
	struct text t = text_over(room, sizeof(room));

	if (!content_range_read(value, &c))
		return;
	CHECK(c.range.first < 0 || c.length == CONTENT_RANGE_UNKNOWN ||
	    c.range.last < c.length);
	content_range_write(&c, &t);
	CHECK(!text_spent(&t));
	CHECK(content_range_read(text_slice(&t), &again));
	CHECK(c.range.first == again.range.first &&
	    c.range.last == again.range.last && c.length == again.length);
}

static void check_tags(struct slice value)
{
	struct slice rest = value;
	struct slice tag;

	while (tag_next(&rest, &tag)) {
		struct slice own = tag;
		struct slice again;

		CHECK(tag.len > 0 && tag.at >= value.at &&
		    tag.at + tag.len <= value.at + value.len);
		CHECK(tag_equal_weak(tag, tag));
		CHECK(tag_equal_strong(tag, tag) == tag_is_strong(tag));
		CHECK(!tag_is_strong(tag) ||
		    (tag_next(&own, &again) && slice_eq(tag, again)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice value = { (const char *)data, size };
	uint64_t length = 0;

	if (size < 8)
		return 0;
	value = slice_from(value, 8);
	for (size_t i = 0; i < 8; i++)
		length = length << 8 | data[i];
	check_ranges(value, (int64_t)(length >> 1));
	check_content_range(value);
	check_tags(value);
	return 0;
}

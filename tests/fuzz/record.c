/* Any bytes as FastCGI records and as name-value pairs.  The first byte seeds
 * the fragmentation, which must not change what is read. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "front/params.h"
#include "front/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* Notes the events with the content between them; false where broken. */
static bool feed(struct record_reader *r, struct slice input, struct text *t)
{
	for (;;) {
		struct slice before = input;
		struct slice content = SLICE_NONE;

		switch (record_next(r, &input, &content)) {
		case RECORD_MORE:
			must(input.len == 0);
			return true;
		case RECORD_BEGIN:
			must(input.len < before.len);
			must(r->content_left == r->content_len);
			text_format(
			    t, "<%u %u %zu>", r->type, r->id, r->content_len);
			break;
		case RECORD_CONTENT:
			must(content.len > 0 && content.at == before.at);
			must(input.len == before.len - content.len);
			must(r->content_left + content.len <= r->content_len);
			text_add(t, content);
			break;
		case RECORD_END:
			must(r->content_left == 0 && r->padding_left == 0);
			text_add(t, LIT("</>"));
			break;
		case RECORD_BROKEN:
			text_add(t, LIT("<!>"));
			return false;
		}
	}
}

static void fragmented(struct slice bytes, uint32_t seed, struct arena *a)
{
	struct text whole = text_in(a, 1 << 22);
	struct text pieces = text_in(a, 1 << 22);
	struct record_reader r = { 0 };
	bool good = true;

	feed(&r, bytes, &whole);
	memset(&r, 0, sizeof(r));
	while (good && bytes.len > 0) {
		size_t n;

		seed = seed * 1664525 + 1013904223;
		n = 1 + (seed >> 24) % 13;
		good = feed(&r, slice_upto(bytes, n), &pieces);
		bytes = slice_from(bytes, n);
	}
	must(text_spent(&whole) || text_spent(&pieces) ||
	    slice_eq(text_slice(&whole), text_slice(&pieces)));
}

/* What was read can be written, and read as the same. */
static void pairs(struct slice bytes, struct arena *a)
{
	struct text again = text_in(a, 1 << 22);
	struct slice rest = bytes;
	struct slice name;
	struct slice value;
	struct slice other;
	struct slice other_value;

	while (params_next(&rest, &name, &value)) {
		must(rest.at + rest.len == bytes.at + bytes.len);
		must(value.at == name.at + name.len);
		must(rest.at == value.at + value.len);
		params_add(&again, name, value);
	}
	if (text_spent(&again))
		return;
	rest = bytes;
	other = text_slice(&again);
	for (struct slice mine = other; mine.len > 0;) {
		must(params_next(&mine, &other, &other_value));
		must(params_next(&rest, &name, &value));
		must(slice_eq(name, other) && slice_eq(value, other_value));
	}
	must(!params_next(&rest, &name, &value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = { (const char *)data, size };
	struct arena *a = arena_new(32 << 20);

	if (a == NULL || size == 0) {
		arena_free(a);
		return 0;
	}
	fragmented(slice_from(bytes, 1), data[0], a);
	pairs(slice_from(bytes, 1), a);
	arena_free(a);
	return 0;
}

/* HTML: a mapping to nowhere changes nothing, and a real one gives the same
 * however the input is split.  The first byte says how. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "filter/html.h"
#include "policy/mapping.h"
#include "tests/fuzz/check.h"

static struct arena *arena;

static void add(void *user, struct slice bytes)
{
	CHECK(bytes.len > 0);
	text_add(user, bytes);
}

/* In a copy as long as itself, for a sanitizer to watch over. */
static void feed(struct rewriter *r, struct slice bytes)
{
	char *copy;

	if (bytes.len == 0)
		return;
	copy = malloc(bytes.len);
	CHECK(copy != NULL);
	memcpy(copy, bytes.at, bytes.len);
	rewriter_feed(r, (struct slice){ copy, bytes.len });
	free(copy);
}

static struct text rewrite(struct slice in, const struct mapping *m,
    size_t piece, const struct html_options *options, unsigned *hints_out)
{
	size_t max = in.len * 8 + 4096;
	char *room = arena_alloc(arena, max);
	struct text out;
	struct rewriter *r;

	CHECK(room != NULL);
	out = text_over(room, max);
	r = html_new(arena, m, options, (struct outlet){ add, add, &out });
	CHECK(r != NULL);
	for (; in.len > 0; in = slice_from(in, piece))
		feed(r, slice_upto(in, piece));
	rewriter_finish(r);
	CHECK(!text_spent(&out));
	*hints_out = r->hints;
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct html_options options = { .shim = LIT("") };
	struct slice in = { (const char *)data + 1, size - 1 };
	struct mapping none = mapping_none();
	struct mapping m;
	struct text whole, pieces;
	unsigned hints, hints_pieces;

	if (size < 1 || size > 65536)
		return 0;
	if (arena == NULL)
		arena = arena_new(8 << 20);
	CHECK(arena != NULL);
	arena_reset(arena);
	CHECK(mapping_plain(LIT("/a&b=c'\"<"), arena, &m));
	whole = rewrite(in, &none, data[0] % 64 + 1, &options, &hints);
	if (!(hints & REWRITER_INTEGRITY))
		CHECK(slice_eq(text_slice(&whole), in));
	if (data[0] & 64)
		options.shim = LIT("<script src=/shim></script>");
	options.scripts_change = data[0] & 128;
	whole = rewrite(in, &m, in.len + 1, &options, &hints);
	pieces = rewrite(in, &m, data[0] % 64 + 1, &options, &hints_pieces);
	CHECK(slice_eq(text_slice(&whole), text_slice(&pieces)));
	CHECK(hints == hints_pieces);
	return 0;
}

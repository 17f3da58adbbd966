/* Any bytes as an XML document: however it is cut, the same comes out; where
 * nothing is to be mapped, what went in; and never much more than that. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "filter/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

struct sum {
	uint64_t hash;
	size_t len;
};

static void add(void *user, struct slice bytes)
{
	struct sum *sum = user;

	for (size_t i = 0; i < bytes.len; i++)
		sum->hash =
		    (sum->hash ^ (unsigned char)bytes.at[i]) * 0x100000001b3;
	sum->len += bytes.len;
}

/* In pieces of up to max bytes, each a copy of its own. */
static struct sum run(const struct mapping *m, struct slice in, size_t max)
{
	struct sum sum = { 0 };
	struct arena *a = arena_new(1 << 16);
	struct rewriter *r =
	    xml_new(a, m, (struct outlet){ .raw = add, .fresh = add, &sum });
	uint32_t seed = 1;

	must(r != NULL);
	while (in.len > 0) {
		size_t n = 1 + (seed >> 8) % max;
		char *copy;

		seed = seed * 1664525 + 1013904223;
		n = n < in.len ? n : in.len;
		copy = malloc(n);
		must(copy != NULL);
		memcpy(copy, in.at, n);
		rewriter_feed(r, (struct slice){ copy, n });
		free(copy);
		in = slice_from(in, n);
	}
	rewriter_finish(r);
	arena_free(a);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = { (const char *)data, size };
	struct arena *a = arena_new(1 << 16);
	struct sum plain = { 0 };
	struct sum whole, pieces, same;
	struct mapping m;

	must(a != NULL && mapping_plain(LIT("/p"), a, &m));
	whole = run(&m, in, size + 1);
	pieces = run(&m, in, 1 + size % 7);
	must(whole.len == pieces.len && whole.hash == pieces.hash);
	/* "/p/" for each value, which takes more bytes than that. */
	must(whole.len <= 2 * size);
	must(mapping_plain(LIT(""), a, &m));
	m.origin_host = m.origin_authority = LIT("nowhere.invalid");
	same = run(&m, in, size + 1);
	add(&plain, in);
	must(same.len == plain.len && same.hash == plain.hash);
	arena_free(a);
	return 0;
}

/* Feeding rewriters in pieces. */
#include "tests/unit/filter/pieces.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

static void into_text(void *user, struct slice bytes)
{
	text_add(user, bytes);
}

struct outlet pieces_into(struct text *t)
{
	return (struct outlet){ into_text, into_text, t };
}

/* Each piece has memory of its own, gone once it was fed: what looks back
 * into it, or past its end, is seen by a sanitizer. */
static void feed_copy(struct rewriter *r, struct slice piece)
{
	char *copy = malloc(piece.len + 1);

	assert_non_null(copy);
	if (piece.len > 0)
		memcpy(copy, piece.at, piece.len);
	rewriter_feed(r, (struct slice){ copy, piece.len });
	memset(copy, '!', piece.len);
	free(copy);
}

struct slice pieces_run(pieces_make *make, const void *how, struct slice in,
    size_t first, size_t size, struct arena *a)
{
	struct text t = text_in(a, in.len * 16 + 4096);
	struct rewriter *r = make(a, how, pieces_into(&t));

	assert_non_null(r);
	feed_copy(r, slice_upto(in, first));
	for (in = slice_from(in, first); in.len > 0; in = slice_from(in, size))
		feed_copy(r, slice_upto(in, size));
	rewriter_finish(r);
	assert_false(text_spent(&t));
	return text_slice(&t);
}

void pieces_check(
    pieces_make *make, const void *how, struct slice in, struct slice want)
{
	struct arena *a = arena_new(1 << 22);

	assert_non_null(a);
	assert_slice(pieces_run(make, how, in, 0, 1, a), want, in);
	for (size_t cut = 0; cut <= in.len; cut++) {
		arena_reset(a);
		assert_slice(
		    pieces_run(make, how, in, cut, in.len + 1, a), want, in);
	}
	arena_free(a);
}

struct slice pieces_random(const struct slice *words, size_t n, size_t pieces,
    uint32_t seed, struct arena *a)
{
	struct text t = text_in(a, 1 << 16);

	while (pieces-- > 0) {
		seed = seed * 1664525 + 1013904223;
		text_add(&t, words[(seed >> 16) % n]);
	}
	return text_slice(&t);
}

/* What every rewriter must do with every input. */
#ifndef TESTS_FUZZ_PIECES_H
#define TESTS_FUZZ_PIECES_H

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "filter/rewriter.h"
#include "policy/mapping.h"

typedef struct rewriter *fuzz_make(
    struct arena *a, const struct mapping *m, struct outlet out);

static void fuzz_into_text(void *user, struct slice bytes)
{
	text_add(user, bytes);
}

static struct slice fuzz_run(fuzz_make *make, const struct mapping *m,
    struct slice in, size_t first, size_t size, struct arena *a)
{
	struct text t = text_in(a, 1 << 24);
	struct outlet out = { fuzz_into_text, fuzz_into_text, &t };
	struct rewriter *r = make(a, m, out);

	rewriter_feed(r, slice_upto(in, first));
	for (in = slice_from(in, first); in.len > 0; in = slice_from(in, size))
		rewriter_feed(r, slice_upto(in, size));
	rewriter_finish(r);
	if (text_spent(&t))
		abort();
	return text_slice(&t);
}

/* The first byte chooses the cut and is no content.  Pieces make no
 * difference; where `stays`, nothing changes without a prefix. */
static void fuzz_pieces(
    fuzz_make *make, bool stays, const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(1 << 26);
	struct mapping hotels, identity;
	struct slice in, whole;
	size_t cut;

	if (a == NULL || size == 0 || size > 1 << 16 ||
	    !mapping_plain(LIT("/hotels"), a, &hotels) ||
	    !mapping_plain(LIT(""), a, &identity)) {
		arena_free(a);
		return;
	}
	/* One that names the origin becomes a path even so. */
	identity.origin_host = LIT("");
	in = (struct slice){ (const char *)data + 1, size - 1 };
	cut = in.len == 0 ? 0 : data[0] / 4 % in.len;
	whole = fuzz_run(make, &hotels, in, in.len, 1, a);
	if (!slice_eq(whole, fuzz_run(make, &hotels, in, cut, 1, a)) ||
	    !slice_eq(whole, fuzz_run(make, &hotels, in, cut, 17, a)))
		abort();
	if (stays && !slice_eq(in, fuzz_run(make, &identity, in, cut, 17, a)))
		abort();
	arena_free(a);
}

#endif

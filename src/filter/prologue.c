/* Bytes before the content. */
#include "filter/prologue.h"

#include "base/arena.h"

static const struct slice mark = { "\xef\xbb\xbf", 3 };

struct prologue {
	struct rewriter base;
	struct slice bytes;
	size_t seen; /* of the mark, held back until all of it is there */
	bool done;
};

static void put(struct prologue *p)
{
	if (p->seen == mark.len)
		rewriter_raw(&p->base, mark);
	rewriter_fresh(&p->base, p->bytes);
	if (p->seen < mark.len)
		rewriter_raw(&p->base, slice_upto(mark, p->seen));
	p->done = true;
}

static void feed(struct rewriter *r, struct slice s)
{
	struct prologue *p = (struct prologue *)r;

	while (!p->done && s.len > 0) {
		if (s.at[0] == mark.at[p->seen]) {
			p->seen++;
			s = slice_from(s, 1);
		} else {
			put(p);
			break;
		}
		if (p->seen == mark.len)
			put(p);
	}
	rewriter_raw(r, s);
}

static void finish(struct rewriter *r)
{
	struct prologue *p = (struct prologue *)r;

	if (!p->done)
		put(p);
}

static const struct rewriter_ops ops = { "prologue", feed, finish };

struct rewriter *prologue_new(
    struct arena *a, struct slice bytes, struct outlet out)
{
	struct prologue *p = arena_zero(a, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->base = (struct rewriter){ .ops = &ops, .out = out };
	p->bytes = bytes;
	return &p->base;
}

/* The sink that carries a rewriter. */
#include "filter/rewrite.h"

#include <string.h>

#include "base/arena.h"

#define PIECE_BYTES 16384 /* small pieces are gathered up to this */
#define LARGE_BYTES 4096  /* from here on copying costs more than a call */

struct rewrite {
	struct sink sink; /* first */
	struct rewriter *rewriter;
	/* Lent by the caller's frame while the rewriter runs: between two
	 * writes there is nothing to keep. */
	char *piece;
	size_t len;
	bool full;    /* the next sink said so during this write */
	bool stopped; /* it has failed */
};

static void rewrite_send(struct rewrite *r, struct slice bytes)
{
	enum flow flow = FLOW_GO;

	if (!r->stopped && bytes.len > 0)
		flow = sink_write_next(&r->sink, bytes);
	r->stopped |= flow == FLOW_STOP;
	/* One between us and the front may take the next piece in silence,
	 * and the front still be full. */
	r->full |= flow == FLOW_FULL;
}

static void rewrite_send_piece(struct rewrite *r)
{
	rewrite_send(r, (struct slice){ r->piece, r->len });
	r->len = 0;
}

static void rewrite_take(void *user, struct slice bytes)
{
	struct rewrite *r = user;

	if (bytes.len > PIECE_BYTES - r->len || bytes.len >= LARGE_BYTES)
		rewrite_send_piece(r);
	if (bytes.len >= LARGE_BYTES) {
		rewrite_send(r, bytes);
		return;
	}
	memcpy(r->piece + r->len, bytes.at, bytes.len);
	r->len += bytes.len;
}

/* Feeds the rewriter, or finishes it where there is no more. */
static enum flow rewrite_run(struct rewrite *r, const struct slice *more)
{
	char piece[PIECE_BYTES];

	r->piece = piece;
	r->full = false;
	if (more != NULL)
		rewriter_feed(r->rewriter, *more);
	else
		rewriter_finish(r->rewriter);
	rewrite_send_piece(r);
	r->piece = NULL;
	if (r->stopped)
		return FLOW_STOP;
	return r->full ? FLOW_FULL : FLOW_GO;
}

static enum flow rewrite_begin(struct sink *sink, struct response *response)
{
	return sink_begin_next(sink, response);
}

static enum flow rewrite_write(struct sink *sink, struct slice s)
{
	struct rewrite *r = (struct rewrite *)sink;
	enum flow flow;

	if (r->stopped)
		return FLOW_STOP;
	if (s.len > 0)
		return rewrite_run(r, &s);
	/* What the rewriter holds back it cannot tell yet: a flush does not
	 * help it. */
	flow = sink_write_next(sink, s);
	r->stopped = flow == FLOW_STOP;
	return flow;
}

static enum flow rewrite_end(struct sink *sink, enum fault fault)
{
	struct rewrite *r = (struct rewrite *)sink;

	if (fault == FAULT_NONE && !r->stopped)
		(void)rewrite_run(r, NULL);
	if (fault == FAULT_NONE && r->stopped)
		fault = sink_why_stopped(sink);
	return sink_end_next(sink, fault);
}

static void rewrite_free(struct sink *sink)
{
	(void)sink;
}

static const struct sink_ops rewrite_ops = {
	.name = "rewrite",
	.begin = rewrite_begin,
	.write = rewrite_write,
	.end = rewrite_end,
	.free = rewrite_free,
};

struct sink *rewrite_new(struct arena *a, rewrite_make *make, void *user)
{
	struct rewrite *r = arena_zero(a, sizeof(*r));
	struct outlet out = { rewrite_take, rewrite_take, r };

	if (r == NULL)
		return NULL;
	r->rewriter = make(user, out);
	if (r->rewriter == NULL)
		return NULL;
	r->sink.ops = &rewrite_ops;
	return &r->sink;
}

unsigned rewrite_hints(const struct sink *s)
{
	return ((const struct rewrite *)s)->rewriter->hints;
}

/* The gzip sink. */
#include "filter/gzip.h"

#include <stdlib.h>
#include <zlib.h>

#include "base/arena.h"
#include "policy/encode.h"

#define GZIP_WINDOW (15 + 16) /* 32 KiB, and zlib writes gzip's own frame */
#define GZIP_MEMORY 8
#define GZIP_KEPT   4 /* about 268 KiB each */
#define PIECE_BYTES 16384

struct stream {
	z_stream z;
	int level;
	struct stream *next;
};

struct gzip_pool {
	struct stream *free;
	size_t free_n;
};

struct gzip {
	struct sink sink; /* first */
	struct gzip_pool *pool;
	struct arena *arena;
	struct stream *stream;
	int level;
};

struct gzip_pool *gzip_pool_new(void)
{
	return calloc(1, sizeof(struct gzip_pool));
}

static void stream_free(struct stream *s)
{
	deflateEnd(&s->z);
	free(s);
}

void gzip_pool_trim(struct gzip_pool *p)
{
	while (p->free != NULL) {
		struct stream *next = p->free->next;

		stream_free(p->free);
		p->free = next;
	}
	p->free_n = 0;
}

void gzip_pool_free(struct gzip_pool *p)
{
	if (p == NULL)
		return;
	gzip_pool_trim(p);
	free(p);
}

static struct stream *stream_take(struct gzip_pool *p, int level)
{
	struct stream *s;

	for (struct stream **at = &p->free; *at != NULL; at = &(*at)->next)
		if ((*at)->level == level) {
			s = *at;
			*at = s->next;
			p->free_n--;
			return s;
		}
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->level = level;
	if (deflateInit2(&s->z, level, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
		Z_DEFAULT_STRATEGY) != Z_OK) {
		free(s);
		return NULL;
	}
	return s;
}

static void stream_give(struct gzip_pool *p, struct stream *s)
{
	if (p->free_n >= GZIP_KEPT || deflateReset(&s->z) != Z_OK) {
		stream_free(s);
		return;
	}
	s->next = p->free;
	p->free = s;
	p->free_n++;
}

static enum flow gzip_fail(struct gzip *g)
{
	g->sink.fault = FAULT_PROXY_INTERNAL_ERROR;
	return FLOW_STOP;
}

static enum flow gzip_begin(struct sink *sink, struct response *r)
{
	struct gzip *g = (struct gzip *)sink;

	if (!encode_head(r, CODING_GZIP, g->arena))
		return gzip_fail(g);
	return sink_begin_next(sink, r);
}

/* The stream is taken with the first byte: a waiting response holds none. */
static enum flow gzip_deflate(struct gzip *g, struct slice s, int flush)
{
	char piece[PIECE_BYTES];
	enum flow flow = FLOW_GO;
	z_stream *z;

	if (g->stream == NULL)
		g->stream = stream_take(g->pool, g->level);
	if (g->stream == NULL)
		return gzip_fail(g);
	z = &g->stream->z;
	z->next_in = (Bytef *)(uintptr_t)s.at;
	z->avail_in = (uInt)s.len;
	do {
		struct slice out = { piece, 0 };

		z->next_out = (Bytef *)piece;
		z->avail_out = sizeof(piece);
		if (deflate(z, flush) == Z_STREAM_ERROR)
			return gzip_fail(g);
		out.len = sizeof(piece) - z->avail_out;
		if (out.len > 0)
			flow = sink_write_next(&g->sink, out);
		if (flow == FLOW_STOP)
			return flow;
	} while (z->avail_out == 0);
	return flow;
}

static enum flow gzip_write(struct sink *sink, struct slice s)
{
	struct gzip *g = (struct gzip *)sink;
	enum flow flow;

	if (s.len > 0)
		return gzip_deflate(g, s, Z_NO_FLUSH);
	flow = g->stream == NULL ? FLOW_GO : gzip_deflate(g, s, Z_SYNC_FLUSH);
	return flow == FLOW_STOP ? flow : sink_write_next(sink, s);
}

static enum flow gzip_end(struct sink *sink, enum fault fault)
{
	struct gzip *g = (struct gzip *)sink;

	/* Without its trailer a body that broke off shows as broken. */
	if (fault == FAULT_NONE &&
	    gzip_deflate(g, LIT(""), Z_FINISH) == FLOW_STOP)
		fault = sink_why_stopped(sink);
	return sink_end_next(sink, fault);
}

static void gzip_free(struct sink *sink)
{
	struct gzip *g = (struct gzip *)sink;

	if (g->stream != NULL)
		stream_give(g->pool, g->stream);
}

static const struct sink_ops gzip_ops = {
	.name = "gzip",
	.begin = gzip_begin,
	.write = gzip_write,
	.end = gzip_end,
	.free = gzip_free,
};

struct sink *gzip_new(struct gzip_pool *p, struct arena *a, int level)
{
	struct gzip *g = arena_zero(a, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->sink.ops = &gzip_ops;
	g->pool = p;
	g->arena = a;
	g->level = level;
	return &g->sink;
}

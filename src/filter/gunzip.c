/* The decoding sink. */
#include "filter/gunzip.h"

#include <limits.h>
#include <zlib.h>

#include "base/arena.h"
#include "base/queue.h"

#define PIECE_BYTES 16384

/* One write that found the next sink full, and what its sender had in hand
 * before it stopped. */
#define KEPT_MAX (1024 * 1024)

/* zlib's windowBits (inflateInit2). */
#define WINDOW_ZLIB 15
#define WINDOW_GZIP (15 + 16)
#define WINDOW_RAW  (-15)

enum state {
	STATE_FIRST,   /* gathers the first two bytes */
	STATE_MEMBER,  /* inflates */
	STATE_BETWEEN, /* behind a gzip member: is there another? */
	STATE_DONE,    /* what follows is dropped */
};

struct gunzip {
	struct sink sink; /* first */
	z_stream z;
	bool open; /* z is */
	bool raw;  /* the coding may be deflate without a frame */
	bool gzip; /* further members may follow */
	enum state state;
	unsigned char magic[2];
	unsigned magic_len;
	bool more;       /* z holds output that found no room */
	struct queue in; /* kept back */
	bool full;       /* the next sink is */
	bool stopped;    /* it or we have failed */
	bool flush;      /* hand on an empty write once drained */
	bool ending;     /* hand on the end once drained */
	bool over;       /* the end is handed on */
};

static enum flow gunzip_fail(struct gunzip *g, enum fault fault)
{
	g->sink.fault = fault;
	g->stopped = true;
	return FLOW_STOP;
}

static enum flow gunzip_broken(struct gunzip *g)
{
	return gunzip_fail(g, FAULT_HTTP_RESPONSE_CONTENT_CODING);
}

static enum flow gunzip_open(struct gunzip *g, int window)
{
	int result =
	    g->open ? inflateReset(&g->z) : inflateInit2(&g->z, window);

	if (result != Z_OK)
		return gunzip_fail(g, FAULT_PROXY_INTERNAL_ERROR);
	g->open = true;
	g->gzip = window == WINDOW_GZIP;
	g->state = STATE_MEMBER;
	return FLOW_GO;
}

/* zlib's first byte would be a stored block with padding that no encoder
 * writes, and gzip's a block type that is none: raw deflate has neither. */
static enum flow gunzip_sniff(struct gunzip *g)
{
	unsigned a = g->magic[0];
	unsigned b = g->magic[1];

	if (a == 0x1f && b == 0x8b)
		return gunzip_open(g, WINDOW_GZIP);
	if ((a & 0x0f) == Z_DEFLATED && a >> 4 <= 7 && (a << 8 | b) % 31 == 0)
		return gunzip_open(g, WINDOW_ZLIB);
	return g->raw ? gunzip_open(g, WINDOW_RAW) : gunzip_broken(g);
}

/* Inflates once: as much as fits into one piece. */
static enum flow gunzip_piece(struct gunzip *g, struct slice *in)
{
	char piece[PIECE_BYTES];
	struct slice out = { piece, 0 };
	size_t given = in->len < UINT_MAX ? in->len : UINT_MAX;
	enum flow flow = FLOW_GO;
	int result;

	g->z.next_in = (Bytef *)(uintptr_t)in->at;
	g->z.avail_in = (uInt)given;
	g->z.next_out = (Bytef *)piece;
	g->z.avail_out = sizeof(piece);
	result = inflate(&g->z, Z_NO_FLUSH);
	*in = slice_from(*in, given - g->z.avail_in);
	g->more = g->z.avail_out == 0;
	if (result == Z_STREAM_END) {
		g->more = false;
		g->magic_len = 0;
		g->state = g->gzip ? STATE_BETWEEN : STATE_DONE;
	}
	/* What came before the break goes on, however it was split. */
	out.len = sizeof(piece) - g->z.avail_out;
	if (out.len > 0)
		flow = sink_write_next(&g->sink, out);
	if (flow == FLOW_STOP) {
		g->stopped = true;
		return flow;
	}
	if (result == Z_MEM_ERROR)
		return gunzip_fail(g, FAULT_PROXY_INTERNAL_ERROR);
	/* Z_BUF_ERROR: no more came of what z held. */
	if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
		return gunzip_broken(g);
	g->full = flow == FLOW_FULL;
	return flow;
}

/* Two bytes decide what follows; then they are inflated with the rest. */
static enum flow gunzip_magic(struct gunzip *g, struct slice *in)
{
	static const unsigned char member[] = { 0x1f, 0x8b };
	struct slice magic = { (const char *)g->magic, sizeof(g->magic) };
	bool first = g->state == STATE_FIRST;
	enum flow flow;

	g->magic[g->magic_len++] = (unsigned char)in->at[0];
	*in = slice_from(*in, 1);
	if (!first && g->magic[g->magic_len - 1] != member[g->magic_len - 1])
		g->state = STATE_DONE;
	if (g->state == STATE_DONE || g->magic_len < sizeof(g->magic))
		return FLOW_GO;
	flow = first ? gunzip_sniff(g) : gunzip_open(g, WINDOW_GZIP);
	return flow == FLOW_GO ? gunzip_piece(g, &magic) : flow;
}

/* Works *in off until it is spent or the next sink takes no more. */
static enum flow gunzip_run(struct gunzip *g, struct slice *in)
{
	enum flow flow = FLOW_GO;

	while (flow == FLOW_GO && (in->len > 0 || g->more))
		switch (g->state) {
		case STATE_FIRST:
		case STATE_BETWEEN:
			flow = gunzip_magic(g, in);
			break;
		case STATE_MEMBER:
			flow = gunzip_piece(g, in);
			break;
		case STATE_DONE:
			*in = slice_from(*in, in->len);
			break;
		}
	return flow;
}

static bool gunzip_waits(const struct gunzip *g)
{
	return g->more || queue_len(&g->in) > 0;
}

static enum flow gunzip_flush(struct gunzip *g)
{
	enum flow flow = sink_write_next(&g->sink, LIT(""));

	g->flush = false;
	g->stopped = flow == FLOW_STOP;
	g->full = flow == FLOW_FULL;
	return flow;
}

static enum flow gunzip_write(struct sink *sink, struct slice s)
{
	struct gunzip *g = (struct gunzip *)sink;
	enum flow flow = FLOW_FULL;

	if (g->stopped)
		return FLOW_STOP;
	if (s.len == 0) {
		g->flush = gunzip_waits(g);
		return g->flush ? FLOW_FULL : gunzip_flush(g);
	}
	if (!g->full)
		flow = gunzip_run(g, &s);
	if (flow == FLOW_FULL && !queue_add(&g->in, s))
		return gunzip_fail(g, FAULT_PROXY_INTERNAL_ERROR);
	return flow;
}

static enum flow gunzip_end_next(struct gunzip *g, enum fault fault)
{
	bool begun = g->state == STATE_FIRST && g->magic_len > 0;

	if (fault == FAULT_NONE && g->stopped)
		fault = sink_why_stopped(&g->sink);
	else if (fault == FAULT_NONE && (begun || g->state == STATE_MEMBER))
		fault = g->sink.fault = FAULT_HTTP_RESPONSE_CONTENT_CODING;
	g->ending = false;
	g->over = true;
	return sink_end_next(&g->sink, fault);
}

static enum flow gunzip_resume(struct sink *sink)
{
	struct gunzip *g = (struct gunzip *)sink;
	struct slice in = queue_peek(&g->in);
	enum flow flow;

	if (g->stopped || g->over)
		return g->stopped ? FLOW_STOP : FLOW_GO;
	g->full = false;
	flow = gunzip_run(g, &in);
	queue_drop(&g->in, queue_len(&g->in) - in.len);
	if (flow == FLOW_STOP) {
		if (g->ending)
			(void)gunzip_end_next(g, FAULT_NONE);
		return flow;
	}
	if (gunzip_waits(g))
		return FLOW_FULL;
	if (g->flush)
		flow = gunzip_flush(g);
	if (!g->ending)
		return flow;
	flow = gunzip_end_next(g, FAULT_NONE);
	return g->sink.fault == FAULT_NONE ? flow : FLOW_STOP;
}

static enum flow gunzip_end(struct sink *sink, enum fault fault)
{
	struct gunzip *g = (struct gunzip *)sink;

	if (fault == FAULT_NONE && !g->stopped && gunzip_waits(g)) {
		g->ending = true;
		return FLOW_FULL;
	}
	return gunzip_end_next(g, fault);
}

static void gunzip_free(struct sink *sink)
{
	struct gunzip *g = (struct gunzip *)sink;

	if (g->open)
		inflateEnd(&g->z);
	queue_free(&g->in);
}

static const struct sink_ops gunzip_ops = {
	.name = "gunzip",
	.begin = sink_begin_next,
	.write = gunzip_write,
	.resume = gunzip_resume,
	.end = gunzip_end,
	.free = gunzip_free,
};

struct sink *gunzip_new(struct arena *a, bool deflate)
{
	struct gunzip *g = arena_zero(a, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->sink.ops = &gunzip_ops;
	g->raw = deflate;
	g->in = queue_of(KEPT_MAX);
	return &g->sink;
}

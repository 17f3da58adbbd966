/* Any bytes as a coded body.  The first two bytes choose the coding, the
 * fragmentation and how often the next sink is full: none of the last two
 * may change what comes out. */
#include <stdlib.h>

#include "base/arena.h"
#include "filter/gunzip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OUT_MAX (8 << 20) /* then the neighbour fails */

static void must(bool holds)
{
	if (!holds)
		abort();
}

struct last {
	struct sink sink; /* first */
	uint64_t hash;
	size_t len;
	size_t full_every; /* 0: never */
	size_t taken;
	unsigned ends;
	bool stopped;
	enum fault fault;
};

static enum flow last_begin(struct sink *s, struct response *r)
{
	(void)s;
	must(!field_has(&r->fields, LIT("Content-Encoding")));
	return FLOW_GO;
}

static enum flow last_write(struct sink *s, struct slice bytes)
{
	struct last *l = (struct last *)s;

	must(l->ends == 0 && !l->stopped);
	/* Byte by byte: where it stops must not depend on the pieces. */
	for (size_t i = 0; i < bytes.len; i++) {
		if (l->len == OUT_MAX) {
			l->stopped = true;
			return FLOW_STOP;
		}
		l->hash =
		    (l->hash ^ (unsigned char)bytes.at[i]) * 0x100000001b3;
		l->len++;
	}
	l->taken += bytes.len;
	return l->full_every > 0 && l->taken >= l->full_every ? FLOW_FULL :
								FLOW_GO;
}

static enum flow last_end(struct sink *s, enum fault fault)
{
	struct last *l = (struct last *)s;

	l->ends++;
	l->fault = fault;
	return FLOW_GO;
}

static void last_free(struct sink *s)
{
	(void)s;
}

static const struct sink_ops last_ops = {
	.name = "last",
	.begin = last_begin,
	.write = last_write,
	.end = last_end,
	.free = last_free,
};

static enum flow drain(struct last *l, struct chain *c)
{
	l->taken = 0;
	return chain_resume(c);
}

static struct last run(
    struct slice bytes, bool deflate, uint32_t seed, size_t full_every)
{
	struct last last = { .sink.ops = &last_ops, .full_every = full_every };
	struct response r = { .status = 200 };
	struct arena *a = arena_new(1 << 20);
	struct chain c = { 0 };
	enum flow flow;

	must(a != NULL);
	chain_push(&c, &last.sink, PHASE_FRONT);
	chain_push(&c, gunzip_new(a, deflate), PHASE_DECODE);
	flow = chain_begin(&c, &r);
	while (bytes.len > 0 && flow != FLOW_STOP) {
		size_t n = bytes.len;

		seed = seed * 1664525 + 1013904223;
		if (full_every > 0)
			n = 1 + (seed >> 24) % 31;
		flow = chain_write(&c, slice_upto(bytes, n));
		bytes = slice_from(bytes, n);
		if (flow != FLOW_STOP && seed >> 16 & 1)
			flow = chain_write(&c, LIT(""));
		if (flow == FLOW_FULL && seed >> 17 & 1)
			flow = drain(&last, &c);
	}
	flow = chain_end(&c, flow == FLOW_STOP ? chain_fault(&c) : FAULT_NONE);
	while (last.ends == 0 && flow != FLOW_STOP)
		flow = drain(&last, &c);
	must(last.ends == 1);
	chain_free(&c);
	arena_free(a);
	return last;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = { (const char *)data, size };
	bool deflate;
	struct last whole;
	struct last pieces;

	if (size < 2)
		return 0;
	bytes = slice_from(bytes, 2);
	deflate = data[0] & 1;
	whole = run(bytes, deflate, 0, 0);
	pieces = run(bytes, deflate, data[0], 1 + (size_t)data[1] * data[1]);
	must(whole.stopped == pieces.stopped);
	must(whole.len == pieces.len && whole.hash == pieces.hash);
	must(whole.stopped || whole.fault == pieces.fault);
	return 0;
}

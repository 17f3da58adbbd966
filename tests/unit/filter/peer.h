/* The last sink of a chain under test: keeps what it is given, and fills or
 * fails where it is told to. */
#ifndef TESTS_UNIT_FILTER_PEER_H
#define TESTS_UNIT_FILTER_PEER_H

#include <stdlib.h>
#include <string.h>

#include "filter/sink.h"

#define PEER_NEVER SIZE_MAX

struct peer {
	struct sink sink; /* first */
	char *at;
	size_t len;
	size_t size;
	bool forgets;      /* counts bytes, keeps none */
	size_t fail_at;    /* FLOW_STOP with the byte of this offset */
	size_t full_every; /* FLOW_FULL behind so many bytes; 0: never */
	size_t taken;      /* since it was last full */
	bool full;
	bool stopped;
	unsigned begins;
	unsigned flushes;
	unsigned ends;
	unsigned late; /* calls after FLOW_STOP or the end */
	enum fault fault;
	const struct response *head;
};

static inline enum flow peer_begin(struct sink *s, struct response *r)
{
	struct peer *p = (struct peer *)s;

	p->begins++;
	p->head = r;
	return FLOW_GO;
}

static inline enum flow peer_write(struct sink *s, struct slice bytes)
{
	struct peer *p = (struct peer *)s;

	if (p->stopped || p->ends > 0)
		p->late++;
	if (bytes.len == 0) {
		p->flushes++;
		return p->full ? FLOW_FULL : FLOW_GO;
	}
	if (p->fail_at != PEER_NEVER && p->len + bytes.len > p->fail_at) {
		p->stopped = true;
		return FLOW_STOP;
	}
	if (!p->forgets) {
		while (p->len + bytes.len > p->size) {
			p->size = p->size == 0 ? 4096 : p->size * 2;
			p->at = realloc(p->at, p->size);
			if (p->at == NULL)
				abort();
		}
		memcpy(p->at + p->len, bytes.at, bytes.len);
	}
	p->len += bytes.len;
	p->taken += bytes.len;
	if (p->full_every > 0 && p->taken >= p->full_every)
		p->full = true;
	return p->full ? FLOW_FULL : FLOW_GO;
}

static inline enum flow peer_end(struct sink *s, enum fault fault)
{
	struct peer *p = (struct peer *)s;

	if (p->ends > 0)
		p->late++;
	p->ends++;
	p->fault = fault;
	return FLOW_GO;
}

static inline void peer_free(struct sink *s)
{
	struct peer *p = (struct peer *)s;

	free(p->at);
}

static inline struct peer peer_new(void)
{
	static const struct sink_ops ops = {
		.name = "peer",
		.begin = peer_begin,
		.write = peer_write,
		.end = peer_end,
		.free = peer_free,
	};

	return (struct peer){ .sink.ops = &ops, .fail_at = PEER_NEVER };
}

/* It has room again. */
static inline enum flow peer_drain(struct peer *p, struct chain *c)
{
	p->full = false;
	p->taken = 0;
	return chain_resume(c);
}

static inline struct slice peer_bytes(const struct peer *p)
{
	return (struct slice){ p->at == NULL ? "" : p->at, p->len };
}

#endif

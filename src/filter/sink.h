/* Bodies in flight: a chain of sinks, each of which may change what passes.
 *
 * A sink edits the head in `begin`, passes bytes in `write`, forwards exactly
 * one `end`, and knows its neighbour only as `next`.  An empty write is a
 * flush: what a sink holds back goes on.  A sink that can make much out of
 * little (a decoder) keeps what it has not worked off when the next one is
 * full, and goes on in `resume`. */
#ifndef FILTER_SINK_H
#define FILTER_SINK_H

#include "base/flow.h"
#include "http/fault.h"
#include "http/message.h"

struct sink;

struct sink_ops {
	const char *name;
	enum flow (*begin)(struct sink *, struct response *);
	enum flow (*write)(struct sink *, struct slice);
	/* Goes on with what was kept back; NULL for a sink that keeps
	 * nothing back. */
	enum flow (*resume)(struct sink *);
	/* The last call but free; FAULT_NONE: the body is whole. */
	enum flow (*end)(struct sink *, enum fault);
	void (*free)(struct sink *);
};

/* The order in which a body meets the sinks. */
enum phase {
	PHASE_DECODE,
	PHASE_REWRITE,
	PHASE_ENCODE,
	PHASE_STORE,
	PHASE_RANGE,
	PHASE_FRONT,
};

struct sink {
	const struct sink_ops *ops;
	struct sink *next;
	enum phase phase;
	enum fault fault; /* set by a sink that answers FLOW_STOP */
};

/* Zeroed is empty, and may be resumed and ended all the same.  Holds one sink
 * of PHASE_FRONT before anything is put into it. */
struct chain {
	struct sink *first;
};

/* Puts a sink behind those of its phase or earlier.  The chain owns it. */
void chain_push(struct chain *c, struct sink *taken, enum phase phase);

enum flow chain_begin(struct chain *c, struct response *r);
enum flow chain_write(struct chain *c, struct slice s);

/* The front has room again: lets the sinks go on, the last first. */
enum flow chain_resume(struct chain *c);
enum flow chain_end(struct chain *c, enum fault fault);

/* Why a sink stopped; FAULT_NONE where none did. */
enum fault chain_fault(const struct chain *c);
void chain_free(struct chain *c);

/* For a sink that was answered FLOW_STOP and is to end: its own fault or that
 * of one behind it.  Never FAULT_NONE: where none tells, as the front does
 * not, nobody is left to answer. */
enum fault sink_why_stopped(const struct sink *s);

/* For sinks: hand on to the next. */
static inline enum flow sink_begin_next(struct sink *s, struct response *r)
{
	return s->next->ops->begin(s->next, r);
}

static inline enum flow sink_write_next(struct sink *s, struct slice bytes)
{
	return s->next->ops->write(s->next, bytes);
}

static inline enum flow sink_end_next(struct sink *s, enum fault fault)
{
	return s->next->ops->end(s->next, fault);
}

#endif

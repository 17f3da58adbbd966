/* The chain of sinks, ordered by phase. */
#include "filter/sink.h"

void chain_push(struct chain *c, struct sink *taken, enum phase phase)
{
	struct sink **at = &c->first;

	while (*at != NULL && (*at)->phase <= phase)
		at = &(*at)->next;
	taken->phase = phase;
	taken->next = *at;
	*at = taken;
}

enum flow chain_begin(struct chain *c, struct response *r)
{
	return c->first->ops->begin(c->first, r);
}

enum flow chain_write(struct chain *c, struct slice s)
{
	return c->first->ops->write(c->first, s);
}

static enum flow resume_from(struct sink *s)
{
	enum flow flow = s->next == NULL ? FLOW_GO : resume_from(s->next);

	if (flow != FLOW_GO || s->ops->resume == NULL)
		return flow;
	return s->ops->resume(s);
}

enum flow chain_resume(struct chain *c)
{
	return c->first == NULL ? FLOW_GO : resume_from(c->first);
}

enum flow chain_end(struct chain *c, enum fault fault)
{
	return c->first == NULL ? FLOW_GO : c->first->ops->end(c->first, fault);
}

static enum fault fault_from(const struct sink *s)
{
	for (; s != NULL; s = s->next)
		if (s->fault != FAULT_NONE)
			return s->fault;
	return FAULT_NONE;
}

enum fault chain_fault(const struct chain *c)
{
	return fault_from(c->first);
}

enum fault sink_why_stopped(const struct sink *s)
{
	enum fault fault = fault_from(s);

	return fault == FAULT_NONE ? FAULT_CLIENT_GONE : fault;
}

void chain_free(struct chain *c)
{
	while (c->first != NULL) {
		struct sink *next = c->first->next;

		c->first->ops->free(c->first);
		c->first = next;
	}
}

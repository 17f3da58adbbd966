/* One request from its arrival to its log line: the journey of DESIGN, one
 * way, each step naming the next. */
#ifndef ENGINE_EXCHANGE_H
#define ENGINE_EXCHANGE_H

#include "front/front.h"

struct ghost;
struct worker;

/* What a front calls; its `worker` is a struct worker. */
extern const struct front_events exchange_events;

struct exchange;

/* A request has come, or is made here: then `ghost` says why.  NULL where it
 * is over already. */
void *exchange_begin(struct worker *w, struct front *front, struct arena *arena,
    struct request *request, int refused, const struct ghost *ghost);

/* Lets the encoders of these exchanges pass on what they hold back. */
void exchange_flush_all(struct exchange *first);

#endif

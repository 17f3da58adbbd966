/* One request from its arrival to its log line: the journey of DESIGN, one
 * way, each step naming the next. */
#ifndef ENGINE_EXCHANGE_H
#define ENGINE_EXCHANGE_H

#include "front/front.h"

/* What a front calls; its `worker` is a struct worker. */
extern const struct front_events exchange_events;

struct exchange;

/* Lets the encoders of these exchanges pass on what they hold back. */
void exchange_flush_all(struct exchange *first);

#endif

/* What an administrator should know of a route, said once. */
#ifndef ENGINE_HINT_H
#define ENGINE_HINT_H

#include "base/log.h"
#include "base/slice.h"

struct exchange;

/* Logs the words, with the request that brought them up, the first time that
 * they are said of the exchange's route.  They name the remedy. */
void hint_once(
    const struct exchange *e, enum log_level level, struct slice words);

#endif

/* The runtime shim as a response. */
#ifndef ENGINE_ANSWER_SHIM_H
#define ENGINE_ANSWER_SHIM_H

#include "engine/answer.h"

/* For a request whose path is the shim's, with that query ("?..." or empty):
 * 200, 304 where the client has it, 405 for other methods than GET and
 * HEAD.  Kept for ever where the query names this very text, else asked for
 * again each time. */
struct answer answer_shim(
    struct arena *a, const struct request *r, struct slice query);

#endif

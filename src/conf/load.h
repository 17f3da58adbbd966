/* conf_load() from bytes that are in memory already, for tests and fuzzing. */
#ifndef CONF_LOAD_H
#define CONF_LOAD_H

#include "conf/conf.h"

/* As conf_load(), `path` naming the bytes; include is checked but not
 * followed. */
struct conf *conf_load_bytes(const char *path, struct slice bytes,
    char *const environment[], struct findings *findings);

#endif

/* What runs on the server, in its Lua. */
#ifndef STORE_REDIS_SCRIPTS_H
#define STORE_REDIS_SCRIPTS_H

#include "store/redis_link.h"

/* The whole text; scripts take PREFIX:state and PREFIX:e:KEY, and arguments as
 * redis_scripts.c says above each. */
const char *redis_script(enum redis_script script);

#endif

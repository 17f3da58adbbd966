/* An opinion on paths that shares no code with src/http/uri.c. */
#ifndef TESTS_ORACLE_H
#define TESTS_ORACLE_H

#include "base/slice.h"

/* Would some server that has this path under its root be led above it? */
bool oracle_led_out(struct slice path);

#endif

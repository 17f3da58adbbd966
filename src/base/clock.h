/* The two clocks.  Pure rooms take the time as an argument instead. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Never steps; from an arbitrary start. */
int64_t clock_ms(void);

/* Since 1970, UTC. */
int64_t clock_wall_s(void);

#endif

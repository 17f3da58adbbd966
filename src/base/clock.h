/* The steady clock.  Pure rooms take the time as an argument instead. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Never steps; from an arbitrary start. */
int64_t clock_ms(void);

#endif

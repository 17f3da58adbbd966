/* Active probes: each interval one process asks each server of the pools that
 * have a health_path.  Which one, the lease on the board decides. */
#ifndef ENGINE_PROBE_H
#define ENGINE_PROBE_H

#include <stdbool.h>

struct prober;
struct worker;

/* For the rules that are in force; NULL in *prober_out where none of them
 * want probes.  False: no memory. */
bool prober_new(struct worker *w, struct prober **prober_out);

/* Ends what is under way.  Accepts NULL. */
void prober_free(struct prober *p);

#endif

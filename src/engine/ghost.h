/* Requests without a client: what was served stale is asked for again in the
 * background (RFC 5861 section 3), and what a client no longer waits for is
 * fetched to its end. */
#ifndef ENGINE_GHOST_H
#define ENGINE_GHOST_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct exchange;
struct front;
struct request;
struct worker;

struct ghost {
	struct ghost *next;
	struct arena *arena; /* holds it and its request */
	struct request *request;
	uint64_t roll; /* the random number that chose the route */
	uint64_t id;   /* of the key */
};

/* Takes everything and does nothing with it. */
struct front *ghost_front(void);

/* What the exchange asks for is to be asked for once more, after its answer
 * has gone out.  Once at a time for a key. */
void ghost_want(struct exchange *e, uint64_t id);

/* Those that are wanted begin.  Under FastCGI the loop calls it. */
bool ghosts_wait(const struct worker *w);
void ghosts_begin(struct worker *w);
/* One that was under way has ended. */
void ghost_over(struct worker *w);

void ghosts_free(struct worker *w);

#endif

/* Memory that is given back all at once: what one exchange or one set of
 * rules allocates lives in its arena and dies with it.
 *
 * Bounded: past its maximum an arena answers NULL, which the caller turns
 * into a refusal (431, a load fault), never into a crash. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/slice.h"

struct arena;

/* NULL when the system has no memory.  Caller frees. */
struct arena *arena_new(size_t max_bytes);

/* Accepts NULL. */
void arena_free(struct arena *a);

/* Overwrites everything it holds, which nobody may use any more: before
 * arena_free() or arena_reset() where it held secrets. */
void arena_wipe(struct arena *a);

/* Forgets everything but keeps the first block for the next user. */
void arena_reset(struct arena *a);

/* Aligned for any object; NULL past the maximum.  Not zeroed / zeroed. */
void *arena_alloc(struct arena *a, size_t bytes);
void *arena_zero(struct arena *a, size_t bytes);

/* A copy in the arena; SLICE_NONE past the maximum. */
struct slice arena_slice(struct arena *a, struct slice s);

/* The same with ASCII letters in lower case. */
struct slice arena_lower(struct arena *a, struct slice s);

/* Copies of the parts, one behind the other. */
struct slice arena_join(struct arena *a, const struct slice *parts, size_t n);
#define ARENA_JOIN(a, ...)                                   \
	arena_join(a, (const struct slice[]){ __VA_ARGS__ }, \
	    sizeof((const struct slice[]){ __VA_ARGS__ }) /  \
		sizeof(struct slice))

/* A copy with a NUL after it, for the edge; NULL past the maximum. */
char *arena_cstr(struct arena *a, struct slice s);

/* Bytes handed out since new or reset. */
size_t arena_used(const struct arena *a);

#endif

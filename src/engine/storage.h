/* The store that the rules name, opened, and what becomes of it in the log. */
#ifndef ENGINE_STORAGE_H
#define ENGINE_STORAGE_H

#include <stdint.h>

struct conf;
struct store;

/* NULL: the rules name none, or no memory.  Caller frees with store_free(). */
struct store *storage_open(const struct conf *c, int64_t now_ms);

/* Logs where the store works otherwise than it did: it never does so twice for
 * the same.  Accepts NULL. */
void storage_tell(struct store *s, const struct conf *c);

#endif

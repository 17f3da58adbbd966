/* The store that the rules name, opened, and what becomes of it in the log. */
#ifndef ENGINE_STORAGE_H
#define ENGINE_STORAGE_H

#include <stdint.h>

struct storage;
struct store;

/* NULL: the rules name none, or no memory.  Caller frees with store_free(). */
struct store *storage_open(const struct storage *s, int64_t now_ms);

/* Logs where the store works otherwise than it did: it never does so twice for
 * the same.  Names the place, and of a server no password.  Accepts NULL. */
void storage_tell(struct store *s, const struct storage *where);

#endif

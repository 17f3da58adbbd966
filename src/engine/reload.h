/* Reading the rules again: on a signal, or when a file of theirs changed. */
#ifndef ENGINE_RELOAD_H
#define ENGINE_RELOAD_H

#include <stdbool.h>
#include <stdint.h>

struct conf;

/* What the rule files looked like; compared at regular looks. */
struct watched {
	uint64_t seen;    /* when the rules were last read */
	uint64_t pending; /* at the last look */
};

/* The files as they are now count as read. */
void watched_renew(struct watched *w, const struct conf *c);

/* True where a file changed and has been the same for two looks, so that one
 * that is half saved is not read. */
bool watched_changed(struct watched *w, const struct conf *c);

/* The new rules; NULL, every finding logged, where they are broken. */
struct conf *reload_rules(const char *path);

#endif

/* The PURGE method: what is stored for a URL goes, by the word of a client
 * whose address the rules allow that. */
#ifndef ENGINE_PURGER_H
#define ENGINE_PURGER_H

#include <stdbool.h>

struct exchange;

/* Of a request whose method is PURGE, once e->query is made.  False: the rules
 * allow it to nobody, or name no store, and it is a method like any other.
 * True: it was answered, with
 *
 *	200  purged: the target; with "*" at its end, all that begin so; or,
 *	     with Cache-Tag or Surrogate-Key, what has one of these tags
 *	400  the target is no URL, or the fields name no tag
 *	403  the client is none of those who may
 *	404  no route that caches leads there
 *	503  the store could not be told: it may still be served */
bool purger_answers(struct exchange *e);

#endif

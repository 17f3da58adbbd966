/* A connection to a server that must never hold the process for long.
 *
 * One deadline for all that a call asks, not one for each byte: 50 ms.  A
 * server beside us answers in 0.1 ms, one across a busy network in 2, and while
 * it forks to save its data in up to 20 or so.  An origin, which is the
 * alternative, is seldom faster than 50.
 *
 * A failure, a late answer included, closes the connection, since what comes
 * late would be taken for the answer to something else.  Then nothing is asked
 * for a second, and after further failures for 2, 4 and so on to 30.  To come
 * back is not waited for: it goes on, bit by bit, in calls that find nothing
 * meanwhile.  So a server that stopped costs a process one deadline, and from
 * then on nothing. */
#ifndef STORE_REDIS_LINK_H
#define STORE_REDIS_LINK_H

#include "conf/redis_url.h"
#include "store/redis_reply.h"

#define LINK_CALL_MS 50

enum redis_script {
	REDIS_FIND,
	REDIS_COMMIT,
	REDIS_PURGE,
	REDIS_GENERATION,
	REDIS_PREFIXES,
	REDIS_SCRIPT_N
};

struct redis_link;

/* Borrows the strings.  NULL: no memory.  Caller frees. */
struct redis_link *link_new(const struct redis_url *where);
void link_free(struct redis_link *l); /* accepts NULL */

/* Can it be asked now?  A new call with its own deadline begins, of so many
 * times the usual. */
bool link_ready(struct redis_link *l, int64_t times);

/* The same, after waiting for what can be had until the deadline. */
bool link_ready_waiting(struct redis_link *l);

/* Which life of the server this is: another one's data are not to be trusted.
 * While ready. */
struct slice link_life(const struct redis_link *l);

/* A command of n words; not sent before an answer is wanted.  False: the
 * connection is gone. */
bool link_ask(struct redis_link *l, const struct slice *words, size_t n);

/* The answer to the first question without one, until the next call.  NULL:
 * the connection is gone.  An error that does not mean the end is an answer:
 * a lack of memory, an unknown script. */
const struct redis_reply *link_answer(struct redis_link *l);

/* Asks for a script with two keys, and has its answer. */
#define LINK_ARGUMENTS_MAX 16u
const struct redis_reply *link_run(struct redis_link *l,
    enum redis_script script, const struct slice keys[2],
    const struct slice *arguments, size_t n);

/* An answer that cannot be: the connection is of no use. */
void link_strange(struct redis_link *l);

/* What ended the last connection; STORE_WELL: one is there, or there never was
 * any reason. */
struct store_report link_report(const struct redis_link *l);

#endif

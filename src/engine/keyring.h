/* The credentials in use: found, kept, renewed before they expire, and wiped.
 *
 * One keyring a worker.  Those from the environment and from files are there
 * at once; those from a metadata service are fetched over the worker's own
 * loop, ahead of need, and the last good ones stay while that fails, even
 * past their end: the bucket decides.  Files are looked at every 30 s.
 *
 * What is kept is copied: no struct credentials is looked into after a call.
 * What is let go is wiped, but for the copies that libcurl makes of a request
 * and of what it receives.  Neither keys nor tokens are ever logged. */
#ifndef ENGINE_KEYRING_H
#define ENGINE_KEYRING_H

#include "base/slice.h"
#include "policy/sigv4.h"

struct conf;
struct credentials;
struct ev_loop;
struct keyring;
struct multi;

/* `environment`: the process's own, "NAME=value" strings; borrowed.  NULL: no
 * memory. */
struct keyring *keyring_new(
    struct ev_loop *loop, struct multi *multi, char *const environment[]);

/* Wipes all.  Transfers of its own are cancelled; nobody may wait any more.
 * Accepts NULL. */
void keyring_free(struct keyring *k);

/* New rules are in force: begins to fetch what they name and is not there,
 * wipes what they no longer name and nobody waits for.  Exchanges that hold
 * on to older rules find their credentials anew where they were wiped; what
 * they asked for goes when it was not asked for for a minute.
 *
 * Under CGI, where a process has one request, it is not called: what is asked
 * for is found when it is asked for, and nothing is renewed ahead. */
void keyring_follow(struct keyring *k, const struct conf *c);

enum keyring_answer {
	KEYRING_READY,
	KEYRING_UNSIGNED, /* a public bucket */
	KEYRING_WAIT,     /* being fetched: keyring_wait() */
	KEYRING_MISSING,  /* there are none, or they could not be had; `why` */
};

/* Valid until the loop goes round: copy nothing, sign at once. */
struct keyring_grant {
	struct sigv4_identity identity;
	struct slice why; /* MISSING: in words, with the remedy; no secret */
};

/* What to sign with at that time, the bucket server's own (seconds since
 * 1970); the key is derived at most once a day and region.  Where there was
 * nothing to be had it is looked for again, after 1 s and then ever later, up
 * to 10 s. */
enum keyring_answer keyring_ask(struct keyring *k,
    const struct credentials *credentials, struct slice region, int64_t now_s,
    struct keyring_grant *grant_out);

/* Somebody who waits for an answer; part of the waiter's own memory. */
struct keyring_waiter {
	struct keyring_waiter *next;
	struct keyring_waiter **at; /* NULL: not waiting */
	void (*ready)(void *user);  /* ask again; runs from the loop */
	void *user;
};

/* Right after keyring_ask() has said WAIT, with the same credentials. */
void keyring_wait(struct keyring *k, const struct credentials *credentials,
    struct keyring_waiter *waiter);

/* Does not wait any more.  Accepts one that does not wait. */
void keyring_leave(struct keyring_waiter *waiter);

/* The bucket refused this key, as one that is unknown or has expired: it is
 * fetched or read again, unless that was done in the last 2 s or it is
 * written in the rules or the environment.  True: ask again, which may be to
 * wait.  False: there is no use in it. */
bool keyring_refused(struct keyring *k, const struct credentials *credentials,
    struct slice access_key_id);

/* "the environment", "[credentials cars], site.ini:12": where these come from,
 * for the log and for explain.  Never NULL at. */
struct slice keyring_source(const struct credentials *c, struct arena *a);

#endif

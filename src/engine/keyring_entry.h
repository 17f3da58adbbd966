/* What the files of the keyring share: one source of credentials, what is
 * known of it, and the steps from looking to having.
 *
 *     keyring.c          who asks, who waits; which entries there are
 *     keyring_look.c     where to look, and in which order
 *     keyring_file.c     the shared credentials and config files
 *     keyring_service.c  which metadata service the environment names
 *     keyring_round.c    asking it
 *     keyring_renew.c    what came of it; when to look again */
#ifndef ENGINE_KEYRING_ENTRY_H
#define ENGINE_KEYRING_ENTRY_H

#include <ev.h>
#include <sys/stat.h>

#include "base/text.h"
#include "conf/conf.h"
#include "engine/keyring.h"
#include "engine/request_id.h"
#include "policy/aws_keys.h"

struct round;

/* Keys in one block, bytes and all, that is wiped as one. */
struct kept_keys {
	size_t size;
	struct aws_keys keys;
	char bytes[];
};

/* A key derived from them. */
struct derived {
	struct derived *next;
	size_t size;
	struct sigv4_key key;
	char region[];
};

/* What a file was when it was read; zero where it is not there. */
struct stamp {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

struct entry {
	struct entry *next;
	struct keyring *keyring;
	struct arena *arena; /* the strings here, none of them secret */
	struct slice label;  /* for the log */

	/* What tells one entry from another, copied from the rules; of
	 * WRITTEN it is `keys`. */
	enum credentials_source source;
	struct slice profile;
	struct slice credentials_file;
	struct slice config_file;

	bool named; /* by the rules in force; else it goes when idle */
	bool used;  /* since the timer last went off */

	enum credentials_source from; /* where the keys were found; AUTO:
				       * nowhere yet */
	struct kept_keys *keys;       /* NULL: none yet */
	unsigned generation;          /* of the keys */
	ev_tstamp expires_at;         /* of the loop's clock; 0: never */
	struct derived *derived;
	size_t derived_n;

	struct round *round;    /* under way, or NULL */
	bool refused;           /* the keys; those who ask wait for the round */
	int64_t looked_ms;      /* the steady clock's, when a look ended; 0:
				 * none did */
	int64_t retry_ms;       /* no look before that while there are none */
	unsigned failures;      /* in a row */
	bool told_expired;      /* logged in this row of failures */
	bool told_readable;     /* logged: others can read the file */
	struct stamp stamps[2]; /* by enum aws_file */
	struct ev_timer timer;  /* to renew, to look at files, to go */

	struct keyring_waiter *waiters;
	struct text why; /* what was tried, while looking and after failing */
	char why_room[2048];
};

struct keyring {
	struct ev_loop *loop;
	struct multi *multi;
	char *const *environment;
	struct request_ids ids; /* for rolls */
	struct entry *entries;
	size_t entry_n;
};

/* Of the environment; "" where it is not set. */
struct slice keyring_variable(const struct keyring *k, struct slice name);

/* --- keyring_look.c --- */

/* Looks in every place that the entry's source has, in order, and lets the
 * entry know what came of it, at once or when the round is over. */
void entry_look(struct entry *e);

/* Adds to what was tried. */
void entry_tried(struct entry *e, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What came of one place. */
enum look {
	LOOK_NOTHING, /* entry_tried() was told; go on */
	LOOK_BROKEN,  /* the same, but nobody else's keys are to stand in */
	LOOK_FOUND,   /* entry_got() was called */
	LOOK_ASKING,  /* a round has begun */
};

enum look look_files(struct entry *e);
bool look_files_changed(const struct entry *e);
enum look look_container(struct entry *e);
enum look look_instance(struct entry *e);

/* --- keyring_renew.c --- */

/* Keys were found: copied, timed, told.  expires_at 0: never. */
void entry_got(struct entry *e, enum credentials_source from,
    const struct aws_keys *keys, ev_tstamp expires_at);

/* None were; e->why says why. */
void entry_failed(struct entry *e);

/* Sets the timer by what the entry has. */
void entry_schedule(struct entry *e);

/* Forgets the keys and all that was derived from them. */
void entry_wipe(struct entry *e);

/* The key of that region and day, derived where need be.  NULL: no memory, or
 * libcrypto has failed. */
const struct sigv4_key *entry_key(
    struct entry *e, struct slice region, int64_t now_s);

/* --- keyring.c --- */

/* Those who wait ask again. */
void entry_tell(struct entry *e);

/* The entry's timer has gone off and the rules do not name it. */
void entry_idle(struct entry *e);

#endif

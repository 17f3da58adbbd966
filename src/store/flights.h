/* Who fetches what at this moment, as all processes of a machine see it: one
 * fetch for a key at a time, and the others know how far it is.
 *
 * A file of slots, chosen by the key's hash.  Whoever fetches holds a lock on
 * its slot (F_OFD_SETLK, so that the kernel frees what a dead process held)
 * and writes there what there is to know.  Two keys that meet in one slot are
 * fetched side by side.  All of it is advice: without the file, or where the
 * system has no such locks, everyone fetches for himself.
 *
 * Within a process the caller keeps the keys apart: it takes and leaves each
 * id once.  No call waits for anybody; each makes up to four calls of the
 * system. */
#ifndef STORE_FLIGHTS_H
#define STORE_FLIGHTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "store/store.h"

#define FLIGHT_SLOTS 4096u

struct flights;

enum flight_state {
	FLIGHT_NONE,    /* nobody fetches it: it never was, or its process is
			 * gone, or gave up */
	FLIGHT_UNKNOWN, /* under way, and no head yet */
	FLIGHT_SHOWN,   /* it can be read while it grows: store_watch() */
	FLIGHT_STORED,  /* over: it is in the store */
	FLIGHT_REFUSED, /* over, or nearly: it is not for the store */
};

struct flight {
	enum flight_state state;
	uint64_t body_bytes; /* STORED: how long the body became */
	uint64_t number;     /* which fetch it is: no two have the same.  0
			      * with NONE, and with UNKNOWN for a moment */
	char name[STORE_NAME_MAX];
	size_t name_n;
};

enum flight_turn {
	FLIGHT_OURS,   /* to be left */
	FLIGHT_THEIRS, /* another process fetches it */
	FLIGHT_ALONE,  /* another key is in its slot, or there is no file */
};

/* The file is made where it is not, 0600; its folder exists.  One that is a
 * link, another's, open to others or no file of slots is not touched.  Where
 * it cannot be had, was cut, or another one is in its place, that is put right
 * within a second of use; what was taken in a lost file is lost to the others.
 * NULL: no memory; every call accepts that.  After a fork each process opens
 * its own.  Caller frees, and all that is not left then is as of a dead
 * process. */
struct flights *flights_open(const char *path);
void flights_free(struct flights *f);

/* id is a hash of the key that is the same in all processes. */
enum flight_turn flights_take(struct flights *f, uint64_t id);

/* Only for what is OURS; others are ignored. */
void flights_show(struct flights *f, uint64_t id, struct slice name);

/* Leaves it with STORED, REFUSED or NONE; others may take it from then on.
 * Only for what is OURS; others are ignored. */
void flights_leave(
    struct flights *f, uint64_t id, enum flight_state end, uint64_t body_bytes);

/* How far it is, without waiting.  An end is seen until somebody takes the
 * slot, for a minute at most. */
void flights_look(struct flights *f, uint64_t id, struct flight *flight_out);

/* Asks whoever fetches it to show it; may be asked again. */
void flights_want(struct flights *f, uint64_t id);

/* Was what is OURS asked for since it was taken? */
bool flights_wanted(struct flights *f, uint64_t id);

#endif

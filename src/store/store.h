/* Keeping stored responses and finding them again: what every backend does.
 *
 * Six calls: find, read, begin, append, end, purge.  There is no open, since
 * the heads of all variants are needed to choose one, and to read a head is to
 * open it.  To freshen is to begin with the body of what was found.  To remove
 * is to purge one key: an entry that was only unlinked would be put back by
 * whoever is fetching it at that moment.  Commit and abort are one call, which
 * frees the writer and cannot be forgotten halfway.
 *
 * The store knows bytes, keys, tags and times of last use.  What may be stored,
 * and whether it may still be used, is policy's.
 *
 * A store never fails its caller.  What cannot be found is fetched, what
 * cannot be written is sent all the same; store_news() says why, once.  Calls
 * wait for the file system, at most for one piece of content at a time. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "store/record.h"

struct arena;
struct store;
struct store_writer;

/* Whatever names an entry that is being written: see store_show(). */
#define STORE_NAME_MAX 64

/* Of one key; further ones push out the oldest. */
#define STORE_VARIANTS_MAX 16

enum store_why {
	STORE_WELL,
	STORE_NOT_SAFE, /* a link, no folder, another's, open to others */
	STORE_NEWER,    /* a newer program's */
	STORE_FULL,     /* nothing more could be thrown away in time */
	STORE_SYSTEM,   /* a call failed: error says which errno */
	/* Of a server. */
	STORE_AWAY,      /* no answer in time */
	STORE_NO_NAME,   /* its name leads nowhere */
	STORE_STRANGE,   /* what answers is none of these */
	STORE_REFUSED,   /* an error of no kind that is told apart */
	STORE_PASSWORD,  /* none, or a wrong one */
	STORE_FORBIDDEN, /* its rules forbid a command */
	STORE_LOADING,   /* busy with itself */
	STORE_REPLICA,   /* nothing can be written there */
	STORE_CLUSTER,
	STORE_WHY_N
};

struct store_report {
	enum store_why why;
	int error; /* errno, for STORE_SYSTEM */
};

/* A stored response that was found.  It stays readable whatever happens to
 * the entry in the meantime. */
struct store_hit {
	struct record record; /* in the arena of store_find() */
	int64_t used_ms;      /* the last use before this one, to the minute */
	int fd;               /* the body is in it from record.body_at on, to be
			       * sent from there; -1 where it is in no file */
	struct slice body;    /* all of it, where it is in memory: until the
			       * release; SLICE_NONE where it is not */
	void *own;            /* the backend's */
};

/* What there is of a key, and when that was looked up: whoever asks the origin
 * because of it stores the answer with that mark, so that a purge which comes
 * while the origin thinks voids the answer, too. */
struct store_found {
	struct store_hit at[STORE_VARIANTS_MAX]; /* the last stored first */
	size_t n;
	uint64_t mark; /* for struct record's generation */
};

enum store_scope {
	STORE_KEY,     /* exactly that key, all its variants */
	STORE_PREFIX,  /* keys that begin with these bytes */
	STORE_TAG,     /* entries that have exactly this tag */
	STORE_CHANGED, /* the same, because of a visitor (RFC 9111 section
			* 4.4): without waiting for the disk */
	STORE_ALL,
};

/* An entry, its record and the bytes that it takes of the room; false: no
 * further ones. */
typedef bool store_visit(void *user, const struct store_hit *, uint64_t bytes);

struct store_ops {
	const char *name;
	void (*find)(struct store *, struct slice key, uint64_t round,
	    int64_t now_ms, struct arena *, struct store_found *found_out);
	bool (*read)(struct store *, const struct store_hit *, uint64_t from,
	    char *room, size_t n);
	struct store_writer *(*begin)(struct store *, const struct record *,
	    int64_t length, const struct store_hit *body, int64_t now_ms);
	bool (*append)(struct store_writer *, struct slice);
	bool (*end)(struct store_writer *, bool whole, int64_t now_ms);
	bool (*purge)(struct store *, enum store_scope, struct slice what,
	    int64_t now_ms);
	void (*release)(struct store *, struct store_hit *);
	void (*free)(struct store *);

	/* What not every backend can, and then is NULL. */
	size_t (*show)(struct store_writer *, char name[STORE_NAME_MAX]);
	bool (*watch)(struct store *, struct slice name, struct arena *,
	    struct store_hit *hit_out);
	bool (*grown)(
	    struct store *, const struct store_hit *, uint64_t *bytes_out);
	bool (*each)(struct store *, store_visit *, void *user, int64_t now_ms);
};

/* What a backend's own begins with. */
struct store {
	const struct store_ops *ops;
	struct store_report report;
	struct store_report told;
};

/* The stored responses to a key; their heads in the arena, about 5 KiB each.
 * Where the arena has no room, it is not found.
 *
 * round is 0, or the number of those look-ups that are for requests which had
 * all begun before the first of these calls: what was purged and stored is
 * then looked at by the first of them for all.  A purge that returned before
 * one of these requests began is seen by that look as by one of its own.
 * Numbers are not used again.
 *
 * now_ms is the wall clock, here and below.  Caller releases what was found. */
void store_find(struct store *s, struct slice key, uint64_t round,
    int64_t now_ms, struct arena *a, struct store_found *found_out);

/* All of them but the one to be kept, if not NULL, which is released alone. */
void store_release(
    struct store *s, struct store_found *found, const struct store_hit *keep);
void store_release_hit(struct store *s, struct store_hit *hit);

/* n bytes of the body into room, all of them; false: they cannot be had, and
 * what was promised of this response cannot be kept. */
bool store_read(struct store *s, const struct store_hit *hit, uint64_t from,
    char *room, size_t n);

/* A new entry, seen by nobody until its end.  The record is copied.  length is
 * that of the body, or LENGTH_UNKNOWN; another one in the end is an abort.
 * NULL: not stored.
 *
 * body is NULL, or a hit whose body, all of it, becomes that of the new entry,
 * which wants no append then: freshening (RFC 9111 section 4.3.4). */
struct store_writer *store_begin(struct store *s, const struct record *r,
    int64_t length, const struct store_hit *body, int64_t now_ms);

/* False: it will not be stored, and further pieces are of no use; the end is
 * still to be called.  NULL is false. */
bool store_append(struct store_writer *w, struct slice piece);

/* So much of a body that was found, from there on, as store_append() takes it.
 * False as there. */
bool store_copy(struct store_writer *w, const struct store_hit *hit,
    uint64_t from, uint64_t n);

/* For backends: all of it, to give it another head; false where it is so long
 * that fetching it is better. */
bool store_copy_body(struct store_writer *w, const struct store_hit *hit);

/* Whole: it takes the place of what was stored under its key and variant, if
 * it can be stored; true where it was.  Not whole: as if never begun.  Frees
 * the writer; accepts NULL. */
bool store_end(struct store_writer *w, bool whole, int64_t now_ms);

/* From its return on nothing of that kind is found that was begun before the
 * call, in any process (in one that lost sight of the store, within a second).
 * More than that may be lost, never less.  False: it may still be found. */
bool store_purge(
    struct store *s, enum store_scope scope, struct slice what, int64_t now_ms);

/* Lets others, in other processes too, read what is being written while it
 * grows: its name in name_out, of the length that is returned; 0: that cannot
 * be.  From then on what is appended is seen at once. */
size_t store_show(struct store_writer *w, char name_out[STORE_NAME_MAX]);

/* What is being written under that name; its head in the arena.  Reads like
 * any hit, but of record.body_bytes, and whether there will ever be all of it,
 * its writer knows (flights.h).  It may be of another key than the name was
 * noted for: the caller compares record.key.  False: it was given up, purged,
 * or stored a moment ago, so that store_find() finds it though its flight is
 * not over yet.  Caller releases. */
bool store_watch(struct store *s, struct slice name, struct arena *a,
    struct store_hit *hit_out);

/* How many bytes of the body there are by now.  Caller puts that into
 * record.body_bytes and may read so far. */
bool store_grown(
    struct store *s, const struct store_hit *hit, uint64_t *bytes_out);

/* Calls visit for all that would be found, in no order, while others come and
 * go.  Reads everything: for a person who asks.  False: not to the end. */
bool store_each(
    struct store *s, store_visit *visit, void *user, int64_t now_ms);

/* True where things are other than they were at the last call: for the log. */
bool store_news(struct store *s, struct store_report *report_out);

/* For the log: "another user's, or open to others" and the like. */
struct slice store_words(enum store_why why);

/* Accepts NULL.  Writers and hits are ended and released before. */
void store_free(struct store *s);

/* What a backend's writer begins with. */
struct store_writer {
	struct store *store;
};

#endif

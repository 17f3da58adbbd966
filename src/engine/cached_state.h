/* What an exchange knows of the cache; shared by cached*.c alone. */
#ifndef ENGINE_CACHED_STATE_H
#define ENGINE_CACHED_STATE_H

#include "engine/cache.h"
#include "engine/cached.h"
#include "engine/collapse.h"
#include "engine/exchange_state.h"
#include "policy/cache_answer.h"
#include "policy/cache_reuse.h"
#include "policy/cache_status.h"
#include "policy/cache_validate.h"
#include "store/store.h"

/* A stored response's body on its way out. */
struct pump {
	struct store_hit *hit; /* borrowed */
	bool on;
	bool growing; /* it is still being written, */
	bool whole;   /* or was, to its end: `total` bytes, */
	bool broken;  /* or never will be */
	uint64_t total;
	uint64_t at;   /* of the stored body, up to `end` */
	uint64_t end;  /* UINT64_MAX: where it ends */
	uint64_t base; /* the stored body begins there in the whole one */
	size_t part;   /* of several, the one to come next */
	struct byte_ranges ranges;
	enum cache_answer answer;
	struct slice boundary;
	struct slice type;
	int64_t length;
};

/* What is done once a response that was not admitted is over. */
enum cached_then {
	THEN_NOTHING,
	THEN_SERVE,       /* what was found still holds */
	THEN_SERVE_STALE, /* it does not, but there is nothing better */
	THEN_ASK_WHOLE,   /* a 304 about nothing that we have */
	THEN_REFUSE,      /* a 304 that nobody asked for */
};

struct cached {
	struct exchange *exchange;
	struct cache *cache;
	struct cache_rules rules;
	struct slice key;
	uint64_t id;
	int64_t requested_s;

	/* what there is */
	struct cache_stored *stored; /* found.n */
	struct cache_verdict verdict;
	struct cache_status status; /* as it will be told */
	bool looked;                /* `found` is to be released */
	bool watching;
	struct store_hit watched; /* what is being written: by another, or
				   * by us for a client who is slow */

	/* who fetches it */
	struct fetch *fetch;
	uint64_t turn; /* whose turn: that key's, or one variant's of it */
	bool leads;
	struct follower follower;
	struct ev_timer patience;
	unsigned turns; /* how often others were waited for */
	bool alone;     /* no more waiting */
	bool passes;    /* this key's answers are not for the store */

	/* asking the origin */
	bool asks;    /* with our questions in the place of the client's */
	bool whole;   /* without any */
	bool bare;    /* without conditions, ours or the client's */
	bool answers; /* what of it the client wants is decided here */
	bool keeps;   /* what comes may be stored */
	enum cached_then then;
	bool dropping;
	const struct cache_stored *chosen;
	enum cache_head head;

	/* storing */
	struct sink tee;
	struct store_writer *writer;
	uint64_t written;
	bool shown; /* it can be watched, under that name */
	char name[STORE_NAME_MAX];
	size_t name_n;
	bool cut;          /* the client gets a part of what is stored: */
	bool behind;       /* the client reads from the store */
	struct slice late; /* what could not be stored, nor sent yet */
	struct byte_range range;
	int64_t passed; /* content that came by */
	struct slice origin_tag;
	int64_t origin_length;
	const struct cache_stored *rest; /* its last rest_bytes come behind */
	uint64_t rest_bytes;
	struct pump pump;
	const struct cache_stored *pumped; /* what it is the body of */
	int64_t resume_until_ms;           /* 0: it never broke off */
	unsigned vain_looks;

	/* the last, since it is large, and only its n is zeroed */
	struct store_found found;
};

/* cached.c: goes to the origin by itself, whoever else does. */
void cached_forward_alone(struct exchange *e);

/* cached.c: what was found, or was being written, is of no more use. */
void cached_forget(struct cached *c);
void cached_unwatch(struct cached *c);

/* cached_resume.c: what the pump sends has broken off.  True: it may go on. */
bool cached_resumes(struct exchange *e);

/* cached_serve.c: answers with what is stored; hit is taken.  False: it
 * cannot be. */
bool cached_serve(struct exchange *e, const struct cache_stored *stored,
    struct store_hit *hit, bool growing);

/* cached_serve.c: the hit that belongs to one of the candidates. */
struct store_hit *cached_hit(
    struct cached *c, const struct cache_stored *stored);

/* cached_serve.c: sends what there is and the front takes. */
void cached_pump(struct exchange *e);

/* cached_serve.c: Cache-Status, and what is this client's alone. */
bool cached_finish_head(struct exchange *e, struct response *r);

/* cached_store.c: the lifetime that the rule gives to a status. */
void cached_take_ttl(
    const struct caching *caching, int status, struct cache_rules *rules);

/* cached_store.c: others need not wait any longer. */
void cached_end_fetch(struct cached *c, enum flight_state end);

/* cached_store.c: the storing ends, whole or not. */
void cached_end_store(struct exchange *e, bool whole);

/* cached_validate.c: a 304 to our questions, already adapted: brings what is
 * stored up to date.  THEN_SERVE or THEN_ASK_WHOLE. */
enum cached_then cached_freshen(
    struct exchange *e, const struct response *not_modified);

/* cached_validate.c: what is stored under the key, in all its variants, is no
 * longer what the origin gives. */
void cached_remove(struct exchange *e);

/* cached_validate.c: what HEAD says of what is stored. */
void cached_heed_head(struct exchange *e, const struct response *head);

/* cached.c: a record as a candidate, of the length that was announced; false:
 * it is no good. */
bool cached_candidate(const struct record *r, struct cache_stored *stored_out);

#endif

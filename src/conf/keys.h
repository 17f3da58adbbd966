/* The key table: one row a key is the whole truth about it.  The man page
 * and the sample are tested against it. */
#ifndef CONF_KEYS_H
#define CONF_KEYS_H

#include "base/slice.h"

struct arena;
struct text;

enum key_kind {
	KEY_BOOL,
	KEY_DURATION,
	KEY_SIZE,
	KEY_INTEGER,
	KEY_LEVEL,
	KEY_MOUNT,
	KEY_TOKEN,
	KEY_FILE,
	KEY_PATTERNS,
	KEY_PATHS,
	KEY_HOSTS,
	KEY_METHODS,
	KEY_ORIGIN,
	KEY_REQUEST_FIELD,  /* "request_header NAME": one of each name */
	KEY_RESPONSE_FIELD, /* the same */
	KEY_REQUEST_NAMES,
	KEY_RESPONSE_NAMES,
	KEY_CONDITIONS,
	KEY_SHARE,
	KEY_MAP,
	KEY_REDIRECT,
	KEY_MEDIA_TYPES,
	KEY_ENCODINGS,
	KEY_SCRIPTS,
	KEY_MEMBERS,
	KEY_TLS_VERSION,
	KEY_TLS_NAME,
	KEY_REGION,
	KEY_ENDPOINT,
	KEY_STYLE,
	KEY_INDEX,  /* may be empty, whatever its standard value */
	KEY_OBJECT, /* a key of S3's */
	KEY_CREDENTIALS,
	KEY_CODINGS,
	KEY_PARAMETERS,
	KEY_SECRET, /* is never part of a finding */
	KEY_SOURCE, /* the same */
	KEY_TEXT,
	KEY_SERVER, /* "server.NAME": one of each name */
	KEY_BALANCE,
	KEY_STICKY,
	KEY_TARGET,
	KEY_STATUSES,
	KEY_RETRY_ON,
	KEY_PERCENT,
	KEY_REDIS, /* may hold a secret: never part of a finding */
	KEY_NETWORKS,
	KEY_CACHE_TTL,
	KEY_CACHE_KEY,
	KEY_KINDS,
};

/* Where a key may stand, and where it must. */
enum {
	IN_FINGERPOST = 1, /* the object is a struct settings */
	IN_ROUTE = 2,      /* the object is a struct rule */
	IN_DEFAULTS = 4,   /* the same */
	REQUIRED = 8,
	IN_CREDENTIALS = 16, /* the object is a struct credentials */
	IN_POOL = 32,        /* a struct rule: its servers and balancing */
	IN_CACHE = 64,       /* a struct storage */
};

struct key {
	const char *name;
	enum key_kind kind;
	unsigned place;
	size_t at;            /* offset in the object */
	const char *standard; /* its value where none is written; "" may also
			       * be written */
	const char *range;    /* "low..high", or NULL */
	const char *help;
};

extern const struct key key_table[];
extern const size_t key_table_n;

/* The row of a key as written, "request_header X-A" and "server.a" included,
 * for that place, or else the first for any; NULL where there is none.
 * *rest_out is what follows the name. */
const struct key *key_find(
    struct slice written, unsigned place, struct slice *rest_out);

/* May $NAME stand in its value? */
bool key_has_variables(const struct key *k);

/* Puts the value into the object, with copies in the arena; `rest` is
 * key_find's.  False says why, in words that follow "key: ". */
bool key_set(const struct key *k, struct slice rest, struct slice value,
    void *object, struct arena *a, struct text *why);

/* Every key of that place to its standard value.  False: arena spent. */
bool key_set_standard(unsigned place, void *object, struct arena *a);

#endif

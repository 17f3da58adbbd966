/* Cache directives of requests and responses (RFC 9111 section 5.2, RFC 5861,
 * RFC 8246), from Cache-Control, or from a field that is meant for caches
 * like us alone (RFC 9213).
 *
 * What is unclear is read as the less fresh, the less storable: of two values
 * the smaller, of an invalid one 0, and a field with an open quoted string as
 * no-store.  Unknown directives are left alone. */
#ifndef HTTP_DIRECTIVES_H
#define HTTP_DIRECTIVES_H

#include "base/slice.h"

struct fields;

/* No more seconds than this: RFC 9111 section 1.2.2. */
#define DELTA_MAX  INT64_C(2147483648)
#define DELTA_NONE INT64_C(-1) /* it is not there */

enum {
	DIRECTIVE_NO_STORE = 1,
	DIRECTIVE_NO_CACHE = 2, /* without field names */
	DIRECTIVE_PRIVATE = 4,  /* without field names */
	DIRECTIVE_PUBLIC = 8,
	DIRECTIVE_MUST_REVALIDATE = 16,
	DIRECTIVE_PROXY_REVALIDATE = 32,
	DIRECTIVE_MUST_UNDERSTAND = 64,
	DIRECTIVE_IMMUTABLE = 128,
	DIRECTIVE_NO_TRANSFORM = 256,
	DIRECTIVE_ONLY_IF_CACHED = 512,
};

/* Arguments of private and no-cache: lists of field names. */
#define DIRECTIVE_LISTS_MAX      8
#define DIRECTIVE_LIST_MAX_BYTES 1024

struct directives {
	unsigned flags;

	/* Seconds, 0 to DELTA_MAX, or DELTA_NONE. */
	int64_t max_age_s;
	int64_t s_maxage_s;
	int64_t stale_while_revalidate_s;
	int64_t stale_if_error_s;
	int64_t max_stale_s; /* without a value: DELTA_MAX */
	int64_t min_fresh_s;

	/* Names of fields that private="..." and no-cache="..." are about.
	 * Borrowed.  Too many, and it is about everything. */
	struct slice names[DIRECTIVE_LISTS_MAX];
	size_t name_n;
};

/* Digits, all of them, DELTA_MAX where that is more; false for anything
 * else. */
bool delta_parse(struct slice s, int64_t *seconds_out);

/* All fields of that name, Cache-Control mostly, as one. */
struct directives directives_read(
    const struct fields *f, struct slice field_name);

/* Adds what one value says, beginning with directives_none(). */
struct directives directives_none(void);
void directives_add(struct directives *d, struct slice value);

/* A structured dictionary, RFC 9213 section 2.1.  False, nothing touched,
 * where there is no such field, nothing in it, or anything wrong with it: it
 * is then to be ignored. */
bool directives_targeted(const struct fields *f, struct slice field_name,
    struct directives *directives_out);

/* Surrogate-Control: "max-age=600+60, no-store, content=..." where 60 is how
 * long it may be stale while it is revalidated.  What is for another surrogate
 * by name (";name") is left alone.  False: there is nothing of use. */
bool directives_surrogate(
    const struct fields *f, struct directives *directives_out);

/* Is private or no-cache with field names about this one? */
bool directives_name(const struct directives *d, struct slice field_name);

/* One directive, for the parsers of the forms it comes in. */
enum directive_form {
	DIRECTIVE_BARE,    /* no argument */
	DIRECTIVE_SECONDS, /* an argument, read by delta_parse() */
	DIRECTIVE_NAMES,   /* an argument that is no number: `text` */
	DIRECTIVE_INVALID, /* an argument of neither form */
};

struct directive_value {
	enum directive_form form;
	int64_t seconds;
	struct slice text; /* the argument, unquoted */
};

/* Takes one directive up; false where the form is not one that this
 * directive has. */
bool directive_take(struct directives *d, struct slice name,
    const struct directive_value *value);

#endif

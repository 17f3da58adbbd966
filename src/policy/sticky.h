/* The cookie by which a session stays with its server.
 *
 *     ID.EXPIRY.MAC     in lower-case hexadecimal, 16, 1..12 and 32 digits
 *
 * ID is the server's, a keyed hash of its address, so that nobody without the
 * secret can tell which address it is by hashing all that there are; EXPIRY is
 * in seconds of the system's clock; MAC is HMAC-SHA256 over both, cut to 128
 * bits.  Both are bound to the scope, the name of the pool or route, so that
 * the cookie of one is none for another.
 *
 * What a client sends is untrusted: anything but what we made names no
 * server. */
#ifndef POLICY_STICKY_H
#define POLICY_STICKY_H

#include "base/slice.h"

struct arena;
struct fields;
struct text;

#define STICKY_SECRET_MIN 16
#define STICKY_VALUE_MAX  64

struct sticky {
	struct slice secret; /* at least STICKY_SECRET_MIN bytes */
	struct slice scope;
};

/* Never 0; made once, when the rules are read.  0: the hash failed. */
uint64_t sticky_id(const struct sticky *s, struct slice address);

/* The cookie's value; an expiry below zero, or a failed hash, spends the
 * text. */
void sticky_value(
    const struct sticky *s, uint64_t id, int64_t expiry_s, struct text *t);

/* Whose session it is; false: nobody's, or not any more.  Compares in constant
 * time. */
bool sticky_read(const struct sticky *s, struct slice value, int64_t now_s,
    uint64_t *id_out);

/* ---- the cookie ---- */

/* The names of these cookies start with it; no origin sees them. */
#define STICKY_COOKIE "fingerpost-sticky-"

/* How long a value is good where the cookie is the browser's session's. */
#define STICKY_SESSION_S (7 * 24 * 3600)

/* The value that a client sent for that scope, or SLICE_NONE. */
struct slice sticky_sent(
    const struct sticky *s, const struct fields *request, struct arena *a);

/* The value of Set-Cookie: kept for ttl_s seconds, 0: for the session.
 * SLICE_NONE: the arena is spent, or the hash failed. */
struct slice sticky_cookie(const struct sticky *s, uint64_t id,
    struct slice prefix, bool secure, int64_t ttl_s, int64_t now_s,
    struct arena *a);

#endif

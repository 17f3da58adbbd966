/* Writing and reading the value. */
#include "policy/sticky.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/arena.h"
#include "base/text.h"
#include "http/cookie_list.h"
#include "policy/own_cookie.h"

#define ID_DIGITS     16
#define EXPIRY_DIGITS 12
#define MAC_BYTES     16
#define MAC_DIGITS    (2 * MAC_BYTES)
#define SUM_BYTES     32
#define MESSAGE_MAX   2048

/* HMAC over what it is for, the scope's length, the scope, and the rest: no
 * two of these read alike. */
static bool sum(const struct sticky *s, char purpose, struct slice rest,
    unsigned char out[SUM_BYTES])
{
	char room[MESSAGE_MAX];
	struct text t = text_over(room, sizeof(room));
	struct slice message;
	unsigned int len = SUM_BYTES;

	text_char(&t, purpose);
	text_u64(&t, s->scope.len);
	text_char(&t, ':');
	text_add(&t, s->scope);
	text_add(&t, rest);
	message = text_slice(&t);
	return !text_spent(&t) && s->secret.len >= STICKY_SECRET_MIN &&
	    s->secret.len <= INT32_MAX &&
	    HMAC(EVP_sha256(), s->secret.at, (int)s->secret.len,
		(const unsigned char *)message.at, message.len, out,
		&len) != NULL;
}

uint64_t sticky_id(const struct sticky *s, struct slice address)
{
	unsigned char bytes[SUM_BYTES];
	uint64_t id = 0;

	if (!sum(s, 'i', address, bytes))
		return 0;
	for (size_t i = 0; i < sizeof(id); i++)
		id = id << 8 | bytes[i];
	return id == 0 ? 1 : id;
}

static bool add_mac(const struct sticky *s, struct slice what, struct text *t)
{
	unsigned char bytes[SUM_BYTES];

	if (!sum(s, 'm', what, bytes))
		return false;
	for (size_t i = 0; i < MAC_BYTES; i++)
		text_format(t, "%02x", bytes[i]);
	return true;
}

void sticky_value(
    const struct sticky *s, uint64_t id, int64_t expiry_s, struct text *t)
{
	char room[STICKY_VALUE_MAX];
	struct text value = text_over(room, sizeof(room));

	text_format(&value, "%016llx.%llx", (unsigned long long)id,
	    (unsigned long long)expiry_s);
	text_add(t, text_slice(&value));
	text_char(t, '.');
	if (id == 0 || expiry_s < 0 || expiry_s >> (4 * EXPIRY_DIGITS) != 0 ||
	    !add_mac(s, text_slice(&value), t))
		t->spent = true;
}

/* All digits, lower case, so that each number has one spelling. */
static bool read_hex(struct slice s, size_t max, uint64_t *value_out)
{
	uint64_t value = 0;

	if (s.len == 0 || s.len > max)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		int digit = ascii_hex(s.at[i]);

		if (digit < 0 || s.at[i] != ascii_lower(s.at[i]))
			return false;
		value = value << 4 | (uint64_t)digit;
	}
	*value_out = value;
	return true;
}

bool sticky_read(
    const struct sticky *s, struct slice value, int64_t now_s, uint64_t *id_out)
{
	char room[MAC_DIGITS + 1];
	struct text mac = text_over(room, sizeof(room));
	struct slice rest = value;
	struct slice id;
	struct slice expiry;
	uint64_t server;
	uint64_t until;

	if (value.len > STICKY_VALUE_MAX || !slice_cut(&rest, '.', &id) ||
	    !slice_cut(&rest, '.', &expiry) || rest.len != MAC_DIGITS ||
	    id.len != ID_DIGITS || !read_hex(id, ID_DIGITS, &server) ||
	    !read_hex(expiry, EXPIRY_DIGITS, &until))
		return false;
	if (!add_mac(s, slice_upto(value, id.len + 1 + expiry.len), &mac) ||
	    text_spent(&mac) ||
	    CRYPTO_memcmp(text_slice(&mac).at, rest.at, MAC_DIGITS) != 0)
		return false;
	if ((int64_t)until <= now_s || server == 0)
		return false;
	*id_out = server;
	return true;
}

struct slice sticky_sent(
    const struct sticky *s, const struct fields *request, struct arena *a)
{
	struct text name = text_in(a, OWN_COOKIE_NAME_MAX);

	own_cookie_name(&name, LIT(STICKY_COOKIE), s->scope);
	return text_spent(&name) ? SLICE_NONE :
				   cookie_get(request, text_slice(&name));
}

struct slice sticky_cookie(const struct sticky *s, uint64_t id,
    struct slice prefix, bool secure, int64_t ttl_s, int64_t now_s,
    struct arena *a)
{
	struct text t = text_in(a, OWN_COOKIE_NAME_MAX + prefix.len + 256);
	char room[STICKY_VALUE_MAX];
	struct text value = text_over(room, sizeof(room));

	sticky_value(
	    s, id, now_s + (ttl_s > 0 ? ttl_s : STICKY_SESSION_S), &value);
	if (text_spent(&value))
		return SLICE_NONE;
	own_cookie_name(&t, LIT(STICKY_COOKIE), s->scope);
	text_char(&t, '=');
	text_add(&t, text_slice(&value));
	text_add(&t, LIT("; Path="));
	text_add(&t, own_cookie_path(prefix));
	if (ttl_s > 0)
		text_format(&t, "; Max-Age=%lld", (long long)ttl_s);
	text_add(&t, LIT("; HttpOnly; SameSite=Lax"));
	if (secure)
		text_add(&t, LIT("; Secure"));
	return text_spent(&t) ? SLICE_NONE : text_slice(&t);
}

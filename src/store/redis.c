/* Opening, names and numbers, and how it goes. */
#include "store/redis_in.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/arena.h"

#define URL_BYTES     16384u
#define WELL_AFTER_MS 60000
#define DIGEST_BYTES  32u

/* ---- how it goes ---- */

bool redis_ready(struct redis *r, int64_t times)
{
	/* What it has missed comes before all else. */
	return link_ready(r->link, times) &&
	    (r->missed_n == 0 || redis_purge_missed(r));
}

bool redis_failed(struct redis *r, int64_t now_ms)
{
	struct store_report report = link_report(r->link);

	(void)now_ms;
	if (report.why != STORE_WELL)
		r->store.report = report;
	return false;
}

void redis_full(struct redis *r, int64_t now_ms)
{
	r->store.report = (struct store_report){ STORE_FULL, 0 };
	r->full_ms = now_ms;
}

/* The small still fits now and then where there is no room. */
void redis_went_well(struct redis *r, int64_t now_ms)
{
	if (r->store.report.why != STORE_FULL ||
	    now_ms - r->full_ms >= WELL_AFTER_MS || now_ms < r->full_ms)
		r->store.report = (struct store_report){ STORE_WELL, 0 };
}

/* ---- names and numbers ---- */

static void put_hex(char *out, const unsigned char *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
}

static void digest(struct slice s, unsigned char out[DIGEST_BYTES])
{
	size_t n = DIGEST_BYTES;

	/* It cannot fail but for lack of memory, and then keys meet, which
	 * their heads tell apart. */
	if (EVP_Q_digest(NULL, "SHA256", NULL, s.len == 0 ? "" : s.at, s.len,
		out, &n) != 1)
		memset(out, 0, DIGEST_BYTES);
}

void redis_digest(struct slice s, char hex_out[ID_HEX])
{
	unsigned char bytes[DIGEST_BYTES];

	digest(s, bytes);
	put_hex(hex_out, bytes, ID_HEX / 2);
}

uint64_t redis_row(struct slice s, uint64_t rows)
{
	unsigned char bytes[DIGEST_BYTES];

	digest(s, bytes);
	return ((uint64_t)bytes[20] << 16 | (uint64_t)bytes[21] << 8 |
		   bytes[22]) %
	    rows;
}

bool redis_random(char *hex_out, size_t n)
{
	unsigned char bytes[DIGEST_BYTES];

	if (n > sizeof(bytes) || getrandom(bytes, n, 0) != (ssize_t)n)
		return false;
	put_hex(hex_out, bytes, n);
	return true;
}

struct redis_number redis_new_epoch(void)
{
	uint64_t epoch = 0;

	(void)!getrandom(&epoch, sizeof(epoch), 0);
	return redis_number(epoch % EPOCH_MASK + 1);
}

struct redis_number redis_number(uint64_t value)
{
	struct redis_number n;

	n.n = (size_t)snprintf(
	    n.at, sizeof(n.at), "%llu", (unsigned long long)value);
	return n;
}

static struct redis_name name(
    const struct redis *r, const char *kind, struct slice rest)
{
	struct redis_name n;

	n.n = (size_t)snprintf(n.at, sizeof(n.at), "%.*s:%s%.*s",
	    SLICE_ARG(r->where.prefix), kind, SLICE_ARG(rest));
	return n;
}

struct redis_name redis_name_state(const struct redis *r)
{
	return name(r, "state", LIT(""));
}

struct redis_name redis_name_entry(const struct redis *r, struct slice key)
{
	char hex[ID_HEX];

	redis_digest(key, hex);
	return name(r, "e:", (struct slice){ hex, ID_HEX });
}

struct redis_name redis_name_piece(
    const struct redis *r, const char id[ID_HEX], unsigned piece)
{
	char rest[ID_HEX + 16];
	int n = snprintf(rest, sizeof(rest), "%.*s:%u", (int)ID_HEX, id, piece);

	return name(r, "b:", (struct slice){ rest, (size_t)n });
}

/* ---- opening ---- */

static void redis_free(struct store *s)
{
	struct redis *r = (struct redis *)s;

	link_free(r->link);
	free(r->purge_bytes);
	if (r->arena != NULL)
		arena_wipe(r->arena);
	arena_free(r->arena);
	free(r);
}

static const struct store_ops ops = {
	.name = "redis",
	.find = redis_find,
	.read = redis_read,
	.begin = redis_begin,
	.append = redis_append,
	.end = redis_end,
	.purge = redis_purge,
	.release = redis_release,
	.free = redis_free,
	.each = redis_each,
};

static bool copy_url(struct redis *r, const struct redis_url *where)
{
	struct redis_url *u = &r->where;

	*u = *where;
	u->host.at = arena_cstr(r->arena, where->host);
	u->path.at = arena_cstr(r->arena, where->path);
	u->password.at = arena_cstr(r->arena, where->password);
	u->prefix.at = arena_cstr(r->arena, where->prefix);
	return u->host.at != NULL && u->path.at != NULL &&
	    u->password.at != NULL && u->prefix.at != NULL;
}

struct store *redis_open(const struct redis_plan *plan, int64_t now_ms)
{
	struct redis *r = calloc(1, sizeof(*r));
	struct redis_name body;

	if (r == NULL)
		return NULL;
	r->store.ops = &ops;
	r->arena = arena_new(URL_BYTES);
	r->max_body_bytes =
	    plan->max_body_bytes < BODY_MAX ? plan->max_body_bytes : BODY_MAX;
	if (r->arena == NULL || !copy_url(r, &plan->where)) {
		redis_free(&r->store);
		return NULL;
	}
	r->link = link_new(&r->where);
	if (r->link == NULL) {
		redis_free(&r->store);
		return NULL;
	}
	body = name(r, "b:", LIT(""));
	memcpy(r->body, body.at, body.n);
	r->body_n = body.n;
	if (!link_ready_waiting(r->link))
		redis_failed(r, now_ms);
	return &r->store;
}

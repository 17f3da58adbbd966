/* What came of looking, and when to look again: ahead of the end, more
 * patiently where it fails, never all workers at once. */
#include "engine/keyring_entry.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"

/* Renewed that long before their end; short-lived ones at half of it. */
#define AHEAD_S 600.

/* No more often than that, however short the life. */
#define SOONEST_S 0.2

/* After failures: doubled from the first to the longest, which is shorter
 * while there is nothing to sign with. */
#define RETRY_FIRST_S   1.
#define RETRY_LAST_S    60.
#define RETRY_MISSING_S 10.

/* How often files are looked at, and when what no rule names is forgotten. */
#define FILES_S 30.
#define IDLE_S  60.

/* The share of a pause that is left to chance. */
#define JITTER 0.05

/* Regions of one set of keys that are kept derived. */
#define DERIVED_MAX 16

/* --- keys and what is derived from them ------------------------------- */

static void derived_free(struct derived *d)
{
	OPENSSL_cleanse(d, d->size);
	free(d);
}

static void derived_wipe(struct entry *e)
{
	while (e->derived != NULL) {
		struct derived *next = e->derived->next;

		derived_free(e->derived);
		e->derived = next;
	}
	e->derived_n = 0;
}

static void kept_free(struct kept_keys *kept)
{
	if (kept == NULL)
		return;
	OPENSSL_cleanse(kept, sizeof(*kept) + kept->size);
	free(kept);
}

void entry_wipe(struct entry *e)
{
	derived_wipe(e);
	kept_free(e->keys);
	e->keys = NULL;
}

static struct slice put(char **to, struct slice s)
{
	struct slice copy = { *to, s.len };

	if (s.len > 0)
		memcpy(*to, s.at, s.len);
	*to += s.len;
	return copy;
}

static struct kept_keys *kept_new(const struct aws_keys *keys)
{
	size_t size = keys->access_key_id.len + keys->secret_access_key.len +
	    keys->session_token.len;
	struct kept_keys *kept = malloc(sizeof(*kept) + size);
	char *to;

	if (kept == NULL)
		return NULL;
	to = kept->bytes;
	kept->size = size;
	kept->keys.access_key_id = put(&to, keys->access_key_id);
	kept->keys.secret_access_key = put(&to, keys->secret_access_key);
	kept->keys.session_token = put(&to, keys->session_token);
	return kept;
}

static struct derived *derived_new(
    struct entry *e, struct slice region, int64_t now_s)
{
	size_t size = sizeof(struct derived) + region.len;
	struct derived *d = malloc(size);
	char *to;

	if (d == NULL)
		return NULL;
	d->size = size;
	to = d->region;
	if (sigv4_key_derive(e->keys->keys.secret_access_key, now_s,
		put(&to, region), LIT("s3"), &d->key))
		return d;
	derived_free(d);
	return NULL;
}

const struct sigv4_key *entry_key(
    struct entry *e, struct slice region, int64_t now_s)
{
	struct derived **at = &e->derived;
	struct derived *d;

	for (; *at != NULL; at = &(*at)->next)
		if (slice_eq((*at)->key.region, region)) {
			if (sigv4_key_holds(&(*at)->key, now_s))
				return &(*at)->key;
			d = *at;
			*at = d->next;
			derived_free(d);
			e->derived_n--;
			break;
		}
	if (e->derived_n == DERIVED_MAX)
		derived_wipe(e);
	d = derived_new(e, region, now_s);
	if (d == NULL)
		return NULL;
	d->next = e->derived;
	e->derived = d;
	e->derived_n++;
	return &d->key;
}

/* --- when to look again ----------------------------------------------- */

/* A little less than that, at random. */
static double jittered(struct entry *e, double pause_s)
{
	double chance =
	    (double)(request_roll(&e->keyring->ids) >> 11) / 9007199254740992.;

	return pause_s * (1. - JITTER * chance);
}

static double retry_s(const struct entry *e)
{
	double last_s = e->keys == NULL ? RETRY_MISSING_S : RETRY_LAST_S;
	double pause_s = RETRY_FIRST_S;

	for (unsigned i = 1; i < e->failures && pause_s < last_s; i++)
		pause_s *= 2.;
	return pause_s < last_s ? pause_s : last_s;
}

/* In seconds; 0: not at all. */
static double pause_s(const struct entry *e)
{
	double life_s = e->expires_at - ev_now(e->keyring->loop);
	double ahead_s;

	if (!e->named)
		return IDLE_S;
	if (e->keys == NULL)
		return 0.; /* when somebody asks */
	if (e->from == CREDENTIALS_FILE)
		return FILES_S;
	if (e->expires_at <= 0.)
		return 0.;
	if (e->failures > 0)
		return retry_s(e);
	ahead_s =
	    life_s / 2. > life_s - AHEAD_S ? life_s / 2. : life_s - AHEAD_S;
	return ahead_s > SOONEST_S ? ahead_s : SOONEST_S;
}

static void on_timer(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct entry *e = timer->data;

	(void)loop;
	(void)revents;
	if (!e->named)
		entry_idle(e);
	else if (e->from != CREDENTIALS_FILE || look_files_changed(e))
		entry_look(e);
	else
		entry_schedule(e);
}

void entry_schedule(struct entry *e)
{
	double after_s = pause_s(e);

	ev_timer_stop(e->keyring->loop, &e->timer);
	if (after_s <= 0.)
		return;
	ev_timer_init(&e->timer, on_timer, jittered(e, after_s), 0.);
	e->timer.data = e;
	ev_timer_start(e->keyring->loop, &e->timer);
}

/* --- what came of it -------------------------------------------------- */

static bool is_over(const struct entry *e)
{
	return e->expires_at > 0. && e->expires_at <= ev_now(e->keyring->loop);
}

static bool keys_eq(const struct aws_keys *a, const struct aws_keys *b)
{
	return slice_eq(a->access_key_id, b->access_key_id) &&
	    slice_eq(a->secret_access_key, b->secret_access_key) &&
	    slice_eq(a->session_token, b->session_token);
}

/* One line a row of failures, one more when the keys end. */
static void failure_log(struct entry *e)
{
	e->failures++;
	if (e->failures == 1)
		log_line(LOG_WARN, "credentials, %.*s: %s: %.*s",
		    SLICE_ARG(e->label),
		    e->keys == NULL ? "none" :
				      "not renewed, the last ones stay",
		    SLICE_ARG(text_slice(&e->why)));
	if (e->keys == NULL || !is_over(e) || e->told_expired)
		return;
	e->told_expired = true;
	log_line(LOG_ERROR,
	    "credentials, %.*s: they have expired and are not renewed: %.*s",
	    SLICE_ARG(e->label), SLICE_ARG(text_slice(&e->why)));
}

static void look_ended(struct entry *e)
{
	e->refused = false;
	e->looked_ms = clock_ms();
	e->retry_ms = e->looked_ms + (int64_t)(retry_s(e) * 1000.);
	entry_schedule(e);
	entry_tell(e);
}

void entry_failed(struct entry *e)
{
	if (e->source == CREDENTIALS_AUTO && e->keys == NULL)
		entry_tried(e,
		    "write a [credentials] section, or s3_credentials = none "
		    "where the bucket is public");
	failure_log(e);
	look_ended(e);
}

void entry_got(struct entry *e, enum credentials_source from,
    const struct aws_keys *keys, ev_tstamp expires_at)
{
	if (e->keys == NULL || !keys_eq(&e->keys->keys, keys)) {
		struct kept_keys *kept = kept_new(keys);

		if (kept == NULL) {
			entry_tried(e, "no memory for the keys");
			entry_failed(e);
			return;
		}
		entry_wipe(e);
		e->keys = kept;
		e->generation++;
	}
	e->from = from;
	e->expires_at = expires_at;
	if (is_over(e)) {
		/* They may do all the same: a clock may be wrong. */
		entry_tried(e, "those that are given out are over already");
		entry_failed(e);
		return;
	}
	if (e->failures > 0)
		log_line(LOG_INFO, "credentials, %.*s: they are there now",
		    SLICE_ARG(e->label));
	e->failures = 0;
	e->told_expired = false;
	look_ended(e);
}

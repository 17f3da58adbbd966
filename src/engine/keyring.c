/* Which credentials there are, who asks for them and who waits. */
#include "engine/keyring_entry.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "conf/credentials.h"
#include "engine/keyring_round.h"

/* Sources at once, those of older rules among them. */
#define ENTRIES_MAX 1024

#define ENTRY_STRINGS_BYTES (32 * 1024)

/* A key that was fetched that lately is not fetched again for a refusal. */
#define REFUSED_AGAIN_MS 2000

struct slice keyring_source(const struct credentials *c, struct arena *a)
{
	return credentials_where(c, a);
}

/* --- entries ---------------------------------------------------------- */

static bool entry_matches(const struct entry *e, const struct credentials *c)
{
	if (e->source != c->source)
		return false;
	if (c->source == CREDENTIALS_WRITTEN)
		return e->keys != NULL &&
		    slice_eq(e->keys->keys.access_key_id, c->access_key_id) &&
		    slice_eq(e->keys->keys.secret_access_key,
			c->secret_access_key) &&
		    slice_eq(e->keys->keys.session_token, c->session_token);
	return slice_eq(e->profile, c->profile) &&
	    slice_eq(e->credentials_file, c->credentials_file) &&
	    slice_eq(e->config_file, c->config_file);
}

static struct entry *entry_find(
    const struct keyring *k, const struct credentials *c)
{
	for (struct entry *e = k->entries; e != NULL; e = e->next)
		if (entry_matches(e, c))
			return e;
	return NULL;
}

static void entry_free(struct entry *e)
{
	if (e == NULL)
		return;
	round_cancel(e->round);
	ev_timer_stop(e->keyring->loop, &e->timer);
	entry_wipe(e);
	arena_free(e->arena);
	free(e);
}

static void entry_drop(struct entry *e)
{
	struct entry **at = &e->keyring->entries;

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	e->keyring->entry_n--;
	entry_free(e);
}

static struct entry *entry_new(struct keyring *k, const struct credentials *c)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->keyring = k;
	e->source = c->source;
	e->why = text_over(e->why_room, sizeof(e->why_room));
	e->arena = arena_new(ENTRY_STRINGS_BYTES);
	if (e->arena != NULL) {
		e->profile = arena_slice(e->arena, c->profile);
		e->credentials_file =
		    arena_slice(e->arena, c->credentials_file);
		e->config_file = arena_slice(e->arena, c->config_file);
		e->label = arena_slice(e->arena, keyring_source(c, e->arena));
	}
	if (e->label.at == NULL || e->config_file.at == NULL) {
		entry_free(e);
		return NULL;
	}
	return e;
}

/* Looked for, where it is new.  NULL: no memory. */
static struct entry *entry_get(struct keyring *k, const struct credentials *c)
{
	struct entry *e = entry_find(k, c);
	struct aws_keys written = { c->access_key_id, c->secret_access_key,
		c->session_token };

	if (e != NULL || k->entry_n == ENTRIES_MAX)
		return e;
	e = entry_new(k, c);
	if (e == NULL)
		return NULL;
	if (c->source == CREDENTIALS_WRITTEN) {
		entry_got(e, CREDENTIALS_WRITTEN, &written, 0.);
		if (e->keys == NULL) {
			entry_free(e);
			return NULL;
		}
	}
	e->next = k->entries;
	k->entries = e;
	k->entry_n++;
	entry_schedule(e);
	return e;
}

/* Is it time to look for what is not there? */
static bool entry_due(const struct entry *e)
{
	return e->keys == NULL && e->round == NULL &&
	    (e->looked_ms == 0 || clock_ms() >= e->retry_ms);
}

void entry_idle(struct entry *e)
{
	if (!e->used && e->round == NULL && e->waiters == NULL) {
		entry_drop(e);
		return;
	}
	e->used = false;
	entry_schedule(e);
}

/* --- waiting ---------------------------------------------------------- */

void entry_tell(struct entry *e)
{
	/* A list of its own: those who are told may wait again. */
	struct keyring_waiter *told = e->waiters;

	e->waiters = NULL;
	if (told != NULL)
		told->at = &told;
	while (told != NULL) {
		struct keyring_waiter *w = told;

		keyring_leave(w);
		w->ready(w->user);
	}
}

void keyring_wait(struct keyring *k, const struct credentials *credentials,
    struct keyring_waiter *waiter)
{
	struct entry *e = entry_find(k, credentials);

	waiter->next = e->waiters;
	waiter->at = &e->waiters;
	if (waiter->next != NULL)
		waiter->next->at = &waiter->next;
	e->waiters = waiter;
}

void keyring_leave(struct keyring_waiter *waiter)
{
	if (waiter->at == NULL)
		return;
	*waiter->at = waiter->next;
	if (waiter->next != NULL)
		waiter->next->at = waiter->at;
	waiter->next = NULL;
	waiter->at = NULL;
}

/* --- the keyring ------------------------------------------------------ */

struct keyring *keyring_new(
    struct ev_loop *loop, struct multi *multi, char *const environment[])
{
	struct keyring *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return NULL;
	k->loop = loop;
	k->multi = multi;
	k->environment = environment;
	k->ids = request_ids_new();
	return k;
}

void keyring_free(struct keyring *k)
{
	if (k == NULL)
		return;
	while (k->entries != NULL)
		entry_drop(k->entries);
	free(k);
}

void keyring_follow(struct keyring *k, const struct conf *c)
{
	struct entry *next;

	for (struct entry *e = k->entries; e != NULL; e = e->next)
		e->named = false;
	for (size_t i = 0; i < c->credentials_n; i++) {
		struct entry *e = c->credentials[i].source == CREDENTIALS_NONE ?
		    NULL :
		    entry_get(k, &c->credentials[i]);

		if (e != NULL)
			e->named = true;
	}
	for (struct entry *e = k->entries; e != NULL; e = next) {
		next = e->next;
		if (e->named && e->keys == NULL)
			entry_look(e);
		else if (e->named || e->waiters != NULL)
			entry_schedule(e);
		else
			entry_drop(e);
	}
}

static enum keyring_answer missing(
    struct slice why, struct keyring_grant *grant_out)
{
	grant_out->why = why;
	return KEYRING_MISSING;
}

enum keyring_answer keyring_ask(struct keyring *k,
    const struct credentials *credentials, struct slice region, int64_t now_s,
    struct keyring_grant *grant_out)
{
	const struct sigv4_key *key;
	struct entry *e;

	if (credentials->source == CREDENTIALS_NONE)
		return KEYRING_UNSIGNED;
	e = entry_get(k, credentials);
	if (e == NULL)
		return missing(
		    LIT("no memory, or too many credentials at once"),
		    grant_out);
	e->used = true;
	if (entry_due(e))
		entry_look(e);
	if (e->round != NULL && (e->keys == NULL || e->refused))
		return KEYRING_WAIT;
	if (e->keys == NULL)
		return missing(text_slice(&e->why), grant_out);
	key = entry_key(e, region, now_s);
	if (key == NULL)
		return missing(LIT("no key can be derived: no memory, a "
				   "secret that is too long, or libcrypto has "
				   "failed"),
		    grant_out);
	grant_out->identity = (struct sigv4_identity){
		.access_key_id = e->keys->keys.access_key_id,
		.session_token = e->keys->keys.session_token,
		.key = key,
	};
	return KEYRING_READY;
}

bool keyring_refused(struct keyring *k, const struct credentials *credentials,
    struct slice access_key_id)
{
	struct entry *e;
	unsigned generation;

	if (credentials->source == CREDENTIALS_NONE)
		return false;
	e = entry_find(k, credentials);
	if (e == NULL)
		return true; /* wiped meanwhile: found anew */
	if (e->keys == NULL)
		return e->round != NULL;
	if (!slice_eq(e->keys->keys.access_key_id, access_key_id))
		return true;
	if (e->from == CREDENTIALS_WRITTEN ||
	    e->from == CREDENTIALS_ENVIRONMENT)
		return false;
	if (e->round == NULL && clock_ms() - e->looked_ms < REFUSED_AGAIN_MS)
		return false;
	generation = e->generation;
	e->refused = true;
	entry_look(e);
	return e->round != NULL || e->generation != generation;
}

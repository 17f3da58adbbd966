/* Linear probing over atomics. */
#include "shared/slot.h"

#include <string.h>

#include "base/hash.h"

/* Locks inside atomics would be in one process, not in all. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "64-bit atomics take a lock");

#define AHEAD_MS 60000
#define TOUCH_MS 1000

struct slot_key slot_key_of(struct slice text)
{
	struct slot_key key = { .hash = hash64(text) };
	struct slice part = slice_upto(text, sizeof(key.text));

	if (key.hash == 0)
		key.hash = 1;
	if (part.len > 0)
		memcpy(key.text, part.at, part.len);
	return key;
}

static struct slot_head *head_at(const struct slot_table *t, size_t index)
{
	return (void *)((char *)t->first + index * t->stride);
}

static bool is_idle(struct slot_head *h, int64_t now_ms)
{
	int64_t seen = atomic_load_explicit(&h->seen_ms, memory_order_relaxed);

	return seen > now_ms + AHEAD_MS || seen < now_ms - SLOT_IDLE_MS;
}

static bool is_named(struct slot_head *h, const struct slot_key *key)
{
	for (size_t i = 0; i < SLOT_WORDS; i++)
		if (atomic_load_explicit(&h->text[i], memory_order_relaxed) !=
		    key->text[i])
			return false;
	return true;
}

static void touch(struct slot_head *h, int64_t now_ms)
{
	int64_t seen = atomic_load_explicit(&h->seen_ms, memory_order_relaxed);

	/* Not with each look: the line would travel from core to core. */
	if (seen > now_ms || seen < now_ms - TOUCH_MS)
		atomic_store_explicit(
		    &h->seen_ms, now_ms, memory_order_relaxed);
}

static bool take(const struct slot_table *t, struct slot_head *h, uint64_t was,
    const struct slot_key *key, int64_t now_ms)
{
	_Atomic uint64_t *rest = (void *)(h + 1);
	size_t n = (t->stride - sizeof(*h)) / sizeof(*rest);

	/* First, so that nobody takes it for idle while we settle in. */
	atomic_store_explicit(&h->seen_ms, now_ms, memory_order_relaxed);
	if (!atomic_compare_exchange_strong(&h->hash, &was, key->hash))
		return false;
	for (size_t i = 0; i < n; i++)
		atomic_store_explicit(&rest[i], 0, memory_order_relaxed);
	for (size_t i = 0; i < SLOT_WORDS; i++)
		atomic_store_explicit(
		    &h->text[i], key->text[i], memory_order_relaxed);
	return true;
}

/* Free for the taking: noise that bears our hash but not our name is, too,
 * once it is idle. */
static size_t take_any(
    const struct slot_table *t, const struct slot_key *key, int64_t now_ms)
{
	for (size_t i = 0; i < SLOT_PROBES && i < t->n; i++) {
		size_t index = (key->hash + i) % t->n;
		struct slot_head *h = head_at(t, index);
		uint64_t hash = atomic_load(&h->hash);

		if ((hash == 0 || is_idle(h, now_ms)) &&
		    take(t, h, hash, key, now_ms))
			return index;
	}
	return SLOT_NONE;
}

size_t slot_find(
    const struct slot_table *t, const struct slot_key *key, int64_t now_ms)
{
	for (size_t i = 0; i < SLOT_PROBES && i < t->n; i++) {
		size_t index = (key->hash + i) % t->n;
		struct slot_head *h = head_at(t, index);

		if (atomic_load(&h->hash) != key->hash || !is_named(h, key))
			continue;
		touch(h, now_ms);
		return index;
	}
	return take_any(t, key, now_ms);
}

void *slot_at(const struct slot_table *t, size_t index, uint64_t hash)
{
	struct slot_head *h;

	if (index >= t->n)
		return NULL;
	h = head_at(t, index);
	return atomic_load(&h->hash) == hash ? h : NULL;
}

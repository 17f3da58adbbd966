/* The slots of pools. */
#include "shared/pools.h"

#include "shared/layout.h"

#define TRIES 16

/* struct budget in a word: tokens below, time above. */
#define TOKEN_BITS 20
#define TOKEN_MASK ((UINT64_C(1) << TOKEN_BITS) - 1)

_Static_assert(BUDGET_TOKENS_MAX * 1000 <= TOKEN_MASK, "tokens");

#define COUNT_BITS 16

struct pool_handle pool_handle_of(
    struct board *b, const struct slot_key *key, int64_t now_ms)
{
	size_t slot = slot_find(&b->pools, key, now_ms);

	if (slot == SLOT_NONE) {
		slot = slot_find(&b->own_pools, key, now_ms);
		if (slot != SLOT_NONE)
			slot += BOARD_POOLS;
	}
	return (struct pool_handle){ .slot = slot, .hash = key->hash };
}

static struct pool_slot *slot_of(struct board *b, struct pool_handle p)
{
	if (p.slot < BOARD_POOLS)
		return slot_at(&b->pools, p.slot, p.hash);
	if (p.slot == SLOT_NONE)
		return NULL;
	return slot_at(&b->own_pools, p.slot - BOARD_POOLS, p.hash);
}

uint64_t pool_ticket(struct board *b, struct pool_handle p)
{
	struct pool_slot *at = slot_of(b, p);

	if (at == NULL)
		return b->ticket++;
	return atomic_fetch_add_explicit(&at->ticket, 1, memory_order_relaxed);
}

/* ---- the budget ---- */

static struct budget unpack_budget(uint64_t word)
{
	return (struct budget){ .tokens_milli = (uint32_t)(word & TOKEN_MASK),
		.at_ms = (int64_t)(word >> TOKEN_BITS) };
}

static uint64_t pack_budget(struct budget b)
{
	return (uint64_t)b.at_ms << TOKEN_BITS | b.tokens_milli;
}

void pool_request(struct board *b, struct pool_handle p,
    const struct budget_rules *rules, int64_t now_ms)
{
	struct pool_slot *at = slot_of(b, p);
	uint64_t was;

	if (at == NULL)
		return;
	was = atomic_load(&at->budget);
	for (int tries = 0; tries < TRIES; tries++) {
		struct budget budget = unpack_budget(was);

		budget_request(&budget, rules, now_ms);
		if (atomic_compare_exchange_strong(
			&at->budget, &was, pack_budget(budget)))
			return;
	}
}

bool pool_retry(struct board *b, struct pool_handle p,
    const struct budget_rules *rules, int64_t now_ms)
{
	struct pool_slot *at = slot_of(b, p);
	uint64_t was;

	if (at == NULL)
		return false;
	was = atomic_load(&at->budget);
	for (int tries = 0; tries < TRIES; tries++) {
		struct budget budget = unpack_budget(was);
		bool taken = budget_take(&budget, rules, now_ms);

		if (atomic_compare_exchange_strong(
			&at->budget, &was, pack_budget(budget)))
			return taken;
	}
	return false;
}

/* ---- the circuit ---- */

static struct breaker_counts unpack_counts(uint64_t word, int64_t began_ms)
{
	return (struct breaker_counts){ .began_ms = began_ms,
		.requests = word & BREAKER_COUNT_MAX,
		.errors = word >> COUNT_BITS & BREAKER_COUNT_MAX,
		.slow = word >> 2 * COUNT_BITS & BREAKER_COUNT_MAX };
}

static uint64_t pack_counts(const struct breaker_counts *c)
{
	return (uint64_t)c->slow << 2 * COUNT_BITS |
	    (uint64_t)c->errors << COUNT_BITS | c->requests;
}

/* The time is not of one piece with the counts: at the turn of a window some
 * may be counted into the wrong one. */
static bool count(struct pool_slot *at, const struct breaker_rules *rules,
    bool ok, int64_t latency_ms, int64_t now_ms)
{
	uint64_t was = atomic_load(&at->counts);

	for (int tries = 0; tries < TRIES; tries++) {
		int64_t began = atomic_load(&at->counts_ms);
		struct breaker_counts c = unpack_counts(was, began);
		bool trips = breaker_count(&c, rules, ok, latency_ms, now_ms);

		if (!atomic_compare_exchange_strong(
			&at->counts, &was, pack_counts(&c)))
			continue;
		if (c.began_ms != began)
			atomic_store(&at->counts_ms, c.began_ms);
		return trips;
	}
	return false;
}

struct health pool_circuit(struct board *b, struct pool_handle p,
    const struct breaker_rules *rules, int64_t now_ms)
{
	struct pool_slot *at = slot_of(b, p);

	if (at == NULL)
		return (struct health){ 0 };
	return health_word_read(&at->breaker, &rules->rest, now_ms);
}

bool pool_try(struct board *b, struct pool_handle p,
    const struct breaker_rules *rules, int64_t now_ms)
{
	struct pool_slot *at = slot_of(b, p);

	return at != NULL &&
	    health_word_try(&at->breaker, &rules->rest, now_ms);
}

enum health_change pool_outcome(struct board *b, struct pool_handle p,
    const struct breaker_rules *rules, bool ok, bool trial, int64_t latency_ms,
    int64_t now_ms, uint64_t random)
{
	struct pool_slot *at = slot_of(b, p);

	if (at == NULL)
		return HEALTH_SAME;
	if (trial)
		return health_word_outcome(
		    &at->breaker, &rules->rest, ok, true, now_ms, random);
	if (pool_circuit(b, p, rules, now_ms).state != HEALTH_GOOD ||
	    !count(at, rules, ok, latency_ms, now_ms))
		return HEALTH_SAME;
	return health_word_take_out(&at->breaker, &rules->rest, now_ms, random);
}

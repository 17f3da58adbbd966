/* The slots of servers. */
#include "shared/servers.h"

#include "shared/layout.h"

#define LATENCY_MAX_US INT64_C(3600000000)
#define PROBE_TRIES    16

/* struct probed in a word. */
#define RUN_BITS 8
#define RUN_MAX  ((1U << RUN_BITS) - 1)

struct server_handle server_handle_of(
    struct board *b, const struct slot_key *address, int64_t now_ms)
{
	size_t slot = slot_find(&b->servers, address, now_ms);

	if (slot == SLOT_NONE) {
		slot = slot_find(&b->own_servers, address, now_ms);
		if (slot != SLOT_NONE)
			slot += BOARD_SERVERS;
	}
	return (struct server_handle){ .slot = slot, .hash = address->hash };
}

/* NULL: it lost its slot, or has none. */
static struct server_slot *slot_of(struct board *b, struct server_handle s)
{
	if (s.slot < BOARD_SERVERS)
		return slot_at(&b->servers, s.slot, s.hash);
	if (s.slot == SLOT_NONE)
		return NULL;
	return slot_at(&b->own_servers, s.slot - BOARD_SERVERS, s.hash);
}

/* Our own requests to it; NULL where another server has the slot by now. */
static struct own_count *count_of(struct board *b, struct server_handle s)
{
	if (s.slot >= BOARD_SERVERS + OWN_SERVERS ||
	    b->counts[s.slot].hash != s.hash)
		return NULL;
	return &b->counts[s.slot];
}

/* ---- probes ---- */

static uint64_t pack_probed(struct probed p)
{
	return (uint64_t)p.at_ms << (RUN_BITS + 1) |
	    (uint64_t)(p.run < RUN_MAX ? p.run : RUN_MAX) << 1 | p.down;
}

static struct probed unpack_probed(uint64_t word, int64_t now_ms)
{
	struct probed p = { .down = word & 1,
		.run = word >> 1 & RUN_MAX,
		.at_ms = (int64_t)(word >> (RUN_BITS + 1)) };

	return p.at_ms > now_ms ? (struct probed){ 0 } : p;
}

static uint64_t lease_of(struct board *b, int64_t end_ms)
{
	return (uint64_t)b->tag << 32 | (uint32_t)end_ms;
}

static bool is_leased(uint64_t lease, int64_t now_ms)
{
	uint32_t left = (uint32_t)lease - (uint32_t)now_ms;

	return lease != 0 && left > 0 && left <= PROBE_LEASE_MAX_MS;
}

static bool is_due(struct server_slot *at, int64_t interval_ms, int64_t now_ms)
{
	struct probed p = unpack_probed(atomic_load(&at->probed), now_ms);

	return p.at_ms == 0 || now_ms - p.at_ms >= interval_ms;
}

bool server_probe_begin(struct board *b, struct server_handle s,
    int64_t interval_ms, int64_t lease_ms, int64_t now_ms)
{
	struct server_slot *at = slot_of(b, s);
	uint64_t was;
	uint64_t ours;

	if (at == NULL || !is_due(at, interval_ms, now_ms))
		return false;
	was = atomic_load(&at->lease);
	ours = lease_of(b,
	    now_ms +
		(lease_ms < PROBE_LEASE_MAX_MS ? lease_ms :
						 PROBE_LEASE_MAX_MS));
	if (is_leased(was, now_ms) ||
	    !atomic_compare_exchange_strong(&at->lease, &was, ours))
		return false;
	/* Another may have probed between the look and the lease. */
	if (is_due(at, interval_ms, now_ms))
		return true;
	atomic_compare_exchange_strong(&at->lease, &ours, 0);
	return false;
}

enum health_change server_probe_end(struct board *b, struct server_handle s,
    bool ok, const struct health_rules *rules, int64_t now_ms)
{
	struct server_slot *at = slot_of(b, s);
	enum health_change change = HEALTH_SAME;
	uint64_t lease;
	uint64_t was;

	if (at == NULL)
		return HEALTH_SAME;
	lease = atomic_load(&at->lease);
	if (lease >> 32 != b->tag)
		return HEALTH_SAME;
	was = atomic_load(&at->probed);
	for (int tries = 0; tries < PROBE_TRIES; tries++) {
		struct probed p = unpack_probed(was, now_ms);

		change = probed_outcome(&p, rules, ok, now_ms);
		if (atomic_compare_exchange_strong(
			&at->probed, &was, pack_probed(p)))
			break;
		change = HEALTH_SAME;
	}
	atomic_compare_exchange_strong(&at->lease, &lease, 0);
	return change;
}

/* ---- requests ---- */

void server_read(struct board *b, struct server_handle s,
    const struct health_rules *rules, int64_t now_ms,
    struct server_view *view_out)
{
	struct server_slot *at = slot_of(b, s);
	struct own_count *own = count_of(b, s);
	uint64_t latency;

	*view_out = (struct server_view){ 0 };
	if (own != NULL)
		view_out->in_flight = own->n;
	if (at == NULL)
		return;
	view_out->in_flight += board_others(b, s.slot, now_ms);
	view_out->health = health_word_read(&at->health, rules, now_ms);
	view_out->probed = unpack_probed(atomic_load(&at->probed), now_ms);
	latency = atomic_load_explicit(&at->latency_us, memory_order_relaxed);
	view_out->latency_us = latency <= LATENCY_MAX_US ? (int64_t)latency : 0;
	view_out->requests =
	    atomic_load_explicit(&at->requests, memory_order_relaxed);
	view_out->failures =
	    atomic_load_explicit(&at->failures, memory_order_relaxed);
}

void server_begin(struct board *b, struct server_handle s, int64_t now_ms)
{
	struct server_slot *at = slot_of(b, s);

	if (at == NULL)
		return;
	if (b->counts[s.slot].hash != s.hash)
		b->counts[s.slot] = (struct own_count){ .hash = s.hash };
	b->counts[s.slot].n++;
	board_publish(b, s.slot, now_ms);
	atomic_fetch_add_explicit(&at->requests, 1, memory_order_relaxed);
}

/* An eighth of the new; what two processes write at once may count once. */
static void smooth(struct server_slot *at, int64_t latency_us)
{
	uint64_t old =
	    atomic_load_explicit(&at->latency_us, memory_order_relaxed);
	int64_t fresh =
	    latency_us < LATENCY_MAX_US ? latency_us : LATENCY_MAX_US;

	if (old != 0 && old <= LATENCY_MAX_US)
		fresh = (int64_t)old + (fresh - (int64_t)old) / 8;
	atomic_store_explicit(
	    &at->latency_us, (uint64_t)fresh, memory_order_relaxed);
}

enum health_change server_end(struct board *b, struct server_handle s,
    const struct server_outcome *outcome, const struct health_rules *rules,
    int64_t now_ms, uint64_t random)
{
	struct server_slot *at = slot_of(b, s);
	struct own_count *own = count_of(b, s);

	if (own != NULL && own->n > 0) {
		own->n--;
		if (at != NULL)
			board_publish(b, s.slot, now_ms);
	}
	if (at == NULL || !outcome->counts)
		return HEALTH_SAME;
	if (outcome->latency_us >= 0)
		smooth(at, outcome->latency_us);
	if (!outcome->ok)
		atomic_fetch_add_explicit(
		    &at->failures, 1, memory_order_relaxed);
	return health_word_outcome(
	    &at->health, rules, outcome->ok, outcome->trial, now_ms, random);
}

bool server_try(struct board *b, struct server_handle s,
    const struct health_rules *rules, int64_t now_ms)
{
	struct server_slot *at = slot_of(b, s);

	return at != NULL && health_word_try(&at->health, rules, now_ms);
}

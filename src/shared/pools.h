/* What the processes know of each pool: whose turn it is, how many retries
 * are left, whether the circuit is open.  Advice, as in shared/servers.h. */
#ifndef SHARED_POOLS_H
#define SHARED_POOLS_H

#include "policy/breaker.h"
#include "policy/retry.h"
#include "shared/board.h"
#include "shared/slot.h"

struct pool_handle {
	size_t slot;
	uint64_t hash;
};

/* The key is a text that stays the same when rules are moved about, such as
 * the addresses of its servers. */
struct pool_handle pool_handle_of(
    struct board *b, const struct slot_key *key, int64_t now_ms);

/* For policy/pick.h: another for each call in any process. */
uint64_t pool_ticket(struct board *b, struct pool_handle p);

/* The budget: a request is counted in, a retry is asked for.  A pool without
 * a slot has none to give. */
void pool_request(struct board *b, struct pool_handle p,
    const struct budget_rules *rules, int64_t now_ms);
bool pool_retry(struct board *b, struct pool_handle p,
    const struct budget_rules *rules, int64_t now_ms);

/* The circuit, by policy/breaker.h; rules->rest.fail_after is to be 1.  Where
 * it ADMITS_TRIAL, pool_try() is to be won first. */
struct health pool_circuit(struct board *b, struct pool_handle p,
    const struct breaker_rules *rules, int64_t now_ms);
bool pool_try(struct board *b, struct pool_handle p,
    const struct breaker_rules *rules, int64_t now_ms);
enum health_change pool_outcome(struct board *b, struct pool_handle p,
    const struct breaker_rules *rules, bool ok, bool trial, int64_t latency_ms,
    int64_t now_ms, uint64_t random);

#endif

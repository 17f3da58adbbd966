/* The conditions in the order in which they are told. */
#include "policy/retry.h"

#include <stddef.h>

/* What a fault says: is it the server's doing, and may another one do better?
 * Where neither is named the fault is ours or the client's. */
static const struct {
	bool servers;
	bool elsewhere;
} kinds[FAULT_N] = {
	[FAULT_DNS_TIMEOUT] = { true, true },
	[FAULT_DNS_ERROR] = { true, true },
	[FAULT_DESTINATION_IP_UNROUTABLE] = { true, true },
	[FAULT_CONNECTION_REFUSED] = { true, true },
	[FAULT_CONNECTION_TERMINATED] = { true, true },
	[FAULT_CONNECTION_TIMEOUT] = { true, true },
	[FAULT_CONNECTION_READ_TIMEOUT] = { true, true },
	[FAULT_CONNECTION_WRITE_TIMEOUT] = { true, true },
	[FAULT_CONNECTION_LIMIT_REACHED] = { false, true },
	[FAULT_TLS_PROTOCOL_ERROR] = { true, true },
	[FAULT_TLS_CERTIFICATE_ERROR] = { true, true },
	[FAULT_HTTP_RESPONSE_INCOMPLETE] = { true, true },
	[FAULT_HTTP_RESPONSE_TIMEOUT] = { true, true },
	[FAULT_HTTP_UPGRADE_FAILED] = { true, true },
	[FAULT_HTTP_PROTOCOL_ERROR] = { true, true },
	[FAULT_HTTP_RESPONSE_HEADER_SECTION_SIZE] = { true, true },
	/* One page's trouble, and the same on every server. */
	[FAULT_HTTP_RESPONSE_CONTENT_CODING] = { false, false },
};

static bool was_stale(const struct attempt *a)
{
	return a->fault == FAULT_CONNECTION_TERMINATED && a->reused &&
	    !a->response_begun;
}

enum retry retry_may(const struct attempt *a, unsigned max)
{
	if (a->fault == FAULT_NONE && !a->status_listed)
		return RETRY_NO_NEED;
	if (a->fault != FAULT_NONE && !kinds[a->fault].elsewhere)
		return RETRY_NO_USE;
	if (a->response_begun)
		return RETRY_BEGUN;
	/* A status is an answer to what was sent. */
	if (!a->idempotent && (a->sent || a->fault == FAULT_NONE))
		return RETRY_NOT_SAFE;
	if (!a->content_whole)
		return RETRY_CONTENT;
	if (a->number > max)
		return RETRY_ENOUGH;
	return RETRY_YES;
}

bool attempt_blames_server(const struct attempt *a)
{
	if (a->fault == FAULT_NONE)
		return a->status_listed;
	return kinds[a->fault].servers && !was_stale(a);
}

bool attempt_same_server(const struct attempt *a)
{
	return was_stale(a);
}

/* ---- the budget ---- */

#define TOKEN 1000

/* Long enough to fill any bucket, short enough to multiply with. */
#define ELAPSED_MAX_MS 10000000

static void put_in(
    struct budget *b, const struct budget_rules *rules, uint64_t milli)
{
	unsigned burst =
	    rules->burst < BUDGET_TOKENS_MAX ? rules->burst : BUDGET_TOKENS_MAX;
	uint64_t full = (uint64_t)burst * TOKEN;

	milli += b->tokens_milli;
	b->tokens_milli = (uint32_t)(milli < full ? milli : full);
}

static void pass_time(
    struct budget *b, const struct budget_rules *rules, int64_t now_ms)
{
	int64_t elapsed = 0;

	if (b->at_ms == 0)
		put_in(b, rules, BUDGET_TOKENS_MAX * TOKEN);
	if (b->at_ms > 0 && b->at_ms < now_ms)
		elapsed = now_ms - b->at_ms;
	if (elapsed > ELAPSED_MAX_MS)
		elapsed = ELAPSED_MAX_MS;
	put_in(b, rules, (uint64_t)elapsed * rules->floor_per_s);
	b->at_ms = now_ms;
}

void budget_request(
    struct budget *b, const struct budget_rules *rules, int64_t now_ms)
{
	pass_time(b, rules, now_ms);
	put_in(b, rules, (uint64_t)rules->percent * TOKEN / 100);
}

bool budget_take(
    struct budget *b, const struct budget_rules *rules, int64_t now_ms)
{
	pass_time(b, rules, now_ms);
	if (b->tokens_milli < TOKEN)
		return false;
	b->tokens_milli -= TOKEN;
	return true;
}

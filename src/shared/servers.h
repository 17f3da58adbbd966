/* What the processes know of each server, and tell each other.
 *
 * All of it is advice: what is read is bounded, a slot that was lost to
 * another server is found again, and a server for which no table has room is
 * one of which nothing is known. */
#ifndef SHARED_SERVERS_H
#define SHARED_SERVERS_H

#include "policy/health.h"
#include "shared/board.h"
#include "shared/slot.h"

/* A server, as long as a request lasts.  Cheap to copy, safe to keep: that it
 * is still the same server is seen to with each use. */
struct server_handle {
	size_t slot;
	uint64_t hash;
};

struct server_view {
	struct health health;
	struct probed probed;
	unsigned in_flight; /* of all processes */
	int64_t latency_us; /* smoothed; 0: not known */
	uint64_t requests;  /* since its slot was taken; for the eye alone */
	uint64_t failures;
};

struct server_outcome {
	bool counts; /* it says something of the server */
	bool ok;
	bool trial;         /* server_try() was won for it */
	int64_t latency_us; /* until the first byte; below 0: none came */
};

struct server_handle server_handle_of(
    struct board *b, const struct slot_key *address, int64_t now_ms);

void server_read(struct board *b, struct server_handle s,
    const struct health_rules *rules, int64_t now_ms,
    struct server_view *view_out);

/* A request is sent; each server_begin() has its server_end(), which tells
 * whether the server's state changed, for the log.  Where a maximum is to be
 * kept, read in_flight after server_begin(), and end it again where it is too
 * many: two processes may have seen the same last place free before. */
void server_begin(struct board *b, struct server_handle s, int64_t now_ms);
enum health_change server_end(struct board *b, struct server_handle s,
    const struct server_outcome *outcome, const struct health_rules *rules,
    int64_t now_ms, uint64_t random);

/* The trial that policy/pick.h asks for; of all processes one gets it. */
bool server_try(struct board *b, struct server_handle s,
    const struct health_rules *rules, int64_t now_ms);

/* ---- probes ---- */

#define PROBE_LEASE_MAX_MS 600000

/* True for one process an interval: it is to probe now and call
 * server_probe_end() within lease_ms; else the next one may. */
bool server_probe_begin(struct board *b, struct server_handle s,
    int64_t interval_ms, int64_t lease_ms, int64_t now_ms);
enum health_change server_probe_end(struct board *b, struct server_handle s,
    bool ok, const struct health_rules *rules, int64_t now_ms);

#endif

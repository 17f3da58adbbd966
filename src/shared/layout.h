/* Where things lie in the region; for this room alone.  Each change here
 * counts BOARD_LAYOUT up. */
#ifndef SHARED_LAYOUT_H
#define SHARED_LAYOUT_H

#include <stdalign.h>

#include "shared/board.h"
#include "shared/health_word.h"
#include "shared/slot.h"

#define LINE_BYTES 64

struct server_slot {
	alignas(LINE_BYTES) struct slot_head head;
	struct health_word health;
	_Atomic uint64_t probed; /* struct probed */
	_Atomic uint64_t lease;  /* of the probe: tag, end */
	_Atomic uint64_t latency_us;
	_Atomic uint64_t requests;
	_Atomic uint64_t failures;
};

struct pool_slot {
	alignas(LINE_BYTES) struct slot_head head;
	struct health_word breaker;
	_Atomic uint64_t ticket;
	_Atomic uint64_t budget;   /* struct budget */
	_Atomic uint64_t counts;   /* struct breaker_counts */
	_Atomic int64_t counts_ms; /* when they began */
};

struct layout {
	_Atomic uint64_t rows[BOARD_ROWS]; /* tag, end in seconds */
	_Atomic uint64_t rows_used;        /* no row behind it is taken */
	_Atomic uint64_t secret[4];        /* 0: not made yet */
	struct server_slot servers[BOARD_SERVERS];
	struct pool_slot pools[BOARD_POOLS];
	/* Requests under way: a row each, beside each other for the sum. */
	alignas(LINE_BYTES) _Atomic uint32_t cells[BOARD_SERVERS][BOARD_ROWS];
};

/* Where the tables of the region are full. */
#define OWN_SERVERS 64
#define OWN_POOLS   16

/* Requests of this process, the truth of which the cells are a copy. */
struct own_count {
	uint64_t hash;
	unsigned n;
};

struct board {
	struct layout *shared;
	uint32_t tag;
	size_t row; /* BOARD_ROWS: none */
	struct slot_table servers;
	struct slot_table own_servers; /* indexes follow the others */
	struct slot_table pools;
	struct slot_table own_pools;
	struct own_count counts[BOARD_SERVERS + OWN_SERVERS];
	uint64_t ticket; /* of a pool without a slot */
	struct server_slot server_room[OWN_SERVERS];
	struct pool_slot pool_room[OWN_POOLS];
};

/* Writes the process's own count into its cell. */
void board_publish(struct board *b, size_t server, int64_t now_ms);

/* What all others have under way there. */
unsigned board_others(struct board *b, size_t server, int64_t now_ms);

#endif

/* What one process holds of the region: where things lie in it, and who the
 * process is to the others.
 *
 * A process has a row, so that what it says of itself (its requests under way)
 * can be told from what others say, and runs out when it does not come by: a
 * process that is killed leaves nothing behind for longer than BOARD_LIFE_MS.
 * More processes than rows: the rest count for themselves alone.
 *
 * Times are those of the steady clock, which all processes of one host read
 * alike.  After a restart of the host it begins anew: what lies in the future
 * or too far back is then as good as noise, and read as such. */
#ifndef SHARED_BOARD_H
#define SHARED_BOARD_H

#include "base/slice.h"

struct board;
struct region;

/* Counted up with every change of the layout. */
#define BOARD_LAYOUT 1

#define BOARD_SERVERS 1024
#define BOARD_POOLS   256
#define BOARD_ROWS    256

#define BOARD_TICK_MS 2000
#define BOARD_LIFE_MS 15000

/* What region_open() is to be asked for. */
size_t board_bytes(void);

/* The region is borrowed.  tag: another for each process, and not 0; random,
 * or a hash of process id and time.  NULL: no memory.  Caller frees. */
struct board *board_new(struct region *r, uint32_t tag, int64_t now_ms);

/* Takes back what it said.  Accepts NULL. */
void board_free(struct board *b);

/* 32 bytes that all processes have in common and nobody else: made of `random`
 * by the first that asks.  Another after the region was lost. */
#define BOARD_SECRET_BYTES 32
void board_secret(struct board *b, const uint64_t random[4],
    unsigned char secret_out[BOARD_SECRET_BYTES]);

/* To be called every BOARD_TICK_MS, and after region_refresh() said true. */
void board_tick(struct board *b, int64_t now_ms);

#endif

/* Rows and cells. */
#include "shared/board.h"

#include <stdlib.h>
#include <string.h>

#include "shared/layout.h"
#include "shared/region.h"

/* A cell: the count in the low bits, the second it was written above. */
#define COUNT_BITS   12
#define COUNT_MAX    ((1U << COUNT_BITS) - 1)
#define SECONDS_MASK (UINT32_MAX >> COUNT_BITS)
#define LIFE_S       (BOARD_LIFE_MS / 1000)

size_t board_bytes(void)
{
	return sizeof(struct layout);
}

static uint32_t seconds(int64_t now_ms)
{
	return (uint32_t)(now_ms / 1000);
}

/* ---- rows ---- */

static uint64_t row_of(uint32_t tag, int64_t now_ms)
{
	return (uint64_t)tag << 32 | (uint32_t)(seconds(now_ms) + LIFE_S);
}

static bool is_taken(uint64_t row, int64_t now_ms)
{
	/* Unsigned, so an end that passed is far ahead. */
	return row >> 32 != 0 && (uint32_t)row - seconds(now_ms) <= LIFE_S;
}

static void claim_row(struct board *b, int64_t now_ms)
{
	uint64_t ours = row_of(b->tag, now_ms);

	for (b->row = 0; b->row < BOARD_ROWS; b->row++) {
		uint64_t was = atomic_load(&b->shared->rows[b->row]);

		if (!is_taken(was, now_ms) &&
		    atomic_compare_exchange_strong(
			&b->shared->rows[b->row], &was, ours))
			return;
	}
}

static void renew_row(struct board *b, int64_t now_ms)
{
	uint64_t used = atomic_load(&b->shared->rows_used);
	uint64_t was =
	    b->row < BOARD_ROWS ? atomic_load(&b->shared->rows[b->row]) : 0;

	if (was >> 32 != b->tag ||
	    !atomic_compare_exchange_strong(
		&b->shared->rows[b->row], &was, row_of(b->tag, now_ms)))
		claim_row(b, now_ms);
	while (b->row < BOARD_ROWS && (used <= b->row || used > BOARD_ROWS) &&
	    !atomic_compare_exchange_weak(
		&b->shared->rows_used, &used, b->row + 1))
		;
}

/* ---- cells ---- */

void board_publish(struct board *b, size_t server, int64_t now_ms)
{
	unsigned n = b->counts[server].n;
	uint32_t cell = n < COUNT_MAX ? n : COUNT_MAX;

	if (server >= BOARD_SERVERS || b->row >= BOARD_ROWS)
		return;
	if (n > 0)
		cell |= (seconds(now_ms) & SECONDS_MASK) << COUNT_BITS;
	/* In one order with what others read, so that of two that count
	 * themselves in at least one sees the other. */
	atomic_store(&b->shared->cells[server][b->row], cell);
}

static bool is_fresh(uint32_t cell, int64_t now_ms)
{
	/* A second ahead: another process looked at its clock after us. */
	return ((seconds(now_ms) + 1 - (cell >> COUNT_BITS)) & SECONDS_MASK) <=
	    LIFE_S + 1;
}

unsigned board_others(struct board *b, size_t server, int64_t now_ms)
{
	uint64_t used =
	    atomic_load_explicit(&b->shared->rows_used, memory_order_relaxed);
	unsigned sum = 0;

	if (server >= BOARD_SERVERS)
		return 0;
	for (size_t row = 0; row < used && row < BOARD_ROWS; row++) {
		_Atomic uint32_t *at = &b->shared->cells[server][row];
		uint32_t cell = atomic_load(at);

		if (cell == 0 || row == b->row)
			continue;
		if (is_fresh(cell, now_ms))
			sum += cell & COUNT_MAX;
		else
			/* Else its second would come round again. */
			atomic_compare_exchange_strong(at, &cell, 0);
	}
	return sum;
}

/* ---- the board ---- */

struct board *board_new(struct region *r, uint32_t tag, int64_t now_ms)
{
	struct board *b = aligned_alloc(LINE_BYTES, sizeof(*b));
	struct layout *l = region_bytes(r);

	if (b == NULL)
		return NULL;
	*b = (struct board){ .shared = l,
		.tag = tag == 0 ? 1 : tag,
		.row = BOARD_ROWS,
		.ticket = tag };
	b->servers = (struct slot_table){ l->servers, sizeof(l->servers[0]),
		BOARD_SERVERS };
	b->own_servers = (struct slot_table){ b->server_room,
		sizeof(b->server_room[0]), OWN_SERVERS };
	b->pools =
	    (struct slot_table){ l->pools, sizeof(l->pools[0]), BOARD_POOLS };
	b->own_pools = (struct slot_table){ b->pool_room,
		sizeof(b->pool_room[0]), OWN_POOLS };
	board_tick(b, now_ms);
	return b;
}

void board_free(struct board *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < BOARD_SERVERS && b->row < BOARD_ROWS; i++)
		if (b->counts[i].n > 0)
			atomic_store(&b->shared->cells[i][b->row], 0);
	if (b->row < BOARD_ROWS)
		atomic_store(&b->shared->rows[b->row], 0);
	free(b);
}

void board_secret(struct board *b, const uint64_t random[4],
    unsigned char secret_out[BOARD_SECRET_BYTES])
{
	for (size_t i = 0; i < 4; i++) {
		_Atomic uint64_t *at = &b->shared->secret[i];
		uint64_t was = 0;
		uint64_t ours = random[i] == 0 ? 1 : random[i];

		/* Of two at once, each word is the first one's to both. */
		if (atomic_compare_exchange_strong(at, &was, ours))
			was = ours;
		memcpy(secret_out + i * sizeof(was), &was, sizeof(was));
	}
}

void board_tick(struct board *b, int64_t now_ms)
{
	renew_row(b, now_ms);
	for (size_t i = 0; i < BOARD_SERVERS; i++)
		if (b->counts[i].n > 0 &&
		    slot_at(&b->servers, i, b->counts[i].hash) != NULL)
			board_publish(b, i, now_ms);
}

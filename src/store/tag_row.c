/* Places, and what is everyone's. */
#include "store/tag_row.h"

#include "base/little.h"

#define BITS      20
#define BITS_MASK ((UINT64_C(1) << BITS) - 1)

static uint64_t generation_of(uint64_t place)
{
	return place >> BITS;
}

static bool is_of(uint64_t place, uint64_t hash)
{
	return place != 0 && (place & BITS_MASK) == hash >> (64 - BITS);
}

void tag_row_read(struct tag_row *row_out, const char *bytes)
{
	for (size_t i = 0; i < TAG_ROW_PLACES; i++, bytes += 8)
		row_out->places[i] = little_u64(bytes);
	row_out->everyones = little_u64(bytes);
}

void tag_row_write(const struct tag_row *row, char *bytes)
{
	for (size_t i = 0; i < TAG_ROW_PLACES; i++, bytes += 8)
		little_put_u64(bytes, row->places[i]);
	little_put_u64(bytes, row->everyones);
}

/* The tag's own place, or else that of whoever was purged longest ago, a free
 * one's before any other. */
static uint64_t *find_place(struct tag_row *row, uint64_t hash)
{
	uint64_t *oldest = &row->places[0];

	for (size_t i = 0; i < TAG_ROW_PLACES; i++) {
		if (is_of(row->places[i], hash))
			return &row->places[i];
		if (generation_of(row->places[i]) < generation_of(*oldest))
			oldest = &row->places[i];
	}
	return oldest;
}

void tag_row_purge(struct tag_row *row, uint64_t hash, uint64_t generation)
{
	uint64_t *place = find_place(row, hash);

	if (!is_of(*place, hash) && generation_of(*place) > row->everyones)
		row->everyones = generation_of(*place);
	*place = generation << BITS | hash >> (64 - BITS);
}

bool tag_row_voids(
    const struct tag_row *row, uint64_t hash, uint64_t generation)
{
	if (row->everyones > generation)
		return true;
	for (size_t i = 0; i < TAG_ROW_PLACES; i++)
		if (is_of(row->places[i], hash))
			return generation_of(row->places[i]) > generation;
	return false;
}

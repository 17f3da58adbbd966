/* Adding, merging, asking, and the bytes of it. */
#include "store/purge_list.h"

#include <stdlib.h>

#include "base/little.h"
#include "base/text.h"
#include "store/sum.h"

#define MAGIC     UINT64_C(0x3167727570727066) /* "fprpurg1" */
#define AT_SUM    8
#define AT_ROWS   16
#define ROW_BYTES 12

static bool covers(const struct purge_row *a, const struct purge_row *b)
{
	return a->generation >= b->generation &&
	    slice_starts(b->prefix, a->prefix);
}

static void drop_covered(struct purge_list *l, const struct purge_row *by)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++)
		if (!covers(by, &l->at[i]))
			l->at[kept++] = l->at[i];
	l->n = kept;
}

static int by_prefix(const void *a, const void *b)
{
	const struct purge_row *x = a;
	const struct purge_row *y = b;

	return slice_compare(x->prefix, y->prefix);
}

static size_t common(struct slice a, struct slice b)
{
	size_t n = 0;

	while (n < a.len && n < b.len && a.at[n] == b.at[n])
		n++;
	return n;
}

/* One row less.  Sorted, those with most in common are neighbours. */
static void merge_two(struct purge_list *l)
{
	size_t best = 0;
	size_t most = 0;
	struct purge_row both;

	qsort(l->at, l->n, sizeof(l->at[0]), by_prefix);
	for (size_t i = 0; i + 1 < l->n; i++) {
		size_t n = common(l->at[i].prefix, l->at[i + 1].prefix);

		if (n > most) {
			most = n;
			best = i;
		}
	}
	both = l->at[best];
	both.prefix = slice_upto(both.prefix, most);
	if (l->at[best + 1].generation > both.generation)
		both.generation = l->at[best + 1].generation;
	/* Both are covered by it, and so is whatever stands below it. */
	drop_covered(l, &both);
	l->at[l->n++] = both;
}

void purge_list_add(
    struct purge_list *l, struct slice prefix, uint64_t generation)
{
	struct purge_row row = { generation,
		slice_upto(prefix, PURGE_PREFIX_MAX) };

	for (size_t i = 0; i < l->n; i++)
		if (covers(&l->at[i], &row))
			return;
	drop_covered(l, &row);
	if (l->n == PURGE_ROWS_MAX)
		merge_two(l);
	l->at[l->n++] = row;
}

bool purge_list_voids(
    const struct purge_list *l, struct slice key, uint64_t generation)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->at[i].generation > generation &&
		    slice_starts(key, l->at[i].prefix))
			return true;
	return false;
}

uint64_t purge_list_newest(const struct purge_list *l)
{
	uint64_t newest = 0;

	for (size_t i = 0; i < l->n; i++)
		if (l->at[i].generation > newest)
			newest = l->at[i].generation;
	return newest;
}

static void add_u32(struct text *t, uint32_t value)
{
	char bytes[4];

	little_put_u32(bytes, value);
	text_add(t, (struct slice){ bytes, sizeof(bytes) });
}

static void add_u64(struct text *t, uint64_t value)
{
	add_u32(t, (uint32_t)value);
	add_u32(t, (uint32_t)(value >> 32));
}

static uint64_t sum_of(struct slice bytes)
{
	struct sum sum = sum_new();

	sum_add(&sum, slice_from(bytes, AT_ROWS));
	return sum_value(&sum);
}

void purge_list_write(const struct purge_list *l, struct text *t)
{
	add_u64(t, MAGIC);
	add_u64(t, 0);
	add_u32(t, (uint32_t)l->n);
	for (size_t i = 0; i < l->n; i++) {
		add_u64(t, l->at[i].generation);
		add_u32(t, (uint32_t)l->at[i].prefix.len);
		text_add(t, l->at[i].prefix);
	}
	if (!text_spent(t))
		little_put_u64(t->at + AT_SUM, sum_of(text_slice(t)));
}

static bool take_row(struct slice *rest, struct purge_row *row)
{
	size_t len;

	if (rest->len < ROW_BYTES)
		return false;
	row->generation = little_u64(rest->at);
	len = little_u32(rest->at + 8);
	*rest = slice_from(*rest, ROW_BYTES);
	if (len > rest->len || len > PURGE_PREFIX_MAX)
		return false;
	row->prefix = slice_upto(*rest, len);
	*rest = slice_from(*rest, len);
	return true;
}

bool purge_list_read(struct slice bytes, struct purge_list *list_out)
{
	struct slice rest = slice_from(bytes, AT_ROWS + 4);
	uint32_t n;

	if (bytes.len < AT_ROWS + 4 || little_u64(bytes.at) != MAGIC ||
	    sum_of(bytes) != little_u64(bytes.at + AT_SUM))
		return false;
	n = little_u32(bytes.at + AT_ROWS);
	if (n > PURGE_ROWS_MAX)
		return false;
	list_out->n = 0;
	while (list_out->n < n) {
		if (!take_row(&rest, &list_out->at[list_out->n]))
			return false;
		list_out->n++;
	}
	return rest.len == 0;
}

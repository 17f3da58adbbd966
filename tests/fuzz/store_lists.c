/* The two lists that lie in a store.  Input: a list of variants, and the same
 * bytes as one of purged prefixes, as they are and with a right sum: what is
 * read must be what would be written. */
#include <string.h>

#include "base/little.h"
#include "base/text.h"
#include "store/purge_list.h"
#include "store/sum.h"
#include "store/variants.h"
#include "tests/fuzz/check.h"

#define AT_SUM  8
#define AT_ROWS 16

static void read_variants(struct slice bytes)
{
	struct variants v;
	struct variants again;
	char room[VARIANTS_BYTES];
	size_t n;

	if (!variants_read(bytes, &v))
		return;
	CHECK(v.n <= STORE_VARIANTS_MAX && v.lines <= VARIANTS_LINES);
	n = variants_write(&v, room);
	CHECK(n <= sizeof(room));
	CHECK(variants_read((struct slice){ room, n }, &again));
	CHECK(again.n == v.n);
	CHECK(memcmp(again.at, v.at, v.n * sizeof(v.at[0])) == 0);
	variants_add(&v, 1);
	CHECK(variants_have(&v, 1) && v.n <= STORE_VARIANTS_MAX);
}

static void read_prefixes(struct slice bytes)
{
	static char room[PURGE_LIST_MAX];
	static struct purge_list list;
	struct text t = text_over(room, sizeof(room));

	if (!purge_list_read(bytes, &list))
		return;
	purge_list_write(&list, &t);
	CHECK(slice_eq(text_slice(&t), bytes));
	/* One more, and all are covered still. */
	purge_list_add(&list, bytes, UINT64_MAX);
	CHECK(list.n <= PURGE_ROWS_MAX);
	CHECK(purge_list_voids(&list, bytes, UINT64_MAX - 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1);
	struct slice bytes = { copy, size };
	struct sum sum = sum_new();

	if (copy == NULL)
		return 0;
	if (size > 0)
		memcpy(copy, data, size);
	read_variants(bytes);
	read_prefixes(bytes);
	if (size > AT_ROWS) {
		sum_add(&sum, slice_from(bytes, AT_ROWS));
		little_put_u64(copy + AT_SUM, sum_value(&sum));
		read_prefixes(bytes);
	}
	free(copy);
	return 0;
}

/* Lines of eight bytes. */
#include "store/variants.h"

#include <string.h>

#include "base/little.h"

#define MAGIC UINT64_C(0x3179726176727066) /* "fprvary1" */

bool variants_have(const struct variants *v, uint64_t hash)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->at[i] == hash)
			return true;
	return false;
}

bool variants_read(struct slice bytes, struct variants *variants_out)
{
	struct variants v = { .n = 0 };

	if (bytes.len < VARIANTS_HEAD || little_u64(bytes.at) != MAGIC)
		return false;
	v.lines = (bytes.len - VARIANTS_HEAD) / 8;
	if (v.lines > VARIANTS_LINES)
		v.lines = VARIANTS_LINES;
	for (size_t i = v.lines; i-- > 0 && v.n < STORE_VARIANTS_MAX;) {
		uint64_t hash = little_u64(bytes.at + VARIANTS_HEAD + 8 * i);

		if (!variants_have(&v, hash))
			v.at[v.n++] = hash;
	}
	*variants_out = v;
	return true;
}

void variants_add(struct variants *v, uint64_t hash)
{
	if (v->n < STORE_VARIANTS_MAX)
		v->n++;
	memmove(v->at + 1, v->at, (v->n - 1) * sizeof(v->at[0]));
	v->at[0] = hash;
}

size_t variants_write(const struct variants *v, char bytes_out[VARIANTS_BYTES])
{
	little_put_u64(bytes_out, MAGIC);
	for (size_t i = 0; i < v->n; i++)
		variants_line(
		    v->at[v->n - 1 - i], bytes_out + VARIANTS_HEAD + 8 * i);
	return VARIANTS_HEAD + 8 * v->n;
}

void variants_line(uint64_t hash, char bytes_out[8])
{
	little_put_u64(bytes_out, hash);
}

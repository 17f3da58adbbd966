/* Heads of stored responses.  Input: a head.  It is read as it is, and again
 * with a right sum, which no fuzzer would find: then what is read must be
 * what would be written. */
#include "store/record.h"

#include <string.h>

#include "base/arena.h"
#include "base/little.h"
#include "store/sum.h"
#include "tests/fuzz/check.h"

#define AT_SUM    16
#define AT_SUMMED 24

static char *given; /* of n bytes */
static char *room;

static void put_sum(size_t size, size_t head)
{
	struct sum sum = sum_new();

	if (head < RECORD_FIXED || head > size)
		return;
	sum_add(&sum, (struct slice){ given + AT_SUMMED, head - AT_SUMMED });
	little_put_u64(given + AT_SUM, sum_value(&sum));
}

static void read_back(struct slice bytes, struct arena *a)
{
	struct record r;
	size_t need = 0;
	size_t head;

	switch (record_read(bytes, a, &r, &need)) {
	case RECORD_MORE:
		CHECK(need > bytes.len && need <= RECORD_HEAD_MAX);
		return;
	case RECORD_BROKEN:
		return;
	case RECORD_WHOLE:
		break;
	}
	head = little_u32(bytes.at + 12);
	CHECK(head <= bytes.len && r.body_at >= head);
	if (r.body_at > RECORD_HEAD_MAX + RECORD_SLACK + RECORD_ALIGN)
		return;
	CHECK(record_write(&r, room));
	CHECK(memcmp(room, bytes.at, head) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(1 << 20);
	struct slice bytes;

	given = malloc(size + 1);
	room = malloc(RECORD_HEAD_MAX + RECORD_SLACK + RECORD_ALIGN);
	if (a != NULL && given != NULL && room != NULL) {
		if (size > 0)
			memcpy(given, data, size);
		bytes = (struct slice){ given, size };
		read_back(bytes, a);
		if (size >= RECORD_FIXED)
			put_sum(size, little_u32(given + 12));
		read_back(bytes, a);
	}
	free(given);
	free(room);
	arena_free(a);
	return 0;
}

/* Cache-Status: whatever its parts are, what is written is one member of a
 * list, and a field value.  Input: a byte for each of what is not text, eight
 * of ttl, then name and detail, a line end between them. */
#include "policy/cache_status.h"

#include "base/arena.h"
#include "http/list.h"
#include "http/message.h"
#include "tests/fuzz/check.h"

static struct arena *arena;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct response r = { .status = 200 };
	struct cache_status s = { .cache = LIT("F") };
	struct slice rest = { (const char *)data, size };
	struct slice value;
	struct slice member;
	struct slice params;
	struct slice name;
	struct slice argument;
	uint64_t ttl = 0;
	int n = 0;

	if (size < 12)
		return 0;
	if (arena == NULL)
		arena = arena_new(1 << 20);
	CHECK(arena != NULL);
	arena_reset(arena);
	s.forward = (enum cache_forward)(data[0] % CACHE_FORWARD_N);
	s.status = data[1];
	s.ttl = data[2] & 1;
	s.stored = data[2] & 2;
	s.collapsed = data[2] & 4;
	for (size_t i = 4; i < 12; i++)
		ttl = ttl << 8 | data[i];
	s.ttl_s = (int64_t)ttl;
	rest = slice_from(rest, 12);
	(void)slice_cut(&rest, '\n', &s.cache);
	s.detail = rest;
	if (!cache_status_add(&r, &s, arena))
		return 0;
	value = r.fields.at[0].value;
	CHECK(field_value_valid(value) && list_closed(value));
	rest = value;
	CHECK(list_next(&rest, &member) && !list_next(&rest, &name));
	CHECK(list_head(member, &params).len > 0);
	while (param_next(&params, &name, &argument)) {
		CHECK(field_name_valid(name));
		CHECK(argument.at == NULL || argument.len > 0);
		n++;
	}
	CHECK(n >= 1 && n <= 6);
	return 0;
}

/* Values of the session cookie: only what we would write is read, and all of
 * that.  Input: a byte; where it is even, a value; where it is odd, server and
 * expiry, 8 bytes each, of a value that is written and read back. */
#include "policy/sticky.h"
#include "base/text.h"
#include "tests/fuzz/check.h"

#define NOW 1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sticky sticky = { { "0123456789abcdef", 16 },
		{ "pool", 4 } };
	struct slice value = { (const char *)data + 1, size - 1 };
	char room[STICKY_VALUE_MAX];
	struct text again = text_over(room, sizeof(room));
	uint64_t expiry = 0;
	uint64_t id = 0;
	struct slice part;
	struct slice rest;

	if (size == 0)
		return 0;
	if (data[0] & 1) {
		struct text made = text_over(room, sizeof(room));

		for (size_t i = 0; i < 8 && i < value.len; i++)
			id = id << 8 | (unsigned char)value.at[i];
		for (size_t i = 8; i < 16 && i < value.len; i++)
			expiry = expiry << 8 | (unsigned char)value.at[i];
		sticky_value(&sticky, id, (int64_t)expiry, &made);
		if (text_spent(&made))
			return 0;
		CHECK(sticky_read(&sticky, text_slice(&made), NOW, &id) ==
		    (expiry > NOW));
		return 0;
	}
	if (!sticky_read(&sticky, value, NOW, &id))
		return 0;
	/* Read: then it is what we write. */
	rest = value;
	CHECK(slice_cut(&rest, '.', &part) && slice_cut(&rest, '.', &part));
	for (size_t i = 0; i < part.len; i++)
		expiry = expiry << 4 | (uint64_t)ascii_hex(part.at[i]);
	CHECK(expiry > NOW);
	sticky_value(&sticky, id, (int64_t)expiry, &again);
	CHECK(slice_eq(text_slice(&again), value));
	return 0;
}

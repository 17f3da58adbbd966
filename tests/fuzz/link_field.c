/* Every field of a response that holds URLs, through all its parsers: without
 * a prefix no byte changes; with one, only as many bytes come as URLs grow.
 * Input: the value. */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "http/message.h"
#include "policy/adapt_response.h"
#include "policy/mapping.h"
#include "tests/fuzz/check.h"
#include "tests/unit/policy/hand.h"

static const struct slice names[] = {
#define NAME(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}
	NAME("Link"),
	NAME("Location"),
	NAME("Refresh"),
	NAME("Service-Worker-Allowed"),
	NAME("Speculation-Rules"),
	NAME("Content-Security-Policy"),
	NAME("Clear-Site-Data"),
#undef NAME
};

static const struct hand_rule rules[] = { { .name = "a", .paths = "/p" } };

static struct arena *arena;
static struct rule *rule;

static struct slice adapted(
    const struct mapping *m, struct slice name, struct slice value)
{
	struct request request = { .target = LIT("/p/x") };
	struct response r = { .status = 200 };
	unsigned hints = 0;

	CHECK(field_add(&r.fields, arena, name, value));
	CHECK(adapt_response(&r, &request, rule, m, arena, &hints));
	return r.fields.at[0].value;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice value = { (const char *)data, size };
	struct mapping none, some;

	if (arena == NULL) {
		struct arena *kept = arena_new(1 << 20);
		struct conf *c = hand_conf(kept, rules, 1);

		rule = hand_rule(c, 0);
		rule->rewrite_redirects = true;
		arena = arena_new(8 << 20);
	}
	if (size == 0 || size > 8000)
		return 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct slice got;

		arena_reset(arena);
		CHECK(mapping_plain(LIT(""), arena, &none));
		CHECK(mapping_plain(LIT("/p"), arena, &some));
		none.origin_host = none.origin_authority = LIT("");
		got = adapted(&none, names[i], value);
		CHECK(got.at == value.at && got.len == value.len);
		got = adapted(&some, names[i], value);
		/* At most every other byte begins a URL. */
		CHECK(got.len <= value.len * 4 + 4);
	}
	return 0;
}

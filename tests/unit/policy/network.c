/* Who is in a network. */
#include "policy/network.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/network.h"
#include "tests/unit/unit.h"

static const struct {
	struct slice networks, address;
	bool want;
} rows[] = {
	{ S(""), S("127.0.0.1"), false },
	{ S("127.0.0.1"), S("127.0.0.1"), true },
	{ S("127.0.0.1"), S("127.0.0.2"), false },
	{ S("::1, 127.0.0.1"), S("127.0.0.1"), true },
	{ S("127.0.0.1"), S("::ffff:127.0.0.1"), true },
	{ S("127.0.0.1"), S("::FFFF:7f00:1"), true },
	{ S("127.0.0.1"), S("::127.0.0.1"), false },
	{ S("::ffff:10.0.0.0/104"), S("10.255.0.1"), true },
	{ S("10.0.0.0/8"), S("10.255.255.255"), true },
	{ S("10.0.0.0/8"), S("11.0.0.0"), false },
	{ S("10.0.0.0/9"), S("10.127.0.1"), true },
	{ S("10.0.0.0/9"), S("10.128.0.1"), false },
	{ S("10.0.0.128/25"), S("10.0.0.127"), false },
	{ S("0.0.0.0/0"), S("203.0.113.1"), true },
	{ S("0.0.0.0/0"), S("2001:db8::1"), false },
	{ S("::/0"), S("2001:db8::1"), true },
	{ S("::/0"), S("127.0.0.1"), true },
	{ S("2001:db8::/33"), S("2001:db8:7fff::1"), true },
	{ S("2001:db8::/33"), S("2001:db8:8000::1"), false },
	{ S("fe80::/10"), S("fe80::1%eth0"), true },
	{ S("::/0"), S(""), false },
	{ S("::/0"), S("unix:"), false },
	{ S("::/0"), S("[::1]"), false },
	{ S("::/0"), S("127.0.0.1, 10.0.0.1"), false },
	{ S("::/0"), S("127.1"), false },
	{ S("::/0"), S("127.0.0.1\0x"), false },
	{ S("::/0"),
	    S("0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"),
	    false },
};

static void addresses_are_found(void **state)
{
	struct arena *a = arena_new(1 << 16);

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct text why = text_in(a, 1024);
		struct networks n = { 0 };

		assert_true(networks_parse(rows[i].networks, a, &n, &why));
		if (network_has(&n, rows[i].address) != rows[i].want)
			fail_msg("%.*s in %.*s", SLICE_ARG(rows[i].address),
			    SLICE_ARG(rows[i].networks));
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

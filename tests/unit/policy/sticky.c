/* The session cookie: ours is read, and nothing else is. */
#include "policy/sticky.h"

#include <string.h>

#include "base/text.h"
#include "tests/unit/unit.h"

#define NOW 1700000000

static const struct sticky sticky = { S("0123456789abcdef0123456789abcdef"),
	S("hotels") };

static struct slice write_value(
    const struct sticky *s, uint64_t id, int64_t expiry_s, char *room)
{
	struct text t = text_over(room, STICKY_VALUE_MAX);

	sticky_value(s, id, expiry_s, &t);
	return text_spent(&t) ? SLICE_NONE : text_slice(&t);
}

static void ours_is_read(void **state)
{
	static const int64_t expiries[] = { NOW + 1, NOW + 86400,
		INT64_C(0xffffffffffff) };
	char room[STICKY_VALUE_MAX];

	(void)state;
	for (size_t i = 0; i < ROWS(expiries); i++) {
		uint64_t id = sticky_id(&sticky, LIT("http://10.0.0.1:80"));
		struct slice value =
		    write_value(&sticky, id, expiries[i], room);
		uint64_t got = 0;

		assert_true(value.len > 0);
		assert_true(sticky_read(&sticky, value, NOW, &got));
		assert_true(got == id);
		assert_true(sticky_read(&sticky, value, expiries[i] - 1, &got));
		got = 5;
		assert_false(sticky_read(&sticky, value, expiries[i], &got));
		assert_int_equal(got, 5);
	}
}

/* Each byte changed, dropped or doubled; each cut. */
static void nothing_else_is(void **state)
{
	char room[STICKY_VALUE_MAX];
	struct slice value =
	    write_value(&sticky, UINT64_C(0x123456789abcdef0), NOW + 9, room);
	uint64_t id;

	(void)state;
	assert_true(sticky_read(&sticky, value, NOW, &id));
	for (size_t i = 0; i < value.len; i++) {
		char bad[STICKY_VALUE_MAX + 1];

		for (int c = 0; c < 256; c++) {
			memcpy(bad, value.at, value.len);
			bad[i] = (char)c;
			if (bad[i] != value.at[i])
				assert_false(sticky_read(&sticky,
				    (struct slice){ bad, value.len }, NOW,
				    &id));
		}
		memcpy(bad, value.at, value.len);
		memmove(bad + i, bad + i + 1, value.len - i - 1);
		assert_false(sticky_read(
		    &sticky, (struct slice){ bad, value.len - 1 }, NOW, &id));
		memcpy(bad, value.at, i + 1);
		memcpy(bad + i + 1, value.at + i, value.len - i);
		assert_false(sticky_read(
		    &sticky, (struct slice){ bad, value.len + 1 }, NOW, &id));
		assert_false(
		    sticky_read(&sticky, slice_upto(value, i), NOW, &id));
	}
	assert_false(sticky_read(&sticky, SLICE_NONE, NOW, &id));
}

/* A cookie of another pool or secret is none. */
static void scopes_are_apart(void **state)
{
	static const struct sticky others[] = {
		{ S("0123456789abcdef0123456789abcdef"), S("hotel") },
		{ S("0123456789abcdef0123456789abcdeF"), S("hotels") },
		{ S("0123456789abcdef0123456789abcdef"), S("") },
	};
	char room[STICKY_VALUE_MAX];
	struct slice value = write_value(&sticky, 7, NOW + 9, room);
	struct slice address = LIT("http://10.0.0.1");

	(void)state;
	for (size_t i = 0; i < ROWS(others); i++) {
		uint64_t id;

		assert_false(sticky_read(&others[i], value, NOW, &id));
		assert_true(sticky_id(&sticky, address) !=
		    sticky_id(&others[i], address));
	}
}

/* What scope and address share out between them matters. */
static void no_two_read_alike(void **state)
{
	struct sticky a = { sticky.secret, LIT("ab") };
	struct sticky b = { sticky.secret, LIT("a") };

	(void)state;
	assert_true(sticky_id(&a, LIT("c")) != sticky_id(&b, LIT("bc")));
}

static void what_cannot_be_made(void **state)
{
	struct sticky weak = { LIT("0123456789abcde"), LIT("x") };
	char room[STICKY_VALUE_MAX];
	static char scope[5000];
	struct sticky large = { sticky.secret, { scope, sizeof(scope) } };

	(void)state;
	assert_true(sticky_id(&weak, LIT("a")) == 0);
	assert_true(sticky_id(&large, LIT("a")) == 0);
	assert_null(write_value(&weak, 7, NOW, room).at);
	assert_null(write_value(&sticky, 0, NOW, room).at);
	assert_null(write_value(&sticky, 7, -1, room).at);
	assert_null(write_value(&sticky, 7, INT64_C(0x1000000000000), room).at);
}

/* The address is in none of it. */
static void names_no_address(void **state)
{
	char room[STICKY_VALUE_MAX];
	struct slice value = write_value(
	    &sticky, sticky_id(&sticky, LIT("10.0.0.1")), NOW, room);

	(void)state;
	assert_int_equal(value.len, 16 + 1 + 8 + 1 + 32);
	for (size_t i = 0; i < value.len; i++)
		assert_true(ascii_hex(value.at[i]) >= 0 || value.at[i] == '.');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ours_is_read),
		cmocka_unit_test(nothing_else_is),
		cmocka_unit_test(scopes_are_apart),
		cmocka_unit_test(no_two_read_alike),
		cmocka_unit_test(what_cannot_be_made),
		cmocka_unit_test(names_no_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

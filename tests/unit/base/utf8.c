/* Characters as UTF-8. */
#include "base/utf8.h"

#include "tests/unit/unit.h"

static const struct {
	uint32_t code;
	struct slice want;
} rows[] = {
	{ 0, S("\0") },
	{ 'a', S("a") },
	{ 0x7f, S("\x7f") },
	{ 0x80, S("\xc2\x80") },
	{ 0x7ff, S("\xdf\xbf") },
	{ 0x800, S("\xe0\xa0\x80") },
	{ 0xd7ff, S("\xed\x9f\xbf") },
	{ 0xd800, S("\xef\xbf\xbd") },
	{ 0xdfff, S("\xef\xbf\xbd") },
	{ 0xffff, S("\xef\xbf\xbf") },
	{ 0x10000, S("\xf0\x90\x80\x80") },
	{ 0x10ffff, S("\xf4\x8f\xbf\xbf") },
	{ 0x110000, S("\xef\xbf\xbd") },
	{ 0xffffffff, S("\xef\xbf\xbd") },
};

static void characters(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		char bytes[4];
		size_t n = utf8_put(rows[i].code, bytes);

		assert_slice(
		    ((struct slice){ bytes, n }), rows[i].want, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Name-value pairs: both kinds of length, and lengths that lie. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/text.h"
#include "front/params.h"

static const struct {
	const char *name;
	struct slice bytes;
	struct slice want; /* "name=value;" for each */
	size_t left;       /* bytes that are no pair */
} cases[] = {
	{ "nothing", S(""), S(""), 0 },
	{ "short", S("\1\2Axy"), S("A=xy;"), 0 },
	{ "two", S("\1\1Ax\1\0B"), S("A=x;B=;"), 0 },
	{ "empty", S("\0\0"), S("=;"), 0 },
	{ "long value length", S("\1\x80\0\0\2Axy"), S("A=xy;"), 0 },
	{ "long name length", S("\x80\0\0\1\2Axy"), S("A=xy;"), 0 },
	{ "both long", S("\x80\0\0\1\x80\0\0\2Axy"), S("A=xy;"), 0 },
	{ "a NUL in it", S("\1\3Ax\0y"), S("A=x\0y;"), 0 },
	{ "no value length", S("\1"), S(""), 1 },
	{ "value too long", S("\1\3Axy"), S(""), 5 },
	{ "name too long", S("\5\0Axy"), S(""), 5 },
	{ "length cut", S("\x80\0\0"), S(""), 3 },
	{ "value length cut", S("\1\x80\0\0A"), S(""), 5 },
	{ "nothing of a cut length", S("\0\x80\0\0"), S(""), 4 },
	{ "largest lengths",
	    S("\xff\xff\xff\xff\xff\xff\xff\xff"
	      "A"),
	    S(""), 9 },
	{ "the second is cut", S("\1\1Ax\1\1B"), S("A=x;"), 3 },
};

static struct slice told(struct slice *rest, struct text *t)
{
	struct slice name;
	struct slice value;

	while (params_next(rest, &name, &value)) {
		text_add(t, name);
		text_char(t, '=');
		text_add(t, value);
		text_char(t, ';');
	}
	return text_slice(t);
}

static void pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		char room[200];
		struct text t = text_over(room, sizeof(room));
		struct slice rest = cases[i].bytes;

		assert_slice(
		    told(&rest, &t), cases[i].want, slice_of(cases[i].name));
		if (rest.len != cases[i].left)
			fail_msg("%s: %zu bytes left", cases[i].name, rest.len);
	}
}

static const size_t lengths[] = { 0, 1, 127, 128, 129, 255, 256, 300 };

static void written_and_read(void **state)
{
	static char long_one[300];

	(void)state;
	memset(long_one, 'x', sizeof(long_one));
	for (size_t n = 0; n < ROWS(lengths); n++)
		for (size_t v = 0; v < ROWS(lengths); v++) {
			char room[1000];
			struct text t = text_over(room, sizeof(room));
			struct slice name = { long_one, lengths[n] };
			struct slice value = { long_one, lengths[v] };
			struct slice rest;
			struct slice got_name;
			struct slice got_value;
			size_t head = (lengths[n] < 128 ? 1 : 4) +
			    (lengths[v] < 128 ? 1 : 4);

			params_add(&t, name, value);
			rest = text_slice(&t);
			assert_int_equal(
			    rest.len, head + lengths[n] + lengths[v]);
			assert_true(params_next(&rest, &got_name, &got_value));
			assert_slice(got_name, name, LIT("name"));
			assert_slice(got_value, value, LIT("value"));
			assert_int_equal(rest.len, 0);
		}
}

/* Wherever it is cut, what stands before is read and nothing else. */
static void cut_at_every_byte(void **state)
{
	static char long_one[200];
	char room[1000];
	struct text t = text_over(room, sizeof(room));
	size_t ends[4] = { 0 };
	struct slice value = { long_one, sizeof(long_one) };

	(void)state;
	memset(long_one, 'v', sizeof(long_one));
	params_add(&t, LIT("A"), LIT("x"));
	ends[1] = t.len;
	params_add(&t, LIT("LONG"), value);
	ends[2] = t.len;
	params_add(&t, value, LIT(""));
	ends[3] = t.len;
	for (size_t cut = 0; cut <= t.len; cut++) {
		struct slice rest = slice_upto(text_slice(&t), cut);
		struct slice name;
		struct slice got;
		size_t n = 0;

		while (params_next(&rest, &name, &got))
			n++;
		assert_true(cut >= ends[n]);
		assert_true(n == 3 || cut < ends[n + 1]);
		assert_int_equal(rest.len, cut - ends[n]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs),
		cmocka_unit_test(written_and_read),
		cmocka_unit_test(cut_at_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The record codec: any fragmentation gives the same records. */
#include "tests/unit/unit.h"

#include <fastcgi.h>
#include <string.h>

#include "base/text.h"
#include "front/record.h"

static const struct {
	const char *name;
	struct slice bytes;
	/* "type/id/length[content]" for each, "!" where broken, and "..."
	 * where one is cut off */
	struct slice want;
} cases[] = {
	{ "nothing", S(""), S("") },
	{ "one", S("\1\5\0\1\0\3\0\0abc"), S("5/1/3[abc]") },
	{ "empty", S("\1\5\0\1\0\0\0\0"), S("5/1/0[]") },
	{ "padding", S("\1\5\0\1\0\3\5\0abcPPPPP"), S("5/1/3[abc]") },
	{ "padding alone", S("\1\5\0\1\0\0\2\0PP"), S("5/1/0[]") },
	{ "reserved byte", S("\1\5\0\1\0\1\0\xffx"), S("5/1/1[x]") },
	{ "two", S("\1\5\0\1\0\1\1\0aP\1\4\1\2\0\2\0\0bc"),
	    S("5/1/1[a]4/258/2[bc]") },
	{ "large id", S("\1\377\377\377\0\0\0\0"), S("255/65535/0[]") },
	{ "a head cut", S("\1\5\0\1\0\3\0"), S("...") },
	{ "content cut", S("\1\5\0\1\0\3\0\0ab"), S("5/1/3[ab...") },
	{ "padding cut", S("\1\5\0\1\0\1\2\0aP"), S("5/1/1[a...") },
	{ "version 0", S("\0\5\0\1\0\1\0\0a"), S("!") },
	{ "version 2", S("\2\5\0\1\0\1\0\0a"), S("!") },
	{ "text", S("GET / HTTP/1.0\r\n"), S("!") },
	{ "version of the second", S("\1\5\0\1\0\1\0\0a\2\5\0\1\0\0\0\0"),
	    S("5/1/1[a]!") },
};

/* Reads the bytes in pieces that end at each of the two splits. */
static struct slice told(
    struct slice bytes, size_t first, size_t second, struct text *t)
{
	struct record_reader r = { 0 };
	size_t ends[] = { first, second, bytes.len };
	size_t from = 0;
	bool open = false;

	for (size_t i = 0; i < ROWS(ends); i++) {
		struct slice input =
		    slice_from(slice_upto(bytes, ends[i]), from);
		struct slice content = SLICE_NONE;
		enum record_event event;

		from = ends[i];
		do {
			event = record_next(&r, &input, &content);
			if (event == RECORD_BEGIN)
				text_format(t, "%u/%u/%zu[", r.type, r.id,
				    r.content_len);
			else if (event == RECORD_CONTENT)
				text_add(t, content);
			else if (event == RECORD_END)
				text_char(t, ']');
			open = event == RECORD_MORE ? r.head_len > 0 : true;
			if (event == RECORD_CONTENT)
				assert_true(content.len > 0);
			if (event == RECORD_BROKEN) {
				text_char(t, '!');
				return text_slice(t);
			}
		} while (event != RECORD_MORE);
		assert_int_equal(input.len, 0);
	}
	if (open)
		text_add(t, LIT("..."));
	return text_slice(t);
}

static void records_however_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++)
		for (size_t a = 0; a <= cases[i].bytes.len; a++)
			for (size_t b = a; b <= cases[i].bytes.len; b++) {
				char room[200];
				struct text t = text_over(room, sizeof(room));

				assert_slice(told(cases[i].bytes, a, b, &t),
				    cases[i].want, slice_of(cases[i].name));
			}
}

static void the_longest_record(void **state)
{
	static char bytes[RECORD_HEAD_BYTES + RECORD_CONTENT_BYTES + 255];
	struct record_reader r = { 0 };
	struct slice input = { bytes, sizeof(bytes) };
	struct slice content;

	(void)state;
	record_head(
	    (unsigned char *)bytes, FCGI_STDIN, 7, RECORD_CONTENT_BYTES, 255);
	assert_int_equal(record_next(&r, &input, &content), RECORD_BEGIN);
	assert_int_equal(r.content_len, RECORD_CONTENT_BYTES);
	assert_int_equal(record_next(&r, &input, &content), RECORD_CONTENT);
	assert_int_equal(content.len, RECORD_CONTENT_BYTES);
	assert_int_equal(record_next(&r, &input, &content), RECORD_END);
	assert_int_equal(input.len, 0);
	assert_int_equal(record_next(&r, &input, &content), RECORD_MORE);
}

static void heads_written(void **state)
{
	unsigned char head[RECORD_HEAD_BYTES];

	(void)state;
	record_head(head, FCGI_STDOUT, 0x1234, 0xfedc, 3);
	assert_memory_equal(head, "\1\6\x12\x34\xfe\xdc\3\0", sizeof(head));
	record_head(head, FCGI_END_REQUEST, 1, 8, 0);
	assert_memory_equal(head, "\1\3\0\1\0\10\0\0", sizeof(head));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_however_split),
		cmocka_unit_test(the_longest_record),
		cmocka_unit_test(heads_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A CGI response head, byte for byte. */
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "base/text.h"
#include "front/head.h"

static const struct {
	int status;
	struct slice fields[6]; /* name, value, name, value */
	int64_t length;
	struct slice want;
} cases[] = {
	{ 200, { S("Content-Type"), S("text/html") }, 5,
	    S("Status: 200 OK\r\nContent-Type: text/html\r\n"
	      "Content-Length: 5\r\n\r\n") },
	{ 404, { S("") }, LENGTH_UNKNOWN, S("Status: 404 Not Found\r\n\r\n") },
	{ 304, { S("ETag"), S("\"a\"") }, LENGTH_UNKNOWN,
	    S("Status: 304 Not Modified\r\nETag: \"a\"\r\n\r\n") },
	{ 200, { S("") }, 0, S("Status: 200 OK\r\nContent-Length: 0\r\n\r\n") },
	{ 200, { S("") }, INT64_MAX,
	    S("Status: 200 OK\r\nContent-Length: 9223372036854775807\r\n"
	      "\r\n") },
	/* Repeated fields stay apart, and in order. */
	{ 200,
	    { S("Set-Cookie"), S("a=1"), S("X"), S(""), S("Set-Cookie"),
		S("b=2") },
	    LENGTH_UNKNOWN,
	    S("Status: 200 OK\r\nSet-Cookie: a=1\r\nX: \r\n"
	      "Set-Cookie: b=2\r\n\r\n") },
};

static struct response response_of(size_t i, struct arena *a)
{
	struct response r = { .status = cases[i].status,
		.content_length = cases[i].length };

	for (size_t f = 0; f < 6 && cases[i].fields[f].len > 0; f += 2)
		field_add(
		    &r.fields, a, cases[i].fields[f], cases[i].fields[f + 1]);
	return r;
}

static void exact_bytes(void **state)
{
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct response r = response_of(i, a);
		char room[500];

		/* In room for all but n bytes it is spent, not cut. */
		for (size_t size = 0; size <= cases[i].want.len; size++) {
			struct text t = text_over(room, size);

			head_write(&t, &r);
			assert_int_equal(
			    text_spent(&t), size < cases[i].want.len);
			if (size == cases[i].want.len)
				assert_slice(
				    text_slice(&t), cases[i].want, LIT("head"));
		}
	}
	arena_free(a);
}

/* Apache wants three digits and a blank, reason or not. */
static void an_unknown_status_has_its_blank(void **state)
{
	struct response r = { .status = 599, .content_length = LENGTH_UNKNOWN };
	char room[100];
	struct text t = text_over(room, sizeof(room));

	(void)state;
	head_write(&t, &r);
	assert_true(slice_starts(text_slice(&t), LIT("Status: 599 ")));
	assert_true(slice_ends(text_slice(&t), LIT("\r\n\r\n")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_bytes),
		cmocka_unit_test(an_unknown_status_has_its_blank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Response heads as libcurl hands them over, line by line. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "origin/head.h"

/* Reads all lines; a last one without its line end counts as one. */
static struct head_reader read_all(struct slice bytes, struct arena *a)
{
	struct head_reader r = head_reader_in(a);

	while (bytes.len > 0) {
		size_t n = slice_find(bytes, '\n');
		bool was_done = r.done;
		bool done;

		done = head_line(&r, slice_upto(bytes, n + 1));
		assert_int_equal(done, !was_done && r.done);
		assert_false(r.done && r.fault != FAULT_NONE);
		bytes = slice_from(bytes, n + 1);
	}
	return r;
}

/* "200 len=5|A: b", the fault's token, or "..." for an unfinished one. */
static struct slice told(const struct head_reader *r, struct arena *a)
{
	const struct response *p = &r->response;
	struct text t = text_in(a, 1 << 16);

	if (r->fault != FAULT_NONE)
		return fault_token(r->fault);
	if (!r->done)
		return LIT("...");
	text_u64(&t, (uint64_t)p->status);
	if (p->content_length != LENGTH_UNKNOWN)
		text_format(&t, " len=%lld", (long long)p->content_length);
	for (size_t i = 0; i < p->fields.n; i++)
		text_format(&t, "|%.*s: %.*s", SLICE_ARG(p->fields.at[i].name),
		    SLICE_ARG(p->fields.at[i].value));
	return text_slice(&t);
}

#define OK     "HTTP/1.1 200 OK\r\n"
#define END    "\r\n"
#define BROKEN S("http_protocol_error")
#define LARGE  S("http_response_header_section_size")

static const struct {
	struct slice in, want;
} cases[] = {
	/* status lines */
	{ S(OK END), S("200") },
	{ S("HTTP/1.0 404 Not Found\r\n" END), S("404") },
	{ S("HTTP/1.1 200 \r\n" END), S("200") },
	{ S("HTTP/1.1 200\r\n" END), S("200") },
	{ S("HTTP/1.1 200 OK\n\n"), S("200") },
	{ S("HTTP/2 200 \r\n" END), S("200") },
	{ S("HTTP/1.1 999 Odd\r\n" END), S("999") },
	{ S("HTTP/1.1 200 \xff\r\n" END), S("200") },
	{ S("HTTP/1.1 099 Low\r\n" END), BROKEN },
	{ S("HTTP/1.1 000 None\r\n" END), BROKEN },
	{ S("HTTP/1.1 20 Short\r\n" END), BROKEN },
	{ S("HTTP/1.1 2000 Long\r\n" END), BROKEN },
	{ S("HTTP/1.1 200OK\r\n" END), BROKEN },
	{ S("HTTP/1.1 2x0 OK\r\n" END), BROKEN },
	{ S("HTTP/1.1 -20 OK\r\n" END), BROKEN },
	{ S("HTTP/1.1\r\n" END), BROKEN },
	{ S("HTTP/1.1  200 OK\r\n" END), BROKEN },
	{ S("HTTP/\r\n" END), BROKEN },
	{ S("A: b\r\n" END), BROKEN },
	{ S("ICY 200 OK\r\n" END), BROKEN },
	{ S(END), BROKEN },
	{ S(OK OK END), BROKEN },
	{ S(OK "A: b\r\nHTTP/1.1 500 X\r\n" END), BROKEN },

	/* interim responses */
	{ S("HTTP/1.1 100 Continue\r\n" END OK END), S("200") },
	{ S("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n"
	    "Content-Length: 7\r\n" END OK "A: b\r\n" END),
	    S("200|A: b") },
	{ S("HTTP/1.1 102 P\r\n" END "HTTP/1.1 100 C\r\nTransfer-Encoding: "
	    "chunked\r\n" END OK "Content-Length: 1\r\n" END),
	    S("200 len=1") },
	{ S("HTTP/1.1 199 Odd\r\n" END), S("...") },
	{ S("HTTP/1.1 100 Continue\r\n" END "A: b\r\n"), BROKEN },
	{ S("HTTP/1.1 101 Switching\r\n" END), S("http_upgrade_failed") },
	{ S("HTTP/1.1 100 C\r\n" END "HTTP/1.1 101 S\r\n" END),
	    S("http_upgrade_failed") },

	/* fields */
	{ S(OK "A: b\r\nC:d\r\nE: \t f g \t\r\nH:\r\n" END),
	    S("200|A: b|C: d|E: f g|H: ") },
	{ S(OK "Set-Cookie: a\r\nX: 1\r\nSet-Cookie: b\r\n" END),
	    S("200|Set-Cookie: a|X: 1|Set-Cookie: b") },
	{ S(OK "A : b\r\n" END), S("200|A: b") },
	{ S(OK "A\t: b\r\n" END), S("200|A: b") },
	{ S(OK "A: b:c\r\n" END), S("200|A: b:c") },
	{ S(OK "A: \xff\r\n" END), S("200|A: \xff") },
	{ S(OK "A b: c\r\n" END), BROKEN },
	{ S(OK ": c\r\n" END), BROKEN },
	{ S(OK "A\r\n" END), BROKEN },
	{ S(OK "A: b\0c\r\n" END), BROKEN },
	{ S(OK "A: b\rc\r\n" END), BROKEN },
	{ S(OK "A\0: b\r\n" END), BROKEN },
	{ S(OK "(: b\r\n" END), BROKEN },

	/* folding */
	{ S(OK "A: b\r\n c\r\n" END), S("200|A: b c") },
	{ S(OK "A: b\r\n\t c \r\n  d\r\n" END), S("200|A: b c d") },
	{ S(OK "A:\r\n b\r\n" END), S("200|A: b") },
	{ S(OK "A: b\r\n  \r\n" END), S("200|A: b") },
	{ S(OK "A: b\r\n c: d\r\n" END), S("200|A: b c: d") },
	{ S(OK " c\r\n" END), BROKEN },
	{ S(OK "A: b\r\n c\1\r\n" END), BROKEN },
	/* not onto the field before it */
	{ S(OK "A: b\r\nContent-Length: 1\r\n 0\r\n" END), BROKEN },
	{ S(OK "Content-Length:\r\n 1\r\n" END), BROKEN },
	/* nor does it hide how the body is framed */
	{ S(OK "Transfer-Encoding:\r\n chunked\r\nContent-Length: 3\r\n" END),
	    S("200|Transfer-Encoding: chunked") },

	/* length */
	{ S(OK "Content-Length: 5\r\n" END), S("200 len=5") },
	{ S(OK "content-length:5 \r\n" END), S("200 len=5") },
	{ S(OK "Content-Length: 5\r\nContent-Length: 5\r\n" END),
	    S("200 len=5") },
	{ S(OK "Content-Length: 5, 5\r\n" END), S("200 len=5") },
	{ S(OK "Content-Length: 05\r\nContent-Length: 5\r\n" END),
	    S("200 len=5") },
	{ S(OK "Content-Length: 9223372036854775807\r\n" END),
	    S("200 len=9223372036854775807") },
	{ S(OK "Content-Length: 5\r\nContent-Length: 6\r\n" END), BROKEN },
	{ S(OK "Content-Length: 5, 6\r\n" END), BROKEN },
	{ S(OK "Content-Length: 5,\r\n" END), BROKEN },
	{ S(OK "Content-Length:\r\n" END), BROKEN },
	{ S(OK "Content-Length: -5\r\n" END), BROKEN },
	{ S(OK "Content-Length: +5\r\n" END), BROKEN },
	{ S(OK "Content-Length: 5 5\r\n" END), BROKEN },
	{ S(OK "Content-Length: 0x5\r\n" END), BROKEN },
	{ S(OK "Content-Length: 9223372036854775808\r\n" END), BROKEN },
	{ S(OK "Content-Length: 99999999999999999999\r\n" END), BROKEN },
	{ S(OK "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n" END),
	    S("200|Transfer-Encoding: chunked") },
	{ S(OK "Content-Length: 5\r\nTRANSFER-ENCODING: x\r\n" END),
	    S("200|TRANSFER-ENCODING: x") },

	/* trailers are not looked at */
	{ S(OK END "A: b\r\nbroken\r\n"), S("200") },
	{ S(OK END OK END), S("200") },

	/* unfinished */
	{ S(""), S("...") },
	{ S(OK "A: b\r\n"), S("...") },
};

static void heads(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct arena *a = arena_new(1 << 20);
		struct head_reader r = read_all(cases[i].in, a);

		assert_slice(told(&r, a), cases[i].want, cases[i].in);
		arena_free(a);
	}
}

/* Cut anywhere, a head is unfinished or broken but never complete. */
static void cut_at_every_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		size_t complete = cases[i].in.len;

		/* The shortest beginning that is complete ends in a blank
		 * line. */
		for (size_t n = 0; n <= cases[i].in.len; n++) {
			struct arena *a = arena_new(1 << 20);
			struct head_reader r =
			    read_all(slice_upto(cases[i].in, n), a);

			if (r.done && n < complete) {
				complete = n;
				assert_true(
				    slice_ends(slice_upto(cases[i].in, n),
					LIT("\n\r")) ||
				    slice_ends(slice_upto(cases[i].in, n),
					LIT("\n\n")));
			}
			arena_free(a);
		}
	}
}

static void too_large(void **state)
{
	struct arena *a = arena_new(4 << 20);
	struct head_reader r = head_reader_in(a);
	static char line[1000];
	struct slice long_line = { line, sizeof(line) };
	size_t n = 0;

	(void)state;
	memset(line, 'x', sizeof(line));
	line[1] = ':';
	head_line(&r, LIT(OK));
	while (r.fault == FAULT_NONE) {
		assert_false(head_line(&r, long_line));
		n++;
	}
	assert_int_equal(r.fault, FAULT_HTTP_RESPONSE_HEADER_SECTION_SIZE);
	assert_int_equal(n, (ORIGIN_HEAD_MAX_BYTES - strlen(OK)) / 1000 + 1);
	/* Nothing makes it good again. */
	assert_false(head_line(&r, LIT(OK)));
	assert_false(head_line(&r, LIT(END)));
	assert_false(r.done);
	arena_free(a);
}

/* Interim responses count, or they would never end. */
static void endless_interim(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct head_reader r = head_reader_in(a);

	(void)state;
	for (int i = 0; i < 100000 && r.fault == FAULT_NONE; i++) {
		assert_false(head_line(&r, LIT("HTTP/1.1 100 C\r\n")));
		assert_false(head_line(&r, LIT(END)));
	}
	assert_int_equal(r.fault, FAULT_HTTP_RESPONSE_HEADER_SECTION_SIZE);
	arena_free(a);
}

static void too_many_or_no_room(void **state)
{
	static const size_t rooms[] = { 1 << 20, 60, 2000 };

	(void)state;
	for (size_t i = 0; i < ROWS(rooms); i++) {
		struct arena *a = arena_new(rooms[i]);
		struct head_reader r = head_reader_in(a);
		int n = 0;

		head_line(&r, LIT(OK));
		while (r.fault == FAULT_NONE) {
			head_line(&r, LIT("A: b\r\n"));
			n++;
		}
		assert_int_equal(
		    r.fault, FAULT_HTTP_RESPONSE_HEADER_SECTION_SIZE);
		assert_true(n <= FIELDS_MAX + 1);
		arena_free(a);
	}
}

static void endless_folding(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct head_reader r = head_reader_in(a);

	(void)state;
	head_line(&r, LIT(OK));
	head_line(&r, LIT("A: b\r\n"));
	while (r.fault == FAULT_NONE)
		head_line(&r, LIT(" c\r\n"));
	assert_int_equal(r.fault, FAULT_HTTP_RESPONSE_HEADER_SECTION_SIZE);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads),
		cmocka_unit_test(cut_at_every_byte),
		cmocka_unit_test(too_large),
		cmocka_unit_test(endless_interim),
		cmocka_unit_test(too_many_or_no_room),
		cmocka_unit_test(endless_folding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

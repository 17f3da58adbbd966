/* Meta-variables become a request, or a refusal. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "front/meta.h"

/* The request as one string: what differs from an empty one. */
static struct slice told(const struct request *r, int refuse, struct arena *a)
{
	struct text t = text_in(a, 1 << 16);

	if (refuse != 0) {
		text_u64(&t, (uint64_t)refuse);
		return text_slice(&t);
	}
	text_format(&t, "%.*s %.*s://%.*s %.*s %.*s", SLICE_ARG(r->method),
	    SLICE_ARG(r->scheme), SLICE_ARG(r->authority), SLICE_ARG(r->target),
	    SLICE_ARG(r->protocol));
	if (r->content_length != LENGTH_UNKNOWN)
		text_format(&t, " len=%lld", (long long)r->content_length);
	if (r->client_addr.len > 0)
		text_format(&t, " addr=%.*s", SLICE_ARG(r->client_addr));
	if (r->client_port.len > 0)
		text_format(&t, " port=%.*s", SLICE_ARG(r->client_port));
	if (r->user.len > 0)
		text_format(&t, " user=%.*s", SLICE_ARG(r->user));
	if (r->script_name.len > 0)
		text_format(&t, " script=%.*s", SLICE_ARG(r->script_name));
	for (size_t i = 0; i < r->fields.n; i++)
		text_format(&t, "|%.*s: %.*s", SLICE_ARG(r->fields.at[i].name),
		    SLICE_ARG(r->fields.at[i].value));
	assert_false(text_spent(&t));
	return text_slice(&t);
}

/* Variables stand apart by "&": NAME=value. */
static struct slice request_of(
    struct slice lines, size_t room_bytes, struct arena *told_in)
{
	struct arena *a = arena_new(room_bytes);
	struct request r;
	struct meta m = meta_new(&r, a);
	struct slice line;
	struct slice result;

	while (slice_cut(&lines, '&', &line)) {
		size_t at = slice_find(line, '=');

		meta_add(&m, slice_upto(line, at), slice_from(line, at + 1));
	}
	result = told(&r, meta_finish(&m), told_in);
	arena_free(a);
	return result;
}

#define GET      "REQUEST_METHOD=GET&REQUEST_URI=/x&SERVER_PROTOCOL=HTTP/1.1"
#define GET_H    GET "&HTTP_HOST=h"
#define SAYS     "GET http://h /x HTTP/1.1"
#define NO_URI   "REQUEST_METHOD=GET&HTTP_HOST=h&SERVER_PROTOCOL=HTTP/1.1"
#define NO_URI_S "GET http://h "

static const struct {
	struct slice in, want;
} cases[] = {
	{ S(GET_H), S(SAYS "|Host: h") },
	{ S(GET "&REMOTE_ADDR=::1&REMOTE_PORT=9&REMOTE_USER=u&SCRIPT_NAME=/s"),
	    S("GET http:// /x HTTP/1.1 addr=::1 port=9 user=u script=/s") },
	{ S("REQUEST_METHOD=GET&REQUEST_URI=/x"),
	    S("GET http:// /x HTTP/1.0") },
	{ S(GET "&UNKNOWN=1&SERVER_SOFTWARE=x&GATEWAY_INTERFACE=CGI/1.1"),
	    S("GET http:// /x HTTP/1.1") },

	/* HTTP_ names */
	{ S(GET_H "&HTTP_ACCEPT_ENCODING=gzip"),
	    S(SAYS "|Host: h|Accept-Encoding: gzip") },
	{ S(GET_H "&HTTP_X_A1_B=c"), S(SAYS "|Host: h|X-A1-B: c") },
	{ S(GET_H "&HTTP_DNT=1"), S(SAYS "|Host: h|Dnt: 1") },
	{ S(GET_H "&HTTP_X= a\tb "), S(SAYS "|Host: h|X: a\tb") },
	{ S(GET_H "&HTTP_X="), S(SAYS "|Host: h|X: ") },
	{ S(GET_H "&HTTP_X=\xc3\xa9"), S(SAYS "|Host: h|X: \xc3\xa9") },
	{ S(GET_H "&HTTP_X=1&HTTP_X=2"), S(SAYS "|Host: h|X: 1|X: 2") },
	{ S(GET_H "&http_x=1"), S(SAYS "|Host: h") },
	{ S(GET_H "&HTTP_=1"), S("400") },
	{ S(GET_H "&HTTP_A B=1"), S("400") },
	{ S(GET_H "&HTTP_A:B=1"), S("400") },
	{ S(GET_H "&HTTP_X=a\nb"), S("400") },
	{ S(GET_H "&HTTP_X=a\rb"), S("400") },
	{ S(GET_H "&HTTP_X=a\0b"), S("400") },
	{ S(GET_H "&HTTP_X=a\x7f"), S("400") },

	/* content */
	{ S(GET_H "&CONTENT_LENGTH=0"), S(SAYS " len=0|Host: h") },
	{ S(GET_H "&CONTENT_LENGTH="), S(SAYS "|Host: h") },
	{ S(GET_H "&CONTENT_LENGTH=9223372036854775807"),
	    S(SAYS " len=9223372036854775807|Host: h") },
	{ S(GET_H "&CONTENT_LENGTH=9223372036854775808"), S("400") },
	{ S(GET_H "&CONTENT_LENGTH=-1"), S("400") },
	{ S(GET_H "&CONTENT_LENGTH=+1"), S("400") },
	{ S(GET_H "&CONTENT_LENGTH=1, 1"), S("400") },
	{ S(GET_H "&CONTENT_LENGTH=0x1"), S("400") },
	{ S(GET_H "&CONTENT_LENGTH= 1"), S("400") },
	{ S(GET_H "&CONTENT_LENGTH=1\0"), S("400") },
	{ S(GET_H "&CONTENT_TYPE=text/plain"),
	    S(SAYS "|Host: h|Content-Type: text/plain") },
	{ S(GET_H "&CONTENT_TYPE="), S(SAYS "|Host: h") },
	{ S(GET_H "&CONTENT_TYPE=a\nb"), S("400") },
	/* nginx sends both; lighttpd passes a client's "Content_Length" */
	{ S(GET_H "&HTTP_CONTENT_TYPE=a/b&CONTENT_TYPE=a/b"),
	    S(SAYS "|Host: h|Content-Type: a/b") },
	{ S(GET_H "&CONTENT_LENGTH=3&HTTP_CONTENT_LENGTH=9"),
	    S(SAYS " len=3|Host: h") },
	{ S(GET_H "&HTTP_CONTENT_LENGTH=9"), S(SAYS "|Host: h") },
	{ S(GET_H "&HTTP_CONTENT-LENGTH=9"), S(SAYS "|Host: h") },
	{ S(GET_H "&HTTP_Content_Length=9"), S(SAYS "|Host: h") },
	{ S(GET "&HTTP_HoST=h"), S(SAYS "|Host: h") },

	/* Authorization behind Apache's rewrite */
	{ S(GET_H "&REDIRECT_HTTP_AUTHORIZATION=Basic x"),
	    S(SAYS "|Host: h|Authorization: Basic x") },
	{ S(GET_H "&REDIRECT_HTTP_AUTHORIZATION=A&HTTP_AUTHORIZATION=B"),
	    S(SAYS "|Host: h|Authorization: B") },
	{ S(GET_H "&REDIRECT_HTTP_AUTHORIZATION="), S(SAYS "|Host: h") },
	{ S(GET_H "&REDIRECT_HTTP_AUTHORIZATION=a\rb"), S("400") },

	/* scheme */
	{ S(GET_H "&HTTPS=on"), S("GET https://h /x HTTP/1.1|Host: h") },
	{ S(GET_H "&HTTPS=1"), S("GET https://h /x HTTP/1.1|Host: h") },
	{ S(GET_H "&HTTPS=off"), S(SAYS "|Host: h") },
	{ S(GET_H "&HTTPS=OFF"), S(SAYS "|Host: h") },
	{ S(GET_H "&HTTPS="), S(SAYS "|Host: h") },
	{ S(GET_H "&REQUEST_SCHEME=https"),
	    S("GET https://h /x HTTP/1.1|Host: h") },
	{ S(GET_H "&REQUEST_SCHEME=ftp"), S(SAYS "|Host: h") },

	/* target */
	{ S(NO_URI "&SCRIPT_NAME=/a&PATH_INFO=/b"),
	    S(NO_URI_S "/a/b HTTP/1.1 script=/a|Host: h") },
	{ S(NO_URI "&PATH_INFO=/b&QUERY_STRING=c=d%20e"),
	    S(NO_URI_S "/b?c=d%20e HTTP/1.1|Host: h") },
	{ S(NO_URI "&PATH_INFO=/a b%?#<\">[\\]^`{|}\x7f\n\xc3\xa9\0;"),
	    S(NO_URI_S "/a%20b%25%3F%23%3C%22%3E%5B%5C%5D%5E%60%7B%7C%7D%7F%0A"
		       "%C3%A9%00; HTTP/1.1|Host: h") },
	{ S(NO_URI "&PATH_INFO=/a:@!$'()*+,=~-._"),
	    S(NO_URI_S "/a:@!$'()*+,=~-._ HTTP/1.1|Host: h") },
	{ S(NO_URI "&REQUEST_URI=&PATH_INFO=/b"),
	    S(NO_URI_S "/b HTTP/1.1|Host: h") },
	{ S(NO_URI), S("400") },

	/* authority */
	{ S(GET "&SERVER_NAME=n&SERVER_PORT=80"),
	    S("GET http://n /x HTTP/1.1") },
	{ S(GET "&SERVER_NAME=n&SERVER_PORT=8080"),
	    S("GET http://n:8080 /x HTTP/1.1") },
	{ S(GET "&SERVER_NAME=n&SERVER_PORT=443&HTTPS=on"),
	    S("GET https://n /x HTTP/1.1") },
	{ S(GET "&SERVER_NAME=n&SERVER_PORT=443"),
	    S("GET http://n:443 /x HTTP/1.1") },
	{ S(GET "&SERVER_NAME=n"), S("GET http://n /x HTTP/1.1") },
	{ S(GET "&SERVER_NAME=n&SERVER_PORT=8&HTTP_HOST=h:9"),
	    S("GET http://h:9 /x HTTP/1.1|Host: h:9") },
	{ S(GET "&SERVER_NAME=n&HTTP_HOST="),
	    S("GET http://n /x HTTP/1.1|Host: ") },
	{ S(GET "&SERVER_NAME=n&SERVER_PORT=1234567890123456789"),
	    S("GET http://n:1234567890123456789 /x HTTP/1.1") },
	{ S(GET "&HTTP_HOST=a\nb"), S("400") },
	{ S(GET "&SERVER_NAME=a\nb"), S("400") },
	/* RFC 9112 section 3.2: more than one Host is refused */
	{ S(GET "&HTTP_HOST=a&HTTP_HOST=b"), S("400") },

	/* method */
	{ S("REQUEST_URI=/x"), S("400") },
	{ S("REQUEST_METHOD=&REQUEST_URI=/x"), S("400") },
	{ S("REQUEST_METHOD=G T&REQUEST_URI=/x"), S("400") },
	{ S("REQUEST_METHOD=GET\r\n&REQUEST_URI=/x"), S("400") },
	{ S("REQUEST_METHOD=m-search&REQUEST_URI=*"),
	    S("m-search http:// * HTTP/1.0") },
	{ S(""), S("400") },

	/* what would break a line on its way out */
	{ S("REQUEST_METHOD=GET&REQUEST_URI=/x\r\nA: b"), S("400") },
	{ S("REQUEST_METHOD=GET&REQUEST_URI=/x\0"), S("400") },
	{ S("REQUEST_METHOD=GET&PATH_INFO=/&QUERY_STRING=a\nb"), S("400") },
	{ S(GET "&SERVER_PROTOCOL=HTTP/1.1\r\nA: b"), S("400") },
	{ S(GET "&REMOTE_ADDR=::1\nA: b"), S("400") },
	{ S(GET "&REMOTE_PORT=1\nA: b"), S("400") },
	{ S(GET "&REMOTE_USER=u\nA: b"), S("400") },
	/* SCRIPT_NAME is decoded and only compared: Apache's may hold one */
	{ S(GET_H "&SCRIPT_NAME=/\r"), S(SAYS " script=/\r|Host: h") },
};

static void requests(void **state)
{
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++)
		assert_slice(request_of(cases[i].in, 1 << 20, a), cases[i].want,
		    cases[i].in);
	arena_free(a);
}

/* Cut anywhere, and in any room: a request, 400 or 431. */
static void cut_or_short_of_room(void **state)
{
	static const struct slice all =
	    S("REQUEST_METHOD=POST&SCRIPT_NAME=/a&PATH_INFO=/b c&"
	      "QUERY_STRING=q&SERVER_NAME=n&SERVER_PORT=81&HTTP_X_Y=1&"
	      "REDIRECT_HTTP_AUTHORIZATION=A&CONTENT_TYPE=a/b&"
	      "CONTENT_LENGTH=12");
	static const struct slice want =
	    S("POST http://n:81 /a/b%20c?q HTTP/1.0 len=12 script=/a|X-Y: 1"
	      "|Content-Type: a/b|Authorization: A");
	bool fitted = false;

	(void)state;
	for (size_t cut = 0; cut <= all.len; cut++) {
		struct arena *a = arena_new(1 << 20);

		(void)request_of(slice_upto(all, cut), 1 << 16, a);
		arena_free(a);
	}
	for (size_t room = 0; room < 3000; room += 8) {
		struct arena *a = arena_new(1 << 20);
		struct slice got = request_of(all, room, a);

		if (slice_eq(got, LIT("431"))) {
			assert_false(fitted);
		} else {
			fitted = true;
			assert_slice(got, want, LIT("in little room"));
		}
		arena_free(a);
	}
	assert_true(fitted);
}

static void too_many_fields(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct request r;
	struct meta m = meta_new(&r, a);

	(void)state;
	meta_add(&m, LIT("REQUEST_METHOD"), LIT("GET"));
	meta_add(&m, LIT("REQUEST_URI"), LIT("/"));
	for (size_t i = 0; i < FIELDS_MAX; i++)
		meta_add(&m, LIT("HTTP_X"), LIT("1"));
	assert_int_equal(meta_finish(&m), 0);
	meta_add(&m, LIT("HTTP_X"), LIT("1"));
	assert_int_equal(meta_finish(&m), 431);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(cut_or_short_of_room),
		cmocka_unit_test(too_many_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

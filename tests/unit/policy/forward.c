/* What goes to the origin and what comes back. */
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "base/text.h"
#include "http/field.h"
#include "http/message.h"
#include "policy/forward.h"
#include "policy/route.h"
#include "tests/unit/policy/hand.h"

/* Fields as "Name: value\n" lines. */
static struct fields fields_of(struct arena *a, const char *lines)
{
	struct fields f = { 0 };
	struct slice rest = slice_of(lines);
	struct slice line;

	while (slice_cut(&rest, '\n', &line)) {
		struct field field;

		if (line.len == 0)
			continue;
		assert_true(field_parse(line, &field));
		assert_true(field_add(&f, a, field.name, field.value));
	}
	return f;
}

static struct slice lines_of(struct arena *a, const struct fields *f)
{
	struct text t = text_in(a, 1 << 20);

	for (size_t i = 0; i < f->n; i++) {
		text_add(&t, f->at[i].name);
		text_add(&t, LIT(": "));
		text_add(&t, f->at[i].value);
		text_char(&t, '\n');
	}
	return text_slice(&t);
}

static struct request plain_request(void)
{
	return (struct request){ .method = LIT("GET"),
		.scheme = LIT("https"),
		.authority = LIT("www.test"),
		.protocol = LIT("HTTP/1.1"),
		.client_addr = LIT("192.0.2.7"),
		.id = LIT("id7"),
		.content_length = LENGTH_UNKNOWN };
}

static struct route_match plain_match(const struct conf *c, size_t rule)
{
	return (struct route_match){ .verdict = ROUTE_FOUND,
		.rule = &c->rules[rule],
		.prefix = LIT("/hotels"),
		.tail = LIT("/a%20b"),
		.path = LIT("/hotels/a%20b"),
		.query = LIT("?q=1"),
		.authority = LIT("www.test") };
}

static const struct hand_rule rules[] = {
	{ .name = "hotels", .paths = "/hotels" },
	{ .name = "based", .paths = "/based", .base = "/b%20" },
	{ .name = "whole", .paths = "/whole", .no_strip = true },
	{ .name = "whole-based",
	    .paths = "/w",
	    .base = "/b",
	    .no_strip = true },
};

static const struct {
	size_t rule;
	struct slice tail, path, query, want;
} target_cases[] = {
	{ 0, S("/x"), S("/hotels/x"), S("?q"), S("/x?q") },
	{ 0, S(""), S("/hotels"), S(""), S("/") },
	{ 0, S(""), S("/hotels"), S("?q"), S("/?q") },
	{ 0, S("//x"), S("/hotels//x"), S(""), S("//x") },
	{ 1, S(""), S("/based"), S("?q"), S("/b%20?q") },
	{ 1, S("/x"), S("/based/x"), S(""), S("/b%20/x") },
	{ 2, S("/x"), S("/%77hole/x"), S("?"), S("/%77hole/x?") },
	{ 3, S("/x"), S("/w/x"), S(""), S("/b/w/x") },
};

static void targets_are_built(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct conf *c = hand_conf(a, rules, ROWS(rules));
	struct request r = plain_request();

	(void)state;
	for (size_t i = 0; i < ROWS(target_cases); i++) {
		struct route_match m = plain_match(c, target_cases[i].rule);
		struct upstream up;

		m.tail = target_cases[i].tail;
		m.path = target_cases[i].path;
		m.query = target_cases[i].query;
		assert_int_equal(
		    forward_request(&r, &m, &c->settings, a, &up), FORWARD_OK);
		assert_slice(
		    up.target, target_cases[i].want, target_cases[i].path);
		assert_slice(up.root, LIT("http://o.test:81"), up.target);
		assert_slice(up.method, LIT("GET"), up.target);
	}
	arena_free(a);
}

#define OURS(forwarded_for, forwarded, via)    \
	"X-Forwarded-For: " forwarded_for "\n" \
	"X-Forwarded-Host: www.test\n"         \
	"X-Forwarded-Proto: https\n"           \
	"X-Forwarded-Prefix: /hotels\n"        \
	"Forwarded: " forwarded "\n"           \
	"Via: " via "\n"                       \
	"X-Request-ID: id7\n"
#define PLAIN_OURS                                                   \
	OURS("192.0.2.7", "for=192.0.2.7;host=www.test;proto=https", \
	    "1.1 fingerpost")

static const struct {
	const char *in, *want; /* want after "Host: o.test:81" */
} field_cases[] = {
	{ "", PLAIN_OURS },
	/* Order, case, repetition and empty values survive. */
	{ "accept: */*\nX-A: 1\nCookie: a=b\nX-A: 2\nX-Empty:\n",
	    "accept: */*\nX-A: 1\nCookie: a=b\nX-A: 2\nX-Empty: "
	    "\n" PLAIN_OURS },
	{ "Connection: close, X-Hop\nX-Hop: 1\nx-hop: 2\nKeep-Alive: 5\n"
	  "Proxy-Connection: x\nTE: trailers\nTrailer: X\nX-End: 1\n"
	  "Transfer-Encoding: chunked\nUpgrade: h2c\nHTTP2-Settings: x\n"
	  "Proxy-Authorization: Basic x\nExpect: 100-continue\n"
	  "Content-Length: 4\nProxy: evil\nHost: evil\n",
	    "X-End: 1\n" PLAIN_OURS },
	/* A client may not name away what is for everybody, nor ours. */
	{ "Connection: Cookie, Authorization, Content-Type, X-Real-IP, "
	  "X-Forwarded-For, Via, X-Forwarded-Host, If-Match\nCookie: a\n"
	  "Authorization: b\nContent-Type: c\nX-Real-IP: d\nIf-Match: e\n"
	  "X-Forwarded-For: 1.2.3.4\nVia: 1.0 x\n",
	    "Cookie: a\nAuthorization: b\nContent-Type: c\nX-Real-IP: d\n"
	    "If-Match: e\nVia: 1.0 x\n" OURS("1.2.3.4, 192.0.2.7",
		"for=192.0.2.7;host=www.test;proto=https", "1.1 fingerpost") },
	{ "X-Forwarded-For: 1.1.1.1\nX-Forwarded-For: 2.2.2.2, 3.3.3.3\n"
	  "X-Forwarded-Host: evil\nX-Forwarded-Proto: evil\n"
	  "X-Forwarded-Prefix: /evil\nForwarded: for=1.1.1.1\n"
	  "Forwarded: for=\"[::1]\"\n",
	    OURS("1.1.1.1, 2.2.2.2, 3.3.3.3, 192.0.2.7",
		"for=1.1.1.1, for=\"[::1]\", "
		"for=192.0.2.7;host=www.test;proto=https",
		"1.1 fingerpost") },
	/* An open quote would swallow our part. */
	{ "X-Forwarded-For: \"1.1.1.1\nForwarded: for=\"a\\\"\n"
	  "Forwarded: for=b\n",
	    OURS("192.0.2.7", "for=b, for=192.0.2.7;host=www.test;proto=https",
		"1.1 fingerpost") },
};

static void fields_are_forwarded(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct conf *c = hand_conf(a, rules, ROWS(rules));
	struct route_match m = plain_match(c, 0);

	(void)state;
	for (size_t i = 0; i < ROWS(field_cases); i++) {
		struct request r = plain_request();
		struct upstream up;
		struct text want = text_in(a, 1 << 16);

		r.fields = fields_of(a, field_cases[i].in);
		text_add(&want, LIT("Host: o.test:81\n"));
		text_add(&want, slice_of(field_cases[i].want));
		assert_int_equal(
		    forward_request(&r, &m, &c->settings, a, &up), FORWARD_OK);
		assert_slice(lines_of(a, &up.fields), text_slice(&want),
		    slice_of(field_cases[i].in));
	}
	arena_free(a);
}

static void rule_has_the_last_word(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct conf *c = hand_conf(a, rules, ROWS(rules));
	struct rule *rule = hand_rule(c, 0);
	struct route_match m = plain_match(c, 0);
	struct request r = plain_request();
	struct upstream up;

	(void)state;
	rule->preserve_host = true;
	rule->remove_request_headers = hand_list(a, "x-secret,Cookie");
	rule->request_headers = fields_of(a, "X-Beta: 1\nVia: none\n");
	r.fields =
	    fields_of(a, "X-Secret: a\ncookie: b\nx-beta: 0\nX-Beta: 2\n");
	assert_int_equal(
	    forward_request(&r, &m, &c->settings, a, &up), FORWARD_OK);
	assert_false(field_has(&up.fields, LIT("X-Secret")));
	assert_false(field_has(&up.fields, LIT("Cookie")));
	assert_slice(
	    field_get(&up.fields, LIT("X-Beta")), LIT("1"), LIT("set"));
	assert_int_equal(field_next(&up.fields, LIT("x-beta"),
			     field_next(&up.fields, LIT("x-beta"), 0) + 1),
	    up.fields.n);
	assert_slice(
	    field_get(&up.fields, LIT("Via")), LIT("none"), LIT("via"));
	assert_slice(field_get(&up.fields, LIT("Host")), LIT("www.test"),
	    LIT("preserved"));
	m.authority = LIT("");
	assert_int_equal(
	    forward_request(&r, &m, &c->settings, a, &up), FORWARD_OK);
	assert_slice(field_get(&up.fields, LIT("Host")), LIT("o.test:81"),
	    LIT("none sent"));
	arena_free(a);
}

static const struct {
	struct slice addr, authority, scheme, protocol, forwarded, via;
} odd_cases[] = {
	{ S("2001:db8::1"), S("h:81"), S("http"), S("HTTP/2.0"),
	    S("for=\"[2001:db8::1]\";host=\"h:81\";proto=http"),
	    S("2.0 fingerpost") },
	{ S(""), S(""), S(""), S(""), S("for=unknown"), S("1.1 fingerpost") },
	{ S("unix"), S("[::1]"), S("http"), S("HTTP/1.0"),
	    S("for=unix;host=\"[::1]\";proto=http"), S("1.0 fingerpost") },
	{ S("1.2.3.4"), S("h"), S("http"), S("INCLUDED"),
	    S("for=1.2.3.4;host=h;proto=http"), S("1.1 fingerpost") },
};

static void odd_values_are_quoted(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct conf *c = hand_conf(a, rules, ROWS(rules));

	(void)state;
	for (size_t i = 0; i < ROWS(odd_cases); i++) {
		struct request r = plain_request();
		struct route_match m = plain_match(c, 0);
		struct upstream up;

		r.client_addr = odd_cases[i].addr;
		r.scheme = odd_cases[i].scheme;
		r.protocol = odd_cases[i].protocol;
		m.authority = odd_cases[i].authority;
		m.prefix = LIT("");
		assert_int_equal(
		    forward_request(&r, &m, &c->settings, a, &up), FORWARD_OK);
		assert_slice(field_get(&up.fields, LIT("Forwarded")),
		    odd_cases[i].forwarded, odd_cases[i].addr);
		assert_slice(field_get(&up.fields, LIT("Via")),
		    odd_cases[i].via, odd_cases[i].addr);
		assert_false(field_has(&up.fields, LIT("X-Forwarded-Prefix")));
		assert_int_equal(field_has(&up.fields, LIT("X-Forwarded-For")),
		    odd_cases[i].addr.len > 0);
	}
	arena_free(a);
}

static void loops_are_broken(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct conf *c = hand_conf(a, rules, ROWS(rules));
	struct route_match m = plain_match(c, 0);
	struct request r = plain_request();
	struct upstream up;

	(void)state;
	r.fields = fields_of(a,
	    "Via: 1.1 other, HTTP/1.1 Fingerpost (x, y)\n"
	    "Via: 1.1 fingerpostx\n");
	for (int i = 1; i <= 8; i++) {
		assert_int_equal(
		    forward_request(&r, &m, &c->settings, a, &up), FORWARD_OK);
		field_add(&r.fields, a, LIT("via"), LIT("1.1 fingerpost"));
	}
	assert_int_equal(
	    forward_request(&r, &m, &c->settings, a, &up), FORWARD_LOOP);
	arena_free(a);
}

static void too_much_is_said_so(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct conf *c = hand_conf(a, rules, ROWS(rules));
	struct route_match m = plain_match(c, 0);
	struct request r = plain_request();
	struct upstream up;
	struct settings s = c->settings;
	bool ok = false;

	(void)state;
	for (size_t size = 0; !ok && size < 20000; size += 16) {
		struct arena *small = arena_new(size);

		ok = forward_request(&r, &m, &s, small, &up) == FORWARD_OK;
		arena_free(small);
	}
	assert_true(ok);
	while (field_add(&r.fields, a, LIT("X-A"), LIT("1")))
		;
	assert_int_equal(
	    forward_request(&r, &m, &s, a, &up), FORWARD_TOO_LARGE);
	arena_free(a);
}

static void responses_are_cleaned(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct settings s = { .via = LIT("fingerpost") };
	struct response r = { .status = 200,
		.fields = fields_of(a,
		    "Status: 500\nset-cookie: a\nSet-Cookie: b\n"
		    "Connection: X-Hop, Set-Cookie, ETag\nX-Hop: 1\n"
		    "ETag: \"x\"\nTransfer-Encoding: chunked\nTrailer: X\n"
		    "Content-Length: 1\nUpgrade: x\nKeep-Alive: 1\n"
		    "Proxy-Authenticate: x\nScript-Control: no-abort\n"
		    "X-Sendfile: /etc/passwd\nX-Sendfile2: /etc/passwd 0-\n"
		    "X-LIGHTTPD-send-file: /x\nx-lighttpd-Other: 1\n"
		    "X-Accel-Redirect: /x\nX-Accel-Buffering: no\n"
		    "X-Accelerator: kept\nlocation: /etc\nVia: 1.0 a\n"
		    "Age: 5\nDate: x\nAge: 700\nage: 5\nDate: y\n") };
	struct arena *small = arena_new(64);

	(void)state;
	assert_false(forward_response(&r, &s, small));
	assert_true(forward_response(&r, &s, a));
	forward_head(&r);
	assert_slice(lines_of(a, &r.fields),
	    LIT("set-cookie: a\nSet-Cookie: b\nETag: \"x\"\n"
		"X-Accelerator: kept\nVia: 1.0 a\nAge: 5\nDate: x\n"
		"Via: 1.1 fingerpost\n"),
	    LIT("response"));
	arena_free(small);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_are_built),
		cmocka_unit_test(fields_are_forwarded),
		cmocka_unit_test(rule_has_the_last_word),
		cmocka_unit_test(odd_values_are_quoted),
		cmocka_unit_test(loops_are_broken),
		cmocka_unit_test(too_much_is_said_so),
		cmocka_unit_test(responses_are_cleaned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which fields a bucket is sent, and which of them are signed. */
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "base/text.h"
#include "http/message.h"
#include "policy/route.h"
#include "policy/s3_request.h"
#include "policy/s3_site.h"
#include "tests/unit/policy/hand.h"

static const struct hand_rule rules[] = {
	{ .name = "cars", .paths = "/cars", .base = "/cars-site" },
};

static struct arena *arena;

static struct fields fields_of(const char *lines)
{
	struct fields f = { 0 };
	struct slice rest = slice_of(lines);
	struct slice line;

	while (slice_cut(&rest, '\n', &line)) {
		struct field field;

		if (line.len == 0)
			continue;
		assert_true(field_parse(line, &field));
		assert_true(field_add(&f, arena, field.name, field.value));
	}
	return f;
}

static struct slice lines_of(const struct fields *f)
{
	struct text t = text_in(arena, 1 << 16);

	for (size_t i = 0; i < f->n; i++)
		text_format(&t, "%.*s: %.*s\n", SLICE_ARG(f->at[i].name),
		    SLICE_ARG(f->at[i].value));
	return text_slice(&t);
}

#define OURS "Via: 1.1 fingerpost\nX-Request-ID: id7\n"

/* Behind Host. */
static const struct {
	struct slice method;
	const char *in, *rules;
	struct slice want;
} request_cases[] = {
	{ S("GET"),
	    "Accept: a\nAccept-Encoding: b\nAccept-Language: c\n"
	    "User-Agent: d\nReferer: e\nRange: bytes=1-\nIf-Range: \"f\"\n"
	    "If-Match: \"g\"\nIf-None-Match: \"h\"\nIf-Modified-Since: i\n"
	    "If-Unmodified-Since: j\n",
	    "",
	    S("Accept-Encoding: b\nAccept-Language: c\n"
	      "User-Agent: d\nReferer: e\nRange: bytes=1-\nIf-Range: \"f\"\n"
	      "If-Match: \"g\"\nIf-None-Match: \"h\"\nIf-Modified-Since: i\n"
	      "If-Unmodified-Since: j\n" OURS) },
	/* Secrets, visitors, and what a signature would cover. */
	{ S("GET"),
	    "Cookie: a\nAuthorization: b\nX-Amz-Acl: c\nx-amz-date: d\n"
	    "X-Forwarded-For: e\nForwarded: for=f\nX-Real-IP: g\nHost: h\n"
	    "X-Other: i\nOrigin: j\nSec-Fetch-Mode: k\nIf: l\nDate: m\n"
	    "Proxy-Authorization: n\nTE: o\nX-HTTP-Method-Override: p\n",
	    "", S(OURS) },
	/* Of reads and writes. */
	{ S("HEAD"),
	    "Cache-Control: no-cache\nPragma: no-cache\nContent-Type: a\n"
	    "Content-MD5: b\nExpires: c\nContent-Encoding: d\n",
	    "", S(OURS) },
	{ S("PUT"),
	    "Cache-Control: max-age=1\nPragma: x\nContent-Type: a\n"
	    "Content-MD5: b\nExpires: c\nContent-Encoding: d\n"
	    "Content-Language: e\nContent-Disposition: f\nRange: bytes=0-\n"
	    "If-Range: g\nIf-None-Match: *\nIf-Match: \"h\"\n"
	    "Content-Range: bytes 0-1/2\nExpect: 100-continue\n",
	    "",
	    S("Cache-Control: max-age=1\nContent-Type: a\nContent-MD5: b\n"
	      "Expires: c\nContent-Encoding: d\nContent-Language: e\n"
	      "Content-Disposition: f\nIf-None-Match: *\nIf-Match: "
	      "\"h\"\n" OURS) },
	{ S("DELETE"), "Range: bytes=0-\nIf-Match: \"h\"\n", "",
	    S("If-Match: \"h\"\n" OURS) },
	/* Tags of ours. */
	{ S("GET"),
	    "If-None-Match: W/\"a\", \"b\" ,W/\"c,W/\"\nIf-None-Match: *\n"
	    "If-Match: W/\"d\"\n",
	    "",
	    S("If-None-Match: \"a\", \"b\", \"c,W/\"\nIf-None-Match: *\n"
	      "If-Match: W/\"d\"\n" OURS) },
	{ S("GET"), "If-None-Match:\nif-none-match: w/\"a\"\n", "",
	    S("If-None-Match: \nif-none-match: w/\"a\"\n" OURS) },
	/* What the rules say is said. */
	{ S("GET"), "Referer: a\nX-Mine: c\n",
	    "Referer: b\nX-Amz-Request-Payer: requester\nX-Mine: d\n",
	    S("Referer: b\n" OURS
	      "X-Amz-Request-Payer: requester\nX-Mine: d\n") },
};

static void fields_are_chosen(void **state)
{
	struct conf *c;

	(void)state;
	for (size_t i = 0; i < ROWS(request_cases); i++) {
		struct request r = { .method = request_cases[i].method,
			.scheme = LIT("https"),
			.authority = LIT("www.test"),
			.protocol = LIT("HTTP/1.1"),
			.client_addr = LIT("192.0.2.7"),
			.id = LIT("id7") };
		struct route_match m = { .prefix = LIT("/cars"),
			.tail = LIT("/a"),
			.path = LIT("/cars/a"),
			.query = LIT(""),
			.authority = LIT("www.test") };
		struct slice want;
		struct fields got;

		arena_reset(arena);
		c = hand_conf(arena, rules, ROWS(rules));
		m.rule = &c->rules[0];
		hand_rule(c, 0)->preserve_host = true;
		hand_rule(c, 0)->request_headers =
		    fields_of(request_cases[i].rules);
		r.fields = fields_of(request_cases[i].in);
		assert_int_equal(
		    s3_request_fields(&r, &m, &c->settings, arena, &got),
		    FORWARD_OK);
		want = ARENA_JOIN(
		    arena, LIT("Host: o.test:81\n"), request_cases[i].want);
		assert_slice(
		    lines_of(&got), want, slice_of(request_cases[i].in));
	}
}

static void rules_may_say_what_is_ours(void **state)
{
	struct conf *c = hand_conf(arena, rules, ROWS(rules));
	struct rule *rule = hand_rule(c, 0);
	struct request r = { .method = LIT("GET"),
		.client_addr = LIT("192.0.2.7") };
	struct route_match m = { .rule = rule, .tail = LIT("/") };
	struct fields got;

	(void)state;
	rule->request_headers =
	    fields_of("Host: tunnel.test\nX-Forwarded-For: unknown\n");
	r.fields = fields_of("Via: 1.1 x\nVia: 1.0 y\n");
	assert_int_equal(
	    s3_request_fields(&r, &m, &c->settings, arena, &got), FORWARD_OK);
	assert_slice(lines_of(&got),
	    LIT("Host: tunnel.test\nVia: 1.1 x\nVia: 1.0 y\n"
		"X-Forwarded-For: unknown\nVia: 1.1 fingerpost\n"),
	    LIT("rules"));
	for (int i = 0; i < 9; i++)
		assert_true(field_add(
		    &r.fields, arena, LIT("Via"), LIT("1.1 fingerpost")));
	assert_int_equal(
	    s3_request_fields(&r, &m, &c->settings, arena, &got), FORWARD_LOOP);
}

static const struct {
	bool conditional, probe, whole;
	const char *all;
	struct slice sent, to_sign;
} ask_cases[] = {
	/* A bucket knows no If-Range. */
	{ true, false, false, "Host: b\nRange: bytes=1-\nIf-Range: \"t\"\n",
	    S("Host: b\nIf-Match: \"t\"\nRange: bytes=1-\n"), S("Host: b\n") },
	{ true, false, false, "Host: b\nRange: bytes=1-\nIf-Range: Thu, 01\n",
	    S("Host: b\nIf-Unmodified-Since: Thu, 01\nRange: bytes=1-\n"),
	    S("Host: b\n") },
	{ true, false, false, "Host: b\nRange: bytes=1-\nIf-Range: W/\"t\"\n",
	    S("Host: b\n"), S("Host: b\n") },
	{ true, false, false,
	    "Host: b\nRange: bytes=1-\nIf-Range: \"t\"\nIf-Match: \"u\"\n",
	    S("Host: b\nIf-Match: \"u\"\n"), S("Host: b\n") },
	{ true, false, false, "Host: b\nIf-Range: \"t\"\n", S("Host: b\n"),
	    S("Host: b\n") },
	{ true, false, true,
	    "Host: b\nRange: bytes=1-\nIf-Range: \"t\"\nIf-None-Match: x\n",
	    S("Host: b\nIf-None-Match: x\n"), S("Host: b\n") },
	{ true, false, false,
	    "Host: b\nRange: bytes=1-\nIf-None-Match: x\nVia: y\n",
	    S("Host: b\nRange: bytes=1-\nIf-None-Match: x\nVia: y\n"),
	    S("Host: b\n") },
	{ false, false, false,
	    "Host: b\nRange: bytes=1-\nIf-None-Match: x\nIf-Match: x\n"
	    "if-range: x\nIf-Modified-Since: x\nIf-Unmodified-Since: x\n"
	    "Via: y\n",
	    S("Host: b\nVia: y\n"), S("Host: b\n") },
	{ false, true, false, "Host: b\nRange: bytes=1-\nVia: y\n",
	    S("Host: b\nVia: y\nRange: bytes=0-0\n"), S("Host: b\n") },
	{ true, false, false, "Via: y\nHost: b\n", S("Host: b\nVia: y\n"),
	    S("Host: b\n") },
	{ true, false, false,
	    "Host: b\nContent-Type: c\nContent-MD5: d\nx-amz-acl: e\n"
	    "Content-Encoding: f\n",
	    S("Host: b\nContent-Type: c\nContent-MD5: d\nx-amz-acl: e\n"
	      "Content-Encoding: f\n"),
	    S("Host: b\nContent-Type: c\nContent-MD5: d\nx-amz-acl: e\n") },
	/* The first of what is signed; nothing empty. */
	{ true, false, false,
	    "Host: b\nContent-Type: c\ncontent-type: d\nX-Amz-A: 1\n"
	    "x-amz-a: 2\nContent-MD5:\nVia: y\nVia: z\nAccept:\n",
	    S("Host: b\nContent-Type: c\nX-Amz-A: 1\nVia: y\nVia: z\n"),
	    S("Host: b\nContent-Type: c\nX-Amz-A: 1\n") },
	/* The signer's own. */
	{ true, false, false,
	    "Host: b\nAuthorization: c\nx-amz-date: d\n"
	    "X-Amz-Content-Sha256: e\nX-Amz-Security-Token: f\n",
	    S("Host: b\n"), S("Host: b\n") },
};

static void each_asking_has_its_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(ask_cases); i++) {
		struct s3_ask ask = { .conditional = ask_cases[i].conditional,
			.probe = ask_cases[i].probe,
			.whole = ask_cases[i].whole };
		struct fields all = fields_of(ask_cases[i].all);
		struct fields sent, to_sign;

		assert_true(s3_ask_fields(&ask, &all, arena, &sent, &to_sign));
		assert_slice(lines_of(&sent), ask_cases[i].sent,
		    slice_of(ask_cases[i].all));
		assert_slice(lines_of(&to_sign), ask_cases[i].to_sign,
		    slice_of(ask_cases[i].all));
	}
}

/* Whatever room there is, it is all or nothing. */
static void too_little_room_is_said_so(void **state)
{
	struct conf *c = hand_conf(arena, rules, ROWS(rules));
	struct request r = { .method = LIT("GET") };
	struct route_match m = { .rule = &c->rules[0], .tail = LIT("/") };
	struct s3_ask ask = { .probe = true };
	struct fields got, sent, to_sign;
	bool ok = false;

	(void)state;
	r.fields = fields_of("If-None-Match: W/\"a\"\nAccept-Language: x\n");
	for (size_t size = 0; !ok && size < 20000; size += 16) {
		struct arena *small = arena_new(size);

		ok = s3_request_fields(&r, &m, &c->settings, small, &got) ==
			FORWARD_OK &&
		    s3_ask_fields(&ask, &got, small, &sent, &to_sign);
		assert_true(!ok || sent.n == 4);
		arena_free(small);
	}
	assert_true(ok);
}

static int setup(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	return arena == NULL;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_chosen),
		cmocka_unit_test(rules_may_say_what_is_ours),
		cmocka_unit_test(each_asking_has_its_fields),
		cmocka_unit_test(too_little_room_is_said_so),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* Whether a response is coded, and what its head then says. */
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "http/field.h"
#include "http/message.h"
#include "policy/encode.h"
#include "tests/unit/policy/hand.h"

static const struct hand_rule rules[] = {
	{ .name = "hotels", .paths = "/hotels" },
};

static void add_lines(struct fields *f, struct arena *a, const char *lines)
{
	struct slice rest = slice_of(lines);
	struct slice line;
	struct field field;

	while (slice_cut(&rest, '\n', &line))
		if (field_parse(line, &field))
			assert_true(field_add(f, a, field.name, field.value));
}

#define GZIP "Accept-Encoding: gzip\n"
#define HTML "Content-Type: text/html\n"

static const struct {
	const char *method, *request;
	int status;
	const char *response;
	int64_t length;
	bool coded, vary;
} cases[] = {
	{ "GET", GZIP, 200, HTML, 1000, true, true },
	{ "HEAD", GZIP, 200, HTML, 1000, true, true },
	{ "GET", GZIP, 200, HTML, 256, true, true },
	{ "GET", GZIP, 200, HTML, 255, false, false },
	{ "GET", GZIP, 200, HTML, 0, false, false },
	{ "GET", GZIP, 200, HTML, LENGTH_UNKNOWN, true, true },
	{ "GET", GZIP, 404, HTML, 1000, true, true },
	{ "GET", GZIP, 500, HTML, 1000, true, true },
	{ "GET", "", 200, HTML, 1000, false, true },
	{ "GET", "Accept-Encoding: identity;q=0\n", 200, HTML, 1000, false,
	    true },
	{ "GET", GZIP, 200, "Content-Type: image/png\n", 1000, false, false },
	{ "GET", GZIP, 200, "", 1000, false, false },
	{ "GET", GZIP, 200, HTML "Content-Encoding: br\n", 1000, false, false },
	{ "GET", GZIP, 200, HTML "Content-Encoding: gzip\n", 1000, false,
	    false },
	{ "GET", GZIP, 200, HTML "Content-Encoding: identity\n", 1000, true,
	    true },
	{ "GET", GZIP, 200, HTML "Cache-Control: public, No-Transform\n", 1000,
	    false, false },
	{ "GET", GZIP "Cache-Control: no-transform\n", 200, HTML, 1000, false,
	    true },
	{ "GET", GZIP, 206, HTML "Content-Range: bytes 0-9/1000\n", 10, false,
	    true },
	{ "GET", GZIP, 206, HTML, 10, false, true },
	{ "GET", GZIP, 416, HTML "Content-Range: bytes */1000\n", 1000, false,
	    true },
	{ "GET", GZIP, 204, HTML, LENGTH_UNKNOWN, false, false },
	{ "POST", GZIP, 205, HTML, 1000, false, false },
	{ "GET", GZIP, 103, HTML, LENGTH_UNKNOWN, false, false },
	{ "GET", GZIP, 304, "ETag: \"x\"\n", LENGTH_UNKNOWN, false, true },
	{ "GET", GZIP "If-None-Match: \"y\", W/\"x\"\n", 304, "ETag: \"x\"\n",
	    LENGTH_UNKNOWN, true, true },
	{ "GET", GZIP "If-None-Match: \"x\"\n", 304, "ETag: \"x\"\n",
	    LENGTH_UNKNOWN, false, true },
	{ "GET", "If-None-Match: W/\"x\"\n", 304, "ETag: \"x\"\n",
	    LENGTH_UNKNOWN, false, true },
	{ "GET", GZIP "If-None-Match: W/\"x\"\n", 304,
	    "Content-Type: image/png\nETag: \"x\"\n", LENGTH_UNKNOWN, false,
	    false },
};

static void responses_are_chosen(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct conf *c = hand_conf(a, rules, ROWS(rules));

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct request request = { .method =
					       slice_of(cases[i].method) };
		struct response response = { .status = cases[i].status,
			.content_length = cases[i].length };
		struct encode_decision d;

		add_lines(&request.fields, a, cases[i].request);
		add_lines(&response.fields, a, cases[i].response);
		d = encode_choose(&c->rules[0], &request, &response);
		if ((d.coding == CODING_GZIP) != cases[i].coded ||
		    d.vary != cases[i].vary)
			fail_msg(
			    "row %zu: coding %d, vary %d", i, d.coding, d.vary);
	}
	arena_free(a);
}

static void rule_may_forbid(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct conf *c = hand_conf(a, rules, ROWS(rules));
	struct rule *rule = hand_rule(c, 0);
	struct request request = { .method = LIT("GET") };
	struct response response = { .status = 200, .content_length = 1000 };

	(void)state;
	add_lines(&request.fields, a, GZIP);
	add_lines(&response.fields, a, HTML);
	rule->compress = false;
	assert_false(encode_choose(rule, &request, &response).vary);
	rule->compress = true;
	rule->compress_encodings = hand_list(a, "br");
	assert_false(encode_choose(rule, &request, &response).vary);
	rule->compress_encodings = hand_list(a, "br,gzip");
	assert_int_equal(
	    encode_choose(rule, &request, &response).coding, CODING_GZIP);
	arena_free(a);
}

/* What is plain for a request's no-transform is not for the others. */
static void requests_may_forbid(void **state)
{
	static const struct {
		const char *request, *response;
		bool spared;
	} rows[] = {
		{ GZIP "Cache-Control: no-transform\n", HTML, true },
		{ GZIP, HTML, false },
		{ "Cache-Control: no-transform\n", HTML, false },
		{ GZIP "Cache-Control: no-transform\n",
		    "Content-Type: image/png\n", false },
		{ GZIP "Cache-Control: no-transform\n",
		    HTML "Content-Encoding: gzip\n", false },
		{ GZIP "Cache-Control: no-transform\n",
		    HTML "Cache-Control: no-transform\n", false },
		{ GZIP "Cache-Control: no-transform\n",
		    HTML "Content-Range: bytes 0-9/1000\n", false },
	};
	struct arena *a = arena_new(1 << 20);
	struct conf *c = hand_conf(a, rules, ROWS(rules));

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct request request = { .method = LIT("GET") };
		struct response response = { .status = 200,
			.content_length = 1000 };

		add_lines(&request.fields, a, rows[i].request);
		add_lines(&response.fields, a, rows[i].response);
		assert_int_equal(
		    encode_choose(&c->rules[0], &request, &response).spared,
		    rows[i].spared);
	}
	arena_free(a);
}

static const struct {
	struct slice in, want;
} tag_cases[] = {
	{ S("\"x\""), S("W/\"x\"") },
	{ S("W/\"x\""), S("W/\"x\"") },
	{ S("\"\""), S("W/\"\"") },
};

static void heads_are_edited(void **state)
{
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < ROWS(tag_cases); i++) {
		struct response r = { .status = 200, .content_length = 1000 };

		add_lines(&r.fields, a,
		    HTML "Accept-Ranges: bytes\nContent-MD5: x\nDigest: y\n"
			 "Content-Digest: z\nRepr-Digest: z\n"
			 "Content-Encoding: identity\n");
		field_add(&r.fields, a, LIT("etag"), tag_cases[i].in);
		assert_true(encode_head(&r, CODING_IDENTITY, a));
		assert_int_equal(r.content_length, 1000);
		assert_int_equal(r.fields.n, 8);
		assert_true(encode_head(&r, CODING_GZIP, a));
		assert_int_equal(r.content_length, LENGTH_UNKNOWN);
		assert_int_equal(r.fields.n, 3);
		assert_slice(field_get(&r.fields, LIT("ETag")),
		    tag_cases[i].want, tag_cases[i].in);
		assert_slice(field_get(&r.fields, LIT("Content-Encoding")),
		    LIT("gzip"), LIT("coding"));
	}
	arena_free(a);
}

static void not_modified_gets_the_tag_alone(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct response r = { .status = 304 };

	(void)state;
	add_lines(&r.fields, a, "ETag: \"x\"\n");
	assert_true(encode_head(&r, CODING_GZIP, a));
	assert_int_equal(r.fields.n, 1);
	assert_slice(
	    field_get(&r.fields, LIT("ETag")), LIT("W/\"x\""), LIT("304"));
	arena_free(a);
}

static const struct {
	const char *in;
	struct slice want;
	size_t n;
} vary_cases[] = {
	{ "", S("Accept-Encoding"), 1 },
	{ "Vary: Cookie\n", S("Cookie, Accept-Encoding"), 1 },
	{ "Vary:\n", S("Accept-Encoding"), 1 },
	{ "vary: Cookie, accept-encoding\n", S("Cookie, accept-encoding"), 1 },
	{ "Vary: *\n", S("*"), 1 },
	{ "Vary: \"open\n", S("\"open"), 2 },
	{ "Vary: Cookie\nVary: Accept-Encoding\n", S("Cookie"), 2 },
};

static void vary_is_said_once(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct arena *none = arena_new(0);

	(void)state;
	for (size_t i = 0; i < ROWS(vary_cases); i++) {
		struct response r = { .status = 200 };

		add_lines(&r.fields, a, vary_cases[i].in);
		assert_true(encode_vary(&r, a));
		assert_slice(field_get(&r.fields, LIT("Vary")),
		    vary_cases[i].want, slice_of(vary_cases[i].in));
		assert_int_equal(r.fields.n, vary_cases[i].n);
		assert_true(encode_vary(&r, none));
	}
	arena_free(none);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(responses_are_chosen),
		cmocka_unit_test(rule_may_forbid),
		cmocka_unit_test(requests_may_forbid),
		cmocka_unit_test(heads_are_edited),
		cmocka_unit_test(not_modified_gets_the_tag_alone),
		cmocka_unit_test(vary_is_said_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

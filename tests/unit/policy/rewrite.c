/* What is rewritten, and what its head then says. */
#include "policy/rewrite.h"

#include "base/arena.h"
#include "http/field.h"
#include "http/message.h"
#include "tests/unit/policy/hand.h"
#include "tests/unit/unit.h"

static const struct hand_rule rules[] = {
	{ .name = "hotels", .paths = "/hotels" },
};

static struct arena *arena;

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

static struct fields fields_of(struct slice lines)
{
	struct fields f = { 0 };
	struct slice line;
	struct field field;

	while (slice_cut(&lines, '\n', &line))
		if (field_parse(line, &field))
			assert_true(
			    field_add(&f, arena, field.name, field.value));
	return f;
}

/* What the rule asks for: L links, M members, T token, S shim. */
static struct rule *rule_with(const char *wants)
{
	struct conf *c = hand_conf(arena, rules, ROWS(rules));
	struct rule *rule = hand_rule(c, 0);

	for (; *wants != '\0'; wants++) {
		rule->rewrite_links |= *wants == 'L';
		rule->rewrite_scripts |= *wants == 'T';
		rule->runtime_shim |= *wants == 'S';
		if (*wants == 'M')
			rule->rewrite_json = hand_list(arena, "url");
	}
	return rule;
}

#define TYPE(t) S("Content-Type: " t "\n")
#define HTML    "Content-Type: text/html\n"

static const struct {
	const char *wants;
	struct slice target, request;
	int status;
	struct slice response;
	enum rewrite_kind kind;
	const char *does; /* l m t s p(rologue) d(ecode) D(eflate), in order */
	enum rewrite_obstacle obstacle;
} rows[] = {
	/* kinds */
	{ "L", S("/"), S(""), 200, TYPE("text/html"), REWRITE_HTML, "l", 0 },
	{ "L", S("/"), S(""), 404, TYPE("Text/HTML; charset=utf-8"),
	    REWRITE_HTML, "l", 0 },
	{ "L", S("/"), S(""), 200, TYPE("text/css"), REWRITE_CSS, "l", 0 },
	{ "L", S("/"), S(""), 207, TYPE("application/xml"), REWRITE_XML, "l",
	    0 },
	{ "L", S("/"), S(""), 200, TYPE("text/xml"), REWRITE_XML, "l", 0 },
	{ "L", S("/"), S(""), 200, TYPE("image/svg+xml"), REWRITE_XML, "l", 0 },
	{ "L", S("/"), S(""), 200, TYPE("application/xhtml+xml"), REWRITE_XML,
	    "l", 0 },
	{ "L", S("/"), S(""), 200, TYPE("application/manifest+json"),
	    REWRITE_MANIFEST, "l", 0 },
	{ "L", S("/app.webmanifest?x"), S(""), 200,
	    TYPE("application/octet-stream"), REWRITE_MANIFEST, "l", 0 },
	{ "L", S("/site/manifest.json"), S(""), 200, TYPE("application/json"),
	    REWRITE_MANIFEST, "l", 0 },
	{ "L", S("/m"), S("Sec-Fetch-Dest: manifest\n"), 200,
	    TYPE("text/plain"), REWRITE_MANIFEST, "l", 0 },
	{ "L", S("/"), S(""), 200, TYPE("application/speculationrules+json"),
	    REWRITE_SPECULATION, "l", 0 },
	{ "L", S("/"), S(""), 200, TYPE("application/json"), REWRITE_NONE, "",
	    0 },
	{ "L", S("/"), S(""), 200, TYPE("text/javascript"), REWRITE_NONE, "",
	    0 },
	{ "L", S("/"), S(""), 200, TYPE("text/plain"), REWRITE_NONE, "", 0 },
	{ "L", S("/"), S(""), 200, TYPE("image/png"), REWRITE_NONE, "", 0 },
	{ "L", S("/"), S(""), 200, S(""), REWRITE_NONE, "", 0 },
	{ "", S("/"), S(""), 200, TYPE("text/html"), REWRITE_NONE, "", 0 },
	{ "M", S("/"), S(""), 200, TYPE("application/hal+json"), REWRITE_JSON,
	    "m", 0 },
	{ "MT", S("/"), S(""), 200, TYPE("application/json"), REWRITE_JSON,
	    "mt", 0 },
	{ "LM", S("/x.webmanifest"), S(""), 200, TYPE("application/json"),
	    REWRITE_MANIFEST, "l", 0 },
	{ "T", S("/"), S(""), 200, TYPE("application/javascript"),
	    REWRITE_SCRIPT, "t", 0 },
	{ "T", S("/"), S(""), 200, TYPE("text/html"), REWRITE_HTML, "t", 0 },
	{ "T", S("/"), S(""), 200, TYPE("text/css"), REWRITE_NONE, "", 0 },
	{ "S", S("/"), S(""), 200, TYPE("text/html"), REWRITE_HTML, "s", 0 },
	{ "LS", S("/"), S(""), 200, TYPE("text/html"), REWRITE_HTML, "ls", 0 },
	{ "S", S("/"), S(""), 200, TYPE("text/javascript"), REWRITE_NONE, "",
	    0 },
	{ "S", S("/"), S("Service-Worker: script\n"), 200,
	    TYPE("text/javascript"), REWRITE_SCRIPT, "p", 0 },
	{ "ST", S("/"), S("Sec-Fetch-Dest: sharedworker\n"), 200,
	    TYPE("text/javascript"), REWRITE_SCRIPT, "tp", 0 },
	{ "L", S("/"), S("Service-Worker: script\n"), 200,
	    TYPE("text/javascript"), REWRITE_NONE, "", 0 },
	/* without content of its own */
	{ "L", S("/"), S(""), 204, TYPE("text/html"), REWRITE_NONE, "", 0 },
	{ "L", S("/"), S(""), 304, TYPE("text/html"), REWRITE_NONE, "", 0 },
	/* codings */
	{ "L", S("/"), S(""), 200, S(HTML "Content-Encoding: gzip\n"),
	    REWRITE_HTML, "ld", 0 },
	{ "L", S("/"), S(""), 200, S(HTML "Content-Encoding: X-GZip\n"),
	    REWRITE_HTML, "ld", 0 },
	{ "L", S("/"), S(""), 200, S(HTML "Content-Encoding: deflate\n"),
	    REWRITE_HTML, "ldD", 0 },
	{ "L", S("/"), S(""), 200, S(HTML "Content-Encoding: identity\n"),
	    REWRITE_HTML, "l", 0 },
	{ "L", S("/"), S(""), 200, S(HTML "Content-Encoding: br\n"),
	    REWRITE_NONE, "", OBSTACLE_CODING },
	{ "L", S("/"), S(""), 200, S(HTML "Content-Encoding: gzip, gzip\n"),
	    REWRITE_NONE, "", OBSTACLE_CODING },
	{ "L", S("/"), S(""), 200,
	    S(HTML "Content-Encoding: gzip\nContent-Encoding: br\n"),
	    REWRITE_NONE, "", OBSTACLE_CODING },
	{ "L", S("/"), S(""), 200, S("Content-Encoding: br\n"), REWRITE_NONE,
	    "", 0 },
	/* charsets */
	{ "L", S("/"), S(""), 200, TYPE("text/html; charset=UTF-16"),
	    REWRITE_NONE, "", OBSTACLE_CHARSET },
	{ "L", S("/"), S(""), 200, TYPE("text/html;x=y;Charset=\"utf-16le\""),
	    REWRITE_NONE, "", OBSTACLE_CHARSET },
	{ "L", S("/"), S(""), 200, TYPE("text/html; charset=iso-2022-jp"),
	    REWRITE_NONE, "", OBSTACLE_CHARSET },
	{ "L", S("/"), S(""), 200, TYPE("text/html; charset=iso-8859-1"),
	    REWRITE_HTML, "l", 0 },
	{ "L", S("/"), S(""), 200, TYPE("text/html; charset=Shift_JIS"),
	    REWRITE_HTML, "l", 0 },
	{ "L", S("/"), S(""), 200, TYPE("text/html; charset"), REWRITE_HTML,
	    "l", 0 },
	/* what may not be, or cannot be, changed */
	{ "L", S("/"), S(""), 200, S(HTML "Cache-Control: a, no-transform\n"),
	    REWRITE_NONE, "", OBSTACLE_TRANSFORM },
	{ "L", S("/"), S(""), 206, S(HTML "Content-Range: bytes 0-1/9\n"),
	    REWRITE_NONE, "", OBSTACLE_PARTIAL },
	{ "L", S("/"), S(""), 206, TYPE("video/mp4"), REWRITE_NONE, "", 0 },
};

static void does(const struct rewrite_plan *p, char *to)
{
	if (p->links)
		*to++ = 'l';
	if (p->members)
		*to++ = 'm';
	if (p->token)
		*to++ = 't';
	if (p->shim)
		*to++ = 's';
	if (p->prologue)
		*to++ = 'p';
	if (p->decode)
		*to++ = 'd';
	if (p->deflate)
		*to++ = 'D';
	*to = '\0';
}

static void plans_follow_rule_and_head(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct request request = { .target = rows[i].target,
			.fields = fields_of(rows[i].request) };
		struct response response = { .status = rows[i].status,
			.fields = fields_of(rows[i].response) };
		struct rewrite_plan p = rewrite_choose(
		    rule_with(rows[i].wants), &request, &response);
		char got[8];

		does(&p, got);
		if (p.kind != rows[i].kind || p.obstacle != rows[i].obstacle ||
		    !slice_eq(slice_of(got), slice_of(rows[i].does)))
			fail_msg("row %zu, %.*s: kind %d, does %s, obstacle %d",
			    i, SLICE_ARG(rows[i].response), p.kind, got,
			    p.obstacle);
		assert_int_equal(p.obstacle == OBSTACLE_NONE,
		    rewrite_obstacle_words(p.obstacle).len == 0);
	}
}

static const struct {
	struct slice name, value, want;
} head_cases[] = {
	{ S("Content-Encoding"), S("gzip"), S("") },
	{ S("Accept-Ranges"), S("bytes"), S("") },
	{ S("Content-MD5"), S("x"), S("") },
	{ S("Digest"), S("md5=x"), S("") },
	{ S("Content-Digest"), S("sha-256=:x:"), S("") },
	{ S("Repr-Digest"), S("sha-256=:x:"), S("") },
	{ S("ETag"), S("\"a\""), S("W/\"a\"") },
	{ S("ETag"), S("W/\"a\""), S("W/\"a\"") },
	{ S("Vary"), S("Accept-Encoding"), S("Accept-Encoding") },
};

static void the_head_speaks_of_new_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(head_cases); i++) {
		struct request request = { 0 };
		struct response r = { .status = 200,
			.content_length = 100,
			.fields = fields_of(LIT(HTML)) };
		const struct rule *rule = rule_with("L");
		struct rewrite_plan p;

		assert_true(field_add(
		    &r.fields, arena, head_cases[i].name, head_cases[i].value));
		p = rewrite_choose(rule, &request, &r);
		assert_true(rewrite_head(rule, &request, &r, &p, arena));
		assert_slice(field_get(&r.fields, head_cases[i].name),
		    head_cases[i].want, head_cases[i].name);
		assert_int_equal(r.content_length, LENGTH_UNKNOWN);
		/* And what is not rewritten stays as it was. */
		r.fields.n = 0;
		r.content_length = 100;
		assert_true(field_add(
		    &r.fields, arena, head_cases[i].name, head_cases[i].value));
		p = rewrite_choose(rule, &request, &r);
		assert_true(rewrite_head(rule, &request, &r, &p, arena));
		assert_slice(field_get(&r.fields, head_cases[i].name),
		    head_cases[i].value, head_cases[i].name);
		assert_int_equal(r.content_length, 100);
	}
}

#define JSON "Content-Type: application/json\n"
#define DEST S("Sec-Fetch-Dest")

/* What is rewritten by what asks for it says so, and nothing else does. */
static const struct {
	const char *wants;
	struct slice target, response, vary;
} chosen[] = {
	{ "L", S("/x"), S(JSON), DEST },
	{ "L", S("/x"), S("Content-Type: text/plain\n"), DEST },
	{ "L", S("/x"), S("Content-Type: text/cache-manifest\n"), DEST },
	{ "L", S("/x"), S("Content-Type: binary/octet-stream\n"), DEST },
	{ "L", S("/x"), S(""), DEST },
	{ "LM", S("/x"), S(JSON), DEST },
	{ "M", S("/x"), S(""), DEST },
	{ "T", S("/x"), S("Content-Type: text/plain\n"), DEST },
	{ "M", S("/x"), S(JSON), S("") },
	{ "T", S("/x"), S(JSON), S("") },
	{ "S", S("/x"), S(JSON), S("") },
	{ "", S("/x"), S(JSON), S("") },
	{ "L", S("/x"), S(HTML), S("") },
	{ "L", S("/x"), S("Content-Type: image/png\n"), S("") },
	{ "L", S("/x"), S("Content-Type: application/pdf\n"), S("") },
	{ "L", S("/x"), S("Content-Type: application/manifest+json\n"), S("") },
	{ "L", S("/x.webmanifest"), S(""), S("") },
	{ "L", S("/manifest.json"), S(JSON), S("") },
	{ "S", S("/x"), S("Content-Type: text/javascript\n"),
	    S("Sec-Fetch-Dest, Service-Worker") },
};

static void what_asks_is_named(void **state)
{
	static const struct slice destinations[] = { S(""),
		S("Sec-Fetch-Dest: empty\n"), S("Sec-Fetch-Dest: manifest\n") };

	(void)state;
	for (size_t i = 0; i < ROWS(chosen) * ROWS(destinations); i++) {
		size_t row = i / ROWS(destinations);
		const struct rule *rule = rule_with(chosen[row].wants);
		struct request request = {
			.target = chosen[row].target,
			.fields =
			    fields_of(destinations[i % ROWS(destinations)]),
		};
		struct response r = { .status = 200,
			.fields = fields_of(chosen[row].response) };
		struct rewrite_plan p = rewrite_choose(rule, &request, &r);

		assert_true(rewrite_head(rule, &request, &r, &p, arena));
		assert_slice(field_get(&r.fields, LIT("Vary")),
		    chosen[row].vary, chosen[row].response);
	}
}

static const struct {
	const char *wants;
	struct slice held, want;
} not_modified[] = {
	{ "L", S("If-None-Match: W/\"a\"\n"), S("W/\"a\"") },
	{ "L", S("If-None-Match: \"a\"\n"), S("\"a\"") },
	{ "L", S(""), S("\"a\"") },
	{ "", S("If-None-Match: W/\"a\"\n"), S("\"a\"") },
};

static void a_304_names_what_the_client_holds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(not_modified); i++) {
		const struct rule *rule = rule_with(not_modified[i].wants);
		struct request request = { .fields = fields_of(
					       not_modified[i].held) };
		struct response r = { .status = 304,
			.fields = fields_of(LIT("ETag: \"a\"\n")) };
		struct rewrite_plan p = rewrite_choose(rule, &request, &r);

		assert_true(rewrite_head(rule, &request, &r, &p, arena));
		assert_slice(field_get(&r.fields, LIT("ETag")),
		    not_modified[i].want, not_modified[i].held);
	}
}

static const struct {
	const char *wants;
	struct slice sent, want;
} accepted[] = {
	{ "L", S("Accept-Encoding: gzip, br\n"), S("gzip") },
	{ "S", S("Accept-Encoding: br\n"), S("identity") },
	{ "T", S("Accept-Encoding: gzip;q=0, *\n"), S("identity") },
	{ "M", S(""), S("") },
	{ "", S("Accept-Encoding: gzip, br\n"), S("gzip, br") },
};

static void no_coding_is_asked_for_but_ours(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(accepted); i++) {
		struct fields f = fields_of(accepted[i].sent);

		assert_true(
		    rewrite_accept(rule_with(accepted[i].wants), &f, arena));
		assert_slice(field_get(&f, LIT("Accept-Encoding")),
		    accepted[i].want, accepted[i].sent);
	}
}

/* B: a bucket's object; what is stored coded is decoded for whom it has to
 * be. */
static const struct {
	const char *wants;
	int status;
	struct slice request, response;
	bool decode, coded, varies, weak;
} stored[] = {
	{ "B", 200, S(""), S("Content-Encoding: gzip\nETag: \"1\"\n"), true,
	    false, true, true },
	{ "B", 200, S("Accept-Encoding: br\n"),
	    S("Content-Encoding: gzip\nETag: \"1\"\n"), true, false, true,
	    true },
	{ "B", 200, S("Accept-Encoding: gzip\n"),
	    S("Content-Encoding: gzip\nETag: \"1\"\n"), false, true, true,
	    false },
	{ "B", 200, S(""), S("Content-Encoding: br\nETag: \"1\"\n"), false,
	    true, false, false },
	{ "B", 200, S(""), S("ETag: \"1\"\n"), false, false, false, false },
	{ "B", 206, S(""), S("Content-Encoding: gzip\nETag: \"1\"\n"), false,
	    true, true, false },
	{ "B", 200, S(""),
	    S("Content-Encoding: gzip\nCache-Control: no-transform\n"
	      "ETag: \"1\"\n"),
	    false, true, true, false },
	{ "", 200, S(""), S("Content-Encoding: gzip\nETag: \"1\"\n"), false,
	    true, false, false },
};

static void what_a_bucket_holds_coded_is_decoded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(stored); i++) {
		struct rule *rule = rule_with("");
		struct request request = { .fields =
					       fields_of(stored[i].request) };
		struct response r = { .status = stored[i].status,
			.fields = fields_of(stored[i].response) };
		struct rewrite_plan plan;

		rule->bucket.on = stored[i].wants[0] == 'B';
		plan = rewrite_choose(rule, &request, &r);
		assert_true(rewrite_head(rule, &request, &r, &plan, arena));
		if (plan.decode != stored[i].decode ||
		    field_has(&r.fields, LIT("Content-Encoding")) !=
			stored[i].coded ||
		    field_has(&r.fields, LIT("Vary")) != stored[i].varies ||
		    slice_starts(field_get(&r.fields, LIT("ETag")),
			LIT("W/")) != stored[i].weak)
			fail_msg("row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plans_follow_rule_and_head),
		cmocka_unit_test(the_head_speaks_of_new_bytes),
		cmocka_unit_test(what_asks_is_named),
		cmocka_unit_test(a_304_names_what_the_client_holds),
		cmocka_unit_test(no_coding_is_asked_for_but_ours),
		cmocka_unit_test(what_a_bucket_holds_coded_is_decoded),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

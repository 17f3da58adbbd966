/* The shim's markup, its prologue, its answer. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "engine/answer_shim.h"
#include "http/message.h"
#include "policy/mapping.h"
#include "policy/shim.h"

static const struct mapping plain = {
	.to = { "/pre", 4 },
	.scheme = { "https", 5 },
	.authority = { "site.test", 9 },
};

/* The hash that this build has, out of the ETag. */
static struct slice hash(void)
{
	return slice_upto(slice_from(shim_etag(), 1), shim_etag().len - 2);
}

/* '%' in a row stands for it. */
static struct slice filled(struct arena *a, struct slice row)
{
	struct text t = text_in(a, 4096);

	for (size_t i = 0; i < row.len; i++)
		if (row.at[i] == '%')
			text_add(&t, hash());
		else
			text_char(&t, row.at[i]);
	return text_slice(&t);
}

static const struct {
	struct slice to, policy, want;
	bool refused;
} markup_cases[] = {
	{ S("/pre"), S(""),
	    S("<script src=\"/pre/.fingerpost/shim.js?v=%\" "
	      "data-prefix=\"/pre\" data-inline></script>"),
	    false },
	{ S("/pre"), S("script-src 'self'"),
	    S("<script src=\"/pre/.fingerpost/shim.js?v=%\" "
	      "data-prefix=\"/pre\"></script>"),
	    false },
	{ S("/pre"), S("script-src 'strict-dynamic' 'nonce-a+b='"),
	    S("<script src=\"/pre/.fingerpost/shim.js?v=%\" "
	      "data-prefix=\"/pre\" data-inline nonce=\"a+b=\"></script>"),
	    false },
	{ S("/a&b\"<'c"), S("script-src 'self'"),
	    S("<script src=\"/a&amp;b&quot;&lt;'c/.fingerpost/shim.js?v=%\" "
	      "data-prefix=\"/a&amp;b&quot;&lt;'c\"></script>"),
	    false },
	{ S("/pre"), S("script-src 'none'"), S(""), true },
	{ S("/pre"), S("script-src site.test/app/"), S(""), true },
	{ S(""), S("script-src 'none'"), S(""), false },
};

static void markup_is_escaped(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct arena *none = arena_new(0);

	(void)state;
	for (size_t i = 0; i < ROWS(markup_cases); i++) {
		struct mapping m = plain;
		struct response r = { .status = 200 };
		unsigned hints = 0;

		m.to = markup_cases[i].to;
		if (markup_cases[i].policy.len > 0)
			assert_true(field_add(&r.fields, a,
			    LIT("Content-Security-Policy"),
			    markup_cases[i].policy));
		assert_slice(shim_markup(&m, &r, a, &hints),
		    filled(a, markup_cases[i].want), markup_cases[i].policy);
		assert_int_equal(
		    hints, markup_cases[i].refused ? SHIM_REFUSED : 0);
		if (m.to.len > 0)
			assert_null(shim_markup(&m, &r, none, &hints).at);
	}
	arena_free(none);
	arena_free(a);
}

static void prologue_is_one_line(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct mapping m = plain;
	struct slice start = LIT("self.__fingerpost_prefix=\"/p\\x22\\x5c\";(");
	struct slice got;

	(void)state;
	m.to = LIT("/p\"\\");
	got = shim_prologue(&m, a);
	assert_true(slice_starts(got, start));
	assert_true(slice_ends(got, LIT("})(); ")));
	assert_int_equal(slice_find(got, '\n'), got.len);
	assert_int_equal(slice_find(got, '\r'), got.len);
	for (size_t i = 0; i < got.len; i++)
		assert_in_range(got.at[i], ' ', '~');
	m.to = LIT("");
	assert_int_equal(shim_prologue(&m, a).len, 0);
	arena_free(a);
	a = arena_new(4096);
	m.to = LIT("/p");
	assert_null(shim_prologue(&m, a).at);
	arena_free(a);
}

static const struct {
	struct slice name, value;
	bool wants;
} worker_cases[] = {
	{ S("Service-Worker"), S("script"), true },
	{ S("service-worker"), S("script"), true },
	{ S("Service-Worker"), S("Script"), false },
	{ S("Sec-Fetch-Dest"), S("worker"), true },
	{ S("Sec-Fetch-Dest"), S("sharedworker"), true },
	{ S("Sec-Fetch-Dest"), S("serviceworker"), true },
	{ S("Sec-Fetch-Dest"), S("Worker"), false },
	{ S("Sec-Fetch-Dest"), S("script"), false },
	{ S("Sec-Fetch-Dest"), S("audioworklet"), false },
	{ S("Sec-Fetch-Mode"), S("worker"), false },
};

static void workers_are_known(void **state)
{
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < ROWS(worker_cases); i++) {
		struct request r = { .method = LIT("GET") };

		assert_true(field_add(
		    &r.fields, a, worker_cases[i].name, worker_cases[i].value));
		if (shim_wants_prologue(&r) != worker_cases[i].wants)
			fail_msg("row %zu", i);
	}
	arena_free(a);
}

static void path_is_exact(void **state)
{
	(void)state;
	assert_true(shim_is_asked(LIT("/.fingerpost/shim.js")));
	assert_false(shim_is_asked(LIT("/.fingerpost/shim.js/")));
	assert_false(shim_is_asked(LIT("/x/.fingerpost/shim.js")));
	assert_false(shim_is_asked(LIT("")));
}

#define FOREVER "public, max-age=31536000, immutable"

static const struct {
	struct slice method, query, tag;
	int status;
	struct slice caching;
} answer_cases[] = {
	{ S("GET"), S(""), S(""), 200, S("no-cache") },
	{ S("HEAD"), S(""), S(""), 200, S("no-cache") },
	{ S("GET"), S("?v=%"), S(""), 200, S(FOREVER) },
	{ S("GET"), S("?v=%x"), S(""), 200, S("no-cache") },
	{ S("GET"), S("?v=0"), S(""), 200, S("no-cache") },
	{ S("GET"), S("?v=%"), S("\"%\""), 304, S(FOREVER) },
	{ S("HEAD"), S(""), S("\"x\", W/\"%\""), 304, S("no-cache") },
	{ S("GET"), S(""), S("*"), 304, S("no-cache") },
	{ S("GET"), S(""), S("\"x\", %"), 200, S("no-cache") },
	{ S("POST"), S(""), S(""), 405, S("no-store") },
	{ S("OPTIONS"), S("?v=%"), S("*"), 405, S("no-store") },
};

static void requests_are_answered(void **state)
{
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < ROWS(answer_cases); i++) {
		struct request r = { .method = answer_cases[i].method };
		struct answer got;

		if (answer_cases[i].tag.len > 0)
			assert_true(
			    field_add(&r.fields, a, LIT("If-None-Match"),
				filled(a, answer_cases[i].tag)));
		got = answer_shim(a, &r, filled(a, answer_cases[i].query));
		assert_int_equal(got.response.status, answer_cases[i].status);
		assert_slice(
		    field_get(&got.response.fields, LIT("Cache-Control")),
		    answer_cases[i].caching, answer_cases[i].query);
		if (got.response.status == 200) {
			assert_slice(got.body, shim_source(), LIT("body"));
			assert_int_equal(
			    got.response.content_length, got.body.len);
			assert_slice(field_get(&got.response.fields,
					 LIT("Content-Type")),
			    LIT("text/javascript; charset=utf-8"), LIT("200"));
		}
		if (got.response.status == 304) {
			assert_int_equal(got.body.len, 0);
			assert_slice(
			    field_get(&got.response.fields, LIT("ETag")),
			    shim_etag(), LIT("304"));
		}
		if (got.response.status == 405)
			assert_slice(
			    field_get(&got.response.fields, LIT("Allow")),
			    LIT("GET, HEAD"), LIT("405"));
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(markup_is_escaped),
		cmocka_unit_test(prologue_is_one_line),
		cmocka_unit_test(workers_are_known),
		cmocka_unit_test(path_is_exact),
		cmocka_unit_test(requests_are_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

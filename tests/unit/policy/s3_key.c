/* Keys and queries in S3's form: tables, and what holds for any bytes. */
#include "policy/s3_key.h"

#include <string.h>

#include "base/arena.h"
#include "conf/conf.h"
#include "policy/sigv4.h"
#include "tests/unit/unit.h"

static struct arena *arena;

/* --- paths and keys ---------------------------------------------------- */

static const struct {
	struct slice in, want;
} path_cases[] = {
	{ S("/a/b.html"), S("/a/b.html") },
	{ S(""), S("") },
	{ S("/"), S("/") },
	{ S("/with space"), S("/with%20space") },
	{ S("/with%20space"), S("/with%20space") },
	{ S("/a+b"), S("/a%2Bb") },
	{ S("/a%2Bb"), S("/a%2Bb") },
	{ S("/a%2bb"), S("/a%2Bb") },
	{ S("/%7Euser/%41"), S("/~user/A") },
	{ S("/a%2Fb"), S("/a/b") },
	{ S("/caf\xc3\xa9"), S("/caf%C3%A9") },
	{ S("/\xff%fe"), S("/%FF%FE") },
	{ S("//a//./../b/."), S("//a//./../b/.") },
	{ S("/a%2E%2e/b"), S("/a../b") },
	{ S("/100%"), S("/100%25") },
	{ S("/100%4"), S("/100%254") },
	{ S("/100%zz%4g%%41"), S("/100%25zz%254g%25A") },
	{ S("/per%2520cent"), S("/per%2520cent") },
	{ S("/a%00b"), S("/a%00b") },
	{ S("/!*'();:@&=$,[]"),
	    S("/%21%2A%27%28%29%3B%3A%40%26%3D%24%2C%5B%5D") },
};

static void paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(path_cases); i++)
		assert_slice(s3_path(path_cases[i].in, arena),
		    path_cases[i].want, path_cases[i].in);
	assert_slice(s3_encode(LIT("a/b %41"), true, arena), LIT("a/b%20%2541"),
	    LIT("key"));
	assert_slice(s3_encode(LIT("a/b %41"), false, arena),
	    LIT("a%2Fb%20%2541"), LIT("value"));
	assert_slice(s3_encode(SLICE_NONE, false, arena), LIT(""), LIT("none"));
	assert_non_null(s3_encode(SLICE_NONE, false, arena).at);
}

/* Another decoder than the one under test. */
static size_t decode(struct slice s, char *out)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		const char *high = NULL;
		const char *low = NULL;

		if (s.at[i] == '%' && i + 2 < s.len) {
			high = memchr(hex, ascii_lower(s.at[i + 1]), 16);
			low = memchr(hex, ascii_lower(s.at[i + 2]), 16);
		}
		if (high != NULL && low != NULL) {
			out[n++] = (char)((high - hex) * 16 + (low - hex));
			i += 2;
		} else {
			out[n++] = s.at[i];
		}
	}
	return n;
}

static bool allowed(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) ||
	    (c != '\0' && strchr("-._~/%", c) != NULL);
}

static void hold_for(struct slice path)
{
	struct slice sent;
	char before[512];
	char after[512];
	size_t n;

	arena_reset(arena);
	sent = s3_path(path, arena);
	n = decode(path, before);
	assert_int_equal(decode(sent, after), n);
	assert_memory_equal(before, after, n);
	assert_slice(s3_path(sent, arena), sent, path);
	/* None is longer, nor in another form, than the key's bytes encoded. */
	assert_slice(
	    s3_encode((struct slice){ before, n }, true, arena), sent, path);
	for (size_t i = 0; i < sent.len; i++)
		if (!allowed(sent.at[i]))
			fail_msg(
			    "%.*s gave %.*s", SLICE_ARG(path), SLICE_ARG(sent));
}

static uint32_t seed = 1;

static uint32_t roll(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

/* Bytes that mean something more often than others. */
static struct slice odd_bytes(char *room, size_t max)
{
	static const char often[] = "%%%%24fFaAzZ/.+=&?~ \xc3\xa9";
	size_t n = roll((uint32_t)max);

	for (size_t i = 0; i < n; i++)
		room[i] = roll(4) == 0 ? (char)roll(256) :
					 often[roll(sizeof(often) - 1)];
	return (struct slice){ room, n };
}

static void properties_of_paths(void **state)
{
	char room[128];

	(void)state;
	for (unsigned first = 0; first < 256; first++)
		for (unsigned second = 0; second < 256; second++) {
			char escape[] = { '%', (char)first, (char)second, '4' };

			hold_for((struct slice){ escape, 1 });
			hold_for((struct slice){ escape, 3 });
			hold_for((struct slice){ escape, 4 });
			hold_for((struct slice){ escape + 1, 3 });
		}
	for (int i = 0; i < 20000; i++)
		hold_for(odd_bytes(room, sizeof(room)));
}

/* --- queries ----------------------------------------------------------- */

static const struct slice everything[] = { S("*") };
static const struct slice few[] = { S("versionId"), S("a b"), S("") };
static const struct slice_list all = { everything, 1 };
static const struct slice_list some = { few, ROWS(few) };
static const struct slice_list none = { NULL, 0 };

static const struct {
	const struct slice_list *names;
	struct slice in, want;
} query_cases[] = {
	{ &all, S(""), S("") },
	{ &all, S("?"), S("") },
	{ &all, S("?a"), S("a=") },
	{ &all, S("a="), S("a=") },
	{ &all, S("=a"), S("=a") },
	{ &all, S("?="), S("=") },
	{ &all, S("&&a&"), S("a=") },
	{ &all, S("??a=1"), S("%3Fa=1") },
	{ &all, S("b=2&a=1"), S("a=1&b=2") },
	{ &all, S("b=2&b=1&B=3"), S("B=3&b=1&b=2") },
	{ &all, S("a=2&a&a=1&a="), S("a=&a=&a=1&a=2") },
	{ &all, S("a-b=1&a=2"), S("a=2&a-b=1") },
	{ &all, S("a=b=c"), S("a=b%3Dc") },
	{ &all, S("a=1+2%2B3%20"), S("a=1%202%2B3%20") },
	{ &all, S("a=%zz%"), S("a=%25zz%25") },
	{ &all, S("%61=%7e"), S("a=~") },
	{ &all, S("p=caf\xc3\xa9/"), S("p=caf%C3%A9%2F") },
	{ &all, S("a%26b=c%3Dd"), S("a%26b=c%3Dd") },
	/* Ordered as encoded: %5B before A. */
	{ &all, S("A=1&[=2"), S("%5B=2&A=1") },
	{ &all, S("X-Amz-Date=1&x-amz-Signature=2&X-Amz=3"), S("X-Amz=3") },
	{ &all, S("X%2DAmz-Date=1&%58-Amz-Expires=2&a"), S("a=") },
	{ &all, S("AWSAccessKeyId=1&Signature=2&Expires=3&a=4"), S("a=4") },
	{ &some, S("a=1&versionId=2&VERSIONID=3"), S("versionId=2") },
	{ &some, S("a+b=1&a%20b=0&a=2"), S("a%20b=0&a%20b=1") },
	{ &some, S("=1&version%49d"), S("=1&versionId=") },
	{ &none, S("a=1"), S("") },
};

static void queries(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(query_cases); i++) {
		struct slice got =
		    s3_query(query_cases[i].in, query_cases[i].names, arena);

		assert_non_null(got.at);
		assert_slice(got, query_cases[i].want, query_cases[i].in);
	}
	assert_slice(s3_query(SLICE_NONE, &all, arena), LIT(""), LIT("none"));
}

/* The third line of what would be signed for it. */
static struct slice signed_query(struct slice query)
{
	struct fields fields = { 0 };
	struct sigv4_request r = { .method = LIT("GET"),
		.path = LIT("/"),
		.query = query,
		.fields = &fields,
		.payload = SIGV4_UNSIGNED };
	struct sigv4_manner manner = { 0 };
	struct slice text;
	struct slice line;

	assert_true(sigv4_canonical_request(&r, &manner, arena, &text));
	for (int i = 0; i < 3; i++)
		assert_true(slice_cut(&text, '\n', &line));
	return line;
}

static void what_is_sent_is_signed(void **state)
{
	char room[128];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct slice query = odd_bytes(room, sizeof(room));
		struct slice sent;

		arena_reset(arena);
		sent = s3_query(query, &all, arena);
		assert_slice(signed_query(sent), sent, query);
		assert_slice(s3_query(sent, &all, arena), sent, query);
		if (!slice_starts(query, LIT("?")))
			assert_slice(signed_query(query), sent, query);
	}
}

/* --- bounds ------------------------------------------------------------ */

static void spent_arenas(void **state)
{
	struct slice path = LIT("/%41%20+++++");
	struct slice query = LIT("?b=+%20&a=%41+&c");
	bool was = false;

	(void)state;
	for (size_t max = 0; max < 2048; max += 16) {
		struct arena *small = arena_new(max);
		struct slice sent = s3_path(path, small);
		struct slice asked = s3_query(query, &all, small);

		if (sent.at != NULL)
			assert_slice(sent, LIT("/A%20%2B%2B%2B%2B%2B"), path);
		if (asked.at != NULL)
			assert_slice(asked, LIT("a=A%20&b=%20%20&c="), query);
		assert_false(was && asked.at == NULL);
		was = asked.at != NULL;
		arena_free(small);
	}
	assert_true(was);
}

/* Would not end in time if it were quadratic. */
static void many_parameters(void **state)
{
	enum { BYTES = 4 << 20 };
	struct arena *large = arena_new(1u << 30);
	char *query = arena_alloc(large, BYTES);
	struct slice sent;

	(void)state;
	for (size_t i = 0; i < BYTES; i++)
		query[i] = i % 4 == 0 ? '&' : (char)('a' + roll(26));
	sent = s3_query((struct slice){ query, BYTES }, &all, large);
	/* A '=' each, and the first '&' gone. */
	assert_int_equal(sent.len, BYTES - 1 + BYTES / 4);
	arena_free(large);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(properties_of_paths),
		cmocka_unit_test(queries),
		cmocka_unit_test(what_is_sent_is_signed),
		cmocka_unit_test(spent_arenas),
		cmocka_unit_test(many_parameters),
	};
	int failed;

	arena = arena_new(1 << 20);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_free(arena);
	return failed;
}

/* What the vectors of SigV4 leave out: odd fields and paths, days, hashes,
 * and bounds. */
#include "policy/canonical.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "policy/sigv4.h"
#include "tests/unit/unit.h"

static struct arena *arena;

/* --- fields ------------------------------------------------------------ */

static const struct {
	struct field in[5];
	struct slice lines, names;
} field_cases[] = {
	{ { { S("Host"), S("h") } }, S("host:h\n"), S("host") },
	{ { { S("X"), S("") } }, S("x:\n"), S("x") },
	{ { { S("X"), S(" \t ") } }, S("x:\n"), S("x") },
	{ { { S("X"), S("a \t b") } }, S("x:a b\n"), S("x") },
	{ { { S("X"), S("\ta  b\t\tc ") } }, S("x:a b c\n"), S("x") },
	{ { { S("X"), S("\"a  b\"") } }, S("x:\"a b\"\n"), S("x") },
	{ { { S("X"), S("b") }, { S("x"), S("a") } }, S("x:b,a\n"), S("x") },
	{ { { S("X"), S("") }, { S("x"), S("") }, { S("X"), S("c") } },
	    S("x:,,c\n"), S("x") },
	{ { { S("B"), S("1") }, { S("a"), S("2") }, { S("b"), S(" 3 ") } },
	    S("a:2\nb:1,3\n"), S("a;b") },
	{ { { S("a-b"), S("1") }, { S("a"), S("2") }, { S("A_b"), S("3") } },
	    S("a:2\na-b:1\na_b:3\n"), S("a;a-b;a_b") },
	{ { { S("X"), S("caf\xc3\xa9 \xa0 b") } }, S("x:caf\xc3\xa9 \xa0 b\n"),
	    S("x") },
};

static void fields(void **state)
{
	struct canonical_fields got;

	(void)state;
	for (size_t i = 0; i < ROWS(field_cases); i++) {
		struct fields f = { (struct field *)field_cases[i].in, 0, 5 };

		while (f.n < 5 && f.at[f.n].name.len > 0)
			f.n++;
		assert_true(canonical_fields(&f, arena, &got));
		assert_slice(got.lines, field_cases[i].lines, LIT("lines"));
		assert_slice(got.names, field_cases[i].names, LIT("names"));
	}
}

/* As many as there may be, all of one name or each of its own. */
static void many_fields(void **state)
{
	struct canonical_fields got;
	struct fields same = { 0 };
	struct fields other = { 0 };
	char name[16];

	(void)state;
	for (int i = 0; i < FIELDS_MAX; i++) {
		snprintf(name, sizeof(name), "X-%03d", FIELDS_MAX - 1 - i);
		assert_true(field_add(&same, arena, LIT("X"),
		    arena_slice(arena, slice_of(name + 2))));
		assert_true(field_add(&other, arena,
		    arena_slice(arena, slice_of(name)), LIT("v")));
	}
	assert_true(canonical_fields(&same, arena, &got));
	assert_slice(slice_upto(got.lines, 10), LIT("x:999,998,"), LIT("same"));
	assert_slice(slice_from(got.lines, got.lines.len - 8), LIT("001,000\n"),
	    LIT("same"));
	assert_slice(got.names, LIT("x"), LIT("same"));
	assert_true(canonical_fields(&other, arena, &got));
	assert_slice(
	    slice_upto(got.lines, 16), LIT("x-000:v\nx-001:v\n"), LIT("other"));
	assert_int_equal(got.names.len, FIELDS_MAX * 6 - 1);
}

/* --- paths ------------------------------------------------------------- */

static const struct {
	struct slice in, same, normal, encoded;
} path_cases[] = {
	{ S(""), S("/"), S("/"), S("/") },
	{ S("/"), S("/"), S("/"), S("/") },
	{ S("//"), S("//"), S("/"), S("/") },
	{ S("/a%20b"), S("/a%20b"), S("/a%20b"), S("/a%2520b") },
	{ S("/a//b/"), S("/a//b/"), S("/a/b/"), S("/a/b/") },
	{ S("/../a/./b/.."), S("/../a/./b/.."), S("/a"), S("/a") },
	{ S("/a/../../"), S("/a/../../"), S("/"), S("/") },
	{ S("/a/.../b"), S("/a/.../b"), S("/a/.../b"), S("/a/.../b") },
	{ S("a/b"), S("a/b"), S("/a/b"), S("/a/b") },
	{ S("/a@b"), S("/a@b"), S("/a@b"), S("/a%40b") },
};

static void paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(path_cases); i++) {
		struct slice in = path_cases[i].in;

		assert_slice(canonical_path(in, false, false, arena),
		    path_cases[i].same, in);
		assert_slice(canonical_path(in, true, false, arena),
		    path_cases[i].normal, in);
		assert_slice(canonical_path(in, true, true, arena),
		    path_cases[i].encoded, in);
	}
}

/* --- time and keys ----------------------------------------------------- */

static const struct {
	int64_t now_s;
	const char *want;
} time_cases[] = {
	{ 0, "19700101T000000Z" },
	{ -1, "19700101T000000Z" },
	{ INT64_MIN, "19700101T000000Z" },
	{ 86399, "19700101T235959Z" },
	{ 68169600, "19720229T000000Z" },
	{ 951782400, "20000229T000000Z" },
	{ 951868799, "20000229T235959Z" },
	{ 951868800, "20000301T000000Z" },
	{ 1369353600, "20130524T000000Z" },
	{ 1440938160, "20150830T123600Z" },
	{ 1798761599, "20261231T235959Z" },
	{ 1798761600, "20270101T000000Z" },
	{ 4107542399, "21000228T235959Z" },
	{ 4107542400, "21000301T000000Z" },
	{ 253402300799, "99991231T235959Z" },
	{ 253402300800, "99991231T235959Z" },
	{ INT64_MAX, "99991231T235959Z" },
};

static void times(void **state)
{
	char got[SIGV4_TIME_SIZE];

	(void)state;
	for (size_t i = 0; i < ROWS(time_cases); i++) {
		sigv4_time(time_cases[i].now_s, got);
		assert_string_equal(got, time_cases[i].want);
	}
}

static struct sigv4_key key_of(int64_t now_s)
{
	struct sigv4_key key;

	assert_true(sigv4_key_derive(
	    LIT("secret"), now_s, LIT("us-east-1"), LIT("s3"), &key));
	return key;
}

static void keys_of_a_day(void **state)
{
	struct sigv4_key key = key_of(1369353600);
	struct sigv4_key evening = key_of(1369353600 + 86399);

	(void)state;
	assert_string_equal(key.date, "20130524");
	assert_memory_equal(key.bytes, evening.bytes, sizeof(key.bytes));
	assert_false(sigv4_key_holds(&key, 1369353599));
	assert_true(sigv4_key_holds(&key, 1369353600));
	assert_true(sigv4_key_holds(&key, 1369353600 + 86399));
	assert_false(sigv4_key_holds(&key, 1369353600 + 86400));
}

/* Any length but what is too long; an untouched key then. */
static void secrets(void **state)
{
	static char secret[SIGV4_SECRET_MAX + 1];
	struct sigv4_key key = { .date = "before" };
	struct sigv4_key last = { .date = "" };

	(void)state;
	memset(secret, 'x', sizeof(secret));
	for (size_t len = 0; len <= SIGV4_SECRET_MAX; len += 64) {
		assert_true(sigv4_key_derive((struct slice){ secret, len }, 0,
		    LIT("r"), LIT("s3"), &key));
		assert_memory_not_equal(
		    key.bytes, last.bytes, sizeof(key.bytes));
		last = key;
	}
	assert_false(sigv4_key_derive((struct slice){ secret, sizeof(secret) },
	    86400, LIT("r"), LIT("s3"), &key));
	assert_memory_equal(&key, &last, sizeof(key));
}

static void hashes(void **state)
{
	char got[SIGV4_HASH_SIZE];

	(void)state;
	assert_true(sigv4_hash(LIT(""), got));
	assert_slice(slice_of(got), SIGV4_EMPTY, LIT("nothing"));
	assert_true(sigv4_hash(SLICE_NONE, got));
	assert_slice(slice_of(got), SIGV4_EMPTY, LIT("none"));
	/* FIPS 180-2, appendix B.1 */
	assert_true(sigv4_hash(LIT("abc"), got));
	assert_string_equal(got,
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* --- signing ----------------------------------------------------------- */

static const struct sigv4_manner s3_manner = { .name_payload = true };

static struct sigv4_request request(struct fields *f)
{
	assert_true(field_add(f, arena, LIT("Host"), LIT("h.test")));
	return (struct sigv4_request){ .method = LIT("GET"),
		.path = LIT("/a%20b"),
		.query = LIT("b=2&a=1"),
		.fields = f,
		.payload = SIGV4_UNSIGNED };
}

/* Fields that go along unsigned stay, those of the client's own that ours
 * replace do not; nothing of the identity is borrowed. */
static void other_fields(void **state)
{
	struct sigv4_key key = key_of(0);
	char id[] = "AK:ID";
	char token[] = "token";
	struct sigv4_identity who = { slice_of(id), slice_of(token), &key };
	struct fields f = { 0 };
	struct sigv4_request r = request(&f);
	struct fields sent;

	(void)state;
	assert_true(field_copy(&sent, arena, &f));
	assert_true(field_add(&sent, arena, LIT("User-Agent"), LIT("u")));
	assert_true(field_add(&sent, arena, LIT("authorization"), LIT("x")));
	assert_true(field_add(&sent, arena, LIT("x-amz-date"), LIT("x")));
	assert_true(field_add(&sent, arena, LIT("x-amz-date"), LIT("y")));
	assert_true(sigv4_sign(&r, &who, &s3_manner, 0, arena, &sent));
	memset(id, 'x', sizeof(id) - 1);
	memset(token, 'x', sizeof(token) - 1);
	assert_int_equal(sent.n, 6);
	assert_slice(field_get(&sent, LIT("User-Agent")), LIT("u"), LIT("UA"));
	assert_slice(field_get(&sent, LIT("X-Amz-Date")),
	    LIT("19700101T000000Z"), LIT("date"));
	assert_slice(field_get(&sent, LIT("X-Amz-Security-Token")),
	    LIT("token"), LIT("token"));
	assert_slice(field_get(&sent, LIT("X-Amz-Content-Sha256")),
	    SIGV4_UNSIGNED, LIT("payload"));
	assert_slice(slice_upto(field_get(&sent, LIT("Authorization")), 141),
	    LIT("AWS4-HMAC-SHA256 "
		"Credential=AK:ID/19700101/us-east-1/s3/aws4_request, "
		"SignedHeaders=host;x-amz-content-sha256;x-amz-date;"
		"x-amz-security-token"),
	    LIT("authorization"));
}

static const struct slice unsendable[] = {
	S("a\r\nEvil: b"),
	S("a\nb"),
	{ "a\0b", 3 },
	S("a\x7f"),
};

static void injections(void **state)
{
	struct sigv4_key key = key_of(0);
	struct fields f = { 0 };
	struct sigv4_request r = request(&f);

	(void)state;
	for (size_t i = 0; i < ROWS(unsendable); i++) {
		struct sigv4_key odd_key = key;
		struct sigv4_identity odd_id = { unsendable[i], LIT(""), &key };
		struct sigv4_identity odd_token = { LIT("a"), unsendable[i],
			&key };
		struct sigv4_identity odd_region = { LIT("a"), LIT(""),
			&odd_key };
		struct fields sent = f;

		odd_key.region = unsendable[i];
		assert_false(
		    sigv4_sign(&r, &odd_id, &s3_manner, 0, arena, &sent));
		assert_false(
		    sigv4_sign(&r, &odd_token, &s3_manner, 0, arena, &sent));
		assert_false(
		    sigv4_sign(&r, &odd_region, &s3_manner, 0, arena, &sent));
		assert_int_equal(sent.n, f.n);
	}
}

/* An arena too small by any amount: no, and nothing touched. */
static void spent_arenas(void **state)
{
	struct sigv4_key key = key_of(0);
	struct sigv4_identity who = { LIT("id"), LIT("token"), &key };
	struct fields f = { 0 };
	struct sigv4_request r = request(&f);
	struct sigv4_manner later = { .token_unsigned = true };
	bool signs = false;
	bool presigns = false;
	bool presigns_later = false;

	(void)state;
	assert_true(field_add(&f, arena, LIT("X-Amz-Date"), LIT("old")));
	for (size_t max = 0; max < 8192; max += 16) {
		struct arena *small = arena_new(max);
		struct fields sent = f;
		struct slice query = LIT("untouched");
		bool is;

		is = sigv4_sign(&r, &who, &s3_manner, 0, small, &sent);
		assert_true(is >= signs);
		assert_int_equal(sent.n, is ? 5 : 2);
		assert_slice(f.at[1].value, LIT("old"), LIT("untouched"));
		signs = is;
		arena_reset(small);
		is = sigv4_presign(&r, &who, &s3_manner, 0, 60, small, &query);
		assert_true(is >= presigns);
		assert_true(is != slice_eq(query, LIT("untouched")));
		presigns = is;
		arena_reset(small);
		query = LIT("untouched");
		is = sigv4_presign(&r, &who, &later, 0, 60, small, &query);
		assert_true(is >= presigns_later);
		assert_true(is != slice_eq(query, LIT("untouched")));
		presigns_later = is;
		arena_free(small);
	}
	assert_true(signs && presigns && presigns_later);
}

/* A head that is full already has no room for the signature. */
static void full_heads(void **state)
{
	struct sigv4_key key = key_of(0);
	struct sigv4_identity who = { LIT("id"), LIT(""), &key };
	struct fields f = { 0 };
	struct sigv4_request r = request(&f);
	struct fields sent;

	(void)state;
	while (f.n < FIELDS_MAX - 3)
		assert_true(field_add(&f, arena, LIT("A"), LIT("b")));
	sent = f;
	assert_true(sigv4_sign(&r, &who, &s3_manner, 0, arena, &sent));
	assert_int_equal(sent.n, FIELDS_MAX);
	assert_true(field_add(&f, arena, LIT("A"), LIT("b")));
	sent = f;
	assert_false(sigv4_sign(&r, &who, &s3_manner, 0, arena, &sent));
	assert_int_equal(sent.n, f.n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),
		cmocka_unit_test(many_fields),
		cmocka_unit_test(paths),
		cmocka_unit_test(times),
		cmocka_unit_test(keys_of_a_day),
		cmocka_unit_test(secrets),
		cmocka_unit_test(hashes),
		cmocka_unit_test(other_fields),
		cmocka_unit_test(injections),
		cmocka_unit_test(spent_arenas),
		cmocka_unit_test(full_heads),
	};
	int failed;

	arena = arena_new(64u << 20);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_free(arena);
	return failed;
}

/* Every vector of tests/data/sigv4: what is signed, the string to sign, the
 * signature, and what is sent.  Where nothing else is said the manner is that
 * of the vectors' "service": paths are encoded once more, and normalised. */
#include "policy/sigv4.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "conf/conf.h"
#include "policy/parameters.h"
#include "policy/s3_key.h"
#include "tests/unit/policy/vectors.h"
#include "tests/unit/unit.h"

#define AUTHORIZATION LIT("Authorization")
#define TOKEN         LIT("X-Amz-Security-Token")
#define SIGNATURE     LIT("X-Amz-Signature")

static struct arena *arena;

/* One case in one form. */
struct scene {
	struct slice what;
	struct sigv4_request request;
	struct fields fields; /* the request's */
	struct sigv4_manner manner;
	struct sigv4_identity identity;
	struct sigv4_key key;
	int64_t now_s;
	int64_t expires_s;
};

static struct slice get(const struct fields *f, const char *name)
{
	struct slice value = field_get(f, slice_of(name));

	if (value.at == NULL)
		fail_msg("no %s", name);
	return value;
}

static bool yes(const struct fields *f, const char *name)
{
	return slice_eq(field_get(f, slice_of(name)), LIT("yes"));
}

static int64_t number(const struct fields *f, const char *name)
{
	uint64_t value = 0;

	assert_true(slice_to_u64(get(f, name), &value));
	return (int64_t)value;
}

static struct slice hash(struct slice bytes)
{
	char room[SIGV4_HASH_SIZE];

	assert_true(sigv4_hash(bytes, room));
	return arena_slice(arena, slice_of(room));
}

/* Who signs, and when, for all but botocore's, which has it in prose. */
static void set_identity(struct scene *s, const struct fields *lines)
{
	s->now_s = number(lines, "now");
	assert_true(sigv4_key_derive(get(lines, "secret_access_key"), s->now_s,
	    get(lines, "region"), get(lines, "service"), &s->key));
	assert_true(sigv4_key_holds(&s->key, s->now_s));
	s->identity.access_key_id = get(lines, "access_key_id");
	s->identity.session_token = field_get(lines, LIT("token"));
	s->identity.key = &s->key;
}

static void set_request(struct scene *s, const struct vectors_request *r)
{
	s->fields = r->fields;
	s->request = (struct sigv4_request){ .method = r->method,
		.path = r->path,
		.query = r->query,
		.fields = &s->fields,
		.payload = hash(r->body) };
}

/* --- the two forms ----------------------------------------------------- */

/* What is sent, signed once more by steps, gives what the vector says. */
static void check_steps(const struct scene *s, const struct sigv4_request *sent,
    struct slice canonical, struct slice text)
{
	struct slice got_canonical;
	struct slice got_text;

	assert_true(
	    sigv4_canonical_request(sent, &s->manner, arena, &got_canonical));
	assert_slice(got_canonical, canonical, s->what);
	assert_true(sigv4_string_to_sign(
	    got_canonical, &s->key, s->now_s, arena, &got_text));
	assert_slice(got_text, text, s->what);
}

static struct slice after(struct slice s, struct slice word)
{
	while (s.len > 0 && !slice_starts(s, word))
		s = slice_from(s, 1);
	return slice_from(s, word.len);
}

/* In a field; hands over all that is sent. */
static struct fields check_fields(const struct scene *s, struct slice canonical,
    struct slice text, struct slice signature)
{
	struct fields sent;
	struct fields stepped;
	struct sigv4_request again = s->request;

	assert_true(field_copy(&sent, arena, &s->fields));
	assert_true(sigv4_sign(
	    &s->request, &s->identity, &s->manner, s->now_s, arena, &sent));
	assert_slice(after(field_get(&sent, AUTHORIZATION), LIT("Signature=")),
	    signature, s->what);
	assert_true(field_copy(&stepped, arena, &sent));
	field_remove(&stepped, AUTHORIZATION);
	if (s->manner.token_unsigned)
		field_remove(&stepped, TOKEN);
	again.fields = &stepped;
	check_steps(s, &again, canonical, text);
	return sent;
}

/* A query without the parameter; *value_out is the parameter's, decoded. */
static struct slice without(
    struct slice query, struct slice name, struct slice *value_out)
{
	struct parameters p = { 0 };
	size_t kept = 0;

	*value_out = LIT("");
	assert_true(parameters_read(query, arena, &p));
	for (size_t i = 0; i < p.n; i++)
		if (slice_eq(p.at[i].name, name))
			*value_out = p.at[i].value;
		else
			p.at[kept++] = p.at[i];
	p.n = kept;
	return parameters_write(&p, arena);
}

/* In the query; hands over what is sent. */
static struct slice check_query(const struct scene *s, struct slice canonical,
    struct slice text, struct slice signature)
{
	struct sigv4_request again = s->request;
	struct slice sent;
	struct slice value;

	assert_true(sigv4_presign(&s->request, &s->identity, &s->manner,
	    s->now_s, s->expires_s, arena, &sent));
	again.query = without(sent, SIGNATURE, &value);
	assert_slice(value, signature, s->what);
	if (s->manner.token_unsigned)
		again.query = without(again.query, TOKEN, &value);
	check_steps(s, &again, canonical, text);
	return sent;
}

/* The same fields in any order. */
static void same_fields(
    const struct fields *got, const struct fields *want, struct slice what)
{
	size_t found;

	for (size_t i = 0; i < want->n; i++) {
		found = 0;
		for (size_t j = 0; j < got->n; j++)
			found += slice_eq_nocase(
				     got->at[j].name, want->at[i].name) &&
			    slice_eq(got->at[j].value, want->at[i].value);
		if (found == 0)
			fail_msg("%.*s: no %.*s: %.*s", SLICE_ARG(what),
			    SLICE_ARG(want->at[i].name),
			    SLICE_ARG(want->at[i].value));
	}
	assert_int_equal(got->n, want->n);
}

/* --- aws-c-auth's ------------------------------------------------------ */

static struct slice aws_file(struct slice name, const char *file)
{
	return vectors_file(
	    arena, "aws-c-auth-v4/%.*s/%s", SLICE_ARG(name), file);
}

static void aws_case(const struct fields *lines)
{
	struct slice name = get(lines, "case");
	struct scene s = { .what = name };
	struct vectors_request r, want;
	struct slice none;
	struct fields sent;
	struct slice query;

	r = vectors_request(aws_file(name, "request.txt"), arena);
	set_identity(&s, lines);
	set_request(&s, &r);
	s.manner = (struct sigv4_manner){ .encode_twice = true,
		.normalise_path = yes(lines, "normalize"),
		.name_payload = yes(lines, "sign_body"),
		.token_unsigned = yes(lines, "omit_session_token") };
	s.expires_s = number(lines, "expiration_in_seconds");

	sent = check_fields(&s, aws_file(name, "header-canonical-request.txt"),
	    aws_file(name, "header-string-to-sign.txt"),
	    aws_file(name, "header-signature.txt"));
	want =
	    vectors_request(aws_file(name, "header-signed-request.txt"), arena);
	same_fields(&sent, &want.fields, name);

	query = check_query(&s, aws_file(name, "query-canonical-request.txt"),
	    aws_file(name, "query-string-to-sign.txt"),
	    aws_file(name, "query-signature.txt"));
	want =
	    vectors_request(aws_file(name, "query-signed-request.txt"), arena);
	assert_slice(without(query, LIT("-"), &none),
	    without(want.query, LIT("-"), &none), name);
	same_fields(&s.fields, &want.fields, name);
}

static void aws_c_auth(void **state)
{
	struct slice rest = vectors_file(arena, "contexts");
	struct fields lines;
	size_t n = 0;

	(void)state;
	for (; vectors_next(&rest, arena, &lines); n++)
		aws_case(&lines);
	printf("aws-c-auth-v4: %zu, as fields and as a query\n", n);
	assert_int_equal(n, 38);
}

/* --- botocore's -------------------------------------------------------- */

static const struct {
	struct slice name;
	const char *why;
} wrong_authorization[] = {
	{ S("get-vanilla-with-session-token"),
	    "the signature in its .sreq is not the one in its .authz" },
};

static bool is_wrong(struct slice name)
{
	for (size_t i = 0; i < ROWS(wrong_authorization); i++)
		if (slice_eq(name, wrong_authorization[i].name)) {
			printf("%.*s: Authorization of .sreq not compared: "
			       "%s\n",
			    SLICE_ARG(name), wrong_authorization[i].why);
			return true;
		}
	return false;
}

/* Every case's folder and name, found by its .req. */
static char botocore_cases[64][128];
static size_t botocore_n;

static int note_case(
    const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	size_t len = strlen(path);
	const char *below = strstr(path, "botocore-");

	(void)st;
	(void)ftw;
	if (type != FTW_F || len < 4 || strcmp(path + len - 4, ".req") != 0)
		return 0;
	assert_true(botocore_n < ROWS(botocore_cases));
	snprintf(botocore_cases[botocore_n++], sizeof(*botocore_cases), "%.*s",
	    (int)strlen(below) - 4, below);
	return 0;
}

static void botocore_case(const char *path)
{
	struct slice name = slice_of(strrchr(path, '/') + 1);
	struct slice authz = vectors_file(arena, "%s.authz", path);
	struct scene s = { .what = name, .now_s = 1440938160 };
	struct vectors_request r, want;
	struct fields sent;

	r = vectors_request(vectors_file(arena, "%s.req", path), arena);
	want = vectors_request(vectors_file(arena, "%s.sreq", path), arena);
	set_request(&s, &r);
	assert_true(
	    sigv4_key_derive(LIT("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
		s.now_s, LIT("us-east-1"), LIT("service"), &s.key));
	s.identity = (struct sigv4_identity){ LIT("AKIDEXAMPLE"),
		field_get(&want.fields, TOKEN), &s.key };
	s.manner = (struct sigv4_manner){ .encode_twice = true,
		.normalise_path = true,
		.token_unsigned =
		    slice_eq(name, LIT("post-sts-header-after")) };
	sent = check_fields(&s, vectors_file(arena, "%s.creq", path),
	    vectors_file(arena, "%s.sts", path),
	    after(authz, LIT("Signature=")));
	assert_slice(field_get(&sent, AUTHORIZATION), authz, name);
	if (is_wrong(name)) {
		field_remove(&sent, AUTHORIZATION);
		field_remove(&want.fields, AUTHORIZATION);
	}
	same_fields(&sent, &want.fields, name);
}

static void botocore(void **state)
{
	const char *srcdir = getenv("srcdir");
	char folder[4096];

	(void)state;
	snprintf(folder, sizeof(folder),
	    "%s/tests/data/sigv4/botocore-aws4_testsuite",
	    srcdir == NULL ? "." : srcdir);
	assert_int_equal(nftw(folder, note_case, 8, FTW_PHYS), 0);
	for (size_t i = 0; i < botocore_n; i++)
		botocore_case(botocore_cases[i]);
	printf("botocore-aws4_testsuite: %zu\n", botocore_n);
	assert_int_equal(botocore_n, 34);
}

/* --- the examples of S3's API reference -------------------------------- */

static struct slice example_payload(struct slice payload)
{
	return slice_eq(payload, SIGV4_UNSIGNED) ||
		slice_starts(payload, LIT("STREAMING-")) ?
	    payload :
	    hash(payload);
}

static void set_example(struct scene *s, const struct fields *lines)
{
	assert_true(
	    field_add(&s->fields, arena, LIT("Host"), get(lines, "host")));
	for (size_t i = 0; i < lines->n; i++) {
		struct field f;

		if (!slice_eq(lines->at[i].name, LIT("header")))
			continue;
		assert_true(field_parse(lines->at[i].value, &f));
		assert_true(field_add(&s->fields, arena, f.name, f.value));
	}
	s->request = (struct sigv4_request){ .method = get(lines, "method"),
		.path = get(lines, "path"),
		.query = get(lines, "query"),
		.fields = &s->fields,
		.payload = example_payload(get(lines, "payload")) };
	set_identity(s, lines);
}

static void example_in_fields(const struct scene *s, const struct fields *lines)
{
	struct fields sent;
	struct slice authorization;
	struct slice names = get(lines, "signed_headers");
	struct slice canonical;
	struct slice want_hash =
	    field_get(lines, LIT("canonical_request_sha256"));
	struct sigv4_request again = s->request;

	assert_true(field_copy(&sent, arena, &s->fields));
	assert_true(sigv4_sign(
	    &s->request, &s->identity, &s->manner, s->now_s, arena, &sent));
	authorization = field_get(&sent, AUTHORIZATION);
	assert_slice(
	    slice_upto(after(authorization, LIT("SignedHeaders=")), names.len),
	    names, s->what);
	assert_slice(after(authorization, LIT("Signature=")),
	    get(lines, "signature"), s->what);
	field_remove(&sent, AUTHORIZATION);
	again.fields = &sent;
	assert_true(
	    sigv4_canonical_request(&again, &s->manner, arena, &canonical));
	if (want_hash.at != NULL)
		assert_slice(hash(canonical), want_hash, s->what);
}

static void example_in_query(struct scene *s, const struct fields *lines)
{
	struct sigv4_request again = s->request;
	struct slice sent;
	struct slice value;
	struct slice canonical;

	s->expires_s = number(lines, "expires");
	s->request.query = LIT("");
	assert_true(sigv4_presign(&s->request, &s->identity, &s->manner,
	    s->now_s, s->expires_s, arena, &sent));
	assert_slice(
	    without(sent, SIGNATURE, &value), get(lines, "query"), s->what);
	assert_slice(value, get(lines, "signature"), s->what);
	assert_true(
	    sigv4_canonical_request(&again, &s->manner, arena, &canonical));
	assert_slice(
	    hash(canonical), get(lines, "canonical_request_sha256"), s->what);
}

static void s3_examples(void **state)
{
	struct slice rest = vectors_file(arena, "s3-doc-examples");
	struct fields lines;
	size_t n = 0;

	(void)state;
	for (; vectors_next(&rest, arena, &lines); n++) {
		struct scene s = { .what = get(&lines, "case"),
			.manner = { .name_payload = true } };

		set_example(&s, &lines);
		if (yes(&lines, "presigned"))
			example_in_query(&s, &lines);
		else
			example_in_fields(&s, &lines);
	}
	printf("s3-doc-examples: %zu\n", n);
	assert_int_equal(n, 6);
}

/* --- the oracle of keys ------------------------------------------------ */

static const struct slice everything[] = { S("*") };
static const struct slice_list all_names = { everything, 1 };

/* botocore keeps one value of a repeated parameter when it presigns: what it
 * sends and signs is another query than the one it was given. */
static struct slice oracle_query(const struct fields *lines, bool presigned)
{
	struct slice query = get(lines, "client_query");

	if (presigned && slice_eq(query, LIT("x=2&x=1&X=3"))) {
		printf("%.*s: presigned without x=1, as botocore left it "
		       "out\n",
		    SLICE_ARG(get(lines, "case")));
		query = LIT("x=2&X=3");
	}
	return s3_query(query, &all_names, arena);
}

static void oracle_case(const struct fields *lines)
{
	struct slice key = s3_encode(get(lines, "key"), true, arena);
	struct scene s = { .what = get(lines, "case"),
		.manner = { .name_payload = true },
		.expires_s = 600 };
	bool presigned = yes(lines, "presigned");
	struct slice canonical = get(lines, "canonical_request");
	struct slice text = get(lines, "string_to_sign");
	struct slice signature = get(lines, "signature");

	set_identity(&s, lines);
	assert_true(
	    field_add(&s.fields, arena, LIT("Host"), get(lines, "host")));
	s.request = (struct sigv4_request){ .method = LIT("GET"),
		.path = ARENA_JOIN(arena,
		    slice_eq(get(lines, "style"), LIT("path")) ?
			LIT("/examplebucket/") :
			LIT("/"),
		    key),
		.query = oracle_query(lines, presigned),
		.fields = &s.fields,
		.payload = presigned ? SIGV4_UNSIGNED : SIGV4_EMPTY };
	assert_slice(s.request.path, get(lines, "canonical_uri"), s.what);
	assert_slice(s3_path(s.request.path, arena), s.request.path, s.what);
	if (presigned) {
		check_query(&s, canonical, text, signature);
		return;
	}
	assert_slice(s.request.query, get(lines, "canonical_query"), s.what);
	assert_true(
	    field_add(&s.fields, arena, LIT("Range"), LIT("bytes=0-9")));
	check_fields(&s, canonical, text, signature);
}

static void s3_oracle(void **state)
{
	struct slice rest = vectors_file(arena, "s3-key-oracle");
	struct fields lines;
	size_t n = 0;

	(void)state;
	for (; vectors_next(&rest, arena, &lines); n++)
		oracle_case(&lines);
	printf("s3-key-oracle: %zu\n", n);
	assert_int_equal(n, 108);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aws_c_auth),
		cmocka_unit_test(botocore),
		cmocka_unit_test(s3_examples),
		cmocka_unit_test(s3_oracle),
	};
	int failed;

	arena = arena_new(512u << 20);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_free(arena);
	return failed;
}

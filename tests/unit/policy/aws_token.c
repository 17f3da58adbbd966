/* What metadata services answer. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/aws_token.h"

#define KEYS "\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"SECRET\""
#define END  "\"Expiration\":\"2026-11-21T10:00:00Z\""

#define INSTANCE                                          \
	"{\n  \"Code\" : \"Success\",\n"                  \
	"  \"LastUpdated\" : \"2026-11-21T04:00:00Z\",\n" \
	"  \"Type\" : \"AWS-HMAC\",\n"                    \
	"  \"AccessKeyId\" : \"AKID\",\n"                 \
	"  \"SecretAccessKey\" : \"SECRET\",\n"           \
	"  \"Token\" : \"TOKEN==\",\n"                    \
	"  \"Expiration\" : \"2026-11-21T10:00:00Z\"\r\n} "

static const struct {
	struct slice text;
	enum aws_token_fault want;
	struct slice id, secret, token;
	int64_t expires_s;
} cases[] = {
	{ S(INSTANCE), AWS_TOKEN_OK, S("AKID"), S("SECRET"), S("TOKEN=="),
	    1795255200 },
	{ S("{\"RoleArn\":\"arn\"," KEYS ",\"Token\":\"T\"," END "}"),
	    AWS_TOKEN_OK, S("AKID"), S("SECRET"), S("T"), 1795255200 },
	{ S("{" KEYS "}"), AWS_TOKEN_OK, S("AKID"), S("SECRET"), S(""),
	    AWS_TOKEN_FOREVER },
	{ S("{" KEYS ",\"Expiration\":null}"), AWS_TOKEN_OK, S("AKID"),
	    S("SECRET"), S(""), AWS_TOKEN_FOREVER },
	{ S("{" KEYS ",\"Expiration\":\"soon\"}"), AWS_TOKEN_TIME, S(""), S(""),
	    S(""), 0 },
	{ S("{" KEYS ",\"Expiration\":\"\"}"), AWS_TOKEN_TIME, S(""), S(""),
	    S(""), 0 },
	/* strings */
	{ S("{\"AccessKeyId\":\"\\u0041\\u004bID\","
	    "\"SecretAccessKey\":\"a\\/b\\\\c\\\"d\"}"),
	    AWS_TOKEN_OK, S("AKID"), S("a/b\\c\"d"), S(""), AWS_TOKEN_FOREVER },
	{ S("{\"\\u0041ccessKeyId\":\"AKID\",\"SecretAccessKey\":\"S\"}"),
	    AWS_TOKEN_OK, S("AKID"), S("S"), S(""), AWS_TOKEN_FOREVER },
	{ S("{\"AccessKeyId\":\"A\\u0000\",\"SecretAccessKey\":\"S\"}"),
	    AWS_TOKEN_INCOMPLETE, S(""), S(""), S(""), 0 },
	{ S("{\"AccessKeyId\":\"A\\n\",\"SecretAccessKey\":\"S\"}"),
	    AWS_TOKEN_INCOMPLETE, S(""), S(""), S(""), 0 },
	{ S("{\"x\":\"\\ud83d\\ude00\\ud83d\\ude0\"," KEYS "}"),
	    AWS_TOKEN_NO_JSON, S(""), S(""), S(""), 0 },
	{ S("{\"x\":\"\\ud83d\\ude00\\ud83dx\\ude00\\ud83d\\u0041\"," KEYS "}"),
	    AWS_TOKEN_OK, S("AKID"), S("SECRET"), S(""), AWS_TOKEN_FOREVER },
	/* what else may stand there */
	{ S("{\"a\":[],\"b\":{},\"c\":[1,-2.5e+3,[true,{\"AccessKeyId\":\"no\","
	    "\"d\":[null]}],false]," KEYS "}"),
	    AWS_TOKEN_OK, S("AKID"), S("SECRET"), S(""), AWS_TOKEN_FOREVER },
	{ S("{\"AccessKeyId\":\"no\"," KEYS "}"), AWS_TOKEN_OK, S("AKID"),
	    S("SECRET"), S(""), AWS_TOKEN_FOREVER },
	{ S("{" KEYS ",\"SecretAccessKey\":7}"), AWS_TOKEN_INCOMPLETE, S(""),
	    S(""), S(""), 0 },
	{ S("{}"), AWS_TOKEN_INCOMPLETE, S(""), S(""), S(""), 0 },
	{ S("{\"accesskeyid\":\"AKID\",\"SecretAccessKey\":\"S\"}"),
	    AWS_TOKEN_INCOMPLETE, S(""), S(""), S(""), 0 },
	{ S("{\"Code\":\"AssumeRoleUnauthorizedAccess\"," KEYS "}"),
	    AWS_TOKEN_REFUSED, S(""), S(""), S(""), 0 },
	{ S("{\"code\":\"NoRole\",\"message\":\"no\"}"), AWS_TOKEN_REFUSED,
	    S(""), S(""), S(""), 0 },
	/* what is no JSON */
	{ S(""), AWS_TOKEN_NO_JSON, S(""), S(""), S(""), 0 },
	{ S("[]"), AWS_TOKEN_NO_JSON, S(""), S(""), S(""), 0 },
	{ S("<html>"), AWS_TOKEN_NO_JSON, S(""), S(""), S(""), 0 },
	{ S("{" KEYS), AWS_TOKEN_NO_JSON, S(""), S(""), S(""), 0 },
	{ S("{" KEYS "}}"), AWS_TOKEN_NO_JSON, S(""), S(""), S(""), 0 },
	{ S("{" KEYS ",}"), AWS_TOKEN_NO_JSON, S(""), S(""), S(""), 0 },
	{ S("{," KEYS "}"), AWS_TOKEN_NO_JSON, S(""), S(""), S(""), 0 },
	{ S("{" KEYS ",\"x\"}"), AWS_TOKEN_NO_JSON, S(""), S(""), S(""), 0 },
	{ S("{" KEYS ",\"x\":}"), AWS_TOKEN_NO_JSON, S(""), S(""), S(""), 0 },
	{ S("{" KEYS ",\"x\":01}"), AWS_TOKEN_NO_JSON, S(""), S(""), S(""), 0 },
	{ S("{" KEYS ",\"x\":1.}"), AWS_TOKEN_NO_JSON, S(""), S(""), S(""), 0 },
	{ S("{" KEYS ",\"x\":[1,]}"), AWS_TOKEN_NO_JSON, S(""), S(""), S(""),
	    0 },
	{ S("{" KEYS ",\"x\":[1}}"), AWS_TOKEN_NO_JSON, S(""), S(""), S(""),
	    0 },
	{ S("{" KEYS ",\"x\":{\"a\"}}"), AWS_TOKEN_NO_JSON, S(""), S(""), S(""),
	    0 },
	{ S("{" KEYS ",\"x\":\"\t\"}"), AWS_TOKEN_NO_JSON, S(""), S(""), S(""),
	    0 },
	{ S("{" KEYS ",\"x\":\"\\x\"}"), AWS_TOKEN_NO_JSON, S(""), S(""), S(""),
	    0 },
	{ S("{" KEYS ",\"x\":tru}"), AWS_TOKEN_NO_JSON, S(""), S(""), S(""),
	    0 },
};

/* A copy to write into, with nothing behind it. */
static enum aws_token_fault read_copy(
    struct slice text, char **copy_out, struct aws_token *token_out)
{
	char *copy = malloc(text.len == 0 ? 1 : text.len);

	assert_non_null(copy);
	if (text.len > 0)
		memcpy(copy, text.at, text.len);
	*copy_out = copy;
	return aws_token_read(copy, text.len, token_out);
}

static void test_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct slice text = cases[i].text;
		struct aws_token t = { .expires_s = 0 };
		char *copy;
		enum aws_token_fault got = read_copy(text, &copy, &t);

		if (got != cases[i].want)
			fail_msg("%.*s: %d", SLICE_ARG(text), got);
		assert_slice(t.keys.access_key_id, cases[i].id, text);
		assert_slice(t.keys.secret_access_key, cases[i].secret, text);
		assert_slice(t.keys.session_token, cases[i].token, text);
		if (t.expires_s != cases[i].expires_s)
			fail_msg("%.*s: ends at %lld", SLICE_ARG(text),
			    (long long)t.expires_s);
		free(copy);
	}
}

static void test_cut_short(void **state)
{
	struct slice whole = LIT(INSTANCE);

	(void)state;
	for (size_t n = 0; n < whole.len - 1; n++) {
		struct aws_token t;
		char *copy;

		assert_int_equal(read_copy(slice_upto(whole, n), &copy, &t),
		    AWS_TOKEN_NO_JSON);
		free(copy);
	}
}

static void test_depth(void **state)
{
	char text[2 * AWS_TOKEN_DEPTH + 64];

	(void)state;
	for (size_t depth = AWS_TOKEN_DEPTH - 1; depth <= AWS_TOKEN_DEPTH + 1;
	     depth++) {
		struct aws_token t;
		char *to = text;

		to += snprintf(to, 32, "{\"x\":");
		memset(to, '[', depth);
		memset(to + depth, ']', depth);
		to[2 * depth] = '}';
		assert_int_equal(aws_token_read(text,
				     (size_t)(to - text) + 2 * depth + 1, &t),
		    depth <= AWS_TOKEN_DEPTH ? AWS_TOKEN_INCOMPLETE :
					       AWS_TOKEN_NO_JSON);
	}
}

/* A code is for the log, a key never. */
static void test_code(void **state)
{
	static const struct {
		struct slice text, code;
	} codes[] = {
		{ S("{\"Code\":\"NoRole\"}"), S("NoRole") },
		{ S("{\"Code\":\"a b\"}"), S("") },
		{ S("{\"Code\":\"\\u001b[\"}"), S("") },
		{ S("{\"Code\":"
		    "\"aaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbb"
		    "bbbbbabcde\"}"),
		    S("") },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(codes); i++) {
		struct aws_token t;
		char *copy;

		assert_int_equal(
		    read_copy(codes[i].text, &copy, &t), AWS_TOKEN_REFUSED);
		assert_slice(t.code, codes[i].code, codes[i].text);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

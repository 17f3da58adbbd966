/* Shared credentials and config files: which profile, which keys. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "policy/aws_profile.h"

#define KEYS "aws_access_key_id = AKID\naws_secret_access_key = SECRET\n"

static const struct {
	struct slice text;
	enum aws_file file;
	struct slice name;
	bool found;
	struct slice id, secret, token, elsewhere;
} cases[] = {
	{ S("[default]\n" KEYS), AWS_CREDENTIALS_FILE, S("default"), true,
	    S("AKID"), S("SECRET"), S(""), S("") },
	{ S("[default]\n" KEYS "aws_session_token=T/+=x\n"),
	    AWS_CREDENTIALS_FILE, S("default"), true, S("AKID"), S("SECRET"),
	    S("T/+=x"), S("") },
	/* which section */
	{ S("[other]\n" KEYS), AWS_CREDENTIALS_FILE, S("default"), false, S(""),
	    S(""), S(""), S("") },
	{ S("[a]\naws_access_key_id=1\n[b]\naws_access_key_id=2\n[c]\n"
	    "aws_access_key_id=3\n"),
	    AWS_CREDENTIALS_FILE, S("b"), true, S("2"), S(""), S(""), S("") },
	{ S("[Cars]\n" KEYS), AWS_CREDENTIALS_FILE, S("cars"), false, S(""),
	    S(""), S(""), S("") },
	{ S("[ cars ] # mine\n" KEYS), AWS_CREDENTIALS_FILE, S("cars"), true,
	    S("AKID"), S("SECRET"), S(""), S("") },
	{ S("[profile cars]\n" KEYS), AWS_CREDENTIALS_FILE, S("cars"), false,
	    S(""), S(""), S(""), S("") },
	{ S("[profile cars]\n" KEYS), AWS_CONFIG_FILE, S("cars"), true,
	    S("AKID"), S("SECRET"), S(""), S("") },
	{ S("[\tprofile \t our cars ]\n" KEYS), AWS_CONFIG_FILE, S("our cars"),
	    true, S("AKID"), S("SECRET"), S(""), S("") },
	{ S("[cars]\n" KEYS), AWS_CONFIG_FILE, S("cars"), false, S(""), S(""),
	    S(""), S("") },
	{ S("[profilecars]\n" KEYS), AWS_CONFIG_FILE, S("cars"), false, S(""),
	    S(""), S(""), S("") },
	{ S("[sso-session cars]\n" KEYS), AWS_CONFIG_FILE, S("cars"), false,
	    S(""), S(""), S(""), S("") },
	{ S("[default]\n" KEYS), AWS_CONFIG_FILE, S("default"), true, S("AKID"),
	    S("SECRET"), S(""), S("") },
	{ S("[default]\n" KEYS), AWS_CONFIG_FILE, S("cars"), false, S(""),
	    S(""), S(""), S("") },
	{ S("[profile default]\naws_access_key_id=1\n[default]\n" KEYS),
	    AWS_CONFIG_FILE, S("default"), true, S("1"), S(""), S(""), S("") },
	{ S("[a\n" KEYS), AWS_CREDENTIALS_FILE, S("a"), false, S(""), S(""),
	    S(""), S("") },
	{ S("[a]\naws_access_key_id=1\n[a\naws_access_key_id=2\n"),
	    AWS_CREDENTIALS_FILE, S("a"), true, S("1"), S(""), S(""), S("") },
	{ S(KEYS "[a]\n"), AWS_CREDENTIALS_FILE, S("a"), true, S(""), S(""),
	    S(""), S("") },
	{ S(KEYS), AWS_CREDENTIALS_FILE, S(""), false, S(""), S(""), S(""),
	    S("") },
	{ S(""), AWS_CREDENTIALS_FILE, S("default"), false, S(""), S(""), S(""),
	    S("") },
	/* how lines look */
	{ S("\xef\xbb\xbf[d]\r\naws_access_key_id=AKID\r\n"
	    "aws_secret_access_key=SECRET\r\n"),
	    AWS_CREDENTIALS_FILE, S("d"), true, S("AKID"), S("SECRET"), S(""),
	    S("") },
	{ S("# [d]\n;[d]\n[d]\n#aws_access_key_id=no\n ; no=no\n\n" KEYS),
	    AWS_CREDENTIALS_FILE, S("d"), true, S("AKID"), S("SECRET"), S(""),
	    S("") },
	{ S("[d]\nAWS_Access_Key_ID\t=\tAKID\t# mine\n"
	    "aws_secret_access_key=a#b;c= ; and so on\n"),
	    AWS_CREDENTIALS_FILE, S("d"), true, S("AKID"), S("a#b;c="), S(""),
	    S("") },
	{ S("[d]\naws_access_key_id=\"AKID\"\n"), AWS_CREDENTIALS_FILE, S("d"),
	    true, S("\"AKID\""), S(""), S(""), S("") },
	{ S("[d]\naws_access_key_id=1\n[e]\n[d]\naws_access_key_id=2"),
	    AWS_CREDENTIALS_FILE, S("d"), true, S("2"), S(""), S(""), S("") },
	{ S("[d]\naws_session_token=1\naws_session_token=\n"),
	    AWS_CREDENTIALS_FILE, S("d"), true, S(""), S(""), S(""), S("") },
	{ S("[d]\naws_access_key_id\naws_access_key_idx=1\n=2\n"),
	    AWS_CREDENTIALS_FILE, S("d"), true, S(""), S(""), S(""), S("") },
	/* what is nested */
	{ S("[d]\ns3 =\n  aws_access_key_id = no\n  max = 1\n" KEYS),
	    AWS_CREDENTIALS_FILE, S("d"), true, S("AKID"), S("SECRET"), S(""),
	    S("") },
	{ S("  [d]\n  aws_access_key_id = 1\n  aws_secret_access_key = 2\n"),
	    AWS_CREDENTIALS_FILE, S("d"), true, S("1"), S("2"), S(""), S("") },
	{ S("[d]\nx =\n [e]\n" KEYS), AWS_CREDENTIALS_FILE, S("d"), true,
	    S("AKID"), S("SECRET"), S(""), S("") },
	/* what is not followed */
	{ S("[profile d]\nrole_arn = arn:aws:iam::1:role/x\n"
	    "source_profile = b\n"),
	    AWS_CONFIG_FILE, S("d"), true, S(""), S(""), S(""), S("role_arn") },
	{ S("[default]\nSSO_Session = x\nregion = eu-west-1\n"),
	    AWS_CONFIG_FILE, S("default"), true, S(""), S(""), S(""),
	    S("sso_session") },
	{ S("[default]\ncredential_process = /x\n" KEYS), AWS_CONFIG_FILE,
	    S("default"), true, S("AKID"), S("SECRET"), S(""),
	    S("credential_process") },
};

/* Without a byte behind it that a sanitizer would let us read. */
static char *exactly(struct slice text)
{
	char *copy = malloc(text.len == 0 ? 1 : text.len);

	assert_non_null(copy);
	if (text.len > 0)
		memcpy(copy, text.at, text.len);
	return copy;
}

static void test_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		char *copy = exactly(cases[i].text);
		struct slice text = { copy, cases[i].text.len };
		struct aws_profile p =
		    aws_profile_read(text, cases[i].file, cases[i].name);

		if (p.found != cases[i].found)
			fail_msg("%.*s: found %d", SLICE_ARG(text), p.found);
		assert_slice(p.keys.access_key_id, cases[i].id, text);
		assert_slice(p.keys.secret_access_key, cases[i].secret, text);
		assert_slice(p.keys.session_token, cases[i].token, text);
		assert_slice(p.elsewhere, cases[i].elsewhere, text);
		free(copy);
	}
}

/* A file that is being written ends anywhere: nothing of the next profile,
 * nothing longer than what is there. */
static void test_cut_short(void **state)
{
	struct slice whole = LIT("[a]\naws_access_key_id = x\n[d]\n" KEYS);

	(void)state;
	for (size_t n = 0; n <= whole.len; n++) {
		char *copy = exactly(slice_upto(whole, n));
		struct aws_profile p = aws_profile_read(
		    (struct slice){ copy, n }, AWS_CREDENTIALS_FILE, LIT("d"));

		assert_true(slice_starts(LIT("AKID"), p.keys.access_key_id));
		assert_true(
		    slice_starts(LIT("SECRET"), p.keys.secret_access_key));
		free(copy);
	}
}

static const struct {
	struct slice id, secret, token, want;
} faults[] = {
	{ S("AKID"), S("SECRET"), S(""), S("") },
	{ S("AKID"), S("S/+=!~"), S("T"), S("") },
	{ S(""), S("SECRET"), S(""), S("the access key id") },
	{ S("AKID"), S(""), S(""), S("the secret access key") },
	{ S("AK ID"), S("SECRET"), S(""), S("the access key id") },
	{ S("AKID"), S("SE\x7f"), S(""), S("the secret access key") },
	{ S("AKID"), S("SECRET"), S("T\r\nX: y"), S("the session token") },
	{ S("AKID"), S("SECRET"), S("T\xc3\xa4"), S("the session token") },
};

static void test_fault(void **state)
{
	static char long_token[AWS_KEY_MAX_BYTES + 1];
	struct aws_keys keys = { LIT("a"), LIT("b"),
		{ long_token, AWS_KEY_MAX_BYTES } };

	(void)state;
	for (size_t i = 0; i < ROWS(faults); i++) {
		struct aws_keys k = { faults[i].id, faults[i].secret,
			faults[i].token };

		assert_slice(aws_keys_fault(&k), faults[i].want, faults[i].id);
	}
	memset(long_token, 'x', sizeof(long_token));
	assert_int_equal(aws_keys_fault(&keys).len, 0);
	keys.session_token.len++;
	assert_slice(
	    aws_keys_fault(&keys), LIT("the session token"), LIT("too long"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

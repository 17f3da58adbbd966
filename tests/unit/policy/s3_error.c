/* What a bucket says when it will not. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "policy/s3_error.h"

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

static const struct {
	struct slice in;
	struct slice code, region, endpoint;
} read_cases[] = {
	{ S(XML "<Error><Code>NoSuchKey</Code><Message>The specified key does "
		"not exist.</Message><Key>a/b.html</Key><RequestId>A1</"
		"RequestId><HostId>x+/=</HostId></Error>"),
	    S("NoSuchKey"), S(""), S("") },
	{ S(XML "<Error><Code>AuthorizationHeaderMalformed</Code><Message>the "
		"region 'us-east-1' is wrong; expecting 'eu-west-1'</Message>"
		"<Region>eu-west-1</Region></Error>"),
	    S("AuthorizationHeaderMalformed"), S("eu-west-1"), S("") },
	{ S(XML "<Error><Code>PermanentRedirect</Code>"
		"<Endpoint>cars.s3-eu-west-1.amazonaws.com</Endpoint></Error>"),
	    S("PermanentRedirect"), S(""),
	    S("cars.s3-eu-west-1.amazonaws.com") },
	{ S("<?xml version='1.0' encoding='UTF-8'?>\n<Error>\n  "
	    "<Code>AccessDenied</Code>\n <HostId>x</HostId></Error>\n"),
	    S("AccessDenied"), S(""), S("") },
	{ S("<Error xmlns=\"http://s3.test/\"><Code >A</Code\n></Error>"),
	    S("A"), S(""), S("") },
	{ S("\xef\xbb\xbf<Error><Code>A</Code></Error>"), S("A"), S(""),
	    S("") },
	/* The first of its kind. */
	{ S("<Error><Code>A</Code><Code>B</Code></Error>"), S("A"), S(""),
	    S("") },
	{ S("<Error><Code/><Code></Code><Code>B</Code></Error>"), S("B"), S(""),
	    S("") },
	/* A broken end loses what is behind it. */
	{ S("<Error><Code>A</Code><Region>b</Reg"), S("A"), S(""), S("") },
	{ S("<Error><Code>A</Code><Region>b"), S("A"), S(""), S("") },
	{ S("<Error><Code>A</Code"), S(""), S(""), S("") },
	/* Elsewhere than in the error. */
	{ S("<Error><Detail><Code>A</Code></Detail></Error>"), S(""), S(""),
	    S("") },
	{ S("<Error><Detail><x/></Detail><Code>A</Code></Error>"), S("A"),
	    S(""), S("") },
	{ S("<Error/><Code>A</Code>"), S(""), S(""), S("") },
	{ S("<Error></Error><Error><Code>A</Code></Error>"), S(""), S(""),
	    S("") },
	{ S("<Code>A</Code>"), S(""), S(""), S("") },
	{ S("</Error><Code>A</Code>"), S(""), S(""), S("") },
	{ S("</Error><a><Error><Code>A</Code></Error>"), S(""), S(""), S("") },
	{ S("<Error><Code>A<Code></Error>"), S(""), S(""), S("") },
	{ S("<Result><Error><Code>A</Code></Error></Result>"), S(""), S(""),
	    S("") },
	{ S("<html><body><Error><Code>A</Code></Error></body></html>"), S(""),
	    S(""), S("") },
	/* Odd values. */
	{ S("<Error><Code>A B</Code></Error>"), S(""), S(""), S("") },
	{ S("<Error><Code>A&amp;B</Code></Error>"), S(""), S(""), S("") },
	{ S("<Error><Code> A </Code></Error>"), S(""), S(""), S("") },
	{ S("<Error><Code>A\r\n</Code></Error>"), S(""), S(""), S("") },
	{ S("<Error><Code>A\0B</Code></Error>"), S(""), S(""), S("") },
	{ S("<Error><Code>A/B</Code></Error>"), S(""), S(""), S("") },
	{ S("<Error><Code>A<b/></Code></Error>"), S(""), S(""), S("") },
	{ S("<Error><Code>A</Region></Error>"), S(""), S(""), S("") },
	{ S("<Error><Code><![CDATA[A]]></Code></Error>"), S(""), S(""), S("") },
	{ S("<!DOCTYPE Error><Error><Code>A</Code></Error>"), S(""), S(""),
	    S("") },
	{ S("<Error><!-- x --><Code>A</Code></Error>"), S(""), S(""), S("") },
	{ S("<error><code>A</code></error>"), S(""), S(""), S("") },
	{ S("{\"Code\":\"NoSuchKey\"}"), S(""), S(""), S("") },
	{ S("<>"), S(""), S(""), S("") },
	{ S("</>"), S(""), S(""), S("") },
	{ S("<"), S(""), S(""), S("") },
	{ S(""), S(""), S(""), S("") },
};

static void errors_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(read_cases); i++) {
		struct s3_error e = s3_error_read(read_cases[i].in);

		assert_slice(e.code, read_cases[i].code, read_cases[i].in);
		assert_slice(e.region, read_cases[i].region, read_cases[i].in);
		assert_slice(
		    e.endpoint, read_cases[i].endpoint, read_cases[i].in);
	}
}

/* Cut off at any byte it gives what it would give, or nothing. */
static void pieces_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(read_cases); i++)
		for (size_t n = 0; n < read_cases[i].in.len; n++) {
			char *piece = malloc(n + 1);
			struct s3_error e;

			assert_non_null(piece);
			memcpy(piece, read_cases[i].in.at, n);
			e = s3_error_read((struct slice){ piece, n });
			if (e.code.len > 0)
				assert_slice(e.code, read_cases[i].code,
				    read_cases[i].in);
			if (e.region.len > 0)
				assert_slice(e.region, read_cases[i].region,
				    read_cases[i].in);
			free(piece);
		}
}

/* Neither much content nor a long value is taken. */
static void much_is_bounded(void **state)
{
	static char much[S3_ERROR_MAX_BYTES + 64];
	static const char head[] = "<Error><Code>";
	static const char tail[] = "</Code></Error>";
	struct slice s = { much, sizeof(much) };

	(void)state;
	memset(much, ' ', sizeof(much));
	memcpy(much + S3_ERROR_MAX_BYTES - 20, "<Error><Code>A</Code>", 21);
	assert_int_equal(s3_error_read(s).code.len, 0);
	memcpy(much + S3_ERROR_MAX_BYTES - 21, "<Error><Code>A</Code>", 21);
	assert_int_equal(s3_error_read(s).code.len, 1);
	memset(much, 'A', sizeof(much));
	memcpy(much, head, sizeof(head) - 1);
	memcpy(much + sizeof(head) - 1 + 255, tail, sizeof(tail) - 1);
	assert_int_equal(s3_error_read(s).code.len, 255);
	memset(much, 'A', sizeof(much));
	memcpy(much, head, sizeof(head) - 1);
	memcpy(much + sizeof(head) - 1 + 256, tail, sizeof(tail) - 1);
	assert_int_equal(s3_error_read(s).code.len, 0);
}

static const struct {
	int status;
	struct slice code;
	enum s3_complaint want;
} complaint_cases[] = {
	{ 404, S("NoSuchKey"), S3_COMPLAINT_MISSING },
	{ 404, S("NoSuchVersion"), S3_COMPLAINT_MISSING },
	{ 404, S("NoSuchBucket"), S3_COMPLAINT_BUCKET },
	{ 400, S("InvalidBucketName"), S3_COMPLAINT_BUCKET },
	{ 400, S("KeyTooLongError"), S3_COMPLAINT_MISSING },
	{ 403, S("AccessDenied"), S3_COMPLAINT_DENIED },
	{ 403, S("AllAccessDisabled"), S3_COMPLAINT_DENIED },
	{ 403, S("InvalidAccessKeyId"), S3_COMPLAINT_CREDENTIALS },
	{ 400, S("ExpiredToken"), S3_COMPLAINT_CREDENTIALS },
	{ 400, S("InvalidToken"), S3_COMPLAINT_CREDENTIALS },
	{ 400, S("TokenRefreshRequired"), S3_COMPLAINT_CREDENTIALS },
	{ 403, S("SignatureDoesNotMatch"), S3_COMPLAINT_SIGNATURE },
	{ 403, S("RequestTimeTooSkewed"), S3_COMPLAINT_SKEWED },
	{ 400, S("AuthorizationHeaderMalformed"), S3_COMPLAINT_REGION },
	{ 301, S("PermanentRedirect"), S3_COMPLAINT_REGION },
	{ 307, S("TemporaryRedirect"), S3_COMPLAINT_REGION },
	{ 503, S("SlowDown"), S3_COMPLAINT_BUSY },
	{ 503, S("ServiceUnavailable"), S3_COMPLAINT_BUSY },
	{ 500, S("InternalError"), S3_COMPLAINT_BUSY },
	{ 403, S("InvalidObjectState"), S3_COMPLAINT_NONE },
	{ 501, S("NotImplemented"), S3_COMPLAINT_NONE },
	/* By its status. */
	{ 404, S(""), S3_COMPLAINT_MISSING },
	{ 404, S("nosuchbucket"), S3_COMPLAINT_MISSING },
	{ 403, S(""), S3_COMPLAINT_DENIED },
	{ 403, S("Whatever"), S3_COMPLAINT_DENIED },
	{ 401, S(""), S3_COMPLAINT_CREDENTIALS },
	{ 300, S(""), S3_COMPLAINT_REGION },
	{ 301, S(""), S3_COMPLAINT_REGION },
	{ 304, S(""), S3_COMPLAINT_NONE },
	{ 307, S(""), S3_COMPLAINT_REGION },
	{ 399, S(""), S3_COMPLAINT_REGION },
	{ 400, S(""), S3_COMPLAINT_NONE },
	{ 405, S(""), S3_COMPLAINT_NONE },
	{ 412, S("PreconditionFailed"), S3_COMPLAINT_NONE },
	{ 429, S(""), S3_COMPLAINT_BUSY },
	{ 500, S(""), S3_COMPLAINT_BUSY },
	{ 502, S("Whatever"), S3_COMPLAINT_BUSY },
	{ 599, S(""), S3_COMPLAINT_BUSY },
	{ 299, S(""), S3_COMPLAINT_NONE },
};

static void codes_are_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(complaint_cases); i++)
		if (s3_complain(complaint_cases[i].status,
			complaint_cases[i].code) != complaint_cases[i].want)
			fail_msg("%d %s", complaint_cases[i].status,
			    complaint_cases[i].code.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_are_read),
		cmocka_unit_test(pieces_are_read),
		cmocka_unit_test(much_is_bounded),
		cmocka_unit_test(codes_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

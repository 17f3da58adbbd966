/* The content of an error of S3's. */
#include "policy/s3_error.h"
#include "tests/fuzz/check.h"

static void check(struct slice content, struct slice value)
{
	CHECK(value.len == 0 ||
	    (value.at >= content.at &&
		value.at + value.len <= content.at + content.len));
	CHECK(value.len <= 255);
	for (size_t i = 0; i < value.len; i++)
		CHECK(value.at[i] > ' ' && value.at[i] < 0x7f &&
		    value.at[i] != '<' && value.at[i] != '&');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = { (const char *)data, size };
	struct s3_error e = s3_error_read(in);
	struct s3_error part;

	check(in, e.code);
	check(in, e.region);
	check(in, e.endpoint);
	/* Less content says less, and nothing else. */
	part = s3_error_read(slice_upto(in, size / 2));
	CHECK(part.code.len == 0 || part.code.at == e.code.at);
	CHECK(part.region.len == 0 || part.region.at == e.region.at);
	(void)s3_complain((int)(size % 600), e.code);
	return 0;
}

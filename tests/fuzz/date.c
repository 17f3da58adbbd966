/* HTTP-date and RFC 3339: what is read is written and read as the same. */
#include "http/date.h"
#include "tests/fuzz/check.h"

#define NOW INT64_C(1795255200)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = { (const char *)data, size };
	char date[DATE_SIZE];
	int64_t first, again;

	if (date_parse(in, NOW, &first)) {
		date_format(first, date);
		CHECK(date_parse(slice_of(date), NOW, &again));
		CHECK(again == first ||
		    first > INT64_C(253402300799)); /* a leap second */
	}
	if (date_parse_rfc3339(in, &first))
		CHECK(first >= -(INT64_C(62167219200) + 86400) &&
		    first <= INT64_C(253402300800) + 86400);
	return 0;
}

/* What metadata services answer. */
#include <string.h>

#include "policy/aws_token.h"
#include "tests/fuzz/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size == 0 ? 1 : size);
	struct aws_token t = { .expires_s = 0 };

	CHECK(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	if (aws_token_read(text, size, &t) == AWS_TOKEN_OK) {
		CHECK(aws_keys_fault(&t.keys).len == 0);
		CHECK(t.keys.access_key_id.at > text &&
		    t.keys.access_key_id.at + t.keys.access_key_id.len <
			text + size);
	} else {
		CHECK(t.keys.access_key_id.at == NULL && t.expires_s == 0);
		CHECK(t.code.len <= size);
	}
	free(text);
	return 0;
}

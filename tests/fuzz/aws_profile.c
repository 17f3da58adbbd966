/* Shared credentials files.  Input: the profile's name, a line end, a file;
 * read as either kind. */
#include "policy/aws_profile.h"
#include "tests/fuzz/check.h"

static void inside(struct slice part, struct slice text)
{
	CHECK(part.len == 0 ||
	    (part.at >= text.at && part.at + part.len <= text.at + text.len));
	CHECK(slice_find(part, '\n') == part.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	struct slice name = LIT("");

	if (size == 0)
		return 0;
	(void)slice_cut(&text, '\n', &name);
	for (enum aws_file f = AWS_CREDENTIALS_FILE; f <= AWS_CONFIG_FILE;
	     f++) {
		struct aws_profile p = aws_profile_read(text, f, name);
		struct slice fault = aws_keys_fault(&p.keys);

		inside(p.keys.access_key_id, text);
		inside(p.keys.secret_access_key, text);
		inside(p.keys.session_token, text);
		if (!p.found)
			CHECK(p.keys.access_key_id.len == 0 &&
			    p.elsewhere.len == 0);
		if (fault.len == 0)
			CHECK(slice_find(p.keys.secret_access_key, ' ') ==
			    p.keys.secret_access_key.len);
	}
	return 0;
}

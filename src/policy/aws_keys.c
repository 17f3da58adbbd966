/* What a key may look like. */
#include "policy/aws_keys.h"

static bool is_sound(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] <= ' ' || s.at[i] >= 0x7f)
			return false;
	return s.len <= AWS_KEY_MAX_BYTES;
}

struct slice aws_keys_fault(const struct aws_keys *keys)
{
	if (keys->access_key_id.len == 0 || !is_sound(keys->access_key_id))
		return LIT("the access key id");
	if (keys->secret_access_key.len == 0 ||
	    !is_sound(keys->secret_access_key))
		return LIT("the secret access key");
	if (!is_sound(keys->session_token))
		return LIT("the session token");
	return SLICE_NONE;
}

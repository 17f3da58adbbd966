/* A random prefix a process and a counter: unique without a system call. */
#include "engine/request_id.h"

#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

#define CLIENT_ID_MAX 128

struct request_ids request_ids_new(void)
{
	struct request_ids ids;

	if (getrandom(&ids, sizeof(ids), 0) != (ssize_t)sizeof(ids))
		ids = (struct request_ids){ (uint64_t)time(NULL) << 32 |
			    (uint64_t)getpid(),
			0, (uint64_t)getpid() << 32 ^ (uint64_t)time(NULL) };
	return ids;
}

static bool is_harmless(struct slice id)
{
	for (size_t i = 0; i < id.len; i++) {
		char c = id.at[i];

		if (!ascii_is_alpha(c) && !ascii_is_digit(c) && c != '-' &&
		    c != '_' && c != '.' && c != '=' && c != '+' && c != '/')
			return false;
	}
	return id.len > 0 && id.len <= CLIENT_ID_MAX;
}

struct slice request_id(
    struct request_ids *ids, struct slice from_client, struct arena *a)
{
	struct text id = text_in(a, 32);

	if (is_harmless(from_client))
		return from_client;
	text_hex64(&id, ids->prefix);
	text_hex64(&id, ids->next++);
	return text_spent(&id) ? SLICE_NONE : text_slice(&id);
}

/* splitmix64. */
uint64_t request_roll(struct request_ids *ids)
{
	uint64_t x = ids->rolls += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

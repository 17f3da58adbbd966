/* Reading what another process is still writing. */
#include "store/files_in.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static bool grown(int fd, uint32_t body_at, uint64_t *bytes_out)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || st.st_size < (off_t)body_at)
		return false;
	*bytes_out = (uint64_t)st.st_size - body_at;
	return true;
}

/* Below tmp/, and named as only writers name. */
static int open_growing(const struct files *f, struct slice name)
{
	char path[4 + TMP_NAME_MAX] = "tmp/";

	if (name.len >= TMP_NAME_MAX)
		return -1;
	memcpy(path + 4, name.at, name.len);
	path[4 + name.len] = '\0';
	if (!files_tmp_ours(path + 4))
		return -1;
	return files_open_at(f, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

bool files_watch(struct store *s, struct slice name, struct arena *a,
    struct store_hit *hit_out)
{
	struct files *f = (struct files *)s;
	struct generations g;
	struct store_hit hit = { .fd = -1 };
	struct stat st;

	if (f->root < 0 || !state_generations(&f->state, &g))
		return false;
	hit.fd = open_growing(f, name);
	if (hit.fd < 0)
		return false;
	if (fstat(hit.fd, &st) == 0 && files_is_safe(f, &st) &&
	    files_read_head(hit.fd, a, &hit.record) &&
	    !files_is_void(f, &g, key_hash(&f->state.secret, hit.record.key),
		&hit.record) &&
	    grown(hit.fd, hit.record.body_at, &hit.record.body_bytes)) {
		hit.used_ms = files_used_ms(&st);
		*hit_out = hit;
		return true;
	}
	close(hit.fd);
	return false;
}

/* The size moves only behind what was written. */
bool files_grown(
    struct store *s, const struct store_hit *hit, uint64_t *bytes_out)
{
	uint64_t bytes;

	(void)s;
	/* What was read already must not be gone. */
	if (!grown(hit->fd, hit->record.body_at, &bytes) ||
	    bytes < hit->record.body_bytes)
		return false;
	*bytes_out = bytes;
	return true;
}

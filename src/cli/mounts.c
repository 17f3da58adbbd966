/* Guessing mounts. */
#include "cli/mounts.h"

#include "conf/conf.h"
#include "policy/mount.h"

bool mounts_next(const struct conf *c, struct slice path, size_t *at,
    struct slice *mount_out)
{
	enum mount_mode mode = c->settings.mount_mode;

	if ((*at)++ == 0) {
		*mount_out =
		    mode == MOUNT_FIXED ? c->settings.mount : SLICE_NONE;
		return true;
	}
	for (; mode == MOUNT_AUTO && *at <= path.len; (*at)++) {
		struct slice mount = slice_upto(path, *at);

		if ((*at < path.len && path.at[*at] != '/') ||
		    !mount_possible(mount, LIT("fingerpost")))
			continue;
		*mount_out = mount;
		return true;
	}
	return false;
}

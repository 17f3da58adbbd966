/* Telling a program's own name from a location prefix. */
#include "policy/mount.h"

static struct slice last_segment(struct slice path)
{
	size_t at = path.len;

	while (at > 0 && path.at[at - 1] != '/')
		at--;
	return at == 0 ? SLICE_NONE : slice_from(path, at);
}

bool mount_possible(struct slice script_name, struct slice program)
{
	struct slice last = last_segment(script_name);

	return last.len > 0 &&
	    (slice_eq(last, program) || slice_ends(last, LIT(".cgi")) ||
		slice_ends(last, LIT(".fcgi")));
}

struct slice mount_auto(
    struct slice script_name, struct slice program, bool is_file)
{
	struct slice last = last_segment(script_name);

	if (slice_eq(last, LIT("fingerpost.cgi")) ||
	    slice_eq(last, LIT("fingerpost.fcgi")))
		return script_name;
	return is_file && mount_possible(script_name, program) ? script_name :
								 SLICE_NONE;
}

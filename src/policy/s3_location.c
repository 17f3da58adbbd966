/* Redirects of a website in a bucket. */
#include "policy/s3_location.h"

#include "base/arena.h"
#include "conf/conf.h"
#include "policy/route.h"

static bool is_visible(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.at[i] <= ' ' || s.at[i] == 0x7f)
			return false;
	return true;
}

static bool is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.at[i] >= 0x80)
			return false;
	return true;
}

/* Browsers read "//x" and "/\x" as the name of a host. */
static bool is_path(struct slice s)
{
	return slice_starts(s, LIT("/")) && !slice_starts(s, LIT("//")) &&
	    !slice_starts(s, LIT("/\\")) && is_visible(s);
}

static bool is_absolute(struct slice s)
{
	size_t scheme = slice_starts_nocase(s, LIT("https://")) ? 8 :
	    slice_starts_nocase(s, LIT("http://"))              ? 7 :
								  0;

	return scheme > 0 && s.len > scheme && s.at[scheme] != '/' &&
	    is_visible(s);
}

/* Without the bucket's prefix, which is not part of the site's paths. */
static struct slice below(struct slice path, struct slice prefix)
{
	struct slice rest = slice_from(path, prefix.len);

	if (!slice_starts(path, prefix) ||
	    (rest.len > 0 && slice_find(LIT("/?#"), rest.at[0]) == 3))
		return path;
	return rest;
}

/* What the public path begins with and the bucket does not know: all of the
 * prefix, or where that is not stripped the mount alone. */
static struct slice public_part(const struct route_match *m)
{
	struct slice spelled = slice_upto(m->path, m->path.len - m->tail.len);

	if (m->rule->strip)
		return m->prefix;
	if (!slice_ends(m->prefix, spelled))
		return LIT("");
	return slice_upto(m->prefix, m->prefix.len - spelled.len);
}

struct slice s3_location(
    struct slice value, const struct route_match *m, struct arena *a)
{
	struct slice rest = below(value, m->rule->bucket.prefix);
	struct slice slash = slice_starts(rest, LIT("/")) ? LIT("") : LIT("/");
	struct slice location;

	if (!is_ascii(value))
		return LIT("");
	if (is_absolute(value))
		return value;
	if (!slice_starts(value, LIT("/")))
		return LIT("");
	location = ARENA_JOIN(a, public_part(m), slash, rest);
	return location.at == NULL || is_path(location) ? location : LIT("");
}

struct slice s3_slash_location(const struct route_match *m, struct arena *a)
{
	struct slice location;

	if (slice_ends(m->tail, LIT("/")))
		return LIT("");
	location = ARENA_JOIN(a, m->prefix, m->tail, LIT("/"), m->query);
	return location.at == NULL || is_path(location) ? location : LIT("");
}

/* Set-Cookie (RFC 6265): a component's cookies stay its own.
 *
 * Path: one that covers the component's root, as "/" does, becomes the
 * prefix; what lies below that root keeps its place below the prefix; any
 * other path is put below the prefix as well, so that no component sets
 * cookies for another.  Where there is no usable Path and the browser's
 * default-path (section 5.1.4) of the public URL lies outside the prefix, as
 * it does for the prefix without its slash, Path=prefix is added.
 *
 * The prefix is written without a slash at its end.  By path-match (section
 * 5.1.4) "/hotels" covers /hotels and /hotels/x and never /hotelsx, whereas
 * "/hotels/" would keep the cookie from /hotels itself, which is the
 * component's as well (slash_redirect = no), and from a script that was
 * loaded there.
 *
 * Domain: one that covers the origin's host and not ours is taken off, which
 * makes the cookie host-only; all others stay: what browsers refused before,
 * they still do.
 *
 * A cookie named __Host-* must have Path=/ or browsers refuse it, so it stays
 * as it is, and every component of the host gets it.
 *
 * All bytes but those of these attributes stay. */
#ifndef POLICY_COOKIE_H
#define POLICY_COOKIE_H

#include "base/slice.h"

struct arena;
struct mapping;

/* Is it a cookie that only Path=/ may have? */
bool cookie_is_host_bound(struct slice value);

/* The field's value for a request whose public path was `path`, as the client
 * sent it; value itself where nothing changes.  SLICE_NONE: the arena is
 * spent. */
struct slice cookie_adapt(const struct mapping *m, struct slice path,
    struct slice value, struct arena *a);

#endif

/* Invalidation. */
#include "policy/cache_invalidate.h"

#include "base/arena.h"
#include "base/text.h"
#include "http/message.h"
#include "http/method.h"
#include "http/uri.h"

#define TARGET_MAX 8192

#define NAME(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}

static struct slice default_port(struct slice scheme)
{
	return slice_eq_nocase(scheme, LIT("https")) ? LIT(":443") : LIT(":80");
}

static struct slice without_port(struct slice authority, struct slice scheme)
{
	struct slice port = default_port(scheme);

	return slice_ends(authority, port) ?
	    slice_upto(authority, authority.len - port.len) :
	    authority;
}

static bool same_origin(
    const struct request *r, struct slice scheme, struct slice authority)
{
	return slice_eq_nocase(scheme, r->scheme) &&
	    slice_eq_nocase(without_port(authority, scheme),
		without_port(r->authority, scheme));
}

static size_t find_any(struct slice s, const char *set)
{
	size_t n = s.len;

	for (; *set != '\0'; set++) {
		size_t at = slice_find(slice_upto(s, n), *set);

		n = at < n ? at : n;
	}
	return n;
}

/* RFC 3986 section 5.2.4, for a path that begins with a slash. */
static struct slice without_dots(struct slice path, struct text *t)
{
	struct slice rest = slice_from(path, 1);
	struct slice segment;

	while (slice_cut(&rest, '/', &segment)) {
		bool last = rest.at == NULL;
		bool up = slice_eq(segment, LIT(".."));

		if (up)
			while (t->len > 0 && t->at[--t->len] != '/')
				continue;
		if (!up && !slice_eq(segment, LIT("."))) {
			text_char(t, '/');
			text_add(t, segment);
		} else if (last) {
			text_char(t, '/');
		}
	}
	return text_slice(t);
}

static bool add_target(struct cache_invalid *all, struct slice path,
    struct slice query, struct arena *a)
{
	struct text t = text_in(a, TARGET_MAX);

	if (path.len == 0)
		path = LIT("/");
	(void)without_dots(path, &t);
	text_add(&t, query);
	if (text_spent(&t))
		return false;
	for (size_t i = 0; i < all->n; i++)
		if (slice_eq(all->targets[i], text_slice(&t)))
			return true;
	all->targets[all->n++] = text_slice(&t);
	return true;
}

static bool has_scheme(struct slice reference, size_t *end_out)
{
	size_t colon = find_any(reference, ":/?");

	if (colon == reference.len || reference.at[colon] != ':' ||
	    colon == 0 || !ascii_is_alpha(reference.at[0]))
		return false;
	*end_out = colon;
	return true;
}

/* A reference against the request's URL: RFC 3986 section 5.2.2. */
static bool add_reference(struct cache_invalid *all, const struct request *r,
    const struct uri *own, struct slice reference, struct arena *a)
{
	struct slice scheme = r->scheme;
	struct slice path;
	struct slice query;
	size_t cut;

	reference = slice_upto(reference, slice_find(reference, '#'));
	if (has_scheme(reference, &cut)) {
		scheme = slice_upto(reference, cut);
		reference = slice_from(reference, cut + 1);
		if (!slice_starts(reference, LIT("//")))
			return true;
	}
	if (slice_starts(reference, LIT("//"))) {
		reference = slice_from(reference, 2);
		cut = find_any(reference, "/?\\");
		if (!same_origin(r, scheme, slice_upto(reference, cut)))
			return true;
		reference = slice_from(reference, cut);
		if (reference.len == 0 || reference.at[0] != '/')
			reference = ARENA_JOIN(a, LIT("/"), reference);
	}
	path = slice_upto(reference, slice_find(reference, '?'));
	query = slice_from(reference, path.len);
	if (reference.len == 0)
		return true; /* ourselves */
	if (path.len == 0)
		return add_target(all, own->path, query, a);
	for (cut = own->path.len; cut > 0 && own->path.at[cut - 1] != '/';)
		cut--;
	if (path.at[0] != '/')
		path = ARENA_JOIN(a, slice_upto(own->path, cut), path);
	return path.at != NULL && add_target(all, path, query, a);
}

bool cache_invalidated(const struct request *request,
    const struct response *response, struct arena *a,
    struct cache_invalid *invalid_out)
{
	static const struct slice names[] = { NAME("Location"),
		NAME("Content-Location") };
	struct cache_invalid all = { .n = 0 };
	struct uri own;
	bool ok = true;

	/* Neither 2xx nor 3xx: an error changes nothing. */
	if (!method_is_safe(request->method) && response->status >= 200 &&
	    response->status < 400 &&
	    uri_split(request->target, &own) == URI_OK) {
		all.targets[all.n++] = ARENA_JOIN(a, own.path, own.query);
		for (size_t i = 0; i < 2; i++)
			ok &= add_reference(&all, request, &own,
			    field_get(&response->fields, names[i]), a);
	}
	*invalid_out = all;
	return ok;
}

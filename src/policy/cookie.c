/* Reading Set-Cookie as browsers do, RFC 6265 section 5.2, and keeping the
 * cookie below the prefix. */
#include "policy/cookie.h"

#include "http/uri.h"
#include "policy/mapping.h"
#include "policy/patch.h"

/* Browsers ignore an attribute whose value is longer (draft-ietf-httpbis-
 * rfc6265bis section 5.6). */
#define ATTRIBUTE_MAX 1024

struct attribute {
	struct slice whole; /* with the ';' before it */
	struct slice name;
	struct slice value;
};

/* The next attribute at or behind *at, which stands on a ';'. */
static bool next_attribute(
    struct slice cookie, size_t *at, struct attribute *attribute_out)
{
	struct attribute attribute;
	struct slice body;
	size_t equals;

	if (*at >= cookie.len)
		return false;
	body = slice_from(cookie, *at + 1);
	body = slice_upto(body, slice_find(body, ';'));
	attribute.whole = slice_upto(slice_from(cookie, *at), body.len + 1);
	*at += attribute.whole.len;
	equals = slice_find(body, '=');
	attribute.name = slice_trim(slice_upto(body, equals));
	attribute.value = slice_trim(slice_from(body, equals + 1));
	*attribute_out = attribute;
	return true;
}

bool cookie_is_host_bound(struct slice value)
{
	return slice_starts_nocase(slice_trim(value), LIT("__Host-"));
}

/* ---- Domain ---- */

static bool is_address(struct slice host)
{
	return host.len > 0 &&
	    (host.at[0] == '[' || ascii_is_digit(host.at[host.len - 1]));
}

/* Domain-match, section 5.1.3. */
static bool domain_covers(struct slice domain, struct slice host)
{
	struct slice tail;

	if (domain.len == 0)
		return false;
	if (slice_eq_nocase(domain, host))
		return true;
	if (domain.len >= host.len || is_address(host))
		return false;
	tail = slice_from(host, host.len - domain.len - 1);
	return tail.at[0] == '.' &&
	    slice_eq_nocase(slice_from(tail, 1), domain);
}

/* Does the cookie's Domain, the last that is not empty, speak of the origin
 * in words that our visitors' browsers do not take? */
static bool domain_is_origins(
    const struct mapping *m, struct slice cookie, size_t at)
{
	char room[URI_HOST_MAX];
	struct slice ours = SLICE_NONE;
	struct slice domain = SLICE_NONE;
	struct attribute attribute;

	while (next_attribute(cookie, &at, &attribute))
		if (slice_eq_nocase(attribute.name, LIT("Domain")) &&
		    attribute.value.len > 0)
			domain = attribute.value;
	if (domain.len > 0 && domain.at[0] == '.')
		domain = slice_from(domain, 1);
	if (!domain_covers(domain, m->origin_host))
		return false;
	return !uri_host(m->authority, room, sizeof(room), &ours) ||
	    !domain_covers(domain, ours);
}

/* ---- Path ---- */

/* Path-match, section 5.1.4; the root's path may be empty. */
static bool path_covers(struct slice cookie_path, struct slice path)
{
	if (slice_eq(cookie_path, LIT("/")))
		return true;
	return slice_starts(path, cookie_path) &&
	    (path.len == cookie_path.len || slice_ends(cookie_path, LIT("/")) ||
		path.at[cookie_path.len] == '/');
}

/* Section 5.1.4. */
static struct slice default_path(struct slice path)
{
	if (path.len == 0 || path.at[0] != '/')
		return LIT("/");
	while (path.at[path.len - 1] != '/')
		path.len--;
	return path.len == 1 ? path : slice_upto(path, path.len - 1);
}

/* What stands behind the prefix. */
static struct slice path_tail(const struct mapping *m, struct slice path)
{
	if (path_covers(path, m->from))
		return LIT("");
	if (slice_starts(path, m->from) && path.at[m->from.len] == '/')
		return slice_from(path, m->from.len);
	return path;
}

static struct slice public_path(
    const struct mapping *m, struct slice path, struct arena *a)
{
	struct slice tail = path_tail(m, path);
	struct text t = text_in(a, PATCH_MAX_BYTES);

	text_add(&t, m->to);
	text_add(&t, tail);
	if (t.len == 0)
		text_char(&t, '/');
	return text_spent(&t) ? SLICE_NONE : text_slice(&t);
}

/* Can a Path attribute say the prefix at all? */
static bool prefix_is_sayable(const struct mapping *m)
{
	return slice_find(m->to, ';') == m->to.len;
}

/* The last Path rules (section 5.3), one without a path by the default-path;
 * one that is too long does not count. */
static void put_path(struct patch *p, const struct mapping *m,
    const struct attribute *attribute, bool *ruled)
{
	struct slice path = attribute->value;
	struct slice fresh;

	if (path.len == 0 || path.at[0] != '/') {
		*ruled = false;
		return;
	}
	if (!prefix_is_sayable(m)) {
		patch_put(p, attribute->whole, LIT(""));
		return;
	}
	fresh = public_path(m, path, p->arena);
	patch_put(p, path, fresh);
	if (fresh.len <= ATTRIBUTE_MAX)
		*ruled = true;
}

static void add_path(struct patch *p, const struct mapping *m)
{
	struct text t = text_in(p->arena, PATCH_MAX_BYTES);

	text_add(&t, LIT("; Path="));
	text_add(&t, m->to);
	patch_put(p, slice_from(p->in, p->in.len),
	    text_spent(&t) ? SLICE_NONE : text_slice(&t));
}

struct slice cookie_adapt(const struct mapping *m, struct slice path,
    struct slice value, struct arena *a)
{
	size_t at = slice_find(value, ';');
	bool strange = domain_is_origins(m, value, at);
	bool ruled = false;
	struct patch p = patch_of(value, a);
	struct attribute attribute;

	if (m->to.len > 0 && cookie_is_host_bound(value))
		return value;
	while (next_attribute(value, &at, &attribute)) {
		if (slice_eq_nocase(attribute.name, LIT("Path")))
			put_path(&p, m, &attribute, &ruled);
		else if (strange &&
		    slice_eq_nocase(attribute.name, LIT("Domain")))
			patch_put(&p, attribute.whole, LIT(""));
	}
	if (!ruled && m->to.len > 0 && prefix_is_sayable(m) &&
	    !path_covers(m->to, default_path(path)))
		add_path(&p, m);
	return patch_end(&p);
}

/* Reading URLs as browsers do, and moving them between the two roots. */
#include "policy/mapping.h"

#include "base/arena.h"
#include "conf/conf.h"
#include "conf/pool.h"
#include "http/message.h"
#include "policy/route.h"

#define AUTHORITY_MAX 300

/* ---- reading ---- */

enum url_kind {
	URL_EMPTY,    /* nothing, a query or a fragment: this very document */
	URL_RELATIVE, /* x, ./x, ../x */
	URL_ROOT,     /* /x */
	URL_NETWORK,  /* //host/x */
	URL_ABSOLUTE, /* http://host/x, and ws */
	URL_OTHER,    /* another scheme, or nothing that we know */
};

struct url {
	enum url_kind kind;
	size_t start; /* behind leading blanks */
	size_t path;  /* where the path begins, or would */
	char scheme[6];
	size_t scheme_len;
	char authority[AUTHORITY_MAX];
	size_t authority_len;
};

static bool is_slash(int c)
{
	return c == '/' || c == '\\';
}

/* Does the path end here? */
static bool is_end(int c)
{
	return c < 0 || c == '?' || c == '#';
}

/* The character at *i or behind, tabs and line ends passed over; -1 at the
 * end. */
static int url_peek(struct slice url, size_t *i)
{
	while (*i < url.len &&
	    (url.at[*i] == '\t' || url.at[*i] == '\n' || url.at[*i] == '\r'))
		++*i;
	return *i < url.len ? (unsigned char)url.at[*i] : -1;
}

static bool is_scheme_char(int c)
{
	return ascii_is_alpha((char)c) || ascii_is_digit((char)c) || c == '+' ||
	    c == '-' || c == '.';
}

/* Is there a scheme?  *i is left behind its colon. */
static bool read_scheme(struct slice s, size_t *i, struct url *u)
{
	size_t at = *i;
	int c = url_peek(s, &at);

	if (c < 0 || !ascii_is_alpha((char)c))
		return false;
	for (; c >= 0 && is_scheme_char(c); at++, c = url_peek(s, &at)) {
		if (u->scheme_len < sizeof(u->scheme))
			u->scheme[u->scheme_len] = ascii_lower((char)c);
		u->scheme_len++;
	}
	if (c != ':')
		return false;
	*i = at + 1;
	return true;
}

static struct slice url_scheme(const struct url *u)
{
	return u->scheme_len <= sizeof(u->scheme) ?
	    (struct slice){ u->scheme, u->scheme_len } :
	    LIT("");
}

static struct slice url_authority(const struct url *u)
{
	return (struct slice){ u->authority, u->authority_len };
}

static bool is_websocket(struct slice scheme)
{
	return slice_eq(scheme, LIT("ws")) || slice_eq(scheme, LIT("wss"));
}

static bool is_ours_to_read(struct slice scheme)
{
	return slice_eq(scheme, LIT("http")) ||
	    slice_eq(scheme, LIT("https")) || is_websocket(scheme);
}

/* At least two slashes, then the authority.  *i is left at its end. */
static bool read_authority(struct slice s, size_t *i, struct url *u)
{
	int slashes = 0;
	int c;

	for (; is_slash(url_peek(s, i)); ++*i)
		slashes++;
	if (slashes < 2)
		return false;
	for (c = url_peek(s, i); !is_end(c) && !is_slash(c);
	     ++*i, c = url_peek(s, i)) {
		if (u->authority_len == sizeof(u->authority) || c == '@')
			return false;
		u->authority[u->authority_len++] = (char)c;
	}
	return u->authority_len > 0;
}

/* Without the blanks and controls at its end, which are no part of it; those
 * at its beginning count, for the edit's sake. */
static struct slice url_trim(struct slice s)
{
	while (s.len > 0 && (unsigned char)s.at[s.len - 1] <= ' ')
		s.len--;
	return s;
}

static struct url url_read(struct slice s)
{
	struct url u;
	size_t i = 0;
	size_t next;
	int c;

	/* Not the whole: room for an authority that is mostly not there. */
	u.kind = URL_OTHER;
	u.scheme_len = 0;
	u.authority_len = 0;

	while (i < s.len && (unsigned char)s.at[i] <= ' ')
		i++;
	u.start = u.path = i;
	c = url_peek(s, &i);
	if (is_end(c)) {
		u.kind = URL_EMPTY;
		return u;
	}
	if (is_slash(c)) {
		next = i + 1;
		u.path = i;
		if (!is_slash(url_peek(s, &next))) {
			u.kind = URL_ROOT;
			return u;
		}
		if (read_authority(s, &i, &u))
			u.kind = URL_NETWORK;
		u.path = i;
		return u;
	}
	if (!read_scheme(s, &i, &u)) {
		u.kind = URL_RELATIVE;
		return u;
	}
	if (is_ours_to_read(url_scheme(&u)) && read_authority(s, &i, &u))
		u.kind = URL_ABSOLUTE;
	u.path = i;
	return u;
}

/* ---- whose it is ---- */

static unsigned default_port(struct slice scheme)
{
	return slice_eq(scheme, LIT("https")) || slice_eq(scheme, LIT("wss")) ?
	    443 :
	    80;
}

/* host[:port] taken apart; the scheme's port where none is written. */
static bool split_authority(struct slice authority, struct slice scheme,
    struct slice *host_out, unsigned *port_out)
{
	size_t colon = authority.len;
	uint64_t port = default_port(scheme);

	while (colon > 0 && authority.at[colon - 1] != ':' &&
	    authority.at[colon - 1] != ']')
		colon--;
	if (colon > 0 && authority.at[colon - 1] == ':') {
		struct slice digits = slice_from(authority, colon);

		if (digits.len > 0 &&
		    (!slice_to_u64(digits, &port) || port > 65535))
			return false;
		authority = slice_upto(authority, colon - 1);
	}
	if (slice_ends(authority, LIT(".")))
		authority.len--;
	*host_out = authority;
	*port_out = (unsigned)port;
	return authority.len > 0;
}

bool mapping_names_us(
    const struct mapping *m, struct slice scheme, struct slice authority)
{
	struct slice host, our_host;
	unsigned port, our_port;

	if (m->authority.len == 0 ||
	    !split_authority(authority, scheme, &host, &port) ||
	    !split_authority(m->authority, m->scheme, &our_host, &our_port) ||
	    !slice_eq_nocase(host, our_host))
		return false;
	/* Each scheme's default is no port at all: behind a server that ends
	 * TLS for us we may know the wrong scheme. */
	return port == our_port ||
	    (port == default_port(scheme) &&
		our_port == default_port(m->scheme));
}

/* Is it the name of another server of the component's? */
static bool names_sibling(const struct mapping *m, struct slice scheme,
    struct slice authority, struct slice host, unsigned port)
{
	const struct server *found;

	if (m->pool == NULL || m->pool->server_n < 2)
		return false;
	if (pool_find(m->pool, host, port) != NULL)
		return true;
	if (!slice_eq(scheme, m->scheme))
		return false;
	/* As below; what is written alike has no port, or it would have been
	 * found. */
	found = pool_find(m->pool, host, default_port(m->origin_scheme));
	return found != NULL &&
	    slice_eq_nocase(authority, found->origin.authority);
}

/* Is this the component's own server, by a name that the component has? */
static bool names_component(
    const struct mapping *m, struct slice scheme, struct slice authority)
{
	struct slice host;
	unsigned port;

	if (m->preserve_host && mapping_names_us(m, scheme, authority))
		return true;
	if (!split_authority(authority, scheme, &host, &port))
		return false;
	if (!slice_eq_nocase(host, m->origin_host))
		return names_sibling(m, scheme, authority, host, port);
	/* One that heeds X-Forwarded-Proto writes our scheme and its host. */
	return port == m->origin_port ||
	    (slice_eq_nocase(authority, m->origin_authority) &&
		slice_eq(scheme, m->scheme)) ||
	    names_sibling(m, scheme, authority, host, port);
}

/* ---- the path ---- */

/* The length of a dot that begins at i, percent-encoded or not; or 0. */
static size_t dot_at(struct slice s, size_t i)
{
	if (i < s.len && s.at[i] == '.')
		return 1;
	return slice_starts_nocase(slice_from(s, i), LIT("%2e")) ? 3 : 0;
}

/* 1 for ".", 2 for "..", 0 for any other segment. */
static int dots_of(struct slice url, size_t from, size_t to)
{
	int dots = 0;
	size_t n;

	/* What is passed over between the dots still leaves them dots. */
	while (from < to && dots < 3) {
		if (url.at[from] == '\t' || url.at[from] == '\n' ||
		    url.at[from] == '\r') {
			from++;
			continue;
		}
		n = dot_at(slice_upto(url, to), from);
		if (n == 0)
			return 0;
		from += n;
		dots++;
	}
	return dots < 3 ? dots : 0;
}

struct walk {
	unsigned depth; /* directories below the start's root at the end */
	bool climbed;   /* above that root */
	size_t last;    /* climbed: behind the last step that did, and behind
			 * its slash */
};

/* Walks the segments from i to the path's end, beginning `depth` below the
 * root; an absolute path's first slash is behind us. */
static struct walk path_walk(struct slice url, size_t i, unsigned depth)
{
	struct walk w = { .depth = depth };
	size_t segment = i;

	for (;; i++) {
		int c = i < url.len ? (unsigned char)url.at[i] : -1;
		bool end = is_end(c);
		int dots;

		if (!end && !is_slash(c))
			continue;
		dots = dots_of(url, segment, i);
		if (dots == 2) {
			if (w.depth == 0) {
				w.climbed = true;
				w.last = end ? i : i + 1;
			} else {
				w.depth--;
			}
		} else if (dots == 0 && !end) {
			w.depth++;
		}
		if (end)
			return w;
		segment = i + 1;
	}
}

/* Behind `root` at i, on a segment's boundary; or false. */
static bool skip_root(
    struct slice root, struct slice url, size_t i, size_t *behind_out)
{
	for (size_t n = 0; n < root.len; n++, i++) {
		int c = url_peek(url, &i);

		if (c < 0 ||
		    (root.at[n] == '/' ? !is_slash(c) :
					 c != (unsigned char)root.at[n]))
			return false;
	}
	*behind_out = i;
	return is_end(url_peek(url, &i)) || is_slash(url_peek(url, &i));
}

/* The path of the component's root that the URL's path begins with. */
static struct slice root_at(const struct mapping *m, struct slice url, size_t i)
{
	size_t behind;

	return m->token.len > 0 && skip_root(m->token, url, i, &behind) ?
	    m->token :
	    m->from;
}

static struct slice without_slash(struct slice s)
{
	return slice_upto(s, s.len - (s.len > 0));
}

/* Is what stands at i read as a host once nothing stands before it? */
static bool two_slashes(struct slice url, size_t i)
{
	if (!is_slash(url_peek(url, &i)))
		return false;
	i++;
	return is_slash(url_peek(url, &i));
}

/* A path at u->path, to stand behind `lead`, which ends in a slash. */
static bool edit_path(const struct mapping *m, struct slice url,
    const struct url *u, struct slice lead, struct mapping_edit *edit_out)
{
	struct mapping_edit edit = { .at = u->start };
	struct slice root = root_at(m, url, u->path);
	size_t behind;
	struct walk w;
	size_t i = u->path;

	/* http://origin?x: the path is "/". */
	if (is_end(url_peek(url, &i))) {
		if (root.len > 0)
			return false;
		edit.end = u->path;
		edit.with = lead;
		*edit_out = edit;
		return true;
	}
	if (!skip_root(root, url, u->path, &behind))
		return false;
	i = behind;
	w = (struct walk){ 0 };
	if (is_slash(url_peek(url, &i)))
		w = path_walk(url, i + 1, 0);
	if (w.climbed && root.len > 0)
		return false;
	edit.end = w.climbed ? w.last : behind;
	edit.with = w.climbed ? lead : without_slash(lead);
	/* Without a prefix, nothing may be left at all, and // would name a
	 * host. */
	if (edit.with.len == 0 && is_end(url_peek(url, &i)))
		edit.with = LIT("/");
	else if (edit.with.len == 0 && two_slashes(url, behind))
		edit.with = LIT("/.");
	*edit_out = edit;
	return true;
}

static bool lies_below(struct slice url, size_t i, struct slice path)
{
	struct slice rest = slice_from(url, i);

	return path.len > 0 && slice_starts(rest, path) &&
	    (rest.len == path.len || is_slash(rest.at[path.len]) ||
		is_end((unsigned char)rest.at[path.len]));
}

/* One that names a server. */
static bool edit_server(const struct mapping *m, struct mapping_place place,
    struct slice url, const struct url *u, enum mapping_form form,
    struct mapping_edit *edit_out)
{
	struct slice scheme =
	    u->kind == URL_NETWORK ? m->origin_scheme : url_scheme(u);
	struct slice lead = m->to_slash;

	if (!names_component(m, scheme, url_authority(u)))
		return false;
	/* A component that keeps our host may know our paths as well. */
	if (m->preserve_host && mapping_names_us(m, scheme, url_authority(u)) &&
	    lies_below(url, u->path, m->to))
		return false;
	if (is_websocket(scheme)) {
		lead = m->websocket;
		if (lead.len == 0)
			return false;
	} else if ((form == MAPPING_WHOLE || place.foreign) &&
	    m->absolute.len > 0) {
		lead = u->kind == URL_NETWORK ? m->network : m->absolute;
	}
	return edit_path(m, url, u, lead, edit_out);
}

static bool edit_relative(const struct mapping *m, struct mapping_place place,
    struct slice url, const struct url *u, struct mapping_edit *edit_out)
{
	struct walk w = path_walk(url, u->start, place.depth);

	/* One that climbs stops at the component's root, not at ours. */
	if (!w.climbed || m->from.len > 0)
		return false;
	*edit_out = (struct mapping_edit){ u->start, w.last, m->to_slash };
	return true;
}

bool mapping_out(const struct mapping *m, struct mapping_place place,
    struct slice url, enum mapping_form form, struct mapping_edit *edit_out)
{
	struct url u = url_read(url_trim(url));
	bool same = slice_eq(m->from, m->to);

	url = url_trim(url);
	switch (u.kind) {
	case URL_RELATIVE:
		return !same && !place.foreign &&
		    edit_relative(m, place, url, &u, edit_out);
	case URL_ROOT:
		same = same && root_at(m, url, u.path).len == m->from.len;
		return !same && !place.foreign &&
		    edit_path(m, url, &u, m->to_slash, edit_out);
	case URL_NETWORK:
	case URL_ABSOLUTE:
		return edit_server(m, place, url, &u, form, edit_out);
	case URL_EMPTY:
	case URL_OTHER:
		break;
	}
	return false;
}

struct slice mapping_apply(const struct mapping *m, struct mapping_place place,
    struct slice url, enum mapping_form form, struct arena *a)
{
	struct mapping_edit edit;

	if (!mapping_out(m, place, url, form, &edit))
		return url;
	return ARENA_JOIN(
	    a, slice_upto(url, edit.at), edit.with, slice_from(url, edit.end));
}

/* ---- documents ---- */

struct mapping_place mapping_place(const struct mapping *m)
{
	return (struct mapping_place){ m->depth, false };
}

struct mapping_place mapping_base(
    const struct mapping *m, struct mapping_place place, struct slice url)
{
	struct url u = url_read(url_trim(url));
	size_t i = u.path;

	url = url_trim(url);
	switch (u.kind) {
	case URL_EMPTY:
	case URL_OTHER: /* data: and the like are no base: it is ignored */
		return place;
	case URL_RELATIVE:
		if (!place.foreign)
			place.depth =
			    path_walk(url, u.start, place.depth).depth;
		return place;
	case URL_NETWORK:
	case URL_ABSOLUTE:
		place.foreign = !names_component(m,
		    u.kind == URL_NETWORK ? m->origin_scheme : url_scheme(&u),
		    url_authority(&u));
		break;
	case URL_ROOT:
		break;
	}
	if (place.foreign)
		return place;
	place.depth = 0;
	if (skip_root(root_at(m, url, u.path), url, u.path, &i) &&
	    is_slash(url_peek(url, &i)))
		place.depth = path_walk(url, i + 1, 0).depth;
	return place;
}

bool mapping_is_own(
    const struct mapping *m, struct mapping_place place, struct slice url)
{
	struct url u = url_read(url_trim(url));

	switch (u.kind) {
	case URL_EMPTY:
	case URL_RELATIVE:
	case URL_ROOT:
		return !place.foreign;
	case URL_NETWORK:
		return names_component(m, m->origin_scheme, url_authority(&u));
	case URL_ABSOLUTE:
		return names_component(m, url_scheme(&u), url_authority(&u));
	case URL_OTHER:
		break;
	}
	return false;
}

/* ---- making one ---- */

static bool make_leads(struct mapping *m, struct arena *a)
{
	struct slice slash = LIT("/");
	struct slice colon = LIT("://");
	bool secure = slice_eq(m->scheme, LIT("https"));

	m->to_slash = ARENA_JOIN(a, m->to, slash);
	if (m->authority.len == 0)
		return m->to_slash.at != NULL;
	m->absolute =
	    ARENA_JOIN(a, m->scheme, colon, m->authority, m->to, slash);
	m->websocket = ARENA_JOIN(a, secure ? LIT("wss") : LIT("ws"), colon,
	    m->authority, m->to, slash);
	m->network = slice_from(m->absolute, m->scheme.len + 1);
	return m->to_slash.at != NULL && m->absolute.at != NULL &&
	    m->websocket.at != NULL;
}

/* The path of the component's root as its origin knows it. */
static struct slice root_of(const struct route_match *match, struct arena *a)
{
	const struct rule *rule = match->rule;
	struct slice head =
	    slice_upto(match->path, match->path.len - match->tail.len);

	if (rule->strip)
		return rule->origin.base;
	if (slice_eq(head, LIT("/")))
		head.len = 0;
	return ARENA_JOIN(a, rule->origin.base, head);
}

bool mapping_make(const struct request *r, const struct route_match *match,
    struct arena *a, struct mapping *mapping_out)
{
	const struct origin *origin = route_origin(match);
	struct mapping m = {
		.from = root_of(match, a),
		.to = match->prefix,
		.token =
		    match->rule->rewrite_scripts ? LIT(MAPPING_TOKEN) : LIT(""),
		.origin_scheme = origin->scheme,
		.origin_host = origin->host,
		.origin_authority = origin->authority,
		.origin_port = origin->port,
		.pool = match->rule->pool,
		.scheme = r->scheme.len > 0 ? r->scheme : LIT("http"),
		.authority = match->authority,
		.preserve_host = match->rule->preserve_host,
	};

	if (match->tail.len > 0)
		m.depth = path_walk(match->tail, 1, 0).depth;
	if ((!match->rule->strip && m.from.at == NULL) || !make_leads(&m, a))
		return false;
	*mapping_out = m;
	return true;
}

struct mapping mapping_none(void)
{
	return (struct mapping){ .from = LIT(""),
		.to = LIT(""),
		.to_slash = LIT("/"),
		.scheme = LIT("http") };
}

bool mapping_plain(
    struct slice to, struct arena *a, struct mapping *mapping_out)
{
	struct mapping m = {
		.from = LIT(""),
		.to = to,
		.origin_scheme = LIT("http"),
		.origin_host = LIT("origin"),
		.origin_authority = LIT("origin"),
		.origin_port = 80,
		.scheme = LIT("http"),
	};

	if (!make_leads(&m, a))
		return false;
	*mapping_out = m;
	return true;
}

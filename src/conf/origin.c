/* The strict reader of origin URLs. */
#include "conf/origin.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/match.h"

static bool scheme_cut(struct slice s, struct origin *o, struct text *why)
{
	size_t colon = slice_find(s, ':');
	struct slice scheme = slice_upto(s, colon);

	if (!slice_starts(slice_from(s, colon), LIT("://"))) {
		if (slice_eq_nocase(scheme, LIT("http")) ||
		    slice_eq_nocase(scheme, LIT("https")))
			text_format(why,
			    "\"%.*s\" lacks the two slashes: write "
			    "http://HOST",
			    SLICE_ARG(s));
		else
			text_format(why,
			    "\"%.*s\" has no scheme: did you mean "
			    "http://%.*s?",
			    SLICE_ARG(s), SLICE_ARG(s));
		return false;
	}
	if (slice_eq_nocase(scheme, LIT("http")))
		o->scheme = LIT("http");
	else if (slice_eq_nocase(scheme, LIT("https")))
		o->scheme = LIT("https");
	else {
		text_format(why,
		    "\"%.*s\" is none of the schemes this version knows: "
		    "write http:// or https://",
		    SLICE_ARG(scheme));
		return false;
	}
	return true;
}

static bool port_parse(struct slice port, struct origin *o, struct text *why)
{
	uint64_t value;

	if (!slice_to_u64(port, &value) || value < 1 || value > 65535) {
		text_format(why, "\"%.*s\" is no port: write 1 to 65535",
		    SLICE_ARG(port));
		return false;
	}
	o->port = (uint16_t)value;
	return true;
}

static bool authority_parse(
    struct slice authority, struct origin *o, struct text *why)
{
	size_t end = authority.len;
	size_t from = 0;

	if (slice_find(authority, '@') < authority.len) {
		text_add(why,
		    LIT("a user name or password has no place in an origin: "
			"write request_header Authorization = \"Basic ...\""));
		return false;
	}
	if (authority.len > 0 && authority.at[0] == '[')
		from = slice_find(authority, ']');
	for (size_t i = from; i < authority.len && end == authority.len; i++)
		if (authority.at[i] == ':')
			end = i;
	o->host = slice_upto(authority, end);
	if (!match_host_valid(o->host)) {
		text_format(why, "\"%.*s\" is no host name%s",
		    SLICE_ARG(o->host),
		    slice_find(slice_from(authority, end + 1), ':') + end + 1 <
				authority.len &&
			    from == 0 ?
			": write an IPv6 address in brackets" :
			"");
		return false;
	}
	o->port = slice_eq(o->scheme, LIT("https")) ? 443 : 80;
	return end == authority.len ||
	    port_parse(slice_from(authority, end + 1), o, why);
}

static bool base_valid(struct slice base, struct text *why)
{
	struct slice rest = slice_from(base, 1);
	struct slice segment;

	for (size_t i = 0; i < base.len; i++) {
		char c = base.at[i];

		if (c == '?' || c == '#') {
			text_add(why,
			    LIT("an origin takes no query and no fragment: "
				"end it before the ? or #"));
			return false;
		}
		if (c <= ' ' || c >= 0x7f || c == '\\' || c == '"' ||
		    c == '<' || c == '>' ||
		    (c == '%' &&
			(i + 2 >= base.len || ascii_hex(base.at[i + 1]) < 0 ||
			    ascii_hex(base.at[i + 2]) < 0))) {
			text_format(why,
			    "\"%.*s\" holds a character that a URL writes "
			    "percent-encoded",
			    SLICE_ARG(base));
			return false;
		}
	}
	while (base.len > 0 && slice_cut(&rest, '/', &segment))
		if ((segment.len == 0 && rest.at != NULL) ||
		    slice_eq(segment, LIT(".")) ||
		    slice_eq(segment, LIT(".."))) {
			text_format(why,
			    "\"%.*s\" has an empty or a dot segment: leave "
			    "it out",
			    SLICE_ARG(base));
			return false;
		}
	return true;
}

/* unix:/SOCKET[:/base]; the colon may be left out with the base. */
static bool socket_parse(
    struct slice s, struct origin *o, struct slice *base_out, struct text *why)
{
	struct slice path = slice_from(s, 5);
	size_t end = slice_find(path, ':');
	struct slice base = slice_from(path, end + 1);

	path = slice_upto(path, end);
	if (slice_ends(path, LIT("/"))) {
		text_format(why,
		    "\"%.*s\" is no socket: write its path, as in "
		    "http://unix:/run/app.sock",
		    SLICE_ARG(path));
		return false;
	}
	if (path.len > ORIGIN_SOCKET_MAX) {
		text_format(why,
		    "the path of a socket has no more than %d bytes",
		    ORIGIN_SOCKET_MAX);
		return false;
	}
	if (base.len > 0 && base.at[0] != '/') {
		text_format(why,
		    "\"%.*s\" behind the socket does not start with /: did "
		    "you mean /%.*s?",
		    SLICE_ARG(base), SLICE_ARG(base));
		return false;
	}
	o->unix_path = path;
	o->host = LIT("localhost");
	o->port = slice_eq(o->scheme, LIT("https")) ? 443 : 80;
	*base_out = base;
	return true;
}

static void add_root(struct text *t, const struct origin *o)
{
	text_add(t, o->scheme);
	text_add(t, LIT("://"));
	for (size_t i = 0; i < o->authority.len; i++)
		text_char(t, ascii_lower(o->authority.at[i]));
}

static void add_url(struct text *t, const struct origin *o)
{
	if (o->unix_path.len == 0) {
		add_root(t, o);
	} else {
		text_add(t, o->scheme);
		text_add(t, LIT("://unix:"));
		text_add(t, o->unix_path);
		if (o->base.len > 0)
			text_char(t, ':');
	}
	text_add(t, o->base);
}

/* The pieces, cut out of one copy: scheme://authority, the socket and the
 * URL, each with a NUL. */
static bool origin_keep(struct arena *a, struct origin *o)
{
	struct text t = text_in(a, 4096);
	size_t start = o->scheme.len + 3;
	size_t root_len, url;

	add_root(&t, o);
	root_len = t.len;
	text_char(&t, '\0');
	text_add(&t, o->unix_path);
	text_char(&t, '\0');
	url = t.len;
	add_url(&t, o);
	if (text_spent(&t))
		return false;
	o->root = slice_upto(text_slice(&t), root_len);
	o->authority = slice_from(o->root, start);
	o->host = slice_upto(o->authority, o->host.len);
	o->unix_path = (struct slice){ t.at + root_len + 1, o->unix_path.len };
	o->url = slice_from(text_slice(&t), url);
	o->base = slice_from(o->url, o->url.len - o->base.len);
	return true;
}

bool origin_parse(struct slice s, struct arena *a, struct origin *origin_out,
    struct text *why)
{
	struct origin o = { 0 };
	struct slice rest;
	size_t end = 0;

	if (!scheme_cut(s, &o, why))
		return false;
	rest = slice_from(s, slice_find(s, ':') + 3);
	while (end < rest.len && rest.at[end] != '/' && rest.at[end] != '?' &&
	    rest.at[end] != '#')
		end++;
	o.authority = slice_upto(rest, end);
	o.base = slice_from(rest, end);
	if (slice_starts_nocase(rest, LIT("unix:/"))) {
		o.authority = LIT("localhost");
		if (!socket_parse(rest, &o, &o.base, why))
			return false;
	} else if (!authority_parse(o.authority, &o, why)) {
		return false;
	}
	if (!base_valid(o.base, why))
		return false;
	if (slice_ends(o.base, LIT("/")))
		o.base.len--;
	if (!origin_keep(a, &o)) {
		text_add(why, LIT("too long"));
		return false;
	}
	*origin_out = o;
	return true;
}

/* The strict reader of origin URLs. */
#include "conf/origin.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/match.h"

/* Several origins, pools and buckets are later work: say so, rather than
 * complain about a character. */
static bool one_url(struct slice s, struct text *why)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] == ',' || s.at[i] == ' ' || s.at[i] == '\t') {
			text_format(why,
			    "\"%.*s\": this version takes one http:// or "
			    "https:// URL, without attributes",
			    SLICE_ARG(s));
			return false;
		}
	return true;
}

static bool scheme_cut(struct slice s, struct origin *o, struct text *why)
{
	size_t colon = slice_find(s, ':');
	struct slice scheme = slice_upto(s, colon);

	if (!slice_starts(slice_from(s, colon), LIT("://"))) {
		if (slice_starts_nocase(s, LIT("pool:")))
			text_format(why,
			    "\"%.*s\": this version knows no pools; write one "
			    "http:// or https:// URL",
			    SLICE_ARG(s));
		else if (slice_eq_nocase(scheme, LIT("http")) ||
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

/* The pieces, cut out of one copy: scheme://authority, NUL, URL. */
static bool origin_keep(struct slice authority, struct slice base,
    struct arena *a, struct origin *o)
{
	struct text t = text_in(a, 4096);
	size_t start = o->scheme.len + 3;
	size_t root_len = start + authority.len;
	char *at;

	for (int twice = 0; twice < 2; twice++) {
		text_add(&t, o->scheme);
		text_add(&t, LIT("://"));
		for (size_t i = 0; i < authority.len; i++)
			text_char(&t, ascii_lower(authority.at[i]));
		if (twice == 0)
			text_char(&t, '\0');
	}
	text_add(&t, base);
	if (text_spent(&t))
		return false;
	at = t.at;
	o->root = (struct slice){ at, root_len };
	o->authority = (struct slice){ at + start, authority.len };
	o->host = (struct slice){ at + start, o->host.len };
	o->url = (struct slice){ at + root_len + 1, root_len + base.len };
	o->base = slice_from(o->url, root_len);
	return true;
}

bool origin_parse(struct slice s, struct arena *a, struct origin *origin_out,
    struct text *why)
{
	struct origin o = { 0 };
	struct slice rest, authority, base;
	size_t end = 0;

	if (!one_url(s, why) || !scheme_cut(s, &o, why))
		return false;
	rest = slice_from(s, slice_find(s, ':') + 3);
	while (end < rest.len && rest.at[end] != '/' && rest.at[end] != '?' &&
	    rest.at[end] != '#')
		end++;
	authority = slice_upto(rest, end);
	base = slice_from(rest, end);
	if (!authority_parse(authority, &o, why) || !base_valid(base, why))
		return false;
	if (base.len > 0 && base.at[base.len - 1] == '/')
		base.len--;
	if (!origin_keep(authority, base, a, &o)) {
		text_add(why, LIT("too long"));
		return false;
	}
	*origin_out = o;
	return true;
}

/* Request targets and their paths. */
#include "http/uri.h"

#include <string.h>

#include "base/text.h"

static enum uri_fault byte_fault(char c)
{
	unsigned char byte = (unsigned char)c;

	if (byte > '#' && byte != 0x7f)
		return URI_OK;
	if (byte == ' ')
		return URI_BLANK;
	if (byte == '#')
		return URI_FRAGMENT;
	return byte < ' ' || byte == 0x7f ? URI_CONTROL : URI_OK;
}

/* The byte that the escape at s.at[i] stands for, or -1. */
static int escaped(struct slice s, size_t i)
{
	int high;
	int low;

	if (s.len - i < 3 || s.at[i] != '%')
		return -1;
	high = ascii_hex(s.at[i + 1]);
	low = ascii_hex(s.at[i + 2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static enum uri_fault path_fault(struct slice path)
{
	for (size_t i = 0; i < path.len; i++) {
		enum uri_fault fault = byte_fault(path.at[i]);

		if (fault != URI_OK)
			return fault;
		if (path.at[i] == '%') {
			int byte = escaped(path, i);

			if (byte <= 0)
				return byte == 0 ? URI_NUL : URI_ESCAPE;
		}
	}
	return URI_OK;
}

/* Takes "http://authority" off *rest. */
static bool cut_absolute(struct slice *rest, struct slice *authority_out)
{
	size_t end = 0;

	if (slice_starts_nocase(*rest, LIT("http://")))
		*rest = slice_from(*rest, 7);
	else if (slice_starts_nocase(*rest, LIT("https://")))
		*rest = slice_from(*rest, 8);
	else
		return false;
	while (end < rest->len && rest->at[end] != '/' && rest->at[end] != '?')
		end++;
	*authority_out = slice_upto(*rest, end);
	*rest = slice_from(*rest, end);
	return true;
}

enum uri_fault uri_split(struct slice target, struct uri *uri_out)
{
	struct uri uri = { .authority = SLICE_NONE };
	struct slice rest = target;
	enum uri_fault fault;
	size_t path_len;

	if (target.len == 0)
		return URI_EMPTY;
	if (slice_eq(target, LIT("*"))) {
		uri.path = target;
		uri.query = slice_from(target, 1);
		*uri_out = uri;
		return URI_OK;
	}
	if (target.at[0] != '/') {
		char host[URI_HOST_MAX];
		struct slice ignored;

		if (!cut_absolute(&rest, &uri.authority))
			return path_fault(target) == URI_OK ?
			    URI_FORM :
			    path_fault(target);
		if (uri.authority.len == 0 ||
		    !uri_host(uri.authority, host, sizeof(host), &ignored))
			return URI_AUTHORITY;
	}
	path_len = slice_find(rest, '?');
	uri.path = slice_upto(rest, path_len);
	uri.query = slice_from(rest, path_len);
	fault = path_fault(uri.path);
	for (size_t i = 0; fault == URI_OK && i < uri.query.len; i++)
		fault = byte_fault(uri.query.at[i]);
	if (fault != URI_OK)
		return fault;
	if (uri.path.len == 0)
		uri.path = LIT("/");
	*uri_out = uri;
	return URI_OK;
}

struct slice uri_fault_words(enum uri_fault fault)
{
	static const struct slice words[] = {
		[URI_OK] = { "", 0 },
#define WORDS(f, s) [f] = { (s), sizeof(s) - 1 }
		WORDS(URI_EMPTY, "the request target is empty"),
		WORDS(URI_FORM,
		    "the request target is neither a path nor an http URL"),
		WORDS(URI_CONTROL, "the request target holds a control byte"),
		WORDS(URI_BLANK, "the request target holds a raw blank"),
		WORDS(URI_FRAGMENT, "the request target holds a '#'"),
		WORDS(URI_ESCAPE, "the path holds a malformed %-escape"),
		WORDS(URI_NUL, "the path holds an encoded NUL (%00)"),
		WORDS(URI_AUTHORITY, "the host name is malformed"),
#undef WORDS
	};

	return words[fault];
}

static bool is_host_byte(char c, bool bracketed)
{
	if (bracketed)
		return ascii_hex(c) >= 0 || c == ':' || c == '.';
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '.' ||
	    c == '_';
}

bool uri_host(
    struct slice authority, char *room, size_t size, struct slice *host_out)
{
	bool bracketed = authority.len > 0 && authority.at[0] == '[';
	struct slice host;
	struct slice port;

	if (bracketed) {
		size_t close = slice_find(authority, ']');

		if (close == authority.len || close < 3)
			return false;
		host = slice_upto(authority, close + 1);
	} else {
		host = slice_upto(authority, slice_find(authority, ':'));
	}
	port = slice_from(authority, host.len);
	if (port.len > 0 && port.at[0] != ':')
		return false;
	for (size_t i = 1; i < port.len; i++)
		if (!ascii_is_digit(port.at[i]))
			return false;
	/* ":80" names no host; "" is a client that sent none. */
	if (host.len == 0 && port.len > 0)
		return false;
	if (host.len > 1 && host.at[host.len - 1] == '.')
		host.len--;
	if (host.len > size)
		return false;
	for (size_t i = 0; i < host.len; i++) {
		bool bracket = bracketed && (i == 0 || i + 1 == host.len);

		if (!bracket && !is_host_byte(host.at[i], bracketed))
			return false;
		room[i] = ascii_lower(host.at[i]);
	}
	*host_out = (struct slice){ room, host.len };
	return true;
}

enum unit_kind { UNIT_BYTE, UNIT_SLASH, UNIT_ENCODED_SLASH, UNIT_BACKSLASH };

struct unit {
	enum unit_kind kind;
	char byte; /* decoded */
	unsigned char width;
};

/* One byte or one escape of a raw path. */
static struct unit unit_at(struct slice raw, size_t i)
{
	struct unit u = { UNIT_BYTE, raw.at[i], 1 };
	int byte;

	if (u.byte == '/') {
		u.kind = UNIT_SLASH;
	} else if (u.byte == '\\') {
		u.kind = UNIT_BACKSLASH;
	} else if (u.byte == '%' && (byte = escaped(raw, i)) >= 0) {
		u.byte = (char)byte;
		u.width = 3;
		if (byte == '/')
			u.kind = UNIT_ENCODED_SLASH;
		else if (byte == '\\')
			u.kind = UNIT_BACKSLASH;
	}
	return u;
}

static bool is_separator(enum unit_kind kind, unsigned reading)
{
	switch (kind) {
	case UNIT_SLASH:
		return true;
	case UNIT_ENCODED_SLASH:
		return (reading & URI_ENCODED_SLASH) != 0;
	case UNIT_BACKSLASH:
		return (reading & URI_BACKSLASH) != 0;
	case UNIT_BYTE:
		break;
	}
	return false;
}

/* A segment as it goes by: is it ".", "..", or ".." with a parameter? */
struct dots {
	size_t n;       /* bytes so far */
	size_t leading; /* dots it starts with */
	bool parameter; /* ".." and then ';' */
};

static void dots_see(struct dots *d, char byte)
{
	if (d->n == d->leading && byte == '.')
		d->leading++;
	else if (d->n == 2 && d->leading == 2 && byte == ';')
		d->parameter = true;
	d->n++;
}

static bool dots_only(const struct dots *d)
{
	return d->n == d->leading && (d->n == 1 || d->n == 2);
}

unsigned uri_oddities(struct slice path)
{
	unsigned odd = 0;
	struct dots segment = { 0 };
	bool after_separator = false;

	for (size_t i = 0; i <= path.len;) {
		struct unit u = { UNIT_SLASH, '/', 1 };

		if (i < path.len)
			u = unit_at(path, i);
		if (u.width == 3)
			odd |= URI_ESCAPED;
		if (u.kind == UNIT_BYTE) {
			dots_see(&segment, u.byte);
			after_separator = false;
		} else {
			if (u.kind == UNIT_ENCODED_SLASH)
				odd |= URI_ENCODED_SLASH;
			if (u.kind == UNIT_BACKSLASH)
				odd |= URI_BACKSLASH;
			if (after_separator && i < path.len)
				odd |= URI_MERGE;
			if (dots_only(&segment))
				odd |= URI_DOTS;
			if (segment.parameter)
				odd |= URI_DOT_PARAMETER;
			segment = (struct dots){ 0 };
			after_separator = true;
		}
		i += u.width;
	}
	return odd;
}

struct normaliser {
	struct uri_path *out;
	struct slice prefix;
	size_t segment; /* where in `out` the open segment starts */
	bool inside;    /* `prefix` was reached */
};

static void push(struct normaliser *n, char byte, size_t from)
{
	n->out->at[n->out->len] = byte;
	if (n->out->from != NULL)
		n->out->from[n->out->len] = (uint32_t)from;
	n->out->len++;
}

/* Back to behind the slash before the segment that the last one closed. */
static void pop(struct normaliser *n)
{
	struct uri_path *out = n->out;

	if (out->len <= 1) {
		out->above_root = true;
		out->left_prefix |= n->inside && n->prefix.len == 0;
		return;
	}
	do
		out->len--;
	while (out->at[out->len - 1] != '/');
	if (n->inside && out->len - 1 < n->prefix.len)
		out->left_prefix = true;
}

/* The open segment ends.  False where it was a dot segment, which took the
 * separator after it along. */
static bool close_segment(struct normaliser *n, unsigned reading)
{
	struct uri_path *out = n->out;
	struct slice path = { out->at, out->len };
	struct slice segment = slice_from(path, n->segment);

	if ((reading & URI_DOTS) && n->segment > 0 && segment.len > 0) {
		bool up = slice_eq(segment, LIT(".."));

		if (up || slice_eq(segment, LIT("."))) {
			out->len = n->segment;
			if (up)
				pop(n);
			n->segment = out->len;
			return false;
		}
	}
	if (slice_eq(path, n->prefix))
		n->inside = true;
	return true;
}

void uri_normalise(struct slice raw, unsigned reading, struct slice prefix,
    struct uri_path *out)
{
	struct normaliser n = { .out = out, .prefix = prefix };

	out->len = 0;
	out->above_root = out->left_prefix = false;
	for (size_t i = 0; i < raw.len;) {
		struct unit u = unit_at(raw, i);

		if (!is_separator(u.kind, reading)) {
			push(&n, u.kind == UNIT_ENCODED_SLASH ? '\0' : u.byte,
			    i);
		} else if (close_segment(&n, reading)) {
			bool repeated =
			    out->len > 0 && out->at[out->len - 1] == '/';

			if (!repeated || !(reading & URI_MERGE))
				push(&n, '/', i);
			n.segment = out->len;
		}
		i += u.width;
	}
	close_segment(&n, reading);
	if (out->from != NULL)
		out->from[out->len] = (uint32_t)raw.len;
}

/* Depth alone, under one reading. */
static bool climbs_under(struct slice path, unsigned reading)
{
	struct dots segment = { 0 };
	size_t depth = 0;

	for (size_t i = 0; i <= path.len;) {
		struct unit u = { UNIT_SLASH, '/', 1 };

		if (i < path.len)
			u = unit_at(path, i);
		i += u.width;
		if (!is_separator(u.kind, reading)) {
			dots_see(&segment, u.kind == UNIT_BYTE ? u.byte : 0);
			continue;
		}
		if (segment.parameter ||
		    (dots_only(&segment) && segment.n == 2)) {
			if (depth == 0)
				return true;
			depth--;
		} else if (segment.n > 0 && !dots_only(&segment)) {
			/* An empty segment gives no depth: to a server that
			 * merges slashes it is not there. */
			depth++;
		}
		segment = (struct dots){ 0 };
	}
	return false;
}

bool uri_climbs(struct slice path)
{
	/* Merged slashes give the least depth, so only these four. */
	return climbs_under(path, 0) || climbs_under(path, URI_ENCODED_SLASH) ||
	    climbs_under(path, URI_BACKSLASH) ||
	    climbs_under(path, URI_ENCODED_SLASH | URI_BACKSLASH);
}

struct uri_dots uri_dots(struct slice path)
{
	struct uri_dots found = { 0, 0 };
	struct dots segment = { 0 };

	for (size_t i = 0; i <= path.len;) {
		struct unit u = { UNIT_SLASH, '/', 1 };

		if (i < path.len)
			u = unit_at(path, i);
		i += u.width;
		if (u.kind == UNIT_BYTE) {
			dots_see(&segment, u.byte);
			continue;
		}
		if (segment.parameter ||
		    (dots_only(&segment) && segment.n == 2))
			found.up++;
		else if (dots_only(&segment))
			found.here++;
		segment = (struct dots){ 0 };
	}
	return found;
}

/* pchar and '/', RFC 3986 section 3.3. */
static bool is_path_byte(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) ||
	    (c != '\0' && strchr("-._~!$&'()*+,;=:@/", c) != NULL);
}

bool uri_path_needs_encoding(struct slice path)
{
	for (size_t i = 0; i < path.len; i++)
		if (!is_path_byte(path.at[i]))
			return true;
	return false;
}

void uri_encode_path(struct text *t, struct slice path)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < path.len; i++) {
		unsigned char byte = (unsigned char)path.at[i];

		if (is_path_byte(path.at[i])) {
			text_char(t, path.at[i]);
		} else {
			text_char(t, '%');
			text_char(t, digits[byte >> 4]);
			text_char(t, digits[byte & 15]);
		}
	}
}

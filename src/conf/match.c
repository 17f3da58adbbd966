/* Paths (RFC 3986 section 3.3), hosts (3.2.2) and methods (RFC 9110
 * section 9.1) as rules write them. */
#include "conf/match.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/suggest.h"
#include "http/field.h"

#define HOST_BYTES_MAX 253
#define PATH_BYTES_MAX 1024

/* Percent-decoded; false where that cannot be or should not. */
static bool path_decode(struct slice s, struct text *t, struct text *why)
{
	for (size_t i = 0; i < s.len; i++) {
		int high, low;
		char c = s.at[i];

		if (c == '%') {
			high = i + 2 < s.len ? ascii_hex(s.at[i + 1]) : -1;
			low = i + 2 < s.len ? ascii_hex(s.at[i + 2]) : -1;
			if (high < 0 || low < 0) {
				text_format(why,
				    "\"%.*s\" has a %% without two hexadecimal "
				    "digits: write %%25 for the character",
				    SLICE_ARG(s));
				return false;
			}
			c = (char)(high * 16 + low);
			i += 2;
			if (c == '/') {
				text_format(why,
				    "\"%.*s\" holds an encoded slash (%%2F), "
				    "which parts no segments: leave it out",
				    SLICE_ARG(s));
				return false;
			}
		} else if (c == '?' || c == '#') {
			text_format(why,
			    "\"%.*s\" holds a %c: a path ends before the "
			    "query, did you mean \"%.*s\"?",
			    SLICE_ARG(s), c, SLICE_ARG(slice_upto(s, i)));
			return false;
		}
		if ((unsigned char)c < ' ' || c == 0x7f || c == '\\') {
			text_format(why,
			    "\"%.*s\" holds a control character or a "
			    "backslash",
			    SLICE_ARG(s));
			return false;
		}
		text_char(t, c);
	}
	return true;
}

/* Builds the path without doubled slashes and dot segments; false where it
 * was not of that form already. */
static bool path_tidy(struct slice path, struct text *tidy)
{
	struct slice rest = slice_from(path, 1);
	struct slice segment;
	bool same = true;

	while (slice_cut(&rest, '/', &segment)) {
		if (segment.len == 0 && rest.at == NULL)
			break;
		if (segment.len == 0 || slice_eq(segment, LIT(".")) ||
		    slice_eq(segment, LIT(".."))) {
			if (segment.len == 2)
				while (tidy->len > 0 &&
				    tidy->at[--tidy->len] != '/')
					continue;
			same = false;
			continue;
		}
		text_char(tidy, '/');
		text_add(tidy, segment);
	}
	return same;
}

bool match_path(
    struct slice s, struct arena *a, struct slice *path_out, struct text *why)
{
	char decoded_room[PATH_BYTES_MAX];
	char tidy_room[PATH_BYTES_MAX];
	struct text decoded = text_over(decoded_room, sizeof(decoded_room));
	struct text tidy = text_over(tidy_room, sizeof(tidy_room));
	struct slice path;

	if (s.len == 0) {
		text_add(why, LIT("empty: write / for the whole site"));
		return false;
	}
	if (s.at[0] != '/') {
		if (slice_find(s, ':') < s.len)
			text_format(why,
			    "\"%.*s\" does not start with /: write the path "
			    "alone, and a host as host = NAME",
			    SLICE_ARG(s));
		else
			text_format(why,
			    "\"%.*s\" does not start with /: did you mean "
			    "\"/%.*s\"?",
			    SLICE_ARG(s), SLICE_ARG(s));
		return false;
	}
	if (slice_ends(s, LIT("/*"))) {
		text_format(why,
		    "\"%.*s\": a path takes all that is below it, did you "
		    "mean \"%.*s\"?",
		    SLICE_ARG(s), SLICE_ARG(slice_upto(s, s.len - 1)));
		return false;
	}
	if (!path_decode(s, &decoded, why))
		return false;
	if (!path_tidy(text_slice(&decoded), &tidy)) {
		text_format(why,
		    "\"%.*s\" has an empty or a dot segment: did you mean "
		    "\"%.*s\"?",
		    SLICE_ARG(s),
		    SLICE_ARG(tidy.len == 0 ? LIT("/") : text_slice(&tidy)));
		return false;
	}
	path = text_spent(&decoded) ? SLICE_NONE :
				      arena_slice(a, text_slice(&tidy));
	if (path.at == NULL) {
		text_add(why, LIT("too long"));
		return false;
	}
	*path_out = path;
	return true;
}

static bool label_valid(struct slice label)
{
	if (label.len == 0 || label.len > 63 || label.at[0] == '-' ||
	    label.at[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++)
		if (!ascii_is_alpha(label.at[i]) &&
		    !ascii_is_digit(label.at[i]) && label.at[i] != '-' &&
		    label.at[i] != '_')
			return false;
	return true;
}

static bool all_digits(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_digit(s.at[i]))
			return false;
	return s.len > 0;
}

bool match_host_valid(struct slice host)
{
	char edge[HOST_BYTES_MAX + 1];
	unsigned char address[16];
	struct slice rest = host;
	struct slice label = SLICE_NONE;

	if (host.len == 0 || host.len > HOST_BYTES_MAX)
		return false;
	if (host.at[0] == '[') {
		if (host.at[host.len - 1] != ']')
			return false;
		memcpy(edge, host.at + 1, host.len - 1);
		edge[host.len - 2] = '\0';
		return strlen(edge) == host.len - 2 &&
		    inet_pton(AF_INET6, edge, address) == 1;
	}
	while (slice_cut(&rest, '.', &label))
		if (!label_valid(label))
			return false;
	if (!all_digits(label))
		return true;
	memcpy(edge, host.at, host.len);
	edge[host.len] = '\0';
	return inet_pton(AF_INET, edge, address) == 1;
}

static bool has_wide(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.at[i] >= 0x80)
			return true;
	return false;
}

bool match_host(
    struct slice s, struct arena *a, struct slice *host_out, struct text *why)
{
	bool wild = slice_starts(s, LIT("*."));
	struct slice name = slice_from(s, wild ? 2 : 0);
	size_t colon = slice_find(s, ':');
	struct slice kept;

	if (!match_host_valid(name) || (wild && name.at[0] == '[')) {
		text_format(why, "\"%.*s\" is no host name", SLICE_ARG(s));
		if (slice_find(s, '/') < s.len)
			text_add(
			    why, LIT(": write it without http:// and path"));
		else if (s.len > 0 && s.at[0] != '[' && colon < s.len &&
		    match_host_valid(slice_upto(s, colon)))
			text_format(why,
			    ": hosts match on any port, did you mean %.*s?",
			    SLICE_ARG(slice_upto(s, colon)));
		else if (colon < s.len)
			text_add(why,
			    LIT(": write an IPv6 address in brackets, without "
				"a port"));
		else if (slice_find(name, '*') < name.len)
			text_add(why,
			    LIT(": a wildcard is the whole leftmost label, as "
				"in *.example.org"));
		else if (slice_ends(s, LIT(".")) &&
		    match_host_valid(slice_upto(name, name.len - 1)))
			text_format(why, ": did you mean %.*s?",
			    SLICE_ARG(slice_upto(s, s.len - 1)));
		else if (has_wide(s))
			text_add(why, LIT(": write it in its xn-- form"));
		return false;
	}
	kept = arena_lower(a, s);
	if (kept.at == NULL) {
		text_add(why, LIT("out of memory"));
		return false;
	}
	*host_out = kept;
	return true;
}

bool match_method(
    struct slice s, struct arena *a, struct slice *method_out, struct text *why)
{
	static const char *const known[] = { "GET", "HEAD", "POST", "PUT",
		"DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE", "PROPFIND",
		"PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK",
		"SEARCH", "REPORT" };
	struct slice kept;

	if (!field_name_valid(s)) {
		text_format(why,
		    "\"%.*s\" is no method: part several with commas, as in "
		    "GET, HEAD",
		    SLICE_ARG(s));
		return false;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct slice name = slice_of(known[i]);

		if (slice_eq(s, name))
			break;
		if (slice_eq_nocase(s, name)) {
			text_format(why,
			    "\"%.*s\": methods tell case apart, did you mean "
			    "%s?",
			    SLICE_ARG(s), known[i]);
			return false;
		}
	}
	kept = arena_slice(a, s);
	if (kept.at == NULL) {
		text_add(why, LIT("out of memory"));
		return false;
	}
	*method_out = kept;
	return true;
}

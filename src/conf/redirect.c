/* Reading redirect. */
#include "conf/redirect.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/stencil.h"

static const struct {
	struct slice written;
	int status;
} statuses[] = {
	{ { "301", 3 }, 301 },
	{ { "302", 3 }, 302 },
	{ { "303", 3 }, 303 },
	{ { "307", 3 }, 307 },
	{ { "308", 3 }, 308 },
};

static int status_of(struct slice s)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (slice_eq(s, statuses[i].written))
			return statuses[i].status;
	return 0;
}

/* Printable ASCII but for what no URL holds (RFC 3986 section 2). */
static bool url_bytes(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' ||
		    c == '\\' || c == '^' || c == '`' || c == '{' || c == '|' ||
		    c == '}')
			return false;
	}
	return true;
}

/* What is empty or starts what follows the authority. */
static bool after_authority(enum variable v)
{
	return v == VARIABLE_PREFIX || v == VARIABLE_PATH ||
	    v == VARIABLE_QUERY;
}

/* The text behind "scheme://": does a '/' or '?' in it end the authority? */
static bool ends_authority(struct slice s)
{
	return slice_find(s, '/') < s.len || slice_find(s, '?') < s.len ||
	    slice_find(s, '#') < s.len;
}

/* "http://", "https://" or "$scheme://" off the front; NULL: neither. */
static const struct piece *cut_scheme(
    const struct stencil *t, struct slice *rest_out)
{
	const struct piece *p = t->at;
	struct slice text;

	if (t->n > 1 && p->variable == VARIABLE_SCHEME) {
		p++;
		if (p->variable != VARIABLE_NONE ||
		    !slice_starts(p->text, LIT("://")))
			return NULL;
		*rest_out = slice_from(p->text, 3);
		return p;
	}
	if (t->n == 0 || p->variable != VARIABLE_NONE)
		return NULL;
	text = p->text;
	if (slice_starts_nocase(text, LIT("http://")))
		*rest_out = slice_from(text, 7);
	else if (slice_starts_nocase(text, LIT("https://")))
		*rest_out = slice_from(text, 8);
	else
		return NULL;
	return p;
}

static bool authority_ours(
    const struct stencil *t, const struct piece *p, struct slice rest)
{
	bool any = rest.len > 0;

	if (rest.len > 0 && (rest.at[0] == '/' || rest.at[0] == '?'))
		return false;
	while (!ends_authority(rest) && ++p < t->at + t->n) {
		rest = p->text;
		if (p->variable == VARIABLE_NONE)
			any |= rest.len > 0 && rest.at[0] != '/' &&
			    rest.at[0] != '?';
		else if (p->variable == VARIABLE_HOST)
			any = true;
		else if (!after_authority(p->variable))
			return false;
	}
	return any;
}

/* "/x", or "$prefix/x", which is a path whatever the prefix is. */
static bool is_path(const struct stencil *t)
{
	const struct piece *p = t->at;
	bool prefixed = t->n > 1 && p->variable == VARIABLE_PREFIX;

	if (prefixed)
		p++;
	return t->n > 0 && p->variable == VARIABLE_NONE &&
	    slice_starts(p->text, LIT("/")) &&
	    !slice_starts(p->text, LIT("//"));
}

static bool target_sound(
    const struct stencil *t, struct slice written, struct text *why)
{
	struct slice rest = SLICE_NONE;
	const struct piece *first = cut_scheme(t, &rest);

	if (first == NULL && !is_path(t))
		text_format(why,
		    "\"%.*s\" is no target: write http://, https:// or "
		    "$scheme:// and a host, or a path that starts with / or "
		    "$prefix/",
		    SLICE_ARG(written));
	else if (first != NULL && !authority_ours(t, first, rest))
		text_format(why,
		    "\"%.*s\": the host is written out, or $host: a visitor "
		    "must not choose where others are sent",
		    SLICE_ARG(written));
	else
		return true;
	return false;
}

bool redirect_parse(struct slice s, struct arena *a,
    struct redirection *redirect_out, struct text *why)
{
	size_t blank = slice_find(s, ' ');
	struct slice target = slice_trim(slice_from(s, blank));
	struct redirection r = { .status = status_of(slice_upto(s, blank)) };

	if (r.status == 0) {
		text_format(why,
		    "\"%.*s\" is no status of a redirect: write 301, 302, 303, "
		    "307 or 308, and then the target",
		    SLICE_ARG(slice_upto(s, blank)));
		return false;
	}
	if (target.len == 0) {
		text_add(why,
		    LIT("needs a target behind the status, as in 301 "
			"https://www.example.org/new"));
		return false;
	}
	if (!url_bytes(target)) {
		text_format(why,
		    "\"%.*s\" holds a byte that no URL holds: percent-encode "
		    "it",
		    SLICE_ARG(target));
		return false;
	}
	if (!stencil_compile(target, a, &r.target, why) ||
	    !target_sound(&r.target, target, why))
		return false;
	*redirect_out = r;
	return true;
}

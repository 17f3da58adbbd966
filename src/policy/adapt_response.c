/* Which fields of a response hold URLs, and how they are read. */
#include "policy/adapt_response.h"

#include "conf/conf.h"
#include "http/message.h"
#include "http/uri.h"
#include "policy/cookie.h"
#include "policy/link_field.h"
#include "policy/mapping.h"
#include "policy/patch.h"
#include "policy/refresh.h"

struct work {
	const struct mapping *mapping;
	struct arena *arena;
	struct slice path; /* the request's, as the client sent it */
	unsigned hints;
};

/* The new value; SLICE_NONE: the arena is spent. */
typedef struct slice adapter(struct work *w, struct slice value);

static struct slice as_url(struct work *w, struct slice value)
{
	return mapping_apply(w->mapping, mapping_place(w->mapping), value,
	    MAPPING_WHOLE, w->arena);
}

static struct slice as_link(struct work *w, struct slice value)
{
	return link_adapt(w->mapping, value, w->arena);
}

static struct slice as_refresh(struct work *w, struct slice value)
{
	struct patch p = patch_of(value, w->arena);
	struct slice url;

	if (refresh_url(value, &url))
		patch_url(&p, w->mapping, url);
	return patch_end(&p);
}

/* Strings of a List or Dictionary (RFC 8941), parameters apart. */
static struct slice as_strings(struct work *w, struct slice value)
{
	struct patch p = patch_of(value, w->arena);
	bool parameter = false;
	size_t end;

	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] == ';' || value.at[i] == ',')
			parameter = value.at[i] == ';';
		if (value.at[i] != '"')
			continue;
		end = quote_end(value, i + 1);
		if (end < value.len && !parameter)
			patch_quoted_url(&p, w->mapping,
			    slice_from(slice_upto(value, end), i + 1));
		i = end;
	}
	return patch_end(&p);
}

/* ---- Content-Security-Policy ---- */

/* The next word, blanks around it taken off *rest. */
static bool next_word(struct slice *rest, struct slice *word_out)
{
	size_t n = 0;

	*rest = slice_trim(*rest);
	while (n < rest->len && rest->at[n] != ' ' && rest->at[n] != '\t')
		n++;
	*word_out = slice_upto(*rest, n);
	*rest = slice_from(*rest, n);
	return n > 0;
}

/* Policies stand between commas, directives between semicolons; neither may
 * hold either (CSP Level 3, section 2.2). */
static struct slice as_policy(struct work *w, struct slice value)
{
	struct patch p = patch_of(value, w->arena);
	struct slice policy;
	struct slice rest;
	struct slice word;

	while (slice_cut(&value, ',', &policy))
		while (slice_cut(&policy, ';', &rest)) {
			if (!next_word(&rest, &word) ||
			    !slice_eq_nocase(word, LIT("report-uri")))
				continue;
			while (next_word(&rest, &word))
				patch_url(&p, w->mapping, word);
		}
	return patch_end(&p);
}

/* ---- Service-Worker-Allowed ---- */

/* Is there a ".." segment, by any spelling that a browser takes for one? */
static bool may_climb(struct slice url)
{
	size_t dots = 0;

	for (size_t i = 0; i < url.len; i++) {
		if (url.at[i] == '.') {
			dots++;
		} else if (slice_starts_nocase(
			       slice_from(url, i), LIT("%2e"))) {
			dots++;
			i += 2;
		} else if (url.at[i] != '\t') {
			dots = 0;
		}
		if (dots > 1)
			return true;
	}
	return false;
}

static bool is_below(struct slice path, struct slice root)
{
	return slice_starts(path, root) && path.len > root.len &&
	    path.at[root.len] == '/';
}

/* The path is compared with a scope byte by byte, so one without its slash
 * would reach /hotels-too; and what has no public form would, left alone,
 * reach other components. */
static struct slice as_scope(struct work *w, struct slice value)
{
	const struct mapping *m = w->mapping;
	struct slice fresh = as_url(w, value);

	if (fresh.at == NULL || value.len == 0 || m->to.len == 0)
		return fresh;
	if (!slice_eq(fresh, value))
		return slice_eq(fresh, m->to) ? m->to_slash : fresh;
	if (!mapping_is_own(m, mapping_place(m), value))
		return value;
	/* With a base, mapping does not follow what climbs above it. */
	if (m->from.len > 0 && may_climb(value))
		return m->to_slash;
	if (is_below(value, m->from) ||
	    (value.at[0] != '/' && value.at[0] != '\\'))
		return value;
	return m->to_slash;
}

/* ---- what is not for URLs ---- */

static struct slice as_cookie(struct work *w, struct slice value)
{
	if (cookie_is_host_bound(value) && w->mapping->to.len > 0)
		w->hints |= ADAPT_HINT_HOST_COOKIE;
	return cookie_adapt(w->mapping, w->path, value, w->arena);
}

static struct slice as_site_data(struct work *w, struct slice value)
{
	if (w->mapping->to.len > 0)
		w->hints |= ADAPT_HINT_CLEAR_SITE_DATA;
	return value;
}

/* ---- the table ---- */

#define NAME(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}

static const struct {
	struct slice name;
	adapter *adapt;
} url_fields[] = {
	{ NAME("Location"), as_url },
	{ NAME("Content-Location"), as_url },
	{ NAME("Refresh"), as_refresh },
	{ NAME("Link"), as_link },
	{ NAME("SourceMap"), as_url },
	{ NAME("X-SourceMap"), as_url },
	{ NAME("Service-Worker-Allowed"), as_scope },
	{ NAME("Speculation-Rules"), as_strings },
	{ NAME("Reporting-Endpoints"), as_strings },
	{ NAME("Content-Security-Policy"), as_policy },
	{ NAME("Content-Security-Policy-Report-Only"), as_policy },
	{ NAME("Clear-Site-Data"), as_site_data },
	{ NAME("HX-Location"), as_url }, /* its JSON form stays */
	{ NAME("HX-Redirect"), as_url },
	{ NAME("HX-Push-Url"), as_url },
	{ NAME("HX-Replace-Url"), as_url },
	{ NAME("Turbolinks-Location"), as_url },
	{ NAME("X-Inertia-Location"), as_url },
	{ NAME("X-PJAX-URL"), as_url },
};

static adapter *adapter_of(const struct rule *rule, struct slice name)
{
	if (rule->rewrite_cookies && slice_eq_nocase(name, LIT("Set-Cookie")))
		return as_cookie;
	if (!rule->rewrite_redirects)
		return NULL;
	for (size_t i = 0; i < sizeof(url_fields) / sizeof(url_fields[0]); i++)
		if (slice_eq_nocase(name, url_fields[i].name))
			return url_fields[i].adapt;
	return NULL;
}

static struct slice path_of(const struct request *r)
{
	struct uri uri;

	return uri_split(r->target, &uri) == URI_OK ? uri.path : LIT("/");
}

bool adapt_response(struct response *r, const struct request *request,
    const struct rule *rule, const struct mapping *m, struct arena *a,
    unsigned *hints)
{
	struct work w = { .mapping = m, .arena = a };

	if (!rule->rewrite_redirects && !rule->rewrite_cookies)
		return true;
	w.path = path_of(request);
	for (size_t i = 0; i < r->fields.n; i++) {
		struct field *field = &r->fields.at[i];
		adapter *adapt = adapter_of(rule, field->name);
		struct slice fresh;

		if (adapt == NULL || field->value.len == 0)
			continue;
		fresh = adapt(&w, field->value);
		if (fresh.at == NULL)
			return false;
		field->value = fresh;
	}
	*hints |= w.hints;
	return true;
}

struct slice adapt_hint_words(unsigned hints)
{
	if (hints & ADAPT_HINT_CLEAR_SITE_DATA)
		return LIT("Clear-Site-Data clears every component of this "
			   "host, for a browser knows no narrower form; let "
			   "the component not send it, or give it a host of "
			   "its own");
	if (hints & ADAPT_HINT_HOST_COOKIE)
		return LIT("a cookie named __Host-... must have Path=/, so "
			   "every component of this host gets it; let the "
			   "component name it otherwise (__Secure-...), or "
			   "give it a host of its own");
	return LIT("");
}

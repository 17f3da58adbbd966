/* Source lists of Content Security Policy.  Section numbers are those of
 * CSP Level 3. */
#include "policy/csp.h"

#include "http/field.h"

/* --- fields, policies, directives, words ------------------------------ */

/* ASCII whitespace, as the Infra Standard has it. */
static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool cut_word(struct slice *rest, struct slice *word_out)
{
	size_t n = 0;

	while (rest->len > 0 && is_blank(rest->at[0]))
		*rest = slice_from(*rest, 1);
	while (n < rest->len && !is_blank(rest->at[n]))
		n++;
	*word_out = slice_upto(*rest, n);
	*rest = slice_from(*rest, n);
	return n > 0;
}

/* Every policy of a head, one after the other. */
struct walk {
	const struct fields *fields;
	size_t next;
	struct slice rest;
};

static bool walk_next(struct walk *w, struct slice *policy_out)
{
	struct slice name = LIT("Content-Security-Policy");

	while (!slice_cut(&w->rest, ',', policy_out)) {
		size_t i = field_next(w->fields, name, w->next);

		if (i >= w->fields->n)
			return false;
		w->rest = w->fields->at[i].value;
		w->next = i + 1;
	}
	return true;
}

/* The value of a directive; the first of that name counts (section 2.2.1). */
static bool directive(
    struct slice policy, struct slice name, struct slice *value_out)
{
	struct slice rest;
	struct slice word;

	while (slice_cut(&policy, ';', &rest))
		if (cut_word(&rest, &word) && slice_eq_nocase(word, name)) {
			*value_out = rest;
			return true;
		}
	return false;
}

/* Section 6.8.3: the directive that is in charge of script elements. */
static bool source_list(struct slice policy, struct slice *list_out)
{
	return directive(policy, LIT("script-src-elem"), list_out) ||
	    directive(policy, LIT("script-src"), list_out) ||
	    directive(policy, LIT("default-src"), list_out);
}

/* --- does a source expression match the script's URL? ----------------- */

/* Section 6.7.2.8: a source of http is one of https, too. */
static bool scheme_matches(struct slice source, struct slice scheme)
{
	return slice_eq_nocase(source, scheme) ||
	    (slice_eq_nocase(source, LIT("http")) &&
		slice_eq_nocase(scheme, LIT("https")));
}

static bool is_address(struct slice host)
{
	for (size_t i = 0; i < host.len; i++)
		if (!ascii_is_digit(host.at[i]) && host.at[i] != '.')
			return host.at[0] == '[';
	return true;
}

/* Section 6.7.2.9: of addresses 127.0.0.1 alone. */
static bool host_matches(struct slice source, struct slice host)
{
	if (slice_eq(source, LIT("*")))
		return true;
	if (slice_starts(source, LIT("*.")))
		return host.len > source.len - 1 && !is_address(host) &&
		    slice_eq_nocase(slice_from(host, host.len - source.len + 1),
			slice_from(source, 1));
	return slice_eq_nocase(source, host) &&
	    (!is_address(host) || slice_eq(host, LIT("127.0.0.1")));
}

static struct slice default_port(struct slice scheme)
{
	return slice_eq_nocase(scheme, LIT("https")) ? LIT("443") : LIT("80");
}

/* Section 6.7.2.11; `port` is never empty. */
static bool port_matches(
    struct slice source, struct slice port, struct slice scheme)
{
	if (source.len == 0)
		return slice_eq(port, default_port(scheme));
	return slice_eq(source, LIT("*")) || slice_eq(source, port) ||
	    (slice_eq(source, LIT("80")) && slice_eq(port, LIT("443")));
}

/* Section 6.7.2.12; ours has no bytes that anyone would encode but such as
 * are so already. */
static bool path_matches(struct slice source, struct slice path)
{
	if (source.len == 0)
		return true;
	return slice_ends(source, LIT("/")) ? slice_starts(path, source) :
					      slice_eq(path, source);
}

/* "host", "port" of "host:port"; IPv6 keeps its brackets. */
static void split_authority(
    struct slice authority, struct slice *host_out, struct slice *port_out)
{
	size_t from =
	    slice_starts(authority, LIT("[")) ? slice_find(authority, ']') : 0;
	size_t colon = from + slice_find(slice_from(authority, from), ':');

	*host_out = slice_upto(authority, colon);
	*port_out = slice_from(authority, colon + 1);
}

static size_t find_scheme_end(struct slice source)
{
	for (size_t i = 0; i + 3 <= source.len; i++)
		if (slice_starts(slice_from(source, i), LIT("://")))
			return i;
	return source.len;
}

static bool host_source_matches(
    struct slice source, const struct csp_script *script)
{
	size_t scheme_end = find_scheme_end(source);
	struct slice source_host;
	struct slice source_port;
	struct slice host;
	struct slice port;
	struct slice path;

	if (scheme_end < source.len) {
		if (!scheme_matches(
			slice_upto(source, scheme_end), script->scheme))
			return false;
		source = slice_from(source, scheme_end + 3);
	}
	path = slice_from(source, slice_find(source, '/'));
	source = slice_upto(source, source.len - path.len);
	split_authority(source, &source_host, &source_port);
	split_authority(script->authority, &host, &port);
	if (host.len == 0 || source_host.len == 0)
		return false;
	if (port.len == 0)
		port = default_port(script->scheme);
	return host_matches(source_host, host) &&
	    port_matches(source_port, port, script->scheme) &&
	    path_matches(path, script->path);
}

/* Section 6.7.2.7. */
static bool url_matches(struct slice source, const struct csp_script *script)
{
	if (slice_eq(source, LIT("*")) ||
	    slice_eq_nocase(source, LIT("'self'")))
		return true;
	if (slice_starts(source, LIT("'")))
		return false;
	if (slice_ends(source, LIT(":")) &&
	    slice_find(source, '/') == source.len)
		return scheme_matches(
		    slice_upto(source, source.len - 1), script->scheme);
	return host_source_matches(source, script);
}

/* --- a source list as a whole ----------------------------------------- */

/* base64-value, section 2.3.1. */
static bool is_base64(struct slice s)
{
	size_t n = s.len;

	for (int i = 0; i < 2 && n > 0 && s.at[n - 1] == '='; i++)
		n--;
	for (size_t i = 0; i < n; i++)
		if (!ascii_is_alpha(s.at[i]) && !ascii_is_digit(s.at[i]) &&
		    s.at[i] != '+' && s.at[i] != '/' && s.at[i] != '-' &&
		    s.at[i] != '_')
			return false;
	return n > 0;
}

static bool nonce_of(struct slice source, struct slice *nonce_out)
{
	struct slice start = LIT("'nonce-");

	if (!slice_starts_nocase(source, start) ||
	    !slice_ends(source, LIT("'")) || source.len <= start.len)
		return false;
	*nonce_out = slice_upto(
	    slice_from(source, start.len), source.len - start.len - 1);
	return is_base64(*nonce_out);
}

static bool is_hash(struct slice source)
{
	return slice_starts_nocase(source, LIT("'sha256-")) ||
	    slice_starts_nocase(source, LIT("'sha384-")) ||
	    slice_starts_nocase(source, LIT("'sha512-"));
}

struct sources {
	bool nonce;          /* ours is among them */
	bool url;            /* our URL is */
	bool strict_dynamic; /* URLs do not count */
	bool inline_all;     /* 'unsafe-inline' */
	bool inline_listed;  /* which it then does not mean */
};

static struct sources sources_read(
    struct slice list, const struct csp_script *script, struct slice nonce)
{
	struct sources s = { 0 };
	struct slice source;
	struct slice listed;

	while (cut_word(&list, &source)) {
		if (nonce_of(source, &listed)) {
			s.inline_listed = true;
			s.nonce |= nonce.len > 0 && slice_eq(listed, nonce);
		} else if (is_hash(source)) {
			s.inline_listed = true;
		} else if (slice_eq_nocase(source, LIT("'strict-dynamic'"))) {
			s.strict_dynamic = true;
		} else if (slice_eq_nocase(source, LIT("'unsafe-inline'"))) {
			s.inline_all = true;
		} else if (url_matches(source, script)) {
			s.url = true;
		}
	}
	return s;
}

/* --- all policies ----------------------------------------------------- */

/* A sandbox without scripts runs ours as little as the page's. */
static bool sandbox_forbids(struct slice policy)
{
	struct slice tokens;
	struct slice token;

	if (!directive(policy, LIT("sandbox"), &tokens))
		return false;
	while (cut_word(&tokens, &token))
		if (slice_eq_nocase(token, LIT("allow-scripts")))
			return false;
	return true;
}

/* Sections 6.7.1.1 and 6.7.3.3. */
static struct csp_verdict judge_with(const struct fields *response,
    const struct csp_script *script, struct slice nonce)
{
	struct csp_verdict v = { true, true, nonce };
	struct walk w = { .fields = response, .rest = SLICE_NONE };
	struct slice policy;
	struct slice list;

	while (walk_next(&w, &policy)) {
		struct sources s;

		if (sandbox_forbids(policy))
			v.admitted = false;
		if (directive(policy, LIT("require-trusted-types-for"), &list))
			v.may_inline = false;
		if (!source_list(policy, &list))
			continue;
		s = sources_read(list, script, nonce);
		v.admitted &= s.nonce || (s.url && !s.strict_dynamic);
		v.may_inline &= s.nonce ||
		    (s.inline_all && !s.inline_listed && !s.strict_dynamic);
	}
	v.may_inline &= v.admitted;
	return v;
}

struct csp_verdict csp_judge(
    const struct fields *response, const struct csp_script *script)
{
	struct csp_verdict best = judge_with(response, script, LIT(""));
	struct walk w = { .fields = response, .rest = SLICE_NONE };
	unsigned looked_at = 0;
	struct slice policy;
	struct slice list;
	struct slice source;
	struct slice nonce;

	while (!best.may_inline && walk_next(&w, &policy)) {
		if (!source_list(policy, &list))
			continue;
		while (!best.may_inline && looked_at < CSP_NONCES_MAX &&
		    cut_word(&list, &source)) {
			struct csp_verdict v;

			if (!nonce_of(source, &nonce))
				continue;
			looked_at++;
			v = judge_with(response, script, nonce);
			if (v.may_inline || (v.admitted && !best.admitted))
				best = v;
		}
	}
	return best;
}

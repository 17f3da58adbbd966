/* Cache keys. */
#include "policy/cache_key.h"

#include "base/hash.h"
#include "base/text.h"
#include "conf/conf.h"
#include "http/message.h"
#include "http/uri.h"
#include "policy/condition.h"
#include "policy/parameters.h"
#include "policy/route.h"

#define NAME(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}

static bool one_line(struct slice s)
{
	return slice_find(s, '\n') == s.len;
}

/* The port behind the host, or empty where it is the scheme's own. */
static struct slice port_of(struct slice authority, struct slice scheme)
{
	size_t n = authority.len;
	struct slice port;

	while (n > 0 && ascii_is_digit(authority.at[n - 1]))
		n--;
	if (n == 0 || authority.at[n - 1] != ':')
		return SLICE_NONE;
	port = slice_from(authority, n);
	if (slice_eq(
		port, slice_eq(scheme, LIT("https")) ? LIT("443") : LIT("80")))
		return SLICE_NONE;
	return port;
}

/* The parameters that count, as the client wrote them. */
static void write_queries(
    const struct slice_list *names, struct slice query, struct text *t)
{
	char before = '?';

	for (size_t i = 0; i < names->n; i++) {
		struct slice rest = slice_from(query, 1);
		struct slice pair;

		while (rest.len > 0 && slice_cut(&rest, '&', &pair)) {
			struct slice name =
			    slice_upto(pair, slice_find(pair, '='));

			if (!parameter_matches(name, names->at[i], false))
				continue;
			text_char(t, before);
			text_add(t, pair);
			before = '&';
		}
	}
}

/* The first three lines, the last without its end. */
static bool write_url(const struct cache_parts *parts, struct slice scheme,
    struct slice authority, struct slice target, struct text *t)
{
	char room[URI_HOST_MAX + 1];
	struct slice port = port_of(authority, scheme);
	struct slice host;
	struct uri uri;

	if (uri_split(target, &uri) != URI_OK ||
	    !uri_host(authority, room, sizeof(room), &host))
		return false;
	text_add(t, LIT("GET\n"));
	if (parts->scheme)
		text_add(t, scheme);
	text_add(t, LIT("://"));
	if (parts->host) {
		text_add(t, host);
		text_add(t, port.len > 0 ? LIT(":") : LIT(""));
		text_add(t, port);
	}
	text_char(t, '\n');
	text_add(t, uri.path);
	if (parts->query)
		text_add(t, uri.query);
	else
		write_queries(&parts->queries, uri.query, t);
	return true;
}

static void add_escaped(struct text *t, struct slice s)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (c > ' ' && c != ';' && c != '%' && c != 0x7f) {
			text_char(t, s.at[i]);
		} else {
			text_char(t, '%');
			text_char(t, digits[c >> 4]);
			text_char(t, digits[c & 15]);
		}
	}
}

/* "KINDNAME=VALUE; ", as a pair that is one already has it. */
static void add_item(
    struct text *t, struct slice kind, struct slice name, struct slice value)
{
	text_add(t, kind);
	add_escaped(t, name);
	text_char(t, '=');
	add_escaped(t, value);
	text_add(t, LIT("; "));
}

static void write_header(
    struct slice name, const struct fields *f, struct text *t)
{
	for (size_t i = field_next(f, name, 0); i < f->n;
	     i = field_next(f, name, i + 1))
		add_item(t, LIT("header:"), name, f->at[i].value);
}

/* The whole pair: what stands around its '=' reaches the origin, too. */
static void write_cookie(
    struct slice wanted, const struct fields *f, struct text *t)
{
	struct slice cookie = LIT("Cookie");

	for (size_t i = field_next(f, cookie, 0); i < f->n;
	     i = field_next(f, cookie, i + 1)) {
		struct slice rest = f->at[i].value;
		struct slice pair;

		while (slice_cut(&rest, ';', &pair)) {
			size_t equals = slice_find(pair, '=');

			if (!slice_eq(
				slice_trim(slice_upto(pair, equals)), wanted))
				continue;
			text_add(t, LIT("cookie:"));
			add_escaped(t, slice_trim(pair));
			text_add(t, LIT("; "));
		}
	}
}

static bool fills(
    const struct stencil *values, size_t n, enum variable variable)
{
	for (size_t i = 0; values != NULL && i < n; i++)
		for (size_t j = 0; j < values[i].n; j++)
			if (values[i].at[j].variable == variable)
				return true;
	return false;
}

/* Does what goes to the origin or to the client have it in a field? */
static bool is_told(const struct rule *r, enum variable variable)
{
	return fills(r->request_values, r->request_headers.n, variable) ||
	    fills(r->response_values, r->response_headers.n, variable);
}

/* The last line. */
static void write_rest(const struct cache_key *key, struct text *t)
{
	const struct rule *rule = key->match->rule;
	const struct cache_parts *parts = &rule->cache.key;
	const struct request *r = key->request;
	char room[URI_HOST_MAX + 1];
	struct slice host = LIT("");

	for (size_t i = 0; i < parts->headers.n; i++)
		write_header(parts->headers.at[i], &r->fields, t);
	for (size_t i = 0; i < parts->cookies.n; i++)
		write_cookie(parts->cookies.at[i], &r->fields, t);
	if (is_told(rule, VARIABLE_USER))
		add_item(t, LIT(""), LIT("user"), r->user);
	if (!parts->scheme && is_told(rule, VARIABLE_SCHEME))
		add_item(t, LIT(""), LIT("scheme"), r->scheme);
	if (!parts->host && is_told(rule, VARIABLE_HOST)) {
		(void)uri_host(
		    key->match->authority, room, sizeof(room), &host);
		add_item(t, LIT(""), LIT("host"), host);
	}
	/* Of requests it says no more than the query that goes there. */
	if (!parts->query &&
	    fills(rule->response_values, rule->response_headers.n,
		VARIABLE_QUERY))
		add_item(t, LIT(""), LIT("query"), key->match->query);
}

bool cache_key_write(const struct cache_key *key, struct text *t)
{
	const struct request *r = key->request;
	size_t from = t->len;

	if (!one_line(key->mount) ||
	    !write_url(&key->match->rule->cache.key, r->scheme,
		key->match->authority, r->target, t))
		return false;
	text_char(t, '\n');
	text_hex64(t, key->fingerprint);
	text_char(t, '\n');
	text_add(t, key->mount);
	text_char(t, '\n');
	write_rest(key, t);
	return !text_spent(t) && t->len - from <= CACHE_KEY_MAX;
}

bool cache_url_tag(const struct rule *rule, struct slice scheme,
    struct slice authority, struct slice target, struct text *t)
{
	char room[CACHE_KEY_MAX];
	char tag_room[CACHE_URL_TAG + 1];
	struct text url = text_over(room, sizeof(room));
	struct text tag = text_over(tag_room, sizeof(tag_room));

	if (!write_url(&rule->cache.key, scheme, authority, target, &url))
		return false;
	text_char(&url, '\n');
	if (text_spent(&url))
		return false;
	/* Formatting wants a byte more than it writes. */
	text_format(
	    &tag, "=%016llx", (unsigned long long)hash64(text_slice(&url)));
	text_add(t, text_slice(&tag));
	return !text_spent(t);
}

bool cache_url_prefix(const struct rule *rule, struct slice scheme,
    struct slice authority, struct slice target, struct text *t)
{
	return write_url(&rule->cache.key, scheme, authority, target, t) &&
	    !text_spent(t);
}

static bool is_in_key(const struct cache_parts *parts, enum variable variable)
{
	switch (variable) {
	case VARIABLE_CLIENT_ADDRESS:
	case VARIABLE_CLIENT_PORT:
	case VARIABLE_REQUEST_ID:
		return false;
	case VARIABLE_QUERY:
		return parts->query;
	default:
		return true;
	}
}

/* The rule's word about a field is the last: see forward.c. */
static bool find_own(
    const struct rule *rule, struct slice name, bool *lacks_out)
{
	const struct fields *own = &rule->request_headers;
	size_t i = field_next(own, name, 0);
	const struct stencil *value;

	if (i == own->n)
		return false;
	*lacks_out = false;
	for (; rule->request_values != NULL && i < own->n;
	     i = field_next(own, name, i + 1)) {
		value = &rule->request_values[i];
		for (size_t j = 0; j < value->n; j++)
			*lacks_out |=
			    !is_in_key(&rule->cache.key, value->at[j].variable);
	}
	return true;
}

bool cache_key_lacks(const struct rule *rule, struct slice name)
{
	static const struct slice of_client[] = {
		NAME("Forwarded"),
		NAME("Via"),
		NAME("X-Forwarded-For"),
		NAME("X-Request-ID"),
	};
	const struct cache_parts *parts = &rule->cache.key;
	bool lacks;

	if (find_own(rule, name, &lacks))
		return lacks;
	for (size_t i = 0; i < sizeof(of_client) / sizeof(of_client[0]); i++)
		if (slice_eq_nocase(name, of_client[i]))
			return true;
	return (!parts->host &&
		   slice_eq_nocase(name, LIT("X-Forwarded-Host"))) ||
	    (!parts->scheme && slice_eq_nocase(name, LIT("X-Forwarded-Proto")));
}

bool cache_is_bypassed(const struct rule *rule, const struct request *request,
    const struct route_match *match)
{
	struct condition_facts facts = { request->method, match->query,
		&request->fields };

	for (size_t i = 0; i < rule->cache.bypass.n; i++)
		if (condition_holds(&rule->cache.bypass.at[i], &facts))
			return true;
	return false;
}

static void mix(uint64_t *h, struct slice s)
{
	*h = hash64_mix(*h ^ hash64(s)) + s.len;
}

static void mix_number(uint64_t *h, int64_t n)
{
	*h = hash64_mix(*h ^ (uint64_t)n) + 1;
}

static void mix_list(uint64_t *h, const struct slice_list *list)
{
	mix_number(h, (int64_t)list->n);
	for (size_t i = 0; i < list->n; i++)
		mix(h, list->at[i]);
}

static void mix_stencil(uint64_t *h, const struct stencil *s)
{
	mix_number(h, (int64_t)s->n);
	for (size_t i = 0; i < s->n; i++) {
		mix_number(h, (int64_t)s->at[i].variable);
		mix_number(h, (int64_t)s->at[i].capture);
		mix(h, s->at[i].text);
	}
}

static void mix_headers(
    uint64_t *h, const struct fields *f, const struct stencil *values)
{
	mix_number(h, (int64_t)f->n);
	for (size_t i = 0; i < f->n; i++) {
		mix(h, f->at[i].name);
		mix(h, f->at[i].value);
		if (values != NULL)
			mix_stencil(h, &values[i]);
	}
}

/* Whence the bytes come. */
static void mix_origin(uint64_t *h, const struct rule *r)
{
	mix(h, r->origin.url);
	mix(h, r->origin.unix_path);
	mix(h, r->tls.server_name);
	mix(h, r->tls.client_cert.path);
	mix_number(h, r->pool == NULL ? 0 : (int64_t)r->pool->server_n);
	for (size_t i = 0; r->pool != NULL && i < r->pool->server_n; i++)
		mix(h, r->pool->servers[i].origin.url);
	mix_number(h, r->bucket.on);
	mix(h, r->bucket.endpoint);
	mix(h, r->bucket.name);
	mix(h, r->bucket.prefix);
	mix(h, r->bucket.index);
	mix(h, r->bucket.error_page);
	mix(h, r->bucket.fallback);
	mix_number(h, r->bucket.denied_is_missing);
	mix_list(h, &r->bucket.codings);
	mix_list(h, &r->bucket.query);
	mix(h, r->bucket.credentials_name);
}

/* What they are asked with. */
static void mix_forward(uint64_t *h, const struct rule *r)
{
	mix_list(h, &r->paths);
	mix_number(h, r->strip);
	mix_number(h, r->preserve_host);
	mix_number(h, r->rewrite_requests);
	mix(h, slice_of(r->map_path.pattern));
	mix(h, r->map_path.written);
	mix_headers(h, &r->request_headers, r->request_values);
	mix_list(h, &r->remove_request_headers);
}

/* Keys that were told apart by less may hold another's answer. */
static void mix_parts(uint64_t *h, const struct cache_parts *parts)
{
	mix_number(h, parts->scheme);
	mix_number(h, parts->host);
	mix_number(h, parts->query);
	mix_list(h, &parts->queries);
	mix_list(h, &parts->headers);
	mix_list(h, &parts->cookies);
}

/* What becomes of them. */
static void mix_adapt(uint64_t *h, const struct rule *r)
{
	mix_headers(h, &r->response_headers, r->response_values);
	mix_list(h, &r->remove_response_headers);
	mix_number(h, r->rewrite_redirects);
	mix_number(h, r->rewrite_cookies);
	mix_number(h, r->rewrite_links);
	mix_list(h, &r->rewrite_json);
	mix_number(h, r->rewrite_scripts);
	mix_number(h, r->runtime_shim);
	mix_number(h, r->adopt_escapes);
	mix_number(h, r->compress);
	mix_list(h, &r->compress_types);
	mix_number(h, r->compress_min_size_bytes);
	mix_number(h, r->compress_level);
	mix_list(h, &r->compress_encodings);
	mix_number(h, r->cache.surrogate);
}

uint64_t cache_fingerprint(const struct rule *rule)
{
	uint64_t h = hash64(LIT("fingerpost " PACKAGE_VERSION));

	mix(&h, rule->name);
	mix_origin(&h, rule);
	mix_forward(&h, rule);
	mix_adapt(&h, rule);
	mix_parts(&h, &rule->cache.key);
	return h;
}

/* Cache keys. */
#include "policy/cache_key.h"

#include "base/hash.h"
#include "base/text.h"
#include "conf/conf.h"
#include "http/message.h"
#include "http/uri.h"
#include "policy/condition.h"
#include "policy/route.h"

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

/* The first three lines. */
static bool write_url(const struct cache_parts *parts, struct slice scheme,
    struct slice authority, struct slice target, bool all, struct text *t)
{
	char room[URI_HOST_MAX + 1];
	struct slice host;
	struct slice port = port_of(authority, scheme);
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
	if (all)
		text_char(t, '\n');
	return true;
}

bool cache_key_write(
    const struct cache_key *key, struct arena *a, struct text *t)
{
	const struct request *r = key->request;

	(void)a;
	if (!one_line(key->mount) ||
	    !write_url(&key->match->rule->cache.key, r->scheme, r->authority,
		r->target, true, t))
		return false;
	text_format(t, "%016llx\n", (unsigned long long)key->fingerprint);
	text_add(t, key->mount);
	text_char(t, '\n');
	return !text_spent(t) && t->len <= CACHE_KEY_MAX;
}

bool cache_url_tag(const struct rule *rule, struct slice scheme,
    struct slice authority, struct slice target, struct text *t)
{
	char room[CACHE_KEY_MAX];
	struct text url = text_over(room, sizeof(room));

	if (!write_url(
		&rule->cache.key, scheme, authority, target, true, &url) ||
	    text_spent(&url))
		return false;
	text_format(
	    t, "=%016llx", (unsigned long long)hash64(text_slice(&url)));
	return !text_spent(t);
}

bool cache_url_prefix(const struct rule *rule, struct slice scheme,
    struct slice authority, struct slice target, struct text *t)
{
	return write_url(
		   &rule->cache.key, scheme, authority, target, false, t) &&
	    !text_spent(t);
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
}

uint64_t cache_fingerprint(const struct rule *rule)
{
	uint64_t h = hash64(LIT("fingerpost " PACKAGE_VERSION));

	mix(&h, rule->name);
	mix_origin(&h, rule);
	mix_forward(&h, rule);
	mix_adapt(&h, rule);
	return h;
}

/* URLs as the keys of all their rules write them. */
#include "policy/cache_purge.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "http/uri.h"
#include "policy/cache_key.h"
#include "policy/route.h"

void cache_purge_star(struct cache_purge_url *url)
{
	if (!slice_ends(url->target, LIT("*")))
		return;
	url->target = slice_upto(url->target, url->target.len - 1);
	url->below = true;
}

bool cache_purge_parse(struct slice url, struct cache_purge_url *url_out)
{
	struct slice scheme = slice_starts_nocase(url, LIT("https:")) ?
	    LIT("https") :
	    LIT("http");
	struct cache_purge_url all = { .scheme = scheme, .target = url };
	struct uri uri;

	cache_purge_star(&all);
	if (uri_split(all.target, &uri) != URI_OK || uri.path.at[0] != '/')
		return false;
	all.authority = uri.authority;
	*url_out = all;
	return true;
}

/* Without the scheme's own port: with the other scheme it would be a strange
 * one, and no port is meant. */
static struct slice authority_of(const struct cache_purge_url *url)
{
	struct slice port =
	    slice_eq(url->scheme, LIT("https")) ? LIT(":443") : LIT(":80");

	return slice_ends(url->authority, port) ?
	    slice_upto(url->authority, url->authority.len - port.len) :
	    url->authority;
}

static bool has(const struct cache_purge *purge, struct slice name)
{
	for (size_t i = 0; i < purge->n; i++)
		if (slice_eq(purge->at[i], name))
			return true;
	return false;
}

static bool add(struct cache_purge *purge, const struct rule *rule,
    const struct cache_purge_url *url, struct slice scheme, struct arena *a)
{
	char room[CACHE_KEY_MAX];
	struct text t = text_over(room, sizeof(room));
	struct slice authority =
	    url->authority.at == NULL ? LIT("") : url->authority;

	if (!(url->below ? cache_url_prefix : cache_url_tag)(
		rule, scheme, authority, url->target, &t))
		return false;
	if (has(purge, text_slice(&t)))
		return true;
	if (purge->n == CACHE_PURGE_MAX)
		return false;
	purge->at[purge->n] = arena_slice(a, text_slice(&t));
	return purge->at[purge->n++].at != NULL;
}

static bool add_schemes(struct cache_purge *purge, const struct rule *rule,
    const struct cache_purge_url *url, struct arena *a)
{
	if (url->exact)
		return add(purge, rule, url, url->scheme, a);
	return add(purge, rule, url, LIT("http"), a) &&
	    add(purge, rule, url, LIT("https"), a);
}

/* The absolute form overrides the authority (RFC 9112 section 3.2.2). */
static bool make_plain(const struct cache_purge_url *url, struct arena *a,
    struct cache_purge_url *plain_out)
{
	struct cache_purge_url plain = *url;
	struct uri uri;

	if (uri_split(url->target, &uri) != URI_OK)
		return false;
	if (uri.authority.len > 0)
		plain.authority = uri.authority;
	plain.authority = authority_of(&plain);
	plain.target = ARENA_JOIN(a, uri.path, uri.query);
	*plain_out = plain;
	return plain.target.at != NULL;
}

enum cache_purge_verdict cache_purge_names(const struct conf *c,
    const struct cache_purge_url *asked, struct arena *a,
    struct cache_purge *purge)
{
	enum cache_purge_verdict verdict = CACHE_PURGE_UNOWNED;
	struct cache_purge_url plain;
	const struct cache_purge_url *url = &plain;
	struct route_place place;

	if (!make_plain(asked, a, &plain) ||
	    !route_place(url->authority, url->target, url->mount, a, &place))
		return CACHE_PURGE_NO_URL;
	for (size_t i = 0; i < c->rule_n; i++) {
		const struct rule *rule = &c->rules[i];

		if (!rule->cache.on || !route_may_own(rule, &place, url->below))
			continue;
		if (url->authority.at == NULL && rule->cache.key.host)
			return CACHE_PURGE_HOST;
		if (!add_schemes(purge, rule, url, a))
			return CACHE_PURGE_MANY;
		verdict = CACHE_PURGE_FOUND;
	}
	return verdict;
}

/* URLs as the keys of all their rules write them. */
#include "policy/cache_purge.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "http/uri.h"
#include "policy/cache_key.h"
#include "policy/route.h"

typedef bool write_name(const struct rule *, struct slice scheme,
    struct slice authority, struct slice target, struct text *);

bool cache_purge_parse(struct slice url, struct cache_purge_url *url_out)
{
	struct slice scheme = slice_starts_nocase(url, LIT("https:")) ?
	    LIT("https") :
	    LIT("http");
	struct uri uri;

	if (uri_split(url, &uri) != URI_OK || uri.path.at[0] != '/')
		return false;
	*url_out =
	    (struct cache_purge_url){ scheme, uri.authority, url, SLICE_NONE };
	return true;
}

/* Without the scheme's own port: with the other scheme it would be a strange
 * one, and no port is meant. */
static struct slice authority_of(const struct cache_purge_url *url)
{
	struct slice port =
	    slice_eq(url->scheme, LIT("https")) ? LIT(":443") : LIT(":80");

	if (url->authority.at == NULL)
		return LIT("");
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
    const struct cache_purge_url *url, write_name *write, struct slice scheme,
    struct arena *a)
{
	char room[CACHE_KEY_MAX];
	struct text t = text_over(room, sizeof(room));

	if (!write(rule, scheme, authority_of(url), url->target, &t))
		return false;
	if (has(purge, text_slice(&t)))
		return true;
	if (purge->n == CACHE_PURGE_MAX)
		return false;
	purge->at[purge->n] = arena_slice(a, text_slice(&t));
	return purge->at[purge->n++].at != NULL;
}

static enum cache_purge_verdict collect(const struct conf *c,
    const struct cache_purge_url *url, write_name *write, bool below,
    struct arena *a, struct cache_purge *purge)
{
	enum cache_purge_verdict verdict = CACHE_PURGE_UNOWNED;
	struct route_place place;

	if (!route_place(url->authority, url->target, url->mount, a, &place))
		return CACHE_PURGE_NO_URL;
	for (size_t i = 0; i < c->rule_n; i++) {
		const struct rule *rule = &c->rules[i];

		if (!rule->cache.on || !route_may_own(rule, &place, below))
			continue;
		if (url->authority.at == NULL && rule->cache.key.host)
			return CACHE_PURGE_HOST;
		if (!add(purge, rule, url, write, LIT("http"), a) ||
		    !add(purge, rule, url, write, LIT("https"), a))
			return CACHE_PURGE_MANY;
		verdict = CACHE_PURGE_FOUND;
	}
	return verdict;
}

enum cache_purge_verdict cache_purge_tags(const struct conf *c,
    const struct cache_purge_url *url, struct arena *a,
    struct cache_purge *purge)
{
	return collect(c, url, cache_url_tag, false, a, purge);
}

enum cache_purge_verdict cache_purge_prefixes(const struct conf *c,
    const struct cache_purge_url *url, struct arena *a,
    struct cache_purge *purge)
{
	return collect(c, url, cache_url_prefix, true, a, purge);
}

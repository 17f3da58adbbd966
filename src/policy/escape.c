/* Where a request that no route owns came from. */
#include "policy/escape.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "http/message.h"
#include "http/uri.h"

#define WORDS_MAX 512

/* The page's target, where it is one of this very host. */
static bool page_of(
    const struct request *r, struct slice authority, struct slice *target_out)
{
	struct slice referer = field_get(&r->fields, LIT("Referer"));
	struct uri uri;

	referer = slice_upto(referer, slice_find(referer, '#'));
	if (uri_split(referer, &uri) != URI_OK || uri.authority.len == 0 ||
	    !slice_eq_nocase(uri.authority, authority))
		return false;
	*target_out = uri.path;
	return true;
}

/* The prefix brings the mount along. */
static struct slice without_mount(struct slice target, struct slice mount)
{
	struct slice rest = slice_from(target, mount.len);

	return slice_starts(target, mount) && slice_starts(rest, LIT("/")) ?
	    rest :
	    target;
}

bool escape_find(const struct route_table *t, const struct route_query *q,
    const struct request *r, struct arena *a, struct escape *escape_out)
{
	struct route_query page = *q;
	struct route_match m;
	struct slice home;

	if (q->target.len == 0 || q->target.at[0] != '/' ||
	    !page_of(r, q->authority, &page.target))
		return false;
	page.method = LIT("GET");
	route_match(t, &page, a, &m);
	if ((m.verdict != ROUTE_FOUND && m.verdict != ROUTE_SLASH) ||
	    !m.rule->strip || m.prefix.len == 0)
		return false;
	home = ARENA_JOIN(a, m.prefix, without_mount(q->target, q->mount));
	if (home.at == NULL)
		return false;
	*escape_out = (struct escape){ m.rule, m.prefix, home };
	return true;
}

bool escape_adoptable(const struct escape *e, struct slice method)
{
	return e->rule->adopt_escapes &&
	    (slice_eq(method, LIT("GET")) || slice_eq(method, LIT("HEAD")));
}

bool escape_goes_home(const struct request *r)
{
	static const struct slice kinds[] = {
#define NAME(s) { (s), sizeof(s) - 1 }
		NAME("document"),
		NAME("iframe"),
		NAME("frame"),
		NAME("embed"),
		NAME("object"),
		NAME("style"),
		NAME("script"),
		NAME("worker"),
		NAME("sharedworker"),
		NAME("serviceworker"),
		NAME("manifest"),
		NAME("xslt"),
#undef NAME
	};
	struct slice kind = field_get(&r->fields, LIT("Sec-Fetch-Dest"));
	struct slice accept = field_get(&r->fields, LIT("Accept"));

	/* Browsers leave the destination out where there is no TLS. */
	if (kind.len == 0)
		return slice_starts_nocase(accept, LIT("text/html")) ||
		    slice_starts_nocase(accept, LIT("text/css"));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (slice_eq_nocase(kind, kinds[i]))
			return true;
	return false;
}

struct slice escape_remedy(const struct escape *e, struct arena *a)
{
	const struct rule *rule = e->rule;
	struct text t = text_in(a, WORDS_MAX);
	/* Browsers ask for it where a page names no icon: no link to map. */
	bool icon = slice_ends(e->home, LIT("/favicon.ico"));
	const char *key = icon && !rule->adopt_escapes ? "adopt_escapes" :
	    !rule->rewrite_links                       ? "rewrite_links" :
	    !rule->runtime_shim                        ? "runtime_shim" :
	    !rule->adopt_escapes                       ? "adopt_escapes" :
							 NULL;

	if (key == NULL)
		text_add(&t,
		    LIT("it is adopted; the page computes the "
			"URL where no key reaches"));
	else
		text_format(&t, "add \"%s = yes\" to [%.*s]", key,
		    SLICE_ARG(rule->name));
	if (key != NULL && !icon && !rule->adopt_escapes &&
	    rule->rewrite_links && !rule->runtime_shim)
		text_add(&t, LIT(", or \"adopt_escapes = yes\""));
	return text_spent(&t) ? SLICE_NONE : text_slice(&t);
}

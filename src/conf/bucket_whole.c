/* From bucket, region, endpoint and style to the URL that is asked, and what
 * contradicts a bucket.
 *
 * AWS' endpoints: "Amazon S3 endpoints" of the AWS General Reference; the two
 * styles: "Virtual hosting of buckets" of the Amazon S3 User Guide. */
#include "conf/bucket_whole.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/bucket.h"
#include "conf/conf.h"
#include "conf/finding.h"
#include "conf/lint.h"
#include "conf/match.h"
#include "conf/origin.h"

struct whole {
	struct rule *rule;
	const struct lint_section *section;
	struct arena *arena;
	struct findings *findings;
};

static unsigned line_of(const struct whole *w, struct slice key)
{
	const struct lint_key *found = lint_key_find(w->section, key);

	return found == NULL ? w->section->number : found->number;
}

static bool written(const struct whole *w, struct slice key)
{
	return lint_key_find(w->section, key) != NULL;
}

static void fault(const struct whole *w, struct slice key, const char *message)
{
	finding_add(w->findings, FINDING_FAULT, w->section->file,
	    line_of(w, key), "%.*s: %s", SLICE_ARG(key), message);
}

static void warn(const struct whole *w, struct slice key, const char *message)
{
	finding_add(w->findings, FINDING_WARNING, w->section->file,
	    line_of(w, key), "%.*s: %s", SLICE_ARG(key), message);
}

/* --- without a bucket --------------------------------------------------- */

static void warn_idle_keys(const struct whole *w)
{
	for (size_t i = 0; i < w->section->key_n; i++) {
		const struct lint_key *key = &w->section->keys[i];

		if (slice_starts(key->lower, LIT("s3_")))
			warn(w, key->lower,
			    "has no effect, as the route's origin is no "
			    "bucket: write origin = s3://BUCKET, or remove "
			    "this line");
	}
}

/* An origin that could not be read may have been meant as a bucket. */
static bool surely_no_bucket(const struct whole *w)
{
	return w->rule->origin.url.len > 0 || !written(w, LIT("origin"));
}

/* --- the endpoint ------------------------------------------------------- */

/* AWS' own where none is named. */
static bool endpoint_fill(const struct whole *w)
{
	struct bucket *b = &w->rule->bucket;
	bool china = slice_starts(b->region, LIT("cn-"));

	if (slice_eq(b->region, LIT("auto")))
		fault(w, LIT("s3_region"),
		    "auto is no region of AWS: write the bucket's, or say "
		    "where it is with s3_endpoint");
	b->endpoint = ARENA_JOIN(w->arena, LIT("https://s3."), b->region,
	    china ? LIT(".amazonaws.com.cn") : LIT(".amazonaws.com"));
	return b->endpoint.at != NULL;
}

static bool is_address(struct slice host)
{
	for (size_t i = 0; i < host.len; i++)
		if (!ascii_is_digit(host.at[i]) && host.at[i] != '.')
			return host.at[0] == '[';
	return true;
}

static bool is_loopback(struct slice host)
{
	return slice_eq(host, LIT("localhost")) ||
	    slice_ends(host, LIT(".localhost")) ||
	    slice_eq(host, LIT("[::1]")) ||
	    (is_address(host) && slice_starts(host, LIT("127.")));
}

/* A wildcard in a certificate stands for one label: RFC 9525 section 6.3. */
static void check_host_style(const struct whole *w, const struct origin *o)
{
	const struct bucket *b = &w->rule->bucket;

	if (is_address(o->host))
		fault(w, LIT("s3_path_style"),
		    "no puts the bucket's name before the endpoint's, and an "
		    "address takes none: write yes");
	else if (!bucket_is_host(b->name))
		fault(w, LIT("s3_path_style"),
		    "no puts the bucket's name before the endpoint's, and "
		    "this one cannot be part of a host's: write yes");
	else if (!bucket_is_label(b->name) && slice_eq(o->scheme, LIT("https")))
		warn(w, LIT("s3_path_style"),
		    "the bucket's name has a dot, and a certificate for "
		    "*.ENDPOINT does not cover it: write yes");
}

/* scheme://[BUCKET.]authority, a NUL behind it for curl. */
static bool origin_fill(const struct whole *w, const struct origin *endpoint)
{
	struct bucket *b = &w->rule->bucket;
	struct origin *o = &w->rule->origin;
	struct slice before = SLICE_NONE;
	struct slice url = o->url;
	struct slice root;
	size_t start = endpoint->scheme.len + 3;

	if (b->style == BUCKET_STYLE_HOST) {
		before = ARENA_JOIN(w->arena, b->name, LIT("."));
		o->base = b->prefix;
	} else {
		o->base = ARENA_JOIN(w->arena, LIT("/"), b->name, b->prefix);
	}
	root = ARENA_JOIN(w->arena, slice_upto(endpoint->root, start), before,
	    endpoint->authority, LIT("\0"));
	if (root.at == NULL || o->base.at == NULL)
		return false;
	o->url = url;
	o->scheme = endpoint->scheme;
	o->port = endpoint->port;
	o->root = slice_upto(root, root.len - 1);
	o->authority = slice_from(o->root, start);
	o->host = slice_upto(o->authority, before.len + endpoint->host.len);
	if (!is_address(endpoint->host) && !match_host_valid(o->host))
		fault(w, LIT("s3_endpoint"),
		    "with the bucket's name before it, it is no host name: "
		    "write s3_path_style = yes");
	return true;
}

static bool read_endpoint(const struct whole *w)
{
	struct bucket *b = &w->rule->bucket;
	bool own = b->endpoint.len > 0;
	char room[256];
	struct text why = text_over(room, sizeof(room));
	struct origin endpoint;

	if (!own && !endpoint_fill(w))
		return false;
	if (!origin_parse(b->endpoint, w->arena, &endpoint, &why))
		return false;
	if (b->style == BUCKET_STYLE_AUTO)
		b->style = own || !bucket_is_label(b->name) ?
		    BUCKET_STYLE_PATH :
		    BUCKET_STYLE_HOST;
	else if (b->style == BUCKET_STYLE_HOST)
		check_host_style(w, &endpoint);
	if (slice_eq(endpoint.scheme, LIT("http")) &&
	    b->credentials->source != CREDENTIALS_NONE &&
	    !is_loopback(endpoint.host))
		warn(w, LIT("s3_endpoint"),
		    "a signature does not hide what is fetched: write "
		    "https:// where the endpoint has it");
	return origin_fill(w, &endpoint);
}

/* --- what a bucket answers ---------------------------------------------- */

static bool method_known(struct slice method)
{
	return slice_eq(method, LIT("GET")) || slice_eq(method, LIT("HEAD")) ||
	    slice_eq(method, LIT("PUT")) || slice_eq(method, LIT("DELETE"));
}

static void say_method(const struct whole *w, struct slice method)
{
	finding_add(w->findings, FINDING_FAULT, w->section->file,
	    line_of(w, LIT("methods")),
	    "methods: a bucket takes no %.*s: leave GET, HEAD, PUT and DELETE "
	    "alone",
	    SLICE_ARG(method));
}

static bool read_methods(const struct whole *w)
{
	static const struct slice reading[] = { { "GET", 3 }, { "HEAD", 4 } };
	struct slice_list *all = &w->rule->methods;
	bool own = written(w, LIT("methods"));
	struct slice *kept =
	    arena_alloc(w->arena, (all->n + 1) * sizeof(*kept));
	size_t n = 0;

	if (kept == NULL)
		return false;
	for (size_t i = 0; i < all->n; i++)
		if (method_known(all->at[i]))
			kept[n++] = all->at[i];
		else if (own)
			say_method(w, all->at[i]);
	*all = n == 0 ? (struct slice_list){ reading, 2 } :
			(struct slice_list){ kept, n };
	return true;
}

static bool writes(const struct slice_list *methods)
{
	for (size_t i = 0; i < methods->n; i++)
		if (slice_eq(methods->at[i], LIT("PUT")) ||
		    slice_eq(methods->at[i], LIT("DELETE")))
			return true;
	return false;
}

static void check_query(const struct whole *w)
{
	const struct slice_list *query = &w->rule->bucket.query;

	for (size_t i = 0; i < query->n; i++) {
		if (!slice_eq(query->at[i], LIT("*")))
			continue;
		if (query->n > 1)
			fault(w, LIT("s3_query"),
			    "* is all of them: leave the others out");
		if (writes(&w->rule->methods))
			fault(w, LIT("s3_query"),
			    "* together with PUT or DELETE in methods would "
			    "let visitors change the bucket itself (?policy, "
			    "?acl): name the parameters");
	}
}

static void check_host_kept(const struct whole *w)
{
	if (w->rule->preserve_host && written(w, LIT("preserve_host")))
		fault(w, LIT("preserve_host"),
		    "a bucket's endpoint is asked by its own name, which the "
		    "signature covers: remove this line");
	w->rule->preserve_host = false;
}

bool bucket_whole(struct rule *rule, const struct lint_section *s,
    struct arena *a, struct findings *f)
{
	const struct whole w = { rule, s, a, f };

	if (!rule->bucket.on) {
		if (surely_no_bucket(&w))
			warn_idle_keys(&w);
		return true;
	}
	if (!read_endpoint(&w) || !read_methods(&w))
		return false;
	check_query(&w);
	check_host_kept(&w);
	return true;
}

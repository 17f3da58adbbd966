/* The machine of a website in a bucket.
 *
 * It ends: steps only go forward, each learns of a wrong clock and of bad
 * credentials at most once, and HEAD asks why at most once for each of
 * these.  Nothing is remembered of a site between two requests. */
#include "policy/s3_site.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "http/accept.h"
#include "http/list.h"
#include "http/uri.h"
#include "policy/encode.h"
#include "policy/forward.h"
#include "policy/rewrite.h"
#include "policy/route.h"
#include "policy/s3_coded.h"
#include "policy/s3_error.h"
#include "policy/s3_head.h"
#include "policy/s3_key.h"
#include "policy/s3_location.h"
#include "policy/s3_request.h"

#define WHY_MAX         2048
#define RETRY_AFTER_MAX 86400
#define REGION_MAX      64

static const struct bucket *bucket_of(const struct s3_site *site)
{
	return &site->rule->bucket;
}

static bool is_head(const struct s3_site *site)
{
	return slice_eq(site->ask.method, LIT("HEAD"));
}

/* --- answers ------------------------------------------------------------ */

static enum s3_act page(struct s3_site *site, int status)
{
	site->status = status >= 400 && status <= 599 ? status : 502;
	/* RFC 9110 section 15.5.6. */
	if (status == 405)
		(void)field_set(
		    &site->extra, site->arena, LIT("Allow"), LIT("GET, HEAD"));
	return S3_PAGE;
}

static enum s3_act page_spent(struct s3_site *site)
{
	site->why = LIT("the request has no room left");
	return page(site, 500);
}

static enum s3_act redirect(
    struct s3_site *site, int status, struct slice location)
{
	site->status = status;
	site->location = location;
	return S3_REDIRECT;
}

static void explain(struct s3_site *site, const struct slice *parts, size_t n)
{
	struct text t = text_in(site->arena, WHY_MAX);

	for (size_t i = 0; i < n; i++)
		text_add(&t, parts[i]);
	site->why =
	    text_spent(&t) ? LIT("the bucket gives no answer") : text_slice(&t);
}
#define EXPLAIN(site, ...)                                   \
	explain(site, (const struct slice[]){ __VA_ARGS__ }, \
	    sizeof((const struct slice[]){ __VA_ARGS__ }) /  \
		sizeof(struct slice))

/* --- asking ------------------------------------------------------------- */

static enum s3_act ask(struct s3_site *site, enum s3_step step,
    struct slice method, struct slice path, bool conditional)
{
	site->step = step;
	site->ask = (struct s3_ask){
		.method = method,
		.path = path,
		.query = site->query,
		.conditional = conditional,
		.whole = site->whole,
	};
	return path.at == NULL ? page_spent(site) : S3_ASK;
}

/* What is rewritten has to be decoded first. */
static bool is_of_use(const struct s3_site *site, struct slice coding)
{
	return s3_coded_suffix(coding).len > 0 &&
	    accept_coding(&site->request->fields, coding) &&
	    (!rewrite_may(site->rule) || slice_eq_nocase(coding, LIT("gzip")));
}

/* In its best form that is left. */
static enum s3_act ask_object(struct s3_site *site)
{
	const struct slice_list *codings = &bucket_of(site)->codings;
	struct slice method = site->request->method;
	struct slice suffix;

	for (; site->varies && site->coding < codings->n; site->coding++) {
		if (!is_of_use(site, codings->at[site->coding]))
			continue;
		suffix = s3_coded_suffix(codings->at[site->coding]);
		return ask(site, S3_STEP_CODED, method,
		    ARENA_JOIN(site->arena, site->path, suffix), true);
	}
	return ask(site, S3_STEP_OBJECT, method, site->path, true);
}

static struct slice at_root(const struct s3_site *site, struct slice key)
{
	return ARENA_JOIN(site->arena, site->root, LIT("/"), key);
}

static struct slice value_of(const struct s3_site *site, struct slice name)
{
	return field_get(&site->request->fields, name);
}

static bool accepts_html(const struct fields *f)
{
	struct slice name = LIT("Accept");

	for (size_t i = field_next(f, name, 0); i < f->n;
	     i = field_next(f, name, i + 1)) {
		struct slice rest = f->at[i].value;
		struct slice member;

		while (list_next(&rest, &member)) {
			struct slice params;
			struct slice type = list_head(member, &params);

			if ((slice_eq_nocase(type, LIT("text/html")) ||
				slice_eq_nocase(
				    type, LIT("application/xhtml+xml"))) &&
			    qvalue_of(params) > 0)
				return true;
		}
	}
	return false;
}

/* Does a browser go to a page?  Older ones have no Sec-Fetch fields, and
 * whatever accepts anything at all asks for no page. */
static bool is_navigation(const struct s3_site *site)
{
	struct slice mode = value_of(site, LIT("Sec-Fetch-Mode"));
	struct slice dest = value_of(site, LIT("Sec-Fetch-Dest"));

	return (mode.len == 0 || slice_eq(mode, LIT("navigate"))) &&
	    (dest.len == 0 || slice_eq(dest, LIT("document")) ||
		slice_eq(dest, LIT("iframe")) ||
		slice_eq(dest, LIT("frame"))) &&
	    accepts_html(&site->request->fields);
}

/* --- what is missing ---------------------------------------------------- */

static bool ask_index(struct s3_site *site, enum s3_act *act_out)
{
	struct slice location = LIT("");

	if (!site->directory && bucket_of(site)->index.len > 0)
		location = s3_slash_location(site->match, site->arena);
	if (location.at != NULL && location.len == 0)
		return false;
	site->location = location;
	*act_out = ask(site, S3_STEP_INDEX, LIT("HEAD"),
	    location.at == NULL ? SLICE_NONE :
				  ARENA_JOIN(site->arena, site->path, LIT("/"),
				      bucket_of(site)->index),
	    false);
	return true;
}

static bool ask_fallback(struct s3_site *site, enum s3_act *act_out)
{
	struct slice key = bucket_of(site)->fallback;
	struct slice path;

	if (key.len == 0 || !is_navigation(site))
		return false;
	path = at_root(site, key);
	if (path.at != NULL && slice_eq(path, site->path))
		return false;
	*act_out =
	    ask(site, S3_STEP_FALLBACK, site->request->method, path, true);
	return true;
}

static enum s3_act ask_error_page(struct s3_site *site)
{
	struct slice key = bucket_of(site)->error_page;

	if (key.len == 0)
		return page(site, site->status);
	return ask(site, S3_STEP_ERROR_PAGE, site->request->method,
	    at_root(site, key), false);
}

/* This step has nothing: the next one. */
static enum s3_act go_on(struct s3_site *site)
{
	enum s3_act act;

	if (site->step == S3_STEP_CODED) {
		site->coding++;
		return ask_object(site);
	}
	site->status = 404;
	if (site->writes || site->raw)
		return page(site, 404);
	if (site->step == S3_STEP_OBJECT && ask_index(site, &act))
		return act;
	if (site->step != S3_STEP_FALLBACK && ask_fallback(site, &act))
		return act;
	if (site->step == S3_STEP_FALLBACK)
		EXPLAIN(site, LIT("s3_fallback names "),
		    bucket_of(site)->fallback,
		    LIT(", which is not in the bucket"));
	return ask_error_page(site);
}

/* 403 for an object: missing to whom may not list the bucket. */
static enum s3_act deny(struct s3_site *site)
{
	bool missing = bucket_of(site)->denied_is_missing && !site->writes;

	if (missing || site->step == S3_STEP_CODED ||
	    site->step == S3_STEP_FALLBACK)
		return go_on(site);
	site->status = 403;
	return site->writes || site->raw ? page(site, 403) :
					   ask_error_page(site);
}

/* --- what is wrong ------------------------------------------------------ */

static bool is_region(struct slice s)
{
	if (s.len == 0 || s.len > REGION_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!(s.at[i] >= 'a' && s.at[i] <= 'z') &&
		    !ascii_is_digit(s.at[i]) && s.at[i] != '-')
			return false;
	return true;
}

/* Another region than the rules', where the bucket says that it is there. */
static struct slice region_of(const struct s3_site *site,
    const struct response *r, const struct s3_error *error)
{
	struct slice region = error->region.len > 0 ?
	    error->region :
	    field_get(&r->fields, LIT("x-amz-bucket-region"));

	return is_region(region) && !slice_eq(region, bucket_of(site)->region) ?
	    region :
	    LIT("");
}

static enum s3_act fault_region(struct s3_site *site, const struct response *r,
    const struct s3_error *error)
{
	struct slice region = region_of(site, r, error);

	if (region.len > 0)
		EXPLAIN(site, LIT("the bucket is in "), region,
		    LIT(": write s3_region = "), region);
	else if (error->endpoint.len > 0)
		EXPLAIN(site, LIT("the bucket is to be asked at "),
		    error->endpoint,
		    LIT(": check s3_region, s3_endpoint and s3_path_style"));
	else
		site->why = LIT("the bucket is elsewhere: check s3_region, "
				"s3_endpoint and s3_path_style");
	return S3_FAULT;
}

static enum s3_act fault_bucket(struct s3_site *site)
{
	EXPLAIN(site, LIT("there is no bucket "), bucket_of(site)->name,
	    LIT(" at "), site->rule->origin.authority,
	    LIT(": check origin, s3_endpoint and s3_path_style"));
	return S3_FAULT;
}

static enum s3_act fault_signature(struct s3_site *site)
{
	site->why = LIT("the signature does not match: is the secret access "
			"key right, and that of the access key id?");
	return S3_FAULT;
}

/* Something that one more try may put right.  What has been sent cannot be
 * sent again; but the next request is to profit. */
static enum s3_act learn(struct s3_site *site, enum s3_act act, bool *learned)
{
	if (*learned)
		return S3_FAULT;
	*learned = true;
	if (slice_eq(site->ask.method, LIT("PUT")) &&
	    site->request->content_length != 0) {
		site->lesson = act;
		site->retry_after_s = 1;
		return page(site, 503);
	}
	if (site->ask.probe) {
		site->ask.method = LIT("HEAD");
		site->ask.probe = false;
		site->ask.conditional = true;
	}
	site->probed = false;
	return act;
}

static enum s3_act learn_time(struct s3_site *site)
{
	site->why = LIT("the bucket's clock and ours are too far apart: does "
			"this machine keep time?");
	return learn(site, S3_SKEWED, &site->skewed);
}

static enum s3_act renew(struct s3_site *site, const struct s3_error *error)
{
	EXPLAIN(site, LIT("the bucket refuses the access key"),
	    error->code.len > 0 ? LIT(" (") : LIT(""), error->code,
	    error->code.len > 0 ? LIT(")") : LIT(""),
	    LIT(": check s3_credentials"));
	return learn(site, S3_RENEW, &site->renewed);
}

static enum s3_act busy(struct s3_site *site, const struct response *r)
{
	uint64_t after;

	if (slice_to_u64(slice_trim(field_get(&r->fields, LIT("Retry-After"))),
		&after) &&
	    after <= RETRY_AFTER_MAX)
		site->retry_after_s = (int64_t)after;
	else if (r->status == 503)
		site->retry_after_s = 1;
	return page(site, r->status);
}

/* The request's own fault. */
static enum s3_act refuse(struct s3_site *site, const struct response *r)
{
	struct slice name = LIT("Content-Range");
	struct slice range = field_get(&r->fields, name);

	if (r->status == 416 && range.len > 0 &&
	    !field_set(&site->extra, site->arena, name, range))
		return page_spent(site);
	return page(site, r->status);
}

static enum s3_act decide(struct s3_site *site, const struct response *r,
    const struct s3_error *error)
{
	enum s3_complaint complaint = s3_complain(r->status, error->code);

	if (r->status == 400 && complaint == S3_COMPLAINT_NONE &&
	    region_of(site, r, error).len > 0)
		complaint = S3_COMPLAINT_REGION;
	switch (complaint) {
	case S3_COMPLAINT_MISSING:
		return go_on(site);
	case S3_COMPLAINT_DENIED:
		return deny(site);
	case S3_COMPLAINT_SKEWED:
		return learn_time(site);
	case S3_COMPLAINT_CREDENTIALS:
		return renew(site, error);
	case S3_COMPLAINT_SIGNATURE:
		return fault_signature(site);
	case S3_COMPLAINT_REGION:
		return fault_region(site, r, error);
	case S3_COMPLAINT_BUCKET:
		return fault_bucket(site);
	case S3_COMPLAINT_BUSY:
		return busy(site, r);
	case S3_COMPLAINT_NONE:
	default:
		return refuse(site, r);
	}
}

/* --- heads -------------------------------------------------------------- */

static bool is_success(const struct s3_site *site, int status)
{
	return (status >= 200 && status <= 299) ||
	    (status == 304 && site->ask.conditional && !site->writes);
}

/* An error to HEAD has no content that says which it is. */
static bool wants_probe(const struct s3_site *site, const struct response *r)
{
	const struct s3_error none = { LIT(""), LIT(""), LIT("") };
	int status = r->status;

	return !site->probed &&
	    (site->step == S3_STEP_OBJECT || site->step == S3_STEP_CODED) &&
	    (status == 400 || status == 401 || status == 403 ||
		(status >= 300 && status <= 399)) &&
	    (status == 403 || region_of(site, r, &none).len == 0);
}

static enum s3_act probe(struct s3_site *site, int status)
{
	site->probed = true;
	site->head_status = status;
	site->ask.method = LIT("GET");
	site->ask.probe = true;
	site->ask.conditional = false;
	return S3_ASK;
}

static enum s3_act decide_head(struct s3_site *site, const struct response *r)
{
	const struct s3_error none = { LIT(""), LIT(""), LIT("") };

	return wants_probe(site, r) ? probe(site, r->status) :
				      decide(site, r, &none);
}

/* 416: it is there and empty. */
static enum s3_act judge_probe(struct s3_site *site, const struct response *r)
{
	if (is_success(site, r->status) || r->status == 416)
		return page(site, site->head_status);
	return S3_COLLECT;
}

static enum s3_act judge_index(struct s3_site *site, const struct response *r)
{
	if (is_success(site, r->status))
		return redirect(site, 302, site->location);
	if (s3_complain(r->status, LIT("")) == S3_COMPLAINT_BUSY)
		return busy(site, r);
	return go_on(site);
}

/* Other than browsers that go to a page get other answers. */
static bool add_vary(struct s3_site *site, struct response *r)
{
	if (site->varies && site->step <= S3_STEP_OBJECT)
		return encode_vary(r, site->arena);
	if (site->step <= S3_STEP_OBJECT || bucket_of(site)->fallback.len == 0)
		return true;
	return field_add(&r->fields, site->arena, LIT("Vary"),
	    LIT("Accept, Sec-Fetch-Dest, Sec-Fetch-Mode"));
}

static enum s3_act admit(struct s3_site *site, struct response *r)
{
	const struct bucket *b = bucket_of(site);

	s3_head_hide(r);
	if (site->step == S3_STEP_CODED &&
	    !s3_coded_head(
		r, b->codings.at[site->coding], site->path, site->arena))
		return page_spent(site);
	return add_vary(site, r) ? S3_ADMIT : page_spent(site);
}

static enum s3_act judge_error_page(struct s3_site *site, struct response *r)
{
	if (r->status != 200) {
		EXPLAIN(site, LIT("s3_error_page names "),
		    bucket_of(site)->error_page,
		    LIT(", which the bucket does not give"));
		return page(site, site->status);
	}
	r->status = site->status;
	s3_head_error_page(r);
	return admit(site, r);
}

/* An object that is there: itself, or what its metadata says instead. */
static enum s3_act judge_object(struct s3_site *site, struct response *r)
{
	struct slice elsewhere = LIT("");

	if (site->step <= S3_STEP_OBJECT && r->status != 304 && !site->raw &&
	    !site->writes)
		elsewhere =
		    s3_location(field_get(&r->fields,
				    LIT("x-amz-website-redirect-location")),
			site->match, site->arena);
	if (elsewhere.at == NULL)
		return page_spent(site);
	return elsewhere.len > 0 ? redirect(site, 301, elsewhere) :
				   admit(site, r);
}

/* A 412 to the condition that stands for If-Range is no answer. */
static bool range_failed(const struct s3_site *site, const struct response *r)
{
	return r->status == 412 && site->ask.conditional && !site->whole &&
	    s3_if_range(&site->request->fields).name.len > 0;
}

enum s3_act s3_site_head(struct s3_site *site, struct response *r)
{
	site->why = LIT("");
	if (range_failed(site, r)) {
		site->whole = site->ask.whole = true;
		return S3_ASK;
	}
	if (site->ask.probe)
		return judge_probe(site, r);
	if (site->step == S3_STEP_INDEX)
		return judge_index(site, r);
	if (site->step == S3_STEP_ERROR_PAGE)
		return judge_error_page(site, r);
	if (is_success(site, r->status))
		return judge_object(site, r);
	return is_head(site) ? decide_head(site, r) : S3_COLLECT;
}

enum s3_act s3_site_error(
    struct s3_site *site, const struct response *r, struct slice content)
{
	struct s3_error error = s3_error_read(content);

	return decide(site, r, &error);
}

/* --- the beginning ------------------------------------------------------ */

/* Does a server that reads slashes and dots in its own way find no key in
 * what stands behind the bucket, or something outside of it? */
static bool is_no_key(struct slice key, struct arena *a)
{
	struct uri_path out = { .at = arena_alloc(a, key.len + 1) };

	if (key.len == 0 || out.at == NULL)
		return true;
	uri_normalise(key, URI_FULL, LIT(""), &out);
	return out.above_root || out.len <= 1;
}

/* The parts of the target: root, path and query, as they are sent. */
static bool find_paths(struct s3_site *site)
{
	const struct route_match *m = site->match;
	struct slice query =
	    m->mapped_path.at != NULL ? m->mapped_query : m->query;
	struct slice target;

	if (!forward_target(m, site->arena, &target))
		return false;
	site->root = s3_path(site->rule->origin.base, site->arena);
	site->path =
	    s3_path(slice_upto(target, slice_find(target, '?')), site->arena);
	site->query = s3_query(query, &bucket_of(site)->query, site->arena);
	return site->root.at != NULL && site->path.at != NULL &&
	    site->query.at != NULL;
}

/* The path of a bucket's website: with its index. */
static bool find_index(struct s3_site *site)
{
	struct slice index = bucket_of(site)->index;
	bool at_root = slice_eq(site->path, site->root);

	site->directory = at_root || slice_ends(site->path, LIT("/"));
	if (!site->directory)
		return true;
	site->path = ARENA_JOIN(
	    site->arena, site->path, at_root ? LIT("/") : LIT(""), index);
	return site->path.at != NULL;
}

static enum s3_act begin_write(struct s3_site *site)
{
	struct slice below = slice_from(site->path, site->root.len);

	if (is_no_key(below, site->arena))
		return page(site, 405);
	return ask_object(site);
}

static enum s3_act begin_read(struct s3_site *site)
{
	size_t bucket_len = site->root.len - bucket_of(site)->prefix.len;

	if (site->raw)
		return ask_object(site);
	if (!find_index(site))
		return page(site, 414);
	/* To ask for the bucket itself is to list it. */
	if (is_no_key(slice_from(site->path, bucket_len), site->arena))
		return page(site, 404);
	site->varies =
	    bucket_of(site)->codings.n > 0 && s3_coded_type(site->path).len > 0;
	return ask_object(site);
}

enum s3_act s3_site_begin(const struct request *r, const struct route_match *m,
    struct arena *a, struct s3_site *site_out)
{
	struct slice method = r->method;
	struct s3_site *site = site_out;

	*site = (struct s3_site){
		.lesson = S3_PAGE,
		.why = LIT(""),
		.rule = m->rule,
		.request = r,
		.match = m,
		.arena = a,
	};
	if (!find_paths(site))
		return page(site, 414);
	site->raw = site->query.len > 0;
	site->writes =
	    slice_eq(method, LIT("PUT")) || slice_eq(method, LIT("DELETE"));
	if (site->writes)
		return begin_write(site);
	if (!slice_eq(method, LIT("GET")) && !slice_eq(method, LIT("HEAD")))
		return page(site, 405);
	return begin_read(site);
}

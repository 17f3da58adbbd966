/* fingerpost explain: where a URL would go, and why.  Touches no network. */
#include "cli/explain.h"

#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/explain_cache.h"
#include "cli/explain_pool.h"
#include "cli/rules.h"
#include "conf/conf.h"
#include "conf/credentials.h"
#include "http/message.h"
#include "http/status.h"
#include "http/uri.h"
#include "policy/adapt_request.h"
#include "policy/escape.h"
#include "policy/fill.h"
#include "policy/forward.h"
#include "policy/mapping.h"
#include "policy/route.h"
#include "policy/s3_request.h"
#include "policy/s3_site.h"
#include "policy/split.h"

#define EXPLAIN_BYTES (4u << 20)

/* Stands for the visitor's address: one reserved for examples, RFC 5737. */
#define VISITOR "192.0.2.1"

struct explained {
	const struct conf *conf;
	const struct route_table *routes;
	const struct request *request;
	const struct route_query *query;
};

/* The request that a browser would send for the URL. */
static struct request request_of(const struct explain_question *question)
{
	struct request r = { .method = question->method,
		.target = question->url,
		.scheme = LIT("http"),
		.protocol = LIT("HTTP/1.1"),
		.client_addr = LIT(VISITOR),
		.fields = *question->fields,
		.content_length = LENGTH_UNKNOWN };

	r.authority = field_get(question->fields, LIT("Host"));
	if (slice_starts_nocase(question->url, LIT("https://")))
		r.scheme = LIT("https");
	return r;
}

/* A URL as a browser sends it: its host in Host, -H Host winning. */
static void split_url(struct request *r)
{
	struct uri uri;
	struct slice url = r->target;

	if (uri_split(url, &uri) != URI_OK || uri.authority.len == 0)
		return;
	if (r->authority.len == 0)
		r->authority = uri.authority;
	r->target = slice_from(
	    url, (size_t)(uri.authority.at + uri.authority.len - url.at));
	if (r->target.len == 0)
		r->target = uri.path;
}

/* "http://host?q" has no path to split off: the root is meant. */
static bool root_target(struct request *r, struct arena *a)
{
	struct text t = text_in(a, EXPLAIN_BYTES);

	if (r->target.len == 0 || r->target.at[0] != '?')
		return true;
	text_char(&t, '/');
	text_add(&t, r->target);
	r->target = text_slice(&t);
	return !text_spent(&t);
}

static void print_rule(const struct rule *rule, FILE *to)
{
	fprintf(to, "route     [%.*s], %.*s:%u\n", SLICE_ARG(rule->name),
	    SLICE_ARG(rule->file), rule->line);
}

static void print_losers(const struct conf *c, const struct route_table *t,
    const struct route_query *q, const struct route_match *m, struct arena *a,
    FILE *to)
{
	for (size_t i = 0; i < c->rule_n; i++) {
		struct slice why = route_why_not(t, q, m, &c->rules[i], a);

		if (why.at != NULL)
			fprintf(to, "not       [%.*s], %.*s:%u: %.*s\n",
			    SLICE_ARG(c->rules[i].name),
			    SLICE_ARG(c->rules[i].file), c->rules[i].line,
			    SLICE_ARG(why));
	}
}

static void print_status(int status, FILE *to)
{
	fprintf(to, "answer    %d %.*s\n", status,
	    SLICE_ARG(status_reason(status)));
}

static enum forward_verdict make_upstream(const struct explained *x,
    const struct route_match *m, struct arena *a, struct upstream *up)
{
	enum forward_verdict verdict;
	struct mapping mapping;

	if (!mapping_make(x->request, m, a, &mapping))
		return FORWARD_TOO_LARGE;
	verdict = forward_request(x->request, m, &x->conf->settings, a, up);
	if (verdict != FORWARD_OK)
		return verdict;
	return adapt_request(up, x->routes, x->query, m, &mapping, a);
}

static void print_tls(const struct rule *rule, FILE *to)
{
	const struct tls *tls = &rule->tls;

	if (!slice_eq(rule->origin.scheme, LIT("https")))
		return;
	fputs("tls       ", to);
	if (!tls->verify)
		fputs("not verified", to);
	else if (tls->authorities.path.len > 0)
		fprintf(
		    to, "verified by %.*s", SLICE_ARG(tls->authorities.path));
	else
		fputs("verified by the system's authorities", to);
	if (tls->server_name.len > 0)
		fprintf(to, ", as %.*s", SLICE_ARG(tls->server_name));
	if (tls->client_cert.path.len > 0)
		fprintf(to, ", with %.*s", SLICE_ARG(tls->client_cert.path));
	fputc('\n', to);
}

static void print_key(const char *label, struct slice value, FILE *to)
{
	fprintf(to, "%-9s %.*s\n", label,
	    SLICE_ARG(value.len > 0 ? value : LIT("none")));
}

/* Never a key, only where it comes from. */
static void print_bucket(const struct rule *rule, struct arena *a, FILE *to)
{
	const struct bucket *b = &rule->bucket;

	print_key("bucket", rule->origin.url, to);
	print_key("endpoint", b->endpoint, to);
	print_key("region", b->region, to);
	print_key("style",
	    b->style == BUCKET_STYLE_PATH ? LIT("path") : LIT("host"), to);
	print_key("index", b->index, to);
	if (b->fallback.len > 0)
		print_key("fallback", b->fallback, to);
	if (b->error_page.len > 0)
		print_key("missing", b->error_page, to);
	for (size_t i = 0; i < b->codings.n; i++)
		print_key("coding", b->codings.at[i], to);
	print_key("credentials ", credentials_where(b->credentials, a), to);
}

static void print_sent(struct slice method, struct slice root,
    struct slice target, const struct fields *fields, FILE *to)
{
	fprintf(to, "upstream  %.*s %.*s%.*s\n", SLICE_ARG(method),
	    SLICE_ARG(root), SLICE_ARG(target));
	for (size_t i = 0; i < fields->n; i++)
		fprintf(to, "          %.*s: %.*s\n",
		    SLICE_ARG(fields->at[i].name),
		    SLICE_ARG(fields->at[i].value));
}

/* Why nothing is sent: 0 where it is. */
static int print_refusal(enum forward_verdict verdict, FILE *to)
{
	switch (verdict) {
	case FORWARD_OK:
		return 0;
	case FORWARD_TOO_LARGE:
		print_status(431, to);
		break;
	case FORWARD_LOOP:
		print_status(502, to);
		fprintf(to,
		    "why       Via names this proxy too often: "
		    "a loop\n");
		break;
	case FORWARD_DESTINATION:
		print_status(502, to);
		fprintf(to, "why       Destination leads out of the route\n");
		break;
	}
	return 1;
}

/* What a bucket is asked for first, without its signature; 0 where it is. */
static int print_asked(const struct explained *x, const struct route_match *m,
    struct arena *a, FILE *to)
{
	struct fields all = { 0 };
	struct fields sent = { 0 };
	struct fields to_sign = { 0 };
	struct s3_site site;
	struct slice query;
	int code;

	print_bucket(m->rule, a, to);
	code = print_refusal(
	    s3_request_fields(x->request, m, &x->conf->settings, a, &all), to);
	if (code != 0)
		return code;
	if (s3_site_begin(x->request, m, a, &site) != S3_ASK) {
		print_status(site.status, to);
		if (site.why.len > 0)
			fprintf(to, "why       %.*s\n", SLICE_ARG(site.why));
		return 1;
	}
	query = site.ask.query.len == 0 ?
	    LIT("") :
	    ARENA_JOIN(a, LIT("?"), site.ask.query);
	if (query.at == NULL ||
	    !s3_ask_fields(&site.ask, &all, a, &sent, &to_sign))
		return print_refusal(FORWARD_TOO_LARGE, to);
	print_tls(m->rule, to);
	print_sent(site.ask.method, m->rule->origin.root,
	    ARENA_JOIN(a, site.ask.path, query), &sent, to);
	return 0;
}

/* 0 where the request would go out. */
static int print_upstream(const struct explained *x,
    const struct route_match *m, struct arena *a, FILE *to)
{
	struct upstream up;
	int code = print_refusal(make_upstream(x, m, a, &up), to);

	if (code != 0)
		return code;
	print_tls(m->rule, to);
	print_sent(up.method, up.root, up.target, &up.fields, to);
	return 0;
}

static void print_match(const struct route_match *m, FILE *to)
{
	const struct conditions *all = &m->rule->match;

	for (size_t i = 0; i < all->n; i++)
		fprintf(to, "match     %.*s\n", SLICE_ARG(all->at[i].written));
}

/* Who decides here is no dice: without the cookie the request goes on. */
static void print_splits(const struct route_match *m, struct arena *a, FILE *to)
{
	for (size_t i = 0; i < m->split_n; i++) {
		const struct split_decision *d = &m->splits[i];
		struct slice name = split_cookie_name(d->rule, a);

		fprintf(to,
		    "split     [%.*s] %u.%02u%%: ", SLICE_ARG(d->rule->name),
		    d->rule->split.share / 100, d->rule->split.share % 100);
		if (d->told)
			fprintf(to, "%s, says the cookie %.*s\n",
			    d->in ? "in" : "out", SLICE_ARG(name));
		else
			fprintf(to,
			    "taken as out; Cookie: %.*s=in asks for it\n",
			    SLICE_ARG(name));
	}
}

static void print_mapped(const struct route_match *m, FILE *to)
{
	const struct path_map *map = &m->rule->map_path;

	if (map->pattern == NULL)
		return;
	if (m->mapped_path.at == NULL)
		fprintf(to, "map_path  %s does not match %.*s\n", map->pattern,
		    SLICE_ARG(m->rule->strip ? m->tail : m->path));
	else
		fprintf(to, "map_path  %.*s to %.*s%.*s\n",
		    SLICE_ARG(m->captures[0]), SLICE_ARG(m->mapped_path),
		    SLICE_ARG(m->mapped_query));
}

static int print_redirect(const struct request *r, const struct route_match *m,
    struct arena *a, FILE *to)
{
	struct slice location;

	if (!fill_location(&m->rule->redirect.target, r, m, a, &location)) {
		print_status(414, to);
		return 1;
	}
	print_status(m->rule->redirect.status, to);
	fprintf(to, "          Location: %.*s\n", SLICE_ARG(location));
	return 0;
}

static void print_maintenance(const struct rule *rule, FILE *to)
{
	print_status(503, to);
	fprintf(to, "why       maintenance = yes, page %.*s\n",
	    SLICE_ARG(rule->maintenance_page.len > 0 ? rule->maintenance_page :
						       LIT("of our own")));
}

static void print_allow(const struct rule *rule, FILE *to)
{
	fprintf(to, "          Allow:");
	for (size_t i = 0; i < rule->methods.n; i++)
		fprintf(to, "%s %.*s", i > 0 ? "," : "",
		    SLICE_ARG(rule->methods.at[i]));
	fputc('\n', to);
}

static int print_verdict(const struct explained *x, const struct route_match *m,
    struct arena *a, FILE *to)
{
	struct slice method = x->request->method;
	bool safe =
	    slice_eq(method, LIT("GET")) || slice_eq(method, LIT("HEAD"));

	if (m->rule != NULL) {
		print_rule(m->rule, to);
		fprintf(to, "prefix    %.*s\n",
		    SLICE_ARG(m->prefix.len ? m->prefix : LIT("/")));
		print_match(m, to);
		print_splits(m, a, to);
	}
	switch (m->verdict) {
	case ROUTE_FOUND:
		print_mapped(m, to);
		explain_pool(m->rule->pool, to);
		explain_cache(x->conf, x->request, m, a, to);
		return m->rule->bucket.on ? print_asked(x, m, a, to) :
					    print_upstream(x, m, a, to);
	case ROUTE_ELSEWHERE:
		print_mapped(m, to);
		return print_redirect(x->request, m, a, to);
	case ROUTE_MAINTENANCE:
		print_maintenance(m->rule, to);
		break;
	case ROUTE_LONG:
		print_status(414, to);
		fprintf(to, "why       the path is too long for map_path\n");
		break;
	case ROUTE_SLASH:
		print_status(safe ? 301 : 308, to);
		fprintf(
		    to, "          Location: %.*s\n", SLICE_ARG(m->location));
		return 0;
	case ROUTE_METHOD:
		print_status(405, to);
		print_allow(m->rule, to);
		break;
	case ROUTE_NONE:
		print_status(404, to);
		fprintf(to, "why       no route owns it\n");
		break;
	case ROUTE_REFUSED:
		print_status(400, to);
		fprintf(to, "why       %.*s\n", SLICE_ARG(m->why));
		break;
	}
	return 1;
}

/* What a page below a prefix asked for by mistake; 0 where it is adopted. */
static int print_escape(const struct route_table *t,
    const struct route_query *q, const struct request *r, struct arena *a,
    FILE *to)
{
	struct escape escape;

	if (!escape_find(t, q, r, a, &escape))
		return 1;
	fprintf(to,
	    "escape    from a page below %.*s, [%.*s], %.*s:%u, by its "
	    "Referer\n",
	    SLICE_ARG(escape.prefix), SLICE_ARG(escape.rule->name),
	    SLICE_ARG(escape.rule->file), escape.rule->line);
	fprintf(to, "remedy    %.*s\n", SLICE_ARG(escape_remedy(&escape, a)));
	if (!escape_adoptable(&escape, r->method))
		return 1;
	fprintf(to, "adopted   as %.*s\n", SLICE_ARG(escape.home));
	return 0;
}

/* 1 also where memory is short: nothing was explained. */
int explain_print(
    const struct conf *c, const struct explain_question *question, FILE *to)
{
	struct arena *a = arena_new(EXPLAIN_BYTES);
	struct route_table *t = route_table_new(c);
	struct request r = request_of(question);
	struct route_match m;
	struct route_query q;
	int code = 1;

	split_url(&r);
	if (a == NULL || t == NULL || !root_target(&r, a)) {
		fputs("explain: out of memory\n", stderr);
		goto done;
	}
	q = (struct route_query){ .method = r.method,
		.authority = r.authority,
		.target = r.target,
		.fields = &r.fields,
		.roll = SPLIT_ROLL_OUT };
	if (c->settings.mount_mode == MOUNT_FIXED)
		q.mount = c->settings.mount;
	route_match(t, &q, a, &m);
	fprintf(to, "request   %.*s %.*s\n", SLICE_ARG(r.method),
	    SLICE_ARG(r.target));
	fprintf(to, "host      %.*s\n",
	    SLICE_ARG(m.authority.len ? m.authority : LIT("(none)")));
	code = print_verdict(&(struct explained){ c, t, &r, &q }, &m, a, to);
	if (m.verdict == ROUTE_NONE)
		code = print_escape(t, &q, &r, a, to);
	print_losers(c, t, &q, &m, a, to);
done:
	route_table_free(t);
	arena_free(a);
	return code;
}

static int usage(void)
{
	fputs("usage: fingerpost explain [-c RULES] [-X METHOD] "
	      "[-H 'Name: value'] URL\n",
	    stderr);
	return EXIT_USAGE;
}

/* False, having said why, where an argument is no field. */
static bool take_field(struct fields *f, struct arena *a, const char *argument)
{
	struct field field;

	if (!field_parse(slice_of(argument), &field) ||
	    !field_add(f, a, field.name, field.value)) {
		fprintf(stderr, "explain: -H %s: not a \"Name: value\"\n",
		    argument);
		return false;
	}
	return true;
}

int cli_explain(int argc, char **argv)
{
	struct arena *a = arena_new(EXPLAIN_BYTES);
	struct fields fields = { 0 };
	struct explain_question question = { LIT("GET"), SLICE_NONE, &fields };
	const char *rules = NULL;
	struct conf *c = NULL;
	int code = EXIT_USAGE;
	int option;

	if (a == NULL) {
		fputs("explain: out of memory\n", stderr);
		return 1;
	}
	optind = 1;
	while ((option = getopt(argc, argv, "c:X:H:")) != -1) {
		if (option == 'c') {
			rules = optarg;
		} else if (option == 'X') {
			question.method = slice_of(optarg);
		} else if (option != 'H') {
			code = usage();
			goto done;
		} else if (!take_field(&fields, a, optarg)) {
			goto done;
		}
	}
	if (argc - optind != 1 || !field_name_valid(question.method)) {
		code = usage();
		goto done;
	}
	question.url = slice_of(argv[optind]);
	code = 1;
	c = rules_load(rules);
	if (c != NULL)
		code = explain_print(c, &question, stdout);
done:
	conf_free(c);
	arena_free(a);
	return code;
}

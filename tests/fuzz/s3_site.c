/* A website in a bucket that answers anything at all.  Input, by lines: what
 * the rules say (letters, see rule_of()), method, target, a field each until
 * an empty line, and responses, "404 content|Name: value|...", which are
 * begun anew where they do not suffice. */
#include "policy/s3_site.h"
#include "base/arena.h"
#include "conf/conf.h"
#include "http/message.h"
#include "http/uri.h"
#include "policy/route.h"
#include "policy/s3_request.h"
#include "tests/fuzz/check.h"

#define BUCKET "q7-bucket"

static bool holds(struct slice s, char c)
{
	return slice_find(s, c) < s.len;
}

static bool names_bucket(struct slice s)
{
	for (; s.len > 0; s = slice_from(s, 1))
		if (slice_starts(s, LIT(BUCKET)))
			return true;
	return false;
}

static struct rule rule_of(struct slice letters)
{
	static const struct slice codings[] = { { "br", 2 }, { "gzip", 4 } };
	static const struct slice any[] = { { "*", 1 } };
	struct rule rule = {
		.strip = !holds(letters, 's'),
		.origin = { .authority = LIT("s3.test"),
		    .base = LIT("/" BUCKET "/public") },
		.bucket = { .on = true,
		    .name = LIT(BUCKET),
		    .prefix = LIT("/public"),
		    .region = LIT("us-east-1"),
		    .index = holds(letters, 'i') ? LIT("index.html") : LIT(""),
		    .error_page = holds(letters, 'e') ? LIT("e") : LIT(""),
		    .fallback = holds(letters, 'f') ? LIT("f") : LIT(""),
		    .denied_is_missing = holds(letters, 'd') },
	};

	if (holds(letters, 'c'))
		rule.bucket.codings = (struct slice_list){ codings, 2 };
	if (holds(letters, 'q'))
		rule.bucket.query = (struct slice_list){ any, 1 };
	return rule;
}

/* False: no client or server could have sent it. */
static bool add_line(struct fields *f, struct slice line, struct arena *a)
{
	struct field field;

	return field_parse(line, &field) &&
	    field_add(f, a, field.name, field.value);
}

static struct response response_of(
    struct slice line, struct slice *content_out, struct arena *a)
{
	struct response r = { .content_length = LENGTH_UNKNOWN };
	struct slice status = slice_upto(line, 3);
	uint64_t number = 0;
	struct slice part;

	(void)slice_to_u64(status, &number);
	r.status = number >= 100 && number <= 599 ? (int)number : 500;
	line = slice_from(line, 4);
	*content_out = slice_upto(line, slice_find(line, '|'));
	line = slice_from(line, content_out->len + 1);
	while (slice_cut(&line, '|', &part))
		(void)add_line(&r.fields, slice_trim(part), a);
	return r;
}

static void check_ask(const struct s3_site *site, const struct request *r,
    const struct fields *all, struct arena *a)
{
	struct slice path = site->ask.path;
	struct fields sent, to_sign;

	CHECK(slice_starts(path, LIT("/" BUCKET "/public")));
	for (size_t i = 0; i < path.len; i++)
		CHECK(path.at[i] > ' ' && path.at[i] < 0x7f &&
		    path.at[i] != '?' && path.at[i] != '#');
	CHECK(!site->ask.probe || !site->ask.conditional);
	CHECK(slice_eq(site->ask.method, r->method) ||
	    slice_eq(site->ask.method, LIT("HEAD")) || site->ask.probe);
	if (s3_ask_fields(&site->ask, all, a, &sent, &to_sign)) {
		CHECK(slice_eq(sent.at[0].name, LIT("Host")));
		CHECK(field_next(&to_sign, LIT("Host"), 1) == to_sign.n);
		CHECK(!field_has(&sent, LIT("Cookie")));
	}
}

static void check_head(const struct response *r, int status)
{
	CHECK((status >= 200 && status < 300) || status == 304);
	CHECK(r->status == status || r->status == 404 || r->status == 403);
	for (size_t i = 0; i < r->fields.n; i++)
		CHECK(
		    !slice_starts_nocase(r->fields.at[i].name, LIT("X-Amz-")));
	CHECK(!field_has(&r->fields, LIT("Location")));
}

static void check_end(enum s3_act act, const struct s3_site *site, bool named)
{
	CHECK(act != S3_COLLECT);
	CHECK(act != S3_FAULT || site->why.len > 0);
	CHECK(field_value_valid(site->why));
	if (act == S3_PAGE)
		CHECK(site->status >= 400 && site->status <= 599 &&
		    site->retry_after_s >= 0 && site->retry_after_s <= 86400);
	if (act != S3_REDIRECT)
		return;
	CHECK(site->status == 301 || site->status == 302);
	CHECK(site->location.len > 0 && field_value_valid(site->location));
	CHECK(!slice_starts(site->location, LIT("//")) &&
	    !slice_starts(site->location, LIT("/\\")));
	CHECK(named || !names_bucket(site->location));
}

static void converse(const struct request *r, const struct route_match *m,
    struct slice responses, bool named, struct arena *a)
{
	static const struct settings settings = { .via = { "f", 1 } };
	struct fields all = { 0 };
	struct slice rest = responses, line, content;
	struct response response;
	struct s3_site site;
	enum s3_act act = s3_site_begin(r, m, a, &site);
	size_t asks = 0;

	if (s3_request_fields(r, m, &settings, a, &all) != FORWARD_OK)
		return;
	while (act == S3_ASK || act == S3_SKEWED || act == S3_RENEW) {
		check_ask(&site, r, &all, a);
		CHECK(++asks <= S3_ASKS_MAX + m->rule->bucket.codings.n);
		CHECK(asks <= 12);
		if (!slice_cut(&rest, '\n', &line)) {
			rest = responses;
			(void)slice_cut(&rest, '\n', &line);
		}
		response = response_of(line, &content, a);
		act = s3_site_head(&site, &response);
		if (act == S3_ADMIT) {
			uint64_t status = 500;

			(void)slice_to_u64(slice_upto(line, 3), &status);
			check_head(&response, (int)status);
		}
		if (act == S3_COLLECT) {
			act = s3_site_error(&site, &response, content);
			CHECK(act != S3_ADMIT);
		}
	}
	check_end(act, &site, named);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(1 << 20);
	struct slice rest = { (const char *)data, size > 4096 ? 4096 : size };
	struct slice letters, line;
	struct request r = { .content_length = (int64_t)(size % 3) - 1 };
	bool named = names_bucket(rest);
	struct rule rule;
	struct route_match m = { .rule = &rule, .prefix = LIT("/cars") };
	struct uri uri;

	CHECK(a != NULL);
	if (size > 0 && slice_cut(&rest, '\n', &letters) &&
	    slice_cut(&rest, '\n', &r.method) &&
	    slice_cut(&rest, '\n', &r.target) &&
	    uri_split(r.target, &uri) == URI_OK && uri.authority.at == NULL &&
	    slice_starts(uri.path, LIT("/"))) {
		while (slice_cut(&rest, '\n', &line) && line.len > 0)
			(void)add_line(&r.fields, line, a);
		rule = rule_of(letters);
		m.prefix = holds(letters, 'r') ? LIT("") : m.prefix;
		m.tail = uri.path;
		m.path = ARENA_JOIN(a, m.prefix, m.tail);
		m.query = uri.query;
		converse(&r, &m, rest.at == NULL ? LIT("") : rest, named, a);
	}
	arena_free(a);
	return 0;
}

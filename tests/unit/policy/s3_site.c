/* A bucket as a website: conversations, a row each.
 *
 * A script has what the machine says and, behind '<', what the bucket answers:
 *
 *	> GET /cars-site/public/a c          an asking: c conditions go along,
 *	                                     p it is a probe
 *	< 404 NoSuchKey | Name: value         status, code or '-', fields
 *	= 200 | Name: value                   the response as it is let through
 *	= to 302 /cars/a/                    a redirect
 *	= page 404 retry 1 lesson renew | Name: value
 *	= fault: why                         and '!' is why beside another act
 *	= skewed                             the same is asked again
 *
 * The site is /cars, in the bucket cars-site, below /public, path style. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "http/message.h"
#include "policy/route.h"
#include "policy/s3_error.h"
#include "policy/s3_site.h"
#include "tests/unit/policy/hand.h"

static struct arena *arena;

/* "a | b" one after the other. */
static bool next_part(struct slice *rest, struct slice *part_out)
{
	if (!slice_cut(rest, '|', part_out))
		return false;
	*part_out = slice_trim(*part_out);
	return true;
}

static struct fields fields_of(struct slice parts)
{
	struct fields f = { 0 };
	struct slice part;

	while (next_part(&parts, &part)) {
		struct field field;

		if (part.len == 0)
			continue;
		assert_true(field_parse(part, &field));
		assert_true(field_add(&f, arena, field.name, field.value));
	}
	return f;
}

static void add_fields(struct text *t, const struct fields *f)
{
	for (size_t i = 0; i < f->n; i++) {
		text_add(t, LIT(" | "));
		text_add(t, f->at[i].name);
		text_add(t, LIT(": "));
		text_add(t, f->at[i].value);
	}
}

/* --- the scene ---------------------------------------------------------- */

/* "key=value" words over the defaults. */
static struct rule rule_of(struct slice options)
{
	struct rule rule = {
		.strip = true,
		.origin = { .authority = LIT("s3.test"),
		    .base = LIT("/cars-site/public") },
		.bucket = { .on = true,
		    .name = LIT("cars-site"),
		    .prefix = LIT("/public"),
		    .region = LIT("us-east-1"),
		    .index = LIT("index.html"),
		    .error_page = LIT(""),
		    .fallback = LIT(""),
		    .denied_is_missing = true },
	};
	struct bucket *b = &rule.bucket;
	struct slice word;

	while (slice_cut(&options, ' ', &word)) {
		struct slice key = slice_upto(word, slice_find(word, '='));
		struct slice value = slice_from(word, key.len + 1);
		struct slice_list list = value.len == 0 ?
		    (struct slice_list){ NULL, 0 } :
		    hand_list(arena, arena_cstr(arena, value));

		if (slice_eq(key, LIT("index")))
			b->index = value;
		else if (slice_eq(key, LIT("error")))
			b->error_page = value;
		else if (slice_eq(key, LIT("fallback")))
			b->fallback = value;
		else if (slice_eq(key, LIT("codings")))
			b->codings = list;
		else if (slice_eq(key, LIT("query")))
			b->query = list;
		else if (slice_eq(key, LIT("base")))
			rule.origin.base = value;
		else if (slice_eq(key, LIT("prefix")))
			b->prefix = value;
		else if (slice_eq(key, LIT("denied")))
			b->denied_is_missing = false;
		else if (slice_eq(key, LIT("rewrite")))
			rule.rewrite_links = true;
		else if (slice_eq(key, LIT("strip")))
			rule.strip = false;
		else if (key.len > 0 && !slice_starts(key, LIT("at")) &&
		    !slice_eq(key, LIT("map")) &&
		    !slice_eq(key, LIT("content")))
			fail_msg("%.*s", SLICE_ARG(key));
	}
	return rule;
}

static struct slice option(struct slice options, struct slice name)
{
	struct slice word;

	while (slice_cut(&options, ' ', &word))
		if (slice_starts(word, name))
			return slice_from(word, name.len);
	return SLICE_NONE;
}

/* "GET /cars/a?b | Name: value" */
static void request_of(struct slice written, struct slice options,
    const struct rule *rule, struct request *r, struct route_match *m)
{
	struct slice at = option(options, LIT("at="));
	struct slice map = option(options, LIT("map="));
	struct slice line, target;

	assert_true(next_part(&written, &line));
	*r = (struct request){ .method = SLICE_NONE, .content_length = -1 };
	assert_true(slice_cut(&line, ' ', &r->method));
	target = line;
	r->target = target;
	r->fields = fields_of(written);
	if (option(options, LIT("content=no")).at != NULL)
		r->content_length = 0;
	*m = (struct route_match){ .verdict = ROUTE_FOUND, .rule = rule };
	m->prefix = at.at == NULL ? LIT("/cars") : at;
	m->path = slice_upto(target, slice_find(target, '?'));
	m->query = slice_from(target, m->path.len);
	m->tail = slice_from(m->path, m->prefix.len);
	/* The mount is no part of the path. */
	if (slice_starts(m->prefix, LIT("/f.cgi")))
		m->path = slice_from(m->path, 6);
	m->mapped_path = slice_upto(map, slice_find(map, '?'));
	m->mapped_query = slice_from(map, m->mapped_path.len);
}

/* "404 NoSuchKey,region=eu-west-1 | Name: value" */
static struct response response_of(struct slice line, struct slice *content_out)
{
	struct response r = { .content_length = LENGTH_UNKNOWN };
	struct text t = text_in(arena, 4096);
	struct slice first, word, status;
	uint64_t number;

	assert_true(next_part(&line, &first));
	assert_true(slice_cut(&first, ' ', &status));
	assert_true(slice_to_u64(status, &number));
	r.status = (int)number;
	r.fields = fields_of(line);
	text_add(&t, LIT("<Error>"));
	while (slice_cut(&first, ',', &word)) {
		if (slice_starts(word, LIT("region=")))
			text_format(&t, "<Region>%.*s</Region>",
			    SLICE_ARG(slice_from(word, 7)));
		else if (slice_starts(word, LIT("endpoint=")))
			text_format(&t, "<Endpoint>%.*s</Endpoint>",
			    SLICE_ARG(slice_from(word, 9)));
		else if (!slice_eq(word, LIT("-")))
			text_format(&t, "<Code>%.*s</Code>", SLICE_ARG(word));
	}
	text_add(&t, LIT("</Error>"));
	*content_out = text_slice(&t);
	return r;
}

/* --- the conversation --------------------------------------------------- */

static void say_ask(struct text *t, const struct s3_ask *ask)
{
	text_format(t, "> %.*s %.*s%s%.*s%s%s\n", SLICE_ARG(ask->method),
	    SLICE_ARG(ask->path), ask->query.len > 0 ? "?" : "",
	    SLICE_ARG(ask->query), ask->conditional ? " c" : "",
	    ask->probe ? " p" : "");
}

static void say_page(struct text *t, const struct s3_site *site)
{
	text_format(t, "= page %d", site->status);
	if (site->retry_after_s != 0)
		text_format(t, " retry %d", (int)site->retry_after_s);
	if (site->lesson == S3_RENEW)
		text_add(t, LIT(" lesson renew"));
	else if (site->lesson == S3_SKEWED)
		text_add(t, LIT(" lesson skewed"));
	else
		assert_int_equal(site->lesson, S3_PAGE);
	add_fields(t, &site->extra);
	text_char(t, '\n');
}

/* True while the bucket is to be asked. */
static bool say(struct text *t, enum s3_act act, const struct s3_site *site,
    const struct response *r)
{
	if (site->why.len > 0 && act != S3_FAULT)
		text_format(t, "! %.*s\n", SLICE_ARG(site->why));
	switch (act) {
	case S3_SKEWED:
		text_add(t, LIT("= skewed\n"));
		say_ask(t, &site->ask);
		return true;
	case S3_RENEW:
		text_add(t, LIT("= renew\n"));
		say_ask(t, &site->ask);
		return true;
	case S3_ASK:
		say_ask(t, &site->ask);
		return true;
	case S3_ADMIT:
		text_format(t, "= %d", r->status);
		add_fields(t, &r->fields);
		text_char(t, '\n');
		return false;
	case S3_REDIRECT:
		text_format(t, "= to %d %.*s\n", site->status,
		    SLICE_ARG(site->location));
		return false;
	case S3_PAGE:
		say_page(t, site);
		return false;
	case S3_FAULT:
		text_format(t, "= fault: %.*s\n", SLICE_ARG(site->why));
		return false;
	case S3_COLLECT:
	default:
		fail_msg("act %d", (int)act);
		return false;
	}
}

struct conversation {
	struct slice request, options, script;
};

static void hold(const struct conversation *c)
{
	struct text t = text_in(arena, 1 << 16);
	struct rule rule = rule_of(c->options);
	struct slice script = c->script;
	struct slice line, content;
	struct response response = { 0 };
	struct route_match match;
	struct request request;
	struct s3_site site;
	bool asking;

	request_of(c->request, c->options, &rule, &request, &match);
	asking = say(&t, s3_site_begin(&request, &match, arena, &site), &site,
	    &response);
	while (asking && slice_cut(&script, '\n', &line)) {
		enum s3_act act;

		if (!slice_starts(line, LIT("< ")))
			continue;
		text_add(&t, line);
		text_char(&t, '\n');
		response = response_of(slice_from(line, 2), &content);
		act = s3_site_head(&site, &response);
		if (act == S3_COLLECT)
			act = s3_site_error(&site, &response, content);
		asking = say(&t, act, &site, &response);
	}
	assert_slice(text_slice(&t), c->script, c->request);
}

static const struct conversation objects[] = {
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 200 - | ETag: \"1\" | Content-Type: x/y\n"
	      "= 200 | ETag: \"1\" | Content-Type: x/y\n") },
	{ S("HEAD /cars/a"), S(""),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 200 - | ETag: \"1\"\n"
	      "= 200 | ETag: \"1\"\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 206 - | Content-Range: bytes 0-1/9\n"
	      "= 206 | Content-Range: bytes 0-1/9\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 304 - | ETag: \"1\"\n"
	      "= 304 | ETag: \"1\"\n") },
	{ S("HEAD /cars/a"), S(""),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 304 -\n"
	      "= 304\n") },
	{ S("GET /cars/a%20b+%c3%a4(c)%41%2f?x=1"), S(""),
	    S("> GET /cars-site/public/a%20b%2B%C3%A4%28c%29A/index.html c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("GET /cars/a%zz"), S(""),
	    S("> GET /cars-site/public/a%25zz c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("GET /cars//a"), S(""),
	    S("> GET /cars-site/public//a c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("GET /cars/"), S(""),
	    S("> GET /cars-site/public/index.html c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("HEAD /cars/d/"), S(""),
	    S("> HEAD /cars-site/public/d/index.html c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("GET /cars"), S(""),
	    S("> GET /cars-site/public/index.html c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("GET /cars/d/"), S("index="),
	    S("> GET /cars-site/public/d/ c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("GET /cars/"), S("index="),
	    S("> GET /cars-site/public/ c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("GET /cars/d"), S("map=/e/"),
	    S("> GET /cars-site/public/e/index.html c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("GET /x"), S("at= base= prefix="),
	    S("> GET /x c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("GET /"), S("at= base= prefix="),
	    S("> GET /index.html c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("GET /cars/x"), S("strip=no base= prefix="),
	    S("> GET /cars/x c\n"
	      "< 200 -\n"
	      "= 200\n") },
};

static const struct conversation
    the_bucket_itself_is_neither_listed_nor_written[] = {
	    { S("GET /"), S("at= base= prefix= index="), S("= page 404\n") },
	    { S("HEAD /"), S("at= base= prefix= index="), S("= page 404\n") },
	    { S("GET /"), S("at= base=/cars-site prefix= index="),
		S("= page 404\n") },
	    { S("GET /cars"), S("base=/cars-site prefix= index="),
		S("= page 404\n") },
	    { S("GET //"), S("at= base=/cars-site prefix= index="),
		S("= page 404\n") },
	    { S("GET /%2f"), S("at= base=/cars-site prefix= index="),
		S("= page 404\n") },
	    { S("GET /./"), S("at= base=/cars-site prefix= index="),
		S("= page 404\n") },
	    { S("GET /x/.."), S("at= base=/cars-site prefix= index="),
		S("= page 404\n") },
	    { S("GET /x/%2e%2e%2f"), S("at= base=/cars-site prefix= index="),
		S("= page 404\n") },
	    { S("GET /../other/x"), S("at= base=/cars-site prefix="),
		S("= page 404\n") },
	    { S("GET /?list-type=2"), S("at= base=/cars-site prefix= index="),
		S("= page 404\n") },
	    { S("GET /?list-type=2&x=1"),
		S("at= base=/cars-site prefix= index= query=list-type"),
		S("> GET /cars-site/?list-type=2 c\n"
		  "< 200 -\n"
		  "= 200\n") },
	    { S("PUT /"), S("at= base=/cars-site prefix="),
		S("= page 405 | Allow: GET, HEAD\n") },
	    { S("DELETE /"), S("at= base=/cars-site prefix="),
		S("= page 405 | Allow: GET, HEAD\n") },
	    { S("DELETE //"), S("at= base=/cars-site prefix="),
		S("= page 405 | Allow: GET, HEAD\n") },
	    { S("DELETE /cars"), S(""), S("= page 405 | Allow: GET, HEAD\n") },
	    { S("DELETE /cars/"), S(""), S("= page 405 | Allow: GET, HEAD\n") },
	    { S("DELETE /cars/?x=1"), S("query=*"),
		S("= page 405 | Allow: GET, HEAD\n") },
	    { S("PUT /cars/./"), S(""), S("= page 405 | Allow: GET, HEAD\n") },
	    { S("POST /cars/a"), S(""), S("= page 405 | Allow: GET, HEAD\n") },
	    { S("get /cars/a"), S(""), S("= page 405 | Allow: GET, HEAD\n") },
    };

static const struct conversation writes[] = {
	{ S("PUT /cars/a"), S(""),
	    S("> PUT /cars-site/public/a c\n"
	      "< 200 - | ETag: \"1\" | x-amz-version-id: 3\n"
	      "= 200 | ETag: \"1\"\n") },
	{ S("PUT /cars/d/"), S(""),
	    S("> PUT /cars-site/public/d/ c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("PUT /cars/a.html | Accept-Encoding: gzip, br"), S("codings=br"),
	    S("> PUT /cars-site/public/a.html c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("DELETE /cars/a"), S(""),
	    S("> DELETE /cars-site/public/a c\n"
	      "< 204 -\n"
	      "= 204\n") },
	{ S("DELETE /cars/a?versionId=7&x=1"), S("query=versionId"),
	    S("> DELETE /cars-site/public/a?versionId=7 c\n"
	      "< 204 -\n"
	      "= 204\n") },
	{ S("DELETE /cars/a | Accept: "
	    "text/html,application/xhtml+xml,*/*;q=0.8"),
	    S("fallback=f error=e"),
	    S("> DELETE /cars-site/public/a c\n"
	      "< 404 NoSuchKey\n"
	      "= page 404\n") },
	{ S("PUT /cars/a"), S("error=e"),
	    S("> PUT /cars-site/public/a c\n"
	      "< 403 AccessDenied\n"
	      "= page 403\n") },
	{ S("PUT /cars/a"), S(""),
	    S("> PUT /cars-site/public/a c\n"
	      "< 412 PreconditionFailed\n"
	      "= page 412\n") },
	{ S("PUT /cars/a"), S(""),
	    S("> PUT /cars-site/public/a c\n"
	      "< 304 -\n"
	      "= page 502\n") },
	{ S("PUT /cars/a"), S(""),
	    S("> PUT /cars-site/public/a c\n"
	      "< 411 MissingContentLength\n"
	      "= page 411\n") },
	{ S("PUT /cars/a"), S(""),
	    S("> PUT /cars-site/public/a c\n"
	      "< 404 NoSuchBucket\n"
	      "= fault: there is no bucket cars-site at s3.test: check origin, "
	      "s3_endpoint and s3_path_style\n") },
};

static const struct conversation what_was_sent_is_not_sent_again[] = {
	{ S("PUT /cars/a"), S(""),
	    S("> PUT /cars-site/public/a c\n"
	      "< 403 RequestTimeTooSkewed\n"
	      "! the bucket's clock and ours are too far apart: does this "
	      "machine keep time?\n"
	      "= page 503 retry 1 lesson skewed\n") },
	{ S("PUT /cars/a"), S(""),
	    S("> PUT /cars-site/public/a c\n"
	      "< 400 ExpiredToken\n"
	      "! the bucket refuses the access key (ExpiredToken): check "
	      "s3_credentials\n"
	      "= page 503 retry 1 lesson renew\n") },
	{ S("PUT /cars/a"), S("content=no"),
	    S("> PUT /cars-site/public/a c\n"
	      "< 400 ExpiredToken\n"
	      "! the bucket refuses the access key (ExpiredToken): check "
	      "s3_credentials\n"
	      "= renew\n"
	      "> PUT /cars-site/public/a c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("DELETE /cars/a"), S(""),
	    S("> DELETE /cars-site/public/a c\n"
	      "< 403 RequestTimeTooSkewed\n"
	      "! the bucket's clock and ours are too far apart: does this "
	      "machine keep time?\n"
	      "= skewed\n"
	      "> DELETE /cars-site/public/a c\n"
	      "< 204 -\n"
	      "= 204\n") },
};

static const struct conversation a_query_of_the_buckets_is_no_website[] = {
	{ S("GET /cars/a?versionId=1&x=2 | Accept-Encoding: gzip, br"),
	    S("query=versionId codings=br"),
	    S("> GET /cars-site/public/a?versionId=1 c\n"
	      "< 200 - | x-amz-website-redirect-location: /b\n"
	      "= 200\n") },
	{ S("GET /cars/a.html?x=2 | Accept-Encoding: gzip, br"),
	    S("query=* codings=br"),
	    S("> GET /cars-site/public/a.html?x=2 c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("GET /cars/a?x=2"), S("query=y"),
	    S("> GET /cars-site/public/a c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("GET /cars/d/?x=2 | Accept: "
	    "text/html,application/xhtml+xml,*/*;q=0.8"),
	    S("query=x fallback=f error=e"),
	    S("> GET /cars-site/public/d/?x=2 c\n"
	      "< 404 NoSuchKey\n"
	      "= page 404\n") },
	{ S("GET /cars/a?x=2"), S("query=x denied=no error=e"),
	    S("> GET /cars-site/public/a?x=2 c\n"
	      "< 403 AccessDenied\n"
	      "= page 403\n") },
	{ S("GET /cars/a?X-Amz-Signature=2"), S("query=*"),
	    S("> GET /cars-site/public/a c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("HEAD /cars/a?x=1"), S("query=*"),
	    S("> HEAD /cars-site/public/a?x=1 c\n"
	      "< 403 -\n"
	      "> GET /cars-site/public/a?x=1 p\n"
	      "< 403 RequestTimeTooSkewed\n"
	      "! the bucket's clock and ours are too far apart: does this "
	      "machine keep time?\n"
	      "= skewed\n"
	      "> HEAD /cars-site/public/a?x=1 c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("GET /cars/a"), S("map=/b?x=1 query=*"),
	    S("> GET /cars-site/public/b?x=1 c\n"
	      "< 200 -\n"
	      "= 200\n") },
};

static const struct conversation precompressed_objects[] = {
	{ S("GET /cars/a.css | Accept-Encoding: gzip, br"),
	    S("codings=br,gzip"),
	    S("> GET /cars-site/public/a.css.br c\n"
	      "< 200 - | Content-Type: application/x-brotli\n"
	      "= 200 | Content-Type: text/css | Content-Encoding: br | Vary: "
	      "Accept-Encoding\n") },
	{ S("GET /cars/a.css | Accept-Encoding: gzip, br"),
	    S("codings=br,gzip"),
	    S("> GET /cars-site/public/a.css.br c\n"
	      "< 404 NoSuchKey\n"
	      "> GET /cars-site/public/a.css.gz c\n"
	      "< 200 -\n"
	      "= 200 | Content-Type: text/css | Content-Encoding: gzip | Vary: "
	      "Accept-Encoding\n") },
	{ S("GET /cars/a.css | Accept-Encoding: gzip, br"),
	    S("codings=br,gzip"),
	    S("> GET /cars-site/public/a.css.br c\n"
	      "< 404 NoSuchKey\n"
	      "> GET /cars-site/public/a.css.gz c\n"
	      "< 404 NoSuchKey\n"
	      "> GET /cars-site/public/a.css c\n"
	      "< 200 - | Content-Type: binary/octet-stream\n"
	      "= 200 | Content-Type: binary/octet-stream | Vary: "
	      "Accept-Encoding\n") },
	{ S("GET /cars/a.css | Accept-Encoding: gzip, br"),
	    S("codings=gzip,br"),
	    S("> GET /cars-site/public/a.css.gz c\n"
	      "< 206 - | Content-Type: text/x-mine\n"
	      "= 206 | Content-Type: text/x-mine | Content-Encoding: gzip | "
	      "Vary: Accept-Encoding\n") },
	{ S("GET /cars/a.css | Accept-Encoding: gzip, br"), S("codings=gzip"),
	    S("> GET /cars-site/public/a.css.gz c\n"
	      "< 200 - | Content-Type: application/gzip | Content-Encoding: "
	      "gzip | Vary: Origin\n"
	      "= 200 | Content-Type: text/css | Content-Encoding: gzip | Vary: "
	      "Origin, Accept-Encoding\n") },
	{ S("GET /cars/a.css | Accept-Encoding: gzip, br"), S("codings=gzip"),
	    S("> GET /cars-site/public/a.css.gz c\n"
	      "< 304 - | ETag: \"1\"\n"
	      "= 304 | ETag: \"1\" | Vary: Accept-Encoding\n") },
	{ S("GET /cars/a.css | Accept-Encoding: gzip, br;q=0"),
	    S("codings=br,gzip"),
	    S("> GET /cars-site/public/a.css.gz c\n"
	      "< 200 - | Content-Type: a/b\n"
	      "= 200 | Content-Type: a/b | Content-Encoding: gzip | Vary: "
	      "Accept-Encoding\n") },
	{ S("GET /cars/a.css"), S("codings=br,gzip"),
	    S("> GET /cars-site/public/a.css c\n"
	      "< 200 -\n"
	      "= 200 | Vary: Accept-Encoding\n") },
	{ S("GET /cars/a.css"), S("codings=br,gzip"),
	    S("> GET /cars-site/public/a.css c\n"
	      "< 304 -\n"
	      "= 304 | Vary: Accept-Encoding\n") },
	{ S("GET /cars/a.jpg | Accept-Encoding: gzip, br"),
	    S("codings=br,gzip"),
	    S("> GET /cars-site/public/a.jpg c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("GET /cars/a.css/b | Accept-Encoding: gzip, br"),
	    S("codings=br,gzip"),
	    S("> GET /cars-site/public/a.css/b c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("GET /cars/css | Accept-Encoding: gzip, br"), S("codings=br,gzip"),
	    S("> GET /cars-site/public/css c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("GET /cars/a.css | Accept-Encoding: gzip, br"), S(""),
	    S("> GET /cars-site/public/a.css c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("GET /cars/a.css | Accept-Encoding: *"), S("codings=zstd"),
	    S("> GET /cars-site/public/a.css c\n"
	      "< 200 -\n"
	      "= 200 | Vary: Accept-Encoding\n") },
	{ S("GET /cars/A.HTML | Accept-Encoding: gzip, br"),
	    S("codings=br rewrite=yes"),
	    S("> GET /cars-site/public/A.HTML c\n"
	      "< 200 -\n"
	      "= 200 | Vary: Accept-Encoding\n") },
	{ S("GET /cars/A.HTML | Accept-Encoding: gzip, br"),
	    S("codings=br,gzip rewrite=yes"),
	    S("> GET /cars-site/public/A.HTML.gz c\n"
	      "< 200 -\n"
	      "= 200 | Content-Type: text/html | Content-Encoding: gzip | "
	      "Vary: Accept-Encoding\n") },
	{ S("GET /cars/d/ | Accept-Encoding: gzip, br"), S("codings=br"),
	    S("> GET /cars-site/public/d/index.html.br c\n"
	      "< 200 -\n"
	      "= 200 | Content-Type: text/html | Content-Encoding: br | Vary: "
	      "Accept-Encoding\n") },
	{ S("HEAD /cars/a.css | Accept-Encoding: gzip, br"),
	    S("codings=br,gzip"),
	    S("> HEAD /cars-site/public/a.css.br c\n"
	      "< 404 -\n"
	      "> HEAD /cars-site/public/a.css.gz c\n"
	      "< 200 -\n"
	      "= 200 | Content-Type: text/css | Content-Encoding: gzip | Vary: "
	      "Accept-Encoding\n") },
	{ S("HEAD /cars/a.css | Accept-Encoding: gzip, br"),
	    S("codings=br,gzip denied=no"),
	    S("> HEAD /cars-site/public/a.css.br c\n"
	      "< 403 -\n"
	      "> GET /cars-site/public/a.css.br p\n"
	      "< 403 AccessDenied\n"
	      "> HEAD /cars-site/public/a.css.gz c\n"
	      "< 403 -\n"
	      "> HEAD /cars-site/public/a.css c\n"
	      "< 200 -\n"
	      "= 200 | Vary: Accept-Encoding\n") },
	{ S("GET /cars/a.css | Accept-Encoding: gzip, br"),
	    S("codings=br denied=no"),
	    S("> GET /cars-site/public/a.css.br c\n"
	      "< 403 AccessDenied\n"
	      "> GET /cars-site/public/a.css c\n"
	      "< 403 AccessDenied\n"
	      "= page 403\n") },
	{ S("GET /cars/a.css | Accept-Encoding: gzip, br"), S("codings=br"),
	    S("> GET /cars-site/public/a.css.br c\n"
	      "< 400 KeyTooLongError\n"
	      "> GET /cars-site/public/a.css c\n"
	      "< 200 -\n"
	      "= 200 | Vary: Accept-Encoding\n") },
	{ S("GET /cars/a.css | Accept-Encoding: gzip, br"), S("codings=br"),
	    S("> GET /cars-site/public/a.css.br c\n"
	      "< 200 - | X-Amz-Website-Redirect-Location: /public/b.css\n"
	      "= to 301 /cars/b.css\n") },
	{ S("GET /cars/a.css | Accept-Encoding: gzip, br"),
	    S("codings=br index="),
	    S("> GET /cars-site/public/a.css.br c\n"
	      "< 404 NoSuchKey\n"
	      "> GET /cars-site/public/a.css c\n"
	      "< 404 NoSuchKey\n"
	      "= page 404\n") },
	{ S("GET /cars/a.css | Accept-Encoding: gzip, br"), S("codings=br"),
	    S("> GET /cars-site/public/a.css.br c\n"
	      "< 503 SlowDown\n"
	      "= page 503 retry 1\n") },
	{ S("GET /cars/a.css | Accept-Encoding: gzip, br"), S("codings=br"),
	    S("> GET /cars-site/public/a.css.br c\n"
	      "< 416 InvalidRange | Content-Range: bytes */7\n"
	      "= page 416 | Content-Range: bytes */7\n") },
};

static const struct conversation redirects_of_objects[] = {
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 200 - | x-amz-website-redirect-location: "
	      "https://e.test/x?y#z\n"
	      "= to 301 https://e.test/x?y#z\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 200 - | x-amz-website-redirect-location: HTTP://e.test\n"
	      "= to 301 HTTP://e.test\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 200 - | x-amz-website-redirect-location: /public/b\n"
	      "= to 301 /cars/b\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 200 - | x-amz-website-redirect-location: /public\n"
	      "= to 301 /cars/\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 200 - | x-amz-website-redirect-location: /public/\n"
	      "= to 301 /cars/\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 200 - | x-amz-website-redirect-location: /public?x\n"
	      "= to 301 /cars/?x\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 200 - | x-amz-website-redirect-location: /publican\n"
	      "= to 301 /cars/publican\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 200 - | x-amz-website-redirect-location: /b#c\n"
	      "= to 301 /cars/b#c\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 200 - | x-amz-website-redirect-location: //e.test/\n"
	      "= to 301 /cars//e.test/\n") },
	{ S("HEAD /cars/a"), S(""),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 200 - | x-amz-website-redirect-location: /public/b\n"
	      "= to 301 /cars/b\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 200 - | x-amz-website-redirect-location: http://\n"
	      "= 200\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 200 - | x-amz-website-redirect-location: https:///x\n"
	      "= 200\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 200 - | x-amz-website-redirect-location: ftp://e.test/\n"
	      "= 200\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 200 - | x-amz-website-redirect-location: b\n"
	      "= 200\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 200 - | x-amz-website-redirect-location: javascript:x\n"
	      "= 200\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 200 - | x-amz-website-redirect-location: /a b\n"
	      "= 200\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 200 - | x-amz-website-redirect-location: /\303\244\n"
	      "= 200\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 200 - | x-amz-website-redirect-location: https://e.test/a b\n"
	      "= 200\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 200 - | x-amz-website-redirect-location: /a\tb\n"
	      "= 200\n") },
	{ S("GET /a"), S("at= base= prefix="),
	    S("> GET /a c\n"
	      "< 200 - | x-amz-website-redirect-location: //e.test/\n"
	      "= 200\n") },
	{ S("GET /a"), S("at= base= prefix="),
	    S("> GET /a c\n"
	      "< 200 - | x-amz-website-redirect-location: /\\e.test/\n"
	      "= 200\n") },
	{ S("GET /a"), S("at= base=/public prefix=/public"),
	    S("> GET /public/a c\n"
	      "< 200 - | x-amz-website-redirect-location: /public//e.test/\n"
	      "= 200\n") },
	{ S("GET /a"), S("at= base= prefix="),
	    S("> GET /a c\n"
	      "< 200 - | x-amz-website-redirect-location: /b\n"
	      "= to 301 /b\n") },
	{ S("GET /cars/a"), S("strip=no base= prefix="),
	    S("> GET /cars/a c\n"
	      "< 200 - | x-amz-website-redirect-location: /cars/b\n"
	      "= to 301 /cars/b\n") },
	{ S("GET /f.cgi/cars/a"), S("at=/f.cgi/cars strip=no base= prefix="),
	    S("> GET /cars/a c\n"
	      "< 200 - | x-amz-website-redirect-location: /cars/b\n"
	      "= to 301 /f.cgi/cars/b\n") },
	{ S("GET /f.cgi/cars/a"), S("at=/f.cgi/cars"),
	    S("> GET /cars-site/public/a c\n"
	      "< 200 - | x-amz-website-redirect-location: /public/b\n"
	      "= to 301 /f.cgi/cars/b\n") },
	{ S("PUT /cars/a"), S(""),
	    S("> PUT /cars-site/public/a c\n"
	      "< 200 - | x-amz-website-redirect-location: /b\n"
	      "= 200\n") },
};

static const struct conversation what_is_for_s3s_own_clients_is_hidden[] = {
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 200 - | x-amz-id-2: a | X-Amz-Meta-x: b | Server: AmazonS3 | "
	      "x-rgw-object-type: Normal | X-Trans-Id: c | "
	      "X-Openstack-Request-Id: d | X-Minio-x: e | x-goog-hash: f | "
	      "Location: http://cars-site.s3.test/ | Server: x | ETag: \"1\"\n"
	      "= 200 | ETag: \"1\"\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 304 - | x-amz-id-2: a | ETag: \"1\"\n"
	      "= 304 | ETag: \"1\"\n") },
};

static const struct conversation the_directory_that_was_meant[] = {
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 404 NoSuchKey\n"
	      "> HEAD /cars-site/public/a/index.html\n"
	      "< 200 -\n"
	      "= to 302 /cars/a/\n") },
	{ S("HEAD /cars/a"), S(""),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 404 -\n"
	      "> HEAD /cars-site/public/a/index.html\n"
	      "< 200 -\n"
	      "= to 302 /cars/a/\n") },
	{ S("GET /cars/a?b=/c"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 404 NoSuchKey\n"
	      "> HEAD /cars-site/public/a/index.html\n"
	      "< 200 -\n"
	      "= to 302 /cars/a/?b=/c\n") },
	{ S("GET /cars/%61?"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 404 NoSuchKey\n"
	      "> HEAD /cars-site/public/a/index.html\n"
	      "< 200 -\n"
	      "= to 302 /cars/%61/?\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 404 NoSuchKey\n"
	      "> HEAD /cars-site/public/a/index.html\n"
	      "< 404 -\n"
	      "= page 404\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 403 AccessDenied\n"
	      "> HEAD /cars-site/public/a/index.html\n"
	      "< 403 -\n"
	      "= page 404\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 404 NoSuchKey\n"
	      "> HEAD /cars-site/public/a/index.html\n"
	      "< 400 -\n"
	      "= page 404\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 404 NoSuchKey\n"
	      "> HEAD /cars-site/public/a/index.html\n"
	      "< 301 -\n"
	      "= page 404\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 404 NoSuchKey\n"
	      "> HEAD /cars-site/public/a/index.html\n"
	      "< 304 -\n"
	      "= page 404\n") },
	{ S("GET /cars/a"), S(""),
	    S("> GET /cars-site/public/a c\n"
	      "< 404 NoSuchKey\n"
	      "> HEAD /cars-site/public/a/index.html\n"
	      "< 503 - | Retry-After: 9\n"
	      "= page 503 retry 9\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 404 NoSuchKey\n"
	      "= page 404\n") },
	{ S("GET /cars/d/"), S(""),
	    S("> GET /cars-site/public/d/index.html c\n"
	      "< 404 NoSuchKey\n"
	      "= page 404\n") },
	{ S("GET /cars/d%2f"), S(""),
	    S("> GET /cars-site/public/d/index.html c\n"
	      "< 404 NoSuchKey\n"
	      "= page 404\n") },
	{ S("GET /cars/d/"), S("map=/e"),
	    S("> GET /cars-site/public/e c\n"
	      "< 404 NoSuchKey\n"
	      "= page 404\n") },
	{ S("GET /f.cgi/cars/a"), S("at=/f.cgi/cars"),
	    S("> GET /cars-site/public/a c\n"
	      "< 404 NoSuchKey\n"
	      "> HEAD /cars-site/public/a/index.html\n"
	      "< 200 -\n"
	      "= to 302 /f.cgi/cars/a/\n") },
	{ S("GET /cars"), S("map=/a"),
	    S("> GET /cars-site/public/a c\n"
	      "< 404 NoSuchKey\n"
	      "> HEAD /cars-site/public/a/index.html\n"
	      "< 200 -\n"
	      "= to 302 /cars/\n") },
	{ S("GET //e.test"), S("at= base= prefix="),
	    S("> GET //e.test c\n"
	      "< 404 NoSuchKey\n"
	      "= page 404\n") },
	{ S("GET /\\e.test"), S("at= base= prefix="),
	    S("> GET /%5Ce.test c\n"
	      "< 404 NoSuchKey\n"
	      "= page 404\n") },
};

static const struct conversation
    the_fallback_is_for_browsers_that_go_to_a_page[] = {
	    { S("GET /cars/a | Accept: "
		"text/html,application/xhtml+xml,*/*;q=0.8"),
		S("index= fallback=app.html"),
		S("> GET /cars-site/public/a c\n"
		  "< 404 NoSuchKey\n"
		  "> GET /cars-site/public/app.html c\n"
		  "< 200 - | ETag: \"1\"\n"
		  "= 200 | ETag: \"1\" | Vary: Accept, Sec-Fetch-Dest, "
		  "Sec-Fetch-Mode\n") },
	    { S("GET /cars/a | Accept: "
		"text/html,application/xhtml+xml,*/*;q=0.8"),
		S("fallback=app.html"),
		S("> GET /cars-site/public/a c\n"
		  "< 404 NoSuchKey\n"
		  "> HEAD /cars-site/public/a/index.html\n"
		  "< 404 -\n"
		  "> GET /cars-site/public/app.html c\n"
		  "< 200 -\n"
		  "= 200 | Vary: Accept, Sec-Fetch-Dest, Sec-Fetch-Mode\n") },
	    { S("HEAD /cars/a | Accept: "
		"text/html,application/xhtml+xml,*/*;q=0.8"),
		S("index= fallback=app.html"),
		S("> HEAD /cars-site/public/a c\n"
		  "< 404 -\n"
		  "> HEAD /cars-site/public/app.html c\n"
		  "< 200 -\n"
		  "= 200 | Vary: Accept, Sec-Fetch-Dest, Sec-Fetch-Mode\n") },
	    { S("GET /cars/a | Accept: "
		"text/html,application/xhtml+xml,*/*;q=0.8"),
		S("index= fallback=app.html"),
		S("> GET /cars-site/public/a c\n"
		  "< 404 NoSuchKey\n"
		  "> GET /cars-site/public/app.html c\n"
		  "< 304 -\n"
		  "= 304 | Vary: Accept, Sec-Fetch-Dest, Sec-Fetch-Mode\n") },
	    { S("GET /cars/a | Accept: "
		"text/html,application/xhtml+xml,*/*;q=0.8 | Sec-Fetch-Mode: "
		"navigate | Sec-Fetch-Dest: iframe"),
		S("index= fallback=app.html"),
		S("> GET /cars-site/public/a c\n"
		  "< 404 NoSuchKey\n"
		  "> GET /cars-site/public/app.html c\n"
		  "< 200 -\n"
		  "= 200 | Vary: Accept, Sec-Fetch-Dest, Sec-Fetch-Mode\n") },
	    { S("GET /cars/a | Accept: APPLICATION/xhtml+xml;q=0.1"),
		S("index= fallback=app.html"),
		S("> GET /cars-site/public/a c\n"
		  "< 404 NoSuchKey\n"
		  "> GET /cars-site/public/app.html c\n"
		  "< 200 -\n"
		  "= 200 | Vary: Accept, Sec-Fetch-Dest, Sec-Fetch-Mode\n") },
	    { S("GET /cars/a | Accept: image/png | Accept: text/html"),
		S("index= fallback=app.html"),
		S("> GET /cars-site/public/a c\n"
		  "< 404 NoSuchKey\n"
		  "> GET /cars-site/public/app.html c\n"
		  "< 200 -\n"
		  "= 200 | Vary: Accept, Sec-Fetch-Dest, Sec-Fetch-Mode\n") },
	    { S("GET /cars/a | Accept: "
		"text/html,application/xhtml+xml,*/*;q=0.8 | Sec-Fetch-Mode: "
		"cors"),
		S("index= fallback=app.html"),
		S("> GET /cars-site/public/a c\n"
		  "< 404 NoSuchKey\n"
		  "= page 404\n") },
	    { S("GET /cars/a | Accept: "
		"text/html,application/xhtml+xml,*/*;q=0.8 | Sec-Fetch-Dest: "
		"script"),
		S("index= fallback=app.html"),
		S("> GET /cars-site/public/a c\n"
		  "< 404 NoSuchKey\n"
		  "= page 404\n") },
	    { S("GET /cars/a | Accept: */*"), S("index= fallback=app.html"),
		S("> GET /cars-site/public/a c\n"
		  "< 404 NoSuchKey\n"
		  "= page 404\n") },
	    { S("GET /cars/a | Accept: text/*"), S("index= fallback=app.html"),
		S("> GET /cars-site/public/a c\n"
		  "< 404 NoSuchKey\n"
		  "= page 404\n") },
	    { S("GET /cars/a | Accept: text/html;q=0, */*"),
		S("index= fallback=app.html"),
		S("> GET /cars-site/public/a c\n"
		  "< 404 NoSuchKey\n"
		  "= page 404\n") },
	    { S("GET /cars/a"), S("index= fallback=app.html"),
		S("> GET /cars-site/public/a c\n"
		  "< 404 NoSuchKey\n"
		  "= page 404\n") },
	    { S("GET /cars/a | Accept: "
		"text/html,application/xhtml+xml,*/*;q=0.8"),
		S("index= fallback=app.html"),
		S("> GET /cars-site/public/a c\n"
		  "< 403 AccessDenied\n"
		  "> GET /cars-site/public/app.html c\n"
		  "< 200 -\n"
		  "= 200 | Vary: Accept, Sec-Fetch-Dest, Sec-Fetch-Mode\n") },
	    { S("GET /cars/a | Accept: "
		"text/html,application/xhtml+xml,*/*;q=0.8"),
		S("index= fallback=app.html denied=no"),
		S("> GET /cars-site/public/a c\n"
		  "< 403 AccessDenied\n"
		  "= page 403\n") },
	    { S("GET /cars/app.html | Accept: "
		"text/html,application/xhtml+xml,*/*;q=0.8"),
		S("index= fallback=app.html"),
		S("> GET /cars-site/public/app.html c\n"
		  "< 404 NoSuchKey\n"
		  "= page 404\n") },
	    { S("GET /cars/a | Accept: "
		"text/html,application/xhtml+xml,*/*;q=0.8"),
		S("index= fallback=app.html"),
		S("> GET /cars-site/public/a c\n"
		  "< 404 NoSuchKey\n"
		  "> GET /cars-site/public/app.html c\n"
		  "< 404 NoSuchKey\n"
		  "! s3_fallback names app.html, which is not in the bucket\n"
		  "= page 404\n") },
	    { S("GET /cars/a | Accept: "
		"text/html,application/xhtml+xml,*/*;q=0.8"),
		S("index= fallback=app.html error=e.html"),
		S("> GET /cars-site/public/a c\n"
		  "< 404 NoSuchKey\n"
		  "> GET /cars-site/public/app.html c\n"
		  "< 404 NoSuchKey\n"
		  "! s3_fallback names app.html, which is not in the bucket\n"
		  "> GET /cars-site/public/e.html\n"
		  "< 200 -\n"
		  "= 404 | Vary: Accept, Sec-Fetch-Dest, Sec-Fetch-Mode\n") },
	    { S("GET /cars/a | Accept: "
		"text/html,application/xhtml+xml,*/*;q=0.8"),
		S("index= fallback=app.html denied=no"),
		S("> GET /cars-site/public/a c\n"
		  "< 404 NoSuchKey\n"
		  "> GET /cars-site/public/app.html c\n"
		  "< 403 AccessDenied\n"
		  "! s3_fallback names app.html, which is not in the bucket\n"
		  "= page 404\n") },
	    { S("HEAD /cars/a | Accept: "
		"text/html,application/xhtml+xml,*/*;q=0.8"),
		S("index= fallback=app.html"),
		S("> HEAD /cars-site/public/a c\n"
		  "< 404 -\n"
		  "> HEAD /cars-site/public/app.html c\n"
		  "< 403 -\n"
		  "! s3_fallback names app.html, which is not in the bucket\n"
		  "= page 404\n") },
	    { S("GET /cars/a | Accept: "
		"text/html,application/xhtml+xml,*/*;q=0.8"),
		S("index= fallback=app.html"),
		S("> GET /cars-site/public/a c\n"
		  "< 404 NoSuchKey\n"
		  "> GET /cars-site/public/app.html c\n"
		  "< 412 PreconditionFailed\n"
		  "= page 412\n") },
	    { S("GET /cars/a | Accept: "
		"text/html,application/xhtml+xml,*/*;q=0.8"),
		S("index= fallback=app.html"),
		S("> GET /cars-site/public/a c\n"
		  "< 404 NoSuchKey\n"
		  "> GET /cars-site/public/app.html c\n"
		  "< 500 InternalError\n"
		  "= page 500\n") },
	    { S("GET /cars/a | Accept: "
		"text/html,application/xhtml+xml,*/*;q=0.8"),
		S("index= fallback=app.html"),
		S("> GET /cars-site/public/a c\n"
		  "< 404 NoSuchKey\n"
		  "> GET /cars-site/public/app.html c\n"
		  "< 400 ExpiredToken\n"
		  "! the bucket refuses the access key (ExpiredToken): check "
		  "s3_credentials\n"
		  "= renew\n"
		  "> GET /cars-site/public/app.html c\n"
		  "< 200 -\n"
		  "= 200 | Vary: Accept, Sec-Fetch-Dest, Sec-Fetch-Mode\n") },
    };

static const struct conversation the_error_page[] = {
	{ S("GET /cars/a"), S("index= error=e/404.html"),
	    S("> GET /cars-site/public/a c\n"
	      "< 404 NoSuchKey\n"
	      "> GET /cars-site/public/e/404.html\n"
	      "< 200 - | Content-Type: text/html | ETag: \"1\" | "
	      "Last-Modified: x | Accept-Ranges: bytes | Cache-Control: "
	      "max-age=9 | Expires: x | Age: 1 | x-amz-id: 1\n"
	      "= 404 | Content-Type: text/html\n") },
	{ S("HEAD /cars/a"), S("index= error=e/404.html"),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 404 -\n"
	      "> HEAD /cars-site/public/e/404.html\n"
	      "< 200 -\n"
	      "= 404\n") },
	{ S("GET /cars/a"), S("index= error=e/404.html denied=no"),
	    S("> GET /cars-site/public/a c\n"
	      "< 403 AccessDenied\n"
	      "> GET /cars-site/public/e/404.html\n"
	      "< 200 -\n"
	      "= 403\n") },
	{ S("GET /cars/a"), S("denied=no"),
	    S("> GET /cars-site/public/a c\n"
	      "< 403 AccessDenied\n"
	      "= page 403\n") },
	{ S("GET /cars/a"), S("index= error=e/404.html"),
	    S("> GET /cars-site/public/a c\n"
	      "< 403 AllAccessDisabled\n"
	      "> GET /cars-site/public/e/404.html\n"
	      "< 200 -\n"
	      "= 404\n") },
	{ S("GET /cars/a"), S("index= error=e/404.html"),
	    S("> GET /cars-site/public/a c\n"
	      "< 404 NoSuchKey\n"
	      "> GET /cars-site/public/e/404.html\n"
	      "< 404 NoSuchKey\n"
	      "! s3_error_page names e/404.html, which the bucket does not "
	      "give\n"
	      "= page 404\n") },
	{ S("GET /cars/a"), S("index= error=e/404.html"),
	    S("> GET /cars-site/public/a c\n"
	      "< 404 NoSuchKey\n"
	      "> GET /cars-site/public/e/404.html\n"
	      "< 403 AccessDenied\n"
	      "! s3_error_page names e/404.html, which the bucket does not "
	      "give\n"
	      "= page 404\n") },
	{ S("GET /cars/a"), S("index= error=e/404.html"),
	    S("> GET /cars-site/public/a c\n"
	      "< 404 NoSuchKey\n"
	      "> GET /cars-site/public/e/404.html\n"
	      "< 304 -\n"
	      "! s3_error_page names e/404.html, which the bucket does not "
	      "give\n"
	      "= page 404\n") },
	{ S("GET /cars/a"), S("index= error=e/404.html"),
	    S("> GET /cars-site/public/a c\n"
	      "< 404 NoSuchKey\n"
	      "> GET /cars-site/public/e/404.html\n"
	      "< 206 -\n"
	      "! s3_error_page names e/404.html, which the bucket does not "
	      "give\n"
	      "= page 404\n") },
	{ S("GET /cars/a"), S("index= error=e/404.html"),
	    S("> GET /cars-site/public/a c\n"
	      "< 404 NoSuchKey\n"
	      "> GET /cars-site/public/e/404.html\n"
	      "< 503 SlowDown\n"
	      "! s3_error_page names e/404.html, which the bucket does not "
	      "give\n"
	      "= page 404\n") },
	{ S("GET /cars/a"), S("index= error=e/404.html denied=no"),
	    S("> GET /cars-site/public/a c\n"
	      "< 403 AccessDenied\n"
	      "> GET /cars-site/public/e/404.html\n"
	      "< 404 NoSuchKey\n"
	      "! s3_error_page names e/404.html, which the bucket does not "
	      "give\n"
	      "= page 403\n") },
	{ S("GET /cars/a | Accept: */*"),
	    S("index= error=e/404.html fallback=f"),
	    S("> GET /cars-site/public/a c\n"
	      "< 404 NoSuchKey\n"
	      "> GET /cars-site/public/e/404.html\n"
	      "< 200 -\n"
	      "= 404 | Vary: Accept, Sec-Fetch-Dest, Sec-Fetch-Mode\n") },
	{ S("GET /cars/a"), S("error=e/404.html"),
	    S("> GET /cars-site/public/a c\n"
	      "< 404 NoSuchKey\n"
	      "> HEAD /cars-site/public/a/index.html\n"
	      "< 404 -\n"
	      "> GET /cars-site/public/e/404.html\n"
	      "< 200 -\n"
	      "= 404\n") },
	{ S("GET /cars/a"), S("index= error=e/404.html"),
	    S("> GET /cars-site/public/a c\n"
	      "< 500 -\n"
	      "= page 500\n") },
};

static const struct conversation errors[] = {
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 404 -\n"
	      "= page 404\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 404 NoSuchBucket\n"
	      "= fault: there is no bucket cars-site at s3.test: check origin, "
	      "s3_endpoint and s3_path_style\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 400 KeyTooLongError\n"
	      "= page 404\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 403 AccessDenied\n"
	      "= page 404\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 403 <html>\n"
	      "= page 404\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 403 InvalidObjectState\n"
	      "= page 403\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 403 SignatureDoesNotMatch\n"
	      "= fault: the signature does not match: is the secret access key "
	      "right, and that of the access key id?\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 403 InvalidAccessKeyId\n"
	      "! the bucket refuses the access key (InvalidAccessKeyId): check "
	      "s3_credentials\n"
	      "= renew\n"
	      "> GET /cars-site/public/a c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 403 InvalidAccessKeyId\n"
	      "! the bucket refuses the access key (InvalidAccessKeyId): check "
	      "s3_credentials\n"
	      "= renew\n"
	      "> GET /cars-site/public/a c\n"
	      "< 403 InvalidAccessKeyId\n"
	      "= fault: the bucket refuses the access key "
	      "(InvalidAccessKeyId): check s3_credentials\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 401 -\n"
	      "! the bucket refuses the access key: check s3_credentials\n"
	      "= renew\n"
	      "> GET /cars-site/public/a c\n"
	      "< 401 -\n"
	      "= fault: the bucket refuses the access key: check "
	      "s3_credentials\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 403 RequestTimeTooSkewed\n"
	      "! the bucket's clock and ours are too far apart: does this "
	      "machine keep time?\n"
	      "= skewed\n"
	      "> GET /cars-site/public/a c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 403 RequestTimeTooSkewed\n"
	      "! the bucket's clock and ours are too far apart: does this "
	      "machine keep time?\n"
	      "= skewed\n"
	      "> GET /cars-site/public/a c\n"
	      "< 403 RequestTimeTooSkewed\n"
	      "= fault: the bucket's clock and ours are too far apart: does "
	      "this machine keep time?\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 403 RequestTimeTooSkewed\n"
	      "! the bucket's clock and ours are too far apart: does this "
	      "machine keep time?\n"
	      "= skewed\n"
	      "> GET /cars-site/public/a c\n"
	      "< 400 ExpiredToken\n"
	      "! the bucket refuses the access key (ExpiredToken): check "
	      "s3_credentials\n"
	      "= renew\n"
	      "> GET /cars-site/public/a c\n"
	      "< 403 RequestTimeTooSkewed\n"
	      "= fault: the bucket's clock and ours are too far apart: does "
	      "this machine keep time?\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 400 AuthorizationHeaderMalformed,region=eu-west-1\n"
	      "= fault: the bucket is in eu-west-1: write s3_region = "
	      "eu-west-1\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 400 AuthorizationHeaderMalformed,region=us-east-1\n"
	      "= fault: the bucket is elsewhere: check s3_region, s3_endpoint "
	      "and s3_path_style\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 400 AuthorizationHeaderMalformed,region=EU_1\n"
	      "= fault: the bucket is elsewhere: check s3_region, s3_endpoint "
	      "and s3_path_style\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 400 "
	      "AuthorizationHeaderMalformed,region="
	      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	      "a\n"
	      "= fault: the bucket is elsewhere: check s3_region, s3_endpoint "
	      "and s3_path_style\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 400 "
	      "AuthorizationHeaderMalformed,region="
	      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	      "\n"
	      "= fault: the bucket is in "
	      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	      ": write s3_region = "
	      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	      "\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 301 PermanentRedirect | x-amz-bucket-region: eu-west-1\n"
	      "= fault: the bucket is in eu-west-1: write s3_region = "
	      "eu-west-1\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 301 PermanentRedirect | x-amz-bucket-region: eu;west\n"
	      "= fault: the bucket is elsewhere: check s3_region, s3_endpoint "
	      "and s3_path_style\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 301 PermanentRedirect,endpoint=c.s3.test\n"
	      "= fault: the bucket is to be asked at c.s3.test: check "
	      "s3_region, s3_endpoint and s3_path_style\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 307 TemporaryRedirect | Location: http://x/\n"
	      "= fault: the bucket is elsewhere: check s3_region, s3_endpoint "
	      "and s3_path_style\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 302 - | Location: http://x/\n"
	      "= fault: the bucket is elsewhere: check s3_region, s3_endpoint "
	      "and s3_path_style\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 400 - | x-amz-bucket-region: eu-west-1\n"
	      "= fault: the bucket is in eu-west-1: write s3_region = "
	      "eu-west-1\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 400 - | x-amz-bucket-region: us-east-1\n"
	      "= page 400\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 404 NoSuchKey,region=eu-west-1 | x-amz-bucket-region: "
	      "eu-west-1\n"
	      "= page 404\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 503 SlowDown\n"
	      "= page 503 retry 1\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 503 SlowDown | Retry-After: 7\n"
	      "= page 503 retry 7\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 503 - | Retry-After: 86400\n"
	      "= page 503 retry 86400\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 503 - | Retry-After: 86401\n"
	      "= page 503 retry 1\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 503 - | Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\n"
	      "= page 503 retry 1\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 500 InternalError\n"
	      "= page 500\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 500 - | Retry-After: 3\n"
	      "= page 500 retry 3\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 429 -\n"
	      "= page 429\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 405 MethodNotAllowed\n"
	      "= page 405 | Allow: GET, HEAD\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 409 OperationAborted\n"
	      "= page 409\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 411 -\n"
	      "= page 411\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 412 PreconditionFailed\n"
	      "= page 412\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 416 InvalidRange | Content-Range: bytes */12\n"
	      "= page 416 | Content-Range: bytes */12\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 416 InvalidRange\n"
	      "= page 416\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 400 InvalidArgument\n"
	      "= page 400\n") },
	{ S("GET /cars/a"), S("index="),
	    S("> GET /cars-site/public/a c\n"
	      "< 100 -\n"
	      "= page 502\n") },
};

static const struct conversation head[] = {
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 404 NoSuchBucket\n"
	      "= page 404\n") },
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 405 -\n"
	      "= page 405 | Allow: GET, HEAD\n") },
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 412 -\n"
	      "= page 412\n") },
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 416 - | Content-Range: bytes */1\n"
	      "= page 416 | Content-Range: bytes */1\n") },
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 500 -\n"
	      "= page 500\n") },
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 503 -\n"
	      "= page 503 retry 1\n") },
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 403 -\n"
	      "> GET /cars-site/public/a p\n"
	      "< 403 AccessDenied\n"
	      "= page 404\n") },
	{ S("HEAD /cars/a"), S("index= denied=no"),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 403 -\n"
	      "> GET /cars-site/public/a p\n"
	      "< 403 AccessDenied\n"
	      "= page 403\n") },
	{ S("HEAD /cars/a"), S("error=e"),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 403 -\n"
	      "> GET /cars-site/public/a p\n"
	      "< 403 AccessDenied\n"
	      "> HEAD /cars-site/public/a/index.html\n"
	      "< 403 -\n"
	      "> HEAD /cars-site/public/e\n"
	      "< 200 -\n"
	      "= 404\n") },
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 403 -\n"
	      "> GET /cars-site/public/a p\n"
	      "< 403 SignatureDoesNotMatch\n"
	      "= fault: the signature does not match: is the secret access key "
	      "right, and that of the access key id?\n") },
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 403 -\n"
	      "> GET /cars-site/public/a p\n"
	      "< 403 InvalidAccessKeyId\n"
	      "! the bucket refuses the access key (InvalidAccessKeyId): check "
	      "s3_credentials\n"
	      "= renew\n"
	      "> HEAD /cars-site/public/a c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 403 -\n"
	      "> GET /cars-site/public/a p\n"
	      "< 403 InvalidAccessKeyId\n"
	      "! the bucket refuses the access key (InvalidAccessKeyId): check "
	      "s3_credentials\n"
	      "= renew\n"
	      "> HEAD /cars-site/public/a c\n"
	      "< 403 -\n"
	      "> GET /cars-site/public/a p\n"
	      "< 403 InvalidAccessKeyId\n"
	      "= fault: the bucket refuses the access key "
	      "(InvalidAccessKeyId): check s3_credentials\n") },
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 403 -\n"
	      "> GET /cars-site/public/a p\n"
	      "< 403 RequestTimeTooSkewed\n"
	      "! the bucket's clock and ours are too far apart: does this "
	      "machine keep time?\n"
	      "= skewed\n"
	      "> HEAD /cars-site/public/a c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 403 -\n"
	      "> GET /cars-site/public/a p\n"
	      "< 200 -\n"
	      "= page 403\n") },
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 403 -\n"
	      "> GET /cars-site/public/a p\n"
	      "< 206 -\n"
	      "= page 403\n") },
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 403 -\n"
	      "> GET /cars-site/public/a p\n"
	      "< 416 InvalidRange\n"
	      "= page 403\n") },
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 400 -\n"
	      "> GET /cars-site/public/a p\n"
	      "< 400 ExpiredToken\n"
	      "! the bucket refuses the access key (ExpiredToken): check "
	      "s3_credentials\n"
	      "= renew\n"
	      "> HEAD /cars-site/public/a c\n"
	      "< 200 -\n"
	      "= 200\n") },
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 400 -\n"
	      "> GET /cars-site/public/a p\n"
	      "< 206 -\n"
	      "= page 400\n") },
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 301 -\n"
	      "> GET /cars-site/public/a p\n"
	      "< 301 PermanentRedirect,endpoint=x.test\n"
	      "= fault: the bucket is to be asked at x.test: check s3_region, "
	      "s3_endpoint and s3_path_style\n") },
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 301 -\n"
	      "> GET /cars-site/public/a p\n"
	      "< 200 -\n"
	      "= page 502\n") },
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 307 -\n"
	      "> GET /cars-site/public/a p\n"
	      "< 404 NoSuchBucket\n"
	      "= fault: there is no bucket cars-site at s3.test: check origin, "
	      "s3_endpoint and s3_path_style\n") },
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 301 - | x-amz-bucket-region: eu-west-1\n"
	      "= fault: the bucket is in eu-west-1: write s3_region = "
	      "eu-west-1\n") },
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 400 - | x-amz-bucket-region: eu-west-1\n"
	      "= fault: the bucket is in eu-west-1: write s3_region = "
	      "eu-west-1\n") },
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 400 - | x-amz-bucket-region: us-east-1\n"
	      "> GET /cars-site/public/a p\n"
	      "< 404 NoSuchKey\n"
	      "= page 404\n") },
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 403 - | x-amz-bucket-region: eu-west-1\n"
	      "> GET /cars-site/public/a p\n"
	      "< 404 NoSuchKey\n"
	      "= page 404\n") },
	{ S("HEAD /cars/a"), S("index="),
	    S("> HEAD /cars-site/public/a c\n"
	      "< 403 -\n"
	      "> GET /cars-site/public/a p\n"
	      "< 503 SlowDown\n"
	      "= page 503 retry 1\n") },
};

static const struct {
	const struct conversation *at;
	size_t n;
} groups[] = {
	{ objects, ROWS(objects) },
	{ the_bucket_itself_is_neither_listed_nor_written,
	    ROWS(the_bucket_itself_is_neither_listed_nor_written) },
	{ writes, ROWS(writes) },
	{ what_was_sent_is_not_sent_again,
	    ROWS(what_was_sent_is_not_sent_again) },
	{ a_query_of_the_buckets_is_no_website,
	    ROWS(a_query_of_the_buckets_is_no_website) },
	{ precompressed_objects, ROWS(precompressed_objects) },
	{ redirects_of_objects, ROWS(redirects_of_objects) },
	{ what_is_for_s3s_own_clients_is_hidden,
	    ROWS(what_is_for_s3s_own_clients_is_hidden) },
	{ the_directory_that_was_meant, ROWS(the_directory_that_was_meant) },
	{ the_fallback_is_for_browsers_that_go_to_a_page,
	    ROWS(the_fallback_is_for_browsers_that_go_to_a_page) },
	{ the_error_page, ROWS(the_error_page) },
	{ errors, ROWS(errors) },
	{ head, ROWS(head) },
};

static void conversations_are_held(void **state)
{
	(void)state;
	for (size_t g = 0; g < ROWS(groups); g++)
		for (size_t i = 0; i < groups[g].n; i++) {
			arena_reset(arena);
			hold(&groups[g].at[i]);
		}
}

static int setup(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	return arena == NULL;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversations_are_held),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

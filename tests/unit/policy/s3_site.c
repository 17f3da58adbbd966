/* A bucket as a website: the conversations of tests/data/s3_site, which says
 * how they are written. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

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
	    ask->probe     ? " p" :
		ask->whole ? " w" :
			     "");
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

static struct slice read_conversations(struct arena *a)
{
	const char *srcdir = getenv("srcdir");
	char path[4096];
	struct text t = text_in(a, 1 << 20);
	FILE *file;
	int c;

	assert_true(snprintf(path, sizeof(path), "%s/tests/data/s3_site",
			srcdir == NULL ? "." : srcdir) < (int)sizeof(path));
	file = fopen(path, "rb");
	assert_non_null(file);
	while ((c = getc(file)) != EOF)
		text_char(&t, (char)c);
	assert_false(ferror(file));
	fclose(file);
	assert_false(text_spent(&t));
	return text_slice(&t);
}

/* The next one; false at the end. */
static bool next_conversation(struct slice *rest, struct conversation *c)
{
	struct slice line, all;

	do {
		if (!slice_cut(rest, '\n', &c->request))
			return false;
	} while (c->request.len == 0 || c->request.at[0] == '#');
	c->options = LIT("");
	all = *rest;
	if (slice_starts(*rest, LIT("? "))) {
		assert_true(slice_cut(rest, '\n', &line));
		c->options = slice_from(line, 2);
		all = *rest;
	}
	c->script = slice_upto(all, 0);
	while (slice_cut(rest, '\n', &line) && line.len > 0)
		c->script.len += line.len + 1;
	return true;
}

static void conversations_are_held(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct slice rest = read_conversations(a);
	struct conversation c;
	size_t n = 0;

	(void)state;
	for (; next_conversation(&rest, &c); n++) {
		arena_reset(arena);
		hold(&c);
	}
	assert_true(n > 200);
	arena_free(a);
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

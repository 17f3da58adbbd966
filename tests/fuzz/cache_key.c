/* Cache keys: two requests have one key only where all that counts is the
 * same.  Input: two heads with an empty line between them, each the target,
 * the user and then fields. */
#include "policy/cache_key.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "http/cookie_list.h"
#include "http/message.h"
#include "http/uri.h"
#include "policy/parameters.h"
#include "policy/route.h"
#include "tests/fuzz/check.h"

#define FACTS_MAX 4096

static struct arena *arena;

static struct slice header = { "x-l", 3 };
static struct slice cookie = { "c", 1 };
static struct slice parameters[] = { { "a", 1 }, { "b", 1 } };

/* What counts, found another way: whole strings, kind by kind. */
struct facts {
	struct slice at[FACTS_MAX];
	size_t n;
};

static struct facts facts_of[2];

static void add(struct facts *f, struct slice s)
{
	if (f->n < FACTS_MAX)
		f->at[f->n++] = s;
}

static void add_fields(struct facts *f, const struct fields *fields)
{
	add(f, LIT("fields"));
	for (size_t i = 0; i < fields->n; i++)
		if (slice_eq_nocase(fields->at[i].name, header))
			add(f, fields->at[i].value);
	add(f, LIT("cookies"));
	for (size_t i = 0; i < fields->n; i++) {
		struct slice rest = fields->at[i].value;
		struct slice name, value;

		if (!slice_eq_nocase(fields->at[i].name, LIT("Cookie")))
			continue;
		while (cookie_next(&rest, &name, &value))
			if (slice_eq(name, cookie))
				add(f, value.at == NULL ? LIT("none") : value);
	}
}

/* Decoded: of requests that differ here alone the keys may differ, too. */
static void add_query(struct facts *f, struct slice query)
{
	struct parameters all = { 0 };

	add(f, LIT("query"));
	CHECK(parameters_read(slice_from(query, 1), arena, &all));
	for (size_t k = 0; k < 2; k++) {
		add(f, parameters[k]);
		for (size_t i = 0; i < all.n; i++)
			if (slice_eq(all.at[i].name, parameters[k]))
				add(f, all.at[i].value);
	}
}

static void take(struct slice *rest, struct request *r)
{
	struct slice line;

	(void)slice_cut(rest, '\n', &r->target);
	(void)slice_cut(rest, '\n', &r->user);
	while (slice_cut(rest, '\n', &line) && line.len > 0) {
		struct field field;

		if (field_parse(line, &field) &&
		    !field_add(&r->fields, arena, field.name, field.value))
			break;
	}
}

/* The key; its lines are six. */
static bool write(const struct rule *rule, struct slice *rest,
    struct facts *facts, struct text *t)
{
	struct request r = { .method = LIT("GET"),
		.target = LIT(""),
		.scheme = LIT("http"),
		.authority = LIT("h"),
		.user = LIT("") };
	struct route_match match = { .rule = rule, .authority = LIT("h") };
	struct cache_key key = { &r, &match, LIT("/m"), 7 };
	struct uri uri;
	size_t lines = 1;

	take(rest, &r);
	*t = text_in(arena, CACHE_KEY_MAX);
	if (!cache_key_write(&key, t))
		return false;
	CHECK(t->len <= CACHE_KEY_MAX);
	for (size_t i = 0; i < t->len; i++)
		lines += t->at[i] == '\n';
	CHECK(lines == 6);
	CHECK(uri_split(r.target, &uri) == URI_OK);
	facts->n = 0;
	add(facts, uri.path);
	add(facts, r.user);
	add_fields(facts, &r.fields);
	add_query(facts, uri.query);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct piece piece = { VARIABLE_USER, 0, { "", 0 } };
	static struct stencil values[] = { { &piece, 1 } };
	static struct field field = { { "X", 1 }, { "$user", 5 } };
	struct rule rule = { .name = { "r", 1 },
		.request_headers = { &field, 1, 1 },
		.request_values = values };
	struct slice rest = { (const char *)data, size };
	struct text one, other;

	if (arena == NULL)
		arena = arena_new(64 << 20);
	CHECK(arena != NULL);
	arena_reset(arena);
	rule.cache.key.host = true;
	rule.cache.key.queries = (struct slice_list){ parameters, 2 };
	rule.cache.key.headers = (struct slice_list){ &header, 1 };
	rule.cache.key.cookies = (struct slice_list){ &cookie, 1 };
	if (!write(&rule, &rest, &facts_of[0], &one) ||
	    !write(&rule, &rest, &facts_of[1], &other) ||
	    !slice_eq(text_slice(&one), text_slice(&other)))
		return 0;
	CHECK(facts_of[0].n == facts_of[1].n);
	for (size_t i = 0; i < facts_of[0].n; i++)
		CHECK(slice_eq(facts_of[0].at[i], facts_of[1].at[i]));
	return 0;
}

/* A client's path and query in S3's form, and a request with its fields
 * signed.  Input: path and query, a line each, then fields. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "conf/conf.h"
#include "policy/s3_key.h"
#include "policy/sigv4.h"
#include "tests/fuzz/check.h"

static const struct slice star = { "*", 1 };
static const struct slice_list all = { &star, 1 };
static const struct sigv4_manner manners[] = {
	{ .name_payload = true },
	{ .encode_twice = true, .normalise_path = true },
	{ .token_unsigned = true },
};
static struct arena *arena;
static struct sigv4_key key;

static void setup(void)
{
	arena = arena_new(64u << 20);
	CHECK(arena != NULL);
	CHECK(sigv4_key_derive(
	    LIT("secret"), 0, LIT("us-east-1"), LIT("s3"), &key));
}

static void check_bytes(struct slice s, const char *besides)
{
	CHECK(s.at != NULL);
	for (size_t i = 0; i < s.len; i++)
		CHECK(ascii_is_alpha(s.at[i]) || ascii_is_digit(s.at[i]) ||
		    (s.at[i] != '\0' && strchr(besides, s.at[i]) != NULL));
}

static size_t count(struct slice s, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.at[i] == c;
	return n;
}

static struct slice canonical(const struct sigv4_request *r, size_t manner)
{
	struct slice text;

	CHECK(sigv4_canonical_request(r, &manners[manner], arena, &text));
	return text;
}

/* One line each of method, path, query, an empty one, names and payload, and
 * one for each name; what is sent as it stands is signed as it stands. */
static void check_canonical(const struct sigv4_request *r)
{
	struct slice text = canonical(r, 0);
	struct slice line;
	struct slice names;
	size_t lines = count(text, '\n');

	CHECK(slice_cut(&text, '\n', &line) && slice_eq(line, r->method));
	CHECK(slice_cut(&text, '\n', &line));
	CHECK(slice_eq(line, r->path.len == 0 ? LIT("/") : r->path));
	CHECK(slice_cut(&text, '\n', &line) && slice_eq(line, r->query));
	while (slice_cut(&text, '\n', &line) && line.len > 0)
		CHECK(slice_find(line, ':') < line.len);
	CHECK(slice_cut(&text, '\n', &names));
	CHECK(slice_eq(text, r->payload));
	CHECK(lines == 5 + (names.len > 0) + count(names, ';'));
}

static void check_signing(const struct sigv4_request *r)
{
	struct sigv4_identity who = { LIT("id"), LIT("a/token="), &key };

	for (size_t i = 0; i < sizeof(manners) / sizeof(*manners); i++) {
		struct fields sent;
		struct slice query;

		CHECK(field_copy(&sent, arena, r->fields));
		if (sigv4_sign(r, &who, &manners[i], 0, arena, &sent))
			CHECK(field_value_valid(
			    field_get(&sent, LIT("Authorization"))));
		else
			CHECK(r->fields->n > FIELDS_MAX - 4);
		CHECK(
		    sigv4_presign(r, &who, &manners[i], 0, 60, arena, &query));
		check_bytes(query, "-._~%&=");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { size == 0 ? "" : (const char *)data, size };
	struct slice path = LIT(""), query = LIT(""), line;
	struct fields fields = { 0 };
	struct sigv4_request r = { .method = LIT("GET"),
		.fields = &fields,
		.payload = SIGV4_UNSIGNED };
	struct field field;

	if (arena == NULL)
		setup();
	arena_reset(arena);
	(void)slice_cut(&rest, '\n', &path);
	(void)slice_cut(&rest, '\n', &query);
	while (slice_cut(&rest, '\n', &line))
		if (field_parse(line, &field))
			(void)field_add(
			    &fields, arena, field.name, field.value);
	r.path = s3_path(path, arena);
	check_bytes(r.path, "-._~%/");
	CHECK(slice_eq(s3_path(r.path, arena), r.path));
	r.query = s3_query(query, &all, arena);
	check_bytes(r.query, "-._~%&=");
	CHECK(slice_eq(s3_query(r.query, &all, arena), r.query));
	check_canonical(&r);
	check_signing(&r);

	/* As it came: whatever is signed, nothing breaks. */
	r.path = path;
	r.query = query;
	for (size_t i = 0; i < sizeof(manners) / sizeof(*manners); i++)
		(void)canonical(&r, i);
	check_signing(&r);
	return 0;
}

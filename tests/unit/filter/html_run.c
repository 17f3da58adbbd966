/* Running the rewriter of HTML. */
#include "tests/unit/filter/html_run.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/mapping.h"
#include "tests/unit/unit.h"

const struct html_options html_plain = { .shim = S("") };

static struct arena *arena;

int html_setup(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	return arena == NULL;
}

int html_teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void add(void *user, struct slice bytes)
{
	text_add(user, bytes);
}

static void feed(struct rewriter *r, struct slice bytes)
{
	char *copy = malloc(bytes.len + 1);

	assert_non_null(copy);
	memcpy(copy, bytes.at, bytes.len);
	rewriter_feed(r, (struct slice){ copy, bytes.len });
	memset(copy, '"', bytes.len);
	free(copy);
}

struct html_result html_run(struct slice to, const struct html_options *options,
    struct slice in, size_t first, size_t size)
{
	static char room[HTML_OUT_MAX];
	struct text out = text_over(room, sizeof(room));
	struct mapping m = mapping_none();
	struct html_result result;
	struct rewriter *r;
	size_t before;

	arena_reset(arena);
	if (to.len > 0)
		assert_true(mapping_plain(to, arena, &m));
	before = arena_used(arena);
	r = html_new(arena, &m, options, (struct outlet){ add, add, &out });
	assert_non_null(r);
	feed(r, slice_upto(in, first));
	for (in = slice_from(in, first); in.len > 0; in = slice_from(in, size))
		feed(r, slice_upto(in, size));
	rewriter_finish(r);
	assert_false(text_spent(&out));
	result.out = text_slice(&out);
	result.hints = r->hints;
	result.memory_bytes = arena_used(arena) - before;
	return result;
}

static void check_run(const struct html_options *options, struct slice in,
    size_t first, size_t size, struct slice want, unsigned hints)
{
	struct html_result got = html_run(LIT("/h"), options, in, first, size);

	assert_slice(got.out, want, in);
	if (got.hints != hints)
		fail_msg(
		    "%.*s: hints %u, want %u", SLICE_ARG(in), got.hints, hints);
}

void html_check(const struct html_options *options, struct slice in,
    struct slice want, unsigned hints)
{
	for (size_t cut = 0; cut <= in.len; cut++)
		check_run(options, in, cut, in.len + 1, want, hints);
	check_run(options, in, 1, 1, want, hints);
	if (options->shim.len == 0 && hints == 0)
		assert_slice(
		    html_run(LIT(""), options, in, 0, in.len + 1).out, in, in);
}

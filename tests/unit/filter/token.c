/* The base-path token, bytes before the content, and both in a row. */
#include "filter/token.h"

#include "filter/prologue.h"
#include "tests/unit/filter/pieces.h"
#include "tests/unit/unit.h"

static struct arena *arena;
static struct mapping hotels;
static struct mapping root;
static struct mapping odd;

static int setup(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	return arena == NULL ||
	    !mapping_plain(LIT("/hotels"), arena, &hotels) ||
	    !mapping_plain(LIT(""), arena, &root) ||
	    !mapping_plain(LIT("/a'b${c}`\\\"<"), arena, &odd);
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static struct rewriter *make_token(
    struct arena *a, const void *how, struct outlet out)
{
	return token_new(a, how, out);
}

static const struct {
	const struct mapping *mapping;
	struct slice in, want;
} token_rows[] = {
	{ &hotels, S(""), S("") },
	{ &hotels, S("x"), S("x") },
	{ &hotels, S("a='" MAPPING_TOKEN "/x'"), S("a='/hotels/x'") },
	{ &hotels, S(MAPPING_TOKEN), S("/hotels") },
	{ &hotels, S(MAPPING_TOKEN MAPPING_TOKEN "/"), S("/hotels/hotels/") },
	{ &hotels, S("/" MAPPING_TOKEN), S("//hotels") },
	{ &hotels, S("/__fingerpost" MAPPING_TOKEN),
	    S("/__fingerpost/hotels") },
	{ &hotels, S("/__fingerpost_prefix_/"), S("/__fingerpost_prefix_/") },
	{ &hotels, S("/__Fingerpost_prefix__"), S("/__Fingerpost_prefix__") },
	{ &hotels, S("/x/__fingerpost_prefix_"), S("/x/__fingerpost_prefix_") },
	{ &root, S("a='" MAPPING_TOKEN "/x'"), S("a='/x'") },
	{ &odd, S("`" MAPPING_TOKEN "`"), S("`/a%27b$%7Bc%7D%60%5C%22%3C`") },
};

static void tokens(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(token_rows); i++)
		pieces_check(make_token, token_rows[i].mapping,
		    token_rows[i].in, token_rows[i].want);
}

static struct rewriter *make_prologue(
    struct arena *a, const void *how, struct outlet out)
{
	return prologue_new(a, *(const struct slice *)how, out);
}

static const struct {
	struct slice in, want;
} prologue_rows[] = {
	{ S(""), S("new;") },
	{ S("old"), S("new;old") },
	{ S("\xef\xbb\xbfold"), S("\xef\xbb\xbfnew;old") },
	{ S("\xef\xbb\xbf"), S("\xef\xbb\xbfnew;") },
	{ S("\xef\xbb"), S("new;\xef\xbb") },
	{ S("\xef\xbbx"), S("new;\xef\xbbx") },
	{ S("x\xef\xbb\xbf"), S("new;x\xef\xbb\xbf") },
};

static void prologues(void **state)
{
	static const struct slice bytes = S("new;");

	(void)state;
	for (size_t i = 0; i < ROWS(prologue_rows); i++)
		pieces_check(make_prologue, &bytes, prologue_rows[i].in,
		    prologue_rows[i].want);
}

static const struct slice words[] = { S("/"), S("__fingerpost"), S("_prefix__"),
	S("/__fingerpost"), S("x"), S(MAPPING_TOKEN) };

static void random_scripts(void **state)
{
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (uint32_t seed = 0; seed < 2000; seed++) {
		struct slice in =
		    pieces_random(words, ROWS(words), 12, seed, a);
		struct slice want =
		    pieces_run(make_token, &hotels, in, 0, in.len + 1, a);

		assert_slice(
		    pieces_run(make_token, &hotels, in, seed % 9, 5, a), want,
		    in);
		arena_reset(a);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens),
		cmocka_unit_test(prologues),
		cmocka_unit_test(random_scripts),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

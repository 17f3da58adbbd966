/* The key table against the man page and the sample: each names every key,
 * with its default and range, and none that is not there. */
#include "tests/unit/unit.h"

#include <string.h>

#include "conf/conf.h"
#include "conf/keys.h"
#include "conf/load.h"
#include "tests/unit/conf/told.h"

static char *const environment[] = { "CARS_SECRET=a", "CARS_TOKEN=b", NULL };

static struct slice document(struct arena *a, const char *name)
{
	const char *srcdir = getenv("srcdir");
	char path[1024];
	static char room[1 << 17];
	FILE *file;
	size_t n;

	snprintf(
	    path, sizeof(path), "%s/%s", srcdir == NULL ? "." : srcdir, name);
	file = fopen(path, "r");
	if (file == NULL)
		fail_msg("%s: not there", path);
	n = fread(room, 1, sizeof(room), file);
	fclose(file);
	assert_in_range(n, 1, sizeof(room) - 1);
	return arena_slice(a, (struct slice){ room, n });
}

static bool holds(struct slice text, struct slice word)
{
	for (size_t i = 0; i + word.len <= text.len; i++)
		if (slice_starts(slice_from(text, i), word))
			return true;
	return false;
}

/* Cuts the key's entry off the man page: ".It Ic NAME" up to the next, the
 * n-th of that name. */
static struct slice entry_of(struct slice page, const char *name, size_t n)
{
	char start[64];
	struct slice rest;

	for (size_t i = 0; i < page.len; i++) {
		rest = slice_from(page, i);
		snprintf(start, sizeof(start), ".It Ic %s", name);
		if (!slice_starts(rest, slice_of(start)) ||
		    (rest.at[strlen(start)] != ' ' &&
			rest.at[strlen(start)] != '\n') ||
		    n-- > 0)
			continue;
		for (size_t j = 1; j < rest.len; j++)
			if (slice_starts(slice_from(rest, j), LIT(".It Ic ")) ||
			    slice_starts(slice_from(rest, j), LIT(".El")))
				return slice_upto(rest, j);
	}
	return SLICE_NONE;
}

/* How many rows before that one have its name, for other places. */
static size_t namesakes(size_t row)
{
	size_t n = 0;

	for (size_t i = 0; i < row; i++)
		n += strcmp(key_table[i].name, key_table[row].name) == 0;
	return n;
}

static void the_man_page_has_every_key(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct slice page = document(a, "doc/fingerpost.ini.5");

	(void)state;
	for (size_t i = 0; i < key_table_n; i++) {
		const struct key *k = &key_table[i];
		struct slice entry = entry_of(page, k->name, namesakes(i));
		struct slice low, high = slice_of(k->range);
		char line[1024];

		if (entry.at == NULL)
			fail_msg("the man page lacks %s", k->name);
		snprintf(line, sizeof(line), "Default: %s.",
		    k->place & REQUIRED ? "none, required" :
			k->standard == NULL || k->standard[0] == '\0' ?
					  "none" :
					  k->standard);
		if (!holds(entry, slice_of(line)))
			fail_msg(
			    "the man page on %s lacks \"%s\"", k->name, line);
		if (k->range == NULL)
			continue;
		(void)slice_cut(&high, '.', &low);
		snprintf(line, sizeof(line), "Range: %.*s to %.*s.",
		    SLICE_ARG(low), SLICE_ARG(slice_from(high, 1)));
		if (!holds(entry, slice_of(line)))
			fail_msg(
			    "the man page on %s lacks \"%s\"", k->name, line);
	}
	arena_free(a);
}

static bool in_table(struct slice name)
{
	struct slice rest;

	return key_find(name, 0, &rest) != NULL;
}

static void the_man_page_has_no_other(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct slice page = document(a, "doc/fingerpost.ini.5");
	struct slice line;

	(void)state;
	while (slice_cut(&page, '\n', &line)) {
		struct slice name = slice_from(line, 7);

		if (slice_starts(line, LIT(".It Ic ")) &&
		    !in_table(slice_upto(name, slice_find(name, ' '))))
			fail_msg("unknown: %.*s", SLICE_ARG(line));
	}
	arena_free(a);
}

/* What the sample sets so that the cache is there to be seen. */
static bool chosen(const struct key *k)
{
	return ((k->place & IN_CACHE) && k->kind == KEY_FILE) ||
	    strcmp(k->name, "cache") == 0;
}

/* A sample's line "#key = value" is a key at its default. */
static void the_sample_has_every_key(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct slice sample = document(a, "etc/fingerpost.ini");
	struct text all = text_in(a, 1 << 16);
	struct findings f = findings_in(a);
	struct slice rest = sample;
	struct slice line;
	bool seen[256] = { false };
	unsigned place = 0;
	struct conf *c = conf_load_bytes("sample", sample, NULL, &f);

	(void)state;
	assert_in_range(key_table_n, 1, ROWS(seen));
	assert_slice(told(&f), LIT(""), LIT("the sample as it is"));
	conf_free(c);
	while (slice_cut(&rest, '\n', &line)) {
		struct slice name, value, left;
		const struct key *k;

		if (line.len > 1 && line.at[0] == '#' &&
		    (ascii_is_alpha(line.at[1]) || line.at[1] == '['))
			line = slice_from(line, 1);
		text_add(&all, line);
		text_char(&all, '\n');
		if (slice_starts(line, LIT("[")))
			place = slice_eq(line, LIT("[cache]")) ? IN_CACHE :
								 IN_ROUTE;
		if (slice_find(line, '=') == line.len || line.at[0] == '#')
			continue;
		name = slice_trim(slice_upto(line, slice_find(line, '=')));
		value = slice_trim(slice_from(line, slice_find(line, '=') + 1));
		k = key_find(name, place, &left);
		if (k == NULL)
			fail_msg("unknown: %.*s", SLICE_ARG(line));
		seen[k - key_table] = true;
		if (k->standard != NULL &&
		    !slice_eq(slice_of(k->standard), value) &&
		    (k->place & REQUIRED) == 0 && k->kind != KEY_PATTERNS &&
		    k->kind != KEY_CREDENTIALS && !chosen(k))
			fail_msg("not the default: %.*s", SLICE_ARG(line));
	}
	for (size_t i = 0; i < key_table_n; i++)
		if (!seen[i])
			fail_msg("the sample lacks %s", key_table[i].name);
	f = findings_in(a);
	c = conf_load_bytes("sample", text_slice(&all), environment, &f);
	assert_slice(told(&f), LIT(""), LIT("with every key in force"));
	conf_free(c);
	arena_free(a);
}

static void rows_are_whole(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct settings settings = { 0 };
	struct rule rule = { 0 };
	struct credentials credentials = { 0 };
	struct storage storage = { 0 };

	(void)state;
	assert_true(key_set_standard(IN_FINGERPOST, &settings, a));
	assert_true(key_set_standard(IN_ROUTE, &rule, a));
	assert_true(key_set_standard(IN_CREDENTIALS, &credentials, a));
	assert_true(key_set_standard(IN_CACHE, &storage, a));
	for (size_t i = 0; i < key_table_n; i++) {
		const struct key *k = &key_table[i];

		assert_true(strlen(k->help) > 0);
		assert_true(k->place != 0);
		for (size_t j = 0; j < i; j++)
			if (k->place & key_table[j].place & ~REQUIRED)
				assert_string_not_equal(
				    k->name, key_table[j].name);
		if (k->kind == KEY_DURATION || k->kind == KEY_SIZE ||
		    k->kind == KEY_INTEGER)
			assert_non_null(k->range);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_whole),
		cmocka_unit_test(the_man_page_has_every_key),
		cmocka_unit_test(the_man_page_has_no_other),
		cmocka_unit_test(the_sample_has_every_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

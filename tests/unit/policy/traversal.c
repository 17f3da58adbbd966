/* Every traversal string in tests/data/paths behind a route's prefix: it is
 * refused, or the route keeps it and no server behind it is led out.
 *
 * Whether it is led out is asked of an oracle that shares no code with the
 * rooms under test. */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "policy/route.h"
#include "tests/unit/policy/hand.h"
#include "tests/unit/policy/oracle.h"

static const struct hand_rule rules[] = {
	{ .name = "hotels", .paths = "/hotels" },
	{ .name = "pets", .paths = "/pets" },
	{ .name = "etc", .paths = "/etc,/boot.ini,/windows" },
	{ .name = "whole", .paths = "/whole", .no_strip = true },
	{ .name = "root", .paths = "/" },
};

static struct arena *arena;
static struct route_table *with_root;
static struct route_table *without_root;
static size_t asked;
static size_t kept;

static void ask(const struct route_table *t, const char *prefix,
    const char *line, size_t len)
{
	char *target = malloc(strlen(prefix) + len + 2);
	size_t n = strlen(prefix) + 1;
	struct route_query q = { .method = LIT("GET"), .authority = LIT("h") };
	struct route_match m;

	memcpy(target, prefix, n);
	target[n - 1] = '/';
	memcpy(target + n, line, len);
	q.target = (struct slice){ target, n + len };
	arena_reset(arena);
	route_match(t, &q, arena, &m);
	asked++;
	if (m.verdict != ROUTE_REFUSED) {
		struct slice out = m.rule != NULL && m.rule->strip ?
		    m.tail :
		    slice_from(m.path, strlen(prefix));

		kept++;
		if (m.verdict != ROUTE_FOUND ||
		    !slice_eq(m.prefix, slice_of(prefix)))
			fail_msg("%.*s: verdict %d, prefix %.*s",
			    SLICE_ARG(q.target), m.verdict,
			    SLICE_ARG(m.prefix));
		if (oracle_led_out(out))
			fail_msg("%.*s: led out", SLICE_ARG(q.target));
	}
	free(target);
}

static void ask_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	char line[65536];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		size_t len = strcspn(line, "\r\n");

		ask(with_root, "/hotels", line, len);
		ask(without_root, "/hotels", line, len);
		ask(with_root, "/whole", line, len);
		ask(without_root, "/whole", line, len);
		if (len > 0 && line[0] == '/')
			ask(without_root, "/hotels", line + 1, len - 1);
	}
	fclose(file);
}

static void no_line_leads_out(void **state)
{
	const char *srcdir = getenv("srcdir");
	char folder[4096];
	char path[8192];
	struct dirent *entry;
	DIR *d;

	(void)state;
	snprintf(folder, sizeof(folder), "%s/tests/data/paths",
	    srcdir == NULL ? "." : srcdir);
	d = opendir(folder);
	assert_non_null(d);
	while ((entry = readdir(d)) != NULL) {
		if (strstr(entry->d_name, ".txt") == NULL)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		ask_file(path);
	}
	closedir(d);
	printf("%zu asked, %zu kept\n", asked, kept);
	assert_true(asked > 1000);
	assert_true(kept > 0 && kept < asked);
}

static void the_oracle_knows(void **state)
{
	(void)state;
	assert_true(oracle_led_out(LIT("/a/..%2f..%2fx")));
	assert_true(oracle_led_out(LIT("/..;/x")));
	assert_true(oracle_led_out(LIT("/..\\x")));
	assert_false(oracle_led_out(LIT("/a/../b")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_oracle_knows),
		cmocka_unit_test(no_line_leads_out),
	};
	struct arena *confs = arena_new(1 << 20);
	int failed;

	arena = arena_new(16 << 20);
	with_root = route_table_new(hand_conf(confs, rules, ROWS(rules)));
	without_root =
	    route_table_new(hand_conf(confs, rules, ROWS(rules) - 1));
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	route_table_free(with_root);
	route_table_free(without_root);
	arena_free(confs);
	arena_free(arena);
	return failed;
}

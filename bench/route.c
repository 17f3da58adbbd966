/* What one route_match() costs at 10 to 10,000 routes.  Prints nanoseconds;
 * asserts nothing about them. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "policy/route.h"
#include "tests/unit/policy/hand.h"

#define TARGETS 1024
#define ROUNDS  2000

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

struct bench {
	struct route_table *table;
	struct arena *arena;
	char (*names)[48];
	char (*targets)[96];
};

static void fill_targets(struct bench *b, size_t routes, const char *tail)
{
	for (size_t i = 0; i < TARGETS; i++)
		snprintf(b->targets[i], sizeof(b->targets[i]), "%s%s",
		    b->names[i * 7919 % routes], tail);
}

static double measure(struct bench *b)
{
	double start = now_ns();
	size_t found = 0;

	for (size_t round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < TARGETS; i++) {
			struct route_query q = { .method = LIT("GET"),
				.authority = LIT("www.example.org"),
				.target = slice_of(b->targets[i]) };
			struct route_match m;

			arena_reset(b->arena);
			route_match(b->table, &q, b->arena, &m);
			found += m.verdict == ROUTE_FOUND;
		}
	if (found != (size_t)ROUNDS * TARGETS)
		fprintf(stderr, "only %zu found\n", found);
	return (now_ns() - start) / ROUNDS / TARGETS;
}

static void run(size_t routes)
{
	struct arena *confs = arena_new(256u << 20);
	struct hand_rule *rows = calloc(routes, sizeof(*rows));
	struct bench b = { .arena = arena_new(1 << 20),
		.names = calloc(routes, sizeof(*b.names)),
		.targets = calloc(TARGETS, sizeof(*b.targets)) };
	double plain;
	double escaped;
	double odd;

	for (size_t i = 0; i < routes; i++) {
		snprintf(b.names[i], sizeof(b.names[i]), "/site%zu/part%zu",
		    i % 97, i);
		rows[i].name = rows[i].paths = b.names[i];
	}
	b.table = route_table_new(hand_conf(confs, rows, routes));
	fill_targets(&b, routes, "/rooms/suite/42.html?from=1");
	plain = measure(&b);
	fill_targets(&b, routes, "/rooms/a%20suite/42.html?from=1");
	escaped = measure(&b);
	fill_targets(&b, routes, "/rooms/x/../a%2Fb//42.html?from=1");
	odd = measure(&b);
	printf("%8zu %8.0f %8.0f %8.0f\n", routes, plain, escaped, odd);
	route_table_free(b.table);
	arena_free(b.arena);
	arena_free(confs);
	free(b.names);
	free(b.targets);
	free(rows);
}

int main(void)
{
	printf("ns per route_match()\n%8s %8s %8s %8s\n", "routes", "plain",
	    "escaped", "odd");
	for (size_t routes = 10; routes <= 10000; routes *= 10)
		run(routes);
	return 0;
}

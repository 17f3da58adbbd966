/* What the store of files costs: a hit at 1,000 and at 1,000,000 entries, in
 * files and in memory, an entry more, and an entry more where one must go for
 * it; what it costs to say who fetches what, and to let others read what is
 * being written.
 *
 * Usage: store_bench FOLDER [ENTRIES], the folder being empty or not there; it
 * is left as it is in the end.  Prints nanoseconds; asserts nothing about
 * them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/arena.h"
#include "http/message.h"
#include "store/files.h"
#include "store/flights.h"

#define HITS       20000u
#define INSERTS    2000u
#define SMALL      1000u
#define LARGE_ONES 200u
#define HOT        300u
#define BODY_BYTES 16384
#define TINY_BYTES 100

/* Of 16 KiB and their heads, 400 or so. */
#define MEMORY_BYTES (8u << 20)

static double now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

struct span {
	double wall;
	double cpu;
};

static struct span span_start(void)
{
	return (struct span){ now_ns(CLOCK_MONOTONIC),
		now_ns(CLOCK_PROCESS_CPUTIME_ID) };
}

static void span_print(const char *what, struct span from, unsigned n)
{
	struct span to = span_start();

	printf("%-44s %8.0f %8.0f\n", what, (to.cpu - from.cpu) / n,
	    (to.wall - from.wall) / n);
	fflush(stdout);
}

static int64_t now_ms(void)
{
	return (int64_t)(now_ns(CLOCK_REALTIME) / 1e6);
}

static struct slice key_of(char room[64], unsigned i)
{
	int n =
	    snprintf(room, 64, "GET http://www.example.org/assets/%u.html", i);

	return (struct slice){ room, (size_t)n };
}

static struct field fields[] = {
	{ { "Content-Type", 12 }, { "text/html; charset=utf-8", 24 } },
	{ { "Content-Encoding", 16 }, { "gzip", 4 } },
	{ { "Date", 4 }, { "Tue, 14 Nov 2023 22:13:20 GMT", 29 } },
	{ { "Last-Modified", 13 }, { "Tue, 14 Nov 2023 22:13:20 GMT", 29 } },
	{ { "ETag", 4 }, { "\"5f3a-60a1b2c3d4e5f\"", 20 } },
	{ { "Cache-Control", 13 }, { "public, max-age=3600", 20 } },
	{ { "Server", 6 }, { "Apache", 6 } },
};

static bool insert(struct store *s, unsigned i, size_t bytes, uint64_t mark)
{
	static char body[BODY_BYTES];
	char room[64];
	struct record r = { .key = key_of(room, i),
		.status = 200,
		.fields = { fields, 7, 7 },
		.generation = mark };
	struct store_writer *w =
	    store_begin(s, &r, (int64_t)bytes, NULL, now_ms());

	store_append(w, (struct slice){ body, bytes });
	return store_end(w, true, now_ms());
}

/* As the engine does: look up, read what is not in memory, let go. */
static unsigned hit(struct store *s, struct arena *a, unsigned i, bool read)
{
	static char body[BODY_BYTES];
	struct store_found found;
	char room[64];
	unsigned n;

	arena_reset(a);
	store_find(s, key_of(room, i), 0, now_ms(), a, &found);
	n = (unsigned)found.n;
	if (read && n == 1 && found.at[0].body.at == NULL)
		n = store_read(s, &found.at[0], 0, body,
		    (size_t)found.at[0].record.body_bytes);
	store_release(s, &found, NULL);
	return n;
}

/* Over n entries, in no order; hot: over 1,000 of them, so that memory of the
 * file system is what both sizes find them in. */
static void hits(
    struct store *s, unsigned n, unsigned among, bool read, const char *what)
{
	struct arena *a = arena_new(1 << 20);
	struct span from;
	char title[80];
	unsigned found = 0;

	for (unsigned i = 0; i < among && i < HITS; i++)
		hit(s, a, (unsigned)((uint64_t)i * 7919u % among * (n / among)),
		    read);
	from = span_start();
	for (unsigned i = 0; i < HITS; i++)
		found += hit(s, a,
		    (unsigned)((uint64_t)i * 7919u % among * (n / among)),
		    read);
	snprintf(title, sizeof(title), "%s, %u entries", what, n);
	span_print(title, from, HITS);
	if (found != HITS)
		printf("  only %u of %u found\n", found, HITS);
	arena_free(a);
}

static void misses(struct store *s, unsigned n)
{
	struct arena *a = arena_new(1 << 20);
	struct span from = span_start();
	char title[80];

	for (unsigned i = 0; i < HITS; i++)
		hit(s, a, 2000000000u + i, false);
	snprintf(title, sizeof(title), "miss, %u entries", n);
	span_print(title, from, HITS);
	arena_free(a);
}

static void inserts(
    struct store *s, unsigned from, unsigned n, size_t bytes, const char *what)
{
	struct span span = span_start();
	unsigned stored = 0;

	for (unsigned i = 0; i < n; i++)
		stored += insert(s, from + i, bytes, 0);
	span_print(what, span, n);
	if (stored != n)
		printf("  only %u of %u stored\n", stored, n);
}

static struct store *open_it(
    const char *path, uint64_t max_bytes, bool walk, uint64_t memory_bytes)
{
	struct files_plan plan = { path, max_bytes, 1 << 20, walk,
		memory_bytes };

	return files_open(&plan, now_ms());
}

static bool at_size(const char *path, unsigned from, unsigned n)
{
	struct store *s = open_it(path, UINT64_MAX / 2, false, 0);
	char title[80];

	if (s == NULL)
		return false;
	snprintf(title, sizeof(title), "insert %zu bytes, %u to %u",
	    n > SMALL ? (size_t)TINY_BYTES : (size_t)BODY_BYTES, from, n);
	inserts(s, from, n - from, n > SMALL ? TINY_BYTES : BODY_BYTES, title);
	hits(s, n, SMALL, false, "hit: find");
	hits(s, n, SMALL, true, "hit: find and read");
	if (n > SMALL)
		hits(s, n, HITS, false, "hit: find, 20,000 of them");
	misses(s, n);
	store_free(s);
	s = open_it(path, UINT64_MAX / 2, true, 0);
	hits(s, n, SMALL, false, "hit: find without openat2()");
	store_free(s);
	s = open_it(path, UINT64_MAX / 2, false, MEMORY_BYTES);
	hits(s, n, HOT, true, "hit: in memory, 300 of them");
	hits(s, n, SMALL, true, "hit: read, more than fits memory");
	store_free(s);
	/* As full as can be: as much as is there. */
	s = open_it(path, (uint64_t)n * (n > SMALL ? 4096 : 20480), false, 0);
	snprintf(title, sizeof(title), "insert and evict, %u entries", n);
	inserts(s, 1000000000, INSERTS, TINY_BYTES, title);
	store_free(s);
	return true;
}

/* While another process has so many of its own under way. */
static void flights(const char *folder, unsigned busy)
{
	char path[4096];
	char title[80];
	struct flights *mine;
	struct flights *others;
	struct flight flight;
	struct span from;
	unsigned n = 0;

	snprintf(path, sizeof(path), "%s/flights", folder);
	mine = flights_open(path);
	others = flights_open(path);
	for (unsigned i = 0; i < busy; i++)
		flights_take(others, i);
	from = span_start();
	for (unsigned i = 0; i < HITS; i++) {
		uint64_t id = busy + i % (FLIGHT_SLOTS - busy);

		n += flights_take(mine, id) == FLIGHT_OURS;
		flights_leave(mine, id, FLIGHT_STORED, 1);
	}
	snprintf(
	    title, sizeof(title), "flight: take and leave, %u others", busy);
	span_print(title, from, HITS);
	if (n != HITS)
		printf("  only %u of %u taken\n", n, HITS);
	from = span_start();
	for (unsigned i = 0; i < HITS; i++)
		flights_look(mine, i % (busy + 1), &flight);
	snprintf(title, sizeof(title), "flight: look, %u others", busy);
	span_print(title, from, HITS);
	flights_free(mine);
	flights_free(others);
}

/* 1 MiB in pieces of 16 KiB, shown from the beginning or not. */
static void large_ones(const char *folder, bool shown)
{
	static char body[BODY_BYTES];
	char path[4096];
	char name[STORE_NAME_MAX];
	struct store *s;
	struct span from;

	snprintf(path, sizeof(path), "%s/shown", folder);
	s = open_it(path, UINT64_MAX / 2, false, 0);
	from = span_start();
	for (unsigned i = 0; i < LARGE_ONES; i++) {
		struct record r = { .key = LIT("large"),
			.status = 200,
			.fields = { fields, 7, 7 } };
		struct store_writer *w =
		    store_begin(s, &r, LENGTH_UNKNOWN, NULL, now_ms());

		if (shown)
			store_show(w, name);
		for (unsigned k = 0; k < 64; k++)
			store_append(w, (struct slice){ body, sizeof(body) });
		store_end(w, true, now_ms());
	}
	span_print(
	    shown ? "insert 1 MiB, shown" : "insert 1 MiB", from, LARGE_ONES);
	store_free(s);
}

int main(int argc, char **argv)
{
	unsigned n = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1000000;
	char small[4096];
	char large[4096];

	if (argc < 2) {
		fprintf(stderr, "usage: store_bench FOLDER [ENTRIES]\n");
		return 2;
	}
	snprintf(small, sizeof(small), "%s/small", argv[1]);
	snprintf(large, sizeof(large), "%s/large", argv[1]);
	mkdir(argv[1], 0700);
	printf("%-44s %8s %8s\n", "ns each", "CPU", "wall");
	flights(argv[1], 0);
	flights(argv[1], 1000);
	large_ones(argv[1], false);
	large_ones(argv[1], true);
	return !at_size(small, 0, SMALL) || !at_size(large, 0, n);
}

/* What the store on a server costs: a hit, a miss, an entry more, a large body.
 *
 * Usage: redis_bench URL, as the key redis of [cache] has it; the prefix is to
 * be nobody else's.  Prints microseconds; asserts nothing about them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "store/redis.h"

#define ENTRIES     1000u
#define TIMES       20000u
#define LARGE_TIMES 20u
#define SMALL_BYTES 16384u
#define LARGE_BYTES (16u * 1024u * 1024u)
#define READ_BYTES  65536u

static double now_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double cpu_from, last;
static double wall[TIMES];
static unsigned walls;

static void begin(void)
{
	walls = 0;
	cpu_from = now_us(CLOCK_PROCESS_CPUTIME_ID);
	last = now_us(CLOCK_MONOTONIC);
}

static void lap(void)
{
	double now = now_us(CLOCK_MONOTONIC);

	wall[walls++] = now - last;
	last = now;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* What others do on the machine is in the worst, and not in the median. */
static void end(const char *what)
{
	double cpu = now_us(CLOCK_PROCESS_CPUTIME_ID) - cpu_from;

	qsort(wall, walls, sizeof(wall[0]), by_size);
	printf("%-34s %9.1f %9.1f %9.1f %9.1f\n", what, cpu / walls,
	    wall[walls / 2], wall[walls * 99 / 100], wall[walls - 1]);
	fflush(stdout);
}

static int64_t now_ms(void)
{
	return (int64_t)(now_us(CLOCK_REALTIME) / 1e3);
}

static struct slice key_of(char room[64], unsigned i)
{
	int n =
	    snprintf(room, 64, "GET http://www.example.org/assets/%u.html", i);

	return (struct slice){ room, (size_t)n };
}

static void find(struct store *s, struct slice key, struct arena *a,
    struct store_found *found)
{
	arena_reset(a);
	store_find(s, key, 0, now_ms(), a, found);
}

static bool put(
    struct store *s, struct slice key, struct slice body, struct arena *a)
{
	struct field fields[] = {
		{ LIT("Content-Type"), LIT("text/html; charset=utf-8") },
		{ LIT("Cache-Control"), LIT("public, max-age=3600") },
		{ LIT("ETag"), LIT("\"0123456789abcdef\"") },
	};
	struct record r = {
		.key = key, .status = 200, .fields = { fields, 3, 3 }
	};
	struct store_found found;
	struct store_writer *w;

	find(s, key, a, &found);
	r.generation = found.mark;
	store_release(s, &found, NULL);
	w = store_begin(s, &r, (int64_t)body.len, NULL, now_ms());
	store_append(w, body);
	return store_end(w, true, now_ms());
}

/* How many were found, with all of their bodies if wanted. */
static unsigned hits(struct store *s, struct arena *a, char *room,
    unsigned from, unsigned n, bool body)
{
	unsigned whole = 0;

	for (unsigned i = 0; i < n; i++) {
		struct store_found found;
		char key[64];

		find(s, key_of(key, from + i % ENTRIES), a, &found);
		whole += found.n == 1 &&
		    (!body ||
			store_read(s, found.at, 0, room,
			    (size_t)found.at->record.body_bytes));
		store_release(s, &found, NULL);
		lap();
	}
	return whole;
}

static unsigned large(struct store *s, struct arena *a, char *room)
{
	struct store_found found;
	unsigned whole = 0;

	find(s, LIT("large"), a, &found);
	for (uint64_t at = 0; found.n == 1 && at < LARGE_BYTES;
	     at += READ_BYTES)
		whole += store_read(s, found.at, at, room, READ_BYTES) ? 1 : 0;
	store_release(s, &found, NULL);
	return whole * READ_BYTES == LARGE_BYTES;
}

static int run(struct store *s, struct arena *a, char *room)
{
	struct slice small = { room, SMALL_BYTES };
	char key[64];
	unsigned bad = 0;

	printf("%-34s %9s %9s %9s %9s\n", "us", "our cpu", "median", "99 %",
	    "worst");
	begin();
	for (unsigned i = 0; i < ENTRIES; i++) {
		bad += !put(s, key_of(key, i), small, a);
		lap();
	}
	end("find nothing and store 16 KiB");
	begin();
	bad += hits(s, a, room, 0, TIMES, false) != TIMES;
	end("find 16 KiB");
	begin();
	bad += hits(s, a, room, 0, TIMES, true) != TIMES;
	end("find and read 16 KiB");
	begin();
	bad += hits(s, a, room, ENTRIES, TIMES, false) != 0;
	end("find nothing");
	begin();
	for (unsigned i = 0; i < LARGE_TIMES; i++)
		bad += !put(
		    s, LIT("large"), (struct slice){ room, LARGE_BYTES }, a);
	end("store 16 MiB");
	begin();
	for (unsigned i = 0; i < LARGE_TIMES; i++) {
		bad += !large(s, a, room);
		lap();
	}
	end("find and read 16 MiB by 64 KiB");
	store_purge(s, STORE_ALL, LIT(""), now_ms());
	if (bad != 0)
		fprintf(stderr, "redis_bench: %u went wrong\n", bad);
	return bad != 0;
}

int main(int argc, char **argv)
{
	struct redis_plan plan = { .max_body_bytes = LARGE_BYTES };
	struct arena *a = arena_new(1u << 20);
	char *room = calloc(1, LARGE_BYTES);
	const char *wrong;
	struct store *s;
	int status;

	if (argc != 2 || a == NULL || room == NULL) {
		fprintf(stderr, "usage: redis_bench URL\n");
		return 2;
	}
	wrong = redis_url_read(slice_of(argv[1]), a, &plan.where);
	s = wrong != NULL ? NULL : redis_open(&plan, now_ms());
	if (s == NULL || s->report.why != STORE_WELL) {
		fprintf(stderr, "redis_bench: %s\n",
		    wrong != NULL ? wrong : "no such server");
		return 1;
	}
	status = run(s, a, room);
	store_free(s);
	arena_free(a);
	free(room);
	return status;
}

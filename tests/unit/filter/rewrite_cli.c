/* HTML from standard input to standard output through the rewriter, for
 * scripts and benchmarks:
 *
 *     rewrite_cli [-p PREFIX] [-s SHIM] [-c CHUNK] [-r TIMES]
 *
 * -p: where the component is shown; "" (the default) changes nothing.
 * -c: bytes that are fed at once, 16384 where it is not said.
 * -r: rewrites the whole input that often, writes nothing and prints MB a
 *     second of the processor and the bytes of one rewriter's memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "filter/html.h"
#include "policy/mapping.h"

#define INPUT_MAX ((size_t)256 << 20)

struct work {
	struct slice prefix;
	struct slice shim;
	size_t chunk;
	unsigned long times;
	char *input;
	size_t n;
};

static void to_stdout(void *user, struct slice bytes)
{
	(void)user;
	if (fwrite(bytes.at, 1, bytes.len, stdout) != bytes.len)
		exit(1);
}

static void to_nowhere(void *user, struct slice bytes)
{
	*(size_t *)user += bytes.len;
}

static bool read_all(struct work *w)
{
	size_t room = 1 << 16;

	w->input = malloc(room);
	while (w->input != NULL && room <= INPUT_MAX) {
		w->n += fread(w->input + w->n, 1, room - w->n, stdin);
		if (w->n < room)
			return !ferror(stdin);
		room *= 2;
		w->input = realloc(w->input, room);
	}
	return false;
}

static bool rewrite(const struct work *w, struct arena *a, struct outlet out)
{
	struct html_options options = { .shim = w->shim };
	struct slice rest = { w->input, w->n };
	struct mapping mapping;
	struct rewriter *r;

	mapping = mapping_none();
	if (w->prefix.len > 0 && !mapping_plain(w->prefix, a, &mapping))
		return false;
	r = html_new(a, &mapping, &options, out);
	if (r == NULL)
		return false;
	while (rest.len > 0) {
		rewriter_feed(r, slice_upto(rest, w->chunk));
		rest = slice_from(rest, w->chunk);
	}
	rewriter_finish(r);
	return true;
}

/* The processor's time: others may be busy, too. */
static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool measure(const struct work *w, struct arena *a)
{
	size_t bytes = 0;
	size_t used = 0;
	double start = now_s();

	for (unsigned long i = 0; i < w->times; i++) {
		arena_reset(a);
		if (!rewrite(w, a,
			(struct outlet){ to_nowhere, to_nowhere, &bytes }))
			return false;
		used = arena_used(a);
	}
	printf("%.1f MB/s, %zu bytes of memory\n",
	    (double)w->n * (double)w->times / 1e6 / (now_s() - start), used);
	return true;
}

int main(int argc, char **argv)
{
	struct work w = { .prefix = LIT(""), .shim = LIT(""), .chunk = 16384 };
	struct arena *a = arena_new(1 << 20);
	bool good;
	int option;

	while ((option = getopt(argc, argv, "p:s:c:r:")) != -1)
		switch (option) {
		case 'p':
			w.prefix = slice_of(optarg);
			break;
		case 's':
			w.shim = slice_of(optarg);
			break;
		case 'c':
			w.chunk = strtoul(optarg, NULL, 10);
			break;
		case 'r':
			w.times = strtoul(optarg, NULL, 10);
			break;
		default:
			return 2;
		}
	if (a == NULL || w.chunk == 0 || !read_all(&w))
		return 1;
	good = w.times > 0 ?
	    measure(&w, a) :
	    rewrite(&w, a, (struct outlet){ to_stdout, to_stdout, NULL });
	free(w.input);
	arena_free(a);
	return !good;
}

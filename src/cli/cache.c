/* cache: what is stored. */
#include "cli/cache.h"

#include <getopt.h>

#include "base/arena.h"
#include "cli/cache_entry.h"
#include "cli/cli.h"
#include "cli/rules.h"
#include "cli/stored.h"
#include "conf/conf.h"
#include "http/media_type.h"
#include "store/store.h"

#define CACHE_BYTES ((size_t)16 << 20)

/* ---- the list ---- */

struct listing {
	FILE *to;
	struct cache_prints prints;
	int64_t now_ms;
	uint64_t entries;
	uint64_t bytes;
	uint64_t stale;
	uint64_t old;
};

/* Seconds, so that columns can be compared. */
static void print_left(const struct cache_entry *e, FILE *to)
{
	if (e->rule == NULL)
		fprintf(to, " %9s", "old");
	else if (!e->timed || e->stored.terms.validate)
		fprintf(to, " %9s", "validate");
	else
		fprintf(to, " %8llds", (long long)e->ttl_s);
}

static void print_entry(const struct cache_entry *e,
    const struct store_hit *hit, uint64_t bytes, int64_t now_ms, FILE *to)
{
	struct slice type =
	    media_type(field_get(e->stored.fields, LIT("Content-Type")));

	fprintf(to, "%3d %11llu", e->stored.status, (unsigned long long)bytes);
	fprintf(to, " %8llds", (long long)(e->timed ? e->age_s : 0));
	print_left(e, to);
	fprintf(to, " %8llds ", (long long)((now_ms - hit->used_ms) / 1000));
	stored_print(type.len > 0 ? type : LIT("-"), to);
	fputc(' ', to);
	cache_entry_print_url(e, to);
	if (e->rest.len > 0) {
		fputc(' ', to);
		cache_entry_print_lines(e->rest, to);
	}
	if (e->stored.vary_key.len > 0) {
		fputc(' ', to);
		cache_entry_print_lines(e->stored.vary_key, to);
	}
	fputc('\n', to);
}

static bool list_entry(void *user, const struct store_hit *hit, uint64_t bytes)
{
	struct listing *l = user;
	struct cache_entry e;

	if (!cache_entry_read(hit, &l->prints, l->now_ms / 1000, &e))
		return true;
	l->entries++;
	l->bytes += bytes;
	if (e.rule == NULL)
		l->old++;
	else if (!e.timed || e.stored.terms.validate || e.ttl_s <= 0)
		l->stale++;
	print_entry(&e, hit, bytes, l->now_ms, l->to);
	return !ferror(l->to);
}

bool cache_print_all(const struct conf *c, struct store *s, int64_t now_ms,
    struct arena *a, FILE *to)
{
	struct listing l = { .to = to, .now_ms = now_ms };

	if (!cache_prints_of(c, a, &l.prints))
		return false;
	fprintf(to, "%3s %11s %9s %9s %9s %s\n", "", "bytes", "age", "left",
	    "used", "type url variant");
	if (!store_each(s, list_entry, &l, now_ms))
		return false;
	fprintf(to,
	    "%llu %s, %llu bytes; %llu stale, %llu old (of rules that were "
	    "edited since)\n",
	    (unsigned long long)l.entries, l.entries == 1 ? "entry" : "entries",
	    (unsigned long long)l.bytes, (unsigned long long)l.stale,
	    (unsigned long long)l.old);
	return true;
}

/* ---- arguments ---- */

static int usage(void)
{
	fputs("usage: fingerpost cache [-c RULES] [-H 'Name: value'] [URL]\n",
	    stderr);
	return EXIT_USAGE;
}

static int show(const struct conf *c, const struct cache_question *question,
    struct arena *a)
{
	struct store *s = NULL;
	int code = 1;

	switch (stored_open(c, "cache", &s)) {
	case STORED_NOTHING:
		return question->url.len > 0;
	case STORED_FAULT:
		return 1;
	case STORED_OPEN:
		break;
	}
	if (question->url.len > 0)
		code =
		    cache_print_url(c, s, question, stored_now_ms(), a, stdout);
	else if (cache_print_all(c, s, stored_now_ms(), a, stdout))
		code = 0;
	else
		stored_complain(s, "cache");
	store_free(s);
	return code;
}

static bool take_field(struct fields *f, struct arena *a, const char *text)
{
	struct field field;

	if (field_parse(slice_of(text), &field) &&
	    field_add(f, a, field.name, field.value))
		return true;
	fprintf(stderr,
	    "fingerpost cache: -H takes 'Name: value', not \"%s\"\n", text);
	return false;
}

int cli_cache(int argc, char **argv)
{
	struct arena *a = arena_new(CACHE_BYTES);
	struct fields fields = { 0 };
	struct cache_question question = { SLICE_NONE, &fields };
	const char *rules = NULL;
	struct conf *c = NULL;
	bool ok = true;
	int code;
	int option;

	if (a == NULL) {
		fputs("fingerpost cache: out of memory\n", stderr);
		return 1;
	}
	while (ok && (option = getopt(argc, argv, "c:H:")) != -1) {
		if (option == 'c')
			rules = optarg;
		else
			ok = option == 'H' && take_field(&fields, a, optarg);
	}
	if (!ok || argc - optind > 1) {
		code = usage();
	} else {
		question.url = slice_of(argv[optind]);
		c = rules_load(rules);
		code = c == NULL ? 1 : show(c, &question, a);
	}
	conf_free(c);
	arena_free(a);
	return code;
}

/* Reading entries. */
#include "cli/cache_entry.h"

#include <stdlib.h>

#include "base/arena.h"
#include "cli/stored.h"
#include "conf/conf.h"
#include "policy/cache_key.h"
#include "policy/cache_note.h"
#include "policy/cache_terms.h"
#include "store/store.h"

static int by_print(const void *one, const void *other)
{
	uint64_t a = ((const struct cache_print *)one)->fingerprint;
	uint64_t b = ((const struct cache_print *)other)->fingerprint;

	return a < b ? -1 : a > b;
}

bool cache_prints_of(
    const struct conf *c, struct arena *a, struct cache_prints *prints_out)
{
	struct cache_prints p = { .n = 0 };

	p.at = arena_alloc(a, (c->rule_n + 1) * sizeof(*p.at));
	if (p.at == NULL)
		return false;
	for (size_t i = 0; i < c->rule_n; i++)
		if (c->rules[i].cache.on)
			p.at[p.n++] = (struct cache_print){
				cache_fingerprint(&c->rules[i]), &c->rules[i]
			};
	qsort(p.at, p.n, sizeof(*p.at), by_print);
	*prints_out = p;
	return true;
}

static const struct rule *rule_of(
    struct slice written, const struct cache_prints *prints)
{
	struct cache_print wanted = { .fingerprint = 0 };
	const struct cache_print *found;

	for (size_t i = 0; i < written.len; i++) {
		int digit = ascii_hex(written.at[i]);

		if (digit < 0)
			return NULL;
		wanted.fingerprint = wanted.fingerprint << 4 | (unsigned)digit;
	}
	found = bsearch(
	    &wanted, prints->at, prints->n, sizeof(*prints->at), by_print);
	return found == NULL ? NULL : found->rule;
}

static bool read_key(
    struct slice key, struct slice *fingerprint_out, struct cache_entry *e)
{
	struct slice method;

	return slice_cut(&key, '\n', &method) &&
	    slice_cut(&key, '\n', &e->origin) &&
	    slice_cut(&key, '\n', &e->target) &&
	    slice_cut(&key, '\n', fingerprint_out) &&
	    slice_cut(&key, '\n', &e->mount) && slice_cut(&key, '\n', &e->rest);
}

bool cache_entry_read(const struct store_hit *hit,
    const struct cache_prints *prints, int64_t now_s,
    struct cache_entry *entry_out)
{
	const struct record *r = &hit->record;
	struct cache_entry e = { .rule = NULL };
	struct slice fingerprint;

	if (!read_key(r->key, &fingerprint, &e))
		return false;
	e.rule = rule_of(fingerprint, prints);
	e.stored = (struct cache_stored){ .status = r->status,
		.fields = &r->fields,
		.vary_key = r->variant,
		.length = (int64_t)r->body_bytes };
	e.timed = cache_note_read(r->note, &e.stored);
	if (e.timed) {
		e.age_s = cache_age(&e.stored.terms, now_s);
		e.ttl_s = cache_ttl(&e.stored.terms, now_s);
	}
	*entry_out = e;
	return true;
}

void cache_entry_print_url(const struct cache_entry *e, FILE *to)
{
	if (slice_starts(e->origin, LIT("://")))
		fputc('*', to);
	stored_print(e->origin, to);
	if (slice_ends(e->origin, LIT("://")))
		fputc('*', to);
	stored_print(e->target, to);
}

void cache_entry_print_lines(struct slice lines, FILE *to)
{
	struct slice line;

	while (slice_cut(&lines, '\n', &line)) {
		struct slice word;
		bool first = true;

		while (slice_cut(&line, ' ', &word)) {
			if (!first)
				fputc(' ', to);
			stored_print(word, to);
			first = false;
		}
		if (lines.len > 0)
			fputc(' ', to);
	}
}

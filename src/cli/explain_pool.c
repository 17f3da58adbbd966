/* Printing a pool. */
#include "cli/explain_pool.h"

#include "conf/conf.h"
#include "conf/pool.h"

/* One URL and no more: the request's own lines say it all. */
static bool is_plain(const struct pool *p)
{
	const struct server *s = p->servers;

	return p->server_n == 1 && !pool_is_section(p) && s->max == 0 &&
	    s->weight == 1 && !s->backup && !s->drain &&
	    s->origin.unix_path.len == 0;
}

static void print_choice(const struct pool *p, FILE *to)
{
	const struct balancing *b = &p->balancing;

	fprintf(to, "pool      [%.*s], %.*s:%u: %s", SLICE_ARG(p->name),
	    SLICE_ARG(p->file), p->line, balance_words[b->balance]);
	if (b->sticky)
		fprintf(to, ", sticky by a cookie");
	if (b->health_path.len > 0)
		fprintf(to, ", probed at %.*s every %lld ms",
		    SLICE_ARG(b->health_path),
		    (long long)b->health_interval_ms);
	fputc('\n', to);
}

static void print_server(const struct server *s, FILE *to)
{
	fprintf(to, "server    %.*s: %.*s", SLICE_ARG(s->name),
	    SLICE_ARG(s->origin.url));
	if (s->weight != 1)
		fprintf(to, " weight=%lld", (long long)s->weight);
	if (s->max != 0)
		fprintf(to, " max=%lld", (long long)s->max);
	fprintf(
	    to, "%s%s\n", s->backup ? " backup" : "", s->drain ? " drain" : "");
}

void explain_pool(const struct pool *p, FILE *to)
{
	if (p == NULL || is_plain(p))
		return;
	print_choice(p, to);
	for (size_t i = 0; i < p->server_n; i++)
		print_server(&p->servers[i], to);
}

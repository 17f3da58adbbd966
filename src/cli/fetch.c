/* fetch: one request the whole way, printed as it would reach the web
 * server.  The printer is a front like any other. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "cli/cli.h"
#include "cli/rules.h"
#include "conf/conf.h"
#include "engine/exchange.h"
#include "engine/worker.h"
#include "front/front.h"
#include "http/status.h"

#define PATH_BYTES    4096
#define REQUEST_BYTES (4 * 1024 * 1024)

struct printer {
	struct front front; /* first */
	struct ev_loop *loop;
	int status;
	bool whole;
};

static enum flow print_head(struct front *f, const struct response *r)
{
	((struct printer *)f)->status = r->status;
	printf("HTTP/1.1 %d %.*s\n", r->status,
	    SLICE_ARG(status_reason(r->status)));
	for (size_t i = 0; i < r->fields.n; i++)
		printf("%.*s: %.*s\n", SLICE_ARG(r->fields.at[i].name),
		    SLICE_ARG(r->fields.at[i].value));
	if (r->content_length != LENGTH_UNKNOWN)
		printf("Content-Length: %lld\n", (long long)r->content_length);
	putchar('\n');
	return FLOW_GO;
}

static enum flow print_body(struct front *f, struct slice s)
{
	(void)f;
	fwrite(s.at, 1, s.len, stdout);
	fflush(stdout);
	return ferror(stdout) ? FLOW_STOP : FLOW_GO;
}

static void print_finish(struct front *f, enum fault fault)
{
	struct printer *p = (struct printer *)f;

	p->whole = fault == FAULT_NONE;
	if (!p->whole)
		fprintf(stderr, "fingerpost fetch: %.*s\n",
		    SLICE_ARG(fault_words(fault)));
	ev_break(p->loop, EVBREAK_ALL);
}

static void print_pause(struct front *f, bool paused)
{
	(void)f; /* there is no content to pause */
	(void)paused;
}

static const struct front_ops print_ops = {
	.name = "print",
	.head = print_head,
	.body = print_body,
	.finish = print_finish,
	.content_pause = print_pause,
};

static int usage(void)
{
	fprintf(stderr,
	    "usage: fingerpost fetch [-c RULES] [-X METHOD] "
	    "[-H 'Name: value'] URL\n"
	    "URL is http://HOST/PATH, https://HOST/PATH or /PATH\n");
	return EXIT_USAGE;
}

/* The URL's parts; a bare path is asked of localhost. */
static bool take_url(struct request *r, struct slice url)
{
	size_t slash;

	r->scheme = LIT("http");
	r->authority = LIT("localhost");
	r->target = url;
	if (url.len > 0 && url.at[0] == '/')
		return true;
	if (slice_starts_nocase(url, LIT("https://")))
		r->scheme = LIT("https");
	else if (!slice_starts_nocase(url, LIT("http://")))
		return false;
	url = slice_from(url, r->scheme.len + 3);
	slash = slice_find(url, '/');
	r->authority = slice_upto(url, slash);
	r->target = slash == url.len ? LIT("/") : slice_from(url, slash);
	return r->authority.len > 0;
}

static bool add_field(struct request *r, struct arena *a, const char *text)
{
	struct field field;

	if (!field_parse(slice_of(text), &field)) {
		fprintf(stderr,
		    "fingerpost fetch: -H takes 'Name: value', not \"%s\"\n",
		    text);
		return false;
	}
	if (slice_eq_nocase(field.name, LIT("Host")))
		r->authority = field.value;
	return field_add(&r->fields, a, field.name, field.value);
}

/* A folder that root makes is root's, and the web server's user would be left
 * without one. */
static bool would_make_folder(const struct conf *c)
{
	if (c->storage.path.len == 0 || geteuid() != 0 ||
	    access(c->storage.path.at, F_OK) == 0)
		return false;
	fprintf(stderr,
	    "fingerpost fetch: there is no %s yet, and it would be root's: "
	    "going without a cache\n",
	    c->storage.path.at);
	return true;
}

static int run(const char *rules, struct arena *a, struct request *r)
{
	struct printer p = { .front = { &print_ops } };
	struct worker_options options = { .program = "fingerpost" };
	char path[PATH_BYTES];
	struct worker *w = NULL;
	void *exchange;

	options.rules_path = rules_find(rules, path, sizeof(path));
	if (options.rules_path != NULL)
		options.conf = rules_load(options.rules_path);
	if (options.conf != NULL) {
		options.uncached = would_make_folder(options.conf);
		w = worker_new(&options);
	}
	if (w == NULL) {
		arena_free(a);
		return 1;
	}
	p.loop = w->loop;
	exchange = exchange_events.arrived(w, &p.front, a, r, 0);
	if (exchange != NULL)
		ev_run(w->loop, 0);
	worker_free(w);
	return p.whole && p.status < 400 ? 0 : 1;
}

int cli_fetch(int argc, char **argv)
{
	struct arena *a = arena_new(REQUEST_BYTES);
	struct request *r = a == NULL ? NULL : arena_zero(a, sizeof(*r));
	const char *rules = NULL;
	bool ok = r != NULL;
	int c;

	if (!ok)
		return 1;
	r->method = LIT("GET");
	r->protocol = LIT("HTTP/1.1");
	r->client_addr = LIT("127.0.0.1");
	while (ok && (c = getopt(argc, argv, "c:X:H:")) != -1) {
		switch (c) {
		case 'c':
			rules = optarg;
			break;
		case 'X':
			r->method = slice_of(optarg);
			ok = field_name_valid(r->method);
			break;
		case 'H':
			ok = add_field(r, a, optarg);
			break;
		default:
			ok = false;
		}
	}
	if (!ok || optind != argc - 1 || !take_url(r, slice_of(argv[optind]))) {
		arena_free(a);
		return usage();
	}
	return run(rules, a, r);
}

/* serve, and the two lives under a web server that starts us. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/slice.h"
#include "cli/cli.h"
#include "cli/rules.h"
#include "conf/conf.h"
#include "engine/master.h"
#include "engine/worker.h"
#include "front/listen.h"

#define PATH_BYTES 4096

struct serve_options {
	const char *rules;
	const char *listen;
	size_t workers;
	unsigned mode; /* of a unix socket */
};

static int usage(void)
{
	fprintf(stderr,
	    "usage: fingerpost serve [-c RULES] --listen unix:PATH|HOST:PORT "
	    "[--workers N] [--socket-mode OCTAL]\n");
	return EXIT_USAGE;
}

static bool parse_workers(const char *text, size_t *workers_out)
{
	uint64_t n;

	if (!slice_to_u64(slice_of(text), &n) || n < 1 || n > 1024) {
		fprintf(stderr,
		    "fingerpost serve: --workers takes a number from 1 to "
		    "1024, not \"%s\"\n",
		    text);
		return false;
	}
	*workers_out = (size_t)n;
	return true;
}

static bool parse_mode(const char *text, unsigned *mode_out)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (*text < '0' || *text > '7' || *end != '\0' || mode > 0777) {
		fprintf(stderr,
		    "fingerpost serve: --socket-mode takes an octal mode as "
		    "in 0660, not \"%s\"\n",
		    text);
		return false;
	}
	*mode_out = (unsigned)mode;
	return true;
}

static bool parse(int argc, char **argv, struct serve_options *o)
{
	static const struct option names[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "workers", required_argument, NULL, 'w' },
		{ "socket-mode", required_argument, NULL, 'm' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:", names, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->rules = optarg;
			break;
		case 'l':
			o->listen = optarg;
			break;
		case 'w':
			if (!parse_workers(optarg, &o->workers))
				return false;
			break;
		case 'm':
			if (!parse_mode(optarg, &o->mode))
				return false;
			break;
		default:
			return false;
		}
	}
	return optind == argc && o->listen != NULL;
}

int cli_serve(int argc, char **argv)
{
	struct serve_options o = { .mode = 0666 };
	struct master_options master = { .program = "fingerpost" };
	char path[PATH_BYTES];
	char why[256];
	bool in_worker;
	int code;

	if (!parse(argc, argv, &o))
		return usage();
	master.workers = o.workers;
	master.rules_path = rules_find(o.rules, path, sizeof(path));
	if (master.rules_path == NULL)
		return 1;
	master.conf = rules_load(master.rules_path);
	if (master.conf == NULL)
		return 1;
	master_block(&master.mask);
	master.listen_fd =
	    listen_open(o.listen, (mode_t)o.mode, why, sizeof(why));
	if (master.listen_fd < 0) {
		fprintf(stderr, "fingerpost serve: cannot listen on %s: %s\n",
		    o.listen, why);
		conf_free(master.conf);
		return 1;
	}
	code = master_run(&master, &in_worker);
	if (!in_worker)
		listen_remove(o.listen);
	return code;
}

static struct worker *worker_of(
    const char *rules, const char *program, char *path, size_t size)
{
	struct worker_options options = { .program = program };

	options.rules_path = rules_find(rules, path, size);
	if (options.rules_path == NULL)
		return NULL;
	options.conf = rules_load(options.rules_path);
	return options.conf == NULL ? NULL : worker_new(&options);
}

int cli_fastcgi(int argc, char **argv)
{
	const char *rules = NULL;
	char path[PATH_BYTES];
	struct worker *w;
	bool ok;
	int c;

	while ((c = getopt(argc, argv, "c:")) != -1) {
		if (c != 'c') {
			fprintf(stderr, "usage: fingerpost [-c RULES]\n");
			return EXIT_USAGE;
		}
		rules = optarg;
	}
	w = worker_of(rules, argv[0], path, sizeof(path));
	ok = w != NULL && worker_serve(w, STDIN_FILENO);
	worker_free(w);
	return ok ? 0 : 1;
}

int cli_cgi(const char *program)
{
	extern char **environ;
	char path[PATH_BYTES];
	struct worker *w = worker_of(NULL, program, path, sizeof(path));
	bool ok = w != NULL && worker_cgi(w, environ);

	/* Whoever asked learns that it is the rules; why is in the log. */
	if (w == NULL)
		puts("Status: 500 Internal Server Error\r\n"
		     "Content-Type: text/plain\r\n\r\n"
		     "The rules of this gateway are broken; its error log "
		     "says where.");
	worker_free(w);
	return ok ? 0 : 1;
}

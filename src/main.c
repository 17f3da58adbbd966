/* The entrance: which of the program's lives this call is.
 *
 * Under CGI the command line is not looked at: a web server may put there
 * what a client wrote behind the "?" (RFC 3875 section 4.4). */
#include <fcgiapp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "serve", cli_serve },
	{ "check", cli_check },
	{ "explain", cli_explain },
	{ "fetch", cli_fetch },
	{ "purge", cli_purge },
	{ "cache", cli_cache },
};

#define COMMAND_N (sizeof(commands) / sizeof(commands[0]))

static int usage(FILE *to)
{
	fprintf(to,
	    "usage: fingerpost serve   [-c RULES] --listen "
	    "unix:PATH|HOST:PORT [--workers N]\n"
	    "       fingerpost check   [-c RULES]\n"
	    "       fingerpost explain [-c RULES] [-X METHOD] "
	    "[-H 'Name: value'] URL\n"
	    "       fingerpost fetch   [-c RULES] [-X METHOD] "
	    "[-H 'Name: value'] URL\n"
	    "       fingerpost purge   [-c RULES] URL... | --prefix URL... | "
	    "--tag TAG... | --all\n"
	    "       fingerpost cache   [-c RULES] "
	    "[-H 'Name: value'] [URL]\n"
	    "       fingerpost --version\n"
	    "Under a web server it needs no command: see fingerpost(8).\n");
	return to == stdout ? 0 : EXIT_USAGE;
}

/* A listening socket on descriptor 0.  To ask, libfcgi initialises itself
 * and takes SIGTERM, SIGUSR1 and SIGPIPE: a SIGTERM that came before a worker
 * has its own handler would be swallowed. */
static bool is_fastcgi(void)
{
	bool fastcgi = !FCGX_IsCGI();

	signal(SIGTERM, SIG_DFL);
	signal(SIGUSR1, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	return fastcgi;
}

/* What could not be printed was not said. */
static int printed(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	perror("fingerpost: standard output");
	return code == 0 ? 1 : code;
}

int main(int argc, char **argv)
{
	bool fastcgi = is_fastcgi();

	/* write() says EFBIG then, and whoever writes knows what to do. */
	signal(SIGXFSZ, SIG_IGN);

	if (!fastcgi && getenv("GATEWAY_INTERFACE") != NULL)
		return cli_cgi(argv[0]);
	if (argc > 1) {
		for (size_t i = 0; i < COMMAND_N; i++)
			if (strcmp(argv[1], commands[i].name) == 0)
				return printed(
				    commands[i].run(argc - 1, argv + 1));
		if (strcmp(argv[1], "--help") == 0 ||
		    strcmp(argv[1], "help") == 0)
			return usage(stdout);
		if (strcmp(argv[1], "--version") == 0) {
			puts("fingerpost " VERSION);
			return 0;
		}
	}
	if (fastcgi)
		return cli_fastcgi(argc, argv);
	if (argc > 1)
		fprintf(
		    stderr, "fingerpost: unknown command \"%s\"\n", argv[1]);
	return usage(stderr);
}

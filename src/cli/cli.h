/* The subcommands.  Each takes its own arguments, argv[0] being its name,
 * and returns the program's exit code: 0, 1 for a fault it reported on
 * standard error, 2 for wrong usage. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#define EXIT_USAGE 2

int cli_serve(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_explain(int argc, char **argv);
int cli_fetch(int argc, char **argv);
int cli_cache(int argc, char **argv);
int cli_purge(int argc, char **argv);

/* The lives without a command: a listening socket on descriptor 0 (-c names
 * the rules), and one CGI request. */
int cli_fastcgi(int argc, char **argv);
int cli_cgi(const char *program);

#endif

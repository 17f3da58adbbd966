/* The parent of `serve`: starts workers, replaces one that dies, validates
 * edited rules before they reach the workers, ends when they have ended. */
#ifndef ENGINE_MASTER_H
#define ENGINE_MASTER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

struct conf;

struct master_options {
	struct conf *conf; /* taken; a worker starts with the last good one */
	const char *rules_path;
	const char *program; /* argv[0] */
	int listen_fd;
	size_t workers; /* 0: as the rules say, or one a processor */
	sigset_t mask;  /* what master_block() found: the workers' own */
};

/* Blocks the signals that master_run() waits for, until then.  To be called
 * before the socket is there to be seen: who sees it may say stop. */
void master_block(sigset_t *mask_out);

/* Returns an exit code when told to stop by SIGTERM or SIGINT and all
 * workers are gone.  Returns in each worker's process, too: then
 * *in_worker_out is true. */
int master_run(const struct master_options *o, bool *in_worker_out);

#endif

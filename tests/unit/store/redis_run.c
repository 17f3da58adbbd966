/* Starting, asking and ending a server. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "tests/unit/store/redis_run.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#define WAIT_STEPS 1000
#define STEP_NS    10000000

/* ---- a server ---- */

static void become_server(const struct daemon *s)
{
	int nowhere = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(nowhere, 0);
	dup2(nowhere, 1);
	execlp("redis-server", "redis-server", "--port", "0", "--unixsocket",
	    s->socket, "--save", "", "--appendonly", "no", "--dir", s->folder,
	    "--logfile", "/dev/null", (char *)NULL);
	_exit(127);
}

static redisContext *open_raw(const struct daemon *s)
{
	redisContext *c = redisConnectUnix(s->socket);

	if (c != NULL && c->err == 0)
		return c;
	if (c != NULL)
		redisFree(c);
	return NULL;
}

static bool answers(const struct daemon *s)
{
	redisContext *c = open_raw(s);
	redisReply *r = c == NULL ? NULL : redisCommand(c, "PING");
	bool good = r != NULL && r->type == REDIS_REPLY_STATUS;

	if (r != NULL)
		freeReplyObject(r);
	if (c != NULL)
		redisFree(c);
	return good;
}

bool server_start(struct daemon *s)
{
	if (s->folder[0] == '\0') {
		snprintf(
		    s->folder, sizeof(s->folder), "/tmp/redis-test-XXXXXX");
		if (mkdtemp(s->folder) == NULL)
			return false;
		snprintf(s->socket, sizeof(s->socket), "%s/socket", s->folder);
	}
	s->pid = fork();
	if (s->pid == 0)
		become_server(s);
	for (int i = 0; i < WAIT_STEPS && s->pid > 0; i++) {
		struct timespec step = { 0, STEP_NS };

		if (answers(s))
			return true;
		if (waitpid(s->pid, NULL, WNOHANG) == s->pid)
			s->pid = 0;
		nanosleep(&step, NULL);
	}
	server_kill(s);
	return false;
}

void server_kill(struct daemon *s)
{
	if (s->pid > 0) {
		kill(s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
	}
	s->pid = 0;
}

void server_remove(struct daemon *s)
{
	server_kill(s);
	if (s->folder[0] != '\0')
		scene_remove(s->folder);
}

static redisReply *say(
    const struct daemon *s, redisContext **c, const char *command)
{
	redisReply *r;

	*c = open_raw(s);
	assert_non_null(*c);
	r = redisCommand(*c, command);
	assert_non_null(r);
	return r;
}

void server_say(const struct daemon *s, const char *command, char answer[256])
{
	redisContext *c;
	redisReply *r = say(s, &c, command);

	snprintf(answer, 256, "%.*s", (int)r->len, r->len > 0 ? r->str : "");
	freeReplyObject(r);
	redisFree(c);
}

long long server_number(const struct daemon *s, const char *command)
{
	redisContext *c;
	redisReply *r = say(s, &c, command);
	long long n = r->type == REDIS_REPLY_INTEGER ? r->integer :
						       (long long)r->elements;

	freeReplyObject(r);
	redisFree(c);
	return n;
}

long long server_keys(const struct daemon *s, const char *begin)
{
	char command[128];

	snprintf(command, sizeof(command), "KEYS %s*", begin);
	return server_number(s, command);
}

struct store *server_store(const struct daemon *s, const char *prefix,
    uint64_t max_body_bytes, int64_t wait_ms)
{
	struct redis_plan plan = {
		.where = { .host = LIT(""),
		    .path = slice_of(s->socket),
		    .password = LIT(""),
		    .prefix = slice_of(prefix),
		    .wait_ms = wait_ms },
		.max_body_bytes = max_body_bytes,
	};

	return redis_open(&plan, NOW);
}

/* ---- scenes ---- */

static struct daemon the_server;
static unsigned scenes;

struct daemon *redis_server(void)
{
	return &the_server;
}

int redis_group_set_up(void **state)
{
	(void)state;
	return server_start(&the_server) ? 0 : -1;
}

int redis_group_tear_down(void **state)
{
	(void)state;
	server_remove(&the_server);
	memset(&the_server, 0, sizeof(the_server));
	return 0;
}

/* A machine that is busy is no reason to fail. */
static struct store *open_here(
    const struct scene *s, uint64_t max_bytes, uint64_t max_body_bytes)
{
	(void)max_bytes;
	return server_store(&the_server, s->path, max_body_bytes, 1000);
}

int redis_set_up(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -1;
	snprintf(s->path, sizeof(s->path), "test%u", scenes++);
	s->open = open_here;
	s->now_ms = NOW;
	s->arena = arena_new(1 << 24);
	s->store = scene_open(s, 1 << 30, 1 << 24, false);
	*state = s;
	if (s->store == NULL || s->arena == NULL)
		return -1;
	/* Nothing is stored that was asked for before anything was known. */
	scene_find(s, LIT("none"));
	return 0;
}

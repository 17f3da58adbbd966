/* A real redis-server for tests, on a socket in a folder of its own. */
#ifndef TESTS_UNIT_STORE_REDIS_RUN_H
#define TESTS_UNIT_STORE_REDIS_RUN_H

#include <sys/types.h>

#include "store/redis.h"
#include "tests/unit/store/files_run.h"

struct daemon {
	char folder[64];
	char socket[96];
	pid_t pid; /* 0: it does not run */
};

/* Waits until it answers; false: it cannot be had. */
bool server_start(struct daemon *s);

/* With SIGKILL. */
void server_kill(struct daemon *s);
void server_remove(struct daemon *s);

/* A command in words; its answer as text or number, "" for none. */
void server_say(const struct daemon *s, const char *command, char answer[256]);
long long server_number(const struct daemon *s, const char *command);

/* How many keys begin so. */
long long server_keys(const struct daemon *s, const char *begin);

/* A store there; wait_ms 0: the usual. */
struct store *server_store(const struct daemon *s, const char *prefix,
    uint64_t max_body_bytes, int64_t wait_ms);

/* cmocka's: for a group, the server; for a test, a scene on it whose folder is
 * none.  Without one at all, the tests are skipped. */
int redis_group_set_up(void **state);
int redis_group_tear_down(void **state);
int redis_set_up(void **state);
struct daemon *redis_server(void);

#endif

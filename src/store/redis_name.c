/* Asking for addresses. */
#include "store/redis_name.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct question {
	int answer; /* the thread's end */
	char port[8];
	char host[];
};

static void look_up(const char *host, const char *port, int flags,
    struct redis_addresses *addresses_out)
{
	const struct addrinfo hints = {
		.ai_flags = flags | AI_NUMERICSERV,
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
	};
	struct redis_addresses *all = addresses_out;
	struct addrinfo *list = NULL;

	memset(all, 0, sizeof(*all));
	if (getaddrinfo(host, port, &hints, &list) != 0)
		return;
	for (const struct addrinfo *i = list;
	     i != NULL && all->n < REDIS_ADDRESSES_MAX; i = i->ai_next) {
		if (i->ai_addrlen > sizeof(all->at[0].at))
			continue;
		memcpy(&all->at[all->n].at, i->ai_addr, i->ai_addrlen);
		all->at[all->n++].n = i->ai_addrlen;
	}
	freeaddrinfo(list);
}

/* The question is the thread's alone, and the socket all that it shares: so
 * nobody waits for anybody, and a caller who has gone is no harm. */
static void *answer(void *user)
{
	struct question *q = user;
	struct redis_addresses found;

	look_up(q->host, q->port, 0, &found);
	(void)!send(q->answer, &found, sizeof(found), MSG_NOSIGNAL);
	close(q->answer);
	free(q);
	return NULL;
}

static bool start(struct question *q)
{
	pthread_attr_t detached;
	pthread_t thread;
	sigset_t all;
	sigset_t before;
	bool started;

	if (pthread_attr_init(&detached) != 0)
		return false;
	/* Signals are for the loop. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	started = pthread_create(&thread, &detached, answer, q) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&detached);
	return started;
}

int redis_name_ask(const char *host, unsigned port)
{
	size_t n = strlen(host) + 1;
	struct question *q = malloc(sizeof(*q) + n);
	int ends[2];

	if (q == NULL)
		return -1;
	memcpy(q->host, host, n);
	snprintf(q->port, sizeof(q->port), "%u", port % 65536);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
		free(q);
		return -1;
	}
	q->answer = ends[1];
	if (start(q))
		return ends[0];
	close(ends[0]);
	close(ends[1]);
	free(q);
	errno = EAGAIN;
	return -1;
}

bool redis_name_take(int fd, struct redis_addresses *addresses_out)
{
	ssize_t n =
	    recv(fd, addresses_out, sizeof(*addresses_out), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n != (ssize_t)sizeof(*addresses_out))
		addresses_out->n = 0;
	return true;
}

bool redis_name_numeric(
    const char *host, unsigned port, struct redis_addresses *addresses_out)
{
	char digits[8];

	snprintf(digits, sizeof(digits), "%u", port % 65536);
	look_up(host, digits, AI_NUMERICHOST, addresses_out);
	return addresses_out->n > 0;
}

/* The addresses of a server, without waiting for whoever knows them: a thread
 * asks, for getaddrinfo() may take many seconds. */
#ifndef STORE_REDIS_NAME_H
#define STORE_REDIS_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define REDIS_ADDRESSES_MAX 8u

struct redis_address {
	socklen_t n;
	union {
		struct sockaddr any;
		struct sockaddr_storage room;
	} at;
};

struct redis_addresses {
	struct redis_address at[REDIS_ADDRESSES_MAX];
	size_t n;
};

/* A descriptor that becomes readable when the answer is there, and is closed
 * by the caller at any time; -1, errno set. */
int redis_name_ask(const char *host, unsigned port);

/* False: not yet.  Where there are none, n is 0. */
bool redis_name_take(int fd, struct redis_addresses *addresses_out);

/* Those of what is no name but an address; false: it is a name. */
bool redis_name_numeric(
    const char *host, unsigned port, struct redis_addresses *addresses_out);

#endif

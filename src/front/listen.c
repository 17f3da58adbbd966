/* Opening the listening socket.
 *
 * Not FCGX_OpenSocket(): see doc/decisions/0003-listening. */
#include "front/listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/slice.h"

#define BACKLOG 1024

static bool unix_address(
    const char *path, struct sockaddr_un *to, char *why, size_t why_size)
{
	memset(to, 0, sizeof(*to));
	to->sun_family = AF_UNIX;
	if (*path == '\0' || strlen(path) >= sizeof(to->sun_path)) {
		snprintf(why, why_size,
		    "the path of a unix socket has 1 to %zu bytes",
		    sizeof(to->sun_path) - 1);
		return false;
	}
	memcpy(to->sun_path, path, strlen(path));
	return true;
}

/* Removes a socket file that nobody listens on any more. */
static bool remove_stale(
    const struct sockaddr_un *at, char *why, size_t why_size)
{
	struct stat status;
	bool answered;
	int fd;

	if (lstat(at->sun_path, &status) < 0)
		return true;
	if (!S_ISSOCK(status.st_mode)) {
		snprintf(why, why_size, "it exists and is not a socket");
		return false;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	answered = fd >= 0 &&
	    connect(fd, (const struct sockaddr *)at, sizeof(*at)) == 0;
	if (fd >= 0)
		close(fd);
	if (answered) {
		snprintf(why, why_size, "another process listens on it");
		return false;
	}
	if (unlink(at->sun_path) < 0) {
		snprintf(why, why_size, "%s", strerror(errno));
		return false;
	}
	return true;
}

static int listen_unix(
    const char *path, mode_t mode, char *why, size_t why_size)
{
	struct sockaddr_un at;
	int fd;

	if (!unix_address(path, &at, why, why_size) ||
	    !remove_stale(&at, why, why_size))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 ||
	    chmod(path, mode) < 0 || listen(fd, BACKLOG) < 0) {
		snprintf(why, why_size, "%s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

static int listen_on(const struct addrinfo *at)
{
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	on = errno;
	close(fd);
	errno = on;
	return -1;
}

static int listen_tcp(const char *address, char *why, size_t why_size)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	const char *colon = strrchr(address, ':');
	char host[256];
	size_t len;
	int fd = -1;
	int bad;

	if (colon == NULL || colon[1] == '\0' ||
	    (size_t)(colon - address) >= sizeof(host)) {
		snprintf(why, why_size,
		    "expected unix:PATH or HOST:PORT, as in 127.0.0.1:9000");
		return -1;
	}
	len = (size_t)(colon - address);
	memcpy(host, address, len);
	host[len] = '\0';
	if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
		memmove(host, host + 1, len - 2);
		host[len - 2] = '\0';
	}
	bad = getaddrinfo(*host == '\0' || strcmp(host, "*") == 0 ? NULL : host,
	    colon + 1, &hints, &found);
	if (bad != 0) {
		snprintf(why, why_size, "%s", gai_strerror(bad));
		return -1;
	}
	for (struct addrinfo *at = found; at != NULL && fd < 0;
	     at = at->ai_next)
		fd = listen_on(at);
	if (fd < 0)
		snprintf(why, why_size, "%s", strerror(errno));
	freeaddrinfo(found);
	return fd;
}

int listen_open(const char *address, mode_t mode, char *why, size_t why_size)
{
	if (strncmp(address, "unix:", 5) == 0)
		return listen_unix(address + 5, mode, why, why_size);
	return listen_tcp(address, why, why_size);
}

void listen_remove(const char *address)
{
	if (strncmp(address, "unix:", 5) == 0)
		(void)unlink(address + 5);
}

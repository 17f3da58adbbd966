/* One connection after the other, one request each. */
#include "tests/unit/engine/metadata.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CREDENTIALS "/latest/meta-data/iam/security-credentials/"

static void reply(struct metadata *m, int fd, int status, const char *body)
{
	time_t now = time(NULL) + atomic_load(&m->clock_s);
	char date[64] = "";
	char head[256];
	struct tm utc;
	int n;

	gmtime_r(&now, &utc);
	if (atomic_load(&m->clock_s) != 0)
		strftime(date, sizeof(date),
		    "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc);
	n = snprintf(head, sizeof(head),
	    "HTTP/1.1 %d X\r\nConnection: close\r\nContent-Length: %zu\r\n"
	    "%s\r\n",
	    status, strlen(body), date);
	if (write(fd, head, (size_t)n) == n)
		(void)!write(fd, body, strlen(body));
}

static void reply_keys(struct metadata *m, int fd)
{
	const char *body = atomic_load(&m->body);
	int status = atomic_load(&m->status);
	int life_s = atomic_load(&m->life_s);
	char end[64] = "";
	char text[512];
	time_t ends = time(NULL) + atomic_load(&m->clock_s) + life_s;
	struct tm utc;
	int n;

	if (body != NULL || status != 0) {
		reply(m, fd, status == 0 ? 200 : status,
		    body == NULL ? "no" : body);
		return;
	}
	n = atomic_fetch_add(&m->keys, 1) + 1;
	if (life_s != 0) {
		gmtime_r(&ends, &utc);
		strftime(end, sizeof(end),
		    ",\"Expiration\":\"%Y-%m-%dT%H:%M:%SZ\"", &utc);
	}
	atomic_store(&m->ends_s[n % 64], life_s == 0 ? 0 : (long long)ends);
	snprintf(text, sizeof(text),
	    "{\"Code\":\"Success\",\"AccessKeyId\":\"AKID%d\","
	    "\"SecretAccessKey\":\"" SECRET_MARK "\\/%d\","
	    "\"Token\":\"" SECRET_MARK "/session/%d\"%s}",
	    n, n, n, end);
	reply(m, fd, 200, text);
	explicit_bzero(text, sizeof(text));
}

/* "Name: value" of a head, whatever the case of the name. */
static bool has_field(const char *head, const char *line)
{
	const char *found = strcasestr(head, line);

	return found != NULL && found[-1] == '\n' &&
	    strncmp(found + strlen(line), "\r\n", 2) == 0;
}

static void reply_token(struct metadata *m, int fd, const char *head)
{
	const char *token = atomic_load(&m->token);
	char text[64];

	if (!has_field(head, "X-aws-ec2-metadata-token-ttl-seconds: 21600") ||
	    !has_field(head, "Content-Length: 0"))
		atomic_fetch_add(&m->odd, 1);
	snprintf(text, sizeof(text), SECRET_MARK "/token/%d",
	    atomic_fetch_add(&m->tokens, 1) + 1);
	reply(m, fd, 200, token == NULL ? text : token);
}

static void answer(struct metadata *m, int fd, const char *head)
{
	const char *role = atomic_load(&m->role);
	char token[96];
	bool with_token;

	snprintf(token, sizeof(token),
	    "X-aws-ec2-metadata-token: " SECRET_MARK "/token/%d",
	    atomic_load(&m->tokens));
	with_token = has_field(head, token);
	if (strncmp(head, "PUT /latest/api/token HTTP/1.1\r\n", 32) == 0) {
		reply_token(m, fd, head);
	} else if (strncmp(head, "GET /container?x=1 ", 19) == 0) {
		if (!has_field(head, "Authorization: " CONTAINER_AUTHORIZATION))
			atomic_fetch_add(&m->odd, 1);
		reply_keys(m, fd);
	} else if (with_token && atomic_load(&m->refusals) > 0) {
		atomic_fetch_sub(&m->refusals, 1);
		reply(m, fd, 401, "no");
	} else if (with_token &&
	    strncmp(head, "GET " CREDENTIALS " ", 48) == 0) {
		reply(m, fd, 200, role == NULL ? "our+role@x\r\nother" : role);
	} else if (with_token &&
	    strncmp(head, "GET " CREDENTIALS "our+role@x ", 58) == 0) {
		reply_keys(m, fd);
	} else {
		atomic_fetch_add(&m->odd, 1);
		reply(m, fd, with_token ? 404 : 401, "no");
	}
}

static void converse(struct metadata *m, int fd)
{
	char head[16384];
	size_t len = 0;
	ssize_t n = 1;

	memset(head, 0, sizeof(head));
	while (n > 0 && len < sizeof(head) - 1 &&
	    strstr(head, "\r\n\r\n") == NULL) {
		n = read(fd, head + len, sizeof(head) - 1 - len);
		if (n > 0)
			len += (size_t)n;
	}
	atomic_fetch_add(&m->asked, 1);
	if (atomic_load(&m->delay_ms) > 0)
		poll(NULL, 0, atomic_load(&m->delay_ms));
	if (!atomic_load(&m->down) && strstr(head, "\r\n\r\n") != NULL)
		answer(m, fd, head);
	explicit_bzero(head, sizeof(head));
}

static void *serve(void *user)
{
	struct metadata *m = user;

	while (!atomic_load(&m->stop)) {
		struct pollfd ready = { m->fd, POLLIN, 0 };
		int fd;

		if (poll(&ready, 1, 20) <= 0)
			continue;
		fd = accept(m->fd, NULL, NULL);
		if (fd < 0)
			continue;
		converse(m, fd);
		close(fd);
	}
	return NULL;
}

bool metadata_start(struct metadata *m)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	socklen_t len = sizeof(name);

	memset(m, 0, sizeof(*m));
	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	m->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (m->fd < 0 ||
	    bind(m->fd, (struct sockaddr *)&name, sizeof(name)) < 0 ||
	    listen(m->fd, 64) < 0 ||
	    getsockname(m->fd, (struct sockaddr *)&name, &len) < 0)
		return false;
	m->port = ntohs(name.sin_port);
	return pthread_create(&m->thread, NULL, serve, m) == 0;
}

void metadata_stop(struct metadata *m)
{
	atomic_store(&m->stop, true);
	pthread_join(m->thread, NULL);
	close(m->fd);
}

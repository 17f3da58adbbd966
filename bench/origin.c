/* The benchmark's origin: an HTTP/1.1 server that costs next to nothing, so
 * that what is measured is the proxy before it.
 *
 * One thread, epoll, GET only; requests with a body are not understood.
 * Paths: /1k /16k /256k /1m /4m (bytes), /text (16 KiB of plain text), /slow
 * (1 KiB, 200 ms late), and files of one's own, all fresh for an hour; /swr,
 * as late and fresh for a second, then usable stale for ten minutes; /herd,
 * 16 KiB a second late; /count, how many requests there were for any of the
 * others.  A query changes nothing.  Prints its port and serves until it is
 * killed.
 *
 * Usage: origin [PATH TYPE FILE]... */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define HEAD_MAX   8192
#define EVENTS_MAX 256
#define SLOW_MS    200
#define HERD_MS    1000
#define BYTES      "application/octet-stream"

struct page {
	const char *path;
	const char *type;
	size_t size;
	int64_t delay_ms;
	const char *cache_control; /* NULL: fresh for an hour */
	char head[2][320];         /* kept, closed */
	char *body;
	struct connection *late_head; /* who waits for it, in order */
	struct connection **late_tail;
};

#define PAGES_MAX 16

static struct page pages[PAGES_MAX] = {
	{ .path = "/1k", .type = BYTES, .size = 1024 },
	{ .path = "/16k", .type = BYTES, .size = 16384 },
	{ .path = "/256k", .type = BYTES, .size = 262144 },
	{ .path = "/1m", .type = BYTES, .size = 1048576 },
	{ .path = "/4m", .type = BYTES, .size = 4194304 },
	{ .path = "/text", .type = "text/plain", .size = 16384 },
	{ .path = "/slow", .type = BYTES, .size = 1024, .delay_ms = SLOW_MS },
	{ .path = "/swr",
	    .type = BYTES,
	    .size = 1024,
	    .delay_ms = SLOW_MS,
	    .cache_control = "max-age=1, stale-while-revalidate=600" },
	{ .path = "/herd", .type = BYTES, .size = 16384, .delay_ms = HERD_MS },
};

static size_t pages_n = 9;
static uint64_t answered; /* requests for pages */

struct connection {
	int fd;
	char in[HEAD_MAX];
	size_t in_len;
	struct page *page; /* what is being answered, or NULL */
	bool close;
	bool waiting; /* in the queue of late answers */
	bool gone;    /* its client left while it was in the queue */
	size_t sent;
	int64_t due_ms;
	struct connection *next; /* in that queue */
};

static int poller;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Text with the repetitions of a page of prose, the same at every start. */
static void fill_text(char *at, size_t size)
{
	static const char *const words[] = { "the", "road", "to", "a", "hotel",
		"by", "sea", "and", "mountain", "pet", "car", "with",
		"signpost", "where", "path", "leads", "origin", "shows",
		"prefix", "of", "station", "morning", "under", "window",
		"street", "never", "before", "letter", "garden", "which",
		"answer", "house" };
	uint32_t seed = 12345;
	size_t used = 0;

	while (used < size) {
		const char *word;
		int n;

		seed = seed * 1664525 + 1013904223;
		word = words[seed >> 27];
		n = snprintf(at + used, size - used, "%s%c", word,
		    (seed >> 20 & 15) == 0 ? '\n' : ' ');
		used += (size_t)n;
	}
	at[size - 1] = '\n';
}

static void fill_bytes(char *at, size_t size)
{
	uint32_t seed = 67890;

	for (size_t i = 0; i < size; i++) {
		seed = seed * 1664525 + 1013904223;
		at[i] = (char)(seed >> 24);
	}
}

static void fill_page(struct page *p)
{
	p->body = malloc(p->size);
	if (!p->body)
		die("malloc");
	if (strcmp(p->type, "text/plain") == 0)
		fill_text(p->body, p->size);
	else
		fill_bytes(p->body, p->size);
}

static void page_read(const char *path, const char *type, const char *name)
{
	FILE *file = fopen(name, "rb");
	struct page *p = &pages[pages_n];
	long size;

	if (pages_n == PAGES_MAX)
		errno = E2BIG;
	if (!file || pages_n == PAGES_MAX || fseek(file, 0, SEEK_END) != 0)
		die(name);
	size = ftell(file);
	rewind(file);
	*p = (struct page){ .path = path, .type = type, .size = (size_t)size };
	p->body = malloc(p->size);
	if (!p->body || fread(p->body, 1, p->size, file) != p->size)
		die(name);
	fclose(file);
	pages_n++;
}

static void pages_fill(void)
{
	for (size_t i = 0; i < pages_n; i++) {
		pages[i].late_tail = &pages[i].late_head;
		if (!pages[i].body)
			fill_page(&pages[i]);
	}
}

/* Of the same lengths each time: a head may be on its way. */
static void heads_make(time_t now)
{
	char date[64];
	struct tm t;

	gmtime_r(&now, &t);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &t);
	for (size_t i = 0; i < pages_n; i++) {
		struct page *p = &pages[i];

		for (int close = 0; close < 2; close++)
			snprintf(p->head[close], sizeof(p->head[close]),
			    "HTTP/1.1 200 OK\r\nServer: origin\r\n"
			    "Date: %s\r\nCache-Control: %s\r\n"
			    "Content-Type: %s\r\nContent-Length: %zu\r\n%s\r\n",
			    date,
			    p->cache_control ? p->cache_control :
					       "max-age=3600",
			    p->type, p->size,
			    close ? "Connection: close\r\n" : "");
	}
}

static void drop(struct connection *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	if (c->waiting)
		c->gone = true;
	else
		free(c);
}

static void watch(struct connection *c, int op, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = c };

	if (epoll_ctl(poller, op, c->fd, &e) < 0)
		die("epoll_ctl");
}

/* False when the connection was dropped. */
static bool send_page(struct connection *c)
{
	const struct page *p = c->page;
	size_t head_len = strlen(p->head[c->close]);

	while (c->sent < head_len + p->size) {
		struct iovec v[2];
		int n = 0;
		ssize_t wrote;

		if (c->sent < head_len) {
			v[n].iov_base = (char *)p->head[c->close] + c->sent;
			v[n++].iov_len = head_len - c->sent;
			v[n].iov_base = p->body;
			v[n++].iov_len = p->size;
		} else {
			v[n].iov_base = p->body + (c->sent - head_len);
			v[n++].iov_len = p->size - (c->sent - head_len);
		}
		wrote = writev(c->fd, v, n);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0 && errno == EAGAIN) {
			watch(c, EPOLL_CTL_MOD, EPOLLOUT);
			return true;
		}
		if (wrote < 0) {
			drop(c);
			return false;
		}
		c->sent += (size_t)wrote;
	}
	c->page = NULL;
	if (c->close) {
		drop(c);
		return false;
	}
	return true;
}

static bool has_token(const char *head, const char *name, const char *token)
{
	const char *line = strcasestr(head, name);
	const char *end = line ? strstr(line, "\r\n") : NULL;
	const char *hit = line ? strcasestr(line, token) : NULL;

	return hit && end && hit < end;
}

static bool is_path(const char *known, const char *path, size_t len)
{
	return len && strlen(known) == len && memcmp(known, path, len) == 0;
}

/* What no page answers: the count of requests, or a refusal. */
static void answer_once(struct connection *c, bool count)
{
	char number[32];
	char all[256];
	int n = snprintf(
	    number, sizeof(number), "%llu\n", (unsigned long long)answered);

	n = snprintf(all, sizeof(all),
	    "HTTP/1.1 %s\r\nContent-Length: %d\r\n"
	    "Connection: close\r\n\r\n%s",
	    count ? "200 OK" : "404 Not Found", count ? n : 0,
	    count ? number : "");
	if (write(c->fd, all, (size_t)n) < 0)
		perror("write");
	drop(c);
}

/* Answers the first request in c->in, if it is there whole. */
static bool answer(struct connection *c)
{
	char *end, *path, *path_end;
	size_t used, path_len;

	c->in[c->in_len] = '\0';
	end = strstr(c->in, "\r\n\r\n");
	if (!end) {
		if (c->in_len < HEAD_MAX - 1)
			return true;
		drop(c);
		return false;
	}
	end[2] = '\0';
	used = (size_t)(end + 4 - c->in);
	path = strchr(c->in, ' ');
	path_end = path ? strchr(++path, ' ') : NULL;
	path_len = path_end ? strcspn(path, "? ") : 0;
	for (size_t i = 0; i < pages_n; i++)
		if (is_path(pages[i].path, path, path_len))
			c->page = &pages[i];
	if (!c->page) {
		answer_once(c, is_path("/count", path, path_len));
		return false;
	}
	answered++;
	c->close = has_token(c->in, "\r\nConnection:", "close") ||
	    (memcmp(path_end, " HTTP/1.0\r", 10) == 0 &&
		!has_token(c->in, "\r\nConnection:", "keep-alive"));
	c->sent = 0;
	c->in_len -= used;
	memmove(c->in, c->in + used, c->in_len);
	if (c->page->delay_ms) {
		c->due_ms = now_ms() + c->page->delay_ms;
		c->waiting = true;
		c->next = NULL;
		*c->page->late_tail = c;
		c->page->late_tail = &c->next;
		return true;
	}
	return send_page(c);
}

static void serve(struct connection *c)
{
	if (c->page && !c->waiting) {
		if (!send_page(c))
			return;
		if (!c->page)
			watch(c, EPOLL_CTL_MOD, EPOLLIN);
	}
	for (;;) {
		ssize_t got;

		if (!c->page && c->in_len && !answer(c))
			return;
		if (c->page && !c->waiting)
			return;
		got = read(c->fd, c->in + c->in_len, HEAD_MAX - 1 - c->in_len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got <= 0) {
			drop(c);
			return;
		}
		c->in_len += (size_t)got;
		if (c->waiting)
			return;
	}
}

static void serve_due(struct page *p, int64_t now)
{
	while (p->late_head && p->late_head->due_ms <= now) {
		struct connection *c = p->late_head;

		p->late_head = c->next;
		if (!p->late_head)
			p->late_tail = &p->late_head;
		c->waiting = false;
		if (c->gone)
			free(c);
		else if (send_page(c) && !c->page)
			serve(c);
	}
}

/* Sends what is due; milliseconds until the next, or -1. */
static int serve_late(void)
{
	int64_t now = now_ms();
	int64_t next = -1;

	for (size_t i = 0; i < pages_n; i++) {
		struct page *p = &pages[i];

		serve_due(p, now);
		if (p->late_head &&
		    (next < 0 || p->late_head->due_ms - now < next))
			next = p->late_head->due_ms - now;
	}
	return (int)next;
}

static void accept_all(int listener)
{
	for (;;) {
		int fd =
		    accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct connection *c;
		int one = 1;

		if (fd < 0) {
			if (errno == EINTR || errno == ECONNABORTED)
				continue;
			if (errno != EAGAIN)
				perror("accept");
			return;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		c = calloc(1, sizeof(*c));
		if (!c)
			die("calloc");
		c->fd = fd;
		watch(c, EPOLL_CTL_ADD, EPOLLIN);
	}
}

static int listen_loopback(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(fd, 4096) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		die("listen");
	printf("%d\n", ntohs(a.sin_port));
	fflush(stdout);
	return fd;
}

int main(int argc, char **argv)
{
	struct epoll_event listening = { .events = EPOLLIN, .data.ptr = NULL };
	struct epoll_event events[EVENTS_MAX];
	struct rlimit files;
	int listener;
	int wait_ms = -1;
	time_t dated = 0;

	signal(SIGPIPE, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	for (int i = 1; i + 2 < argc; i += 3)
		page_read(argv[i], argv[i + 1], argv[i + 2]);
	pages_fill();
	listener = listen_loopback();
	poller = epoll_create1(EPOLL_CLOEXEC);
	if (poller < 0 ||
	    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &listening) < 0)
		die("epoll");
	for (;;) {
		int n = epoll_wait(poller, events, EVENTS_MAX, wait_ms);
		time_t now = time(NULL);

		if (n < 0 && errno != EINTR)
			die("epoll_wait");
		if (now != dated)
			heads_make(dated = now);
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr)
				serve(events[i].data.ptr);
			else
				accept_all(listener);
		}
		wait_ms = serve_late();
	}
}

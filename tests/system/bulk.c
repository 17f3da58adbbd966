/* Bodies of gigabytes for the system tests, made and checked at memory speed.
 * Each eight bytes of a body say where they are.  Leaves out everything a
 * test of large bodies does not need.
 *
 *     bulk origin                    prints its port, serves until killed:
 *                                    GET /N gives N bytes, POST checks
 *     bulk get PORT TARGET N         fetches, expects N right bytes
 *     bulk put PORT TARGET N         uploads N bytes, prints the answer */
#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE_BYTES (256 * 1024)

static unsigned char piece[PIECE_BYTES];
static char head[65536];

/* The bytes of a body from position `at` on; whole words. */
static void fill(uint64_t at)
{
	uint64_t *word = (uint64_t *)(void *)piece;

	for (size_t i = 0; i < PIECE_BYTES / 8; i++)
		word[i] = at / 8 + i;
}

static bool right(const unsigned char *bytes, size_t n, uint64_t at)
{
	for (; n > 0; n--, at++, bytes++) {
		uint64_t word;

		while (n >= 8 && at % 8 == 0) {
			memcpy(&word, bytes, 8);
			if (word != at / 8)
				return false;
			bytes += 8;
			at += 8;
			n -= 8;
		}
		if (n == 0)
			break;
		word = at / 8;
		if (*bytes != ((unsigned char *)&word)[at % 8])
			return false;
	}
	return true;
}

static bool put_all(int fd, const void *bytes, size_t n)
{
	const char *at = bytes;

	while (n > 0) {
		ssize_t done = write(fd, at, n);

		if (done <= 0)
			return false;
		at += done;
		n -= (size_t)done;
	}
	return true;
}

static bool put_body(int fd, uint64_t size)
{
	for (uint64_t at = 0; at < size; at += PIECE_BYTES) {
		uint64_t left = size - at;

		fill(at);
		if (!put_all(fd, piece,
			left < PIECE_BYTES ? (size_t)left : PIECE_BYTES))
			return false;
	}
	return true;
}

/* Reads a head into `head`; what came behind it stays in it.  Returns the
 * length of the head, or 0; *got_out is all that was read. */
static size_t get_head(int fd, size_t *got_out)
{
	size_t got = 0;

	while (got < sizeof(head) - 1) {
		ssize_t n = read(fd, head + got, sizeof(head) - 1 - got);
		char *end;

		if (n <= 0)
			return 0;
		got += (size_t)n;
		head[got] = '\0';
		end = strstr(head, "\r\n\r\n");
		if (end != NULL) {
			*got_out = got;
			return (size_t)(end - head) + 4;
		}
	}
	return 0;
}

static const char *field(const char *name)
{
	for (const char *line = strstr(head, "\r\n"); line != NULL;
	     line = strstr(line + 2, "\r\n")) {
		size_t n = strlen(name);

		if (strncasecmp(line + 2, name, n) == 0 && line[2 + n] == ':')
			return line + 3 + n + strspn(line + 3 + n, " ");
	}
	return NULL;
}

/* A body's bytes, by its framing, checked by position. */
struct body {
	int fd;
	bool chunked;
	uint64_t at, left; /* of the body, or of the chunk */
	bool good;
	enum { SIZE, DATA, DATA_END, DONE } state;
};

static void take(struct body *b, const unsigned char *p, size_t n)
{
	while (n > 0 && b->state != DONE) {
		if (b->state == DATA) {
			size_t some = n < b->left ? n : (size_t)b->left;

			b->good = b->good && right(p, some, b->at);
			b->at += some;
			b->left -= some;
			p += some;
			n -= some;
			if (b->left == 0)
				b->state = b->chunked ? DATA_END : DONE;
			continue;
		}
		if (isxdigit(*p) && b->state == SIZE) {
			int c = tolower(*p);

			b->left = b->left * 16 +
			    (uint64_t)(c > '9' ? c - 'a' + 10 : c - '0');
		} else if (*p == '\n') {
			if (b->state == DATA_END)
				b->state = SIZE;
			else
				b->state = b->left == 0 ? DONE : DATA;
		}
		p++;
		n--;
	}
}

/* The whole body behind the head just read; its size, or UINT64_MAX. */
static uint64_t get_body(int fd, size_t head_size, size_t got)
{
	const char *length = field("Content-Length");
	const char *coding = field("Transfer-Encoding");
	struct body b = { .fd = fd, .good = true };

	b.chunked = coding != NULL && strncasecmp(coding, "chunked", 7) == 0;
	if (!b.chunked) {
		b.left = length == NULL ? 0 : strtoull(length, NULL, 10);
		b.state = b.left == 0 ? DONE : DATA;
	}
	take(&b, (unsigned char *)head + head_size, got - head_size);
	while (b.state != DONE) {
		ssize_t n = read(fd, piece, sizeof(piece));

		if (n <= 0)
			return UINT64_MAX;
		take(&b, piece, (size_t)n);
	}
	return b.good ? b.at : UINT64_MAX;
}

static void serve_one(int fd)
{
	size_t got;
	size_t head_size = get_head(fd, &got);
	char answer[256];
	int n;

	if (head_size == 0)
		return;
	if (strncmp(head, "GET /", 5) == 0) {
		uint64_t size = strtoull(head + 5, NULL, 10);

		n = snprintf(answer, sizeof(answer),
		    "HTTP/1.1 200 OK\r\n"
		    "Content-Type: application/octet-stream\r\n"
		    "Content-Length: %" PRIu64 "\r\n"
		    "Connection: close\r\n\r\n",
		    size);
		if (put_all(fd, answer, (size_t)n))
			put_body(fd, size);
		return;
	}
	char text[64];
	uint64_t size = get_body(fd, head_size, got);
	int m = size == UINT64_MAX ?
	    snprintf(text, sizeof(text), "broken\n") :
	    snprintf(text, sizeof(text), "%" PRIu64 " right\n", size);

	n = snprintf(answer, sizeof(answer),
	    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
	    "Content-Length: %d\r\nConnection: close\r\n\r\n%s",
	    m, text);
	put_all(fd, answer, (size_t)n);
}

static int origin(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	socklen_t size = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&name, sizeof(name)) != 0 ||
	    listen(fd, 16) != 0 ||
	    getsockname(fd, (struct sockaddr *)&name, &size) != 0)
		return 1;
	printf("%d\n", ntohs(name.sin_port));
	fflush(stdout);
	for (;;) {
		int peer = accept(fd, NULL, NULL);

		if (peer >= 0) {
			serve_one(peer);
			close(peer);
		}
	}
}

static int ask(const char *what, const char *port, const char *target,
    const char *size_text)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	uint64_t size = strtoull(size_text, NULL, 10);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool upload = strcmp(what, "put") == 0;
	char request[512];
	size_t got = 0, head_size;
	int n;

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	name.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	if (connect(fd, (struct sockaddr *)&name, sizeof(name)) != 0)
		return 1;
	n = snprintf(request, sizeof(request),
	    "%s %s HTTP/1.1\r\nHost: site.test\r\nConnection: close\r\n",
	    upload ? "POST" : "GET", target);
	if (upload)
		n += snprintf(request + n, sizeof(request) - (size_t)n,
		    "Content-Type: application/octet-stream\r\n"
		    "Content-Length: %" PRIu64 "\r\n",
		    size);
	n += snprintf(request + n, sizeof(request) - (size_t)n, "\r\n");
	if (!put_all(fd, request, (size_t)n) || (upload && !put_body(fd, size)))
		return 1;
	head_size = get_head(fd, &got);
	if (head_size == 0)
		return 1;
	printf("%.*s\n", (int)strcspn(head, "\r"), head);
	if (upload) {
		const char *length = field("Content-Length");

		while (length == NULL ||
		    got < head_size + strtoull(length, NULL, 10)) {
			ssize_t more =
			    read(fd, head + got, sizeof(head) - 1 - got);

			if (more <= 0)
				break;
			got += (size_t)more;
		}
		printf("%.*s\n", (int)(got - head_size), head + head_size);
		return 0;
	}
	return get_body(fd, head_size, got) == size ? 0 : 1;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc == 2 && strcmp(argv[1], "origin") == 0)
		return origin();
	if (argc == 5)
		return ask(argv[1], argv[2], argv[3], argv[4]);
	return 2;
}

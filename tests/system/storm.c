/* Many mixed requests whose answers prove themselves: the path and the version
 * in the tag give every byte.  Leaves out what the test of a cache among dying
 * processes does not need.
 *
 *     storm origin    prints its port, serves until killed
 *     storm client PORT ORIGIN N THREADS SEED all|plain|sweep
 *         N requests through the web server at PORT, below /c; ORIGIN is the
 *         port of the above.  Prints counts, NAME N a line, and what was wrong.
 *         Ends with 1 where anything was.  plain: no PURGE; sweep: no change.
 *
 * right  all of it                   cut    its beginning, and it shows
 * fault  5xx, from whoever           short  a beginning, passed off as whole
 * wrong  other bytes, another resource's or version's, or an older version
 *        than a change that was answered before the request was made */
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#define RESOURCES  240
#define BODY_MAX   1048576
#define HEAD_MAX   16384
#define TOLD_MAX   20
#define PATIENCE_S 30

/* ---- what a resource is ---- */

static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

struct resource {
	size_t size;
	bool text;               /* to be compressed */
	bool unsaid;             /* the origin says no length */
	int max_age, revalidate; /* s */
};

static struct resource resource_of(unsigned id)
{
	static const size_t sizes[16] = { 0, 1, 99, 700, 1500, 1500, 4096, 5000,
		9000, 16384, 16385, 40000, 65536, 65537, 200000, BODY_MAX };
	uint64_t h = mix(id);

	/* One in 64 is of the largest. */
	return (struct resource){
		.size = sizes[h % 16 == 15 && id % 4 != 0 ? 5 : h % 16],
		.text = h >> 8 & 1,
		.unsaid = (h >> 9 & 3) == 0,
		.max_age = (int)((h >> 12) % 3),
		.revalidate = (h >> 16 & 1) != 0 ? 2 : 0,
	};
}

/* Its bytes from `from` on. */
static void bytes_of(
    unsigned id, unsigned version, size_t from, size_t n, unsigned char *out)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t base = mix((uint64_t)id << 32 | version), word = 0;
	bool text = resource_of(id).text;
	size_t width = text ? 16 : 8, at = SIZE_MAX;

	for (size_t i = 0; i < n; i++) {
		size_t place = from + i;

		if (place / width != at) {
			at = place / width;
			word = mix(base + at);
		}
		out[i] = text ?
		    (unsigned char)digits[word >> (place % 16 * 4) & 15] :
		    (unsigned char)(word >> (place % 8 * 8));
	}
}

/* ---- reading and writing ---- */

struct wire {
	int fd;
	size_t from, to;
	char room[65536];
};

static bool put_all(int fd, const void *bytes, size_t n)
{
	for (const char *at = bytes; n > 0;) {
		ssize_t done = send(fd, at, n, MSG_NOSIGNAL);

		if (done <= 0)
			return false;
		at += done;
		n -= (size_t)done;
	}
	return true;
}

/* A head to be sent. */
struct text {
	size_t n;
	char at[1024];
};

static void add(struct text *t, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	t->n +=
	    (size_t)vsnprintf(t->at + t->n, sizeof(t->at) - t->n, format, ap);
	va_end(ap);
}

static bool more(struct wire *w)
{
	ssize_t n;

	if (w->from == w->to)
		w->from = w->to = 0;
	if (w->to == sizeof(w->room))
		return false;
	n = recv(w->fd, w->room + w->to, sizeof(w->room) - w->to, 0);
	if (n > 0)
		w->to += (size_t)n;
	return n > 0;
}

/* A line without its end, or false. */
static bool get_line(struct wire *w, char *line, size_t size)
{
	for (;;) {
		char *end = memchr(w->room + w->from, '\n', w->to - w->from);

		if (end != NULL) {
			size_t n = (size_t)(end - (w->room + w->from));

			if (n >= size)
				return false;
			memcpy(line, w->room + w->from, n);
			line[n > 0 && line[n - 1] == '\r' ? n - 1 : n] = '\0';
			w->from += n + 1;
			return true;
		}
		if (w->from > 0) {
			memmove(w->room, w->room + w->from, w->to - w->from);
			w->to -= w->from;
			w->from = 0;
		}
		if (!more(w))
			return false;
	}
}

/* Lines up to the empty one, each with a '\n' before it. */
static bool get_head(struct wire *w, char *head)
{
	size_t n = 0;

	do {
		head[n++] = '\n';
		if (!get_line(w, head + n, HEAD_MAX - n - 2))
			return false;
		n += strlen(head + n);
	} while (head[n - 1] != '\n');
	head[n] = '\0';
	return true;
}

static const char *field(const char *head, const char *name)
{
	size_t n = strlen(name);

	for (const char *l = strchr(head, '\n'); l; l = strchr(l + 1, '\n'))
		if (strncasecmp(l + 1, name, n) == 0 && l[1 + n] == ':')
			return l + 2 + n + strspn(l + 2 + n, " ");
	return NULL;
}

static size_t get_some(struct wire *w, unsigned char *out, size_t n)
{
	size_t got = 0;

	while (got < n) {
		size_t some = w->to - w->from;

		if (some == 0) {
			if (!more(w))
				break;
			continue;
		}
		some = some < n - got ? some : n - got;
		memcpy(out + got, w->room + w->from, some);
		w->from += some;
		got += some;
	}
	return got;
}

static int dial(unsigned port)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port) };
	struct timeval patience = { .tv_sec = PATIENCE_S };
	int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&name, sizeof(name)) != 0) {
		close(fd);
		return -1;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

/* ---- the origin ---- */

static atomic_uint versions[RESOURCES];

static bool put_body(
    int fd, unsigned id, unsigned version, size_t from, size_t n, bool chunked)
{
	unsigned char piece[16384];

	for (size_t at = 0; at < n; at += sizeof(piece)) {
		size_t some = n - at < sizeof(piece) ? n - at : sizeof(piece);

		bytes_of(id, version, from + at, some, piece);
		struct text size = { 0 };

		if (chunked)
			add(&size, "%zx\r\n", some);
		if (!put_all(fd, size.at, size.n) ||
		    !put_all(fd, piece, some) ||
		    (chunked && !put_all(fd, "\r\n", 2)))
			return false;
	}
	return !chunked || put_all(fd, "0\r\n\r\n", 5);
}

static bool names(const char *list, const char *tag)
{
	const char *at = list == NULL ? NULL : strstr(list, tag);

	return at != NULL && (size_t)(at - list) < strcspn(list, "\n");
}

static bool serve_one(int fd, const char *head)
{
	unsigned id, version;
	size_t from = 0, to = 0;
	struct text tag = { 0 }, out = { 0 };
	const char *range = field(head, "Range"),
		   *if_range = field(head, "If-Range");
	struct resource r;
	bool chunked, part;

	if (sscanf(head, "\n%*s /%u", &id) != 1 || id >= RESOURCES)
		return false;
	if (strncmp(head, "\nPOST ", 6) == 0) {
		add(&out,
		    "HTTP/1.1 200 OK\r\nX-Version: %u\r\n"
		    "Content-Length: 0\r\n\r\n",
		    atomic_fetch_add(&versions[id], 1) + 1);
		return put_all(fd, out.at, out.n);
	}
	version = atomic_load(&versions[id]);
	r = resource_of(id);
	add(&tag, "\"%u-%u\"", id, version);
	if (names(field(head, "If-None-Match"), tag.at)) {
		add(&out,
		    "HTTP/1.1 304 Same\r\nETag: %s\r\n"
		    "X-Version: %u\r\nCache-Control: max-age=%d\r\n\r\n",
		    tag.at, version, r.max_age);
		return put_all(fd, out.at, out.n);
	}
	part = range != NULL && (if_range == NULL || names(if_range, tag.at)) &&
	    sscanf(range, "bytes=%zu-%zu", &from, &to) == 2 && from < r.size;
	if (!part)
		from = 0;
	to = part && to + 1 < r.size ? to + 1 : r.size;
	chunked = r.unsaid && !part;
	add(&out,
	    "HTTP/1.1 %s\r\nContent-Type: %s\r\nETag: %s\r\n"
	    "X-Version: %u\r\nCache-Tag: g%u, all\r\n"
	    "Cache-Control: max-age=%d",
	    part ? "206 Part" : "200 OK",
	    r.text ? "text/plain" : "application/octet-stream", tag.at, version,
	    id % 10, r.max_age);
	if (r.revalidate != 0)
		add(&out, ", stale-while-revalidate=%d", r.revalidate);
	if (part)
		add(&out, "\r\nContent-Range: bytes %zu-%zu/%zu", from, to - 1,
		    r.size);
	if (chunked)
		add(&out, "\r\nTransfer-Encoding: chunked\r\n\r\n");
	else
		add(&out, "\r\nContent-Length: %zu\r\n\r\n", to - from);
	return put_all(fd, out.at, out.n) &&
	    (strncmp(head, "\nHEAD ", 6) == 0 ||
		put_body(fd, id, version, from, to - from, chunked));
}

static void *serve(void *fd)
{
	struct wire *w = calloc(1, sizeof(*w));
	char head[HEAD_MAX];

	w->fd = (int)(intptr_t)fd;
	while (get_head(w, head) && serve_one(w->fd, head))
		;
	close(w->fd);
	free(w);
	return NULL;
}

static int origin(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	socklen_t size = sizeof(name);
	int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
	pthread_attr_t detached;

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&name, sizeof(name)) != 0 ||
	    listen(fd, 512) != 0 ||
	    getsockname(fd, (struct sockaddr *)&name, &size) != 0)
		return 2;
	for (unsigned id = 0; id < RESOURCES; id++)
		versions[id] = 1;
	printf("%d\n", ntohs(name.sin_port));
	fflush(stdout);
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&detached, 262144);
	for (;;) {
		int peer = accept(fd, NULL, NULL);
		pthread_t thread;

		setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (peer >= 0 &&
		    pthread_create(
			&thread, &detached, serve, (void *)(intptr_t)peer) != 0)
			close(peer);
	}
}

/* ---- the client ---- */

enum count {
	RIGHT,
	CUT,
	FAULT,
	SHORT,
	WRONG,
	HIT,
	PARTS,
	SAME,
	CODED,
	CHANGED,
	PURGED,
	COUNT_N
};

static const char *const count_names[COUNT_N] = { "right", "cut", "fault",
	"short", "wrong", "hit", "parts", "same", "coded", "changed",
	"purged" };

enum ask { GET, GET_CODED, HEAD, RANGE, IF_NONE_MATCH, POST, PURGE, BEHIND };

static struct {
	unsigned port, origin;
	uint64_t n, seed;
	bool sweep, plain;
	atomic_ullong next;
	atomic_ullong counts[COUNT_N];
	atomic_uint told;
	/* Versions that a change was answered with, and that there may be. */
	atomic_uint floor[RESOURCES], ceiling[RESOURCES];
} all;

struct client {
	struct wire wire;
	char head[HEAD_MAX];
	unsigned char *body, *want, *plain, rooms[3][BODY_MAX + 1];
	/* of the request */
	uint64_t number;
	unsigned id, floor, if_version;
	enum ask ask;
	bool if_old; /* about the version before the one we know of */
	size_t from, to;
	bool paged; /* of the answer: a page of the web server's is behind it */
};

static void count(enum count what)
{
	atomic_fetch_add(&all.counts[what], 1);
}

static bool tell(struct client *c, enum count what, const char *format, ...)
{
	va_list ap;

	count(what);
	if (atomic_fetch_add(&all.told, 1) < TOLD_MAX) {
		flockfile(stdout);
		printf("# %s: request %" PRIu64 " kind %d id %u size %zu: ",
		    count_names[what], c->number, c->ask, c->id,
		    resource_of(c->id).size);
		va_start(ap, format);
		vprintf(format, ap);
		va_end(ap);
		printf("; floor %u if %u%s\n#\n", c->floor, c->if_version,
		    c->head);
		fflush(stdout);
		funlockfile(stdout);
	}
	return false;
}

/* Up to the body's end.  False: it broke off; *n_out is what there was. */
static bool get_body(struct client *c, int status, size_t *n_out, bool *kept)
{
	const char *length = field(c->head, "Content-Length");
	const char *coding = field(c->head, "Transfer-Encoding");
	const char *connection = field(c->head, "Connection");
	size_t got = 0;
	char line[128];

	*n_out = 0;
	*kept = connection == NULL || strncasecmp(connection, "close", 5) != 0;
	if (c->ask == HEAD || status == 304 || status == 204)
		return true;
	if (coding != NULL) {
		for (;;) {
			size_t size;

			if (!get_line(&c->wire, line, sizeof(line)))
				return false;
			size = strtoul(line, NULL, 16);
			if (size == 0)
				return get_line(&c->wire, line, sizeof(line));
			if (size > BODY_MAX + 1 - got)
				size = BODY_MAX + 1 - got;
			got += get_some(&c->wire, c->body + got, size);
			*n_out = got;
			if (!get_line(&c->wire, line, sizeof(line)) || line[0])
				return false;
		}
	}
	if (length != NULL) {
		size_t size = strtoul(length, NULL, 10);

		size = size > BODY_MAX + 1 ? BODY_MAX + 1 : size;
		*n_out = get_some(&c->wire, c->body, size);
		return *n_out == size;
	}
	*kept = false;
	*n_out = get_some(&c->wire, c->body, BODY_MAX + 1);
	return true;
}

/* gzip in place; false: it is not whole.  *n_out: what came of it. */
static bool decode(struct client *c, size_t n, size_t *n_out)
{
	z_stream z = { .next_in = c->body,
		.avail_in = (uInt)n,
		.next_out = c->plain,
		.avail_out = BODY_MAX + 1 };
	unsigned char *other = c->body;
	int end;

	inflateInit2(&z, 15 + 16);
	end = inflate(&z, Z_FINISH);
	*n_out = z.total_out;
	inflateEnd(&z);
	c->body = c->plain;
	c->plain = other;
	return end == Z_STREAM_END;
}

/* What the head says of resource and version. */
static bool check_head(struct client *c, unsigned *version_out)
{
	const char *tag = field(c->head, "ETag"), *said;
	unsigned id, version;

	if (tag == NULL)
		return tell(c, WRONG, "no tag");
	if (sscanf(tag + (strncmp(tag, "W/", 2) == 0 ? 2 : 0), "\"%u-%u", &id,
		&version) != 2)
		return tell(c, WRONG, "not our tag");
	said = field(c->head, "X-Version");
	if (id != c->id)
		return tell(c, WRONG, "another resource's head");
	if (said == NULL || strtoul(said, NULL, 10) != version)
		return tell(c, WRONG, "mixed heads");
	if (version < c->floor)
		return tell(c, WRONG, "an older version");
	if (version > atomic_load(&all.ceiling[c->id]))
		return tell(c, WRONG, "a version that never was");
	*version_out = version;
	return true;
}

static bool check_body(struct client *c, unsigned version, size_t n, bool whole,
    size_t from, size_t to)
{
	size_t have = n < to - from ? n : to - from;

	bytes_of(c->id, version, from, have, c->want);
	if (n > to - from || memcmp(c->body, c->want, have) != 0)
		return tell(c, WRONG, "other bytes, %zu of %zu", n, to - from);
	if (!whole)
		count(CUT);
	else if (n < to - from)
		return tell(c, SHORT, "%zu of %zu", n, to - from);
	else if (c->paged)
		return tell(c, WRONG, "a page behind it");
	return whole;
}

/* Where we died within a body, Apache puts a page of its own behind what there
 * is, and breaks off; mod_fcgid may end the chunks there. */
static size_t without_page(const unsigned char *body, size_t n)
{
	static const char page[] = "<!DOCTYPE HTML";

	for (size_t at = n > 4096 ? n - 4096 : 0; at + sizeof(page) <= n; at++)
		if (memcmp(body + at, page, sizeof(page) - 1) == 0)
			return at;
	return n;
}

static bool check_get(struct client *c, size_t n, bool whole)
{
	const char *coding = field(c->head, "Content-Encoding");
	size_t size = resource_of(c->id).size;
	unsigned version;

	if (!check_head(c, &version))
		return false;
	if (c->ask == HEAD) {
		const char *length = field(c->head, "Content-Length");

		if (length != NULL && coding == NULL &&
		    strtoul(length, NULL, 10) != size)
			return tell(c, WRONG, "another length");
		return true;
	}
	if (coding != NULL) {
		if (c->ask != GET_CODED)
			return tell(c, WRONG, "coded unasked");
		count(CODED);
		/* A web server may end chunks where we died: the code has an
		 * end of its own. */
		whole = decode(c, n, &n) && whole;
	}
	return check_body(c, version, n, whole, 0, size);
}

static bool check_part(struct client *c, size_t n, bool whole)
{
	const char *range = field(c->head, "Content-Range");
	size_t first, last, size, want = resource_of(c->id).size;
	unsigned version;

	if (!check_head(c, &version))
		return false;
	if (c->ask != RANGE || range == NULL ||
	    sscanf(range, "bytes %zu-%zu/%zu", &first, &last, &size) != 3 ||
	    size != want || first != c->from ||
	    last != (c->to < size ? c->to : size - 1))
		return tell(c, WRONG, "another range");
	count(PARTS);
	return check_body(c, version, n, whole, first, last + 1);
}

/* True: right, and counted as nothing else. */
static bool check(struct client *c, int status, size_t n, bool whole)
{
	const char *how = field(c->head, "Cache-Status");
	size_t own = without_page(c->body, n);

	c->paged = own < n;
	n = own;
	if (status >= 500) {
		count(FAULT);
		return false;
	}
	if (c->ask == POST || c->ask == PURGE || c->ask == BEHIND)
		return status < 300 || (c->ask != POST && status == 404) ||
		    tell(c, WRONG, "a change refused");
	if (how != NULL && strstr(how, "; hit") != NULL &&
	    strcspn(how, "\n") > (size_t)(strstr(how, "; hit") - how))
		count(HIT);
	if (status == 200)
		return check_get(c, n, whole);
	if (status == 206)
		return check_part(c, n, whole);
	if (status == 304 && c->ask == IF_NONE_MATCH) {
		count(SAME);
		return c->if_version >= c->floor ||
		    tell(c, WRONG, "an old version is not the same");
	}
	return (status == 416 && c->ask == RANGE &&
		   c->from >= resource_of(c->id).size) ||
	    tell(c, WRONG, "that status");
}

static void raise_to(atomic_uint *at, unsigned version)
{
	unsigned was = atomic_load(at);

	while (
	    was < version && !atomic_compare_exchange_weak(at, &was, version))
		;
}

/* The next version, without the cache being told. */
static unsigned change_behind(struct client *c)
{
	struct wire *w = calloc(1, sizeof(*w));
	char head[HEAD_MAX];
	struct text out = { 0 };
	unsigned version = 0;

	w->fd = dial(all.origin);
	if (w->fd >= 0) {
		add(&out, "POST /%u HTTP/1.1\r\n\r\n", c->id);
		if (put_all(w->fd, out.at, out.n) && get_head(w, head))
			version = (unsigned)strtoul(
			    field(head, "X-Version"), NULL, 10);
		close(w->fd);
	}
	free(w);
	return version;
}

static void choose(struct client *c)
{
	static const struct {
		unsigned below; /* of 100 */
		enum ask ask;
	} shares[] = { { 55, GET }, { 69, GET_CODED }, { 75, HEAD },
		{ 84, RANGE }, { 93, IF_NONE_MATCH }, { 96, POST },
		{ 98, PURGE }, { 100, BEHIND } };
	uint64_t h = mix(all.seed * UINT64_C(1000003) + c->number);
	size_t i = 0, size;

	while (h % 100 >= shares[i].below)
		i++;
	c->ask = shares[i].ask;
	if (all.plain && (c->ask == PURGE || c->ask == BEHIND))
		c->ask = POST;
	/* Some are asked for more often. */
	c->id = (unsigned)(h >> 8 & 1 ? (h >> 16) % RESOURCES :
					(h >> 16) % (RESOURCES / 12));
	if (all.sweep) {
		c->ask = c->number / RESOURCES % 2 ? GET_CODED : GET;
		c->id = (unsigned)(c->number % RESOURCES);
	}
	size = resource_of(c->id).size;
	c->from = (h >> 40) % (size + 2);
	c->to = c->from + (h >> 50) % 3000;
	c->if_old = h >> 60 & 1;
}

static bool request(struct client *c)
{
	static const char *const methods[] = { "GET", "GET", "HEAD", "GET",
		"GET", "POST", "PURGE", "PURGE" };
	struct text out = { 0 };

	add(&out, "%s /c/%u HTTP/1.1\r\nHost: site.test\r\n", methods[c->ask],
	    c->id);
	if (c->ask == GET_CODED)
		add(&out, "Accept-Encoding: gzip\r\n");
	if (c->ask == POST)
		add(&out, "Content-Length: 0\r\n");
	if (c->ask == RANGE)
		add(&out, "Range: bytes=%zu-%zu\r\n", c->from, c->to);
	if (c->ask == IF_NONE_MATCH)
		add(&out, "If-None-Match: \"%u-%u\"\r\n", c->id, c->if_version);
	add(&out, "\r\n");
	return put_all(c->wire.fd, out.at, out.n);
}

static void hang_up(struct client *c)
{
	close(c->wire.fd);
	c->wire.fd = -1;
	c->wire.from = c->wire.to = 0;
}

static void exchange(struct client *c)
{
	unsigned behind = 0;
	int status = 0;
	size_t n = 0;
	bool whole = false, kept = false, reused = c->wire.fd >= 0;

	c->head[0] = '\0';
	c->floor = atomic_load(&all.floor[c->id]);
	c->if_version = c->floor - (c->if_old && c->floor > 1);
	if (c->ask == POST || c->ask == BEHIND)
		atomic_fetch_add(&all.ceiling[c->id], 1);
	if (c->ask == BEHIND)
		behind = change_behind(c);
	if (c->wire.fd < 0)
		c->wire.fd = dial(all.port);
	if (c->wire.fd >= 0 && request(c) && get_head(&c->wire, c->head) &&
	    sscanf(c->head, "\n%*s %d", &status) == 1)
		whole = get_body(c, status, &n, &kept);
	if (status == 0) {
		hang_up(c);
		/* An idle connection may have ended: nobody's fault. */
		if (!reused || c->ask == POST)
			count(CUT);
		else
			exchange(c);
		return;
	}
	if (check(c, status, n, whole)) {
		count(RIGHT);
		if (c->ask == POST) {
			count(CHANGED);
			raise_to(&all.floor[c->id],
			    (unsigned)strtoul(
				field(c->head, "X-Version"), NULL, 10));
		}
		if (c->ask == PURGE || c->ask == BEHIND)
			count(PURGED);
		if (c->ask == BEHIND)
			raise_to(&all.floor[c->id], behind);
	}
	if (!whole || !kept)
		hang_up(c);
}

static void *run(void *unused)
{
	struct client *c = calloc(1, sizeof(*c));

	c->body = c->rooms[0];
	c->want = c->rooms[1];
	c->plain = c->rooms[2];
	c->wire.fd = -1;
	while ((c->number = atomic_fetch_add(&all.next, 1)) < all.n) {
		choose(c);
		exchange(c);
	}
	free(c);
	return unused;
}

static int client(unsigned thread_n)
{
	pthread_t threads[256];

	for (unsigned id = 0; id < RESOURCES; id++) {
		all.floor[id] = 1;
		all.ceiling[id] = all.sweep ? UINT32_MAX : 1;
	}
	for (unsigned i = 0; i < thread_n; i++)
		if (pthread_create(&threads[i], NULL, run, NULL) != 0)
			return 2;
	for (unsigned i = 0; i < thread_n; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < COUNT_N; i++)
		printf("%s %llu\n", count_names[i], all.counts[i]);
	return all.counts[WRONG] != 0;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc == 2 && strcmp(argv[1], "origin") == 0)
		return origin();
	if (argc != 8 || strcmp(argv[1], "client") != 0)
		return 2;
	all.port = (unsigned)strtoul(argv[2], NULL, 10);
	all.origin = (unsigned)strtoul(argv[3], NULL, 10);
	all.n = strtoull(argv[4], NULL, 10);
	all.seed = strtoull(argv[6], NULL, 10);
	all.sweep = strcmp(argv[7], "sweep") == 0;
	all.plain = strcmp(argv[7], "plain") == 0;
	return client((unsigned)strtoul(argv[5], NULL, 10) % 257);
}

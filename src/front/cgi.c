/* One CGI request on libev.
 *
 * Standard output may be a pipe, a socket, a file or a terminal: only the
 * first two are made non-blocking and watched. */
#include "front/cgi.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/queue.h"
#include "base/text.h"
#include "front/head.h"
#include "front/meta.h"

#define OUT_HIGH (192 * 1024)
#define OUT_LOW  (64 * 1024)
#define OUT_MAX  (OUT_HIGH + HEAD_MAX_BYTES + 256 * 1024)

/* Beside the meta-variables themselves. */
#define ARENA_EXTRA (1024 * 1024)

/* How long what is left of the request content is read after the response
 * is out: a server that is still writing would lose our answer. */
#define DRAIN_S 5.0

struct cgi {
	struct front front; /* first: front_cgi() casts */
	struct ev_loop *loop;
	struct ev_io in;
	struct ev_io out_io;
	struct ev_io gone_io; /* tells that the reader of a pipe closed it */
	struct ev_prepare flush;
	struct ev_timer drain;
	const struct front_events *events;
	void *worker;
	void (*over)(void *worker);
	void *exchange;
	struct queue out;
	int64_t in_left; /* LENGTH_UNKNOWN: to the end of file */
	bool in_done;
	bool full;
	bool finished;
	bool failed;
	char input[65536];
};

static struct cgi *front_cgi(struct front *f)
{
	return (struct cgi *)f;
}

/* Nothing more to write, nothing more to read. */
static void cgi_over(struct cgi *c)
{
	ev_io_stop(c->loop, &c->in);
	ev_io_stop(c->loop, &c->out_io);
	ev_io_stop(c->loop, &c->gone_io);
	ev_prepare_stop(c->loop, &c->flush);
	ev_timer_stop(c->loop, &c->drain);
	c->over(c->worker);
}

static void cgi_gone(struct cgi *c)
{
	void *exchange = c->exchange;

	c->exchange = NULL;
	if (exchange != NULL)
		c->events->gone(exchange);
	cgi_over(c);
}

static enum flow cgi_sent(struct cgi *c, bool fitted)
{
	if (!fitted) {
		c->failed = true;
		return FLOW_STOP;
	}
	/* Once said, it holds until `drained` takes it back. */
	c->full |= queue_len(&c->out) > OUT_HIGH;
	return c->full ? FLOW_FULL : FLOW_GO;
}

static enum flow cgi_head(struct front *f, const struct response *r)
{
	struct cgi *c = front_cgi(f);
	char *room = malloc(HEAD_MAX_BYTES);
	struct text t;
	bool fitted;

	if (room == NULL)
		return cgi_sent(c, false);
	t = text_over(room, HEAD_MAX_BYTES);
	head_write(&t, r);
	fitted = !text_spent(&t) && queue_add(&c->out, text_slice(&t));
	free(room);
	return cgi_sent(c, fitted);
}

static enum flow cgi_body(struct front *f, struct slice s)
{
	struct cgi *c = front_cgi(f);

	return cgi_sent(c, queue_add(&c->out, s));
}

static void cgi_finish(struct front *f, enum fault fault)
{
	struct cgi *c = front_cgi(f);

	c->exchange = NULL;
	c->finished = true;
	c->full = false;
	/* CGI has no way to call a response broken but a body shorter than
	 * its Content-Length: the exit code of the program is all we add. */
	c->failed |= fault != FAULT_NONE;
	if (!c->in_done) {
		ev_timer_again(c->loop, &c->drain);
		ev_io_start(c->loop, &c->in);
	}
}

static void cgi_content_pause(struct front *f, bool paused)
{
	struct cgi *c = front_cgi(f);

	if (paused || c->in_done)
		ev_io_stop(c->loop, &c->in);
	else
		ev_io_start(c->loop, &c->in);
}

static const struct front_ops cgi_ops = {
	.name = "cgi",
	.head = cgi_head,
	.body = cgi_body,
	.finish = cgi_finish,
	.content_pause = cgi_content_pause,
};

/* As much as goes; waits for room for the rest.  False: nobody reads. */
static bool cgi_write(struct cgi *c)
{
	while (queue_len(&c->out) > 0) {
		struct slice waiting = queue_peek(&c->out);
		ssize_t n = write(STDOUT_FILENO, waiting.at, waiting.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			ev_io_start(c->loop, &c->out_io);
			return true;
		}
		if (n < 0)
			return false;
		queue_drop(&c->out, (size_t)n);
	}
	return true;
}

/* True: there was room, and the exchange has been told. */
static bool cgi_drained(struct cgi *c)
{
	if (!c->full || queue_len(&c->out) > OUT_LOW)
		return false;
	c->full = false;
	c->events->drained(c->exchange);
	return true;
}

static void on_prepare(
    struct ev_loop *loop, struct ev_prepare *prepare, int revents)
{
	struct cgi *c = prepare->data;

	(void)loop;
	(void)revents;
	/* What the exchange adds when it is told is written at once: nothing
	 * else may be there to wake the loop. */
	do {
		if (!cgi_write(c)) {
			cgi_gone(c);
			return;
		}
	} while (cgi_drained(c));
	if (c->finished && queue_len(&c->out) == 0 && c->in_done)
		cgi_over(c);
}

static void on_writable(struct ev_loop *loop, struct ev_io *io, int revents)
{
	(void)revents;
	ev_io_stop(loop, io);
}

/* The write end of a pipe is readable only in error. */
static void on_reader_closed(
    struct ev_loop *loop, struct ev_io *io, int revents)
{
	struct pollfd fd = { .fd = STDOUT_FILENO };

	(void)revents;
	if (poll(&fd, 1, 0) == 1 && (fd.revents & (POLLERR | POLLHUP)) != 0)
		cgi_gone(io->data);
	else
		ev_io_stop(loop, io);
}

static void on_drain_end(
    struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct cgi *c = timer->data;

	(void)revents;
	ev_timer_stop(loop, timer);
	ev_io_stop(loop, &c->in);
	c->in_done = true;
}

static void on_readable(struct ev_loop *loop, struct ev_io *io, int revents)
{
	struct cgi *c = io->data;
	size_t room = sizeof(c->input);
	ssize_t n;

	(void)revents;
	if (c->in_left != LENGTH_UNKNOWN && (int64_t)room > c->in_left)
		room = (size_t)c->in_left;
	do
		n = read(STDIN_FILENO, c->input, room);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return;
	if (n > 0 && c->in_left != LENGTH_UNKNOWN)
		c->in_left -= n;
	if (n <= 0 || c->in_left == 0) {
		c->in_done = true;
		ev_io_stop(loop, io);
	}
	if (n > 0 && c->exchange != NULL)
		c->events->content(
		    c->exchange, (struct slice){ c->input, (size_t)n });
	if (c->in_done && c->exchange != NULL)
		c->events->content_end(c->exchange);
}

/* Is there content where no length was given?  A chunked request is the one
 * case (RFC 3875 section 4.1.2 knows none, Apache sends it). */
static bool has_content(const struct request *r)
{
	if (r->content_length != LENGTH_UNKNOWN)
		return r->content_length > 0;
	return field_has(&r->fields, LIT("Transfer-Encoding"));
}

static void cgi_start(
    struct cgi *c, char *const environment[], size_t max_params)
{
	struct arena *arena = arena_new(3 * max_params + ARENA_EXTRA);
	struct request *r =
	    arena == NULL ? NULL : arena_alloc(arena, sizeof(*r));
	size_t bytes = 0;
	struct meta m;
	int refuse;

	if (r == NULL) {
		arena_free(arena);
		c->failed = c->finished = c->in_done = true;
		return;
	}
	m = meta_new(r, arena);
	for (size_t i = 0; environment[i] != NULL; i++) {
		struct slice value = slice_of(environment[i]);
		struct slice name;

		/* Without '=' the value comes out as SLICE_NONE. */
		if (!slice_cut(&value, '=', &name) || value.at == NULL)
			continue;
		if (slice_starts(name, LIT("HTTP_")))
			bytes += name.len + value.len;
		meta_add(&m, name, value);
	}
	m.full |= bytes > max_params;
	refuse = meta_finish(&m);
	c->in_left = r->content_length;
	c->in_done = !has_content(r);
	c->exchange =
	    c->events->arrived(c->worker, &c->front, arena, r, refuse);
	if (c->exchange == NULL)
		return;
	if (c->in_done)
		c->events->content_end(c->exchange);
	else
		ev_io_start(c->loop, &c->in);
}

struct cgi *cgi_new(struct ev_loop *loop, char *const environment[],
    size_t max_params_bytes, const struct front_events *events, void *worker,
    void (*over)(void *worker))
{
	struct cgi *c = calloc(1, sizeof(*c));
	struct stat status;

	if (c == NULL)
		return NULL;
	c->front.ops = &cgi_ops;
	c->loop = loop;
	c->events = events;
	c->worker = worker;
	c->over = over;
	c->out = queue_of(OUT_MAX);
	ev_io_init(&c->in, on_readable, STDIN_FILENO, EV_READ);
	ev_io_init(&c->out_io, on_writable, STDOUT_FILENO, EV_WRITE);
	ev_io_init(&c->gone_io, on_reader_closed, STDOUT_FILENO, EV_READ);
	ev_prepare_init(&c->flush, on_prepare);
	ev_timer_init(&c->drain, on_drain_end, 0., DRAIN_S);
	c->in.data = c->out_io.data = c->gone_io.data = c->flush.data =
	    c->drain.data = c;
	if (fstat(STDOUT_FILENO, &status) == 0 &&
	    (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode))) {
		(void)fcntl(STDOUT_FILENO, F_SETFL,
		    fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
		if (S_ISFIFO(status.st_mode))
			ev_io_start(loop, &c->gone_io);
	}
	ev_prepare_start(loop, &c->flush);
	cgi_start(c, environment, max_params_bytes);
	return c;
}

void cgi_free(struct cgi *c)
{
	if (c == NULL)
		return;
	ev_io_stop(c->loop, &c->in);
	ev_io_stop(c->loop, &c->out_io);
	ev_io_stop(c->loop, &c->gone_io);
	ev_prepare_stop(c->loop, &c->flush);
	ev_timer_stop(c->loop, &c->drain);
	queue_free(&c->out);
	free(c);
}

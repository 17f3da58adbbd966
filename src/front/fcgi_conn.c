/* The state machine of one FastCGI connection.
 *
 * Input is used up whole as it is read; back-pressure stops the reading.  A
 * request is handed over when all that there was to read has been read, on
 * all connections: so those that came together may share what one of them
 * looks up, and none is answered by a look older than itself.
 * Output gathers in one queue while the loop's callbacks run and is written
 * once before the loop sleeps, so that a short response is one write; a
 * stdout record that has not left yet grows instead of a new one starting. */
#include "front/fcgi_conn.h"

#include <errno.h>
#include <fastcgi.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "front/head.h"
#include "front/meta.h"
#include "front/params.h"

/* The exchange is told to wait above HIGH and to go on at LOW. */
#define OUT_HIGH (48 * 1024)
#define OUT_LOW  (16 * 1024)
#define OUT_MAX  (OUT_HIGH + HEAD_MAX_BYTES + 256 * 1024)

/* A body that small, and records around head and body. */
#define OUT_ALONG (32 * 1024)
#define OUT_ENDS  64

/* What is sent without waiting for the loop's turn to end: libcurl hands over
 * 16 KiB at a time, and two of those leave together. */
#define OUT_BATCH (28 * 1024)

/* Kept after the last byte, for a peer that still sends: closing with
 * unread input would destroy what it has not read yet. */
#define LINGER_S 5.0

/* A request needs this beside its parameters: the exchange's own part. */
#define ARENA_EXTRA (1024 * 1024)

#define GET_VALUES_MAX 4096

/* In flight on a unix socket.  lighttpd writes to a temporary file what it
 * finds in one go beyond 64 KiB, at a third of its cost of a large body. */
#define UNIX_SEND_BYTES 32768

/* More than this at a time is the beginning of a large body. */
#define UNIX_SMALL_BYTES (UNIX_SEND_BYTES / 2)

static struct conn *front_conn(struct front *f)
{
	return (struct conn *)f;
}

static void await_round(struct conn *c)
{
	c->state = CONN_READ;
	c->next_read = NULL;
	*c->server->read_end = c;
	c->server->read_end = &c->next_read;
}

static void leave_round(struct conn *c)
{
	struct fcgi_server *s = c->server;
	struct conn **at = &s->read;

	while (*at != c)
		at = &(*at)->next_read;
	*at = c->next_read;
	if (s->read_end == &c->next_read)
		s->read_end = at;
}

static void conn_dirty(struct conn *c)
{
	if (c->dirty)
		return;
	c->dirty = true;
	c->next_dirty = c->server->dirty;
	c->server->dirty = c;
}

bool conn_is_idle(const struct conn *c)
{
	return c->state == CONN_IDLE && c->reader.head_len == 0 &&
	    queue_len(&c->out) == 0;
}

/* --- out ------------------------------------------------------------- */

static void put_record(
    struct conn *c, uint8_t type, uint16_t id, const void *content, size_t len)
{
	unsigned char head[RECORD_HEAD_BYTES];

	record_head(head, type, id, len, 0);
	if (!queue_add(
		&c->out, (struct slice){ (const char *)head, sizeof(head) }) ||
	    !queue_add(&c->out, (struct slice){ content, len }))
		c->dead = true;
	c->open_record = 0;
	conn_dirty(c);
}

static void put_end(struct conn *c, uint16_t id, unsigned char status)
{
	FCGI_EndRequestBody body = { .protocolStatus = status };

	put_record(c, FCGI_END_REQUEST, id, &body, sizeof(body));
}

/* Appends to the stdout record that is still in the queue, or starts one. */
static bool put_stdout(struct conn *c, struct slice s)
{
	while (s.len > 0) {
		unsigned char head[RECORD_HEAD_BYTES];
		struct slice piece;
		char *at;

		if (c->open_record == 0) {
			record_head(head, FCGI_STDOUT, c->id, 0, 0);
			if (!queue_add(&c->out,
				(struct slice){
				    (const char *)head, sizeof(head) }))
				return false;
		}
		piece = slice_upto(s, RECORD_CONTENT_BYTES - c->open_record);
		if (!queue_add(&c->out, piece))
			return false;
		c->open_record += piece.len;
		at =
		    c->out.at + c->out.end - c->open_record - RECORD_HEAD_BYTES;
		at[4] = (char)(c->open_record >> 8);
		at[5] = (char)c->open_record;
		if (c->open_record == RECORD_CONTENT_BYTES)
			c->open_record = 0;
		s = slice_from(s, piece.len);
	}
	return true;
}

static enum flow conn_sent(struct conn *c, bool fitted)
{
	conn_dirty(c);
	if (!fitted) {
		c->dead = true;
		return FLOW_STOP;
	}
	/* Once said, it holds until `drained` takes it back. */
	c->full |= queue_len(&c->out) > OUT_HIGH;
	return c->full ? FLOW_FULL : FLOW_GO;
}

static enum flow conn_head(struct front *f, const struct response *r)
{
	struct conn *c = front_conn(f);
	char room[4096];
	struct text t = text_over(room, sizeof(room));
	char *large = NULL;
	bool fitted;

	head_write(&t, r);
	if (text_spent(&t)) {
		large = malloc(HEAD_MAX_BYTES);
		if (large == NULL)
			return conn_sent(c, false);
		t = text_over(large, HEAD_MAX_BYTES);
		head_write(&t, r);
	}
	/* Room for a small body is made with that for its head. */
	if (r->content_length > 0 && r->content_length <= OUT_ALONG)
		(void)queue_reserve(
		    &c->out, t.len + (size_t)r->content_length + OUT_ENDS);
	fitted = !text_spent(&t) && put_stdout(c, text_slice(&t));
	free(large);
	return conn_sent(c, fitted);
}

static void bound_in_flight(struct conn *c)
{
	int bytes = UNIX_SEND_BYTES;

	c->bounded = true;
	(void)setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

/* Sends what waits as far as the socket takes it.  False: it is broken. */
static bool send_waiting(struct conn *c)
{
	while (queue_len(&c->out) > 0) {
		struct slice waiting = queue_peek(&c->out);
		ssize_t n;

		if (!c->bounded && waiting.len > UNIX_SMALL_BYTES)
			bound_in_flight(c);
		n = send(c->fd, waiting.at, waiting.len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK;
		/* Once part of a record has left, its head cannot change. */
		c->open_record = 0;
		queue_drop(&c->out, (size_t)n);
	}
	return true;
}

static enum flow conn_body(struct front *f, struct slice s)
{
	struct conn *c = front_conn(f);
	bool fitted = put_stdout(c, s);

	/* libcurl reads on while there is something: do not let it fill the
	 * queue while the socket would take more. */
	if (fitted && queue_len(&c->out) >= OUT_BATCH &&
	    !ev_is_active(&c->write_io) && !send_waiting(c))
		c->dead = true;
	return conn_sent(c, fitted);
}

/* A record of no FastCGI version: what makes a server that would take a bare
 * end of file for the end of the body see that it is not. */
static void put_breach(struct conn *c)
{
	unsigned char head[RECORD_HEAD_BYTES];

	record_head(head, 0, 0, 0, 0);
	head[0] = 0;
	(void)queue_add(
	    &c->out, (struct slice){ (const char *)head, sizeof(head) });
}

static void conn_finish(struct front *f, enum fault fault)
{
	struct conn *c = front_conn(f);

	c->exchange = NULL;
	c->full = false;
	if (fault != FAULT_NONE) {
		put_breach(c);
		c->dead = true;
		conn_dirty(c);
		return;
	}
	put_record(c, FCGI_STDOUT, c->id, NULL, 0);
	put_end(c, c->id, FCGI_REQUEST_COMPLETE);
	c->state = CONN_IDLE;
	c->closing = !c->keep || c->server->stopping;
	ev_io_start(c->server->loop, &c->read_io);
}

static void conn_content_pause(struct front *f, bool paused)
{
	struct conn *c = front_conn(f);

	if (paused)
		ev_io_stop(c->server->loop, &c->read_io);
	else
		ev_io_start(c->server->loop, &c->read_io);
}

static const struct front_ops conn_ops = {
	.name = "fastcgi",
	.head = conn_head,
	.body = conn_body,
	.finish = conn_finish,
	.content_pause = conn_content_pause,
};

/* The response is out; the peer may still be sending. */
static void conn_linger(struct conn *c)
{
	if (c->stdin_done || shutdown(c->fd, SHUT_WR) < 0) {
		conn_close(c);
		return;
	}
	c->lingering = true;
	c->closing = false;
	ev_timer_again(c->server->loop, &c->linger);
}

/* Broken off: a TCP peer sees a reset instead of an orderly end. */
static void conn_break(struct conn *c)
{
	struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	conn_close(c);
}

void conn_flush(struct conn *c)
{
	struct fcgi_server *s = c->server;

	if (!send_waiting(c)) {
		conn_close(c);
		return;
	}
	if (c->dead) {
		conn_break(c);
		return;
	}
	if (queue_len(&c->out) > 0) {
		ev_io_start(s->loop, &c->write_io);
	} else {
		ev_io_stop(s->loop, &c->write_io);
		if (c->closing) {
			conn_linger(c);
			return;
		}
	}
	if (c->full && queue_len(&c->out) <= OUT_LOW) {
		c->full = false;
		s->events->drained(c->exchange);
	}
}

/* --- in -------------------------------------------------------------- */

static void answer_values(struct conn *c)
{
	struct slice rest = queue_peek(&c->values);
	struct slice name;
	struct slice value;
	char room[512];
	char number[20];
	struct text t = text_over(room, sizeof(room));
	struct text max = text_over(number, sizeof(number));

	text_u64(&max, c->server->limits.max_connections);
	while (params_next(&rest, &name, &value)) {
		struct text before = t;

		if (slice_eq(name, LIT(FCGI_MPXS_CONNS)))
			params_add(&t, name, LIT("0"));
		else if (slice_eq(name, LIT(FCGI_MAX_CONNS)) ||
		    slice_eq(name, LIT(FCGI_MAX_REQS)))
			params_add(&t, name, text_slice(&max));
		/* Whole pairs, or a reader would stumble. */
		if (text_spent(&t)) {
			t = before;
			break;
		}
	}
	put_record(c, FCGI_GET_VALUES_RESULT, FCGI_NULL_REQUEST_ID,
	    text_slice(&t).at, text_slice(&t).len);
	queue_free(&c->values);
}

static void answer_unknown(struct conn *c, uint8_t type)
{
	FCGI_UnknownTypeBody body = { .type = type };

	put_record(
	    c, FCGI_UNKNOWN_TYPE, FCGI_NULL_REQUEST_ID, &body, sizeof(body));
}

static void begin_request(struct conn *c, uint16_t id)
{
	size_t max = c->server->limits.max_params_bytes;
	FCGI_BeginRequestBody body;

	if (c->small_len < sizeof(body)) {
		c->dead = true;
		return;
	}
	memcpy(&body, c->small, sizeof(body));
	if (c->closing)
		return;
	if (c->state != CONN_IDLE) {
		/* A repeated id would leave nothing to tell the two apart. */
		if (id == c->id)
			c->dead = true;
		else
			put_end(c, id, FCGI_CANT_MPX_CONN);
		return;
	}
	if (body.roleB1 != 0 || body.roleB0 != FCGI_RESPONDER) {
		put_end(c, id, FCGI_UNKNOWN_ROLE);
		c->closing |= (body.flags & FCGI_KEEP_CONN) == 0;
		c->stdin_done = false;
		return;
	}
	c->arena = arena_new(3 * max + ARENA_EXTRA);
	if (c->arena == NULL) {
		put_end(c, id, FCGI_OVERLOADED);
		c->closing |= (body.flags & FCGI_KEEP_CONN) == 0;
		return;
	}
	c->params = text_in(c->arena, max);
	c->state = CONN_PARAMS;
	c->id = id;
	c->keep = (body.flags & FCGI_KEEP_CONN) != 0;
	c->stdin_done = false;
}

void conn_arrive(struct conn *c, uint64_t round)
{
	struct slice rest = text_slice(&c->params);
	struct request *r = arena_alloc(c->arena, sizeof(*r));
	struct arena *arena = c->arena;
	struct meta m;
	struct slice name;
	struct slice value;
	int refuse;

	leave_round(c);
	c->state = CONN_REQUEST;
	if (r == NULL) {
		c->dead = true;
		conn_dirty(c);
		return;
	}
	m = meta_new(r, arena);
	while (params_next(&rest, &name, &value))
		meta_add(&m, name, value);
	m.invalid |= rest.len > 0;
	m.full |= text_spent(&c->params);
	refuse = meta_finish(&m);
	r->round = round;
	c->arena = NULL;
	c->stdin_left = r->content_length;
	c->exchange = c->server->events->arrived(
	    c->server->worker, &c->front, arena, r, refuse);
	/* Its end may have overtaken the parameters'. */
	if (c->stdin_done && c->exchange != NULL)
		c->server->events->content_end(c->exchange);
}

static void stdin_content(struct conn *c, struct slice s)
{
	if (c->state != CONN_REQUEST || c->exchange == NULL || c->stdin_done)
		return;
	/* What a web server adds past the length it announced is nobody's. */
	if (c->stdin_left != LENGTH_UNKNOWN) {
		s = slice_upto(s, (size_t)c->stdin_left);
		c->stdin_left -= (int64_t)s.len;
	}
	if (s.len > 0)
		c->server->events->content(c->exchange, s);
}

static void abort_request(struct conn *c)
{
	void *exchange = c->exchange;
	bool keep = c->keep;

	arena_free(c->arena);
	c->arena = NULL;
	c->exchange = NULL;
	c->full = false;
	c->state = CONN_IDLE;
	c->stdin_done = true;
	if (exchange != NULL)
		c->server->events->gone(exchange);
	put_end(c, c->id, FCGI_REQUEST_COMPLETE);
	c->closing = !keep || c->server->stopping;
	/* The exchange may have paused it. */
	ev_io_start(c->server->loop, &c->read_io);
}

static bool is_ours(const struct conn *c)
{
	return c->state != CONN_IDLE && c->reader.id == c->id;
}

static void record_begin(struct conn *c)
{
	/* The end of its content waits with a request, and nothing else. */
	if (c->state == CONN_READ &&
	    (c->reader.type != FCGI_STDIN || c->reader.content_len > 0))
		conn_arrive(c, 0);
	c->small_len = 0;
	queue_free(&c->values);
}

static void record_content(struct conn *c, struct slice s)
{
	switch (c->reader.type) {
	case FCGI_PARAMS:
		if (is_ours(c) && c->state == CONN_PARAMS)
			text_add(&c->params, s);
		break;
	case FCGI_STDIN:
		if (is_ours(c))
			stdin_content(c, s);
		break;
	case FCGI_GET_VALUES:
		/* Names past the bound are unknown to us, and answered so. */
		(void)queue_add(&c->values, s);
		break;
	case FCGI_BEGIN_REQUEST:
		s = slice_upto(s, sizeof(c->small) - c->small_len);
		memcpy(c->small + c->small_len, s.at, s.len);
		c->small_len += s.len;
		break;
	default:
		break;
	}
}

static void record_end(struct conn *c)
{
	struct record_reader *r = &c->reader;

	if (r->id == FCGI_NULL_REQUEST_ID) {
		if (r->type == FCGI_GET_VALUES)
			answer_values(c);
		else
			answer_unknown(c, r->type);
		return;
	}
	switch (r->type) {
	case FCGI_BEGIN_REQUEST:
		begin_request(c, r->id);
		break;
	case FCGI_ABORT_REQUEST:
		if (is_ours(c))
			abort_request(c);
		break;
	case FCGI_PARAMS:
		if (is_ours(c) && c->state == CONN_PARAMS &&
		    r->content_len == 0)
			await_round(c);
		break;
	case FCGI_STDIN:
		/* Also behind an answer that did not wait for it. */
		if (r->id == c->id && r->content_len == 0 && !c->stdin_done) {
			c->stdin_done = true;
			if (c->exchange != NULL)
				c->server->events->content_end(c->exchange);
		}
		break;
	default:
		/* FCGI_DATA is a filter's; others are unknown but to a
		 * request, where the specification has no answer. */
		break;
	}
}

static void conn_feed(struct conn *c, struct slice input)
{
	while (!c->dead) {
		struct slice content;

		switch (record_next(&c->reader, &input, &content)) {
		case RECORD_MORE:
			return;
		case RECORD_BEGIN:
			record_begin(c);
			break;
		case RECORD_CONTENT:
			record_content(c, content);
			break;
		case RECORD_END:
			record_end(c);
			break;
		case RECORD_BROKEN:
			c->dead = true;
			break;
		}
	}
}

static void conn_read(struct conn *c)
{
	struct fcgi_server *s = c->server;
	ssize_t n;

	do
		n = recv(c->fd, s->input, sizeof(s->input), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return;
	if (n <= 0) {
		conn_close(c);
		return;
	}
	if (c->lingering)
		return;
	conn_feed(c, (struct slice){ s->input, (size_t)n });
	if (c->dead)
		conn_dirty(c);
}

static void on_readable(struct ev_loop *loop, struct ev_io *io, int revents)
{
	(void)loop;
	(void)revents;
	conn_read(io->data);
}

static void on_writable(struct ev_loop *loop, struct ev_io *io, int revents)
{
	struct conn *c = io->data;

	(void)loop;
	(void)revents;
	conn_dirty(c);
}

static void on_linger_end(
    struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	(void)loop;
	(void)revents;
	conn_close(timer->data);
}

/* --- life ------------------------------------------------------------ */

void conn_open(struct fcgi_server *s, int fd, bool is_unix)
{
	struct conn *c = malloc(sizeof(*c));
	int on = 1;

	if (c == NULL) {
		close(fd);
		return;
	}
	if (!is_unix)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	*c = (struct conn){ .front = { &conn_ops },
		.server = s,
		.fd = fd,
		.out = queue_of(OUT_MAX),
		.bounded = !is_unix,
		.values = queue_of(GET_VALUES_MAX) };
	ev_io_init(&c->read_io, on_readable, fd, EV_READ);
	ev_io_init(&c->write_io, on_writable, fd, EV_WRITE);
	ev_timer_init(&c->linger, on_linger_end, 0., LINGER_S);
	c->read_io.data = c->write_io.data = c->linger.data = c;
	c->next = s->conns;
	if (c->next != NULL)
		c->next->prev = c;
	s->conns = c;
	s->conn_n++;
	/* The kernel is told when the loop sleeps, and never of a connection
	 * that is over by then. */
	ev_io_start(s->loop, &c->read_io);
	conn_read(c);
}

void conn_close(struct conn *c)
{
	struct fcgi_server *s = c->server;
	void *exchange = c->exchange;

	c->exchange = NULL;
	if (exchange != NULL)
		s->events->gone(exchange);
	if (c->state == CONN_READ)
		leave_round(c);
	ev_io_stop(s->loop, &c->read_io);
	ev_io_stop(s->loop, &c->write_io);
	ev_timer_stop(s->loop, &c->linger);
	if (c->dirty)
		for (struct conn **at = &s->dirty; *at != NULL;
		     at = &(*at)->next_dirty)
			if (*at == c) {
				*at = c->next_dirty;
				break;
			}
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		s->conns = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	s->conn_n--;
	close(c->fd);
	queue_free(&c->out);
	queue_free(&c->values);
	arena_free(c->arena);
	free(c);
}

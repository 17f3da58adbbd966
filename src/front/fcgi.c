/* Accepting FastCGI connections and writing them out. */
#include "front/fcgi.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "front/fcgi_conn.h"

/* Connections taken at one go, so that other workers get theirs. */
#define ACCEPT_BATCH 16

/* Out of descriptors: how long to wait before the next try. */
#define ACCEPT_PAUSE_S 0.2

/* FCGI_WEB_SERVER_ADDRS (section 3.2): the addresses that may connect. */
static bool peer_allowed(
    const struct fcgi_server *s, const struct sockaddr_storage *peer)
{
	struct slice rest = slice_of(s->peers);
	struct slice one;
	char address[INET6_ADDRSTRLEN] = "";

	if (s->peers == NULL || peer->ss_family == AF_UNIX)
		return true;
	if (peer->ss_family == AF_INET)
		inet_ntop(AF_INET,
		    &((const struct sockaddr_in *)peer)->sin_addr, address,
		    sizeof(address));
	else if (peer->ss_family == AF_INET6)
		inet_ntop(AF_INET6,
		    &((const struct sockaddr_in6 *)peer)->sin6_addr, address,
		    sizeof(address));
	while (slice_cut(&rest, ',', &one))
		if (slice_eq(slice_trim(one), slice_of(address)))
			return true;
	log_line(LOG_WARN,
	    "connection from %s refused: not in FCGI_WEB_SERVER_ADDRS",
	    address);
	return false;
}

static void accept_wait(struct fcgi_server *s)
{
	ev_io_stop(s->loop, &s->accept_io);
	ev_timer_again(s->loop, &s->accept_again);
}

static void on_acceptable(struct ev_loop *loop, struct ev_io *io, int revents)
{
	struct fcgi_server *s = io->data;

	(void)loop;
	(void)revents;
	for (int i = 0; i < ACCEPT_BATCH; i++) {
		struct sockaddr_storage peer;
		socklen_t len = sizeof(peer);
		int fd;

		if (s->conn_n >= s->limits.max_connections) {
			accept_wait(s);
			return;
		}
		peer.ss_family = AF_UNIX;
		fd = accept4(io->fd,
		    s->is_unix ? NULL : (struct sockaddr *)&peer,
		    s->is_unix ? NULL : &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE ||
			    errno == ENOBUFS || errno == ENOMEM) {
				log_line(
				    LOG_ERROR, "accept: %s", strerror(errno));
				accept_wait(s);
			}
			return;
		}
		if (!peer_allowed(s, &peer)) {
			close(fd);
			continue;
		}
		conn_open(s, fd, s->is_unix);
	}
}

static void on_accept_again(
    struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct fcgi_server *s = timer->data;

	(void)revents;
	ev_timer_stop(loop, timer);
	if (!s->stopping)
		ev_io_start(loop, &s->accept_io);
}

/* Runs before the loop sleeps: what the callbacks read goes in, all of it in
 * one round, since nothing is read from here on; and what it and they brought
 * about goes out. */
static void on_prepare(
    struct ev_loop *loop, struct ev_prepare *prepare, int revents)
{
	struct fcgi_server *s = prepare->data;

	(void)loop;
	(void)revents;
	if (s->read != NULL)
		s->rounds++;
	while (s->read != NULL)
		conn_arrive(s->read, s->rounds);
	while (s->dirty != NULL) {
		struct conn *c = s->dirty;

		s->dirty = c->next_dirty;
		c->dirty = false;
		conn_flush(c);
	}
}

static bool is_unix(int listen_fd)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);

	return getsockname(listen_fd, (struct sockaddr *)&at, &len) == 0 &&
	    at.ss_family == AF_UNIX;
}

struct fcgi_server *fcgi_server_new(struct ev_loop *loop, int listen_fd,
    struct fcgi_limits limits, const struct front_events *events, void *worker)
{
	struct fcgi_server *s = calloc(1, sizeof(*s));
	const char *peers = getenv("FCGI_WEB_SERVER_ADDRS");
	int flags = fcntl(listen_fd, F_GETFL);

	if (s == NULL)
		return NULL;
	if (peers != NULL && *peers != '\0') {
		s->peers = strdup(peers);
		if (s->peers == NULL) {
			free(s);
			return NULL;
		}
	}
	if (flags >= 0)
		(void)fcntl(listen_fd, F_SETFL, flags | O_NONBLOCK);
	s->is_unix = is_unix(listen_fd);
	s->loop = loop;
	s->limits = limits;
	s->events = events;
	s->worker = worker;
	s->read_end = &s->read;
	ev_io_init(&s->accept_io, on_acceptable, listen_fd, EV_READ);
	ev_timer_init(&s->accept_again, on_accept_again, 0., ACCEPT_PAUSE_S);
	ev_prepare_init(&s->flush, on_prepare);
	s->accept_io.data = s->accept_again.data = s->flush.data = s;
	ev_io_start(loop, &s->accept_io);
	ev_prepare_start(loop, &s->flush);
	return s;
}

void fcgi_server_limit_params(struct fcgi_server *s, size_t max_bytes)
{
	s->limits.max_params_bytes = max_bytes;
}

void fcgi_server_stop(struct fcgi_server *s)
{
	struct conn *next;

	s->stopping = true;
	ev_io_stop(s->loop, &s->accept_io);
	ev_timer_stop(s->loop, &s->accept_again);
	for (struct conn *c = s->conns; c != NULL; c = next) {
		next = c->next;
		if (conn_is_idle(c))
			conn_close(c);
	}
}

size_t fcgi_server_connections(const struct fcgi_server *s)
{
	return s->conn_n;
}

void fcgi_server_free(struct fcgi_server *s)
{
	if (s == NULL)
		return;
	while (s->conns != NULL)
		conn_close(s->conns);
	ev_io_stop(s->loop, &s->accept_io);
	ev_timer_stop(s->loop, &s->accept_again);
	ev_prepare_stop(s->loop, &s->flush);
	free(s->peers);
	free(s);
}

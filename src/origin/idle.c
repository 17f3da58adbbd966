/* A watcher for each socket that libcurl keeps, by its number. */
#include "origin/idle.h"

#include <stdlib.h>
#include <sys/socket.h>

#include <ev.h>

/* Sockets beyond that are not watched. */
#define FD_MAX 65536

/* What is thrown away so that a look into the socket finds its end. */
#define DRAIN_MAX_BYTES 65536

struct slot {
	struct ev_io io;
	struct idle *idle;
	const void *user; /* the last one; NULL: closed */
};

struct idle {
	struct ev_loop *loop;
	struct slot **slots; /* by descriptor; NULL: never seen */
	int slot_n;
	int unknown;
};

struct idle *idle_new(struct ev_loop *loop)
{
	struct idle *i = calloc(1, sizeof(*i));

	if (i != NULL)
		i->loop = loop;
	return i;
}

void idle_free(struct idle *i)
{
	if (i == NULL)
		return;
	for (int fd = 0; fd < i->slot_n; fd++) {
		if (i->slots[fd] != NULL)
			ev_io_stop(i->loop, &i->slots[fd]->io);
		free(i->slots[fd]);
	}
	free(i->slots);
	free(i);
}

static void shut(int fd)
{
	char waste[4096];
	size_t taken = 0;
	ssize_t n;

	shutdown(fd, SHUT_RDWR);
	while (taken < DRAIN_MAX_BYTES &&
	    (n = recv(fd, waste, sizeof(waste), MSG_DONTWAIT)) > 0)
		taken += (size_t)n;
}

static void on_input(struct ev_loop *loop, struct ev_io *io, int revents)
{
	struct slot *s = io->data;

	(void)revents;
	ev_io_stop(loop, io);
	if (s->user != NULL && s->idle->unknown == 0)
		shut(io->fd);
}

static struct slot *slot_of(const struct idle *i, int fd)
{
	return fd >= 0 && fd < i->slot_n ? i->slots[fd] : NULL;
}

static bool make_room(struct idle *i, int fd)
{
	int n = i->slot_n == 0 ? 64 : i->slot_n;
	struct slot **slots;

	if (fd < i->slot_n)
		return true;
	while (n <= fd)
		n *= 2;
	slots = realloc(i->slots, (size_t)n * sizeof(struct slot *));
	if (slots == NULL)
		return false;
	for (int k = i->slot_n; k < n; k++)
		slots[k] = NULL;
	i->slots = slots;
	i->slot_n = n;
	return true;
}

/* NULL: it is not watched. */
static struct slot *slot_made(struct idle *i, int fd)
{
	struct slot *s = slot_of(i, fd);

	if (s != NULL || fd < 0 || fd >= FD_MAX || !make_room(i, fd))
		return s;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->idle = i;
	ev_io_init(&s->io, on_input, fd, EV_READ);
	s->io.data = s;
	i->slots[fd] = s;
	return s;
}

bool idle_use(struct idle *i, int fd, const void *user)
{
	struct slot *s = slot_made(i, fd);
	bool again;

	if (s == NULL)
		return false;
	ev_io_stop(i->loop, &s->io);
	again = s->user == user;
	s->user = user;
	return again;
}

void idle_rest(struct idle *i, int fd, const void *user)
{
	struct slot *s = slot_of(i, fd);

	if (s != NULL && s->user == user)
		ev_io_start(i->loop, &s->io);
}

void idle_closed(struct idle *i, int fd)
{
	struct slot *s = slot_of(i, fd);

	if (s == NULL)
		return;
	ev_io_stop(i->loop, &s->io);
	s->user = NULL;
}

void idle_unknown(struct idle *i, int more)
{
	i->unknown += more;
}

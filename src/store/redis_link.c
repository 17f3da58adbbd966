/* Coming, asking, hearing and going. */
#include "store/redis_link.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "store/redis_name.h"
#include "store/redis_scripts.h"

#define JOIN_MS      1000 /* nobody waits for it */
#define PAUSE_MIN_MS 1000
#define PAUSE_MAX_MS 30000
#define CALM_MS                                                         \
	60000          /* so long without a failure, and the pauses are \
			* short again */
#define IDLE_MS   1000 /* so long unused, and it is looked at first */
#define LIFE_MAX  64u
#define SHA_HEX   40u
#define OUT_MAX   (1024u * 1024u)
#define IN_BYTES  65536u
#define WORDS_MAX (LINK_ARGUMENTS_MAX + 5u)

enum link_state {
	LINK_OFF,
	LINK_NAMING,     /* its addresses are being looked for */
	LINK_CONNECTING, /* to one of them */
	LINK_GREETING,   /* password, database, scripts */
	LINK_UP,
};

enum greeting { GREET_AUTH, GREET_SELECT, GREET_INFO, GREET_SCRIPTS };

struct redis_link {
	const struct redis_url *where;
	int64_t wait_ms;
	enum link_state state;
	int fd; /* or the looker-up's */
	pid_t pid;
	struct store_report report;
	int64_t deadline_ms; /* of this call */
	int64_t join_by_ms;
	int64_t retry_ms;
	int64_t pause_ms;
	int64_t failed_ms;
	int64_t used_ms;
	struct redis_addresses addresses;
	size_t address; /* the next */
	unsigned greeting;
	char life[LIFE_MAX];
	size_t life_n;
	char sha[REDIS_SCRIPT_N][SHA_HEX];
	struct redis_reader *reader;
	char *out;
	size_t out_at, out_n, out_size;
	char in[IN_BYTES];
};

/* ---- going ---- */

static void hang_up(struct redis_link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	l->state = LINK_OFF;
	l->out_at = 0;
	l->out_n = 0;
	redis_reader_free(l->reader);
	l->reader = NULL;
}

/* The pauses grow with each failure, and shrink when there was none for a
 * while, so that a server which greets us well and then stops is asked as
 * seldom as one that is not there. */
static bool fail(struct redis_link *l, enum store_why why, int error)
{
	int64_t now_ms = clock_ms();

	hang_up(l);
	l->report = (struct store_report){ why, error };
	if (l->pause_ms == 0 || now_ms - l->failed_ms > CALM_MS)
		l->pause_ms = PAUSE_MIN_MS;
	else if (l->pause_ms < PAUSE_MAX_MS / 2)
		l->pause_ms *= 2;
	else
		l->pause_ms = PAUSE_MAX_MS;
	l->failed_ms = now_ms;
	l->retry_ms = now_ms + l->pause_ms;
	return false;
}

void link_strange(struct redis_link *l)
{
	fail(l, STORE_STRANGE, 0);
}

/* ---- asking ---- */

static bool keep_out(struct redis_link *l, const char *bytes, size_t n)
{
	size_t want = l->out_n + n;

	if (want > OUT_MAX)
		return false;
	if (want > l->out_size) {
		char *out = realloc(l->out, want);

		if (out == NULL)
			return false;
		l->out = out;
		l->out_size = want;
	}
	memcpy(l->out + l->out_n, bytes, n);
	l->out_n += n;
	return true;
}

static bool put_command(
    struct redis_link *l, const struct slice *words, size_t n)
{
	const char *at[WORDS_MAX];
	size_t len[WORDS_MAX];
	char *bytes = NULL;
	int bytes_n;
	bool kept;

	if (n > WORDS_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		at[i] = words[i].len == 0 ? "" : words[i].at;
		len[i] = words[i].len;
	}
	bytes_n = redisFormatCommandArgv(&bytes, (int)n, at, len);
	if (bytes_n < 0)
		return false;
	kept = keep_out(l, bytes, (size_t)bytes_n);
	redisFreeCommand(bytes);
	return kept;
}

/* As much as can be sent now. */
static bool send_some(struct redis_link *l)
{
	while (l->out_at < l->out_n) {
		ssize_t n = send(l->fd, l->out + l->out_at,
		    l->out_n - l->out_at, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || fail(l, STORE_SYSTEM, errno);
		l->out_at += (size_t)n;
	}
	l->out_at = 0;
	l->out_n = 0;
	return true;
}

/* What has come by now. */
static bool hear_some(struct redis_link *l)
{
	ssize_t n = recv(l->fd, l->in, sizeof(l->in), MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ||
		    fail(l, STORE_SYSTEM, errno);
	if (n == 0)
		return fail(l, STORE_SYSTEM, ECONNRESET);
	return redis_reader_feed(
		   l->reader, (struct slice){ l->in, (size_t)n }) ||
	    fail(l, STORE_STRANGE, 0);
}

/* Until something comes or goes, or the deadline. */
static bool wait_for(struct redis_link *l, short events)
{
	struct pollfd p = { .fd = l->fd, .events = events };
	int64_t left = l->deadline_ms - clock_ms();

	if (left <= 0 || (poll(&p, 1, (int)left) < 0 && errno != EINTR))
		return false;
	return true;
}

/* ---- coming ---- */

static bool ask_greeting(struct redis_link *l)
{
	const struct redis_url *u = l->where;
	char db[16];
	struct slice number = { db,
		(size_t)snprintf(db, sizeof(db), "%u", u->db) };
	bool kept = true;

	if (u->password.len > 0)
		kept = put_command(
		    l, (struct slice[]){ LIT("AUTH"), u->password }, 2);
	if (u->db > 0)
		kept = kept &&
		    put_command(
			l, (struct slice[]){ LIT("SELECT"), number }, 2);
	kept = kept &&
	    put_command(l, (struct slice[]){ LIT("INFO"), LIT("server") }, 2);
	for (enum redis_script i = 0; i < REDIS_SCRIPT_N; i++)
		kept = kept &&
		    put_command(l,
			(struct slice[]){ LIT("SCRIPT"), LIT("LOAD"),
			    slice_of(redis_script(i)) },
			3);
	return kept;
}

/* The next step that is not left out. */
static unsigned next_greeting(const struct redis_link *l, unsigned step)
{
	if (step == GREET_AUTH && l->where->password.len == 0)
		step++;
	if (step == GREET_SELECT && l->where->db == 0)
		step++;
	return step;
}

static bool take_life(struct redis_link *l, struct slice info)
{
	static const struct slice name = { "run_id:", 7 };
	struct slice line;

	while (slice_cut(&info, '\n', &line)) {
		if (!slice_starts(line, name))
			continue;
		line = slice_from(line, name.len);
		if (line.len > 0 && line.at[line.len - 1] == '\r')
			line.len--;
		if (line.len == 0 || line.len > LIFE_MAX)
			return false;
		memcpy(l->life, line.at, line.len);
		l->life_n = line.len;
		return true;
	}
	return false;
}

static bool take_sha(struct redis_link *l, unsigned script, struct slice sha)
{
	if (sha.len != SHA_HEX)
		return false;
	memcpy(l->sha[script], sha.at, SHA_HEX);
	return true;
}

/* One answer. */
static bool greet(struct redis_link *l, const struct redis_reply *reply)
{
	struct slice error = redis_error(reply);
	bool good =
	    reply->n == 1 && !reply->list && reply->item[0].kind == REDIS_TEXT;

	if (error.len > 0)
		return fail(l, redis_why(error), 0);
	if (good && l->greeting == GREET_INFO)
		good = take_life(l, reply->item[0].text);
	else if (good && l->greeting >= GREET_SCRIPTS)
		good = take_sha(
		    l, l->greeting - GREET_SCRIPTS, reply->item[0].text);
	if (!good)
		return fail(l, STORE_STRANGE, 0);
	l->greeting = next_greeting(l, l->greeting + 1);
	if (l->greeting == GREET_SCRIPTS + REDIS_SCRIPT_N) {
		l->state = LINK_UP;
		l->used_ms = clock_ms();
	}
	return true;
}

static bool greet_on(struct redis_link *l)
{
	const struct redis_reply *reply;

	if (!send_some(l) || !hear_some(l))
		return false;
	while (l->state == LINK_GREETING)
		switch (redis_reader_next(l->reader, &reply)) {
		case REDIS_READ_WHOLE:
			if (!greet(l, reply))
				return false;
			break;
		case REDIS_READ_MORE:
			return true;
		case REDIS_READ_BROKEN:
			return fail(l, STORE_STRANGE, 0);
		}
	return redis_reader_idle(l->reader) || fail(l, STORE_STRANGE, 0);
}

static bool connected(struct redis_link *l)
{
	static const int on = 1;

	if (l->where->path.len == 0)
		(void)setsockopt(
		    l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	redis_reader_free(l->reader);
	l->reader = redis_reader_new();
	l->greeting = next_greeting(l, GREET_AUTH);
	l->state = LINK_GREETING;
	if (l->reader == NULL || !ask_greeting(l))
		return fail(l, STORE_SYSTEM, ENOMEM);
	return true;
}

/* To the next address that does not refuse at once. */
static bool connect_next(struct redis_link *l)
{
	int error = 0;

	while (l->address < l->addresses.n) {
		struct redis_address *a = &l->addresses.at[l->address++];

		hang_up(l);
		l->fd = socket(a->at.any.sa_family,
		    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (l->fd < 0) {
			error = errno;
			continue;
		}
		l->state = LINK_CONNECTING;
		if (connect(l->fd, &a->at.any, a->n) == 0)
			return connected(l);
		if (errno == EINPROGRESS)
			return true;
		error = errno;
	}
	return fail(l, error == 0 ? STORE_NO_NAME : STORE_SYSTEM, error);
}

static bool connect_on(struct redis_link *l)
{
	struct pollfd p = { .fd = l->fd, .events = POLLOUT };
	socklen_t n = sizeof(int);
	int error = 0;

	if (poll(&p, 1, 0) <= 0)
		return true;
	if (getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
		error = errno;
	if (error == 0)
		return connected(l);
	return l->address < l->addresses.n ? connect_next(l) :
					     fail(l, STORE_SYSTEM, error);
}

static bool name_on(struct redis_link *l)
{
	if (!redis_name_take(l->fd, &l->addresses))
		return true;
	l->address = 0;
	return connect_next(l);
}

static void set_path(struct redis_addresses *all, struct slice path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	memset(all, 0, sizeof(*all));
	if (path.len >= sizeof(un.sun_path))
		return;
	memcpy(un.sun_path, path.at, path.len);
	memcpy(&all->at[0].at, &un, sizeof(un));
	all->at[0].n = sizeof(un);
	all->n = 1;
}

static bool begin_coming(struct redis_link *l)
{
	const struct redis_url *u = l->where;

	l->pid = getpid();
	l->join_by_ms = clock_ms() + JOIN_MS;
	l->address = 0;
	if (u->path.len > 0)
		set_path(&l->addresses, u->path);
	if (u->path.len > 0 ||
	    redis_name_numeric(u->host.at, u->port, &l->addresses))
		return connect_next(l);
	l->fd = redis_name_ask(u->host.at, u->port);
	if (l->fd < 0)
		return fail(l, STORE_SYSTEM, errno);
	l->state = LINK_NAMING;
	return true;
}

/* As far as it goes without waiting. */
static void come_on(struct redis_link *l)
{
	enum link_state before;

	do {
		before = l->state;
		if (before == LINK_NAMING)
			name_on(l);
		else if (before == LINK_CONNECTING)
			connect_on(l);
		else if (before == LINK_GREETING)
			greet_on(l);
	} while (l->state != before && l->state != LINK_OFF);
	if (l->state != LINK_UP && l->state != LINK_OFF &&
	    clock_ms() >= l->join_by_ms)
		fail(l, STORE_AWAY, 0);
}

static bool come_waiting(struct redis_link *l)
{
	come_on(l);
	while (l->state != LINK_UP && l->state != LINK_OFF &&
	    wait_for(l,
		l->state == LINK_CONNECTING || l->out_n > 0 ? POLLOUT | POLLIN :
							      POLLIN))
		come_on(l);
	return l->state == LINK_UP;
}

/* Servers and what is between close connections that nobody uses.  That is no
 * failure, and what comes unasked is nothing to be read. */
static bool is_dead(struct redis_link *l)
{
	char c;

	if (clock_ms() - l->used_ms < IDLE_MS)
		return false;
	return recv(l->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
	    errno != EAGAIN;
}

bool link_ready(struct redis_link *l, int64_t times)
{
	int64_t now_ms = clock_ms();
	/* Two processes on one connection would read each other's answers. */
	bool inherited = l->state != LINK_OFF && l->pid != getpid();

	l->deadline_ms = now_ms + l->wait_ms * times;
	if (inherited || (l->state == LINK_UP && is_dead(l))) {
		hang_up(l);
		return begin_coming(l) && come_waiting(l);
	}
	if (l->state == LINK_OFF && (now_ms < l->retry_ms || !begin_coming(l)))
		return false;
	if (l->state != LINK_UP)
		come_on(l);
	return l->state == LINK_UP;
}

bool link_ready_waiting(struct redis_link *l)
{
	if (link_ready(l, 1) || (l->state != LINK_OFF && come_waiting(l)))
		return true;
	/* It may come yet, but whoever waited is told. */
	if (l->state != LINK_OFF)
		l->report = (struct store_report){ STORE_AWAY, 0 };
	return false;
}

struct slice link_life(const struct redis_link *l)
{
	return (struct slice){ l->life, l->life_n };
}

/* ---- questions and answers ---- */

bool link_ask(struct redis_link *l, const struct slice *words, size_t n)
{
	return l->state == LINK_UP &&
	    (put_command(l, words, n) || fail(l, STORE_SYSTEM, ENOMEM));
}

/* Is that error about one question, and the next may be answered? */
static bool is_bearable(struct slice error)
{
	return error.len == 0 || redis_why(error) == STORE_FULL ||
	    slice_starts(error, LIT("NOSCRIPT"));
}

const struct redis_reply *link_answer(struct redis_link *l)
{
	const struct redis_reply *reply = NULL;
	enum redis_read how = REDIS_READ_MORE;

	if (l->state != LINK_UP)
		return NULL;
	while (
	    (how = redis_reader_next(l->reader, &reply)) == REDIS_READ_MORE) {
		if (!send_some(l))
			return NULL;
		if (!wait_for(l, l->out_n > 0 ? POLLOUT | POLLIN : POLLIN)) {
			fail(l, STORE_AWAY, 0);
			return NULL;
		}
		if (!hear_some(l))
			return NULL;
	}
	if (how == REDIS_READ_BROKEN) {
		fail(l, STORE_STRANGE, 0);
		return NULL;
	}
	if (!is_bearable(redis_error(reply))) {
		fail(l, redis_why(redis_error(reply)), 0);
		return NULL;
	}
	l->used_ms = clock_ms();
	l->report = (struct store_report){ STORE_WELL, 0 };
	return reply;
}

static const struct redis_reply *run_once(struct redis_link *l,
    enum redis_script script, const struct slice keys[2],
    const struct slice *arguments, size_t n)
{
	struct slice words[WORDS_MAX] = {
		LIT("EVALSHA"),
		{ l->sha[script], SHA_HEX },
		LIT("2"),
		keys[0],
		keys[1],
	};

	if (n > LINK_ARGUMENTS_MAX)
		return NULL;
	memcpy(words + 5, arguments, n * sizeof(*arguments));
	return link_ask(l, words, 5 + n) ? link_answer(l) : NULL;
}

const struct redis_reply *link_run(struct redis_link *l,
    enum redis_script script, const struct slice keys[2],
    const struct slice *arguments, size_t n)
{
	const struct redis_reply *reply =
	    run_once(l, script, keys, arguments, n);
	struct slice load[3] = { LIT("SCRIPT"), LIT("LOAD"),
		slice_of(redis_script(script)) };

	if (reply == NULL || !slice_starts(redis_error(reply), LIT("NOSCRIPT")))
		return reply;
	/* Somebody has told the server to forget them. */
	if (!link_ask(l, load, 3) || link_answer(l) == NULL)
		return NULL;
	reply = run_once(l, script, keys, arguments, n);
	if (reply != NULL &&
	    slice_starts(redis_error(reply), LIT("NOSCRIPT"))) {
		link_strange(l);
		return NULL;
	}
	return reply;
}

struct store_report link_report(const struct redis_link *l)
{
	return l->report;
}

struct redis_link *link_new(const struct redis_url *where)
{
	struct redis_link *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->where = where;
	l->wait_ms = where->wait_ms > 0 ? where->wait_ms : LINK_CALL_MS;
	l->fd = -1;
	return l;
}

void link_free(struct redis_link *l)
{
	if (l == NULL)
		return;
	hang_up(l);
	free(l->out);
	free(l);
}

/* A FastCGI connection over a real socket: what is sent byte by byte, what
 * the exchange is told, and what comes back. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <ev.h>
#include <fastcgi.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "front/fcgi_conn.h"
#include "front/params.h"

#define MAX_PARAMS 1000

/* --- the exchange's side: notes what it is told ------------------------ */

struct worker {
	char room[8192];
	struct text log;
	struct front *front;
	struct arena *arena;
	struct request *request;
	unsigned arrivals;
	uint64_t rounds[8]; /* of the arrivals */
	/* what it does */
	bool answers_at_once;
	bool answers_at_end;
	bool pauses;
	int others_fd; /* where somebody sends, if not 0, when one arrives */
	struct slice others;
	enum fault fault;
	struct slice body;
};

static void answer(struct worker *w)
{
	struct response r = { .status = 200, .content_length = LENGTH_UNKNOWN };
	struct front *front = w->front;

	w->front = NULL;
	front->ops->head(front, &r);
	if (w->body.len > 0)
		front->ops->body(front, w->body);
	front->ops->finish(front, w->fault);
	arena_free(w->arena);
	w->arena = NULL;
}

static void *on_arrived(void *worker, struct front *front, struct arena *arena,
    struct request *request, int refuse)
{
	struct worker *w = worker;

	assert_null(w->front);
	w->front = front;
	w->arena = arena;
	w->request = request;
	w->rounds[w->arrivals++ % ROWS(w->rounds)] = request->round;
	if (w->others_fd != 0)
		(void)!send(w->others_fd, w->others.at, w->others.len, 0);
	w->others_fd = 0;
	text_format(&w->log, "arrived %.*s %.*s %d\n",
	    SLICE_ARG(request->method), SLICE_ARG(request->target), refuse);
	if (!w->answers_at_once)
		return w;
	answer(w);
	return NULL;
}

static void on_content(void *user, struct slice s)
{
	struct worker *w = user;

	/* Pieces depend on the fragmentation: one line for all of them. */
	if (w->log.len > 0 && w->log.at[w->log.len - 1] == '\n')
		text_add(&w->log, LIT("content "));
	text_add(&w->log, s);
	if (w->pauses) {
		w->pauses = false;
		w->front->ops->content_pause(w->front, true);
	}
}

static void new_line(struct worker *w)
{
	if (w->log.len > 0 && w->log.at[w->log.len - 1] != '\n')
		text_char(&w->log, '\n');
}

static void on_content_end(void *user)
{
	struct worker *w = user;

	new_line(w);
	text_add(&w->log, LIT("content end\n"));
	if (w->answers_at_end)
		answer(w);
}

static void on_drained(void *user)
{
	struct worker *w = user;

	new_line(w);
	text_add(&w->log, LIT("drained\n"));
}

static void on_gone(void *user)
{
	struct worker *w = user;

	new_line(w);
	text_add(&w->log, LIT("gone\n"));
	w->front = NULL;
	arena_free(w->arena);
	w->arena = NULL;
}

static const struct front_events events = { on_arrived, on_content,
	on_content_end, on_drained, on_gone };

/* --- the web server's side --------------------------------------------- */

struct fixture {
	struct worker worker;
	struct ev_loop *loop;
	struct fcgi_server *server;
	int listen_fd;
	int fd; /* the peer */
	bool closed;
	bool reset;
	char back[8192]; /* what came back */
	size_t back_len;
	size_t back_bytes; /* of all, also what found no room */
};

static void connect_to(struct fixture *f)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(at);

	assert_int_equal(
	    getsockname(f->listen_fd, (struct sockaddr *)&at, &len), 0);
	f->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_true(f->fd >= 0);
	assert_int_equal(connect(f->fd, (struct sockaddr *)&at, len), 0);
	fcntl(f->fd, F_SETFL, O_NONBLOCK);
	f->closed = f->reset = false;
	f->back_len = f->back_bytes = 0;
}

static void up(struct fixture *f)
{
	struct sockaddr_un any = { .sun_family = AF_UNIX };
	struct fcgi_limits limits = { MAX_PARAMS, 10 };

	memset(f, 0, sizeof(*f));
	f->worker.log = text_over(f->worker.room, sizeof(f->worker.room));
	f->loop = ev_loop_new(EVFLAG_AUTO);
	f->listen_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	/* An address of the kernel's choice, in no folder. */
	assert_int_equal(
	    bind(f->listen_fd, (struct sockaddr *)&any, sizeof(sa_family_t)),
	    0);
	assert_int_equal(listen(f->listen_fd, 10), 0);
	f->server =
	    fcgi_server_new(f->loop, f->listen_fd, limits, &events, &f->worker);
	assert_non_null(f->server);
	connect_to(f);
}

static void down(struct fixture *f)
{
	fcgi_server_free(f->server);
	ev_loop_destroy(f->loop);
	close(f->listen_fd);
	close(f->fd);
	arena_free(f->worker.arena);
}

static void receive(struct fixture *f)
{
	static char piece[65536];
	ssize_t n;

	while ((n = recv(f->fd, piece, sizeof(piece), 0)) > 0) {
		size_t fits = sizeof(f->back) - f->back_len;

		if (fits > (size_t)n)
			fits = (size_t)n;
		memcpy(f->back + f->back_len, piece, fits);
		f->back_len += fits;
		f->back_bytes += (size_t)n;
	}
	f->closed |= n == 0;
	f->reset |= n < 0 && errno == ECONNRESET;
}

/* Lets the loop do all it can without waiting. */
static void turn(struct fixture *f)
{
	for (int i = 0; i < 4; i++)
		ev_run(f->loop, EVRUN_NOWAIT);
}

static void give(struct fixture *f, struct slice s, size_t split)
{
	while (s.len > 0) {
		struct slice piece = slice_upto(s, split);

		if (send(f->fd, piece.at, piece.len, MSG_NOSIGNAL) !=
		    (ssize_t)piece.len)
			break; /* it has closed */
		turn(f);
		s = slice_from(s, piece.len);
	}
	turn(f);
	receive(f);
}

/* "6/1[content] " for each record that came back; "!" where it is none. */
static struct slice told(struct fixture *f)
{
	static char room[16384];
	struct text t = text_over(room, sizeof(room));
	struct record_reader r = { 0 };
	struct slice input = { f->back, f->back_len };
	struct slice content = SLICE_NONE;
	enum record_event event;

	do {
		event = record_next(&r, &input, &content);
		if (event == RECORD_BEGIN)
			text_format(&t, "%u/%u[", r.type, r.id);
		else if (event == RECORD_END)
			text_add(&t, LIT("] "));
		else if (event == RECORD_BROKEN)
			text_char(&t, '!');
		for (size_t i = 0; event == RECORD_CONTENT && i < content.len;
		     i++) {
			char c = content.at[i];

			if (c == '\r' || c == '\n')
				text_char(&t, '.');
			else if (c < ' ')
				text_format(&t, "\\%d", c);
			else
				text_char(&t, c);
		}
	} while (event != RECORD_MORE && event != RECORD_BROKEN);
	if (f->closed)
		text_add(&t, LIT("closed"));
	if (f->reset)
		text_add(&t, LIT("reset"));
	return text_slice(&t);
}

/* --- records ----------------------------------------------------------- */

/* Heads: version, type, id, length, padding. */
#define HEAD(type, id, len) "\1" type "\0" id "\0" len "\0\0"
#define BEGIN(id, role, flags) \
	HEAD("\1", id, "\10") "\0" role flags "\0\0\0\0\0"
#define ABORT(id)      HEAD("\2", id, "\0")
#define PARAMS_END(id) HEAD("\4", id, "\0")
#define STDIN_END(id)  HEAD("\5", id, "\0")
#define KEEP           "\1"
#define CLOSE          "\0"

/* GET /x in 33 bytes of parameters. */
#define PARAMS(id)            \
	HEAD("\4", id, "\41") \
	"\16\3REQUEST_METHODGET\13\1REQUEST_URI/" PARAMS_END(id)
/* POST of three bytes. */
#define PARAMS_POST(id)                            \
	HEAD("\4", id, "\63")                      \
	"\16\4REQUEST_METHODPOST\13\1REQUEST_URI/" \
	"\16\1CONTENT_LENGTH3" PARAMS_END(id)

#define ANSWER(id)   "6/" id "[Status: 200 OK....] 6/" id "[] "
#define COMPLETE(id) "3/" id "[\\0\\0\\0\\0\\0\\0\\0\\0] "

static const struct {
	const char *name;
	struct slice bytes, log, back;
} cases[] = {
	{ "one request",
	    S(BEGIN("\1", "\1", CLOSE) PARAMS("\1") STDIN_END("\1")),
	    S("arrived GET / 0\ncontent end\n"),
	    S(ANSWER("1") COMPLETE("1") "closed") },
	{ "kept",
	    S(BEGIN("\1", "\1", KEEP) PARAMS("\1") STDIN_END("\1")
		    BEGIN("\2", "\1", CLOSE) PARAMS("\2") STDIN_END("\2")),
	    S("arrived GET / 0\ncontent end\narrived GET / 0\ncontent end\n"),
	    S(ANSWER("1") COMPLETE("1") ANSWER("2") COMPLETE("2") "closed") },
	{ "kept, the same id",
	    S(BEGIN("\1", "\1", KEEP) PARAMS("\1") STDIN_END("\1")
		    BEGIN("\1", "\1", KEEP) PARAMS("\1") STDIN_END("\1")),
	    S("arrived GET / 0\ncontent end\narrived GET / 0\ncontent end\n"),
	    S(ANSWER("1") COMPLETE("1") ANSWER("1") COMPLETE("1")) },
	{ "content",
	    S(BEGIN("\1", "\1", KEEP) PARAMS_POST("\1") HEAD("\5", "\1",
		"\2") "ab" HEAD("\5", "\1", "\1") "c" STDIN_END("\1")),
	    S("arrived POST / 0\ncontent abc\ncontent end\n"),
	    S(ANSWER("1") COMPLETE("1")) },
	{ "more content than announced",
	    S(BEGIN("\1", "\1", KEEP) PARAMS_POST("\1")
		    HEAD("\5", "\1", "\2") "ab" HEAD("\5", "\1",
			"\3") "cde" HEAD("\5", "\1", "\1") "f" STDIN_END("\1")),
	    S("arrived POST / 0\ncontent abc\ncontent end\n"),
	    S(ANSWER("1") COMPLETE("1")) },
	{ "no length: all of it",
	    S(BEGIN("\1", "\1", KEEP) PARAMS("\1")
		    HEAD("\5", "\1", "\2") "ab" STDIN_END("\1")),
	    S("arrived GET / 0\ncontent ab\ncontent end\n"),
	    S(ANSWER("1") COMPLETE("1")) },
	{ "nothing behind the end of content",
	    S(BEGIN("\1", "\1", KEEP) PARAMS("\1") STDIN_END("\1")
		    HEAD("\5", "\1", "\2") "ab" STDIN_END("\1")),
	    S("arrived GET / 0\ncontent end\n"), S(ANSWER("1") COMPLETE("1")) },
	{ "the end of content before the parameters'",
	    S(BEGIN("\1", "\1", KEEP) STDIN_END("\1") PARAMS("\1")),
	    S("arrived GET / 0\ncontent end\n"), S(ANSWER("1") COMPLETE("1")) },
	{ "values",
	    S(HEAD("\11", "\0", "\63") "\17\0FCGI_MPXS_CONNS"
				       "\16\0FCGI_MAX_CONNS"
				       "\15\0FCGI_MAX_REQS"
				       "\1\0X"),
	    S(""),
	    S("10/0[\\15\\1FCGI_MPXS_CONNS0\\14\\2FCGI_MAX_CONNS10"
	      ".\\2FCGI_MAX_REQS10] ") },
	{ "no values", S(HEAD("\11", "\0", "\0")), S(""), S("10/0[] ") },
	{ "a type unknown", S(HEAD("\143", "\0", "\1") "x"), S(""),
	    S("11/0[c\\0\\0\\0\\0\\0\\0\\0] ") },
	{ "a type unknown, of a request",
	    S(HEAD("\143", "\1", "\1") "x" BEGIN("\1", "\1", KEEP)
		    HEAD("\143", "\1", "\1") "x" PARAMS("\1")
			HEAD("\10", "\1", "\1") "x" STDIN_END("\1")),
	    S("arrived GET / 0\ncontent end\n"), S(ANSWER("1") COMPLETE("1")) },
	{ "a role unknown, kept",
	    S(BEGIN("\1", "\2", KEEP) PARAMS("\1") STDIN_END("\1")
		    BEGIN("\2", "\1", KEEP) PARAMS("\2") STDIN_END("\2")),
	    S("arrived GET / 0\ncontent end\n"),
	    S("3/1[\\0\\0\\0\\0\\3\\0\\0\\0] " ANSWER("2") COMPLETE("2")) },
	{ "a role unknown", S(BEGIN("\1", "\3", CLOSE)), S(""),
	    S("3/1[\\0\\0\\0\\0\\3\\0\\0\\0] closed") },
	{ "multiplexed",
	    S(BEGIN("\1", "\1", KEEP) BEGIN("\2", "\1", KEEP) PARAMS("\2")
		    STDIN_END("\2") PARAMS("\1") BEGIN("\3", "\1", KEEP)
			ABORT("\3") STDIN_END("\1")),
	    S("arrived GET / 0\ncontent end\n"),
	    S("3/2[\\0\\0\\0\\0\\1\\0\\0\\0] "
	      "3/3[\\0\\0\\0\\0\\1\\0\\0\\0] " ANSWER("1") COMPLETE("1")) },
	{ "the id taken",
	    S(BEGIN("\1", "\1", KEEP) PARAMS("\1") BEGIN("\1", "\1", KEEP)),
	    S("arrived GET / 0\ngone\n"), S("closed") },
	{ "ids unknown",
	    S(PARAMS("\7") STDIN_END("\7") ABORT("\7") BEGIN(
		"\1", "\1", KEEP) HEAD("\4", "\7", "\1") "x" PARAMS_END("\7")
		    HEAD("\5", "\7", "\1") "x" ABORT("\7") PARAMS("\1") HEAD(
			"\5", "\7", "\1") "x" STDIN_END("\7") STDIN_END("\1")),
	    S("arrived GET / 0\ncontent end\n"), S(ANSWER("1") COMPLETE("1")) },
	{ "aborted early",
	    S(BEGIN("\1", "\1", KEEP) HEAD("\4", "\1", "\1") "x" ABORT("\1")
		    BEGIN("\2", "\1", KEEP) PARAMS("\2") STDIN_END("\2")),
	    S("arrived GET / 0\ncontent end\n"),
	    S(COMPLETE("1") ANSWER("2") COMPLETE("2")) },
	{ "aborted",
	    S(BEGIN("\1", "\1", KEEP) PARAMS("\1") ABORT("\1") STDIN_END("\1")
		    BEGIN("\1", "\1", KEEP) PARAMS("\1") STDIN_END("\1")),
	    S("arrived GET / 0\ngone\narrived GET / 0\ncontent end\n"),
	    S(COMPLETE("1") ANSWER("1") COMPLETE("1")) },
	{ "aborted, to be closed",
	    S(BEGIN("\1", "\1", CLOSE) PARAMS("\1") ABORT("\1")),
	    S("arrived GET / 0\ngone\n"), S(COMPLETE("1") "closed") },
	{ "aborted too late",
	    S(BEGIN("\1", "\1", KEEP) PARAMS("\1") STDIN_END("\1") ABORT("\1")),
	    S("arrived GET / 0\ncontent end\n"), S(ANSWER("1") COMPLETE("1")) },
	{ "no parameters",
	    S(BEGIN("\1", "\1", KEEP) PARAMS_END("\1") STDIN_END("\1")),
	    S("arrived   400\ncontent end\n"), S(ANSWER("1") COMPLETE("1")) },
	{ "parameters cut",
	    S(BEGIN("\1", "\1", KEEP) HEAD(
		"\4", "\1", "\3") "\16\3R" PARAMS_END("\1") STDIN_END("\1")),
	    S("arrived   400\ncontent end\n"), S(ANSWER("1") COMPLETE("1")) },
	{ "parameters once more",
	    S(BEGIN("\1", "\1", KEEP) PARAMS("\1") PARAMS("\1")
		    STDIN_END("\1")),
	    S("arrived GET / 0\ncontent end\n"), S(ANSWER("1") COMPLETE("1")) },
	{ "a short begin", S(HEAD("\1", "\1", "\2") "\0\1"), S(""),
	    S("closed") },
	{ "a long begin",
	    S(HEAD("\1", "\1", "\12") "\0\1\1\0\0\0\0\0xx" PARAMS("\1")
		    STDIN_END("\1")),
	    S("arrived GET / 0\ncontent end\n"), S(ANSWER("1") COMPLETE("1")) },
	{ "no FastCGI", S("GET / HTTP/1.0\r\n\r\n"), S(""), S("closed") },
	{ "broken within",
	    S(BEGIN("\1", "\1", KEEP) PARAMS("\1") "\2\5\0\1\0\0\0\0"),
	    S("arrived GET / 0\ngone\n"), S("closed") },
	{ "new requests on one that closes are not read",
	    S(BEGIN("\1", "\1", CLOSE) PARAMS("\1") STDIN_END("\1")
		    BEGIN("\2", "\1", KEEP) PARAMS("\2") STDIN_END("\2")),
	    S("arrived GET / 0\ncontent end\n"),
	    S(ANSWER("1") COMPLETE("1") "closed") },
};

static void one_case(size_t i, size_t split)
{
	struct fixture f;
	char name[100];

	up(&f);
	f.worker.answers_at_end = true;
	give(&f, cases[i].bytes, split);
	new_line(&f.worker);
	snprintf(name, sizeof(name), "%s, split at %zu", cases[i].name, split);
	assert_slice(text_slice(&f.worker.log), cases[i].log, slice_of(name));
	/* Whether unread input turns the end into a reset is the kernel's
	 * affair. */
	if (f.reset) {
		f.reset = false;
		f.closed = true;
	}
	assert_slice(told(&f), cases[i].back, slice_of(name));
	down(&f);
}

static void records_whole_and_byte_by_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		one_case(i, cases[i].bytes.len);
		one_case(i, 1);
	}
}

static void records_in_two_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++)
		for (size_t at = 1; at < cases[i].bytes.len; at++) {
			struct fixture f;

			up(&f);
			f.worker.answers_at_end = true;
			give(&f, slice_upto(cases[i].bytes, at), at);
			give(&f, slice_from(cases[i].bytes, at), SIZE_MAX);
			new_line(&f.worker);
			assert_slice(text_slice(&f.worker.log), cases[i].log,
			    slice_of(cases[i].name));
			down(&f);
		}
}

/* The peer goes away behind every byte. */
static void cut_at_every_byte(void **state)
{
	static const struct slice all = S(BEGIN("\1", "\1", KEEP)
		PARAMS_POST("\1") HEAD("\5", "\1", "\3") "abc");
	const size_t arrival = all.len - 11;

	(void)state;
	for (size_t n = 0; n <= all.len; n++) {
		struct fixture f;
		struct slice log;

		up(&f);
		give(&f, slice_upto(all, n), SIZE_MAX);
		shutdown(f.fd, SHUT_WR);
		turn(&f);
		new_line(&f.worker);
		log = text_slice(&f.worker.log);
		assert_int_equal(f.worker.arrivals, n >= arrival);
		assert_int_equal(slice_ends(log, LIT("gone\n")), n >= arrival);
		assert_int_equal(fcgi_server_connections(f.server), 0);
		down(&f);
	}
}

static void values_that_do_not_fit(void **state)
{
	static const struct slice one = S("\16\0FCGI_MAX_CONNS");
	char bytes[8 + 100 * 16];
	struct text t = text_over(bytes, sizeof(bytes));
	unsigned char head[RECORD_HEAD_BYTES];
	struct record_reader r = { 0 };
	struct fixture f;
	struct slice input;
	struct slice rest;
	struct slice name;
	struct slice value;
	size_t n = 0;

	(void)state;
	record_head(head, FCGI_GET_VALUES, 0, 100 * 16, 0);
	text_add(&t, (struct slice){ (const char *)head, sizeof(head) });
	for (int i = 0; i < 100; i++)
		text_add(&t, one);
	assert_false(text_spent(&t));
	up(&f);
	give(&f, text_slice(&t), SIZE_MAX);
	input = (struct slice){ f.back, f.back_len };
	assert_int_equal(record_next(&r, &input, &rest), RECORD_BEGIN);
	assert_int_equal(r.type, FCGI_GET_VALUES_RESULT);
	assert_int_equal(record_next(&r, &input, &rest), RECORD_CONTENT);
	while (params_next(&rest, &name, &value)) {
		assert_slice(name, LIT("FCGI_MAX_CONNS"), LIT("name"));
		n++;
	}
	/* Whole pairs only. */
	assert_int_equal(rest.len, 0);
	assert_true(n > 0);
	down(&f);
}

static void too_many_parameters(void **state)
{
	static const size_t sizes[] = { MAX_PARAMS - 33, MAX_PARAMS - 32,
		60000 };

	(void)state;
	for (size_t i = 0; i < ROWS(sizes); i++) {
		static char bytes[70000];
		struct text t = text_over(bytes, sizeof(bytes));
		static char value[60000];
		unsigned char head[RECORD_HEAD_BYTES];
		struct slice start = LIT(BEGIN("\1", "\1", KEEP) HEAD("\4",
		    "\1", "\41") "\16\3REQUEST_METHODGET\13\1REQUEST_URI/");
		struct fixture f;

		memset(value, 'v', sizeof(value));
		text_add(&t, start);
		record_head(head, FCGI_PARAMS, 1, sizes[i], 0);
		text_add(
		    &t, (struct slice){ (const char *)head, sizeof(head) });
		/* "X" and two lengths take six bytes. */
		params_add(&t, LIT("X"), (struct slice){ value, sizes[i] - 6 });
		text_add(&t, LIT(PARAMS_END("\1") STDIN_END("\1")));
		assert_false(text_spent(&t));
		up(&f);
		f.worker.answers_at_end = true;
		give(&f, text_slice(&t), 1000);
		assert_slice(text_slice(&f.worker.log),
		    i == 0 ? LIT("arrived GET / 0\ncontent end\n") :
			     LIT("arrived GET / 431\ncontent end\n"),
		    LIT("parameters"));
		assert_slice(told(&f), LIT(ANSWER("1") COMPLETE("1")),
		    LIT("and an answer"));
		down(&f);
	}
}

/* An answer that waits for nothing, and stdin that comes behind it. */
static void answered_at_once(void **state)
{
	static const struct slice head =
	    S(BEGIN("\1", "\1", KEEP) PARAMS_POST("\1"));
	static const struct slice rest = S(HEAD("\5", "\1",
	    "\3") "abc" STDIN_END("\1") BEGIN("\1", "\1", CLOSE) PARAMS("\1"));
	struct fixture f;

	(void)state;
	up(&f);
	f.worker.answers_at_once = true;
	f.worker.body = LIT("hello");
	give(&f, head, 1);
	assert_slice(told(&f),
	    LIT("6/1[Status: 200 OK....hello] 6/1[] " COMPLETE("1")),
	    LIT("answer"));
	give(&f, rest, 1);
	assert_slice(text_slice(&f.worker.log),
	    LIT("arrived POST / 0\narrived GET / 0\n"), LIT("log"));
	/* Read on until the peer has sent all: closing would reset. */
	assert_true(f.closed);
	assert_int_equal(fcgi_server_connections(f.server), 1);
	give(&f, LIT(STDIN_END("\1")), 1);
	assert_int_equal(fcgi_server_connections(f.server), 1);
	shutdown(f.fd, SHUT_WR);
	turn(&f);
	assert_int_equal(fcgi_server_connections(f.server), 0);
	down(&f);
}

static void a_fault_shows(void **state)
{
	struct fixture f;

	(void)state;
	up(&f);
	f.worker.answers_at_end = true;
	f.worker.body = LIT("hal");
	f.worker.fault = FAULT_HTTP_RESPONSE_INCOMPLETE;
	give(&f, LIT(BEGIN("\1", "\1", KEEP) PARAMS("\1") STDIN_END("\1")),
	    SIZE_MAX);
	/* No end of request, a record of no version, and the end. */
	assert_slice(
	    told(&f), LIT("6/1[Status: 200 OK....hal] !closed"), LIT("breach"));
	assert_int_equal(fcgi_server_connections(f.server), 0);
	down(&f);
}

static void a_full_peer_is_waited_for(void **state)
{
	static char piece[16384];
	struct response r = { .status = 200, .content_length = LENGTH_UNKNOWN };
	struct slice s = { piece, sizeof(piece) };
	enum flow flow = FLOW_GO;
	struct fixture f;
	struct front *front;
	size_t given = 0;

	(void)state;
	up(&f);
	give(&f, LIT(BEGIN("\1", "\1", CLOSE) PARAMS("\1") STDIN_END("\1")),
	    SIZE_MAX);
	front = f.worker.front;
	assert_int_equal(front->ops->head(front, &r), FLOW_GO);
	while (flow == FLOW_GO && given < (64 << 20)) {
		flow = front->ops->body(front, s);
		given += s.len;
		ev_run(f.loop, EVRUN_NOWAIT);
	}
	assert_int_equal(flow, FLOW_FULL);
	f.worker.log.len = 0;
	/* Once is enough, however long it takes. */
	for (int i = 0; i < 100 && f.back_bytes < given; i++) {
		turn(&f);
		receive(&f);
	}
	assert_slice(text_slice(&f.worker.log), LIT("drained\n"), LIT("log"));
	assert_int_equal(front->ops->body(front, LIT("x")), FLOW_GO);
	f.worker.front = NULL;
	front->ops->finish(front, FAULT_NONE);
	arena_free(f.worker.arena);
	f.worker.arena = NULL;
	turn(&f);
	receive(&f);
	assert_true(f.closed);
	assert_true(f.back_bytes > given + 1);
	down(&f);
}

/* A peer that does not read: the exchange that goes on regardless is told
 * to stop before memory is gone. */
static void what_waits_is_bounded(void **state)
{
	static char piece[16384];
	struct response r = { .status = 200, .content_length = LENGTH_UNKNOWN };
	struct slice s = { piece, sizeof(piece) };
	enum flow flow = FLOW_GO;
	struct fixture f;
	struct front *front;
	size_t full = 0;

	(void)state;
	up(&f);
	give(&f, LIT(BEGIN("\1", "\1", CLOSE) PARAMS("\1") STDIN_END("\1")),
	    SIZE_MAX);
	front = f.worker.front;
	front->ops->head(front, &r);
	while (flow != FLOW_STOP && full < 100) {
		flow = front->ops->body(front, s);
		full += flow == FLOW_FULL;
		turn(&f);
	}
	assert_int_equal(flow, FLOW_STOP);
	turn(&f);
	assert_true(slice_ends(text_slice(&f.worker.log), LIT("gone\n")));
	assert_int_equal(fcgi_server_connections(f.server), 0);
	down(&f);
}

/* The exchange stops reading; what had been read still comes. */
static void content_is_held_back(void **state)
{
	struct fixture f;

	(void)state;
	up(&f);
	f.worker.answers_at_end = true;
	f.worker.pauses = true;
	give(&f,
	    LIT(BEGIN("\1", "\1", KEEP) PARAMS("\1")
		    HEAD("\5", "\1", "\1") "a"),
	    SIZE_MAX);
	give(&f, LIT(HEAD("\5", "\1", "\1") "b" STDIN_END("\1")), SIZE_MAX);
	assert_slice(text_slice(&f.worker.log),
	    LIT("arrived GET / 0\ncontent a"), LIT("paused"));
	f.worker.front->ops->content_pause(f.worker.front, false);
	turn(&f);
	receive(&f);
	assert_slice(text_slice(&f.worker.log),
	    LIT("arrived GET / 0\ncontent ab\ncontent end\n"), LIT("resumed"));
	assert_slice(told(&f), LIT(ANSWER("1") COMPLETE("1")), LIT("back"));
	down(&f);
}

/* Paused, and aborted by what had been read with it: the connection that is
 * kept must be read again. */
static void aborted_while_held_back(void **state)
{
	struct fixture f;

	(void)state;
	up(&f);
	f.worker.answers_at_end = true;
	f.worker.pauses = true;
	give(&f,
	    LIT(BEGIN("\1", "\1", KEEP) PARAMS("\1")
		    HEAD("\5", "\1", "\1") "a" ABORT("\1")),
	    SIZE_MAX);
	f.worker.log.len = 0;
	give(&f, LIT(BEGIN("\2", "\1", KEEP) PARAMS("\2") STDIN_END("\2")),
	    SIZE_MAX);
	assert_slice(text_slice(&f.worker.log),
	    LIT("arrived GET / 0\ncontent end\n"), LIT("the next"));
	down(&f);
}

#define WHOLE(flags) BEGIN("\1", "\1", flags) PARAMS("\1") STDIN_END("\1")

/* Requests that have been read together are of one round, what comes once the
 * first of them was handed over is not: on a connection that was there before,
 * on a kept one and on a new one. */
static void what_was_read_together_is_one_round(void **state)
{
	static const struct slice kept = S(WHOLE(KEEP));
	struct fixture f;
	const uint64_t *rounds = f.worker.rounds;
	int fds[3];

	(void)state;
	up(&f);
	f.worker.answers_at_once = true;
	fds[0] = f.fd;
	connect_to(&f);
	fds[1] = f.fd;
	connect_to(&f);
	fds[2] = f.fd;
	for (int i = 0; i < 2; i++)
		send(fds[i], kept.at, kept.len, 0);
	f.worker.others_fd = fds[2];
	f.worker.others = kept;
	turn(&f);
	assert_int_equal(f.worker.arrivals, 3);
	assert_int_not_equal(rounds[0], 0);
	assert_int_equal(rounds[1], rounds[0]);
	assert_true(rounds[2] > rounds[0]);
	/* All three are kept. */
	for (int i = 0; i < 2; i++)
		send(fds[i], kept.at, kept.len, 0);
	f.worker.others_fd = fds[0];
	turn(&f);
	assert_int_equal(f.worker.arrivals, 6);
	assert_true(rounds[3] > rounds[2]);
	assert_int_equal(rounds[4], rounds[3]);
	assert_true(rounds[5] > rounds[3]);
	close(fds[0]);
	close(fds[1]);
	down(&f);
}

/* What more has come of it goes in at once, and so does the request. */
static void with_content_it_is_in_no_round(void **state)
{
	struct fixture f;

	(void)state;
	up(&f);
	f.worker.answers_at_end = true;
	give(&f,
	    LIT(BEGIN("\1", "\1", KEEP) PARAMS_POST("\1")
		    HEAD("\5", "\1", "\3") "abc" STDIN_END("\1")),
	    SIZE_MAX);
	assert_int_equal(f.worker.arrivals, 1);
	assert_int_equal(f.worker.rounds[0], 0);
	assert_slice(told(&f), LIT(ANSWER("1") COMPLETE("1")), LIT("answer"));
	down(&f);
}

/* Read, and not handed over yet: others stay in their places. */
static void gone_before_its_round(void **state)
{
	static const struct slice kept = S(WHOLE(KEEP));

	(void)state;
	for (int gone = 0; gone < 3; gone++) {
		struct fixture f;
		struct conn *c;
		int fds[3];

		up(&f);
		f.worker.answers_at_once = true;
		fds[0] = f.fd;
		connect_to(&f);
		fds[1] = f.fd;
		connect_to(&f);
		fds[2] = f.fd;
		for (int i = 0; i < 3; i++)
			send(fds[i], kept.at, kept.len, 0);
		ev_run(f.loop, EVRUN_NOWAIT);
		assert_int_equal(f.worker.arrivals, 0);
		c = f.server->conns;
		for (int i = 0; i < gone; i++)
			c = c->next;
		conn_close(c);
		turn(&f);
		assert_int_equal(f.worker.arrivals, 2);
		assert_int_equal(fcgi_server_connections(f.server), 2);
		close(fds[0]);
		close(fds[1]);
		down(&f);
	}
}

static void stopping_closes_what_is_idle(void **state)
{
	struct fixture f;
	int busy;

	(void)state;
	up(&f);
	f.worker.answers_at_end = true;
	give(&f, LIT(BEGIN("\1", "\1", KEEP) PARAMS("\1")), SIZE_MAX);
	busy = f.fd;
	connect_to(&f);
	turn(&f);
	assert_int_equal(fcgi_server_connections(f.server), 2);
	fcgi_server_stop(f.server);
	turn(&f);
	receive(&f);
	assert_true(f.closed);
	assert_int_equal(fcgi_server_connections(f.server), 1);
	close(f.fd);
	/* The busy one is finished first, and not kept. */
	f.fd = busy;
	f.closed = false;
	give(&f, LIT(STDIN_END("\1")), SIZE_MAX);
	assert_slice(
	    told(&f), LIT(ANSWER("1") COMPLETE("1") "closed"), LIT("busy"));
	assert_int_equal(fcgi_server_connections(f.server), 0);
	down(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_whole_and_byte_by_byte),
		cmocka_unit_test(records_in_two_pieces),
		cmocka_unit_test(cut_at_every_byte),
		cmocka_unit_test(values_that_do_not_fit),
		cmocka_unit_test(too_many_parameters),
		cmocka_unit_test(answered_at_once),
		cmocka_unit_test(a_fault_shows),
		cmocka_unit_test(a_full_peer_is_waited_for),
		cmocka_unit_test(what_waits_is_bounded),
		cmocka_unit_test(content_is_held_back),
		cmocka_unit_test(aborted_while_held_back),
		cmocka_unit_test(what_was_read_together_is_one_round),
		cmocka_unit_test(with_content_it_is_in_no_round),
		cmocka_unit_test(gone_before_its_round),
		cmocka_unit_test(stopping_closes_what_is_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

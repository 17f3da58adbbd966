/* Servers that fail: nothing is found and nothing breaks, nobody waits for
 * long, and what was purged stays so. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/message.h"
#include "store/redis_in.h"
#include "tests/unit/store/redis_run.h"

#define KEY      LIT("GET http://a.example/x")
#define GREETING "$27\r\n# Server\r\nrun_id:0123abcd\r\n\r\n"
#define SHA      "$40\r\n0123456789012345678901234567890123456789\r\n"
#define GREETED  GREETING SHA SHA SHA SHA SHA
#define TEN(s)   s s s s s s s s s s

/* ---- a server that does as it is told ---- */

enum manner {
	SENDS,    /* and is silent from then on */
	CLOSES,   /* when it has sent */
	DRIBBLES, /* byte by byte, without end */
};

struct script {
	enum manner manner;
	bool at_once; /* without a greeting */
	size_t cut;   /* so many bytes, then a little later the rest */
	size_t n;
	char bytes[65536];
};

static struct script *script;
static pid_t puppet;
static struct daemon place; /* where it listens */

static void nap(long us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&t, NULL);
}

static void put(int fd, const char *at, size_t n)
{
	while (n > 0) {
		ssize_t done = send(fd, at, n, MSG_NOSIGNAL);

		if (done <= 0)
			return;
		at += done;
		n -= (size_t)done;
	}
}

/* Until it has asked for a script; false: it has gone. */
static bool was_asked(int fd)
{
	static char bytes[65536];
	size_t n = 0;

	while (n < sizeof(bytes)) {
		ssize_t got = recv(fd, bytes + n, sizeof(bytes) - n, 0);

		if (got <= 0)
			return false;
		n += (size_t)got;
		if (memmem(bytes, n, "EVALSHA", 7) != NULL)
			return true;
	}
	return true;
}

static void dribble(int fd, const struct script *now)
{
	for (size_t i = 0; i < 1000; i++) {
		nap(2000);
		if (send(fd, now->bytes + i % now->n, 1, MSG_NOSIGNAL) != 1)
			return;
	}
}

/* As it was told before it was called, for it is told something else next. */
static void serve(int fd, const struct script *now)
{
	char rest[1024];

	if (!now->at_once) {
		put(fd, GREETED, sizeof(GREETED) - 1);
		if (!was_asked(fd))
			return;
	}
	if (now->manner == DRIBBLES) {
		dribble(fd, now);
		return;
	}
	put(fd, now->bytes, now->cut);
	if (now->cut > 0)
		nap(100);
	put(fd, now->bytes + now->cut, now->n - now->cut);
	while (now->manner != CLOSES && recv(fd, rest, sizeof(rest), 0) > 0)
		;
}

static void be_puppet(int listener)
{
	static struct script now;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		now = *script;
		serve(fd, &now);
		close(fd);
	}
}

static int puppet_start(void **state)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	snprintf(place.folder, sizeof(place.folder), "/tmp/redis-test-XXXXXX");
	script = mmap(NULL, sizeof(*script), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (mkdtemp(place.folder) == NULL || script == MAP_FAILED)
		return -1;
	snprintf(place.socket, sizeof(place.socket), "%s/socket", place.folder);
	memcpy(un.sun_path, place.socket, strlen(place.socket));
	if (bind(listener, (struct sockaddr *)&un, sizeof(un)) != 0 ||
	    listen(listener, 16) != 0)
		return -1;
	puppet = fork();
	if (puppet == 0)
		be_puppet(listener);
	close(listener);
	return puppet < 0;
}

static int puppet_end(void **state)
{
	(void)state;
	kill(puppet, SIGKILL);
	waitpid(puppet, NULL, 0);
	scene_remove(place.folder);
	munmap(script, sizeof(*script));
	return 0;
}

/* An answer that is waited for comes: a busy machine is no reason to fail. */
#define PATIENT_MS 1000
#define USUAL      0

/* A store on it, asked once. */
static enum store_why ask_puppet(
    struct arena *a, int64_t wait_ms, size_t *found_out)
{
	struct store *s = server_store(&place, "p", 1 << 20, wait_ms);
	struct store_found found;
	enum store_why why;

	assert_non_null(s);
	arena_reset(a);
	store_find(s, KEY, 0, NOW, a, &found);
	*found_out = found.n;
	store_release(s, &found, NULL);
	/* And not again. */
	if (*found_out == 0)
		store_find(s, KEY, 0, NOW, a, &found);
	why = s->report.why;
	store_free(s);
	return why;
}

static const struct {
	enum manner manner;
	bool at_once;
	struct slice bytes;
	enum store_why why;
} rows[] = {
	{ SENDS, true, S(""), STORE_AWAY },
	{ CLOSES, true, S(""), STORE_SYSTEM },
	{ SENDS, true, S("-NOAUTH Authentication required.\r\n"),
	    STORE_PASSWORD },
	{ SENDS, true, S("-DENIED Redis is running in protected mode\r\n"),
	    STORE_FORBIDDEN },
	{ SENDS, true, S("-LOADING Redis is loading\r\n"), STORE_LOADING },
	{ SENDS, true, S("-ERR unknown command 'INFO'\r\n"), STORE_REFUSED },
	{ SENDS, true, S("HTTP/1.1 400 Bad Request\r\n\r\n"), STORE_STRANGE },
	{ SENDS, true, S("SSH-2.0-OpenSSH_9.2\r\n"), STORE_STRANGE },
	{ SENDS, true, S("$5\r\nhello\r\n"), STORE_STRANGE },
	{ SENDS, true, S("*1\r\n$5\r\nhello\r\n"), STORE_STRANGE },
	{ SENDS, true, S(GREETING "+OK\r\n"), STORE_STRANGE },
	{ SENDS, true, S(GREETED "+more\r\n"), STORE_STRANGE },
	{ DRIBBLES, true, S("$1000\r\n"), STORE_AWAY },

	{ SENDS, false, S(""), STORE_AWAY },
	{ CLOSES, false, S(""), STORE_SYSTEM },
	{ CLOSES, false, S("*3\r\n$1\r\n1\r\n"), STORE_SYSTEM },
	{ DRIBBLES, false, S("$1000\r\n"), STORE_AWAY },
	{ DRIBBLES, false, S("*"), STORE_AWAY },
	{ DRIBBLES, false, S(":1\r\n"), STORE_STRANGE },
	{ SENDS, false, S("\377\0\1\2garbage\r\n"), STORE_STRANGE },
	{ SENDS, false, S("-OOM command not allowed\r\n"), STORE_AWAY },
	{ SENDS, false, S("-LOADING Redis is loading\r\n"), STORE_LOADING },
	{ SENDS, false, S("-BUSY Redis is busy\r\n"), STORE_LOADING },
	{ SENDS, false, S("-NOAUTH Authentication required.\r\n"),
	    STORE_PASSWORD },
	{ SENDS, false, S("-NOPERM no permission\r\n"), STORE_FORBIDDEN },
	{ SENDS, false, S("-MOVED 3999 127.0.0.1:6381\r\n"), STORE_CLUSTER },
	{ SENDS, false, S("-READONLY You can't write\r\n"), STORE_REPLICA },
	{ SENDS, false, S("-ERR Error running script\r\n"), STORE_REFUSED },
	{ SENDS, false, S("-\r\n"), STORE_REFUSED },
	{ SENDS, false, S("*3\r\n$1\r\n1\r\n-ERR x\r\n$1\r\n0\r\n"),
	    STORE_REFUSED },
	{ SENDS, false, S("-NOSCRIPT none\r\n" SHA "-NOSCRIPT none\r\n"),
	    STORE_STRANGE },
	/* What is not an answer to that. */
	{ SENDS, false, S("+OK\r\n"), STORE_STRANGE },
	{ SENDS, false, S("$-1\r\n"), STORE_STRANGE },
	{ SENDS, false, S("*0\r\n"), STORE_STRANGE },
	{ SENDS, false, S("*-1\r\n"), STORE_STRANGE },
	{ SENDS, false, S("*3\r\n:1\r\n:0\r\n:0\r\n"), STORE_STRANGE },
	{ SENDS, false, S("*3\r\n$1\r\nx\r\n$1\r\n0\r\n$1\r\n0\r\n"),
	    STORE_STRANGE },
	{ SENDS, false, S("*3\r\n$8\r\n99999999\r\n$1\r\n0\r\n$1\r\n0\r\n"),
	    STORE_STRANGE },
	{ SENDS, false, S("*4\r\n$1\r\n1\r\n$1\r\n0\r\n$1\r\n0\r\n$1\r\n0\r\n"),
	    STORE_STRANGE },
	/* Too much of it. */
	{ SENDS, false, S("*1025\r\n"), STORE_STRANGE },
	{ SENDS, false, S("*2147483647\r\n"), STORE_STRANGE },
	{ SENDS, false, S("*99999999999999999999\r\n"), STORE_STRANGE },
	{ SENDS, false, S("$99999999999999999999\r\n"), STORE_STRANGE },
	{ SENDS, false, S("$-2\r\n"), STORE_STRANGE },
	{ SENDS, false, S(TEN("*1\r\n")), STORE_STRANGE },
	{ SENDS, false, S("$4000000000\r\nnever"), STORE_AWAY },
	{ SENDS, false,
	    S("*600\r\n*600\r\n" TEN(TEN(TEN(":1\r\n")))
		    TEN(TEN(TEN(":1\r\n")))),
	    STORE_STRANGE },
};

static void set_script(
    enum manner manner, bool at_once, struct slice bytes, size_t cut)
{
	script->manner = manner;
	script->at_once = at_once;
	script->cut = cut;
	script->n = bytes.len;
	memcpy(script->bytes, bytes.at, bytes.len);
}

static void servers_that_are_none(void **state)
{
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		int64_t begun_ms = clock_ms();
		enum store_why why;
		size_t n;

		set_script(rows[i].manner, rows[i].at_once, rows[i].bytes, 0);
		why = ask_puppet(
		    a, rows[i].why == STORE_AWAY ? USUAL : PATIENT_MS, &n);
		if (n != 0 || why != rows[i].why)
			fail_msg("row %zu: %zu found, %d and not %d", i, n, why,
			    rows[i].why);
		/* Far above what a busy machine takes. */
		assert_in_range(clock_ms() - begun_ms, 0, 2000);
	}
	arena_free(a);
}

/* The answer of a server that has it, with another length of body. */
static size_t make_answer(char *out, size_t size, size_t claimed)
{
	struct record r = scene_record(KEY, LIT(""), LIT("tag"));
	static char head[4096];
	int n;

	r.body_at = record_body_at(&r);
	assert_true(record_write(&r, head));
	record_finish(head, 4, 0);
	n = snprintf(out, size,
	    "*8\r\n$1\r\n7\r\n$1\r\n0\r\n$1\r\n0\r\n"
	    "$1\r\n0\r\n$32\r\n01234567890123456789012345678901\r\n"
	    "$%zu\r\n%zu\r\n$%u\r\n",
	    claimed < 10 ? (size_t)1 : (size_t)2, claimed, r.body_at);
	memcpy(out + n, head, r.body_at);
	memcpy(out + n + r.body_at, "\r\n$4\r\nbody\r\n", 12);
	return (size_t)n + r.body_at + 12;
}

static void answers_in_two_and_in_half(void **state)
{
	struct arena *a = arena_new(1 << 20);
	char answer[8192];
	size_t len = make_answer(answer, sizeof(answer), 4);
	size_t n;

	(void)state;
	for (size_t i = 0; i <= len; i++) {
		set_script(SENDS, false, (struct slice){ answer, len }, i);
		ask_puppet(a, PATIENT_MS, &n);
		assert_int_equal(n, 1);
		if (i == len)
			break;
		set_script(CLOSES, false, (struct slice){ answer, i }, 0);
		assert_int_equal(ask_puppet(a, PATIENT_MS, &n), STORE_SYSTEM);
		assert_int_equal(n, 0);
	}
	/* A head that belongs to something else. */
	len = make_answer(answer, sizeof(answer), 5);
	set_script(SENDS, false, (struct slice){ answer, len }, 0);
	ask_puppet(a, PATIENT_MS, &n);
	assert_int_equal(n, 0);
	/* Garbled anywhere: found or not, and nothing worse. */
	len = make_answer(answer, sizeof(answer), 4);
	for (size_t i = 0; i < len; i++) {
		answer[i] ^= 1;
		set_script(CLOSES, false, (struct slice){ answer, len }, 0);
		ask_puppet(a, PATIENT_MS, &n);
		answer[i] ^= 1;
	}
	arena_free(a);
}

/* ---- a real one ---- */

/* Found within five seconds, with that body. */
static bool comes_back(struct scene *s, struct slice key, struct slice body)
{
	for (int i = 0; i < 500; i++) {
		if (scene_has(s, key, body))
			return true;
		nap(10000);
	}
	return false;
}

static bool is_up(struct scene *s)
{
	for (int i = 0; i < 500; i++) {
		scene_find(s, LIT("none"));
		if (s->mark != 0)
			return true;
		nap(10000);
	}
	return false;
}

static void use_usual_time(struct scene *s)
{
	store_release(s->store, &s->found, NULL);
	s->found.n = 0;
	store_free(s->store);
	s->store = server_store(redis_server(), s->path, 1 << 20, 0);
	scene_find(s, KEY);
}

static void a_stopped_server_holds_nobody(void **state)
{
	struct scene *s = *state;
	struct store_report report;
	int64_t worst_ms = 0;
	int64_t begun_ms;
	int told = 0;

	assert_true(scene_put(s, KEY, LIT("x")));
	use_usual_time(s);
	store_news(s->store, &report);
	kill(redis_server()->pid, SIGSTOP);
	begun_ms = clock_ms();
	for (int i = 0; i < 1000; i++) {
		int64_t from_ms = clock_ms();

		assert_int_equal(scene_find(s, KEY), 0);
		assert_false(scene_put(s, KEY, LIT("y")));
		if (clock_ms() - from_ms > worst_ms)
			worst_ms = clock_ms() - from_ms;
		told += store_news(s->store, &report);
	}
	printf("stopped: worst %d ms, 1000 in %d ms\n", (int)worst_ms,
	    (int)(clock_ms() - begun_ms));
	assert_int_equal(told, 1);
	assert_int_equal(report.why, STORE_AWAY);
	/* One deadline, and what a busy machine adds. */
	assert_in_range(worst_ms, LINK_CALL_MS - 1, 1000);
	assert_in_range(clock_ms() - begun_ms, 0, 2000);
	kill(redis_server()->pid, SIGCONT);
	assert_true(comes_back(s, KEY, LIT("x")));
	assert_true(store_news(s->store, &report));
	assert_int_equal(report.why, STORE_WELL);
}

static void what_is_begun_goes_with_the_server(void **state)
{
	struct scene *s = *state;
	static char body[400000];
	struct record r = scene_record(KEY, LIT(""), LIT(""));
	struct store_writer *w[2];

	assert_true(scene_put(s, KEY, LIT("x")));
	r.generation = s->mark;
	for (int i = 0; i < 2; i++)
		w[i] =
		    store_begin(s->store, &r, LENGTH_UNKNOWN, NULL, s->now_ms);
	server_kill(redis_server());
	assert_false(store_append(w[0], (struct slice){ body, 400000 }));
	assert_false(store_end(w[0], true, s->now_ms));
	assert_int_equal(scene_find(s, KEY), 0);
	assert_null(store_begin(s->store, &r, 1, NULL, s->now_ms));
	assert_true(server_start(redis_server()));
	assert_true(is_up(s));
	/* What was begun before is not of this life. */
	store_append(w[1], LIT("y"));
	assert_false(store_end(w[1], true, s->now_ms));
	assert_int_equal(scene_find(s, KEY), 0);
	assert_true(scene_put(s, KEY, LIT("z")));
	assert_true(scene_has(s, KEY, LIT("z")));
}

/* The body is promised by then, and what is missing is seen. */
static void a_reader_is_told(void **state)
{
	struct scene *s = *state;
	static char body[400000];
	struct slice b = { body, sizeof(body) };

	assert_true(scene_put(s, KEY, b));
	assert_int_equal(scene_find(s, KEY), 1);
	server_kill(redis_server());
	assert_true(store_read(s->store, s->found.at, 0, body, 65536));
	assert_false(store_read(s->store, s->found.at, 0, body, 65537));
	assert_false(store_read(s->store, s->found.at, 399999, body, 1));
	assert_true(server_start(redis_server()));
}

static const struct {
	enum store_scope scope;
	struct slice what;
} missed[] = {
	{ STORE_KEY, S("GET http://a.example/x") },
	{ STORE_PREFIX, S("GET http://a.") },
	{ STORE_TAG, S("tag") },
	{ STORE_ALL, S("") },
};

/* A purge that could not be said then is said before anything is asked. */
static void a_missed_purge_is_made_up_for(void **state)
{
	struct scene *s = *state;
	char key[32];

	use_usual_time(s);
	for (size_t i = 0; i < ROWS(missed) + 1; i++) {
		struct record r = scene_record(KEY, LIT(""), LIT("tag"));

		assert_true(is_up(s));
		assert_true(scene_put_record(s, &r, LIT("x")));
		assert_true(scene_put(s, LIT("other"), LIT("o")));
		kill(redis_server()->pid, SIGSTOP);
		/* And more of them than are kept. */
		for (unsigned k = 0; i == ROWS(missed) && k <= MISSED_MAX;
		     k++) {
			snprintf(key, sizeof(key), "%u", k);
			assert_false(store_purge(
			    s->store, STORE_TAG, slice_of(key), s->now_ms));
		}
		if (i < ROWS(missed))
			assert_false(store_purge(s->store, missed[i].scope,
			    missed[i].what, s->now_ms));
		kill(redis_server()->pid, SIGCONT);
		assert_true(is_up(s));
		assert_int_equal(scene_find(s, KEY), 0);
		assert_int_equal(scene_find(s, LIT("other")), i < 3);
		/* The pauses grow: another process, so to say. */
		use_usual_time(s);
	}
}

static void a_server_that_comes_later(void **state)
{
	struct scene *s = *state;
	struct daemon later = { "", "", 0 };
	struct store *first = s->store;

	snprintf(later.folder, sizeof(later.folder), "/tmp/redis-test-XXXXXX");
	assert_non_null(mkdtemp(later.folder));
	snprintf(later.socket, sizeof(later.socket), "%s/socket", later.folder);
	s->found.n = 0;
	s->store = server_store(&later, "p", 1 << 20, 1000);
	assert_int_equal(s->store->report.why, STORE_SYSTEM);
	assert_int_equal(s->store->report.error, ENOENT);
	assert_int_equal(scene_find(s, KEY), 0);
	assert_true(server_start(&later));
	assert_true(is_up(s));
	assert_true(scene_put(s, KEY, LIT("x")));
	assert_true(scene_has(s, KEY, LIT("x")));
	scene_find(s, LIT("none"));
	store_free(s->store);
	s->store = first;
	server_remove(&later);
}

/* A connection that nobody used may be closed, and that is no failure. */
static void an_idle_connection_may_go(void **state)
{
	struct scene *s = *state;
	struct store_report report;
	char answer[256];

	assert_true(scene_put(s, KEY, LIT("x")));
	store_news(s->store, &report);
	server_say(
	    redis_server(), "CLIENT KILL TYPE normal SKIPME yes", answer);
	nap(1100000);
	assert_true(scene_has(s, KEY, LIT("x")));
	assert_false(store_news(s->store, &report));
}

/* ---- names and passwords ---- */

static unsigned free_port(void)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6 };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	close(fd);
	return ntohs(at.sin6_port);
}

static enum store_why try_url(struct scene *s, const char *url)
{
	struct redis_plan plan = { .max_body_bytes = 1 << 20 };
	struct arena *a = arena_new(1 << 16);
	struct store *first = s->store;
	enum store_why why;

	assert_null(redis_url_read(slice_of(url), a, &plan.where));
	s->found.n = 0;
	s->store = redis_open(&plan, NOW);
	arena_free(a);
	why = s->store->report.why;
	if (why == STORE_WELL && is_up(s)) {
		assert_true(scene_put(s, KEY, slice_of(url)));
		assert_true(scene_has(s, KEY, slice_of(url)));
	}
	scene_find(s, LIT("none"));
	store_free(s->store);
	s->store = first;
	return why;
}

static const struct {
	const char *before, *behind; /* the port */
	enum store_why why;
} urls[] = {
	{ "redis://:pass%40word@127.0.0.1:", "?timeout=1000", STORE_WELL },
	{ "redis://:pass%40word@localhost:", "/3?prefix=n&timeout=1000",
	    STORE_WELL },
	{ "redis://127.0.0.1:", "?timeout=1000", STORE_PASSWORD },
	{ "redis://:wrong@127.0.0.1:", "?timeout=1000", STORE_PASSWORD },
	{ "redis://:pass%40word@127.0.0.1:", "/999?timeout=1000",
	    STORE_REFUSED },
};

static void names_and_passwords(void **state)
{
	struct scene *s = *state;
	char answer[256];
	char text[256];
	unsigned port = free_port();

	snprintf(text, sizeof(text), "CONFIG SET port %u", port);
	server_say(redis_server(), text, answer);
	assert_string_equal(answer, "OK");
	server_say(redis_server(), "CONFIG SET requirepass pass@word", answer);
	for (size_t i = 0; i < ROWS(urls); i++) {
		enum store_why why;

		snprintf(text, sizeof(text), "%s%u%s", urls[i].before, port,
		    urls[i].behind);
		why = try_url(s, text);
		if (why != urls[i].why)
			fail_msg("%s: %d and not %d", text, why, urls[i].why);
	}
	server_kill(redis_server());
	snprintf(text, sizeof(text), "redis://127.0.0.1:%u", port);
	assert_int_equal(try_url(s, text), STORE_SYSTEM);
	assert_true(server_start(redis_server()));
}

/* No label is so long, so nobody else is asked. */
static void a_name_that_leads_nowhere(void **state)
{
	struct redis_plan plan = { .where = { .host = LIT(TEN("abcdefg")),
				       .port = 6379,
				       .path = LIT(""),
				       .password = LIT(""),
				       .prefix = LIT("p"),
				       .wait_ms = 1000 } };
	struct store *s = redis_open(&plan, NOW);

	(void)state;
	assert_int_equal(s->report.why, STORE_NO_NAME);
	store_free(s);
}

int main(void)
{
#define EACH(f) \
	cmocka_unit_test_setup_teardown(f, redis_set_up, scene_tear_down)
	static const struct CMUnitTest puppets[] = {
		cmocka_unit_test(servers_that_are_none),
		cmocka_unit_test(answers_in_two_and_in_half),
	};
	static const struct CMUnitTest tests[] = {
		EACH(a_stopped_server_holds_nobody),
		EACH(what_is_begun_goes_with_the_server),
		EACH(a_reader_is_told),
		EACH(a_missed_purge_is_made_up_for),
		EACH(a_server_that_comes_later),
		EACH(an_idle_connection_may_go),
		EACH(names_and_passwords),
		cmocka_unit_test(a_name_that_leads_nowhere),
	};

	return cmocka_run_group_tests_name(
		   "puppets", puppets, puppet_start, puppet_end) +
	    cmocka_run_group_tests_name(
		"redis", tests, redis_group_set_up, redis_group_tear_down);
}

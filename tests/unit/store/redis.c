/* The redis backend: what it leaves on the server, and what becomes of it when
 * the server forgets or changes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "http/message.h"
#include "store/redis_in.h"
#include "tests/unit/store/redis_run.h"

#define KEY LIT("GET http://a.example/x")

static char command[256];

/* VERB PREFIX:stateREST */
static const char *about_state(
    const struct scene *s, const char *verb, const char *rest)
{
	snprintf(
	    command, sizeof(command), "%s %s:state%s", verb, s->path, rest);
	return command;
}

static long long keys(const struct scene *s, const char *kind)
{
	char begin[128];

	snprintf(begin, sizeof(begin), "%s:%s", s->path, kind);
	return server_keys(redis_server(), begin);
}

static char *make_body(size_t n)
{
	char *body = malloc(n);

	assert_non_null(body);
	for (size_t i = 0; i < n; i++)
		body[i] = (char)((i * 7 + i / 251) & 0xff);
	return body;
}

static enum store_why why_of(struct scene *s)
{
	return s->store->report.why;
}

/* Sizes around the ends of pieces, and reading across them. */
static void bodies_of_many_pieces(void **state)
{
	static const size_t sizes[] = { 65535, 65536, 65537, 65536 + 262144,
		65536 + 262144 + 1, 1000000 };
	struct scene *s = *state;
	char *body = make_body(1000000);
	char *room = malloc(1000000);

	for (size_t i = 0; i < ROWS(sizes); i++) {
		struct slice b = { body, sizes[i] };

		assert_true(scene_put(s, KEY, b));
		assert_true(scene_has(s, KEY, b));
		/* A small one came along. */
		if (sizes[i] <= 65536)
			assert_slice(s->found.at[0].body, b, LIT("body"));
		else
			assert_null(s->found.at[0].body.at);
		for (size_t from = 65530; from < sizes[i]; from += 99991) {
			size_t n = sizes[i] - from;

			assert_true(
			    store_read(s->store, s->found.at, from, room, n));
			assert_memory_equal(room, body + from, n);
		}
	}
	free(body);
	free(room);
}

static void what_is_over_leaves_nothing(void **state)
{
	struct scene *s = *state;
	char *body = make_body(400000);

	for (int whole = 0; whole < 2; whole++) {
		struct record r = scene_record(KEY, LIT(""), LIT(""));
		struct store_writer *w;

		r.generation = s->mark;
		w = store_begin(s->store, &r, 400000, NULL, s->now_ms);
		assert_true(store_append(w, (struct slice){ body, 400000 }));
		assert_int_equal(keys(s, "b:"), 2);
		assert_int_equal(store_end(w, whole, s->now_ms), whole);
		assert_int_equal(keys(s, "b:"), whole ? 3 : 0);
	}
	free(body);
}

/* Pieces that would stay for ever. */
static const char immortal[] =
    "EVAL local\tn=0;for\t_,k\tin\tipairs(redis.call('KEYS','*:b:*'))do\t"
    "if\tredis.call('PTTL',k)<0\tthen\tn=n+1\tend\tend;return\tn 0";

/* All that is there goes by itself, but for the state. */
static void everything_expires(void **state)
{
	struct scene *s = *state;
	char *body = make_body(100000);
	char id[ID_HEX];

	assert_true(scene_put(s, KEY, (struct slice){ body, 100000 }));
	assert_int_equal(scene_find(s, KEY), 1);
	memcpy(id, redis_hit_id(s->found.at), ID_HEX);
	for (unsigned i = 0; i < 2; i++) {
		snprintf(command, sizeof(command), "PTTL %s:b:%.*s:%u", s->path,
		    (int)ID_HEX, id, i);
		assert_in_range(server_number(redis_server(), command),
		    604700000, 604800000);
	}
	/* Replaced: readers have a minute. */
	assert_true(scene_put(s, KEY, LIT("x")));
	assert_in_range(server_number(redis_server(), command), 59000, 60000);
	assert_int_equal(keys(s, "b:"), 3);
	/* A writer that dies leaves what goes by itself. */
	{
		struct record r = scene_record(LIT("b"), LIT(""), LIT(""));
		struct store_writer *w =
		    store_begin(s->store, &r, LENGTH_UNKNOWN, NULL, s->now_ms);

		assert_true(store_append(w, (struct slice){ body, 100000 }));
		assert_int_equal(keys(s, "b:"), 4);
		assert_int_equal(server_number(redis_server(), immortal), 0);
		store_end(w, false, s->now_ms);
	}
	assert_int_equal(keys(s, "b:"), 3);
	free(body);
}

/* ---- what the server forgets ---- */

static void a_piece_that_was_thrown_away(void **state)
{
	struct scene *s = *state;
	char *body = make_body(400000);
	struct slice b = { body, 400000 };
	char id[ID_HEX];

	for (unsigned i = 0; i < 3; i++) {
		assert_true(scene_put(s, KEY, b));
		assert_int_equal(scene_find(s, KEY), 1);
		memcpy(id, redis_hit_id(s->found.at), ID_HEX);
		snprintf(command, sizeof(command), "DEL %s:b:%.*s:%u", s->path,
		    (int)ID_HEX, id, i);
		assert_int_equal(server_number(redis_server(), command), 1);
		/* Who has begun to read it is told. */
		if (i > 0)
			assert_false(scene_body_is(s, 0, b));
		assert_int_equal(scene_find(s, KEY), 0);
		assert_int_equal(scene_find(s, KEY), 0);
		assert_int_equal(why_of(s), STORE_WELL);
	}
	free(body);
}

/* And with it the purges: so nothing that was stored before is found. */
static void a_state_that_was_thrown_away(void **state)
{
	struct scene *s = *state;
	uint64_t before;

	assert_true(scene_put(s, KEY, LIT("x")));
	before = s->mark;
	assert_int_equal(
	    server_number(redis_server(), about_state(s, "DEL", "")), 1);
	assert_int_equal(scene_find(s, KEY), 0);
	assert_true(s->mark != before);
	/* Nor what was begun before. */
	s->mark = before;
	assert_false(scene_put(s, KEY, LIT("y")));
	scene_find(s, KEY);
	assert_true(scene_put(s, KEY, LIT("z")));
	assert_true(scene_has(s, KEY, LIT("z")));
}

static void scripts_that_were_forgotten(void **state)
{
	struct scene *s = *state;
	char answer[256];

	assert_true(scene_put(s, KEY, LIT("x")));
	server_say(redis_server(), "SCRIPT FLUSH", answer);
	assert_true(scene_has(s, KEY, LIT("x")));
	server_say(redis_server(), "SCRIPT FLUSH", answer);
	assert_true(store_purge(s->store, STORE_KEY, KEY, s->now_ms));
	assert_int_equal(scene_find(s, KEY), 0);
	assert_int_equal(why_of(s), STORE_WELL);
}

/* Restored from what it saved before a purge, it would bring back what was
 * purged: so another process of the server is another store. */
static void another_life_of_the_server(void **state)
{
	struct scene *s = *state;

	assert_true(scene_put(s, KEY, LIT("x")));
	assert_int_equal(server_number(redis_server(),
			     about_state(s, "HSET", " life another")),
	    0);
	assert_int_equal(scene_find(s, KEY), 0);
	assert_true(scene_put(s, KEY, LIT("y")));
	assert_true(scene_has(s, KEY, LIT("y")));
}

/* ---- no room ---- */

static void no_room(void **state)
{
	struct scene *s = *state;
	char *body = make_body(400000);
	char answer[256];
	struct store_report report;

	assert_true(scene_put(s, KEY, LIT("x")));
	server_say(redis_server(), "CONFIG SET maxmemory 1", answer);
	for (size_t n = 100; n <= 400000; n += 399900) {
		assert_false(
		    scene_put(s, LIT("other"), (struct slice){ body, n }));
		assert_true(scene_has(s, KEY, LIT("x")));
	}
	assert_true(store_news(s->store, &report));
	assert_int_equal(report.why, STORE_FULL);
	/* A purge is done all the same: more goes than was asked for. */
	assert_true(store_purge(s->store, STORE_TAG, LIT("none"), s->now_ms));
	assert_int_equal(scene_find(s, KEY), 0);
	server_say(redis_server(), "CONFIG SET maxmemory 0", answer);
	assert_int_equal(scene_find(s, KEY), 0);
	assert_true(scene_put(s, KEY, LIT("y")));
	assert_true(scene_has(s, KEY, LIT("y")));
	assert_false(store_news(s->store, &report));
	s->now_ms += 61000;
	assert_true(scene_has(s, KEY, LIT("y")));
	assert_true(store_news(s->store, &report));
	assert_int_equal(report.why, STORE_WELL);
	free(body);
}

/* ---- many ---- */

/* Two who purge prefixes at once do not lose one another's. */
static void purgers_at_once(void **state)
{
	struct scene *s = *state;
	char key[64];
	pid_t child;
	int status;

	for (int i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "GET http://a.example/%d/", i);
		assert_true(scene_put(s, slice_of(key), LIT("x")));
	}
	child = fork();
	for (int i = child == 0; i < 100; i += 2) {
		snprintf(key, sizeof(key), "GET http://a.example/%d/", i);
		/* The child has a connection of its own from here on. */
		if (!store_purge(
			s->store, STORE_PREFIX, slice_of(key), s->now_ms) &&
		    child == 0)
			_exit(1);
	}
	if (child == 0)
		_exit(0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	for (int i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "GET http://a.example/%d/", i);
		assert_int_equal(scene_find(s, slice_of(key)), 0);
	}
}

struct seen {
	size_t n;
	size_t stop;
	uint64_t bytes;
};

static bool count(void *user, const struct store_hit *hit, uint64_t bytes)
{
	struct seen *seen = user;

	assert_true(slice_starts(hit->record.key, LIT("key")));
	seen->n++;
	seen->bytes += bytes;
	return seen->n != seen->stop;
}

static void each_is_visited(void **state)
{
	struct scene *s = *state;
	struct seen seen = { 0, 0, 0 };
	char key[64];

	for (int i = 0; i < 500; i++) {
		snprintf(key, sizeof(key), "key%d", i);
		assert_true(scene_put(s, slice_of(key), LIT("body")));
	}
	assert_true(store_each(s->store, count, &seen, s->now_ms));
	assert_int_equal(seen.n, 500);
	assert_true(seen.bytes > 500 * 100);
	seen = (struct seen){ 0, 7, 0 };
	assert_true(store_each(s->store, count, &seen, s->now_ms));
	assert_int_equal(seen.n, 7);
	assert_true(
	    store_purge(s->store, STORE_PREFIX, LIT("key4"), s->now_ms));
	seen = (struct seen){ 0, 0, 0 };
	assert_true(store_each(s->store, count, &seen, s->now_ms));
	assert_int_equal(seen.n, 500 - 111);
}

/* Sites that share a server do not share what is stored. */
static void prefixes_keep_apart(void **state)
{
	struct scene *s = *state;
	struct scene other = *s;

	other.path[0] = 'x';
	other.store = scene_open(&other, 1 << 30, 1 << 20, false);
	other.found.n = 0;
	assert_true(scene_put(s, KEY, LIT("x")));
	assert_int_equal(scene_find(&other, KEY), 0);
	assert_true(store_purge(other.store, STORE_ALL, LIT(""), s->now_ms));
	store_free(other.store);
	s->found.n = 0;
	assert_true(scene_has(s, KEY, LIT("x")));
}

int main(void)
{
#define EACH(f) \
	cmocka_unit_test_setup_teardown(f, redis_set_up, scene_tear_down)
	static const struct CMUnitTest tests[] = {
		EACH(bodies_of_many_pieces),
		EACH(what_is_over_leaves_nothing),
		EACH(everything_expires),
		EACH(a_piece_that_was_thrown_away),
		EACH(a_state_that_was_thrown_away),
		EACH(scripts_that_were_forgotten),
		EACH(another_life_of_the_server),
		EACH(no_room),
		EACH(purgers_at_once),
		EACH(each_is_visited),
		EACH(prefixes_keep_apart),
	};

	return cmocka_run_group_tests(
	    tests, redis_group_set_up, redis_group_tear_down);
}

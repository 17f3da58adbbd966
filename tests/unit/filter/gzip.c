/* The gzip sink: what zlib reads back, when it leaves, and how it ends. */
#include "tests/unit/unit.h"

#include <string.h>
#include <zlib.h>

#include "base/arena.h"
#include "filter/gzip.h"
#include "tests/unit/filter/peer.h"

#define PLAIN_BYTES 100000

/* Not too easy to compress: some pieces are longer than a sink's own. */
static struct slice plain(void)
{
	static char bytes[PLAIN_BYTES];
	uint32_t x = 1;

	for (size_t i = 0; i < sizeof(bytes); i++) {
		x = x * 1664525 + 1013904223;
		bytes[i] = (char)(i % 3 == 0 ? 'a' : x >> 24);
	}
	return (struct slice){ bytes, sizeof(bytes) };
}

/* What zlib makes of it; `whole`: up to the trailer. */
static struct slice unzipped(struct slice coded, bool *whole_out)
{
	static char room[PLAIN_BYTES + 1];
	z_stream z = { .next_in = (Bytef *)(uintptr_t)coded.at,
		.avail_in = (uInt)coded.len,
		.next_out = (Bytef *)room,
		.avail_out = sizeof(room) };
	int result;

	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	result = inflate(&z, Z_SYNC_FLUSH);
	*whole_out = result == Z_STREAM_END && z.avail_in == 0;
	inflateEnd(&z);
	return (struct slice){ room, sizeof(room) - z.avail_out };
}

struct run {
	struct arena *a;
	struct gzip_pool *pool;
	struct peer peer;
	struct chain chain;
	struct response response;
};

static void run_begin(struct run *run, struct gzip_pool *pool)
{
	memset(run, 0, sizeof(*run));
	run->a = arena_new(1 << 20);
	run->pool = pool;
	run->peer = peer_new();
	run->response.status = 200;
	run->response.content_length = 100;
	chain_push(&run->chain, &run->peer.sink, PHASE_FRONT);
	chain_push(&run->chain, gzip_new(pool, run->a, 1), PHASE_ENCODE);
	assert_int_equal(chain_begin(&run->chain, &run->response), FLOW_GO);
}

static void run_done(struct run *run)
{
	chain_free(&run->chain);
	arena_free(run->a);
}

static void comes_back_however_split(void **state)
{
	static const size_t splits[] = { 1, 2, 3, 7, 4096, 16384, PLAIN_BYTES };
	struct gzip_pool *pool = gzip_pool_new();

	(void)state;
	/* From the second round on the stream is a used one. */
	for (size_t i = 0; i < ROWS(splits); i++) {
		struct slice rest = plain();
		struct run run;
		bool whole;

		run_begin(&run, pool);
		while (rest.len > 0) {
			assert_int_equal(chain_write(&run.chain,
					     slice_upto(rest, splits[i])),
			    FLOW_GO);
			rest = slice_from(rest, splits[i]);
		}
		assert_int_equal(chain_end(&run.chain, FAULT_NONE), FLOW_GO);
		assert_true(
		    slice_eq(unzipped(peer_bytes(&run.peer), &whole), plain()));
		assert_true(whole);
		assert_int_equal(run.peer.ends, 1);
		assert_int_equal(run.peer.fault, FAULT_NONE);
		run_done(&run);
	}
	gzip_pool_free(pool);
}

static void a_flush_shows_all_so_far(void **state)
{
	struct gzip_pool *pool = gzip_pool_new();
	struct run run;
	size_t before;
	bool whole;

	(void)state;
	run_begin(&run, pool);
	/* Before the first byte there is nothing to flush, not even a head. */
	chain_write(&run.chain, LIT(""));
	assert_int_equal(run.peer.flushes, 1);
	assert_int_equal(run.peer.len, 0);
	chain_write(&run.chain, LIT("event: 1\n"));
	before = run.peer.len;
	chain_write(&run.chain, LIT(""));
	assert_true(run.peer.len > before);
	assert_int_equal(run.peer.flushes, 2);
	assert_slice(unzipped(peer_bytes(&run.peer), &whole), LIT("event: 1\n"),
	    LIT("flushed"));
	assert_false(whole);
	/* Nothing new: nothing is written. */
	before = run.peer.len;
	chain_write(&run.chain, LIT(""));
	assert_int_equal(run.peer.len, before);
	chain_end(&run.chain, FAULT_NONE);
	assert_slice(unzipped(peer_bytes(&run.peer), &whole), LIT("event: 1\n"),
	    LIT("ended"));
	assert_true(whole);
	run_done(&run);
	gzip_pool_free(pool);
}

static void the_head_says_what_follows(void **state)
{
	struct gzip_pool *pool = gzip_pool_new();
	struct run run = { .a = arena_new(1 << 20) };
	struct fields *f = &run.response.fields;

	(void)state;
	run.peer = peer_new();
	run.response.status = 200;
	run.response.content_length = 5;
	field_add(f, run.a, LIT("ETag"), LIT("\"x\""));
	field_add(f, run.a, LIT("Accept-Ranges"), LIT("bytes"));
	chain_push(&run.chain, &run.peer.sink, PHASE_FRONT);
	chain_push(&run.chain, gzip_new(pool, run.a, 1), PHASE_ENCODE);
	chain_begin(&run.chain, &run.response);
	assert_ptr_equal(run.peer.head, &run.response);
	assert_int_equal(run.response.content_length, LENGTH_UNKNOWN);
	assert_slice(
	    field_get(f, LIT("Content-Encoding")), LIT("gzip"), LIT("coding"));
	assert_slice(field_get(f, LIT("ETag")), LIT("W/\"x\""), LIT("tag"));
	assert_false(field_has(f, LIT("Accept-Ranges")));
	run_done(&run);
	gzip_pool_free(pool);
}

static void no_content_is_an_empty_member(void **state)
{
	struct gzip_pool *pool = gzip_pool_new();
	struct run run;
	bool whole;

	(void)state;
	run_begin(&run, pool);
	chain_end(&run.chain, FAULT_NONE);
	assert_int_equal(unzipped(peer_bytes(&run.peer), &whole).len, 0);
	assert_true(whole);
	run_done(&run);
	gzip_pool_free(pool);
}

static void a_fault_gets_no_trailer(void **state)
{
	struct gzip_pool *pool = gzip_pool_new();
	struct run run;
	bool whole;

	(void)state;
	run_begin(&run, pool);
	chain_write(&run.chain, LIT("abc"));
	chain_write(&run.chain, LIT(""));
	chain_end(&run.chain, FAULT_HTTP_RESPONSE_INCOMPLETE);
	assert_slice(unzipped(peer_bytes(&run.peer), &whole), LIT("abc"),
	    LIT("broken off"));
	assert_false(whole);
	assert_int_equal(run.peer.ends, 1);
	assert_int_equal(run.peer.fault, FAULT_HTTP_RESPONSE_INCOMPLETE);
	run_done(&run);
	/* The half-used stream is as good as new. */
	run_begin(&run, pool);
	chain_write(&run.chain, LIT("xyz"));
	chain_end(&run.chain, FAULT_NONE);
	assert_slice(
	    unzipped(peer_bytes(&run.peer), &whole), LIT("xyz"), LIT("reused"));
	assert_true(whole);
	run_done(&run);
	gzip_pool_free(pool);
}

/* The body of one run against a neighbour that fails at an offset. */
static void one_failure(struct gzip_pool *pool, size_t fail_at)
{
	struct slice rest = slice_upto(plain(), 2000);
	enum flow flow = FLOW_GO;
	struct run run;

	run_begin(&run, pool);
	run.peer.fail_at = fail_at;
	while (rest.len > 0 && flow == FLOW_GO) {
		flow = chain_write(&run.chain, slice_upto(rest, 100));
		rest = slice_from(rest, 100);
		if (flow == FLOW_GO)
			flow = chain_write(&run.chain, LIT(""));
	}
	chain_end(
	    &run.chain, flow == FLOW_STOP ? FAULT_CLIENT_GONE : FAULT_NONE);
	if (!run.peer.stopped || run.peer.late > 0 || run.peer.ends != 1 ||
	    run.peer.fault == FAULT_NONE)
		fail_msg("at %zu: late %u, ends %u, fault %d", fail_at,
		    run.peer.late, run.peer.ends, run.peer.fault);
	run_done(&run);
}

static void a_neighbour_may_fail_anywhere(void **state)
{
	struct gzip_pool *pool = gzip_pool_new();
	struct run run;
	size_t len;

	(void)state;
	run_begin(&run, pool);
	for (struct slice rest = slice_upto(plain(), 2000); rest.len > 0;
	     rest = slice_from(rest, 100)) {
		chain_write(&run.chain, slice_upto(rest, 100));
		chain_write(&run.chain, LIT(""));
	}
	chain_end(&run.chain, FAULT_NONE);
	len = run.peer.len;
	run_done(&run);
	for (size_t at = 0; at < len; at++)
		one_failure(pool, at);
	gzip_pool_free(pool);
}

static void a_full_neighbour_is_told_of(void **state)
{
	struct gzip_pool *pool = gzip_pool_new();

	(void)state;
	for (size_t every = 1; every < 40000; every += 1 + every / 8) {
		struct slice rest = plain();
		struct run run;
		bool whole;

		run_begin(&run, pool);
		run.peer.full_every = every;
		while (rest.len > 0) {
			enum flow flow =
			    chain_write(&run.chain, slice_upto(rest, 9999));

			rest = slice_from(rest, 9999);
			assert_int_equal(flow == FLOW_FULL, run.peer.full);
			if (flow == FLOW_FULL)
				assert_int_equal(
				    peer_drain(&run.peer, &run.chain), FLOW_GO);
		}
		chain_end(&run.chain, FAULT_NONE);
		assert_true(
		    slice_eq(unzipped(peer_bytes(&run.peer), &whole), plain()));
		assert_true(whole);
		run_done(&run);
	}
	gzip_pool_free(pool);
}

static void more_streams_than_are_kept(void **state)
{
	struct gzip_pool *pool = gzip_pool_new();
	struct run runs[12];
	bool whole;

	(void)state;
	for (size_t i = 0; i < ROWS(runs); i++) {
		run_begin(&runs[i], pool);
		chain_write(&runs[i].chain, slice_upto(plain(), 100 + i));
	}
	for (size_t i = 0; i < ROWS(runs); i++) {
		chain_end(&runs[i].chain, FAULT_NONE);
		assert_int_equal(
		    unzipped(peer_bytes(&runs[i].peer), &whole).len, 100 + i);
		assert_true(whole);
		run_done(&runs[i]);
	}
	gzip_pool_free(pool);
	gzip_pool_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back_however_split),
		cmocka_unit_test(a_flush_shows_all_so_far),
		cmocka_unit_test(the_head_says_what_follows),
		cmocka_unit_test(no_content_is_an_empty_member),
		cmocka_unit_test(a_fault_gets_no_trailer),
		cmocka_unit_test(a_neighbour_may_fail_anywhere),
		cmocka_unit_test(a_full_neighbour_is_told_of),
		cmocka_unit_test(more_streams_than_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

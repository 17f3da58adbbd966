/* The sink that carries a rewriter, with one that is easy to foresee: it
 * doubles x as fresh bytes, holds a back until the next byte and passes on
 * the rest. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "filter/rewrite.h"
#include "tests/unit/filter/peer.h"

/* --- a rewriter ------------------------------------------------------- */

struct doubler {
	struct rewriter rewriter; /* first */
	bool held;
};

static void doubler_release(struct doubler *d)
{
	if (d->held)
		rewriter_raw(&d->rewriter, LIT("a"));
	d->held = false;
}

static size_t plain_run(struct slice s)
{
	size_t n = 0;

	while (n < s.len && s.at[n] != 'x' && s.at[n] != 'a')
		n++;
	return n;
}

static void doubler_feed(struct rewriter *r, struct slice s)
{
	struct doubler *d = (struct doubler *)r;

	while (s.len > 0) {
		size_t n = plain_run(s);

		doubler_release(d);
		rewriter_raw(r, slice_upto(s, n));
		s = slice_from(s, n);
		if (s.len == 0)
			break;
		if (s.at[0] == 'x')
			rewriter_fresh(r, LIT("xx"));
		d->held = s.at[0] == 'a';
		r->hints |= REWRITER_LONG;
		s = slice_from(s, 1);
	}
}

static void doubler_finish(struct rewriter *r)
{
	doubler_release((struct doubler *)r);
}

static struct rewriter *doubler_make(void *user, struct outlet out)
{
	static const struct rewriter_ops ops = { "doubler", doubler_feed,
		doubler_finish };
	struct doubler *d = arena_zero(user, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->rewriter.ops = &ops;
	d->rewriter.out = out;
	return &d->rewriter;
}

/* --- one run ---------------------------------------------------------- */

struct run {
	struct arena *a;
	struct sink *sink;
	struct peer peer;
	struct chain chain;
	struct response response;
	enum flow flow;
};

static void run_begin(struct run *run)
{
	memset(run, 0, sizeof(*run));
	run->a = arena_new(1 << 20);
	run->peer = peer_new();
	run->response.content_length = 100;
	chain_push(&run->chain, &run->peer.sink, PHASE_FRONT);
	run->sink = rewrite_new(run->a, doubler_make, run->a);
	chain_push(&run->chain, run->sink, PHASE_REWRITE);
	assert_int_equal(chain_begin(&run->chain, &run->response), FLOW_GO);
}

static void run_done(struct run *run)
{
	chain_free(&run->chain);
	arena_free(run->a);
}

static void run_all(struct run *run, struct slice s, size_t split)
{
	while (s.len > 0 && run->flow != FLOW_STOP) {
		run->flow = chain_write(&run->chain, slice_upto(s, split));
		s = slice_from(s, split);
	}
	run->flow = chain_end(&run->chain, FAULT_NONE);
}

/* 100 KB with short and long runs between what changes. */
static struct slice mixed(struct slice *want_out)
{
	static char in[100000];
	static char want[2 * sizeof(in)];
	size_t n = 0;
	unsigned seed = 1;
	size_t next = 0;

	for (size_t i = 0; i < sizeof(in); i++) {
		in[i] = (char)('b' + i % 20);
		if (i == next) {
			seed = seed * 1664525 + 1013904223;
			in[i] = seed >> 20 & 1 ? 'x' : 'a';
			next = i + 1 + (seed >> 24) * (seed >> 24) / 8;
		}
		want[n++] = in[i];
		if (in[i] == 'x')
			want[n++] = 'x';
	}
	*want_out = (struct slice){ want, n };
	return (struct slice){ in, sizeof(in) };
}

/* --- the tests -------------------------------------------------------- */

static void the_head_passes(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	assert_int_equal(run.peer.begins, 1);
	assert_ptr_equal(run.peer.head, &run.response);
	assert_int_equal(run.response.content_length, 100);
	run_done(&run);
}

static void pieces_of_any_size(void **state)
{
	static const size_t splits[] = { 1, 2, 7, 100, 4095, 4096, 16384, 32768,
		100000 };
	struct slice want;
	struct slice in = mixed(&want);

	(void)state;
	for (size_t i = 0; i < ROWS(splits); i++) {
		struct run run;

		run_begin(&run);
		run_all(&run, in, splits[i]);
		if (!slice_eq(peer_bytes(&run.peer), want))
			fail_msg("in pieces of %zu", splits[i]);
		assert_int_equal(run.peer.ends, 1);
		assert_int_equal(run.peer.fault, FAULT_NONE);
		assert_int_equal(run.peer.late, 0);
		assert_int_equal(run.peer.flushes, 0);
		run_done(&run);
	}
}

/* Whatever the rewriter can tell is out when the write returns. */
static void a_write_hands_on(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	assert_int_equal(chain_write(&run.chain, LIT("bxb")), FLOW_GO);
	assert_slice(peer_bytes(&run.peer), LIT("bxxb"), LIT("written"));
	chain_write(&run.chain, LIT("ca"));
	assert_int_equal(run.peer.flushes, 0);
	chain_write(&run.chain, LIT(""));
	assert_int_equal(run.peer.flushes, 1);
	assert_slice(peer_bytes(&run.peer), LIT("bxxbc"), LIT("flushed"));
	chain_end(&run.chain, FAULT_NONE);
	assert_slice(peer_bytes(&run.peer), LIT("bxxbca"), LIT("ended"));
	run_done(&run);
}

static void a_fault_drops_what_is_held(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	chain_write(&run.chain, LIT("ba"));
	chain_end(&run.chain, FAULT_CONNECTION_TERMINATED);
	assert_slice(peer_bytes(&run.peer), LIT("b"), LIT("broken off"));
	assert_int_equal(run.peer.ends, 1);
	assert_int_equal(run.peer.fault, FAULT_CONNECTION_TERMINATED);
	run_done(&run);
}

/* Two pieces and more in one write: full behind the first is not forgotten
 * with the second. */
static enum flow full_once_write(struct sink *s, struct slice bytes)
{
	struct peer *p = (struct peer *)s;
	bool first = p->len == 0;

	p->len += bytes.len;
	return first ? FLOW_FULL : FLOW_GO;
}

static void full_is_remembered(void **state)
{
	static struct sink_ops ops;
	struct slice want;
	struct slice in = mixed(&want);
	struct run run;

	(void)state;
	run_begin(&run);
	ops = *run.peer.sink.ops;
	ops.write = full_once_write;
	run.peer.sink.ops = &ops;
	assert_int_equal(chain_write(&run.chain, in), FLOW_FULL);
	assert_true(run.peer.len >= want.len - 1);
	assert_int_equal(chain_write(&run.chain, LIT("b")), FLOW_GO);
	run_done(&run);
}

static void a_full_neighbour_is_told_of(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	run.peer.full_every = 3;
	assert_int_equal(chain_write(&run.chain, LIT("bb")), FLOW_GO);
	assert_int_equal(chain_write(&run.chain, LIT("x")), FLOW_FULL);
	assert_int_equal(chain_write(&run.chain, LIT("")), FLOW_FULL);
	assert_int_equal(peer_drain(&run.peer, &run.chain), FLOW_GO);
	assert_int_equal(chain_write(&run.chain, LIT("b")), FLOW_GO);
	assert_slice(peer_bytes(&run.peer), LIT("bbxxb"), LIT("all of it"));
	run_done(&run);
}

static void a_neighbour_may_fail_anywhere(void **state)
{
	static const size_t splits[] = { 1000, 100000 };
	struct slice want;
	struct slice in = mixed(&want);

	(void)state;
	for (size_t at = 0; at < want.len; at += 997)
		for (size_t i = 0; i < ROWS(splits); i++) {
			struct run run;

			run_begin(&run);
			run.peer.fail_at = at;
			run_all(&run, in, splits[i]);
			if (!run.peer.stopped || run.peer.late > 0 ||
			    run.peer.ends != 1)
				fail_msg("at %zu: late %u, ends %u", at,
				    run.peer.late, run.peer.ends);
			assert_int_equal(run.peer.fault, FAULT_CLIENT_GONE);
			assert_int_equal(
			    chain_write(&run.chain, LIT("x")), FLOW_STOP);
			assert_int_equal(
			    chain_write(&run.chain, LIT("")), FLOW_STOP);
			assert_int_equal(run.peer.late, 0);
			run_done(&run);
		}
}

/* It fails with the last bytes, those of finish. */
static void failing_at_the_end(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	run.peer.fail_at = 1;
	run_all(&run, LIT("ba"), 2);
	assert_int_equal(run.peer.ends, 1);
	assert_int_equal(run.peer.fault, FAULT_CLIENT_GONE);
	run_done(&run);
}

static enum flow gone_write(struct sink *s, struct slice bytes)
{
	struct peer *p = (struct peer *)s;

	(void)bytes;
	p->late += p->stopped;
	p->stopped = true;
	return FLOW_STOP;
}

static void failing_at_a_flush(void **state)
{
	static struct sink_ops ops;
	struct run run;

	(void)state;
	run_begin(&run);
	ops = *run.peer.sink.ops;
	ops.write = gone_write;
	run.peer.sink.ops = &ops;
	assert_int_equal(chain_write(&run.chain, LIT("")), FLOW_STOP);
	assert_int_equal(chain_write(&run.chain, LIT("b")), FLOW_STOP);
	chain_end(&run.chain, FAULT_NONE);
	assert_int_equal(run.peer.late, 0);
	assert_int_equal(run.peer.fault, FAULT_CLIENT_GONE);
	run_done(&run);
}

static void without_memory_there_is_no_sink(void **state)
{
	struct arena *small = arena_new(8);
	struct arena *large = arena_new(1 << 20);

	(void)state;
	assert_null(rewrite_new(small, doubler_make, large));
	assert_null(rewrite_new(large, doubler_make, small));
	arena_free(small);
	arena_free(large);
}

static void hints_are_told(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	chain_write(&run.chain, LIT("b"));
	assert_int_equal(rewrite_hints(run.sink), 0);
	chain_write(&run.chain, LIT("x"));
	assert_int_equal(rewrite_hints(run.sink), REWRITER_LONG);
	run_done(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_head_passes),
		cmocka_unit_test(pieces_of_any_size),
		cmocka_unit_test(a_write_hands_on),
		cmocka_unit_test(a_fault_drops_what_is_held),
		cmocka_unit_test(full_is_remembered),
		cmocka_unit_test(a_full_neighbour_is_told_of),
		cmocka_unit_test(a_neighbour_may_fail_anywhere),
		cmocka_unit_test(failing_at_the_end),
		cmocka_unit_test(failing_at_a_flush),
		cmocka_unit_test(without_memory_there_is_no_sink),
		cmocka_unit_test(hints_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

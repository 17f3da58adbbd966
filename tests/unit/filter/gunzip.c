/* The decoding sink, with zlib itself as the oracle. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/arena.h"
#include "filter/gunzip.h"
#include "tests/unit/filter/peer.h"

#define ROOM_BYTES (4 << 20)

/* --- the oracle ------------------------------------------------------- */

static int window_of(struct slice s, bool raw)
{
	const unsigned char *at = (const unsigned char *)s.at;

	if (s.len >= 2 && at[0] == 0x1f && at[1] == 0x8b)
		return 31;
	if (s.len >= 2 && (at[0] & 0x8f) == 8 &&
	    (at[0] * 256 + at[1]) % 31 == 0)
		return 15;
	return raw ? -15 : 0;
}

/* All at once.  False where the stream is broken or cut short; *plain_out is
 * then what came before. */
static bool oracle(struct slice coded, bool raw, struct slice *plain_out)
{
	static char room[ROOM_BYTES];
	int window = window_of(coded, raw);
	struct slice rest = coded;
	size_t len = 0;
	int result;

	*plain_out = (struct slice){ room, 0 };
	if (coded.len == 0)
		return true;
	if (window == 0 || coded.len == 1)
		return false;
	do {
		z_stream z = { .next_in = (Bytef *)(uintptr_t)rest.at,
			.avail_in = (uInt)rest.len,
			.next_out = (Bytef *)room + len,
			.avail_out = (uInt)(sizeof(room) - len) };

		assert_int_equal(inflateInit2(&z, window), Z_OK);
		result = inflate(&z, Z_SYNC_FLUSH);
		assert_true(z.avail_out > 0);
		rest = slice_from(rest, rest.len - z.avail_in);
		len = sizeof(room) - z.avail_out;
		inflateEnd(&z);
	} while (result == Z_STREAM_END && window == 31 &&
	    window_of(rest, false) == 31);
	plain_out->len = len;
	return result == Z_STREAM_END;
}

/* --- what is coded ---------------------------------------------------- */

static struct slice coded_with(int window, struct slice plain)
{
	static char room[1 << 20];
	z_stream z = { .next_in = (Bytef *)(uintptr_t)plain.at,
		.avail_in = (uInt)plain.len,
		.next_out = (Bytef *)room,
		.avail_out = sizeof(room) };

	assert_int_equal(
	    deflateInit2(&z, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY),
	    Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return (struct slice){ room, sizeof(room) - z.avail_out };
}

/* --- one run ---------------------------------------------------------- */

struct run {
	struct arena *a;
	struct peer peer;
	struct chain chain;
	struct response response;
	enum flow flow;
};

static void run_begin(struct run *run, bool deflate)
{
	memset(run, 0, sizeof(*run));
	run->a = arena_new(1 << 20);
	run->peer = peer_new();
	chain_push(&run->chain, &run->peer.sink, PHASE_FRONT);
	chain_push(&run->chain, gunzip_new(run->a, deflate), PHASE_DECODE);
	assert_int_equal(chain_begin(&run->chain, &run->response), FLOW_GO);
}

static void run_done(struct run *run)
{
	chain_free(&run->chain);
	arena_free(run->a);
}

/* Ends as the engine does, then lets the last sink drain until the end has
 * come through. */
static void run_end(struct run *run)
{
	if (run->flow == FLOW_STOP) {
		chain_end(&run->chain, chain_fault(&run->chain));
		return;
	}
	run->flow = chain_end(&run->chain, FAULT_NONE);
	for (size_t i = 0; run->peer.ends == 0 && run->flow != FLOW_STOP; i++) {
		assert_true(i < ROOM_BYTES);
		run->flow = peer_drain(&run->peer, &run->chain);
	}
}

static void run_all(struct run *run, struct slice coded, size_t split)
{
	while (coded.len > 0 && run->flow != FLOW_STOP) {
		run->flow = chain_write(&run->chain, slice_upto(coded, split));
		coded = slice_from(coded, split);
	}
	run_end(run);
}

static void check(struct slice coded, bool raw, size_t split, size_t full_every)
{
	struct slice want;
	bool whole = oracle(coded, raw, &want);
	enum fault fault =
	    whole ? FAULT_NONE : FAULT_HTTP_RESPONSE_CONTENT_CODING;
	struct run run;

	run_begin(&run, raw);
	run.peer.full_every = full_every;
	run_all(&run, coded, split);
	if (run.peer.ends != 1 || run.peer.late > 0 ||
	    run.peer.fault != fault || !slice_eq(peer_bytes(&run.peer), want))
		fail_msg("%zu bytes split at %zu, full every %zu: %zu of %zu "
			 "bytes, %u ends, %u late, fault %d of %d",
		    coded.len, split, full_every, run.peer.len, want.len,
		    run.peer.ends, run.peer.late, run.peer.fault, fault);
	assert_int_equal(chain_fault(&run.chain), fault);
	run_done(&run);
}

static void check_splits(struct slice coded, bool raw)
{
	static const size_t splits[] = { 1, 2, 3, 5, 64, 1 << 20 };

	for (size_t i = 0; i < ROWS(splits); i++) {
		check(coded, raw, splits[i], 0);
		check(coded, raw, splits[i], 1);
		check(coded, raw, splits[i], 20000);
	}
}

/* --- tests ------------------------------------------------------------ */

#define EMPTY_GZIP "\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0"
#define A_GZIP \
	"\x1f\x8b\x08\0\0\0\0\0\0\x03\x4b\x04\0\x43\xbe\xb7\xe8\x01\0\0\0"

static const struct {
	const char *name;
	struct slice coded;
	bool raw;
	bool whole;
	struct slice want;
} format_cases[] = {
	{ "nothing", S(""), false, true, S("") },
	{ "nothing raw", S(""), true, true, S("") },
	{ "empty member", S(EMPTY_GZIP), false, true, S("") },
	{ "one", S(A_GZIP), false, true, S("a") },
	{ "gzip as deflate", S(A_GZIP), true, true, S("a") },
	{ "two", S(A_GZIP A_GZIP), false, true, S("aa") },
	{ "around an empty one", S(A_GZIP EMPTY_GZIP A_GZIP), false, true,
	    S("aa") },
	{ "zero padding", S(A_GZIP "\0\0\0\0\0"), false, true, S("a") },
	{ "member behind padding", S(A_GZIP "\0" A_GZIP), false, true, S("a") },
	{ "garbage", S(A_GZIP "garbage"), false, true, S("a") },
	{ "half a magic", S(A_GZIP "\x1f"), false, true, S("a") },
	{ "magic and garbage", S(A_GZIP "\x1fgarbage"), false, true, S("a") },
	{ "cut second", S(A_GZIP "\x1f\x8b"), false, false, S("a") },
	{ "broken second", S(A_GZIP "\x1f\x8b\x07"), false, false, S("a") },
	{ "zlib", S("\x78\x9c\x4b\x04\0\0\x62\0\x62"), true, true, S("a") },
	{ "zlib as gzip", S("\x78\x9c\x4b\x04\0\0\x62\0\x62"), false, true,
	    S("a") },
	{ "zlib, garbage", S("\x78\x9c\x4b\x04\0\0\x62\0\x62junk"), true, true,
	    S("a") },
	{ "gzip behind zlib", S("\x78\x9c\x4b\x04\0\0\x62\0\x62" A_GZIP), true,
	    true, S("a") },
	{ "zlib, bad sum", S("\x78\x9c\x4b\x04\0\0\x62\0\x63"), true, false,
	    S("a") },
	{ "zlib, dictionary", S("\x78\xbb\0\0\0\1\x4b\x04\0"), true, false,
	    S("") },
	{ "raw", S("\x4b\x04\0"), true, true, S("a") },
	{ "raw and empty", S("\x03\0"), true, true, S("") },
	{ "raw, garbage", S("\x03\0junk"), true, true, S("") },
	{ "raw as gzip", S("\x4b\x04\0"), false, false, S("") },
	{ "one byte", S("\x1f"), false, false, S("") },
	{ "one byte raw", S("\x4b"), true, false, S("") },
	{ "plain text", S("hello"), false, false, S("") },
};

static void formats_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(format_cases); i++) {
		struct slice coded = format_cases[i].coded;
		struct slice plain;
		struct run run;

		run_begin(&run, format_cases[i].raw);
		run_all(&run, coded, coded.len + 1);
		assert_slice(peer_bytes(&run.peer), format_cases[i].want,
		    slice_of(format_cases[i].name));
		if ((run.peer.fault == FAULT_NONE) != format_cases[i].whole)
			fail_msg("%s: fault %d", format_cases[i].name,
			    run.peer.fault);
		run_done(&run);
		/* And the oracle agrees, at all splits. */
		assert_int_equal(oracle(coded, format_cases[i].raw, &plain),
		    format_cases[i].whole);
		check_splits(coded, format_cases[i].raw);
	}
}

static struct slice prose(void)
{
	static char bytes[3000];
	uint32_t x = 5;

	for (size_t i = 0; i < sizeof(bytes); i++) {
		x = x * 1664525 + 1013904223;
		bytes[i] = (char)("etaoin shrdlu\n\xc3\xa9"[(x >> 20) % 16]);
	}
	return (struct slice){ bytes, sizeof(bytes) };
}

static void cut_short_at_every_byte(void **state)
{
	static const int windows[] = { 31, 15, -15 };

	(void)state;
	for (size_t w = 0; w < ROWS(windows); w++) {
		struct slice coded = coded_with(windows[w], prose());

		for (size_t n = 0; n <= coded.len; n++) {
			bool raw = windows[w] < 0;
			struct slice plain;

			assert_int_equal(
			    oracle(slice_upto(coded, n), raw, &plain),
			    n == 0 || n == coded.len);
			check(slice_upto(coded, n), raw, 7, 0);
			check(slice_upto(coded, n), raw, n + 1, 100);
		}
	}
}

static void a_flush_shows_all_so_far(void **state)
{
	char room[200];
	z_stream z = { .next_in = (Bytef *)(uintptr_t) "event: 1\n",
		.avail_in = 9,
		.next_out = (Bytef *)room,
		.avail_out = sizeof(room) };
	struct run run;

	(void)state;
	assert_int_equal(
	    deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	deflate(&z, Z_SYNC_FLUSH);
	run_begin(&run, false);
	chain_write(
	    &run.chain, (struct slice){ room, sizeof(room) - z.avail_out });
	assert_slice(peer_bytes(&run.peer), LIT("event: 1\n"), LIT("event"));
	assert_int_equal(run.peer.flushes, 0);
	assert_int_equal(chain_write(&run.chain, LIT("")), FLOW_GO);
	assert_int_equal(run.peer.flushes, 1);
	deflateEnd(&z);
	/* The stream goes on, so this end is too early. */
	chain_end(&run.chain, FAULT_NONE);
	assert_int_equal(run.peer.fault, FAULT_HTTP_RESPONSE_CONTENT_CODING);
	run_done(&run);
}

static void a_flush_waits_for_what_was_kept(void **state)
{
	static char zeros[100000];
	struct slice coded =
	    coded_with(31, (struct slice){ zeros, sizeof(zeros) });
	struct run run;

	(void)state;
	run_begin(&run, false);
	run.peer.full_every = 1;
	assert_int_equal(chain_write(&run.chain, coded), FLOW_FULL);
	assert_int_equal(chain_write(&run.chain, LIT("")), FLOW_FULL);
	assert_int_equal(chain_end(&run.chain, FAULT_NONE), FLOW_FULL);
	while (run.peer.len < sizeof(zeros)) {
		assert_int_equal(run.peer.flushes, 0);
		assert_int_equal(run.peer.ends, 0);
		peer_drain(&run.peer, &run.chain);
	}
	peer_drain(&run.peer, &run.chain);
	assert_int_equal(run.peer.ends, 1);
	assert_int_equal(run.peer.flushes, 1);
	assert_int_equal(run.peer.late, 0);
	assert_int_equal(run.peer.fault, FAULT_NONE);
	assert_int_equal(chain_resume(&run.chain), FLOW_GO);
	assert_int_equal(run.peer.ends, 1);
	run_done(&run);
}

/* Without a trailer all input can be gone before the output is. */
static void output_outlives_input(void **state)
{
	static char zeros[16384 + 600];

	(void)state;
	for (size_t n = 16384 - 10; n <= sizeof(zeros); n++) {
		struct slice coded =
		    coded_with(-15, (struct slice){ zeros, n });

		check(coded, true, 1, 1);
		check(coded, true, coded.len, 1);
		check(coded, true, coded.len, 0);
	}
}

static void a_fault_does_not_wait(void **state)
{
	static char zeros[100000];
	struct slice coded =
	    coded_with(31, (struct slice){ zeros, sizeof(zeros) });
	struct run run;

	(void)state;
	run_begin(&run, false);
	run.peer.full_every = 1;
	assert_int_equal(chain_write(&run.chain, coded), FLOW_FULL);
	chain_end(&run.chain, FAULT_HTTP_RESPONSE_INCOMPLETE);
	assert_int_equal(run.peer.ends, 1);
	assert_int_equal(run.peer.fault, FAULT_HTTP_RESPONSE_INCOMPLETE);
	assert_int_equal(peer_drain(&run.peer, &run.chain), FLOW_GO);
	assert_int_equal(run.peer.late, 0);
	run_done(&run);
}

/* Broken behind what was kept: the end that was asked for becomes a fault. */
static void a_break_found_while_resuming(void **state)
{
	static char zeros[100000];
	static char broken[1000];
	struct slice coded =
	    coded_with(31, (struct slice){ zeros, sizeof(zeros) });
	struct run run;

	(void)state;
	assert_true(coded.len < sizeof(broken));
	memcpy(broken, coded.at, coded.len);
	broken[coded.len - 8] ^= 1;
	run_begin(&run, false);
	run.peer.full_every = 1;
	run_all(&run, (struct slice){ broken, coded.len }, coded.len);
	assert_int_equal(run.flow, FLOW_STOP);
	assert_int_equal(run.peer.ends, 1);
	assert_int_equal(run.peer.late, 0);
	assert_int_equal(run.peer.fault, FAULT_HTTP_RESPONSE_CONTENT_CODING);
	run_done(&run);
}

static void a_neighbour_may_fail_anywhere(void **state)
{
	struct slice coded = coded_with(31, prose());

	(void)state;
	for (size_t at = 0; at < prose().len; at += 3)
		for (size_t every = 0; every < 2; every++) {
			struct run run;

			run_begin(&run, false);
			run.peer.fail_at = at;
			run.peer.full_every = every;
			run_all(&run, coded, 50);
			if (!run.peer.stopped || run.peer.late > 0 ||
			    run.peer.ends != 1)
				fail_msg("at %zu: late %u, ends %u", at,
				    run.peer.late, run.peer.ends);
			assert_int_equal(
			    chain_write(&run.chain, LIT("x")), FLOW_STOP);
			assert_int_equal(run.peer.late, 0);
			run_done(&run);
		}
}

/* Without a fault of its own a stopped sink calls no body whole. */
static void stopped_is_not_whole(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run, false);
	run.peer.fail_at = 0;
	assert_int_equal(chain_write(&run.chain, LIT(A_GZIP)), FLOW_STOP);
	chain_end(&run.chain, FAULT_NONE);
	assert_int_equal(run.peer.fault, FAULT_CLIENT_GONE);
	run_done(&run);
}

/* What the process holds, in pages. */
static size_t resident(void)
{
	unsigned long size = 0;
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (file == NULL)
		return 0;
	if (fscanf(file, "%lu %lu", &size, &pages) != 2)
		pages = 0;
	fclose(file);
	return pages;
}

static void a_bomb_stays_small(void **state)
{
	static char zeros[1 << 20];
	static char bomb[200000];
	z_stream z = { .next_out = (Bytef *)bomb, .avail_out = sizeof(bomb) };
	struct slice rest;
	struct run run;
	size_t drains = 0;
	size_t before;

	(void)state;
	assert_int_equal(
	    deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	for (int i = 0; i < 100; i++) {
		z.next_in = (Bytef *)zeros;
		z.avail_in = sizeof(zeros);
		assert_int_equal(deflate(&z, i < 99 ? Z_NO_FLUSH : Z_FINISH),
		    i < 99 ? Z_OK : Z_STREAM_END);
	}
	rest = (struct slice){ bomb, sizeof(bomb) - z.avail_out };
	deflateEnd(&z);
	before = resident();
	run_begin(&run, false);
	run.peer.forgets = true;
	run.peer.full_every = 65536;
	/* The sender heeds no FLOW_FULL but at the end. */
	run.flow = FLOW_GO;
	while (rest.len > 0) {
		run.flow = chain_write(&run.chain, slice_upto(rest, 16384));
		assert_true(run.peer.taken <= 2 * 65536);
		rest = slice_from(rest, 16384);
	}
	run.flow = chain_end(&run.chain, FAULT_NONE);
	while (run.peer.ends == 0) {
		peer_drain(&run.peer, &run.chain);
		assert_true(run.peer.taken <= 65536 + 16384);
		assert_true(drains++ < 10000);
	}
	assert_int_equal(run.peer.len, 100 << 20);
	assert_int_equal(run.peer.fault, FAULT_NONE);
	assert_true(drains >= 1000);
	assert_true(resident() < before + (4 << 20) / 4096);
	run_done(&run);
}

/* One that is never told to stop, and never drained, is given up. */
static void what_is_kept_is_bounded(void **state)
{
	static char zeros[100000];
	struct run run;

	(void)state;
	run_begin(&run, false);
	run.peer.full_every = 1;
	run.flow = chain_write(
	    &run.chain, coded_with(31, (struct slice){ zeros, sizeof(zeros) }));
	assert_int_equal(run.flow, FLOW_FULL);
	for (int i = 0; i < 20 && run.flow == FLOW_FULL; i++)
		run.flow = chain_write(
		    &run.chain, (struct slice){ zeros, sizeof(zeros) });
	assert_int_equal(run.flow, FLOW_STOP);
	assert_int_equal(chain_fault(&run.chain), FAULT_PROXY_INTERNAL_ERROR);
	run_done(&run);
}

/* --- vectors from others ---------------------------------------------- */

static void data_path(char *room, size_t size, const char *name)
{
	const char *srcdir = getenv("srcdir");

	snprintf(room, size, "%s/tests/data/gzip/%s",
	    srcdir == NULL ? "." : srcdir, name);
}

/* Every file of a tar archive. */
static size_t check_archive(const char *name, bool raw)
{
	static char content[1 << 20];
	char path[4096];
	char block[512];
	size_t files = 0;
	gzFile archive;

	data_path(path, sizeof(path), name);
	archive = gzopen(path, "rb");
	assert_non_null(archive);
	while (gzread(archive, block, sizeof(block)) == sizeof(block) &&
	    block[0] != '\0') {
		size_t len = strtoul(block + 124, NULL, 8);
		size_t padded = (len + 511) / 512 * 512;

		assert_true(padded <= sizeof(content));
		assert_int_equal(
		    gzread(archive, content, (unsigned)padded), padded);
		if (block[156] != '0')
			continue;
		check_splits((struct slice){ content, len }, raw);
		files++;
	}
	gzclose(archive);
	return files;
}

static void go_fuzz_vectors(void **state)
{
	(void)state;
	assert_int_equal(check_archive("go-fuzz-gzip.tar.gz", false), 343);
	assert_int_equal(check_archive("go-fuzz-zlib.tar.gz", true), 307);
	assert_int_equal(check_archive("go-fuzz-flate.tar.gz", true), 222);
}

static struct slice read_file(const char *name, char *room, size_t size)
{
	char path[4096];
	ssize_t n;
	int fd;

	data_path(path, sizeof(path), name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		fail_msg("%s", path);
	n = read(fd, room, size);
	assert_true(n >= 0);
	close(fd);
	return (struct slice){ room, (size_t)n };
}

static const struct {
	const char *name;
	bool has_plain; /* the third is left out for its size */
	bool whole;
} wuffs_cases[] = {
	{ "wuffs/backref-crosses-blocks.deflate", true, true },
	{ "wuffs/degenerate-huffman.deflate", true, true },
	{ "wuffs/distance-32768.deflate", false, true },
	{ "wuffs/distance-code-31.deflate", true, false },
	{ "wuffs/huffman-primlen-9.deflate", true, true },
};

static void wuffs_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(wuffs_cases); i++) {
		char coded_room[1000];
		char plain_room[1000];
		char name[200];
		struct slice coded = read_file(
		    wuffs_cases[i].name, coded_room, sizeof(coded_room));
		struct slice got;

		check_splits(coded, true);
		assert_int_equal(
		    oracle(coded, true, &got), wuffs_cases[i].whole);
		if (!wuffs_cases[i].has_plain)
			continue;
		snprintf(
		    name, sizeof(name), "%s.decompressed", wuffs_cases[i].name);
		assert_slice(got,
		    read_file(name, plain_room, sizeof(plain_room)),
		    slice_of(name));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_are_told_apart),
		cmocka_unit_test(cut_short_at_every_byte),
		cmocka_unit_test(a_flush_shows_all_so_far),
		cmocka_unit_test(a_flush_waits_for_what_was_kept),
		cmocka_unit_test(output_outlives_input),
		cmocka_unit_test(a_fault_does_not_wait),
		cmocka_unit_test(a_break_found_while_resuming),
		cmocka_unit_test(a_neighbour_may_fail_anywhere),
		cmocka_unit_test(stopped_is_not_whole),
		cmocka_unit_test(a_bomb_stays_small),
		cmocka_unit_test(what_is_kept_is_bounded),
		cmocka_unit_test(go_fuzz_vectors),
		cmocka_unit_test(wuffs_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

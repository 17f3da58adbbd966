/* What one signature costs, with the key of the day at hand and with deriving
 * it.  Prints nanoseconds; asserts nothing about them. */
#include <stdio.h>
#include <time.h>

#include "base/arena.h"
#include "conf/conf.h"
#include "policy/s3_key.h"
#include "policy/sigv4.h"

#define ROUNDS 100000
#define NOW_S  1369353600

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static const struct slice secret = { "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
	40 };
static const struct slice star = { "*", 1 };
static const struct slice_list all = { &star, 1 };
static const struct sigv4_manner manner = { .name_payload = true };

struct bench {
	struct arena *arena;
	struct arena *heads; /* what outlives a round */
	struct fields fields;
	struct sigv4_key key;
};

static bool derive(struct bench *b)
{
	return sigv4_key_derive(
	    secret, NOW_S, LIT("us-east-1"), LIT("s3"), &b->key);
}

static bool sign(struct bench *b, struct slice path, struct slice query)
{
	struct sigv4_identity who = { LIT("AKIAIOSFODNN7EXAMPLE"), LIT(""),
		&b->key };
	struct sigv4_request r = { .method = LIT("GET"),
		.path = s3_path(path, b->arena),
		.query = s3_query(query, &all, b->arena),
		.fields = &b->fields,
		.payload = SIGV4_UNSIGNED };
	struct fields sent;

	return field_copy(&sent, b->arena, &b->fields) &&
	    sigv4_sign(&r, &who, &manner, NOW_S, b->arena, &sent);
}

static double measure(
    struct bench *b, bool anew, struct slice path, struct slice query)
{
	double start = now_ns();
	size_t signed_n = 0;

	for (size_t round = 0; round < ROUNDS; round++) {
		arena_reset(b->arena);
		signed_n += (!anew || derive(b)) && sign(b, path, query);
	}
	if (signed_n != ROUNDS)
		fprintf(stderr, "only %zu signed\n", signed_n);
	return (now_ns() - start) / ROUNDS;
}

int main(void)
{
	struct bench b = { .arena = arena_new(1 << 20),
		.heads = arena_new(1 << 20) };
	struct slice plain = LIT("/cars/assets/app.4f2a.js");
	struct slice odd = LIT("/cars/M%c3%bcller%20&%20S+hne/a(1).html");

	if (!derive(&b) ||
	    !field_add(&b.fields, b.heads, LIT("Host"),
		LIT("cars.s3.us-east-1.amazonaws.com")) ||
	    !field_add(&b.fields, b.heads, LIT("Range"), LIT("bytes=0-9")))
		return 1;
	printf("ns per signature, s3_path() and s3_query() included\n"
	       "%-24s %8s %8s\n",
	    "", "key kept", "derived");
	printf("%-24s %8.0f %8.0f\n", "plain path",
	    measure(&b, false, plain, LIT("")),
	    measure(&b, true, plain, LIT("")));
	printf("%-24s %8.0f %8.0f\n", "escapes and a query",
	    measure(&b, false, odd, LIT("?x=2&versionId=a+b&x=1")),
	    measure(&b, true, odd, LIT("?x=2&versionId=a+b&x=1")));
	arena_free(b.arena);
	arena_free(b.heads);
	return 0;
}

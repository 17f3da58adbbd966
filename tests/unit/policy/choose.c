/* Which of several rules on one path takes a request: conditions, splits, and
 * the whole against an oracle that asks every rule. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/conditions.h"
#include "conf/conf.h"
#include "http/cookie_list.h"
#include "policy/condition.h"
#include "policy/route.h"
#include "policy/split.h"
#include "tests/unit/policy/hand.h"

static void put(
    struct arena *a, struct fields *f, struct slice name, struct slice value)
{
	if (value.len > 0)
		assert_true(field_add(f, a, name, value));
}

static struct conditions conditions_of(struct arena *a, const char *commas)
{
	struct slice_list list = hand_list(a, commas);
	struct condition *at = arena_zero(a, (list.n + 1) * sizeof(*at));
	char room[256];
	struct text why = text_over(room, sizeof(room));

	for (size_t i = 0; i < list.n; i++)
		if (!condition_parse(list.at[i], a, &at[i], &why))
			fail_msg("%.*s", SLICE_ARG(text_slice(&why)));
	return (struct conditions){ at, list.n };
}

static const struct {
	const char *match;
	struct slice method, query, beta, cookie;
	bool want;
} cases[] = {
	{ "method:POST", S("POST"), S(""), S(""), S(""), true },
	{ "method:POST", S("post"), S(""), S(""), S(""), false },
	{ "method:POST", S("POSTS"), S(""), S(""), S(""), false },
	{ "header:X-Beta=1", S("GET"), S(""), S("1"), S(""), true },
	{ "header:x-beta=1", S("GET"), S(""), S("1"), S(""), true },
	{ "header:X-Beta=1", S("GET"), S(""), S("11"), S(""), false },
	{ "header:X-Beta=a", S("GET"), S(""), S("A"), S(""), false },
	{ "header:X-Beta=1*", S("GET"), S(""), S("11"), S(""), true },
	{ "header:X-Beta=1*", S("GET"), S(""), S("21"), S(""), false },
	{ "header:X-Beta", S("GET"), S(""), S("0"), S(""), true },
	{ "header:X-Beta", S("GET"), S(""), S(""), S(""), false },
	{ "header:X-Bet", S("GET"), S(""), S("0"), S(""), false },
	{ "cookie:a=b", S("GET"), S(""), S(""), S("a=b"), true },
	{ "cookie:a=b", S("GET"), S(""), S(""), S("x=y;  a = b ;z"), true },
	{ "cookie:a=b", S("GET"), S(""), S(""), S("a=c; a=b"), true },
	{ "cookie:a=b", S("GET"), S(""), S(""), S("A=b"), false },
	{ "cookie:a=b", S("GET"), S(""), S(""), S("xa=b"), false },
	{ "cookie:a=b", S("GET"), S(""), S(""), S("x=a=b"), false },
	{ "cookie:a=b", S("GET"), S(""), S(""), S("a=b=c"), false },
	{ "cookie:a=b=c", S("GET"), S(""), S(""), S("a=b=c"), true },
	{ "cookie:a", S("GET"), S(""), S(""), S("a"), true },
	{ "cookie:a=", S("GET"), S(""), S(""), S("a="), true },
	{ "cookie:a=", S("GET"), S(""), S(""), S("a=1"), false },
	{ "query:v=2", S("GET"), S("?v=2"), S(""), S(""), true },
	{ "query:v=2", S("GET"), S("?x&v=1&v=2#"), S(""), S(""), false },
	{ "query:v=2", S("GET"), S("?x&v=1&v=2"), S(""), S(""), true },
	{ "query:v=2", S("GET"), S("?%76=%32"), S(""), S(""), true },
	{ "query:v=2", S("GET"), S("?V=2"), S(""), S(""), false },
	{ "query:v=2", S("GET"), S("?v=2;x"), S(""), S(""), false },
	{ "query:v=a b", S("GET"), S("?v=a+b"), S(""), S(""), true },
	{ "query:v=a b", S("GET"), S("?v=a%20b"), S(""), S(""), true },
	{ "query:v=%", S("GET"), S("?v=%"), S(""), S(""), true },
	{ "query:v=%2", S("GET"), S("?v=%2"), S(""), S(""), true },
	{ "query:v=a&b", S("GET"), S("?v=a%26b"), S(""), S(""), true },
	{ "query:v=a*", S("GET"), S("?v=%61bc"), S(""), S(""), true },
	{ "query:v", S("GET"), S("?v"), S(""), S(""), true },
	{ "query:v", S("GET"), S("?v="), S(""), S(""), true },
	{ "query:v", S("GET"), S("?vv"), S(""), S(""), false },
	{ "query:v", S("GET"), S("?"), S(""), S(""), false },
	{ "query:v", S("GET"), S(""), S(""), S(""), false },
	/* beginnings of names */
	{ "header:X-*=1", S("GET"), S(""), S("1"), S(""), true },
	{ "header:x-be*", S("GET"), S(""), S("1"), S(""), true },
	{ "header:X-Beta*", S("GET"), S(""), S("1"), S(""), true },
	{ "header:Beta*", S("GET"), S(""), S("1"), S(""), false },
	{ "cookie:wp_*", S("GET"), S(""), S(""), S("a=b; wp_7=x"), true },
	{ "cookie:wp_*", S("GET"), S(""), S(""), S("WP_7=x"), false },
	{ "cookie:wp_*=y*", S("GET"), S(""), S(""), S("wp_7=x; wp_=yes"),
	    true },
	{ "cookie:wp_*=y", S("GET"), S(""), S(""), S("wp_7=x"), false },
	{ "cookie:*", S("GET"), S(""), S(""), S("a=b"), true },
	{ "cookie:*", S("GET"), S(""), S(""), S(""), false },
	{ "query:utm_*", S("GET"), S("?x&u%74m_a=1"), S(""), S(""), true },
	{ "query:utm_*", S("GET"), S("?x&ut"), S(""), S(""), false },
	{ "query:*", S("GET"), S("?"), S(""), S(""), false },
	{ "query:v,cookie:a=b", S("GET"), S("?v"), S(""), S("a=b"), true },
	{ "query:v,cookie:a=b", S("GET"), S("?v"), S(""), S("a=c"), false },
};

static void conditions_hold_or_do_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct arena *a = arena_new(1 << 20);
		struct conditions all = conditions_of(a, cases[i].match);
		struct fields f = { 0 };
		struct condition_facts facts = { cases[i].method,
			cases[i].query, &f };

		put(a, &f, LIT("X-BETA"), cases[i].beta);
		put(a, &f, LIT("cookie"), cases[i].cookie);
		if ((condition_failed(&all, &facts) == NULL) != cases[i].want)
			fail_msg("row %zu: %s", i, cases[i].match);
		facts.fields = NULL;
		(void)condition_failed(&all, &facts);
		arena_free(a);
	}
}

/* Wherever bytes end, nothing behind them is read: for valgrind and ASan. */
static void cut_off_anywhere(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct conditions all =
	    conditions_of(a, "query:a=b%c,query:d,cookie:e=f,cookie:g");
	struct slice whole = LIT("?a=b%25c&%6");

	(void)state;
	for (size_t i = 0; i <= whole.len; i++) {
		char *copy = malloc(i + 1);
		struct fields f = { 0 };
		struct condition_facts facts = { LIT("GET"), { copy, i }, &f };

		memcpy(copy, whole.at, i);
		put(a, &f, LIT("Cookie"), facts.query);
		for (size_t j = 0; j < all.n; j++)
			(void)condition_holds(&all.at[j], &facts);
		(void)cookie_without(facts.query, LIT("?a"), a);
		free(copy);
	}
	arena_free(a);
}

/* ---- splits ---- */

static uint64_t random_next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static const struct hand_rule canaries[] = {
	{ .name = "old", .paths = "/p" },
	{ .name = "new", .paths = "/p" },
	{ .name = "next one", .paths = "/p" },
};

#define ROLLS 10000

static size_t asked_of(const struct route_table *t, const struct fields *f,
    uint64_t roll, struct arena *a, struct route_match *m)
{
	struct route_query q = { .method = LIT("GET"),
		.target = LIT("/p/x"),
		.fields = f,
		.roll = roll };

	route_match(t, &q, a, m);
	assert_int_equal(m->verdict, ROUTE_FOUND);
	return m->rule->index;
}

static void shares_are_kept(void **state)
{
	static const struct {
		unsigned first, second;
		size_t want[3]; /* of 10,000 */
	} shares[] = {
		{ 1000, 0, { 9000, 1000, 0 } },
		{ 1000, 5000, { 4500, 1000, 4500 } },
		{ 10000, 5000, { 0, 10000, 0 } },
		{ 0, 10000, { 0, 0, 10000 } },
		{ 25, 25, { 9950, 25, 25 } },
	};
	struct arena *a = arena_new(1 << 20);
	struct conf *c = hand_conf(a, canaries, ROWS(canaries));
	struct arena *each = arena_new(1 << 20);
	uint64_t seed = 0x1234567;

	(void)state;
	for (size_t i = 0; i < ROWS(shares); i++) {
		size_t got[3] = { 0 };
		struct route_table *t;

		hand_rule(c, 1)->split =
		    (struct split){ true, shares[i].first };
		hand_rule(c, 2)->split =
		    (struct split){ true, shares[i].second };
		t = route_table_new(c);
		for (size_t n = 0; n < ROLLS; n++) {
			struct route_match m;

			arena_reset(each);
			got[asked_of(t, NULL, random_next(&seed), each, &m)]++;
		}
		for (size_t j = 0; j < 3; j++) {
			/* Four standard deviations at the most. */
			long off = (long)got[j] - (long)shares[i].want[j];
			long bound = shares[i].want[j] % ROLLS == 0 ? 0 : 200;

			if (labs(off) > bound)
				fail_msg(
				    "row %zu: rule %zu got %zu", i, j, got[j]);
		}
		route_table_free(t);
	}
	arena_free(each);
	arena_free(a);
}

/* What is decided once is told by the cookie and holds whatever is rolled. */
static void visitors_stay(void **state)
{
	struct arena *a = arena_new(8 << 20);
	struct conf *c = hand_conf(a, canaries, ROWS(canaries));
	struct route_table *t;
	uint64_t seed = 99;
	size_t seen[3] = { 0 };

	(void)state;
	hand_rule(c, 1)->split = (struct split){ true, 3000 };
	hand_rule(c, 2)->split = (struct split){ true, 3000 };
	t = route_table_new(c);
	for (size_t n = 0; n < 100; n++) {
		struct fields f = { 0 };
		struct text cookies = text_in(a, 1024);
		struct route_match m;
		size_t owner = asked_of(t, NULL, random_next(&seed), a, &m);

		seen[owner]++;
		assert_int_equal(m.split_n, owner == 1 ? 1 : 2);
		text_add(&cookies, LIT("theme=dark"));
		for (size_t i = 0; i < m.split_n; i++) {
			struct slice set = split_cookie(&m.splits[i], a);

			assert_false(m.splits[i].told);
			text_add(&cookies, LIT("; "));
			text_add(
			    &cookies, slice_upto(set, slice_find(set, ';')));
		}
		field_add(&f, a, LIT("Cookie"), text_slice(&cookies));
		for (size_t i = 0; i < 20; i++) {
			assert_int_equal(
			    asked_of(t, &f, random_next(&seed), a, &m), owner);
			for (size_t j = 0; j < m.split_n; j++)
				assert_true(m.splits[j].told);
		}
		assert_slice(
		    cookie_without(text_slice(&cookies), LIT(SPLIT_COOKIE), a),
		    LIT("theme=dark"), LIT("for the origin"));
	}
	assert_true(seen[0] > 0 && seen[1] > 0 && seen[2] > 0);
	/* What is no answer of ours counts as none. */
	{
		struct fields f = { 0 };
		struct route_match m;

		field_add(&f, a, LIT("Cookie"),
		    LIT("fingerpost-split-new=IN; fingerpost-split-next=in"));
		assert_int_equal(asked_of(t, &f, SPLIT_ROLL_OUT, a, &m), 0);
		assert_false(m.splits[0].told);
	}
	route_table_free(t);
	arena_free(a);
}

static void cookies_are_well_formed(void **state)
{
	static const struct {
		const char *name;
		struct slice prefix;
		bool in;
		struct slice want;
	} rows[] = {
		{ "new", S("/p"), true,
		    S("fingerpost-split-new=in; Path=/p; HttpOnly; "
		      "SameSite=Lax") },
		{ "Next one;=", S("/f.cgi/p"), false,
		    S("fingerpost-split-Next.20one.3b.3d=out; Path=/f.cgi/p; "
		      "HttpOnly; SameSite=Lax") },
		{ "a.20b", S(""), true,
		    S("fingerpost-split-a.2e20b=in; Path=/; HttpOnly; "
		      "SameSite=Lax") },
		{ "x", S("/a/b;c/d"), true,
		    S("fingerpost-split-x=in; Path=/a/; HttpOnly; "
		      "SameSite=Lax") },
		{ "x", S("/b;c"), true,
		    S("fingerpost-split-x=in; Path=/; HttpOnly; "
		      "SameSite=Lax") },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct arena *a = arena_new(1 << 20);
		struct rule rule = { .name = slice_of(rows[i].name) };
		struct split_decision d = { &rule, rows[i].prefix, rows[i].in,
			false };

		assert_slice(
		    split_cookie(&d, a), rows[i].want, slice_of(rows[i].name));
		arena_free(a);
	}
}

static const struct {
	struct slice in, want;
} cookie_rows[] = {
	{ S("a=1; b=2"), S("a=1; b=2") },
	{ S("a=1;b=2;"), S("a=1;b=2;") },
	{ S("fingerpost-split-x=in"), S("") },
	{ S("fingerpost-split-x=in; fingerpost-split-y=out"), S("") },
	{ S("a=1;fingerpost-split-x=in;;b"), S("a=1; b") },
	{ S(" fingerpost-split-x ; a=1"), S("a=1") },
	{ S("xfingerpost-split-x=in"), S("xfingerpost-split-x=in") },
	{ S("a=fingerpost-split-x=in"), S("a=fingerpost-split-x=in") },
};

static void our_cookies_are_taken_off(void **state)
{
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < ROWS(cookie_rows); i++)
		assert_slice(
		    cookie_without(cookie_rows[i].in, LIT(SPLIT_COOKIE), a),
		    cookie_rows[i].want, cookie_rows[i].in);
	arena_free(a);
}

/* ---- the oracle ---- */

static const char *const some_matches[] = { NULL, "query:v", "query:v=2",
	"method:POST", "header:X-Beta=1", "query:v,method:POST" };
static const char *const some_paths[] = { "/", "/a", "/a/b" };
static const char *const some_hosts[] = { NULL, "h.test", "*.test" };
static const char *const some_targets[] = { "/", "/a/", "/a/b/", "/a/b/c?v=2",
	"/a/x?v", "/b?v=2", "/a/b/?w" };

/* Its own opinion of conditions, by string functions. */
static bool oracle_holds(
    const char *match, const char *method, const char *target, bool beta)
{
	if (match == NULL)
		return true;
	if (strstr(match, "method:POST") && strcmp(method, "POST") != 0)
		return false;
	if (strstr(match, "header:") && !beta)
		return false;
	if (strstr(match, "query:v=2"))
		return strstr(target, "v=2") != NULL;
	if (strstr(match, "query:v"))
		return strchr(target, 'v') != NULL;
	return true;
}

struct oracle_rule {
	size_t match, path, host;
	unsigned share; /* 0, SPLIT_WHOLE, or 1: no split */
};

/* Larger is better; 0: the rule does not take it. */
static unsigned long oracle_score(const struct oracle_rule *r, size_t index,
    const char *host, const char *method, const char *target, bool beta)
{
	const char *path = some_paths[r->path];
	size_t len = strlen(path);
	unsigned long score = 0;

	if (!oracle_holds(some_matches[r->match], method, target, beta) ||
	    r->share == 0)
		return 0;
	if (len > 1 && (strncmp(target, path, len) != 0 || target[len] != '/'))
		return 0;
	if (r->host == 1 && strcmp(host, "h.test") != 0)
		return 0;
	if (r->host == 2 && (strstr(host, ".test") == NULL))
		return 0;
	score = r->host == 0 ? 0 : r->host == 2 ? 1 : 2;
	score = score * 10 + len;
	score = score * 10 +
	    (r->match > 0                   ? 2 :
		    r->share == SPLIT_WHOLE ? 1 :
					      0);
	return score * 100 + 100 - index;
}

#define SOME 12

static void the_oracle_agrees(void **state)
{
	uint64_t seed = 4711;
	size_t found = 0;

	(void)state;
	for (size_t round = 0; round < 600; round++) {
		struct arena *a = arena_new(8 << 20);
		struct hand_rule rows[SOME] = { 0 };
		struct oracle_rule rules[SOME];
		struct conf *c;
		struct route_table *t;

		for (size_t i = 0; i < SOME; i++) {
			static const unsigned shares[] = { 1, 1, 0,
				SPLIT_WHOLE };
			struct oracle_rule *r = &rules[i];

			r->match = random_next(&seed) % ROWS(some_matches);
			r->path = random_next(&seed) % ROWS(some_paths);
			r->host = random_next(&seed) % ROWS(some_hosts);
			r->share = shares[random_next(&seed) % 4];
			rows[i].name = "r";
			rows[i].paths = some_paths[r->path];
			rows[i].hosts = some_hosts[r->host];
			rows[i].no_slash = true;
		}
		c = hand_conf(a, rows, SOME);
		for (size_t i = 0; i < SOME; i++) {
			hand_rule(c, i)->match =
			    conditions_of(a, some_matches[rules[i].match]);
			if (rules[i].share != 1)
				hand_rule(c, i)->split =
				    (struct split){ true, rules[i].share };
		}
		t = route_table_new(c);
		for (size_t k = 0; k < ROWS(some_targets) * 8; k++) {
			const char *target = some_targets[k / 8];
			const char *method = k & 1 ? "GET" : "POST";
			const char *host = k & 2 ? "h.test" : "x.test";
			bool beta = (k & 4) != 0;
			struct fields f = { 0 };
			struct route_query q = { .method = slice_of(method),
				.authority = slice_of(host),
				.target = slice_of(target),
				.fields = &f };
			struct route_match m;
			unsigned long best = 0;
			size_t who = SOME;

			if (beta)
				field_add(&f, a, LIT("x-beta"), LIT("1"));
			for (size_t i = 0; i < SOME; i++) {
				unsigned long score = oracle_score(
				    &rules[i], i, host, method, target, beta);

				if (score > best) {
					best = score;
					who = i;
				}
			}
			route_match(t, &q, a, &m);
			if ((m.rule == NULL ? SOME : m.rule->index) != who)
				fail_msg("round %zu, %s %s%s: want %zu", round,
				    method, host, target, who);
			found += m.rule != NULL;
			for (size_t i = 0; i < SOME; i++)
				assert_true(
				    (route_why_not(t, &q, &m, &c->rules[i], a)
					    .len == 0) == (i == who));
		}
		route_table_free(t);
		arena_free(a);
	}
	assert_true(found > 10000);
}

/* Readings disagree only where the rule that takes the request is one of
 * those they find. */
static void readings_are_judged_by_takers(void **state)
{
	static const struct hand_rule rows[] = {
		{ .name = "a", .paths = "/a" },
		{ .name = "ab", .paths = "/a/b" },
	};
	struct arena *a = arena_new(1 << 20);
	struct conf *c = hand_conf(a, rows, ROWS(rows));
	struct route_query q = { .method = LIT("GET"),
		.target = LIT("/a/b%2fc") };
	struct route_match m;
	struct route_table *t;

	(void)state;
	hand_rule(c, 1)->match = conditions_of(a, "query:v");
	t = route_table_new(c);
	route_match(t, &q, a, &m);
	assert_int_equal(m.verdict, ROUTE_FOUND);
	assert_int_equal(m.rule->index, 0);
	q.target = LIT("/a/b%2fc?v");
	route_match(t, &q, a, &m);
	assert_int_equal(m.verdict, ROUTE_REFUSED);
	route_table_free(t);
	arena_free(a);
}

static void losers_are_told_why(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct conf *c = hand_conf(a, canaries, ROWS(canaries));
	struct route_query q = { .method = LIT("GET"),
		.target = LIT("/p/x"),
		.roll = SPLIT_ROLL_OUT };
	struct route_match m;
	struct route_table *t;

	(void)state;
	hand_rule(c, 1)->match = conditions_of(a, "method:GET,query:v=2");
	hand_rule(c, 2)->split = (struct split){ true, 1025 };
	t = route_table_new(c);
	route_match(t, &q, a, &m);
	assert_slice(route_why_not(t, &q, &m, &c->rules[1], a),
	    LIT("query:v=2 does not hold"), LIT("condition"));
	assert_slice(route_why_not(t, &q, &m, &c->rules[2], a),
	    LIT("its split of 10.25% leaves the request to others"),
	    LIT("split"));
	q.target = LIT("/p/x?v=2");
	route_match(t, &q, a, &m);
	assert_slice(route_why_not(t, &q, &m, &c->rules[0], a),
	    LIT("[new] has the same path, and a match that takes the request"),
	    LIT("plain"));
	route_table_free(t);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions_hold_or_do_not),
		cmocka_unit_test(cut_off_anywhere),
		cmocka_unit_test(shares_are_kept),
		cmocka_unit_test(visitors_stay),
		cmocka_unit_test(cookies_are_well_formed),
		cmocka_unit_test(our_cookies_are_taken_off),
		cmocka_unit_test(the_oracle_agrees),
		cmocka_unit_test(readings_are_judged_by_takers),
		cmocka_unit_test(losers_are_told_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

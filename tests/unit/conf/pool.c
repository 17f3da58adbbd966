/* Pools: origin's lists, [pool NAME] sections, attributes, and who owns which
 * server's name. */
#include "conf/pool.h"

#include <string.h>

#include "conf/conf.h"
#include "conf/load.h"
#include "conf/statuses.h"
#include "tests/unit/conf/told.h"
#include "tests/unit/unit.h"

/* A list as one line: "name url [weight] [max] [backup] [drain]; ". */
static struct slice listed(const struct pool *p, struct arena *a)
{
	struct text t = text_in(a, 1 << 16);

	for (size_t i = 0; i < p->server_n; i++) {
		const struct server *s = &p->servers[i];

		text_format(&t, "%s%.*s@%u %.*s", i > 0 ? "; " : "",
		    SLICE_ARG(s->name), s->line, SLICE_ARG(s->origin.url));
		if (s->weight != 1)
			text_format(&t, " weight=%d", (int)s->weight);
		if (s->max != 0)
			text_format(&t, " max=%d", (int)s->max);
		text_format(&t, "%s%s", s->backup ? " backup" : "",
		    s->drain ? " drain" : "");
	}
	return text_slice(&t);
}

static const struct {
	struct slice origin, want;
} lists[] = {
	{ S("http://a"), S("1@3 http://a") },
	{ S("http://10.0.1.5, http://10.0.1.6 weight=2, http://10.0.1.7 "
	    "backup"),
	    S("1@3 http://10.0.1.5; 2@3 http://10.0.1.6 weight=2; 3@3 "
	      "http://10.0.1.7 backup") },
	{ S("https://a:1/x/  max=100000\tweight=1000 drain , HTTPS://A:2/x "
	    "backup max=1"),
	    S("1@3 https://a:1/x weight=1000 max=100000 drain; 2@3 "
	      "https://a:2/x max=1 backup") },
	{ S("http://unix:/a, http://unix:/b drain, http://localhost"),
	    S("1@3 http://unix:/a; 2@3 http://unix:/b drain; 3@3 "
	      "http://localhost") },
};

static struct conf *load_origin(struct slice origin, struct findings *f)
{
	struct text t = text_in(f->arena, 1 << 16);

	text_format(&t, "[r]\npath = /\norigin = %.*s\n", SLICE_ARG(origin));
	return conf_load_bytes("f", text_slice(&t), NULL, f);
}

static void lists_are_pools(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(lists); i++) {
		struct arena *a = arena_new(1 << 20);
		struct findings f = findings_in(a);
		struct slice in = lists[i].origin;
		struct conf *c = load_origin(in, &f);
		const struct rule *r;

		assert_slice(told(&f), LIT(""), in);
		r = &c->rules[0];
		assert_int_equal(c->pool_n, 1);
		assert_ptr_equal(r->pool, &c->pools[0]);
		assert_slice(r->pool->name, LIT("r"), in);
		assert_int_equal(r->pool->line, 3);
		assert_slice(listed(r->pool, a), lists[i].want, in);
		assert_slice(r->origin.url, r->pool->servers[0].origin.url, in);
		conf_free(c);
		arena_free(a);
	}
}

static const struct {
	struct slice origin, why;
} bad_lists[] = {
	{ S("http://a,"), S("an empty item: a comma too many") },
	{ S("http://a http://b"),
	    S("\"http://b\" stands behind another URL: part servers with "
	      "commas") },
	{ S("http://a, b"), S("\"b\" has no scheme: did you mean http://b?") },
	{ S("weight=2 http://a"),
	    S("\"weight=2\" stands before the URL: put it behind") },
	{ S("backup, http://a"),
	    S("\"backup\" stands before the URL: put it behind") },
	{ S("http://a weigth=2"),
	    S("\"weigth=2\" is no attribute of a server: did you mean "
	      "weight?") },
	{ S("http://a down"),
	    S("\"down\" is no attribute of a server: write weight=N, max=N, "
	      "backup or drain") },
	{ S("http://a Backup"),
	    S("\"Backup\" is no attribute of a server: did you mean "
	      "backup?") },
	{ S("http://a weight=0"),
	    S("weight=0 is out of range: write weight=1 to 1000") },
	{ S("http://a weight=1001"),
	    S("weight=1001 is out of range: write weight=1 to 1000") },
	{ S("http://a max=0"),
	    S("max=0 is out of range: write max=1 to 100000") },
	{ S("http://a max=100001"),
	    S("max=100001 is out of range: write max=1 to 100000") },
	{ S("http://a max=-1"), S("\"-1\" is no number: write digits alone") },
	{ S("http://a weight"),
	    S("weight needs a number right behind it: write weight=N") },
	{ S("http://a weight = 2"),
	    S("weight needs a number right behind it: write weight=N") },
	{ S("http://a weight="),
	    S("weight needs a number right behind it: write weight=N") },
	{ S("http://a weight=1 weight=2"), S("weight stands twice: keep one") },
	{ S("http://a backup backup"), S("backup stands twice: keep one") },
	{ S("http://a backup=yes"),
	    S("backup takes no value: write it alone, or not") },
	{ S("http://a drain="),
	    S("drain takes no value: write it alone, or not") },
	{ S("http://a, https://b"),
	    S("\"http://a\" and \"https://b\": the servers of a pool are all "
	      "http or all https") },
	{ S("http://a/x, http://b/y"),
	    S("\"http://a/x\" and \"http://b/y\": the servers of a pool have "
	      "one path, as their URLs could not be told apart on the way "
	      "back") },
	{ S("http://a, http://b, http://A:80/"),
	    S("\"http://a:80\" is listed twice: keep one, with a weight if it "
	      "shall get more") },
	{ S("http://unix:/a, http://unix:/b, http://unix:/a:"),
	    S("\"http://unix:/a\" is listed twice: keep one, with a weight if "
	      "it shall get more") },
	{ S("http://a, s3://b"),
	    S("\"s3://b\" stands alone: a bucket is no server of several, and "
	      "a route of its own") },
	{ S("http://a, pool:b"),
	    S("\"pool:b\" stands alone: write its attributes, and more "
	      "servers, into the pool's section") },
	{ S("pool:b, http://a"),
	    S("pool:NAME is a name alone: write servers and their attributes "
	      "into [pool NAME]") },
	{ S("pool:b weight=2"),
	    S("pool:NAME is a name alone: write servers and their attributes "
	      "into [pool NAME]") },
	{ S("pool:"),
	    S("pool:NAME is a name alone: write servers and their attributes "
	      "into [pool NAME]") },
	{ S("pool:b"),
	    S("there is no [pool b]: write that section, with server.NAME = "
	      "URL for each server") },
};

static void bad_lists_are_remedied(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(bad_lists); i++) {
		struct arena *a = arena_new(1 << 20);
		struct findings f = findings_in(a);
		struct text want = text_in(a, 4096);

		text_format(
		    &want, "f:3: origin: %.*s\n", SLICE_ARG(bad_lists[i].why));
		assert_null(load_origin(bad_lists[i].origin, &f));
		assert_slice(told(&f), text_slice(&want), bad_lists[i].origin);
		arena_free(a);
	}
}

/* n servers on one host, as many as a list or a pool takes and one more. */
static void pools_have_a_maximum(void **state)
{
	(void)state;
	for (int n = 63; n <= 65; n++)
		for (int section = 0; section < 2; section++) {
			struct arena *a = arena_new(1 << 20);
			struct findings f = findings_in(a);
			struct text t = text_in(a, 1 << 16);
			struct conf *c;

			text_format(&t, "[r]\npath=/\norigin=%s\n%s",
			    section ? "pool:x" : "http://a:1",
			    section ? "[pool x]\nserver.1=http://a:1\n" : "");
			if (!section)
				t.len--;
			for (int i = 2; i <= n; i++)
				if (section)
					text_format(&t,
					    "server.%d=http://a:%d\n", i, i);
				else
					text_format(&t, ",http://a:%d", i);
			c = conf_load_bytes("f", text_slice(&t), NULL, &f);
			if (!section && n == 65)
				assert_slice(told(&f),
				    LIT("f:3: origin: more than 64 servers\n"),
				    LIT("a list"));
			else if (n == 65)
				assert_slice(told(&f),
				    LIT("f:69: server.65: more than 64 "
					"servers\n"),
				    LIT("a section"));
			else
				assert_int_equal(c->rules[0].pool->server_n, n);
			conf_free(c);
			arena_free(a);
		}
}

static const struct {
	struct slice in, want;
} files[] = {
	{ S("[pool a]\nserver.x = http://a\n"),
	    S("f:0: no route: a section with path and origin makes one\n"
	      "f:1: warning: [pool a]: no route goes there: write origin = "
	      "pool:NAME, or remove the section\n") },
	{ S("[r]\npath=/\norigin=pool:app\n[pool apps]\n"
	    "server.x = http://a\n"),
	    S("f:3: origin: there is no [pool app]: did you mean pool:apps?\n"
	      "f:4: warning: [pool apps]: no route goes there: write origin = "
	      "pool:NAME, or remove the section\n") },
	{ S("[r]\npath=/\norigin=pool:a\n[pool a]\n"),
	    S("f:4: [pool a] has no servers: write server.NAME = URL for "
	      "each\n") },
	{ S("[r]\npath=/\norigin=pool:a\n[pool a]\nbalance = random\n"),
	    S("f:4: [pool a] has no servers: write server.NAME = URL for "
	      "each\n") },
	{ S("[r]\npath=/\norigin=pool:a b\n[pool a b]\nserver.x=http://a\n"),
	    S("f:3: origin: pool:NAME is a name alone: write servers and their "
	      "attributes into [pool NAME]\n"
	      "f:4: [pool a b]: a pool's name has no blanks\n") },
	{ S("[r]\npath=/\norigin=pool:a\nbalance=random\nsticky=cookie\n"
	    "retries=2\n[pool a]\nserver.x=http://a\n"),
	    S("f:4: warning: balance has no effect: [pool a] says it for all "
	      "of its routes, move it there\n"
	      "f:5: warning: sticky has no effect: [pool a] says it for all "
	      "of its routes, move it there\n") },
	{ S("[r]\npath=/\norigin=pool:a\n[pool a]\nserver.x=http://a drain\n"
	    "server.y=http://b drain backup\n"),
	    S("f:4: warning: [pool a]: every server drains: new visitors get "
	      "503 until one does not\n") },
	{ S("[r]\npath=/\norigin=http://a backup, http://b backup\n"),
	    S("f:3: warning: [r]: every server is a backup, and backup has no "
	      "effect: take it off those that shall answer first\n") },
	{ S("[r]\npath=/\norigin=pool:a\nserver.x=http://b\n[pool a]\n"
	    "server.x=http://a\nSERVER.X=http://b\nstrip=no\npath=/x\n"
	    "origin=http://c\nretries=2\nsever.y=http://b\nserver=http://b\n"
	    "server.=http://b\nserver.a b=http://b\nserver. c=http://b\n"
	    "server.d=http://d, http://e\nserver.f=pool:a\nserver.g=s3://a\n"
	    "server.h=http://a:80\nserver.i=\nserver.\xc3\xa4=http://b\n"),
	    S("f:4: server.x has no place in [r]: put it in [pool NAME]\n"
	      "f:7: SERVER.X is set twice in [pool a], first at line 6: keep "
	      "one\n"
	      "f:8: strip has no place in [pool a]: put it in a route's "
	      "section or in [defaults]\n"
	      "f:9: path has no place in [pool a]: put it in a route's "
	      "section\n"
	      "f:10: origin has no place in [pool a]: put it in a route's "
	      "section\n"
	      "f:11: retries has no place in [pool a]: put it in a route's "
	      "section or in [defaults]\n"
	      "f:12: unknown key \"sever.y\": did you mean server.NAME?\n"
	      "f:13: unknown key \"server\": did you mean server.NAME?\n"
	      "f:14: server.: needs a name of letters, digits, - _ and . with "
	      "no more than 64 bytes: write server.NAME = URL\n"
	      "f:15: server.a b: needs a name of letters, digits, - _ and . "
	      "with no more than 64 bytes: write server.NAME = URL\n"
	      "f:16: server. c: needs a name of letters, digits, - _ and . "
	      "with no more than 64 bytes: write server.NAME = URL\n"
	      "f:17: server.d: one server a line: write server.NAME = URL for "
	      "each\n"
	      "f:18: server.f: \"pool:a\" stands alone: write its attributes, "
	      "and more servers, into the pool's section\n"
	      "f:19: server.g: \"s3://a\" stands alone: a bucket is no server "
	      "of several, and a route of its own\n"
	      "f:20: server.h: \"http://a:80\" is listed twice: keep one, with "
	      "a weight if it shall get more\n"
	      "f:21: server.i: needs a value\n"
	      "f:22: server.\xc3\xa4: needs a name of letters, digits, - _ and "
	      ". with no more than 64 bytes: write server.NAME = URL\n") },
	{ S("[r]\npath=/\norigin=pool:a\n[pool a]\nserver.x=http://a\n"
	    "[pool A]\nserver.y=http://b\nserver.x=http://c\n"),
	    S("f:6: [pool a] stands twice, first at f:4: join the two or "
	      "rename one\n"
	      "f:8: server.x is set twice in [pool a], first at f:5: keep "
	      "one\n") },
	{ S("[r]\npath=/\norigin=http://a\nbalance=ip_hash\nsticky=yes\n"
	    "sticky_ttl=721h\nhealth_path=up\nhealth_interval=99ms\n"
	    "health_timeout=2m\nhealth_status=199\nfail_after=64\n"
	    "fail_window=0s\nrecover_after=6m\nslow_start=2h\n"
	    "queue_timeout=2m\nqueue_length=10001\nbreaker_errors=0%\n"
	    "breaker_latency=2h\nretries=11\nretry_on=\nretry_budget=101%\n"
	    "total_timeout=25h\n"),
	    S("f:4: balance: \"ip_hash\" is none of round-robin, "
	      "least-connections, ip-hash, uri-hash, random: did you mean "
	      "ip-hash?\n"
	      "f:5: sticky: \"yes\" is none of no, cookie\n"
	      "f:6: sticky_ttl: 721h is out of range: write 0s to 720h\n"
	      "f:7: health_path: \"up\" does not start with /: did you mean "
	      "\"/up\"?\n"
	      "f:8: health_interval: 99ms is out of range: write 100ms to "
	      "1h\n"
	      "f:9: health_timeout: 2m is out of range: write 1ms to 1m\n"
	      "f:10: health_status: \"199\" is no status: write one, or a "
	      "range such as 500-504, from 200 to 599\n"
	      "f:11: fail_after: 64 is out of range: write 0 to 63\n"
	      "f:12: fail_window: 0s is out of range: write 100ms to 1h\n"
	      "f:13: recover_after: 6m is out of range: write 100ms to 5m\n"
	      "f:14: slow_start: 2h is out of range: write 0s to 1h\n"
	      "f:15: queue_timeout: 2m is out of range: write 0s to 1m\n"
	      "f:16: queue_length: 10001 is out of range: write 0 to 10000\n"
	      "f:17: breaker_errors: 0% is out of range: write 1% to 100%\n"
	      "f:18: breaker_latency: 2h is out of range: write 0s to 1h\n"
	      "f:19: retries: 11 is out of range: write 0 to 10\n"
	      "f:20: retry_on: needs a value: retries = 0 asks no other "
	      "server\n"
	      "f:21: retry_budget: 101% is out of range: write 0% to 100%\n"
	      "f:22: total_timeout: 25h is out of range: write 0s to 24h\n") },
};

static void files_are_remedied(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(files); i++) {
		struct arena *a = arena_new(1 << 20);
		struct findings f = findings_in(a);
		struct conf *c = conf_load_bytes("f", files[i].in, NULL, &f);

		assert_slice(told(&f), files[i].want, files[i].in);
		assert_int_equal(c == NULL, f.faults > 0);
		conf_free(c);
		arena_free(a);
	}
}

static void sections_are_shared(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct findings f = findings_in(a);
	struct conf *c = conf_load_bytes("f",
	    LIT("[one]\npath = /one\norigin = pool:Zoo\n"
		"[pool zoo]\nserver.B = http://b:${PORT}/x weight=2\n"
		"server.a.1 = http://a/x\nbalance = uri-hash\n"
		"[two]\npath = /two\norigin = POOL: zoo\n"
		"[pool ape]\nserver.x = http://x\nfail_after = 0\n"
		"[three]\npath = /three\norigin = pool:ape\n"
		"[four]\npath = /four\norigin = http://y, http://z\n"
		"sticky = cookie\nbalance = random\n"
		"[five]\npath = /five\nredirect = 301 /x\n"
		"[defaults]\nfail_after = 7\nbalance = ip-hash\n"),
	    (char *const[]){ "PORT=8080", NULL }, &f);
	const struct pool *zoo, *ape, *own;

	(void)state;
	assert_slice(told(&f), LIT(""), LIT("no findings"));
	zoo = c->rules[0].pool;
	ape = c->rules[2].pool;
	own = c->rules[3].pool;
	assert_int_equal(c->pool_n, 3);
	assert_ptr_equal(ape, &c->pools[0]);
	assert_ptr_equal(zoo, &c->pools[1]);
	assert_ptr_equal(own, &c->pools[2]);
	assert_ptr_equal(c->rules[1].pool, zoo);
	assert_null(c->rules[4].pool);
	assert_slice(zoo->name, LIT("pool zoo"), LIT("name"));
	assert_slice(zoo->file, LIT("f"), LIT("file"));
	assert_int_equal(zoo->line, 4);
	assert_slice(listed(zoo, a),
	    LIT("b@5 http://b:8080/x weight=2; a.1@6 http://a/x"), LIT("zoo"));
	assert_slice(c->rules[1].origin.root, LIT("http://b:8080"), LIT("two"));
	assert_slice(c->rules[1].origin.base, LIT("/x"), LIT("two"));
	assert_int_equal(zoo->balancing.balance, BALANCE_URI_HASH);
	assert_int_equal(zoo->balancing.fail_after, 7);
	assert_int_equal(ape->balancing.balance, BALANCE_IP_HASH);
	assert_int_equal(ape->balancing.fail_after, 0);
	assert_slice(own->name, LIT("four"), LIT("name"));
	assert_int_equal(own->balancing.balance, BALANCE_RANDOM);
	assert_int_equal(own->balancing.fail_after, 7);
	assert_true(own->balancing.sticky);
	conf_free(c);
	arena_free(a);
}

static void defaults_are_the_tables(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct findings f = findings_in(a);
	struct conf *c = load_origin(LIT("http://a"), &f);
	const struct rule *r = &c->rules[0];
	const struct balancing *b = &r->pool->balancing;

	(void)state;
	assert_int_equal(b->balance, BALANCE_ROUND_ROBIN);
	assert_false(b->sticky);
	assert_int_equal(b->sticky_ttl_ms, 0);
	assert_int_equal(b->health_path.len, 0);
	assert_int_equal(b->health_interval_ms, 10000);
	assert_int_equal(b->health_timeout_ms, 2000);
	assert_int_equal(b->health_status.n, 1);
	assert_int_equal(b->health_status.at[0].low, 200);
	assert_int_equal(b->health_status.at[0].high, 399);
	assert_int_equal(b->fail_after, 3);
	assert_int_equal(b->fail_window_ms, 10000);
	assert_int_equal(b->recover_after_ms, 10000);
	assert_int_equal(b->slow_start_ms, 0);
	assert_int_equal(b->queue_timeout_ms, 1000);
	assert_int_equal(b->queue_length, 100);
	assert_int_equal(b->breaker_errors_percent, 0);
	assert_int_equal(b->breaker_latency_ms, 0);
	assert_int_equal(r->total_timeout_ms, 0);
	assert_int_equal(r->retries, 1);
	assert_int_equal(r->retry_on.failures,
	    RETRY_ON_CONNECT_FAILURE | RETRY_ON_RESET | RETRY_ON_TIMEOUT);
	assert_int_equal(r->retry_on.statuses.n, 3);
	assert_int_equal(r->retry_on.statuses.at[2].high, 504);
	assert_int_equal(r->retry_budget_percent, 20);
	assert_int_equal(r->pool->slot_n, 0);
	conf_free(c);
	arena_free(a);
}

static const struct {
	struct slice in, want;
} statuses[] = {
	{ S("200-399"), S("200-399 ") },
	{ S("204, 599 ,300-300"), S("204-204 599-599 300-300 ") },
	{ S("99"),
	    S("\"99\" is no status: write one, or a range such as 500-504, "
	      "from 200 to 599") },
	{ S("600"),
	    S("\"600\" is no status: write one, or a range such as 500-504, "
	      "from 200 to 599") },
	{ S("0200"),
	    S("\"0200\" is no status: write one, or a range such as 500-504, "
	      "from 200 to 599") },
	{ S("2xx"),
	    S("\"2xx\" is no status: write one, or a range such as 500-504, "
	      "from 200 to 599") },
	{ S("200-"),
	    S("\"200-\" is no status: write one, or a range such as 500-504, "
	      "from 200 to 599") },
	{ S("200-250-299"),
	    S("\"200-250-299\" is no status: write one, or a range such as "
	      "500-504, from 200 to 599") },
	{ S("399-200"),
	    S("\"399-200\" runs backwards: did you mean 200-399?") },
	{ S("200-300, 300"), S("\"300\" is listed twice: keep one") },
	{ S("250, 200-300"), S("\"200-300\" is listed twice: keep one") },
	{ S("200,,300"), S("an empty item: a comma too many") },
};

static void statuses_are_read_or_remedied(void **state)
{
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < ROWS(statuses); i++) {
		char room[512];
		struct text t = text_over(room, sizeof(room));
		struct status_ranges r;

		if (statuses_parse(statuses[i].in, a, &r, &t))
			for (size_t j = 0; j < r.n; j++)
				text_format(
				    &t, "%d-%d ", r.at[j].low, r.at[j].high);
		assert_slice(text_slice(&t), statuses[i].want, statuses[i].in);
	}
	arena_free(a);
}

static const struct {
	struct slice in, want;
} retries[] = {
	{ S("reset"), S("2: ") },
	{ S("connect-failure, timeout, 429"), S("5: 429-429 ") },
	{ S("500-599,404"), S("0: 500-599 404-404 ") },
	{ S("399"),
	    S("\"399\" is no status: write one, or a range such as 500-504, "
	      "from 400 to 599") },
	{ S("reset, reset"), S("\"reset\" is listed twice: keep one") },
	{ S("connection-failure"),
	    S("\"connection-failure\" is none of connect-failure, reset, "
	      "timeout, or a status: did you mean connect-failure?") },
	{ S("error"),
	    S("\"error\" is none of connect-failure, reset, timeout, or a "
	      "status") },
};

static void retries_are_read_or_remedied(void **state)
{
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < ROWS(retries); i++) {
		char room[512];
		struct text t = text_over(room, sizeof(room));
		struct retry_on r;

		if (retry_on_parse(retries[i].in, a, &r, &t)) {
			text_format(&t, "%u: ", r.failures);
			for (size_t j = 0; j < r.statuses.n; j++)
				text_format(&t, "%d-%d ", r.statuses.at[j].low,
				    r.statuses.at[j].high);
		}
		assert_slice(text_slice(&t), retries[i].want, retries[i].in);
	}
	arena_free(a);
}

static const struct {
	struct slice in;
	bool good;
} health_paths[] = {
	{ S("/"), true },
	{ S("/up?deep=1&x=%20"), true },
	{ S("/a b"), false },
	{ S("/a#b"), false },
	{ S("/%zz"), false },
	{ S("/\xc3\xa4"), false },
	{ S("//"), true },
};

static void health_paths_are_targets(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(health_paths); i++) {
		struct arena *a = arena_new(1 << 20);
		struct findings f = findings_in(a);
		struct text t = text_in(a, 4096);
		struct conf *c;

		text_format(&t,
		    "[r]\npath=/\norigin=http://a\nhealth_path=\"%.*s\"\n",
		    SLICE_ARG(health_paths[i].in));
		c = conf_load_bytes("f", text_slice(&t), NULL, &f);
		if ((c != NULL) != health_paths[i].good)
			fail_msg("%.*s", SLICE_ARG(health_paths[i].in));
		if (c != NULL)
			assert_slice(c->rules[0].pool->balancing.health_path,
			    health_paths[i].in, health_paths[i].in);
		conf_free(c);
		arena_free(a);
	}
}

/* The longest way through the table before a name is known to be missing. */
static size_t longest_run(const struct pool *p)
{
	size_t longest = 0;
	size_t run = 0;

	for (size_t i = 0; i < 2 * p->slot_n; i++) {
		run = p->slots[i & (p->slot_n - 1)] == 0 ? 0 : run + 1;
		if (run > longest)
			longest = run;
	}
	return longest;
}

/* 64 servers: on one host, as one tries them out; in one network; by name. */
static void servers_are_found_in_a_few_steps(void **state)
{
	static const struct {
		const char *before, *behind;
	} forms[] = {
		{ "http://127.0.0.1:", "" },
		{ "http://10.0.1.", "" },
		{ "http://app", ".internal:8080" },
		{ "http://unix:/run/app.", "" },
	};

	(void)state;
	for (size_t form = 0; form < ROWS(forms); form++) {
		struct arena *a = arena_new(1 << 20);
		struct findings f = findings_in(a);
		struct text t = text_in(a, 1 << 16);
		struct conf *c;
		const struct pool *p;

		text_add(&t, LIT("[r]\npath=/\norigin=pool:p\n[pool p]\n"));
		for (int i = 1; i <= 64; i++)
			text_format(&t, "server.%d=%s%d%s\n", i,
			    forms[form].before, i, forms[form].behind);
		c = conf_load_bytes("f", text_slice(&t), NULL, &f);
		assert_slice(told(&f), LIT(""), LIT("64 servers"));
		p = c->rules[0].pool;
		for (size_t i = 0; i < 64; i++) {
			const struct server *s = &p->servers[i];
			const struct server *found =
			    pool_find(p, s->origin.host, s->origin.port);

			if (s->origin.unix_path.len > 0)
				assert_ptr_equal(found, p->servers);
			else
				assert_ptr_equal(found, s);
		}
		assert_null(pool_find(p, LIT("elsewhere"), 80));
		assert_null(pool_find(p, p->servers[0].origin.host, 65535));
		if (form < 3)
			assert_in_range(longest_run(p), 1, 8);
		conf_free(c);
		arena_free(a);
	}
}

static void a_single_server_is_found(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct findings f = findings_in(a);
	struct conf *c = load_origin(LIT("http://App:8080"), &f);
	const struct pool *p = c->rules[0].pool;

	(void)state;
	assert_ptr_equal(pool_find(p, LIT("aPP"), 8080), p->servers);
	assert_null(pool_find(p, LIT("app"), 80));
	assert_null(pool_find(p, LIT("ap"), 8080));
	conf_free(c);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_pools),
		cmocka_unit_test(bad_lists_are_remedied),
		cmocka_unit_test(pools_have_a_maximum),
		cmocka_unit_test(files_are_remedied),
		cmocka_unit_test(sections_are_shared),
		cmocka_unit_test(defaults_are_the_tables),
		cmocka_unit_test(statuses_are_read_or_remedied),
		cmocka_unit_test(retries_are_read_or_remedied),
		cmocka_unit_test(health_paths_are_targets),
		cmocka_unit_test(servers_are_found_in_a_few_steps),
		cmocka_unit_test(a_single_server_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

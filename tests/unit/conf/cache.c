/* The cache's keys: their values, what they say together, and every fault with
 * its line and remedy. */
#include "tests/unit/unit.h"

#include <string.h>
#include <unistd.h>

#include "conf/cache.h"
#include "conf/load.h"
#include "conf/network.h"
#include "tests/unit/conf/told.h"

static char *const environment[] = { "SECRET=hush",
	"URL=redis://:hush@r.test:7/2", NULL };

static struct conf *load(struct slice in, struct findings *f)
{
	return conf_load_bytes("f", in, environment, f);
}

/* The routes after what is written before them. */
#define ROUTE "[r]\npath = /\norigin = http://o\n"
#define STORE "[cache]\npath = c\n"

/* --- values -------------------------------------------------------------- */

/* "low-high:ms;" each. */
static const struct {
	struct slice in, want;
} ttls[] = {
	{ S(""), S("") },
	{ S("10m"),
	    S("200-200:600000;203-204:600000;206-206:600000;"
	      "300-301:600000;308-308:600000;") },
	{ S("404:30s"), S("404-404:30000;") },
	{ S("0s, 404:30s, 500 - 504 : 5s"), S("") },
	{ S("0s, 404:30s, 500-504 : 5s"),
	    S("404-404:30000;500-504:5000;200-200:0;203-204:0;206-206:0;"
	      "300-301:0;308-308:0;") },
	/* the status counts, wherever it stands */
	{ S("1s,200:8760h"),
	    S("200-200:31536000000;200-200:1000;203-204:1000;"
	      "206-206:1000;300-301:1000;308-308:1000;") },
	{ S("2000ms"),
	    S("200-200:2000;203-204:2000;206-206:2000;300-301:2000;"
	      "308-308:2000;") },
};

static void lifetimes_are_read(void **state)
{
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < ROWS(ttls); i++) {
		struct caching c = { 0 };
		struct text got = text_in(a, 1024);
		struct text why = text_in(a, 1024);

		assert_int_equal(cache_ttl_parse(ttls[i].in, a, &c, &why),
		    ttls[i].want.len > 0 || ttls[i].in.len == 0);
		for (size_t j = 0; j < c.ttl_n; j++)
			text_format(&got, "%d-%d:%lld;", c.ttls[j].statuses.low,
			    c.ttls[j].statuses.high,
			    (long long)c.ttls[j].ttl_ms);
		assert_slice(text_slice(&got), ttls[i].want, ttls[i].in);
	}
	arena_free(a);
}

static const struct {
	struct slice in, want;
} parts[] = {
	{ S("path"), S("000") },
	{ S("scheme, host, query"), S("111") },
	{ S("query,path,scheme"), S("101") },
	{ S("host, query:b, query:a"), S("010 q:b q:a") },
	{ S("query: a[] , header:X-Lang,cookie:C"),
	    S("000 q:a[] h:x-lang c:C") },
	{ S("cookie:a, header:a, query:A, query:a, query:x y"),
	    S("000 q:A q:a q:x y h:a c:a") },
};

static void show(const char *kind, const struct slice_list *l, struct text *t)
{
	for (size_t i = 0; i < l->n; i++)
		text_format(t, " %s:%.*s", kind, SLICE_ARG(l->at[i]));
}

static void parts_are_read(void **state)
{
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < ROWS(parts); i++) {
		struct cache_parts p = { 0 };
		struct text got = text_in(a, 1024);
		struct text why = text_in(a, 1024);

		assert_true(cache_key_parse(parts[i].in, a, &p, &why));
		text_format(&got, "%d%d%d", p.scheme, p.host, p.query);
		show("q", &p.queries, &got);
		show("h", &p.headers, &got);
		show("c", &p.cookies, &got);
		assert_slice(text_slice(&got), parts[i].want, parts[i].in);
	}
	arena_free(a);
}

/* The bytes in hexadecimal, and the bits. */
static const struct {
	struct slice in, want;
} networks[] = {
	{ S(""), S("") },
	{ S("127.0.0.1"), S("00000000000000000000ffff7f000001/128 ") },
	{ S("10.0.0.0/8, 0.0.0.0/0"),
	    S("00000000000000000000ffff0a000000/104 "
	      "00000000000000000000ffff00000000/96 ") },
	{ S("::1,2001:DB8::/33, ::/0, ::ffff:10.0.0.0/104"),
	    S("00000000000000000000000000000001/128 "
	      "20010db8000000000000000000000000/33 "
	      "00000000000000000000000000000000/0 "
	      "00000000000000000000ffff0a000000/104 ") },
	{ S("192.0.2.254/31"), S("00000000000000000000ffffc00002fe/127 ") },
};

static void networks_are_read(void **state)
{
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < ROWS(networks); i++) {
		struct networks n = { 0 };
		struct text got = text_in(a, 1024);
		struct text why = text_in(a, 1024);

		assert_true(networks_parse(networks[i].in, a, &n, &why));
		for (size_t j = 0; j < n.n; j++) {
			for (size_t k = 0; k < 16; k++)
				text_format(&got, "%02x", n.at[j].address[k]);
			text_format(&got, "/%u ", n.at[j].bits);
		}
		assert_slice(
		    text_slice(&got), networks[i].want, networks[i].in);
	}
	arena_free(a);
}

/* With what may be shown of it, and what not. */
static const struct {
	struct slice url, place, password;
} redis[] = {
	{ S("redis://r"), S("r"), S("") },
	{ S("redis://r.test:6379/15?prefix=a@b"), S(""), S("") },
	{ S("redis://r.test:6379/15?prefix=a"), S("r.test:6379/15"), S("") },
	{ S("redis://:pw@127.0.0.1"), S("127.0.0.1"), S("pw") },
	{ S("redis://:p@w:x@[::1]:1/"), S("[::1]:1/"), S("p@w:x") },
	{ S("redis://:@r"), S("r"), S("") },
	{ S("redis+unix:/run/r@1"), S("redis+unix:/run/r@1"), S("") },
	{ S("redis+unix:/run/r?db=1&password=a@b&timeout=9"),
	    S("redis+unix:/run/r"), S("a@b") },
};

static void redis_is_read(void **state)
{
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < ROWS(redis); i++) {
		struct text why = text_in(a, 1024);
		struct slice url = LIT("");
		bool good = cache_redis(redis[i].url, a, &url, &why);

		assert_int_equal(good, redis[i].place.len > 0);
		if (!good)
			continue;
		assert_slice(url, redis[i].url, LIT("redis"));
		assert_int_equal(url.at[url.len], '\0');
		assert_slice(
		    cache_redis_place(url), redis[i].place, redis[i].url);
		assert_slice(
		    cache_redis_password(url), redis[i].password, redis[i].url);
	}
	arena_free(a);
}

/* --- whole files --------------------------------------------------------- */

static void keys_arrive(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct findings f = findings_in(a);
	struct conf *c = conf_load_bytes("/etc/fp/f",
	    LIT("[cache]\nPath = ../c\nmax_size = 2G\nmax_object = 3M\n"
		"memory = 0\ncollapse_timeout = 1500ms\n"
		"purge_allow = 127.0.0.1\n"
		"[defaults]\ncache = yes\ncache_ttl = 5s\n"
		"cache_bypass = cookie:a\n"
		"[r]\npath = /r\norigin = http://o\ncache_ttl_overrides = yes\n"
		"stale_if_error = 1h\nstale_while_revalidate = 2s\n"
		"cache_key = host\ncache_reload = no\ncache_surrogate = yes\n"
		"cache_bypass = cookie:s*, method:GET\n"
		"[s]\npath = /s\norigin = http://o\ncache = no\n"
		"[t]\npath = /t\norigin = http://o\ncache_bypass =\n"),
	    environment, &f);
	const struct caching *r, *s, *t;

	(void)state;
	assert_slice(told(&f), LIT(""), LIT("findings"));
	assert_slice(c->storage.path, LIT("/etc/fp/../c"), LIT("path"));
	assert_int_equal(c->storage.path.at[c->storage.path.len], '\0');
	assert_int_equal(c->storage.redis.len, 0);
	assert_int_equal(c->storage.max_size_bytes, INT64_C(2) << 30);
	assert_int_equal(c->storage.max_object_bytes, 3 << 20);
	assert_int_equal(c->storage.memory_bytes, 0);
	assert_int_equal(c->storage.collapse_timeout_ms, 1500);
	assert_int_equal(c->storage.purge_allow.n, 1);
	assert_slice(c->storage.file, LIT("/etc/fp/f"), LIT("file"));
	assert_int_equal(c->storage.line, 1);
	r = &c->rules[0].cache;
	s = &c->rules[1].cache;
	t = &c->rules[2].cache;
	assert_true(r->on && !s->on && t->on);
	assert_int_equal(r->ttl_n, 5);
	assert_true(r->ttl_overrides && !t->ttl_overrides);
	assert_int_equal(r->stale_if_error_ms, 3600000);
	assert_int_equal(r->stale_while_revalidate_ms, 2000);
	assert_true(!r->heed_reload && t->heed_reload);
	assert_true(r->surrogate && !t->surrogate);
	assert_true(r->key.host && !r->key.query);
	assert_true(t->key.host && t->key.query && t->key.scheme);
	assert_int_equal(r->bypass.n, 2);
	assert_int_equal(s->bypass.n, 1);
	assert_int_equal(t->bypass.n, 0);
	conf_free(c);
	arena_free(a);
}

static void absolute_paths_stay(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct findings f = findings_in(a);
	struct conf *c = conf_load_bytes("/etc/fp/f",
	    LIT("[cache]\npath = /var/${SECRET}\n" ROUTE "cache = yes\n"),
	    environment, &f);

	(void)state;
	assert_slice(told(&f), LIT(""), LIT("findings"));
	assert_slice(c->storage.path, LIT("/var/hush"), LIT("path"));
	conf_free(c);
	arena_free(a);
}

static void limits_follow_max_size(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct findings f = findings_in(a);
	struct conf *c =
	    load(LIT("[cache]\nredis = ${URL}\nmax_size = 4M\n" ROUTE
		     "cache = yes\n"),
		&f);

	(void)state;
	assert_slice(told(&f), LIT(""), LIT("findings"));
	assert_slice(
	    c->storage.redis, LIT("redis://:hush@r.test:7/2"), LIT("redis"));
	assert_int_equal(c->storage.path.len, 0);
	assert_int_equal(c->storage.max_object_bytes, 4 << 20);
	assert_int_equal(c->storage.memory_bytes, 4 << 20);
	conf_free(c);
	arena_free(a);
}

/* Without a word of the cache there is none. */
static void standards(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct findings f = findings_in(a);
	struct conf *c = load(LIT(ROUTE), &f);

	(void)state;
	assert_slice(told(&f), LIT(""), LIT("findings"));
	assert_int_equal(c->storage.path.len + c->storage.redis.len, 0);
	assert_int_equal(c->storage.line, 0);
	assert_int_equal(c->storage.max_size_bytes, INT64_C(1) << 30);
	assert_int_equal(c->storage.max_object_bytes, 100 << 20);
	assert_int_equal(c->storage.memory_bytes, 8 << 20);
	assert_int_equal(c->storage.collapse_timeout_ms, 10000);
	assert_false(c->rules[0].cache.on);
	conf_free(c);
	arena_free(a);
}

#define IN_STORE(line)  STORE line ROUTE "cache = yes\n"
#define IN_ROUTE_(line) STORE ROUTE "cache = yes\n" line

static const struct {
	struct slice in, want;
} faults[] = {
	/* [cache] as a whole */
	{ S(ROUTE "cache = yes\n"),
	    S("f:1: [r] has cache = yes, and nothing says where responses are "
	      "kept: write a section [cache] with path = FOLDER\n") },
	{ S("[defaults]\ncache = yes\n" ROUTE
	    "[s]\npath = /s\norigin = http://o\n"),
	    S("f:3: [r] has cache = yes, and nothing says where responses are "
	      "kept: write a section [cache] with path = FOLDER\n") },
	{ S("[cache]\n" ROUTE "cache = yes\n"),
	    S("f:1: [cache] does not say where responses are kept: write path "
	      "= FOLDER\n") },
	{ S("[cache]\npath =\nredis = \"\"\n" ROUTE "cache = yes\n"),
	    S("f:1: [cache] does not say where responses are kept: write path "
	      "= FOLDER\n") },
	{ S(IN_STORE("redis = redis://r\n")),
	    S("f:3: redis: responses are kept there or in path: remove one of "
	      "the two\n") },
	{ S(STORE ROUTE),
	    S("f:1: warning: [cache] has no effect: no route has cache = "
	      "yes\n") },
	{ S(STORE STORE ROUTE "cache = yes\n"),
	    S("f:3: [cache] stands twice, first at f:1: join the two or "
	      "rename one\n"
	      "f:4: path is set twice in [cache], first at f:2: keep "
	      "one\n") },
	/* its keys */
	{ S("[cache]\npath = ~/c\n" ROUTE "cache = yes\n"),
	    S("f:2: path: ~ means no folder here, a web server has no home: "
	      "write the whole path\n") },
	{ S(IN_STORE("max_sise = 1G\nsize = 1G\norigin = x\n")),
	    S("f:3: unknown key \"max_sise\": did you mean max_size?\n"
	      "f:4: unknown key \"size\": fingerpost.ini(5) lists the keys of "
	      "this version\n"
	      "f:5: origin has no place in [cache]: put it in a route's "
	      "section\n") },
	{ S(ROUTE "cache = yes\nmax_size = 1G\n" STORE),
	    S("f:5: max_size has no place in [r]: put it in [cache]\n") },
	{ S(IN_STORE("max_size = 1\nmax_object = 1\nmemory = 65G\n"
		     "collapse_timeout = 2h\n")),
	    S("f:3: max_size: 1 is out of range: write 1M to 1048576G\n"
	      "f:4: max_object: 1 is out of range: write 1K to 1048576G\n"
	      "f:5: memory: 65G is out of range: write 0 to 64G\n"
	      "f:6: collapse_timeout: 2h is out of range: write 0s to "
	      "1h\n") },
	{ S(IN_STORE("max_object = 2G\n")),
	    S("f:3: max_object: no response can be larger than max_size is for "
	      "all of them: make one smaller or the other larger\n") },
	{ S(IN_STORE("max_size = 5M\nmax_object = 5M\nmemory = 6M\n")),
	    S("f:5: warning: memory is more than max_size: it can never be "
	      "filled\n") },
	{ S(IN_STORE("purge_allow = 127.0.0.1, localhost\n")),
	    S("f:3: purge_allow: \"localhost\" is no address: write one such "
	      "as "
	      "127.0.0.1 or ::1, or a network such as 10.0.0.0/8\n") },
	{ S(IN_STORE("purge_allow = 10.1.2.3/9\n")),
	    S("f:3: purge_allow: \"10.1.2.3/9\" is an address within a "
	      "network: "
	      "did you mean 10.0.0.0/9?\n") },
	{ S(IN_STORE("purge_allow = 10.128.0.0/8\n")),
	    S("f:3: purge_allow: \"10.128.0.0/8\" is an address within a "
	      "network: did you mean 10.0.0.0/8?\n") },
	{ S(IN_STORE("purge_allow = 2001:db8::1/32\n")),
	    S("f:3: purge_allow: \"2001:db8::1/32\" is an address within a "
	      "network: did you mean 2001:db8::/32?\n") },
	{ S(IN_STORE("purge_allow = 10.0.0.0/33\n")),
	    S("f:3: purge_allow: \"10.0.0.0/33\" has no length of a network "
	      "behind its slash: write 0 to 32\n") },
	{ S(IN_STORE("purge_allow = ::/x\n")),
	    S("f:3: purge_allow: \"::/x\" has no length of a network behind "
	      "its "
	      "slash: write 0 to 128\n") },
	{ S(IN_STORE("purge_allow = ::1, 0:0::1/128\n")),
	    S("f:3: purge_allow: \"0:0::1/128\" is listed twice: keep one\n") },
	{ S(IN_STORE("purge_allow = [::1]\n")),
	    S("f:3: purge_allow: \"[::1]\" is no address: write one such as "
	      "127.0.0.1 or ::1, or a network such as 10.0.0.0/8\n") },
	/* a route's */
	{ S(IN_ROUTE_("cache_ttl = 10\n")),
	    S("f:7: cache_ttl: \"10\" has no unit: did you mean 10s? (ms, s, m "
	      "or h)\n") },
	{ S(IN_ROUTE_("cache_ttl = 1500ms\n")),
	    S("f:7: cache_ttl: \"1500ms\" is no whole number of seconds, which "
	      "is what lifetimes are counted in: did you mean 2s?\n") },
	{ S(IN_ROUTE_("cache_ttl = 200:8761h\n")),
	    S("f:7: cache_ttl: 8761h is out of range: write 0s to 8760h\n") },
	{ S(IN_ROUTE_("cache_ttl = 1s, 2s\n")),
	    S("f:7: cache_ttl: \"2s\" is listed twice: keep one\n") },
	{ S(IN_ROUTE_("cache_ttl = 404:1s, 400-405:2s\n")),
	    S("f:7: cache_ttl: \"400-405:2s\" is listed twice: keep one\n") },
	{ S(IN_ROUTE_("cache_ttl = 4o4:1s\n")),
	    S("f:7: cache_ttl: \"4o4\" is no status: write one, or a range "
	      "such "
	      "as 500-504, from 200 to 599\n") },
	{ S(IN_ROUTE_("cache_ttl = 504-500:1s\n")),
	    S("f:7: cache_ttl: \"504-500\" runs backwards: did you mean "
	      "500-504?\n") },
	{ S(IN_ROUTE_("cache_ttl = :1s\n")),
	    S("f:7: cache_ttl: \":1s\" has no status before its colon: write "
	      "it "
	      "as in 404:30s\n") },
	{ S(IN_ROUTE_("cache_ttl = 404:\n")),
	    S("f:7: cache_ttl: \"\" is no duration: write a whole number and "
	      "ms, s, m or h without a blank, such as 250ms or 30s\n") },
	{ S(IN_ROUTE_("cache = on\nstale_if_error = 1d\n"
		      "cache_key =\ncache_reload = off\n")),
	    S("f:7: cache is set twice in [r], first at line 6: keep one\n"
	      "f:8: stale_if_error: \"1d\" is no duration: write a whole "
	      "number "
	      "and ms, s, m or h without a blank, such as 250ms or 30s\n"
	      "f:9: cache_key: needs a value: path is the least that tells "
	      "answers apart\n"
	      "f:10: cache_reload: \"off\" is neither yes nor no: did you mean "
	      "no?\n") },
	{ S(IN_ROUTE_("cache_key = host, sheme\n")),
	    S("f:7: cache_key: unknown part \"sheme\": did you mean "
	      "scheme?\n") },
	{ S(IN_ROUTE_("cache_key = headers:X\n")),
	    S("f:7: cache_key: unknown part \"headers:X\": did you mean "
	      "header:NAME?\n") },
	{ S(IN_ROUTE_("cache_key = everything\n")),
	    S("f:7: cache_key: unknown part \"everything\": write scheme, "
	      "host, "
	      "query, query:PARAM, header:FIELD or cookie:COOKIE\n") },
	{ S(IN_ROUTE_("cache_key = host, host\n")),
	    S("f:7: cache_key: \"host\" is listed twice: keep one\n") },
	{ S(IN_ROUTE_("cache_key = header:x, header:X\n")),
	    S("f:7: cache_key: \"header:X\" is listed twice: keep one\n") },
	{ S(IN_ROUTE_("cache_key = query:a, query\n")),
	    S("f:7: cache_key: query is all of its parameters, query:a one of "
	      "them: remove one of the two\n") },
	{ S(IN_ROUTE_("cache_key = cookie:\n")),
	    S("f:7: cache_key: \"cookie:\" lacks a name: write "
	      "cookie:NAME\n") },
	{ S(IN_ROUTE_("cache_key = cookie:a b\n")),
	    S("f:7: cache_key: \"a b\" is no cookie's name\n") },
	{ S(IN_ROUTE_("cache_key = header:host\n")),
	    S("f:7: cache_key: header:Host is the host, without its port and "
	      "in any case: write host\n") },
	{ S(IN_ROUTE_("cache_key = header:Cookie\n")),
	    S("f:7: cache_key: header:Cookie holds all cookies at once: write "
	      "cookie:NAME\n") },
	{ S(IN_ROUTE_("cache_key = query:1, query:2, query:3, query:4, "
		      "query:5, query:6, query:7, query:8, query:9, query:10, "
		      "query:11, query:12, query:13, query:14, query:15, "
		      "query:16, query:17\n")),
	    S("f:7: cache_key: more than 16 parts\n") },
	{ S(IN_ROUTE_("cache_bypass = coookie:a\n")),
	    S("f:7: cache_bypass: unknown condition \"coookie:a\": did you "
	      "mean "
	      "cookie:?\n") },
	/* together */
	{ S(STORE ROUTE "cache = yes\nresponse_header X = a$client_address\n"
			"response_header Y = $request_id\n"
			"request_header Z = $request_id\n"),
	    S("f:3: response_header X: $client_address is of one request, and "
	      "the cache answers others with it: remove one of the two\n"
	      "f:3: response_header Y: $request_id is of one request, and the "
	      "cache answers others with it: remove one of the two\n") },
	{ S(STORE ROUTE "cache = yes\n[t]\npath = /t\nredirect = 301 /\n"
			"cache = yes\n"),
	    S("f:10: warning: cache has no effect: the route redirects by "
	      "itself\n") },
	{ S(STORE "[t]\npath = /t\nredirect = 301 /\ncache = yes\n"),
	    S("f:1: warning: [cache] has no effect: no route has cache = yes\n"
	      "f:6: warning: cache has no effect: the route redirects by "
	      "itself\n") },
	{ S(STORE "[defaults]\ncache = yes\n" ROUTE
		  "[t]\npath = /t\nredirect = 301 /\n"),
	    S("") },
	{ S(ROUTE "cache = no\ncache_ttl = 5s\n"), S("") },
	{ S(ROUTE "Cache_TTL = 5s\nstale_if_error = 1h\n"),
	    S("f:4: warning: cache_ttl has no effect without cache = yes\n"
	      "f:5: warning: stale_if_error has no effect without cache = "
	      "yes\n") },
	{ S(ROUTE "cache_purge = yes\n" STORE),
	    S("f:4: unknown key \"cache_purge\": fingerpost.ini(5) lists the "
	      "keys of this version\n"
	      "f:5: warning: [cache] has no effect: no route has cache = "
	      "yes\n") },
};

static void faults_are_remedied(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(faults); i++) {
		struct arena *a = arena_new(1 << 20);
		struct findings f = findings_in(a);

		conf_free(load(faults[i].in, &f));
		assert_slice(told(&f), faults[i].want, faults[i].in);
		arena_free(a);
	}
}

/* --- secrets ------------------------------------------------------------- */

static const struct {
	struct slice in, want;
} bad_redis[] = {
	{ S("redis://hush@r"), S("before @ stands :PASSWORD") },
	{ S("redis://user:hush@r"), S("before @ stands :PASSWORD") },
	{ S("redis://:hush@"), S("the host is missing, or too long") },
	{ S("redis://::1"), S("the host is missing, or too long") },
	{ S("redis://:hush@r:0"), S("a port is 1 to 65535") },
	{ S("redis://:hush@r/x"), S("the number of a database is 0 to 9999") },
	{ S("redis://r?password=hush"),
	    S("behind ? may stand prefix= and timeout=") },
	{ S("redis://:hu sh@r"),
	    S("a blank or a control character in it: a password has them "
	      "percent-encoded") },
	{ S("rediss://:hush@r"),
	    S("this version speaks no TLS there: write redis://HOST or "
	      "redis+unix:PATH") },
	{ S("/run/hush"), S("a socket is written redis+unix:PATH") },
	{ S("unix:/run/hush"), S("a socket is written redis+unix:PATH") },
	{ S("redis+unix:hush"),
	    S("redis+unix: wants the whole path of a socket") },
	{ S("hush"),
	    S("write redis://HOST, redis://:PASSWORD@HOST:PORT/DB or "
	      "redis+unix:PATH") },
	{ S("redis://:${HUSH}@r"),
	    S("the environment cannot fill its ${NAME}: set that for the "
	      "server that runs fingerpost, or write $${ for the two "
	      "characters") },
};

/* What is wrong with the value, never the value. */
static void faults_keep_passwords(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(bad_redis); i++) {
		struct arena *a = arena_new(1 << 20);
		struct findings f = findings_in(a);
		struct text in = text_in(a, 4096);
		struct text want = text_in(a, 4096);

		text_format(&in,
		    "[cache]\nredis = %.*s\n" ROUTE "cache = yes\n",
		    SLICE_ARG(bad_redis[i].in));
		text_format(
		    &want, "f:2: redis: %.*s\n", SLICE_ARG(bad_redis[i].want));
		assert_null(load(text_slice(&in), &f));
		assert_slice(told(&f), text_slice(&want), bad_redis[i].in);
		arena_free(a);
	}
}

static const struct {
	const char *redis;
	mode_t mode;
	bool good;
} passwords[] = {
	{ "redis://:hush@r", 0600, true },
	{ "redis://:hush@r", 0644, false },
	{ "\"redis://:hush@r\"", 0644, false },
	{ "redis://:${SECRET}@r", 0644, true },
	{ "redis://:${SECRET}x@r", 0644, false },
	{ "${URL}", 0644, true },
	{ "redis://r", 0644, true },
	{ "redis+unix:/r", 0644, true },
	{ "redis+unix:/r?db=1&password=${SECRET}", 0644, true },
	{ "redis+unix:/r?db=1&password=hush", 0644, false },
};

static void passwords_are_for_few(void **state)
{
	char folder[] = "/tmp/fingerpost-test-XXXXXX";
	char path[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/f", folder);
	for (size_t i = 0; i < ROWS(passwords); i++) {
		struct arena *a = arena_new(1 << 20);
		struct findings f = findings_in(a);
		char bytes[256];
		struct conf *c;

		snprintf(bytes, sizeof(bytes),
		    "[cache]\nredis = %s\n" ROUTE "cache = yes\n",
		    passwords[i].redis);
		file_write(folder, "f", bytes, passwords[i].mode);
		c = conf_load(path, environment, &f);
		if ((c != NULL) != passwords[i].good)
			fail_msg("%zu: %.*s", i, SLICE_ARG(told(&f)));
		if (c == NULL)
			assert_non_null(strstr(told(&f).at,
			    "f:2: redis holds a password that everyone may "
			    "read "
			    "here: chmod o-r the file"));
		conf_free(c);
		arena_free(a);
	}
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lifetimes_are_read),
		cmocka_unit_test(parts_are_read),
		cmocka_unit_test(networks_are_read),
		cmocka_unit_test(redis_is_read),
		cmocka_unit_test(keys_arrive),
		cmocka_unit_test(absolute_paths_stay),
		cmocka_unit_test(limits_follow_max_size),
		cmocka_unit_test(standards),
		cmocka_unit_test(faults_are_remedied),
		cmocka_unit_test(faults_keep_passwords),
		cmocka_unit_test(passwords_are_for_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What `explain` prints for a hand-made conf. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cli/explain.h"
#include "cli/rules.h"
#include "conf/load.h"
#include "http/field.h"
#include "tests/unit/conf/told.h"
#include "tests/unit/policy/hand.h"

/* cli_explain() stands in the same file and is not asked here. */
struct conf *rules_load(const char *option)
{
	(void)option;
	return NULL;
}

static const struct hand_rule rules[] = {
	{ .name = "root", .paths = "/" },
	{ .name = "hotels", .paths = "/hotels", .base = "/app" },
	{ .name = "pets", .paths = "/pets", .methods = "GET,POST" },
};

static const struct {
	struct slice method, url;
	const char *host, *destination;
	int code;
	const char *want; /* all of these lines, '|' between them */
} cases[] = {
	{ S("GET"), S("https://www.test/hotels/a?b"), NULL, NULL, 0,
	    "request   GET /hotels/a?b|host      www.test|"
	    "route     [hotels], f.ini:11|prefix    /hotels|"
	    "upstream  GET http://o.test:81/app/a?b|"
	    "          Host: o.test:81|"
	    "          X-Forwarded-Proto: https|"
	    "          X-Forwarded-Host: www.test|"
	    "not       [root], f.ini:1: [hotels] has a longer path, /hotels|"
	    "not       [pets], f.ini:21: path /pets does not lead /hotels/a" },
	{ S("GET"), S("/x"), "h", NULL, 0,
	    "host      h|route     [root], f.ini:1|prefix    /|"
	    "upstream  GET http://o.test:81/x" },
	{ S("GET"), S("http://www.test?q"), NULL, NULL, 0,
	    "request   GET /?q|upstream  GET http://o.test:81/?q" },
	{ S("GET"), S("http://www.test"), NULL, NULL, 0, "request   GET /" },
	{ S("GET"), S("/hotels?x"), NULL, NULL, 0,
	    "host      (none)|answer    301 Moved Permanently|"
	    "          Location: /hotels/?x" },
	{ S("PUT"), S("/hotels"), NULL, NULL, 0,
	    "answer    308 Permanent Redirect" },
	{ S("PUT"), S("/pets/"), NULL, NULL, 1,
	    "answer    405 Method Not Allowed|          Allow: GET, POST" },
	{ S("GET"), S("/hotels/../x"), NULL, NULL, 1,
	    "answer    400 Bad Request|"
	    "why       readings of the path disagree about who owns it" },
	{ S("OPTIONS"), S("*"), NULL, NULL, 1, "answer    404 Not Found" },
	{ S("MOVE"), S("/hotels/a"), "h", "http://h/hotels/b", 0,
	    "          Destination: http://o.test:81/app/b" },
	{ S("MOVE"), S("/hotels/a"), "h", "http://h/pets/b", 1,
	    "answer    502 Bad Gateway|"
	    "why       Destination leads out of the route" },
};

/* Rules of a file: what hand_rule has no words for. */
#define RULES                                                     \
	"[a]\npath = /a\norigin = http://o.test\n"                \
	"map_path = ^/v1/(.*) /api/$1?v=1\n"                      \
	"[b]\npath = /a\norigin = http://b.test\n"                \
	"match = query:v=2, header:X-Beta\n"                      \
	"[c]\npath = /a\norigin = http://c.test\nsplit = 2.5%\n"  \
	"[old]\npath = /old\nredirect = 301 /a$path$query\n"      \
	"[shut]\npath = /shut\norigin = http://o.test\n"          \
	"maintenance = yes\n"                                     \
	"[cars]\npath = /cars\norigin = s3://cars/p\n"            \
	"s3_endpoint = http://[::1]\ns3_error_page = 404.html\n"  \
	"[bikes]\npath = /bikes\norigin = s3://bikes\n"           \
	"s3_credentials = own\ns3_fallback = f\n"                 \
	"s3_precompressed = gzip\n"                               \
	"[credentials own]\naccess_key_id = AKIA\n"               \
	"secret_access_key = hush\nsession_token = quiet\n"       \
	"[zoo]\npath = /zoo\norigin = pool:animals\n"             \
	"[pool animals]\nserver.one = http://10.0.0.1/x\n"        \
	"[list]\npath = /list\n"                                  \
	"origin = http://a.test weight=2 max=50, "                \
	"http://b.test backup drain\n"                            \
	"balance = ip-hash\nsticky = cookie\n"                    \
	"health_path = /up\nhealth_interval = 1s\n"               \
	"[sock]\npath = /sock\norigin = http://unix:/run/s\n"     \
	"[cache]\nredis = redis://:hush@r.test/1\n"               \
	"[kept]\npath = /kept\norigin = http://k.test\n"          \
	"cache = yes\ncache_ttl = 90s, 404:0s, 500-504:2h\n"      \
	"stale_if_error = 24h\nstale_while_revalidate = 1500ms\n" \
	"cache_key = scheme, query:id, cookie:c\n"                \
	"cache_bypass = cookie:s*, method:HEAD\n"                 \
	"[told]\npath = /told\norigin = http://k.test\n"          \
	"cache = yes\n"

static const struct {
	struct slice url;
	const char *field, *value; /* or NULL */
	int code;
	const char *want;
} loaded[] = {
	{ S("/a/v1/x?q"), NULL, NULL, 0,
	    "route     [a], f:1|"
	    "split     [c] 2.50%: taken as out; Cookie: fingerpost-split-c=in "
	    "asks for it|"
	    "map_path  /v1/x to /api/x?v=1&q|"
	    "upstream  GET http://o.test/api/x?v=1&q|"
	    "not       [b], f:5: query:v=2 does not hold|"
	    "not       [c], f:9: its split of 2.50% leaves the request to "
	    "others" },
	{ S("/a/x"), "Cookie", "fingerpost-split-c=in", 0,
	    "route     [c], f:9|"
	    "split     [c] 2.50%: in, says the cookie fingerpost-split-c|"
	    "not       [a], f:1: [c] has the same path, and a split that "
	    "takes the request" },
	{ S("/a/x"), NULL, NULL, 0,
	    "map_path  ^/v1/(.*) does not match /x|"
	    "upstream  GET http://o.test/x" },
	{ S("/a/x?v=2"), "X-Beta", "", 0,
	    "route     [b], f:5|match     query:v=2|match     header:X-Beta|"
	    "not       [a], f:1: [b] has the same path, and a match that "
	    "takes the request" },
	{ S("/old/y?q"), NULL, NULL, 0,
	    "answer    301 Moved Permanently|          Location: /a/y?q" },
	{ S("/shut/y?q"), NULL, NULL, 1,
	    "answer    503 Service Unavailable|"
	    "why       maintenance = yes, page of our own" },
	{ S("/cars/x%20y?q"), NULL, NULL, 0,
	    "bucket    s3://cars/p|endpoint  http://[::1]|"
	    "region    us-east-1|style     path|index     index.html|"
	    "missing   404.html|"
	    "credentials  auto: the first of environment, file, container and "
	    "instance that has any|"
	    "upstream  GET http://[::1]/cars/p/x%20y|"
	    "          Host: [::1]" },
	{ S("/cars/"), NULL, NULL, 0,
	    "upstream  GET http://[::1]/cars/p/index.html" },
	{ S("/bikes/"), NULL, NULL, 0,
	    "bucket    s3://bikes|"
	    "endpoint  https://s3.us-east-1.amazonaws.com|style     host|"
	    "coding    gzip|fallback  f|"
	    "credentials  [credentials own], f:31|"
	    "upstream  GET https://bikes.s3.us-east-1.amazonaws.com/"
	    "index.html" },
	{ S("/bikes/%c3%bc/a.js"), "Accept-Encoding", "gzip", 0,
	    "upstream  GET https://bikes.s3.us-east-1.amazonaws.com/%C3%BC/"
	    "a.js.gz" },
	{ S("/zoo/y"), NULL, NULL, 0,
	    "route     [zoo], f:35|"
	    "pool      [pool animals], f:38: round-robin|"
	    "server    one: http://10.0.0.1/x|"
	    "upstream  GET http://10.0.0.1/x/y" },
	{ S("/list/y"), NULL, NULL, 0,
	    "pool      [list], f:42: ip-hash, sticky by a cookie, probed at "
	    "/up every 1000 ms|"
	    "server    1: http://a.test weight=2 max=50|"
	    "server    2: http://b.test backup drain|"
	    "upstream  GET http://a.test/y" },
	{ S("http://h/kept/y?x&id=2"), "Cookie", "c=1; s1=2", 0,
	    "cache     by Redis at r.test/1|"
	    "fresh     404:0s, 500-504:2h, 200:90s, 203-204:90s, 206:90s, "
	    "300-301:90s, 308:90s, where the response does not say|"
	    "stale     24h more, where the origin fails|"
	    "stale     1500ms more, while a new one is fetched|"
	    "key       of path, scheme, query:id, cookie:c|"
	    "key       http:///kept/y?id=2 cookie:c=1;|"
	    "bypass    cookie:s*: holds, goes by the cache|"
	    "bypass    method:HEAD" },
	{ S("http://h/told/y?x"), NULL, NULL, 0,
	    "fresh     as the response says|"
	    "key       of path, scheme, host, query|"
	    "key       http://h/told/y?x" },
	{ S("/sock/y"), NULL, NULL, 0,
	    "server    1: http://unix:/run/s|"
	    "upstream  GET http://localhost/y" },
};

static void expect_line(const char *printed, struct slice want, struct slice at)
{
	struct slice rest = slice_of(printed);
	struct slice line;

	while (slice_cut(&rest, '\n', &line))
		if (slice_eq(line, want))
			return;
	fail_msg("%.*s: no \"%.*s\" in\n%s", SLICE_ARG(at), SLICE_ARG(want),
	    printed);
}

static void answers_are_printed(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct conf *c = hand_conf(a, rules, ROWS(rules));

	(void)state;
	for (size_t i = 0; i < c->rule_n; i++)
		hand_rule(c, i)->rewrite_requests = true;
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct fields fields = { 0 };
		struct explain_question question = { cases[i].method,
			cases[i].url, &fields };
		struct slice rest = slice_of(cases[i].want);
		struct slice line;
		char *printed = NULL;
		size_t size = 0;
		FILE *to = open_memstream(&printed, &size);
		int code;

		if (cases[i].host != NULL)
			field_add(
			    &fields, a, LIT("Host"), slice_of(cases[i].host));
		if (cases[i].destination != NULL)
			field_add(&fields, a, LIT("Destination"),
			    slice_of(cases[i].destination));
		code = explain_print(c, &question, to);
		fclose(to);
		if (code != cases[i].code)
			fail_msg("%.*s: %d\n%s", SLICE_ARG(cases[i].url), code,
			    printed);
		while (slice_cut(&rest, '|', &line))
			expect_line(printed, line, cases[i].url);
		free(printed);
	}
	arena_free(a);
}

static void loaded_rules_are_explained(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct findings f = findings_in(a);
	struct conf *c = conf_load_bytes("f", LIT(RULES), NULL, &f);

	(void)state;
	assert_slice(told(&f), LIT(""), LIT("findings"));
	for (size_t i = 0; i < ROWS(loaded); i++) {
		struct fields fields = { 0 };
		struct explain_question question = { LIT("GET"), loaded[i].url,
			&fields };
		struct slice rest = slice_of(loaded[i].want);
		struct slice line;
		char *printed = NULL;
		size_t size = 0;
		FILE *to = open_memstream(&printed, &size);
		int code;

		if (loaded[i].field != NULL)
			field_add(&fields, a, slice_of(loaded[i].field),
			    slice_of(loaded[i].value));
		code = explain_print(c, &question, to);
		fclose(to);
		if (code != loaded[i].code)
			fail_msg("%.*s: %d\n%s", SLICE_ARG(loaded[i].url), code,
			    printed);
		while (slice_cut(&rest, '|', &line))
			expect_line(printed, line, loaded[i].url);
		assert_null(strstr(printed, "AKIA"));
		assert_null(strstr(printed, "hush"));
		assert_null(strstr(printed, "quiet"));
		if (strstr(loaded[i].want, "key ") == NULL)
			assert_null(strstr(printed, "\nkey "));
		/* A single server is no pool to speak of. */
		if (strstr(loaded[i].want, "server    ") == NULL)
			assert_null(strstr(printed, "\npool "));
		free(printed);
	}
	conf_free(c);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_printed),
		cmocka_unit_test(loaded_rules_are_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

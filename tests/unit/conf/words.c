/* What a value says: environment, paths, hosts, methods, origins. */
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/expand.h"
#include "conf/match.h"
#include "conf/origin.h"

static char *const environment[] = { "NAME=value",
	"EMPTY=", "HARD=a;b#c ${NAME}", "LINES=a\nb", "A1_=x", NULL };

typedef bool parser(
    struct slice, struct arena *, struct slice *, struct text *);

static bool expanded(
    struct slice s, struct arena *a, struct slice *out, struct text *why)
{
	return expand(s, environment, a, out, why);
}

static const struct {
	parser *parse;
	struct slice in, want;
	struct slice why; /* of a refusal */
} cases[] = {
	{ expanded, S("plain $ $$ $NAME"), S("plain $ $$ $NAME"), S("") },
	{ expanded, S("<${NAME}>"), S("<value>"), S("") },
	{ expanded, S("${NAME}${A1_}${EMPTY}"), S("valuex"), S("") },
	{ expanded, S("$${NAME}"), S("${NAME}"), S("") },
	{ expanded, S("${HARD}"), S("a;b#c ${NAME}"), S("") },
	{ expanded, S("${NONE}"), S(""),
	    S("the environment has no NONE: set it for the server that runs "
	      "fingerpost, or write the value here") },
	{ expanded, S("${}"), S(""),
	    S("${} is no environment variable's name") },
	{ expanded, S("${1A}"), S(""),
	    S("${1A} is no environment variable's name") },
	{ expanded, S("a${NAME"), S(""),
	    S("${ without its }: write $${ for the two characters") },
	{ expanded, S("${LINES}"), S(""),
	    S("the environment's LINES holds a control character") },

	{ match_path, S("/"), S(""), S("") },
	{ match_path, S("/hotels"), S("/hotels"), S("") },
	{ match_path, S("/hotels/"), S("/hotels"), S("") },
	{ match_path, S("/a%20b/%7Ec"), S("/a b/~c"), S("") },
	{ match_path, S("/%c3%a4/\xc3\xa4"), S("/\xc3\xa4/\xc3\xa4"), S("") },
	{ match_path, S("/...x"), S("/...x"), S("") },
	{ match_path, S(""), S(""), S("empty: write / for the whole site") },
	{ match_path, S("hotels"), S(""),
	    S("\"hotels\" does not start with /: did you mean \"/hotels\"?") },
	{ match_path, S("http://a/b"), S(""),
	    S("\"http://a/b\" does not start with /: write the path alone, "
	      "and a host as host = NAME") },
	{ match_path, S("/hotels/*"), S(""),
	    S("\"/hotels/*\": a path takes all that is below it, did you mean "
	      "\"/hotels/\"?") },
	{ match_path, S("/a//b"), S(""),
	    S("\"/a//b\" has an empty or a dot segment: did you mean "
	      "\"/a/b\"?") },
	{ match_path, S("/a/../b/."), S(""),
	    S("\"/a/../b/.\" has an empty or a dot segment: did you mean "
	      "\"/b\"?") },
	{ match_path, S("/%2e%2e/"), S(""),
	    S("\"/%2e%2e/\" has an empty or a dot segment: did you mean "
	      "\"/\"?") },
	{ match_path, S("/a?b"), S(""),
	    S("\"/a?b\" holds a ?: a path ends before the query, did you mean "
	      "\"/a\"?") },
	{ match_path, S("/a#b"), S(""),
	    S("\"/a#b\" holds a #: a path ends before the query, did you mean "
	      "\"/a\"?") },
	{ match_path, S("/a%2Fb"), S(""),
	    S("\"/a%2Fb\" holds an encoded slash (%2F), which parts no "
	      "segments: leave it out") },
	{ match_path, S("/a%"), S(""),
	    S("\"/a%\" has a % without two hexadecimal digits: write %25 for "
	      "the character") },
	{ match_path, S("/a%4"), S(""),
	    S("\"/a%4\" has a % without two hexadecimal digits: write %25 for "
	      "the character") },
	{ match_path, S("/a%00"), S(""),
	    S("\"/a%00\" holds a control character or a backslash") },

	{ match_host, S("WWW.Example.org"), S("www.example.org"), S("") },
	{ match_host, S("*.Example.org"), S("*.example.org"), S("") },
	{ match_host, S("10.0.0.1"), S("10.0.0.1"), S("") },
	{ match_host, S("[2001:DB8::1]"), S("[2001:db8::1]"), S("") },
	{ match_host, S("my_host"), S("my_host"), S("") },
	{ match_host, S("10.0.0.256"), S(""),
	    S("\"10.0.0.256\" is no host name") },
	{ match_host, S("a.org:80"), S(""),
	    S("\"a.org:80\" is no host name: hosts match on any port, did you "
	      "mean a.org?") },
	{ match_host, S("http://a.org/"), S(""),
	    S("\"http://a.org/\" is no host name: write it without http:// "
	      "and path") },
	{ match_host, S("::1"), S(""),
	    S("\"::1\" is no host name: write an IPv6 address in brackets, "
	      "without a port") },
	{ match_host, S("a.*.org"), S(""),
	    S("\"a.*.org\" is no host name: a wildcard is the whole leftmost "
	      "label, as in *.example.org") },
	{ match_host, S("a.org."), S(""),
	    S("\"a.org.\" is no host name: did you mean a.org?") },
	{ match_host, S("b\xc3\xbc.org"), S(""),
	    S("\"b\xc3\xbc.org\" is no host name: write it in its xn-- form") },
	{ match_host, S("-a.org"), S(""), S("\"-a.org\" is no host name") },
	{ match_host, S("*."), S(""), S("\"*.\" is no host name") },

	{ match_method, S("GET"), S("GET"), S("") },
	{ match_method, S("FETCH"), S("FETCH"), S("") },
	{ match_method, S("get"), S(""),
	    S("\"get\": methods tell case apart, did you mean GET?") },
	{ match_method, S("GET HEAD"), S(""),
	    S("\"GET HEAD\" is no method: part several with commas, as in "
	      "GET, HEAD") },
};

static void words_are_read_or_remedied(void **state)
{
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		char room[512];
		struct text why = text_over(room, sizeof(room));
		struct slice got = LIT("");
		bool ok = cases[i].parse(cases[i].in, a, &got, &why);

		assert_slice(text_slice(&why), cases[i].why, cases[i].in);
		assert_slice(got, cases[i].want, cases[i].in);
		assert_int_equal(ok, cases[i].why.len == 0);
	}
	arena_free(a);
}

static void long_words_are_refused(void **state)
{
	struct arena *a = arena_new(1 << 20);
	char big[9000];
	char room[512];
	struct text why = text_over(room, sizeof(room));
	struct slice got;

	(void)state;
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = 'x';
	big[0] = '/';
	assert_false(
	    match_path((struct slice){ big, sizeof(big) }, a, &got, &why));
	big[0] = 'x';
	assert_false(match_host_valid((struct slice){ big, 64 }));
	assert_true(match_host_valid((struct slice){ big, 63 }));
	big[0] = '$';
	assert_false(expand(
	    (struct slice){ big, sizeof(big) }, environment, a, &got, &why));
	arena_free(a);
}

static const struct {
	struct slice in, url, scheme, host;
	unsigned port;
	struct slice authority, root, base, unix_path;
} origins[] = {
	{ S("http://a"), S("http://a"), S("http"), S("a"), 80, S("a"),
	    S("http://a"), S(""), S("") },
	{ S("HTTPS://A.Org/"), S("https://a.org"), S("https"), S("a.org"), 443,
	    S("a.org"), S("https://a.org"), S(""), S("") },
	{ S("http://10.0.0.1:8080/app/v1/"), S("http://10.0.0.1:8080/app/v1"),
	    S("http"), S("10.0.0.1"), 8080, S("10.0.0.1:8080"),
	    S("http://10.0.0.1:8080"), S("/app/v1"), S("") },
	{ S("http://[::1]:81/a%20b"), S("http://[::1]:81/a%20b"), S("http"),
	    S("[::1]"), 81, S("[::1]:81"), S("http://[::1]:81"), S("/a%20b"),
	    S("") },
	{ S("http://unix"), S("http://unix"), S("http"), S("unix"), 80,
	    S("unix"), S("http://unix"), S(""), S("") },
	{ S("HTTP://Unix:/run/App.sock"), S("http://unix:/run/App.sock"),
	    S("http"), S("localhost"), 80, S("localhost"),
	    S("http://localhost"), S(""), S("/run/App.sock") },
	{ S("https://unix:/s:/"), S("https://unix:/s"), S("https"),
	    S("localhost"), 443, S("localhost"), S("https://localhost"), S(""),
	    S("/s") },
	{ S("http://unix:/run/app.sock:/b/c/"),
	    S("http://unix:/run/app.sock:/b/c"), S("http"), S("localhost"), 80,
	    S("localhost"), S("http://localhost"), S("/b/c"),
	    S("/run/app.sock") },
};

static void origins_come_apart(void **state)
{
	struct arena *a = arena_new(1 << 20);
	char room[512];
	struct text why = text_over(room, sizeof(room));

	(void)state;
	for (size_t i = 0; i < ROWS(origins); i++) {
		struct slice in = origins[i].in;
		struct origin o;

		assert_true(origin_parse(in, a, &o, &why));
		assert_slice(o.url, origins[i].url, in);
		assert_slice(o.scheme, origins[i].scheme, in);
		assert_slice(o.host, origins[i].host, in);
		assert_int_equal(o.port, origins[i].port);
		assert_slice(o.authority, origins[i].authority, in);
		assert_slice(o.root, origins[i].root, in);
		assert_int_equal(o.root.at[o.root.len], '\0');
		assert_slice(o.base, origins[i].base, in);
		assert_slice(o.unix_path, origins[i].unix_path, in);
		assert_int_equal(o.unix_path.at[o.unix_path.len], '\0');
	}
	arena_free(a);
}

static const struct {
	struct slice in, why;
} bad_origins[] = {
	{ S("10.0.0.1:80"),
	    S("\"10.0.0.1:80\" has no scheme: did you mean "
	      "http://10.0.0.1:80?") },
	{ S("a.org/b"),
	    S("\"a.org/b\" has no scheme: did you mean http://a.org/b?") },
	{ S("http:/a"),
	    S("\"http:/a\" lacks the two slashes: write http://HOST") },
	{ S("ftp://a"),
	    S("\"ftp\" is none of the schemes this version knows: write "
	      "http:// or https://") },
	{ S("s3://b/c"),
	    S("\"s3\" is none of the schemes this version knows: write "
	      "http:// or https://") },
	{ S("http://unix:/"),
	    S("\"/\" is no socket: write its path, as in "
	      "http://unix:/run/app.sock") },
	{ S("http://unix:/run/:/x"),
	    S("\"/run/\" is no socket: write its path, as in "
	      "http://unix:/run/app.sock") },
	{ S("http://unix:run/app.sock"),
	    S("\"run\" is no port: write 1 to 65535") },
	{ S("http://unix:/run/app.sock:x"),
	    S("\"x\" behind the socket does not start with /: did you mean "
	      "/x?") },
	{ S("http://unix:/run/app.sock:/x//y"),
	    S("\"/x//y\" has an empty or a dot segment: leave it out") },
	{ S("http://u:p@a"),
	    S("a user name or password has no place in an origin: write "
	      "request_header Authorization = \"Basic ...\"") },
	{ S("http://a?b"),
	    S("an origin takes no query and no fragment: end it before the ? "
	      "or #") },
	{ S("http://a/#b"),
	    S("an origin takes no query and no fragment: end it before the ? "
	      "or #") },
	{ S("http://a:0"), S("\"0\" is no port: write 1 to 65535") },
	{ S("http://a:65536"), S("\"65536\" is no port: write 1 to 65535") },
	{ S("http://a:"), S("\"\" is no port: write 1 to 65535") },
	{ S("http://a:80x"), S("\"80x\" is no port: write 1 to 65535") },
	{ S("http://"), S("\"\" is no host name") },
	{ S("http:///a"), S("\"\" is no host name") },
	{ S("http://[::1"), S("\"[::1\" is no host name") },
	{ S("http://a/b//c"),
	    S("\"/b//c\" has an empty or a dot segment: leave it out") },
	{ S("http://a/../c"),
	    S("\"/../c\" has an empty or a dot segment: leave it out") },
	{ S("http://a/%4"),
	    S("\"/%4\" holds a character that a URL writes "
	      "percent-encoded") },
	{ S("http://a/\xc3\xa4"),
	    S("\"/\xc3\xa4\" holds a character that a URL writes "
	      "percent-encoded") },
};

static void bad_origins_are_remedied(void **state)
{
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < ROWS(bad_origins); i++) {
		char room[512];
		struct text why = text_over(room, sizeof(room));
		struct origin o;

		assert_false(origin_parse(bad_origins[i].in, a, &o, &why));
		assert_slice(
		    text_slice(&why), bad_origins[i].why, bad_origins[i].in);
	}
	arena_free(a);
}

static void sockets_are_as_long_as_they_may_be(void **state)
{
	struct arena *a = arena_new(1 << 20);
	char url[12 + ORIGIN_SOCKET_MAX + 2] = "http://unix:/";
	struct origin o;

	(void)state;
	for (size_t i = 13; i < sizeof(url); i++)
		url[i] = 'x';
	for (size_t over = 0; over < 2; over++) {
		char room[512];
		struct text why = text_over(room, sizeof(room));
		struct slice in = { url, 12 + ORIGIN_SOCKET_MAX + over };

		assert_int_equal(origin_parse(in, a, &o, &why), over == 0);
		assert_slice(text_slice(&why),
		    over == 0 ? LIT("") :
				LIT("the path of a socket has no more than "
				    "107 bytes"),
		    in);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_read_or_remedied),
		cmocka_unit_test(long_words_are_refused),
		cmocka_unit_test(origins_come_apart),
		cmocka_unit_test(bad_origins_are_remedied),
		cmocka_unit_test(sockets_are_as_long_as_they_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Rules that share a path, answer themselves, or hold variables: what the
 * loader makes of them, and the words for what is wrong. */
#include "tests/unit/unit.h"

#include <string.h>
#include <unistd.h>

#include "conf/load.h"
#include "tests/unit/conf/told.h"

static char *const environment[] = { "TOKEN=pa$host$1$$", NULL };

#define ROUTE "[a]\npath = /a\norigin = http://a\n"

/* One line in a route, and what is said of it. */
static const struct {
	struct slice line, want;
} lines[] = {
	{ S("match = method:POST, header:X-B=1, cookie:c=d*, query:v"), S("") },
	{ S("match = header:X-*, cookie:*, query:*=1, cookie:c, cookie:c*"),
	    S("") },
	{ S("match = cookie:c*, cookie:c*"),
	    S("match: \"cookie:c*\" is listed twice: keep one") },
	{ S("match = cookie:a b*"), S("match: \"a b\" is no cookie's name") },
	{ S("match = heder:X=1"),
	    S("match: unknown condition \"heder:X=1\": did you mean "
	      "header:?") },
	{ S("match = POST"),
	    S("match: unknown condition \"POST\": write method:, header:, "
	      "cookie: or query: before it") },
	{ S("match = header:"),
	    S("match: \"header:\" lacks a name: write header:NAME or "
	      "header:NAME=VALUE") },
	{ S("match = query:=1"),
	    S("match: \"query:=1\" lacks a name: write query:NAME or "
	      "query:NAME=VALUE") },
	{ S("match = method:"),
	    S("match: \"method:\" lacks a method, as in method:POST") },
	{ S("match = method:post"),
	    S("match: \"post\": methods tell case apart, did you mean "
	      "POST?") },
	{ S("match = header:A B=1"), S("match: \"A B\" is no header's name") },
	{ S("match = header:host=x"),
	    S("match: header:Host cannot be asked for here: write host = "
	      "NAME") },
	{ S("match = header:Cookie=x"),
	    S("match: header:Cookie holds all cookies at once: write "
	      "cookie:NAME=VALUE") },
	{ S("match = header:x=1, header:X=1"),
	    S("match: \"header:X=1\" is listed twice: keep one") },
	{ S("match = query:a,query:b,query:c,query:d,query:e,query:f,query:g,"
	    "query:h,query:i,query:j,query:k,query:l,query:m,query:n,query:o,"
	    "query:p,query:q"),
	    S("match: more than 16 conditions") },

	{ S("split = 10%"), S("") },
	{ S("split = 0.25%"), S("") },
	{ S("split = 100.00%"), S("") },
	{ S("split ="), S("") },
	{ S("split = 10"),
	    S("split: \"10\" is no share: write a percentage with at most two "
	      "decimals, such as 10% or 0.25%") },
	{ S("split = 1.125%"),
	    S("split: \"1.125%\" is no share: write a percentage with at most "
	      "two decimals, such as 10% or 0.25%") },
	{ S("split = .5%"),
	    S("split: \".5%\" is no share: write a percentage with at most "
	      "two decimals, such as 10% or 0.25%") },
	{ S("split = 1.%"),
	    S("split: \"1.%\" is no share: write a percentage with at most "
	      "two decimals, such as 10% or 0.25%") },
	{ S("split = 100.01%"),
	    S("split: 100.01% is out of range: write 0% to 100%") },
	{ S("split = 99999999999999999999%"),
	    S("split: \"99999999999999999999%\" is no share: write a "
	      "percentage with at most two decimals, such as 10% or "
	      "0.25%") },

	{ S("map_path = ^/v1/(.*) /api/$1?from=$1"), S("") },
	{ S("map_path = ^/v1/([^/]*|[]|]*)\\.html /$$/$0"), S("") },
	{ S("map_path = ^/v1"),
	    S("map_path: needs a pattern and a replacement, as in ^/v1/(.*) "
	      "/api/$1") },
	{ S("map_path = ^/a /b c"),
	    S("map_path: more than a pattern and a replacement: neither holds "
	      "a blank, write [[:blank:]] or %20") },
	{ S("map_path = /v1 /x"),
	    S("map_path: the pattern \"/v1\" does not start with ^: did you "
	      "mean \"^/v1\"?") },
	{ S("map_path = ^/a|/b /x"),
	    S("map_path: the pattern has a | outside parentheses at column 4: "
	      "write ^(A|B) for ^A|B") },
	{ S("map_path = ^/(a)\\1 /x"),
	    S("map_path: the pattern has a back-reference \\1 at column 6: "
	      "there are none here, as they take too long") },
	{ S("map_path = ^/((a{6}){6}) /x"),
	    S("map_path: the pattern leaves more than 10 things open behind a "
	      "repetition, which may take too long to match: put what is "
	      "fixed first, and write [^/]* for what is counted") },
	{ S("map_path = ^/(.*)a.{20}$ /x"),
	    S("map_path: the pattern leaves more than 10 things open behind a "
	      "repetition, which may take too long to match: put what is "
	      "fixed first, and write [^/]* for what is counted") },
	{ S("map_path = ^/(.*)a...........$ /x"),
	    S("map_path: the pattern leaves more than 10 things open behind a "
	      "repetition, which may take too long to match: put what is "
	      "fixed first, and write [^/]* for what is counted") },
	{ S("map_path = ^/(a|b)*a(a|b){30}$ /x"),
	    S("map_path: the pattern leaves more than 10 things open behind a "
	      "repetition, which may take too long to match: put what is "
	      "fixed first, and write [^/]* for what is counted") },
	{ S("map_path = ^/(a?){12} /x"),
	    S("map_path: the pattern leaves more than 10 things open behind a "
	      "repetition, which may take too long to match: put what is "
	      "fixed first, and write [^/]* for what is counted") },
	{ S("map_path = ^/((a{0,20}){0,20})$ /x"),
	    S("map_path: the pattern leaves more than 10 things open behind a "
	      "repetition, which may take too long to match: put what is "
	      "fixed first, and write [^/]* for what is counted") },
	{ S("map_path = ^/(a{0,6}b{0,6})*$ /x"),
	    S("map_path: the pattern leaves more than 10 things open behind a "
	      "repetition, which may take too long to match: put what is "
	      "fixed first, and write [^/]* for what is counted") },
	{ S("map_path = ^/x{2,}(.|a)(.|a)(.|a)(.|a)(.|a)(.|a) /x"),
	    S("map_path: the pattern leaves more than 10 things open behind a "
	      "repetition, which may take too long to match: put what is "
	      "fixed first, and write [^/]* for what is counted") },
	{ S("map_path = ^/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{12})/(.*)$ /x"),
	    S("") },
	{ S("map_path = ^/(en|de|fr|it|es|pl|nl|pt|sv|da|fi|nb|cs)/(.*)$ /x"),
	    S("") },
	{ S("map_path = ^/([^/]*)/([^/]*)/(.*)\\.(html|htm)$ /x"), S("") },
	{ S("map_path = ^/([0-9]{2}/){3}(.*) /x"), S("") },
	{ S("map_path = ^/a{99999999999} /x"),
	    S("map_path: the pattern repeats more than 32 times at column 4: "
	      "write * or +") },
	{ S("map_path = ^/(a /x"),
	    S("map_path: the pattern \"^/(a\": Unmatched ( or \\(") },
	{ S("map_path = ^/a x"),
	    S("map_path: the replacement \"x\" does not start with /: did you "
	      "mean \"/x\"?") },
	{ S("map_path = ^/a /../x"),
	    S("map_path: the replacement \"/../x\" has a dot segment: leave "
	      "it out") },
	{ S("map_path = ^/a /%2e/x"),
	    S("map_path: the replacement \"/%2e/x\" has a dot segment: leave "
	      "it out") },
	{ S("map_path = ^/a /%zz"),
	    S("map_path: the replacement \"/%zz\" is no path: the path holds "
	      "a malformed %-escape") },
	{ S("map_path = ^/(a) /$2"),
	    S("map_path: $2 has no parentheses to stand for: the pattern has "
	      "1 of them") },
	{ S("map_path = ^/(a) /$host"),
	    S("map_path: $host: a replacement knows $0 to $9 alone; write $$ "
	      "for a dollar") },

	{ S("request_header X = $host:$client_port$ .$ $$x"), S("") },
	{ S("request_header X = $hots"),
	    S("request_header X: unknown variable $hots: did you mean "
	      "$host?") },
	{ S("response_header X = $remote_addr"),
	    S("response_header X: unknown variable $remote_addr: write "
	      "$$remote_addr for a dollar, or one that fingerpost.ini(5) "
	      "lists") },
	{ S("response_header X ="),
	    S("response_header X: needs a value: remove_response_headers "
	      "drops the origin's") },
	{ S("response_header = x"),
	    S("response_header: needs a field's name: response_header NAME = "
	      "VALUE") },
	{ S("response_header Content-Length = 1"),
	    S("response_header Content-Length: Content-Length belongs to the "
	      "connection and is fingerpost's to write: remove this line") },
	{ S("response_header Content-Encoding = gzip"),
	    S("response_header Content-Encoding: Content-Encoding says how "
	      "the content is coded, and compress decides that: write "
	      "compress = no where it shall stay as it is") },
	{ S("remove_response_headers = Server, transfer-encoding"),
	    S("remove_response_headers: transfer-encoding belongs to the "
	      "connection and never passes: take it off this list") },
	{ S("remove_response_headers = Status"),
	    S("remove_response_headers: Status is the web server's: an "
	      "origin's status stays") },
	{ S("maintenance_retry = 0s"),
	    S("maintenance_retry: 0s is out of range: write 1s to 168h") },
	{ S("maintenance_page = /nowhere/x.html"),
	    S("maintenance_page: /nowhere/x.html: No such file or "
	      "directory") },
	{ S("maintenance_page = /"),
	    S("maintenance_page: /: it is no plain file") },
};

static void lines_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(lines); i++) {
		struct arena *a = arena_new(1 << 20);
		struct findings f = findings_in(a);
		struct text in = text_in(a, 4096);
		struct text want = text_in(a, 4096);
		struct conf *c;

		text_add(&in, LIT(ROUTE));
		text_add(&in, lines[i].line);
		text_char(&in, '\n');
		c = conf_load_bytes("f", text_slice(&in), environment, &f);
		if (lines[i].want.len > 0)
			text_format(
			    &want, "f:4: %.*s\n", SLICE_ARG(lines[i].want));
		assert_slice(told(&f), text_slice(&want), lines[i].line);
		assert_true((c == NULL) == (lines[i].want.len > 0));
		conf_free(c);
		arena_free(a);
	}
}

#define OLD "[a]\npath = /a\nredirect = "

static const struct {
	struct slice target, want;
} redirects[] = {
	{ S("301 https://new.example/x"), S("") },
	{ S("308 https://new.example"), S("") },
	{ S("302 $scheme://$host:8443$prefix$path$query"), S("") },
	{ S("303 /new$path"), S("") },
	{ S("303 $prefix/new$path"), S("") },
	{ S("303 $prefix$path"),
	    S("\"$prefix$path\" is no target: write http://, https:// or "
	      "$scheme:// and a host, or a path that starts with / or "
	      "$prefix/") },
	{ S("307 HTTP://new.example/?from=$path&user=$user"), S("") },
	{ S(""), S("needs a value") },
	{ S("304 /x"),
	    S("\"304\" is no status of a redirect: write 301, 302, 303, 307 "
	      "or 308, and then the target") },
	{ S("https://new.example/"),
	    S("\"https://new.example/\" is no status of a redirect: write "
	      "301, 302, 303, 307 or 308, and then the target") },
	{ S("301"),
	    S("needs a target behind the status, as in 301 "
	      "https://www.example.org/new") },
	{ S("301 new.example"),
	    S("\"new.example\" is no target: write http://, https:// or "
	      "$scheme:// and a host, or a path that starts with / or "
	      "$prefix/") },
	{ S("301 //new.example"),
	    S("\"//new.example\" is no target: write http://, https:// or "
	      "$scheme:// and a host, or a path that starts with / or "
	      "$prefix/") },
	{ S("301 $path"),
	    S("\"$path\" is no target: write http://, https:// or $scheme:// "
	      "and a host, or a path that starts with / or $prefix/") },
	{ S("301 https:///x"),
	    S("\"https:///x\": the host is written out, or $host: a visitor "
	      "must not choose where others are sent") },
	{ S("301 https://$path"),
	    S("\"https://$path\": the host is written out, or $host: a "
	      "visitor must not choose where others are sent") },
	{ S("301 https://new.example$user"),
	    S("\"https://new.example$user\": the host is written out, or "
	      "$host: a visitor must not choose where others are sent") },
	{ S("301 https://$1.new.example/"),
	    S("\"https://$1.new.example/\": the host is written out, or "
	      "$host: a visitor must not choose where others are sent") },
	{ S("301 https://new.example/a b"),
	    S("\"https://new.example/a b\" holds a byte that no URL holds: "
	      "percent-encode it") },
	{ S("301 https://new.example/$1"),
	    S("$1 is a capture of map_path, and [a] has none: write $$1 for "
	      "the characters") },
};

static void redirects_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(redirects); i++) {
		struct arena *a = arena_new(1 << 20);
		struct findings f = findings_in(a);
		struct text in = text_in(a, 4096);
		struct text want = text_in(a, 4096);
		struct conf *c;

		text_add(&in, LIT(OLD));
		text_add(&in, redirects[i].target);
		text_char(&in, '\n');
		c = conf_load_bytes("f", text_slice(&in), environment, &f);
		if (redirects[i].want.len > 0)
			text_format(&want, "f:3: redirect: %.*s\n",
			    SLICE_ARG(redirects[i].want));
		assert_slice(told(&f), text_slice(&want), redirects[i].target);
		conf_free(c);
		arena_free(a);
	}
}

static const struct {
	struct slice in, want;
} wholes[] = {
	{ S("[a]\npath = /a\norigin = http://a\nredirect = 301 /b\n"),
	    S("f:4: redirect: the route answers itself and never asks its "
	      "origin: remove one of the two\n") },
	{ S("[a]\npath = /a\nmap_path = ^/(.*) /\nredirect = 301 /$2\n"),
	    S("f:4: redirect: $2 has no parentheses to stand for: the pattern "
	      "of map_path has 1 of them\n") },
	{ S(ROUTE "request_header X = a$5\n"),
	    S("f:1: request_header: $5 is a capture of map_path, and [a] has "
	      "none: write $$5 for the characters\n") },
	{ S("[defaults]\nmatch = query:a\nsplit = 1%\n"
	    "redirect = 301 /\nmap_path = ^/a /\n" ROUTE),
	    S("f:2: match has no place in [defaults]: put it in a route's "
	      "section\n"
	      "f:3: split has no place in [defaults]: put it in a route's "
	      "section\n"
	      "f:4: redirect has no place in [defaults]: put it in a route's "
	      "section\n"
	      "f:5: map_path has no place in [defaults]: put it in a route's "
	      "section\n") },
	/* Equal paths with conditions are fine, in any order. */
	{ S("[a]\npath = /a\norigin = http://a\n[b]\npath = /a\n"
	    "origin = http://b\nmatch = query:v=2\n[c]\npath = /a\n"
	    "origin = http://c\nsplit = 5%\n"),
	    S("") },
	/* A plain one beside them is still one. */
	{ S("[b]\npath = /a\norigin = http://b\nmatch = query:v=2\n[a]\n"
	    "path = /a\norigin = http://a\n[c]\npath = /a\n"
	    "origin = http://c\n"),
	    S("f:8: [c] is never reached: [a] at f:5 has the same path "
	      "\"/a\"\n") },
	{ S("[a]\npath = /a\norigin = http://a\nmatch = query:v\n[b]\n"
	    "path = /a\norigin = http://b\nmatch = method:GET, query:v\n"
	    "[c]\npath = /a\norigin = http://c\nmatch = query:v=2\n"),
	    S("f:5: warning: [b] is never reached: [a] at f:1 has the same "
	      "path \"/a\" and demands no more\n") },
	/* A split leaves some of it to others. */
	{ S("[a]\npath = /a\norigin = http://a\nmatch = query:v\n"
	    "split = 50%\n[b]\npath = /a\norigin = http://b\n"
	    "match = query:v\n"),
	    S("") },
	{ S("[a]\npath = /a\norigin = http://a\n"
	    "match = method:GET, method:POST\n"),
	    S("f:1: warning: [a] is never reached: no request has both "
	      "method:GET and method:POST\n") },
};

static void rules_are_judged_together(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(wholes); i++) {
		struct arena *a = arena_new(1 << 20);
		struct findings f = findings_in(a);
		struct conf *c =
		    conf_load_bytes("f", wholes[i].in, environment, &f);

		assert_slice(told(&f), wholes[i].want, wholes[i].in);
		conf_free(c);
		arena_free(a);
	}
}

static void crowds_are_refused(void **state)
{
	static const int most[] = { 8, 64 }; /* splits, routes */

	(void)state;
	for (size_t k = 0; k < ROWS(most); k++)
		for (int extra = 0; extra < 2; extra++) {
			struct arena *a = arena_new(1 << 20);
			struct findings f = findings_in(a);
			struct text in = text_in(a, 1 << 16);
			struct conf *c;

			for (int i = 0; i < most[k] + extra; i++) {
				text_format(&in,
				    "[r%d]\npath = /a\norigin = http://a\n", i);
				if (k == 0)
					text_add(&in, LIT("split = 1%\n"));
				else
					text_format(
					    &in, "match = query:v%d\n", i);
			}
			c = conf_load_bytes("f", text_slice(&in), NULL, &f);
			assert_int_equal(f.faults, extra);
			assert_true((c == NULL) == (extra == 1));
			conf_free(c);
			arena_free(a);
		}
}

static void values_are_taken_to_pieces(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct findings f = findings_in(a);
	struct conf *c = conf_load_bytes("f",
	    LIT("[defaults]\nresponse_header X-D = d\n"
		"[a]\npath = /a\norigin = http://a\nmap_path = ^/(.*) /$1?$0\n"
		"request_header X-T = ${TOKEN}$host\n"
		"request_header X-L = a$-$ $${HOST} $$host\n"
		"request_header X-P = plain\n"
		"response_header X-O = $1-$1\n"
		"remove_response_headers = Server\nsplit = 12.5%\n"
		"[b]\npath = /a\norigin = http://b\nmaintenance = yes\n"),
	    environment, &f);
	const struct rule *r;

	(void)state;
	assert_slice(told(&f), LIT(""), LIT("findings"));
	assert_non_null(c);
	r = &c->rules[0];
	assert_int_equal(r->split.share, 1250);
	assert_non_null(r->map_path.compiled);
	assert_int_equal(r->map_path.groups, 1);
	assert_int_equal(r->map_path.query.n, 1);
	/* What the environment holds is no variable. */
	assert_int_equal(r->request_values[0].n, 2);
	assert_slice(r->request_values[0].at[0].text, LIT("pa$host$1$$"),
	    LIT("environment"));
	assert_int_equal(r->request_values[0].at[1].variable, VARIABLE_HOST);
	assert_int_equal(r->request_values[1].n, 1);
	assert_slice(r->request_values[1].at[0].text, LIT("a$-$ ${HOST} $host"),
	    LIT("literal dollars"));
	assert_slice(
	    r->request_values[2].at[0].text, LIT("plain"), LIT("plain"));
	assert_int_equal(r->response_headers.n, 2);
	assert_int_equal(r->response_values[1].n, 3);
	assert_int_equal(r->remove_response_headers.n, 1);
	r = &c->rules[1];
	assert_false(r->split.on);
	assert_true(r->maintenance);
	assert_int_equal(r->maintenance_retry_ms, 300000);
	assert_int_equal(r->response_headers.n, 1);
	assert_null(r->response_values);
	conf_free(c);
	arena_free(a);
}

static void pages_are_read_once(void **state)
{
	char folder[] = "/tmp/fingerpost-test-XXXXXX";
	char path[64], gone[64], want[256];
	static char large[256 * 1024 + 2];
	struct arena *a = arena_new(1 << 20);
	struct findings f = findings_in(a);
	struct conf *c;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/f.ini", folder);
	file_write(folder, "f.ini",
	    "[defaults]\nmaintenance_page = p.html\n"
	    "[a]\npath = /a\norigin = http://a\n"
	    "[b]\npath = /b\norigin = http://b\n"
	    "[c]\npath = /c\norigin = http://c\nmaintenance_page =\n",
	    0600);
	file_write(folder, "p.html", "<p>soon", 0600);
	c = conf_load(path, environment, &f);
	assert_slice(told(&f), LIT(""), LIT("findings"));
	assert_non_null(c);
	assert_slice(
	    c->rules[0].maintenance_html, LIT("<p>soon"), LIT("the page"));
	assert_ptr_equal(
	    c->rules[0].maintenance_html.at, c->rules[1].maintenance_html.at);
	assert_int_equal(c->rules[2].maintenance_html.len, 0);
	assert_int_equal(c->pages.n, 1);
	conf_free(c);

	memset(large, 'x', sizeof(large) - 1);
	file_write(folder, "p.html", large, 0600);
	f = findings_in(a);
	assert_null(conf_load(path, environment, &f));
	snprintf(want, sizeof(want),
	    "%s:3: maintenance_page: %s/p.html: it is larger than 256 KiB\n"
	    "%s:6: maintenance_page: %s/p.html: it is larger than 256 KiB\n",
	    path, folder, path, folder);
	assert_slice(told(&f), slice_of(want), LIT("too large"));
	snprintf(gone, sizeof(gone), "rm -r %s", folder);
	assert_int_equal(system(gone), 0);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_judged),
		cmocka_unit_test(redirects_are_judged),
		cmocka_unit_test(rules_are_judged_together),
		cmocka_unit_test(crowds_are_refused),
		cmocka_unit_test(values_are_taken_to_pieces),
		cmocka_unit_test(pages_are_read_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

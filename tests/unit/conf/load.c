/* Whole rule files: values and defaults, inheritance, faults, includes. */
#include "tests/unit/unit.h"

#include <string.h>
#include <unistd.h>

#include "conf/load.h"
#include "tests/unit/conf/told.h"

static char *const environment[] = { "PORT=8080", NULL };

static struct conf *load(struct slice in, struct findings *f)
{
	return conf_load_bytes("f", in, environment, f);
}

static const struct {
	struct slice in, want;
} faults[] = {
	{ S(""),
	    S("f:0: no route: a section with path and origin makes "
	      "one\n") },
	{ S("[a]\n"),
	    S("f:1: [a] has no keys: a route needs path and "
	      "origin\n") },
	{ S("[a]\nstrip = no\n"),
	    S("f:1: [a] has no path: the public paths that the route owns\n"
	      "f:1: [a] has no origin: the URL of the server that "
	      "answers\n") },
	{ S("[a]\npath = x\norigin = y\nstrip = on\nstrp = no\nzzz = 1\n"),
	    S("f:2: path: \"x\" does not start with /: did you mean \"/x\"?\n"
	      "f:3: origin: \"y\" has no scheme: did you mean http://y?\n"
	      "f:4: strip: \"on\" is neither yes nor no: did you mean yes?\n"
	      "f:5: unknown key \"strp\": did you mean strip?\n"
	      "f:6: unknown key \"zzz\": fingerpost.ini(5) lists the keys "
	      "of this version\n") },
	{ S("[fingerpost]\nlog_level = loud\nworkers = 1025\n"
	    "max_params = 5M\nmax_params = 1\nstop_timeout = 2h\nvia = a b\n"
	    "mount = x\norigin = http://a\nstrip = no\n"),
	    S("f:2: log_level: \"loud\" is none of error, warn, info, debug\n"
	      "f:3: workers: 1025 is out of range: write 0 to 1024\n"
	      "f:4: max_params: 5M is out of range: write 4K to 4M\n"
	      "f:5: max_params is set twice in [fingerpost], first at line 4: "
	      "keep one\n"
	      "f:6: stop_timeout: 2h is out of range: write 0s to 1h\n"
	      "f:7: via: \"a b\" is no token: write letters, digits, - _ and "
	      ". alone\n"
	      "f:8: mount: \"x\" is none of auto, none, or a path that starts "
	      "with /\n"
	      "f:9: origin has no place in [fingerpost]: put it in a route's "
	      "section\n"
	      "f:10: strip has no place in [fingerpost]: put it in a route's "
	      "section or in [defaults]\n") },
	{ S("[defaults]\npath = /a\norigin = http://a\nvia = x\n"),
	    S("f:2: path has no place in [defaults]: put it in a route's "
	      "section\n"
	      "f:3: origin has no place in [defaults]: put it in a route's "
	      "section\n"
	      "f:4: via has no place in [defaults]: put it in "
	      "[fingerpost]\n") },
	{ S("[a]\npath = /\norigin = http://a\nrequest_header = x\n"
	    "request_header A: = x\nrequest_header Host = x\n"
	    "request_header Connection = x\nrequest_header x-b =\n"
	    "remove_request_headers = Host\nmethods = get\nhost = b:1\n"),
	    S("f:4: request_header: needs a field's name: request_header NAME "
	      "= VALUE\n"
	      "f:5: request_header A:: \"A:\" is no field name: leave out "
	      "colons and blanks\n"
	      "f:6: request_header Host: Host is the origin's own: write "
	      "preserve_host = yes for the client's\n"
	      "f:7: request_header Connection: Connection belongs to the "
	      "connection and is fingerpost's to write: remove this line\n"
	      "f:8: request_header x-b: needs a value: remove_request_headers "
	      "drops the client's\n"
	      "f:9: remove_request_headers: no request goes without Host: "
	      "remove it from this list\n"
	      "f:10: methods: \"get\": methods tell case apart, did you mean "
	      "GET?\n"
	      "f:11: host: \"b:1\" is no host name: hosts match on any port, "
	      "did you mean b?\n") },
	{ S("[a]\npath = /, /a/, /a\norigin = ${NONE}\nconnect_timeout = 5\n"
	    "first_byte_timeout = 0ms\nidle_timeout = 25h\ncompress_level = 0"
	    "\ncompress_min_size = 2G\ncompress_types = text\n"
	    "compress_encodings = br\ncompress =\n"),
	    S("f:2: path: \"/a\" is listed twice: keep one\n"
	      "f:3: origin: the environment has no NONE: set it for the "
	      "server that runs fingerpost, or write the value here\n"
	      "f:4: connect_timeout: \"5\" has no unit: did you mean 5s? (ms, "
	      "s, m or h)\n"
	      "f:5: first_byte_timeout: 0ms is out of range: write 1ms to "
	      "1h\n"
	      "f:6: idle_timeout: 25h is out of range: write 1ms to 24h\n"
	      "f:7: compress_level: 0 is out of range: write 1 to 9\n"
	      "f:8: compress_min_size: 2G is out of range: write 0 to 1G\n"
	      "f:9: compress_types: \"text\" is no media type: write "
	      "TYPE/SUBTYPE or TYPE/* without parameters\n"
	      "f:10: compress_encodings: \"br\" is no coding of this version: "
	      "write gzip\n"
	      "f:11: compress: needs a value\n") },
	{ S("[a]\npath=/a\norigin=http://a\n[b]\npath=/b,/a/\n"
	    "origin=http://b\n"),
	    S("f:4: [b] is never reached: [a] at f:1 has the same path "
	      "\"/a\"\n") },
	{ S("[a]\npath=/\nhost=a.org,b.org\norigin=http://a\n[b]\npath=/\n"
	    "host=B.ORG\norigin=http://b\n"),
	    S("f:5: [b] is never reached: [a] at f:1 has the same path \"/\" "
	      "on b.org\n") },
	{ S("[default]\nstrip = no\n[fingerposts]\n[Cache_]\n[pools x]\n"
	    "[pool]\nx=1\n"),
	    S("f:1: [default] is no route, having no path and origin: did you "
	      "mean [defaults]?\n"
	      "f:3: [fingerposts] is no route, having no path and origin: did "
	      "you mean [fingerpost]?\n"
	      "f:4: [cache_] is no route, having no path and origin: did you "
	      "mean [cache]?\n"
	      "f:5: [pools x] is no route, having no path and origin: did you "
	      "mean [pool NAME]?\n"
	      "f:6: [pool] is no route, having no path and origin: did you "
	      "mean [pool NAME]?\n") },
	{ S("[cache]\nmaxsize = 1G\n[pool a]\n"),
	    S("f:1: [cache] does not say where responses are kept: write path "
	      "= FOLDER\n"
	      "f:2: unknown key \"maxsize\": did you mean max_size?\n"
	      "f:3: [pool a] has no servers: write server.NAME = URL for "
	      "each\n"
	      "f:3: warning: [pool a]: no route goes there: write origin = "
	      "pool:NAME, or remove the section\n") },
	{ S("\xff\xfe[\0"),
	    S("f:1: the file is saved as UTF-16: save it as UTF-8\n") },
};

static void faults_come_all_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(faults); i++) {
		struct arena *a = arena_new(1 << 20);
		struct findings f = findings_in(a);

		assert_null(load(faults[i].in, &f));
		assert_slice(told(&f), faults[i].want, faults[i].in);
		arena_free(a);
	}
}

static void defaults_are_the_tables(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct findings f = findings_in(a);
	struct conf *c =
	    load(LIT("\n[Hotels]\npath = /hotels/\norigin = http://a"), &f);
	const struct rule *r;

	(void)state;
	assert_non_null(c);
	assert_int_equal(f.n, 0);
	assert_int_equal(c->settings.log_level, LOG_WARN);
	assert_int_equal(c->settings.mount_mode, MOUNT_AUTO);
	assert_int_equal(c->settings.workers, 0);
	assert_int_equal(c->settings.max_params_bytes, 65536);
	assert_int_equal(c->settings.stop_timeout_ms, 30000);
	assert_slice(c->settings.via, LIT("fingerpost"), LIT("via"));
	assert_int_equal(c->settings.error_log.len, 0);
	assert_int_equal(c->settings.access_log.len, 0);
	assert_int_equal(c->rule_n, 1);
	assert_int_equal(c->files.n, 1);
	assert_slice(c->files.at[0], LIT("f"), LIT("files"));
	r = &c->rules[0];
	assert_slice(r->name, LIT("hotels"), LIT("name"));
	assert_slice(r->file, LIT("f"), LIT("file"));
	assert_int_equal(r->line, 2);
	assert_int_equal(r->paths.n, 1);
	assert_slice(r->paths.at[0], LIT("/hotels"), LIT("path"));
	assert_int_equal(r->hosts.n + r->methods.n, 0);
	assert_true(r->strip && r->slash_redirect && r->compress);
	assert_false(r->preserve_host);
	assert_int_equal(r->connect_timeout_ms, 5000);
	assert_int_equal(r->first_byte_timeout_ms, 30000);
	assert_int_equal(r->idle_timeout_ms, 60000);
	assert_int_equal(r->compress_min_size_bytes, 256);
	assert_int_equal(r->compress_level, 4);
	assert_int_equal(r->compress_encodings.n, 1);
	assert_slice(r->compress_types.at[0], LIT("text/*"), LIT("types"));
	conf_free(c);
	conf_free(NULL);
	arena_free(a);
}

static void routes_inherit(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct findings f = findings_in(a);
	struct conf *c =
	    load(LIT("[a]\r\npath = /a, /b\r\norigin = http://a:${PORT}/x/\r\n"
		     "request_header X-A = \"one; two\"\r\nhost =\r\n"
		     "request_header X-Own = $${PORT}\r\n"
		     "compress_types = Text/HTML\r\n"
		     "[b]\r\npath = /a\r\norigin = http://b\r\n"
		     "[defaults]\r\nstrip = no\r\nhost = B.org, *.b.org\r\n"
		     "request_header x-a = general\r\n"
		     "request_header X-D = d\r\nmethods = GET, \\\r\n HEAD\r\n"
		     "[fingerpost]\r\nmount = /cgi-bin/f.cgi/\r\nerror_log = "
		     "e.log\r\n"),
		&f);
	const struct rule *r;

	(void)state;
	assert_slice(told(&f), LIT(""), LIT("findings"));
	assert_non_null(c);
	assert_int_equal(c->settings.mount_mode, MOUNT_FIXED);
	assert_slice(c->settings.mount, LIT("/cgi-bin/f.cgi"), LIT("mount"));
	assert_slice(c->settings.error_log, LIT("e.log"), LIT("log"));
	assert_int_equal(c->rule_n, 2);
	r = &c->rules[0];
	assert_slice(r->origin.url, LIT("http://a:8080/x"), LIT("origin"));
	assert_false(r->strip);
	assert_int_equal(r->hosts.n, 0);
	assert_int_equal(r->methods.n, 2);
	assert_slice(r->methods.at[1], LIT("HEAD"), LIT("joined"));
	assert_int_equal(r->request_headers.n, 3);
	assert_slice(field_get(&r->request_headers, LIT("X-A")),
	    LIT("one; two"), LIT("own"));
	assert_slice(field_get(&r->request_headers, LIT("X-Own")),
	    LIT("${PORT}"), LIT("literal"));
	assert_slice(
	    r->request_headers.at[2].name, LIT("X-Own"), LIT("its case"));
	assert_slice(r->compress_types.at[0], LIT("text/html"), LIT("type"));
	r = &c->rules[1];
	assert_int_equal(r->index, 1);
	assert_int_equal(r->hosts.n, 2);
	assert_slice(r->hosts.at[0], LIT("b.org"), LIT("host"));
	assert_int_equal(r->request_headers.n, 2);
	assert_slice(field_get(&r->request_headers, LIT("X-A")), LIT("general"),
	    LIT("inherited"));
	conf_free(c);
	arena_free(a);
}

static const char *const whole =
    "\xef\xbb\xbf# rules\r\n[fingerpost]\nlog_level = info\nmount = none\n"
    "[defaults]\nrequest_header X-A = \"a;b\"\n[a]\npath = /a, \\\n  /b%20c\n"
    "host = *.a.org, [::1]\norigin = https://a.org:8443/x ; y\n"
    "connect_timeout = 250ms\n[pool x]\nserver.a = http://b:${PORT} max=2"
    "\nserver.b=http://unix:/s\n[b]\npath = /b\norigin = pool:x\n[c]\n"
    "path = /c\norigin = http://b weight=2, http://c drain\nmethods = "
    "GET\ncompress_types = text/*, a/b\n";

/* Cut off anywhere, or with any byte wrong. */
static void damage_is_survived(void **state)
{
	static const char wrong[] = { '\0', '\n', '\\', '[', ']', '=', '"', ';',
		'\r', ' ', '$', '\xff', ',', '/' };
	size_t len = strlen(whole);
	char *copy = malloc(len);

	(void)state;
	for (size_t i = 0; i <= len; i++) {
		struct arena *a = arena_new(1 << 20);
		struct findings f = findings_in(a);
		char *cut = malloc(i + 1);

		memcpy(cut, whole, i);
		conf_free(load((struct slice){ cut, i }, &f));
		free(cut);
		for (size_t j = 0; i < len && j < sizeof(wrong); j++) {
			arena_reset(a);
			f = findings_in(a);
			memcpy(copy, whole, len);
			copy[i] = wrong[j];
			conf_free(load((struct slice){ copy, len }, &f));
		}
		arena_free(a);
	}
	free(copy);
}

static void includes_are_followed(void **state)
{
	char folder[] = "/tmp/fingerpost-test-XXXXXX";
	char inner[64], path[64], gone[128];
	struct arena *a = arena_new(1 << 20);
	struct findings f = findings_in(a);
	struct conf *c;
	char want[1024];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(inner, sizeof(inner), "%s/conf.d", folder);
	snprintf(path, sizeof(path), "%s/f.ini", folder);
	assert_int_equal(mkdir(inner, 0700), 0);
	file_write(folder, "f.ini",
	    "[fingerpost]\ninclude = conf.d/*.ini, none/*.ini, one.ini, "
	    "*.ini\naccess_log = a.log\n[m]\npath = /m\norigin = http://m\n",
	    0600);
	file_write(folder, "one.ini",
	    "[one]\npath = /1\norigin = http://1.org\n", 0600);
	file_write(inner, "b.ini", "[b]\npath = /b\norigin = http://b\n", 0600);
	file_write(inner, "a.ini", "[a]\npath = /a\norigin = http://a\n", 0600);
	c = conf_load(path, environment, &f);
	assert_slice(told(&f), LIT(""), LIT("findings"));
	assert_non_null(c);
	assert_int_equal(c->rule_n, 4);
	assert_slice(c->rules[0].name, LIT("m"), LIT("own first"));
	assert_slice(c->rules[1].name, LIT("a"), LIT("then a"));
	assert_slice(c->rules[2].name, LIT("b"), LIT("then b"));
	assert_slice(c->rules[3].name, LIT("one"), LIT("then one"));
	assert_int_equal(c->files.n, 7);
	snprintf(want, sizeof(want), "%s/conf.d/", folder);
	assert_slice(c->files.at[4], slice_of(want), LIT("a folder"));
	snprintf(want, sizeof(want), "%s/a.log", folder);
	assert_slice(c->settings.access_log, slice_of(want), LIT("log"));
	conf_free(c);

	f = findings_in(a);
	file_write(folder, "f.ini",
	    "[fingerpost]\ninclude = conf.d/*.ini, gone.ini, conf.d\n", 0600);
	file_write(inner, "b.ini",
	    "[fingerpost]\ninclude = x.ini\n[A]\npath = b\n", 0600);
	assert_null(conf_load(path, environment, &f));
	snprintf(want, sizeof(want),
	    "%s/f.ini:2: include: %s/gone.ini: No such file or directory\n"
	    "%s/f.ini:2: include: %s/conf.d: it is a folder\n"
	    "%s/conf.d/b.ini:1: [fingerpost] stands twice, first at "
	    "%s/f.ini:1: join the two or rename one\n"
	    "%s/conf.d/b.ini:2: include is set twice in [fingerpost], first "
	    "at %s/f.ini:2: keep one\n"
	    "%s/conf.d/b.ini:3: [a] stands twice, first at %s/conf.d/a.ini:1: "
	    "join the two or rename one\n"
	    "%s/conf.d/b.ini:3: [a] has no origin: the URL of the server that "
	    "answers\n"
	    "%s/conf.d/b.ini:4: path is set twice in [a], first at "
	    "%s/conf.d/a.ini:2: keep one\n"
	    "%s/conf.d/b.ini:4: path: \"b\" does not start with /: did you "
	    "mean \"/b\"?\n",
	    folder, folder, folder, folder, folder, folder, folder, folder,
	    folder, folder, folder, folder, folder, folder);
	assert_slice(told(&f), slice_of(want), LIT("faults"));

	f = findings_in(a);
	snprintf(gone, sizeof(gone), "rm -r %s", folder);
	assert_int_equal(system(gone), 0);
	assert_null(conf_load(path, environment, &f));
	snprintf(want, sizeof(want),
	    "%s:0: the rule file cannot be read: No such file or "
	    "directory\n",
	    path);
	assert_slice(told(&f), slice_of(want), LIT("gone"));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults_come_all_at_once),
		cmocka_unit_test(defaults_are_the_tables),
		cmocka_unit_test(routes_inherit),
		cmocka_unit_test(damage_is_survived),
		cmocka_unit_test(includes_are_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Sections of credentials: what they hold, who uses them, and that no finding
 * says a value. */
#include "tests/unit/unit.h"

#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/credentials.h"
#include "conf/load.h"
#include "tests/unit/conf/told.h"

#define PAIR "access_key_id = AKIA\nsecret_access_key = hush/+==\n"
#define CARS "[cars]\npath = /cars\norigin = s3://cars\n"

static char *const environment[] = { "TOKEN=quiet", "BLANK=a b", NULL };

static struct conf *load(struct slice in, struct findings *f)
{
	return conf_load_bytes("f", in, environment, f);
}

static void routes_find_theirs(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct findings f = findings_in(a);
	struct conf *c =
	    load(LIT(CARS "[a]\npath = /a\norigin = s3://aaa\n"
			  "s3_credentials = Two\n"
			  "[b]\npath = /b\norigin = s3://bbb\n"
			  "s3_credentials = none\n"
			  "[c]\npath = /c\norigin = s3://ccc\n"
			  "s3_credentials = none\n"
			  "[d]\npath = /d\norigin = s3://ddd\n"
			  "s3_credentials = instance\n"
			  "[e]\npath = /e\norigin = http://e\n"
			  "[credentials]\n" PAIR "session_token = ${TOKEN}\n"
			  "[Credentials  Two]\nsource = file\nprofile = p q\n"
			  "credentials_file = x/c\nconfig_file = /y\n"
			  "[credentials idle]\nsource = environment\n"),
		&f);
	const struct credentials *g;

	(void)state;
	assert_slice(told(&f),
	    LIT("f:32: warning: no route uses [credentials idle]: name it "
		"with s3_credentials = idle, or remove it\n"),
	    LIT("findings"));
	assert_non_null(c);
	assert_int_equal(c->credentials_n, 4);
	g = c->rules[0].bucket.credentials;
	assert_ptr_equal(g, &c->credentials[0]);
	assert_int_equal(g->source, CREDENTIALS_WRITTEN);
	assert_slice(g->name, LIT(""), LIT("name"));
	assert_slice(g->file, LIT("f"), LIT("file"));
	assert_int_equal(g->line, 23);
	assert_slice(g->access_key_id, LIT("AKIA"), LIT("id"));
	assert_slice(g->secret_access_key, LIT("hush/+=="), LIT("secret"));
	assert_slice(g->session_token, LIT("quiet"), LIT("token"));
	g = c->rules[1].bucket.credentials;
	assert_int_equal(g->source, CREDENTIALS_FILE);
	assert_slice(g->name, LIT("two"), LIT("name"));
	assert_slice(g->profile, LIT("p q"), LIT("profile"));
	assert_slice(g->credentials_file, LIT("x/c"), LIT("file"));
	assert_slice(g->config_file, LIT("/y"), LIT("config"));
	assert_non_null(g->session_token.at);
	assert_slice(credentials_where(g, a),
	    LIT("[credentials two], f:27 (the shared credentials file, "
		"profile p q)"),
	    LIT("where"));
	g = c->rules[2].bucket.credentials;
	assert_ptr_equal(g, c->rules[3].bucket.credentials);
	assert_int_equal(g->source, CREDENTIALS_NONE);
	assert_slice(g->name, LIT("none"), LIT("name"));
	assert_slice(g->file, LIT(""), LIT("file"));
	assert_slice(credentials_where(c->rules[4].bucket.credentials, a),
	    LIT("the instance's metadata"), LIT("where"));
	assert_null(c->rules[5].bucket.credentials);
	conf_free(c);
	arena_free(a);
}

static void auto_is_a_word_without_a_section(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct findings f = findings_in(a);
	struct conf *c = load(LIT(CARS), &f);

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->credentials_n, 1);
	assert_int_equal(c->credentials[0].source, CREDENTIALS_AUTO);
	assert_slice(c->credentials[0].name, LIT("auto"), LIT("name"));
	conf_free(c);
	arena_free(a);
}

static const struct {
	struct slice in, want;
} faults[] = {
	{ S("[credentials]\naccess_key_id = AKIA\n"),
	    S("f:1: [credentials] has no secret_access_key: it and "
	      "access_key_id make a pair\n") },
	{ S("[credentials]\nsecret_access_key = hush\n"),
	    S("f:1: [credentials] has no access_key_id: it and "
	      "secret_access_key make a pair\n") },
	{ S("[credentials]\nsession_token = hush\n"),
	    S("f:1: [credentials] has no access_key_id: it and "
	      "secret_access_key make a pair\n"
	      "f:1: [credentials] has no secret_access_key: it and "
	      "access_key_id make a pair\n") },
	{ S("[credentials]\n"),
	    S("f:1: [credentials] has no keys: write access_key_id and "
	      "secret_access_key, or source\n") },
	{ S("[credentials]\n" PAIR "source = file\n"),
	    S("f:4: source: keys are written in [credentials] already: remove "
	      "them or this line\n") },
	{ S("[credentials]\n" PAIR "profile = x\n"),
	    S("f:4: profile belongs to source = file: write that, or remove "
	      "this line\n") },
	{ S("[credentials]\nsource = instance\nprofile = x\n"),
	    S("f:3: profile belongs to source = file: write that, or remove "
	      "this line\n") },
	{ S("[credentials]\nsource = hush\nprofile = x\n"),
	    S("f:2: source: write environment, file, container or "
	      "instance\n") },
	{ S("[credentials]\nsource = file\ncredentials_file = ~/.aws/c\n"),
	    S("f:3: credentials_file: ~ means no folder here, a web server "
	      "has no home: write the whole path\n") },
	{ S("[credentials file]\n" PAIR),
	    S("f:1: [credentials file]: file has a meaning of its own in "
	      "s3_credentials: take another name\n") },
	{ S("[credentials Written]\n" PAIR),
	    S("f:1: [credentials written]: written has a meaning of its own "
	      "in s3_credentials: take another name\n") },
	{ S("[credentials]\n" PAIR "[CREDENTIALS]\n"),
	    S("f:4: [credentials] stands twice, first at f:1: join the two or "
	      "rename one\n"
	      "f:4: [credentials] has no keys: write access_key_id and "
	      "secret_access_key, or source\n") },
	{ S("[credentials]\n" PAIR "[credentials x]\n" PAIR
	    "[a]\npath = /a\norigin = s3://aaa\ns3_credentials = x\n"
	    "[credentials  x]\n" PAIR),
	    S("f:11: [credentials  x] stands twice: join the two or rename "
	      "one\n") },
	{ S("[credentials]\nsecret_access_key = hush hush\n"
	    "access_key_id = ${BLANK}\n"),
	    S("f:2: secret_access_key: a blank or a control character, which "
	      "no key has: copy it anew\n"
	      "f:3: access_key_id: a blank or a control character, which no "
	      "key has: copy it anew\n") },
	{ S("[credentials]\nsecret_access_key = ${hush\n"
	    "access_key_id = ${NONE}\n"),
	    S("f:2: secret_access_key: the environment cannot fill its "
	      "${NAME}: set that for the server that runs fingerpost, or "
	      "write $${ for the two characters\n"
	      "f:3: access_key_id: the environment cannot fill its ${NAME}: "
	      "set that for the server that runs fingerpost, or write $${ for "
	      "the two characters\n") },
	{ S("[credentials]\nsecret_access_key =\naccess_key_id = \"\"\n"),
	    S("f:2: secret_access_key: needs a value\n"
	      "f:3: access_key_id: needs a value\n") },
	{ S("[credentials]\n" PAIR "sesion_token = hush\npath = /x\n"
	    "hush1/hush= x\n"),
	    S("f:4: unknown key \"sesion_token\": did you mean "
	      "session_token?\n"
	      "f:5: path has no place in [credentials]: put it in a route's "
	      "section\n"
	      "f:6: unknown key: a line of [credentials] is KEY = VALUE, and "
	      "no value goes on in the next line\n") },
	{ S("[credentials]\nsecret_access_key = hush;hush\n"
	    "access_key_id = \"hush\" hush\n"
	    "secret_access_key: hush\nhush\n"),
	    S("f:2: secret_access_key: an unquoted ; cuts the value short: "
	      "put the value in quotes, or a comment on a line of its own\n"
	      "f:3: access_key_id: what follows the closing quote is dropped: "
	      "put the whole value in one pair of quotes\n"
	      "f:4: this line is neither [SECTION] nor KEY = VALUE\n"
	      "f:5: this line is neither [SECTION] nor KEY = VALUE\n") },
	{ S("[credentials] hush\n" PAIR),
	    S("f:1: stray text after [credentials]: put it on a line of its "
	      "own\n") },
	{ S("[credentials\nhush\n[credentials=hush]\nhush = x\n"),
	    S("f:1: a section header without its closing bracket\n"
	      "f:2: this line is neither [SECTION] nor KEY = VALUE\n"
	      "f:3: a character no section name may have: write letters, "
	      "digits, blanks and - _ . / alone\n") },
	{ S("[credential x]\nhush\n"),
	    S("f:1: [credential x] is no route, having no path and origin: "
	      "did you mean [credentials NAME]?\n"
	      "f:2: this line is neither [SECTION] nor KEY = VALUE\n") },
	{ S("[credential]\n" PAIR),
	    S("f:1: [credential] is no route, having no path and origin: did "
	      "you mean [credentials]?\n") },
	{ S("[cars]\nsecret_access_key = hush#hush\n"),
	    S("f:1: [cars] has no path: the public paths that the route owns\n"
	      "f:1: [cars] has no origin: the URL of the server that "
	      "answers\n"
	      "f:2: secret_access_key: an unquoted # cuts the value short: "
	      "put the value in quotes, or a comment on a line of its own\n"
	      "f:2: secret_access_key has no place in [cars]: put it in "
	      "[credentials]\n") },
	{ S(CARS "s3_credentials = cras\n[credentials cars]\n" PAIR),
	    S("f:4: s3_credentials: there is no [credentials cras]: did you "
	      "mean cars?\n"
	      "f:5: warning: no route uses [credentials cars]: name it with "
	      "s3_credentials = cars, or remove it\n") },
	{ S(CARS "s3_credentials = enviroment\n"),
	    S("f:4: s3_credentials: there is no [credentials enviroment]: did "
	      "you mean environment?\n") },
	{ S(CARS "s3_credentials = written\n"),
	    S("f:4: s3_credentials: there is no [credentials written]: write "
	      "that section, or one of auto, none, environment, file, "
	      "container, instance\n") },
	{ S(CARS "s3_credentials = AKIA:hush\n"),
	    S("f:4: s3_credentials: the value names no section: write keys "
	      "into a section [credentials NAME], and its NAME here\n") },
	{ S("[a]\npath = /a\norigin = http://a\n[credentials]\n" PAIR),
	    S("f:4: warning: no route uses [credentials]: it is for buckets "
	      "with s3_credentials = auto\n") },
};

/* No finding holds a value: in all of these a secret says hush. */
static void faults_keep_secrets(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(faults); i++) {
		struct arena *a = arena_new(1 << 20);
		struct findings f = findings_in(a);
		struct text all = text_in(a, 4096);
		struct slice got;

		text_add(&all, faults[i].in);
		/* Who takes the section without a name. */
		if (slice_starts(faults[i].in, LIT("[cred")))
			text_add(&all, LIT(CARS));
		conf_free(load(text_slice(&all), &f));
		got = told(&f);
		assert_slice(got, faults[i].want, faults[i].in);
		for (size_t j = 0; j < got.len; j++)
			assert_false(
			    slice_starts(slice_from(got, j), LIT("hush")));
		arena_free(a);
	}
}

/* The same for a section cut off anywhere and with any byte wrong. */
static void damage_keeps_secrets(void **state)
{
	static const char wrong[] = { '\0', '\n', '\\', '[', ']', '=', '"', ';',
		'\r', ' ', '$', '\xff', ',', '/', '{', ':' };
	static const char whole[] =
	    CARS "[credentials]\naccess_key_id = hush7\n"
		 "secret_access_key = \"hush8/hush9+\"\n"
		 "session_token = hush1\\\nhush2\n";
	size_t len = sizeof(whole) - 1;
	char copy[sizeof(whole)];

	(void)state;
	for (size_t i = 0; i < len; i++)
		for (size_t j = 0; j < sizeof(wrong); j++) {
			struct arena *a = arena_new(1 << 20);
			struct findings f = findings_in(a);
			struct slice got;

			memcpy(copy, whole, len);
			copy[i] = wrong[j];
			conf_free(load((struct slice){ copy, len }, &f));
			got = told(&f);
			for (size_t k = 0; k < got.len; k++)
				if (slice_starts(
					slice_from(got, k), LIT("hush")))
					fail_msg("%.*s", SLICE_ARG(got));
			arena_free(a);
		}
}

static const struct {
	const char *text;
	mode_t mode;
	bool good;
} files[] = {
	{ CARS "[credentials]\n" PAIR, 0600, true },
	{ CARS "[credentials]\n" PAIR, 0640, true },
	{ CARS "[credentials]\n" PAIR, 0644, false },
	{ CARS "[credentials]\n" PAIR, 0604, false },
	{ CARS "[credentials]\nsource = file\n", 0644, true },
	{ CARS "[credentials]\naccess_key_id = AKIA\n"
	       "secret_access_key = ${TOKEN}\n",
	    0644, true },
	{ CARS "[credentials]\naccess_key_id = AKIA\n"
	       "secret_access_key = \"${TOKEN}\"\nsession_token = '${TOKEN}'\n",
	    0644, true },
	{ CARS "[credentials]\naccess_key_id = AKIA\n"
	       "secret_access_key = ${TOKEN}x\n",
	    0644, false },
	{ CARS "[credentials]\naccess_key_id = AKIA\n"
	       "secret_access_key = ${TOKEN}\nsession_token = x\n",
	    0644, false },
};

static void secrets_are_for_few(void **state)
{
	char folder[] = "/tmp/fingerpost-test-XXXXXX";
	char path[64], want[1024], gone[128];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/f.ini", folder);
	snprintf(want, sizeof(want),
	    "%s:4: f.ini holds a secret and can be read by everyone: chmod "
	    "o-r f.ini, or put the section into a file of its own and include "
	    "that\n",
	    path);
	for (size_t i = 0; i < ROWS(files); i++) {
		struct arena *a = arena_new(1 << 20);
		struct findings f = findings_in(a);
		struct conf *c;

		file_write(folder, "f.ini", files[i].text, files[i].mode);
		c = conf_load(path, environment, &f);
		assert_slice(told(&f), slice_of(files[i].good ? "" : want),
		    slice_of(files[i].text));
		assert_int_equal(c != NULL, files[i].good);
		conf_free(c);
		arena_free(a);
	}
	snprintf(gone, sizeof(gone), "rm -r %s", folder);
	assert_int_equal(system(gone), 0);
}

/* The file that counts is the one in which the secret stands; names are
 * relative to the rule file. */
static void an_included_file_holds_them(void **state)
{
	char folder[] = "/tmp/fingerpost-test-XXXXXX";
	char path[64], want[128], gone[128];
	struct arena *a = arena_new(1 << 20);
	struct findings f = findings_in(a);
	struct conf *c;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/f.ini", folder);
	file_write(folder, "f.ini",
	    "[fingerpost]\ninclude = keys.ini\n" CARS
	    "[b]\npath = /b\norigin = s3://bikes\ns3_credentials = b\n"
	    "[credentials b]\nsource = file\ncredentials_file = aws/keys\n",
	    0644);
	file_write(folder, "keys.ini", "[credentials]\n" PAIR, 0600);
	c = conf_load(path, environment, &f);
	assert_slice(told(&f), LIT(""), LIT("findings"));
	assert_non_null(c);
	snprintf(want, sizeof(want), "[credentials], %s/keys.ini:1", folder);
	assert_slice(credentials_where(c->rules[0].bucket.credentials, a),
	    slice_of(want), LIT("where"));
	snprintf(want, sizeof(want), "%s/aws/keys", folder);
	assert_slice(c->rules[1].bucket.credentials->credentials_file,
	    slice_of(want), LIT("relative"));
	assert_int_equal(c->rules[1].bucket.credentials->config_file.len, 0);
	conf_free(c);
	snprintf(gone, sizeof(gone), "rm -r %s", folder);
	assert_int_equal(system(gone), 0);
	arena_free(a);
}

static void sections_are_bounded(void **state)
{
	struct arena *a = arena_new(1 << 22);
	struct findings f = findings_in(a);
	struct text t = text_in(a, 1 << 20);
	struct text want = text_in(a, 1 << 10);

	(void)state;
	text_add(&t, LIT(CARS));
	for (int i = 0; i <= CREDENTIALS_MAX; i++)
		text_format(&t, "[credentials n%d]\nsource = environment\n", i);
	assert_null(load(text_slice(&t), &f));
	assert_int_equal(f.faults, 1);
	assert_int_equal(f.warnings, CREDENTIALS_MAX);
	text_format(
	    &want, "more than %d sections of credentials", CREDENTIALS_MAX);
	assert_slice(f.at[f.n - 1].message, text_slice(&want), LIT("last"));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_find_theirs),
		cmocka_unit_test(auto_is_a_word_without_a_section),
		cmocka_unit_test(faults_keep_secrets),
		cmocka_unit_test(damage_keeps_secrets),
		cmocka_unit_test(secrets_are_for_few),
		cmocka_unit_test(an_included_file_holds_them),
		cmocka_unit_test(sections_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

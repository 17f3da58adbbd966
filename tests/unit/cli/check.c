/* fingerpost check from the outside: exit code, what goes where. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/rules.h"
#include "conf/conf.h"
#include "tests/unit/conf/told.h"

static char folder[] = "/tmp/fingerpost-test-XXXXXX";

struct outcome {
	int code;
	char out[4096];
	char err[4096];
};

static void read_back(const char *name, char *room, size_t size)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "r");
	assert_non_null(file);
	room[fread(room, 1, size - 1, file)] = '\0';
	fclose(file);
}

/* In a child with its own standard output and error. */
static struct outcome run(int argc, char **argv)
{
	struct outcome o;
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		int code = 99;

		if (chdir(folder) == 0 && freopen("out", "w", stdout) != NULL &&
		    freopen("err", "w", stderr) != NULL)
			code = cli_check(argc, argv);
		fflush(stdout);
		fflush(stderr);
		_exit(code);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	o.code = WEXITSTATUS(status);
	read_back("out", o.out, sizeof(o.out));
	read_back("err", o.err, sizeof(o.err));
	return o;
}

#define RUN(...)                                                \
	run(sizeof((char *[]){ __VA_ARGS__ }) / sizeof(char *), \
	    (char *[]){ __VA_ARGS__, NULL })

static void a_good_file_is_counted(void **state)
{
	struct outcome o = RUN("check", "-c", "good.ini");

	(void)state;
	assert_string_equal(o.err, "");
	assert_string_equal(o.out, "good.ini: 1 route, no faults\n");
	assert_int_equal(o.code, 0);
}

static void a_warning_is_no_fault(void **state)
{
	struct outcome o = RUN("check", "-c", "warned.ini");

	(void)state;
	assert_string_equal(o.err,
	    "warned.ini:4: warning: [cache] has no effect: no route has "
	    "cache = yes\n");
	assert_string_equal(
	    o.out, "warned.ini: 1 route, no faults, 1 warning\n");
	assert_int_equal(o.code, 0);
}

static void every_fault_is_printed(void **state)
{
	struct outcome o = RUN("check", "-c", "bad.ini");

	(void)state;
	assert_string_equal(o.err,
	    "bad.ini:1: [a] has no origin: the URL of the server that "
	    "answers\n"
	    "bad.ini:2: path: \"a\" does not start with /: did you mean "
	    "\"/a\"?\n"
	    "bad.ini: 2 faults\n");
	assert_string_equal(o.out, "");
	assert_int_equal(o.code, 1);
}

static void exposure_is_warned_of(void **state)
{
	struct outcome o = RUN("check", "-c", "htdocs/f.ini");

	(void)state;
	assert_int_equal(o.code, 0);
	assert_non_null(strstr(o.err,
	    "htdocs/f.ini: warning: the web server may hand this file to "
	    "visitors, as it lies in the document root htdocs"));
	assert_string_equal(
	    o.out, "htdocs/f.ini: 1 route, no faults, 1 warning\n");
}

static void shown_caches_are_warned_of(void **state)
{
	struct outcome o = RUN("check", "-c", "shown.ini");

	(void)state;
	assert_int_equal(o.code, 0);
	assert_string_equal(o.err,
	    "shown.ini:1: warning: path: a web server that runs as you may "
	    "show visitors what is in it, as it lies in the document root: "
	    "move it out, or put a .htaccess with \"Require all denied\" "
	    "into it\n");
}

static void usage_is_2(void **state)
{
	(void)state;
	assert_int_equal(RUN("check", "-x").code, EXIT_USAGE);
	assert_int_equal(RUN("check", "-c").code, EXIT_USAGE);
	assert_int_equal(RUN("check", "good.ini").code, EXIT_USAGE);
	assert_int_equal(RUN("check", "-c", "none.ini").code, 1);
}

static void rules_are_looked_for_in_order(void **state)
{
	char room[4096];

	(void)state;
	setenv("FINGERPOST_RULES", "/named", 1);
	assert_string_equal(rules_find("opt", room, sizeof(room)), "opt");
	assert_string_equal(rules_find(NULL, room, sizeof(room)), "/named");
	setenv("FINGERPOST_RULES", "", 1);
	assert_int_equal(RUN("check").code, 1);
	unsetenv("FINGERPOST_RULES");
}

static int set_up(void **state)
{
	static const char good[] = "[a]\npath = /a\norigin = http://a\n";
	char path[128];

	(void)state;
	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/htdocs", folder);
	if (mkdir(path, 0755) != 0)
		return 1;
	file_write(path, "f.ini", good, 0644);
	file_write(folder, "good.ini", good, 0644);
	snprintf(path, sizeof(path), "%s[cache]\npath = c\n", good);
	file_write(folder, "warned.ini", path, 0644);
	snprintf(path, sizeof(path),
	    "[cache]\npath = htdocs/c\n%scache = yes\n", good);
	file_write(folder, "shown.ini", path, 0644);
	file_write(folder, "bad.ini", "[a]\npath = a\n", 0644);
	return 0;
}

static int tear_down(void **state)
{
	char gone[64];

	(void)state;
	snprintf(gone, sizeof(gone), "rm -r %s", folder);
	return system(gone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_file_is_counted),
		cmocka_unit_test(a_warning_is_no_fault),
		cmocka_unit_test(every_fault_is_printed),
		cmocka_unit_test(exposure_is_warned_of),
		cmocka_unit_test(shown_caches_are_warned_of),
		cmocka_unit_test(usage_is_2),
		cmocka_unit_test(rules_are_looked_for_in_order),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

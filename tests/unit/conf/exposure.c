/* Which rule files a web server would hand out. */
#include "tests/unit/unit.h"

#include <string.h>
#include <unistd.h>

#include "conf/exposure.h"
#include "tests/unit/conf/told.h"

static const struct {
	struct slice path, root;
} roots[] = {
	{ S("/home/u/public_html/fingerpost.ini"), S("public_html") },
	{ S("/home/u/public_html/cgi-bin/f.ini"), S("public_html") },
	{ S("/var/www/html/f.ini"), S("html") },
	{ S("/srv/HTDOCS/f.ini"), S("HTDOCS") },
	{ S("/usr/lib/cgi-bin/f.ini"), S("") },
	{ S("/etc/htdocs"), S("") },
	{ S("/srv/html/f.ini"), S("") },
	{ S("/etc/fingerpost.ini"), S("") },
};

static void roots_are_known_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(roots); i++)
		assert_slice(
		    exposure_root(roots[i].path), roots[i].root, roots[i].path);
}

static const struct {
	struct slice htaccess;
	bool denied;
} htaccesses[] = {
	{ S(""), false },
	{ S("Require all denied\n"), true },
	{ S("  deny from all"), true },
	{ S("<Files \"*.ini\">\nRequire all denied\n</Files>\n"), true },
	{ S("<FilesMatch \"\\.(ini|log)$\">\r\nRequire all denied\r\n"), true },
	{ S("RedirectMatch 404 \\.ini$\n"), true },
	{ S("RewriteRule \\.ini$ - [F]\n"), true },
	{ S("<Files secret.txt>\nRequire all denied\n</Files>\n"), false },
	{ S("<IfModule x>\n<Files a>\n</Files>\nDeny from all\n"), false },
	{ S("<IfModule x>\n</IfModule>\nDeny from all\n"), true },
	{ S("# Require all denied\n# <Files *.ini>\n"), false },
	{ S("DirectoryIndex index.html\n"), false },
};

static void denials_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(htaccesses); i++)
		if (exposure_denied(htaccesses[i].htaccess) !=
		    htaccesses[i].denied)
			fail_msg("%.*s", SLICE_ARG(htaccesses[i].htaccess));
}

static bool exposed(const char *folder, const char *name)
{
	char path[256];
	char room[4096];
	struct text why = text_over(room, sizeof(room));
	bool found;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	found = exposure_find(path, &why);
	assert_int_equal(found, text_slice(&why).len > 0);
	return found;
}

static void folders_are_looked_at(void **state)
{
	char folder[] = "/tmp/fingerpost-test-XXXXXX";
	char html[64], gone[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chmod(folder, 0755), 0);
	snprintf(html, sizeof(html), "%s/htdocs", folder);
	assert_int_equal(mkdir(html, 0755), 0);
	file_write(folder, "f.ini", "", 0644);
	file_write(html, "f.ini", "", 0644);
	file_write(html, "private.ini", "", 0640);

	assert_false(exposed(folder, "none.ini"));
	assert_false(exposed(folder, "f.ini"));
	file_write(folder, "index.php", "", 0644);
	assert_true(exposed(folder, "f.ini"));
	assert_true(exposed(html, "f.ini"));
	assert_true(exposed(html, "../htdocs/f.ini"));
	assert_false(exposed(html, "private.ini"));
	file_write(folder, ".htaccess", "Options -Indexes\n", 0644);
	assert_true(exposed(html, "f.ini"));
	file_write(folder, ".htaccess",
	    "<Files \"*.ini\">\nRequire all denied\n</Files>\n", 0644);
	assert_false(exposed(folder, "f.ini"));
	assert_false(exposed(html, "f.ini"));

	snprintf(gone, sizeof(gone), "rm -r %s", folder);
	assert_int_equal(system(gone), 0);
}

static bool shown(const char *folder, const char *name)
{
	char path[256];
	char room[4096];
	struct text why = text_over(room, sizeof(room));
	bool found;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	found = exposure_folder(path, &why);
	assert_int_equal(found, text_slice(&why).len > 0);
	return found;
}

/* A cache's, that may not be there yet. */
static void private_folders_are_looked_at(void **state)
{
	char folder[] = "/tmp/fingerpost-test-XXXXXX";
	char html[64], deep[80], gone[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(html, sizeof(html), "%s/htdocs", folder);
	snprintf(deep, sizeof(deep), "%s/htdocs/cache", folder);
	assert_false(shown(folder, "cache"));
	assert_false(shown(folder, "a/b/cache"));
	assert_int_equal(mkdir(html, 0755), 0);
	assert_true(shown(html, ""));
	assert_true(shown(html, "cache"));
	assert_true(shown(html, "a/b/cache"));
	assert_false(shown(html, "../cache"));
	assert_int_equal(mkdir(deep, 0700), 0);
	assert_true(shown(html, "cache"));
	/* What is said of .ini files is not said of these. */
	file_write(html, ".htaccess",
	    "<Files \"*.ini\">\nRequire all denied\n</Files>\n", 0644);
	assert_true(shown(html, "cache"));
	file_write(deep, ".htaccess", "Require all denied\n", 0644);
	assert_false(shown(html, "cache"));
	assert_true(shown(html, "other"));
	file_write(folder, "index.html", "", 0644);
	assert_true(shown(folder, "cache"));

	snprintf(gone, sizeof(gone), "rm -r %s", folder);
	assert_int_equal(system(gone), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_are_known_by_name),
		cmocka_unit_test(denials_are_read),
		cmocka_unit_test(folders_are_looked_at),
		cmocka_unit_test(private_folders_are_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

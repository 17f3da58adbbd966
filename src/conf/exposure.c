/* A guess, made to be useful on shared hosting: a warning too many costs a
 * chmod, one too few a password. */
#include "conf/exposure.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

#define HTACCESS_BYTES_MAX 65536

struct slice exposure_root(struct slice path)
{
	static const char *const names[] = { "public_html", "htdocs",
		"httpdocs", "webroot", "wwwroot", "docroot", "document_root" };
	struct slice rest = path;
	struct slice before = SLICE_NONE;
	struct slice part;

	while (slice_cut(&rest, '/', &part) && rest.at != NULL) {
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (slice_eq_nocase(part, slice_of(names[i])))
				return part;
		if (slice_eq(part, LIT("html")) && slice_eq(before, LIT("www")))
			return part;
		before = part;
	}
	return SLICE_NONE;
}

static bool mentions(struct slice line, struct slice word)
{
	for (size_t i = 0; i + word.len <= line.len; i++)
		if (slice_starts_nocase(slice_from(line, i), word))
			return true;
	return false;
}

/* `rules`: of .ini files at least. */
static bool denies(struct slice htaccess, bool rules)
{
	struct slice line;
	int depth = 0;

	while (slice_cut(&htaccess, '\n', &line)) {
		line = slice_trim(line);
		if (slice_starts(line, LIT("#")))
			continue;
		if (rules &&
		    (slice_starts_nocase(line, LIT("<Files")) ||
			slice_starts_nocase(line, LIT("RedirectMatch")) ||
			slice_starts_nocase(line, LIT("RewriteRule"))) &&
		    mentions(line, LIT("ini")))
			return true;
		if (slice_starts(line, LIT("</")))
			depth -= depth > 0;
		else if (slice_starts(line, LIT("<")))
			depth++;
		else if (depth == 0 &&
		    (slice_starts_nocase(line, LIT("Require all denied")) ||
			slice_starts_nocase(line, LIT("Deny from all"))))
			return true;
	}
	return false;
}

bool exposure_denied(struct slice htaccess)
{
	return denies(htaccess, true);
}

/* The bytes of folder + name; empty where there is no such file. */
static struct slice read_beside(
    struct slice folder, const char *name, char *room, size_t size)
{
	char path[PATH_MAX];
	ssize_t n;
	int descriptor;

	if (snprintf(path, sizeof(path), "%.*s/%s", SLICE_ARG(folder), name) >=
	    (int)sizeof(path))
		return LIT("");
	descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (descriptor < 0)
		return LIT("");
	n = read(descriptor, room, size);
	close(descriptor);
	return n < 0 ? LIT("") : (struct slice){ room, (size_t)n };
}

static bool stands(struct slice folder, const char *name)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%.*s/%s", SLICE_ARG(folder),
		   name) < (int)sizeof(path) &&
	    access(path, F_OK) == 0;
}

static bool looks_served(struct slice folder)
{
	static const char *const names[] = { "index.html", "index.htm",
		"index.php", ".htaccess" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (stands(folder, names[i]))
			return true;
	return false;
}

static struct slice folder_above(struct slice path)
{
	while (path.len > 0 && path.at[path.len - 1] != '/')
		path.len--;
	return slice_upto(path, path.len > 0 ? path.len - 1 : 0);
}

static bool denied_above(struct slice folder, bool rules)
{
	char *room = malloc(HTACCESS_BYTES_MAX);
	bool denied = false;

	if (room == NULL)
		return false;
	for (; folder.len > 0 && !denied; folder = folder_above(folder))
		denied = denies(
		    read_beside(folder, ".htaccess", room, HTACCESS_BYTES_MAX),
		    rules);
	free(room);
	return denied;
}

bool exposure_find(const char *path, struct text *why)
{
	struct stat st;
	struct slice whole, folder, root;
	char *real = realpath(path, NULL);
	bool exposed = false;

	if (real == NULL || stat(real, &st) != 0 || (st.st_mode & S_IROTH) == 0)
		goto out;
	whole = slice_of(real);
	folder = folder_above(whole);
	root = exposure_root(whole);
	if ((root.len == 0 && !looks_served(folder)) ||
	    denied_above(folder, true))
		goto out;
	exposed = true;
	text_format(why,
	    "the web server may hand this file to visitors, as it lies in %s "
	    "%.*s and everyone may read it: move it out, or deny it in "
	    ".htaccess (<Files \"*.ini\"> Require all denied </Files>), or "
	    "chmod o-r where the server reads it as you",
	    root.len > 0 ? "the document root" : "the served folder",
	    SLICE_ARG(root.len > 0 ? root : folder));
out:
	free(real);
	return exposed;
}

/* Where a path is, or the nearest folder above it that is there; NULL: no
 * memory. */
static char *nearest_real(const char *path)
{
	char *at = strdup(path);
	char *real = NULL;
	char *slash;

	while (at != NULL && (real = realpath(at, NULL)) == NULL &&
	    (slash = strrchr(at, '/')) != NULL && slash > at)
		*slash = '\0';
	if (at != NULL && real == NULL)
		real = realpath(at[0] == '/' ? "/" : ".", NULL);
	free(at);
	return real;
}

bool exposure_folder(const char *path, struct text *why)
{
	char room[PATH_MAX + 1];
	struct text below = text_over(room, sizeof(room));
	char *real = nearest_real(path);
	struct slice whole = slice_of(real);
	struct slice root;
	bool exposed;

	text_add(&below, whole);
	text_char(&below, '/');
	root = exposure_root(text_slice(&below));
	exposed = whole.len > 1 && !text_spent(&below) &&
	    (root.len > 0 || looks_served(whole) ||
		looks_served(folder_above(whole))) &&
	    !denied_above(whole, false);
	if (exposed)
		text_format(why,
		    "a web server that runs as you may show visitors what is "
		    "in it, as it lies in the %s: move it out, or put a "
		    ".htaccess with \"Require all denied\" into it",
		    root.len > 0 ? "document root" : "served folder");
	free(real);
	return exposed;
}

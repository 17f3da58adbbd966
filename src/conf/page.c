/* Reading what stands beside the rules. */
#include "conf/page.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "conf/conf.h"
#include "conf/finding.h"
#include "conf/lint.h"

/* What is wrong with reading the open file, or NULL. */
static const char *read_open(
    int descriptor, struct arena *a, struct slice *bytes_out)
{
	struct stat st;
	size_t len = 0;
	ssize_t n = 1;
	char *at;

	if (fstat(descriptor, &st) != 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "it is no plain file";
	if (st.st_size > PAGE_BYTES_MAX)
		return "it is larger than 256 KiB";
	at = arena_alloc(a, (size_t)st.st_size + 1);
	if (at == NULL)
		return "out of memory";
	while (len < (size_t)st.st_size && n > 0) {
		n = read(descriptor, at + len, (size_t)st.st_size - len);
		if (n < 0 && errno != EINTR)
			return strerror(errno);
		if (n < 0)
			n = 1;
		else
			len += (size_t)n;
	}
	if (len == 0)
		return "it is empty";
	*bytes_out = (struct slice){ at, len };
	return NULL;
}

static const char *read_file(
    struct slice path, struct arena *a, struct slice *bytes_out)
{
	/* Not to wait for the other end of a pipe. */
	int descriptor = open(path.at, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *wrong;

	if (descriptor < 0)
		return strerror(errno);
	wrong = read_open(descriptor, a, bytes_out);
	close(descriptor);
	return wrong;
}

const char *pages_read(struct pages *p, struct slice name, struct arena *a,
    struct slice *path_out, struct slice *bytes_out)
{
	struct slice folder = name.at[0] == '/' ? SLICE_NONE : p->folder;
	struct slice path = ARENA_JOIN(a, folder, name, LIT("\0"));
	const char *wrong;
	size_t i = 0;

	if (path.at == NULL)
		return "out of memory";
	path.len--;
	*path_out = path;
	while (i < p->n && !slice_eq(p->paths[i], path))
		i++;
	if (i == PAGES_MAX)
		return "more than 256 files in all";
	if (i == p->n) {
		wrong = read_file(path, a, &p->bytes[i]);
		if (wrong != NULL)
			return wrong;
		p->paths[p->n++] = path;
	}
	*bytes_out = p->bytes[i];
	return NULL;
}

void page_read(struct pages *p, struct rule *rule, const struct lint_section *s,
    struct arena *a, struct findings *f)
{
	const struct lint_key *key = lint_key_find(s, LIT("maintenance_page"));
	unsigned line = key == NULL ? s->number : key->number;
	struct slice path = rule->maintenance_page;
	const char *wrong;

	if (rule->maintenance_page.len == 0)
		return;
	wrong = pages_read(
	    p, rule->maintenance_page, a, &path, &rule->maintenance_html);
	if (wrong != NULL)
		finding_add(f, FINDING_FAULT, s->file, line,
		    "maintenance_page: %.*s: %s", SLICE_ARG(path), wrong);
}

bool pages_keep(const struct pages *p, struct conf *c)
{
	struct slice *kept = arena_alloc(c->arena, (p->n + 1) * sizeof(*kept));

	if (kept == NULL)
		return false;
	memcpy(kept, p->paths, p->n * sizeof(*kept));
	c->pages = (struct slice_list){ kept, p->n };
	return true;
}

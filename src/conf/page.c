/* Reading maintenance pages. */
#include "conf/page.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
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

bool page_read(struct pages *p, struct rule *rule, const struct lint_section *s,
    struct arena *a, struct findings *f)
{
	const struct lint_key *key = lint_key_find(s, LIT("maintenance_page"));
	unsigned line = key == NULL ? s->number : key->number;
	struct text t = text_in(a, 4096);
	struct slice path;
	const char *wrong = NULL;
	size_t i = 0;

	if (rule->maintenance_page.len == 0)
		return true;
	if (rule->maintenance_page.at[0] != '/')
		text_add(&t, p->folder);
	text_add(&t, rule->maintenance_page);
	path = arena_slice(a, text_slice(&t));
	if (text_spent(&t) || path.at == NULL)
		return false;
	while (i < p->n && !slice_eq(p->paths[i], path))
		i++;
	if (i == PAGES_MAX) {
		wrong = "more than 64 pages in all";
	} else if (i == p->n) {
		wrong = read_file(path, a, &p->bytes[i]);
		if (wrong == NULL)
			p->paths[p->n++] = path;
	}
	if (wrong != NULL)
		finding_add(f, FINDING_FAULT, s->file, line,
		    "maintenance_page: %.*s: %s", SLICE_ARG(path), wrong);
	else
		rule->maintenance_html = p->bytes[i];
	return true;
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

/* Matching with regexec() and building what comes of it. */
#include "policy/remap.h"

#include <regex.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/path_map.h"
#include "http/uri.h"

/* A result may be longer than the path, but not by any factor. */
#define RESULT_MAX (2 * PATH_MAP_BYTES_MAX)

/* A capture in a query: what would part parameters is encoded, so that a
 * path cannot add any. */
static void add_encoded(struct text *t, struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		switch (s.at[i]) {
		case '&':
			text_add(t, LIT("%26"));
			break;
		case '+':
			text_add(t, LIT("%2B"));
			break;
		case ';':
			text_add(t, LIT("%3B"));
			break;
		case '=':
			text_add(t, LIT("%3D"));
			break;
		default:
			text_char(t, s.at[i]);
		}
}

static void fill(struct text *t, const struct stencil *stencil,
    const struct slice *captures, bool query)
{
	for (size_t i = 0; i < stencil->n; i++) {
		const struct piece *p = &stencil->at[i];

		if (p->variable == VARIABLE_NONE)
			text_add(t, p->text);
		else if (query)
			add_encoded(t, captures[p->capture]);
		else
			text_add(t, captures[p->capture]);
	}
}

static bool no_worse(struct slice after, struct slice before)
{
	struct uri_dots was = uri_dots(before);
	struct uri_dots is = uri_dots(after);

	return is.up <= was.up && is.here <= was.here && !uri_climbs(after);
}

static bool match(const struct path_map *m, const char *path,
    struct slice subject, struct slice *captures)
{
	regmatch_t found[REMAP_CAPTURES];

	if (regexec(m->compiled, path, REMAP_CAPTURES, found, 0) != 0)
		return false;
	for (size_t i = 0; i < REMAP_CAPTURES; i++) {
		captures[i] = SLICE_NONE;
		if (found[i].rm_so >= 0)
			captures[i] =
			    (struct slice){ subject.at + found[i].rm_so,
				    (size_t)(found[i].rm_eo - found[i].rm_so) };
	}
	return true;
}

enum remap_verdict remap(const struct path_map *m, struct slice path,
    struct slice query, struct arena *a, struct remap *remap_out)
{
	struct slice subject = path.len == 0 ? LIT("/") : path;
	struct slice *captures;
	struct text target = text_in(a, RESULT_MAX + query.len + 2);
	struct uri uri;
	size_t path_len;
	char *edge;

	if (subject.len > PATH_MAP_BYTES_MAX)
		return REMAP_TOO_LONG;
	edge = arena_cstr(a, subject);
	captures = arena_alloc(a, REMAP_CAPTURES * sizeof(*captures));
	if (edge == NULL || captures == NULL)
		return REMAP_TOO_LONG;
	if (!match(m, edge, subject, captures))
		return REMAP_OFF;
	fill(&target, &m->path, captures, false);
	/* A capture in front may have left its slash behind. */
	if (target.len == 0 || target.at[0] != '/') {
		target.len = 0;
		text_char(&target, '/');
		fill(&target, &m->path, captures, false);
	}
	path_len = target.len;
	if (m->query.n > 0) {
		text_char(&target, '?');
		fill(&target, &m->query, captures, true);
	}
	if (query.len > 1 || m->query.n == 0) {
		text_add(&target, m->query.n > 0 ? LIT("&") : LIT(""));
		text_add(&target, slice_from(query, m->query.n > 0 ? 1 : 0));
	}
	if (text_spent(&target))
		return REMAP_TOO_LONG;
	if (uri_split(text_slice(&target), &uri) != URI_OK ||
	    uri.path.len != path_len || !no_worse(uri.path, subject))
		return REMAP_REFUSED;
	*remap_out = (struct remap){ uri.path, uri.query, captures };
	return REMAP_DONE;
}

/* Replacing parts of a field's value. */
#include "policy/patch.h"

#include "base/arena.h"
#include "policy/mapping.h"

struct patch patch_of(struct slice in, struct arena *a)
{
	return (struct patch){
		.in = in, .arena = a, .out = text_in(a, PATCH_MAX_BYTES)
	};
}

void patch_put(struct patch *p, struct slice part, struct slice fresh)
{
	size_t at = (size_t)(part.at - p->in.at);

	if (fresh.at == NULL) {
		p->out.spent = true;
		return;
	}
	if (slice_eq(part, fresh))
		return;
	text_add(&p->out, slice_from(slice_upto(p->in, at), p->done));
	text_add(&p->out, fresh);
	p->done = at + part.len;
	p->changed = true;
}

static struct slice mapped(
    const struct patch *p, const struct mapping *m, struct slice url)
{
	return mapping_apply(m, mapping_place(m), url, MAPPING_WHOLE, p->arena);
}

void patch_url(struct patch *p, const struct mapping *m, struct slice url)
{
	patch_put(p, url, mapped(p, m, url));
}

static struct slice unquoted(struct arena *a, struct slice inner)
{
	char *at = arena_alloc(a, inner.len);
	size_t n = 0;

	if (at == NULL)
		return SLICE_NONE;
	for (size_t i = 0; i < inner.len; i++) {
		if (inner.at[i] == '\\' && i + 1 < inner.len)
			i++;
		at[n++] = inner.at[i];
	}
	return (struct slice){ at, n };
}

static struct slice quoted(struct arena *a, struct slice s)
{
	struct text t = text_in(a, PATCH_MAX_BYTES);

	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '"' || s.at[i] == '\\')
			text_char(&t, '\\');
		text_char(&t, s.at[i]);
	}
	return text_spent(&t) ? SLICE_NONE : text_slice(&t);
}

void patch_quoted_url(
    struct patch *p, const struct mapping *m, struct slice inner)
{
	struct slice url;
	struct slice fresh;

	if (slice_find(inner, '\\') == inner.len) {
		patch_url(p, m, inner);
		return;
	}
	url = unquoted(p->arena, inner);
	fresh = url.at == NULL ? SLICE_NONE : mapped(p, m, url);
	if (fresh.at != NULL && slice_eq(fresh, url))
		return;
	patch_put(
	    p, inner, fresh.at == NULL ? SLICE_NONE : quoted(p->arena, fresh));
}

struct slice patch_end(struct patch *p)
{
	if (p->out.spent)
		return SLICE_NONE;
	if (!p->changed)
		return p->in;
	text_add(&p->out, slice_from(p->in, p->done));
	return text_spent(&p->out) ? SLICE_NONE : text_slice(&p->out);
}

size_t quote_end(struct slice s, size_t i)
{
	for (; i < s.len && s.at[i] != '"'; i++)
		if (s.at[i] == '\\')
			i++;
	return i < s.len ? i : s.len;
}

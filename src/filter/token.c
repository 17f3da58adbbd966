/* Finding one fixed word.  Its first byte, a slash, is nowhere else in it: a
 * match that breaks off can only begin anew at the byte that broke it. */
#include "filter/token.h"

#include <string.h>

#include "base/arena.h"
#include "policy/mapping.h"

static const struct slice token = { MAPPING_TOKEN, sizeof(MAPPING_TOKEN) - 1 };

struct token {
	struct rewriter base;
	struct slice prefix;
	size_t held; /* bytes of the token at the end of what was fed */
};

/* Bytes that could end the string or template that the token stands in, or
 * the element around it. */
static bool is_unsafe(char c)
{
	return (unsigned char)c <= ' ' || c == '"' || c == '\'' || c == '`' ||
	    c == '\\' || c == '<' || c == '>' || c == '{' || c == '}';
}

/* Percent-encoded: the same path. */
static void put_prefix(struct token *t)
{
	static const char hex[] = "0123456789ABCDEF";
	struct slice rest = t->prefix;

	for (size_t i = 0; i < rest.len; i++) {
		unsigned char u = (unsigned char)rest.at[i];
		char escaped[] = { '%', hex[u >> 4], hex[u & 15] };

		if (!is_unsafe(rest.at[i]))
			continue;
		rewriter_fresh(&t->base, slice_upto(rest, i));
		rewriter_fresh(
		    &t->base, (struct slice){ escaped, sizeof(escaped) });
		rest = slice_from(rest, i + 1);
		i = (size_t)-1;
	}
	rewriter_fresh(&t->base, rest);
}

/* Goes on with a match that an earlier piece began.  What is left of s. */
static struct slice go_on(struct token *t, struct slice s)
{
	size_t i = 0;

	while (t->held > 0 && i < s.len) {
		if (s.at[i] != token.at[t->held]) {
			rewriter_raw(&t->base, slice_upto(token, t->held));
			t->held = 0;
			break;
		}
		i++;
		if (++t->held == token.len) {
			put_prefix(t);
			t->held = 0;
		}
	}
	return slice_from(s, i);
}

/* How much of the token s ends with. */
static size_t begun(struct slice s)
{
	size_t n = s.len < token.len ? s.len : token.len - 1;

	for (; n > 0; n--)
		if (slice_ends(s, slice_upto(token, n)))
			return n;
	return 0;
}

static void feed(struct rewriter *r, struct slice s)
{
	struct token *t = (struct token *)r;
	const char *found;

	s = go_on(t, s);
	while (s.len > 0 &&
	    (found = memmem(s.at, s.len, token.at, token.len)) != NULL) {
		rewriter_raw(r, slice_upto(s, (size_t)(found - s.at)));
		put_prefix(t);
		s = slice_from(s, (size_t)(found - s.at) + token.len);
	}
	if (s.len > 0) {
		t->held = begun(s);
		rewriter_raw(r, slice_upto(s, s.len - t->held));
	}
}

static void finish(struct rewriter *r)
{
	struct token *t = (struct token *)r;

	rewriter_raw(r, slice_upto(token, t->held));
	t->held = 0;
}

static const struct rewriter_ops ops = { "token", feed, finish };

struct rewriter *token_new(
    struct arena *a, const struct mapping *m, struct outlet out)
{
	struct token *t = arena_zero(a, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->base = (struct rewriter){ .ops = &ops, .out = out };
	t->prefix = m->to;
	return &t->base;
}

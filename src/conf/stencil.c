/* Cutting values at their variables. */
#include "conf/stencil.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/suggest.h"

static const char *const names[VARIABLE_N] = {
	[VARIABLE_CLIENT_ADDRESS] = "client_address",
	[VARIABLE_CLIENT_PORT] = "client_port",
	[VARIABLE_SCHEME] = "scheme",
	[VARIABLE_HOST] = "host",
	[VARIABLE_PREFIX] = "prefix",
	[VARIABLE_PATH] = "path",
	[VARIABLE_QUERY] = "query",
	[VARIABLE_REQUEST_ID] = "request_id",
	[VARIABLE_METHOD] = "method",
	[VARIABLE_USER] = "user",
};

struct cutter {
	struct piece pieces[STENCIL_PIECES_MAX];
	size_t n;
	struct text literal; /* since the last variable */
	struct arena *arena;
	struct text *why;
	bool captures_only;
};

static bool push(struct cutter *c, struct piece piece)
{
	if (c->n == STENCIL_PIECES_MAX) {
		text_format(c->why, "more than %d variables and texts in it",
		    STENCIL_PIECES_MAX);
		return false;
	}
	c->pieces[c->n++] = piece;
	return true;
}

static bool push_literal(struct cutter *c)
{
	struct slice text;

	if (c->literal.len == 0)
		return true;
	text = arena_slice(c->arena, text_slice(&c->literal));
	if (text_spent(&c->literal) || text.at == NULL) {
		text_add(c->why, LIT("out of memory"));
		return false;
	}
	c->literal.len = 0;
	return push(c, (struct piece){ VARIABLE_NONE, 0, text });
}

static void say_unknown(struct cutter *c, struct slice name)
{
	struct suggestion near = suggest_for(name);

	if (c->captures_only) {
		text_format(c->why,
		    "$%.*s: a replacement knows $0 to $9 alone; write $$ for a "
		    "dollar",
		    SLICE_ARG(name));
		return;
	}
	for (size_t i = 0; i < VARIABLE_N; i++)
		if (names[i] != NULL)
			suggest_offer(&near, slice_of(names[i]));
	if (near.best.len > 0)
		text_format(c->why,
		    "unknown variable $%.*s: did you mean $%.*s?",
		    SLICE_ARG(name), SLICE_ARG(near.best));
	else
		text_format(c->why,
		    "unknown variable $%.*s: write $$%.*s for a dollar, or one "
		    "that fingerpost.ini(5) lists",
		    SLICE_ARG(name), SLICE_ARG(name));
}

static bool push_named(struct cutter *c, struct slice name)
{
	if (!c->captures_only)
		for (size_t i = 0; i < VARIABLE_N; i++)
			if (names[i] != NULL &&
			    slice_eq(name, slice_of(names[i])))
				return push_literal(c) &&
				    push(c,
					(struct piece){
					    .variable = (enum variable)i });
	say_unknown(c, name);
	return false;
}

static size_t name_end(struct slice s)
{
	size_t end = 0;

	while (end < s.len &&
	    (ascii_is_alpha(s.at[end]) || ascii_is_digit(s.at[end]) ||
		s.at[end] == '_'))
		end++;
	return end;
}

/* What follows a dollar; how much of it belongs to it, or SIZE_MAX. */
static size_t cut_dollar(struct cutter *c, struct slice rest)
{
	char first = rest.len > 0 ? rest.at[0] : '\0';

	if (ascii_is_alpha(first)) {
		struct slice name = slice_upto(rest, name_end(rest));

		return push_named(c, name) ? name.len : SIZE_MAX;
	}
	if (ascii_is_digit(first)) {
		struct piece piece = { .variable = VARIABLE_CAPTURE,
			.capture = (unsigned)(first - '0') };

		return push_literal(c) && push(c, piece) ? 1 : SIZE_MAX;
	}
	text_char(&c->literal, '$');
	return first == '$' ? 1 : 0;
}

static bool compile(struct slice value, bool captures_only, struct arena *a,
    struct stencil *stencil_out, struct text *why)
{
	struct cutter c = { .literal = text_in(a, value.len + 1),
		.arena = a,
		.why = why,
		.captures_only = captures_only };
	struct piece *kept;

	for (size_t i = 0; i < value.len;) {
		size_t taken;

		if (value.at[i] != '$') {
			text_char(&c.literal, value.at[i++]);
			continue;
		}
		taken = cut_dollar(&c, slice_from(value, i + 1));
		if (taken == SIZE_MAX)
			return false;
		i += 1 + taken;
	}
	if (!push_literal(&c))
		return false;
	kept = arena_alloc(a, (c.n + 1) * sizeof(*kept));
	if (kept == NULL) {
		text_add(why, LIT("out of memory"));
		return false;
	}
	memcpy(kept, c.pieces, c.n * sizeof(*kept));
	*stencil_out = (struct stencil){ kept, c.n };
	return true;
}

bool stencil_compile(struct slice value, struct arena *a,
    struct stencil *stencil_out, struct text *why)
{
	return compile(value, false, a, stencil_out, why);
}

bool stencil_compile_captures(struct slice value, struct arena *a,
    struct stencil *stencil_out, struct text *why)
{
	return compile(value, true, a, stencil_out, why);
}

unsigned stencil_captures(const struct stencil *t)
{
	unsigned most = 0;

	for (size_t i = 0; i < t->n; i++)
		if (t->at[i].variable == VARIABLE_CAPTURE &&
		    t->at[i].capture >= most)
			most = t->at[i].capture + 1;
	return most;
}

/* Reading and compiling map_path. */
#include "conf/path_map.h"

#include <regex.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/stencil.h"
#include "http/uri.h"

/* Where in the pattern, from 1, as people count. */
#define COLUMN(i) ((unsigned)((i) + 1))

/* The index behind a bracket expression that starts at `i`. */
static size_t skip_bracket(struct slice p, size_t i)
{
	i++;
	if (i < p.len && p.at[i] == '^')
		i++;
	if (i < p.len && p.at[i] == ']')
		i++;
	while (i < p.len && p.at[i] != ']') {
		if (p.at[i] == '[' && i + 1 < p.len &&
		    (p.at[i + 1] == ':' || p.at[i + 1] == '.' ||
			p.at[i + 1] == '=')) {
			char kind = p.at[i + 1];

			i += 2;
			while (i + 1 < p.len &&
			    (p.at[i] != kind || p.at[i + 1] != ']'))
				i++;
			i++;
		}
		i++;
	}
	return i + 1;
}

/* "{2}", "{2,}", "{2,5}". */
struct braces {
	unsigned most;  /* the larger number; a little above
			 * PATH_MAP_REPEAT_MAX stands for all that are */
	bool unbounded; /* no upper end */
	bool open;      /* more than one number of times */
	size_t end;     /* the index behind it */
};

static struct braces read_braces(struct slice p, size_t i)
{
	struct braces b = { 0 };
	unsigned number = 0;

	for (i++; i < p.len && p.at[i] != '}'; i++) {
		if (p.at[i] == ',') {
			b.open = true;
			b.unbounded = i + 1 < p.len && p.at[i + 1] == '}';
			number = 0;
		} else if (ascii_is_digit(p.at[i]) &&
		    number <= PATH_MAP_REPEAT_MAX) {
			number = number * 10 + (unsigned)(p.at[i] - '0');
		}
		if (number > b.most)
			b.most = number;
	}
	b.end = i + 1;
	return b;
}

/* What stands before a repetition. */
enum atom {
	ATOM_BYTE,
	ATOM_WIDE, /* takes more than one byte's value: . or brackets */
	ATOM_GROUP,
};

static enum atom atom_before(struct slice p, size_t i)
{
	char c = p.at[i - 1];

	if (i > 1 && p.at[i - 2] == '\\')
		return ATOM_BYTE;
	if (c == ')')
		return ATOM_GROUP;
	return c == '.' || c == ']' ? ATOM_WIDE : ATOM_BYTE;
}

/* How much matching has to keep open.  Behind a repetition it is not known
 * where in the pattern a byte belongs; each atom there that takes more than
 * one byte's value, and each choice, may double what regexec() tracks. */
struct cost {
	unsigned open; /* such atoms and choices */
	bool loose;    /* there was a repetition before */
};

/* What may repeat at will is one thing to track, however long it gets; and
 * before the first such atom everything has found its place. */
static void cost_repeat(struct cost *c, enum atom atom)
{
	if (!c->loose && atom != ATOM_GROUP)
		c->open = 0;
	else if (atom == ATOM_WIDE)
		c->open -= c->open > 0;
	c->loose = true;
}

static void cost_braces(struct cost *c, const struct braces *b, enum atom atom)
{
	unsigned most = b->most > 0 ? b->most : 1;

	if (b->unbounded)
		cost_repeat(c, atom);
	if (atom == ATOM_GROUP && most > 1) {
		c->loose = true;
		/* Grows no further than is too much already. */
		if (c->open <= PATH_MAP_OPEN_MAX)
			c->open = (c->open > 0 ? c->open : 1) * most;
	} else {
		c->open += b->open ? most : most - 1;
	}
}

static bool pattern_shaped(struct slice p, struct text *why)
{
	if (p.len == 0 || p.at[0] != '^') {
		text_format(why,
		    "the pattern \"%.*s\" does not start with ^: did you mean "
		    "\"^%s%.*s\"?",
		    SLICE_ARG(p), p.len > 0 && p.at[0] == '/' ? "" : "/",
		    SLICE_ARG(p));
		return false;
	}
	if (p.len > PATH_MAP_PATTERN_MAX) {
		text_format(why, "the pattern is longer than %d bytes",
		    PATH_MAP_PATTERN_MAX);
		return false;
	}
	return true;
}

/* What regcomp() takes but matching would pay for. */
static bool pattern_cheap(struct slice p, struct text *why)
{
	struct cost cost = { 0 };
	size_t depth = 0;

	for (size_t i = 1; i < p.len;) {
		enum atom atom = atom_before(p, i);
		struct braces b;

		switch (p.at[i]) {
		case '\\':
			if (i + 1 < p.len && ascii_is_digit(p.at[i + 1])) {
				text_format(why,
				    "the pattern has a back-reference \\%c at "
				    "column %u: there are none here, as they "
				    "take too long",
				    p.at[i + 1], COLUMN(i));
				return false;
			}
			i += 2;
			continue;
		case '[':
			cost.open++;
			i = skip_bracket(p, i);
			continue;
		case '.':
		case '?':
			cost.open++;
			break;
		case '*':
		case '+':
			cost_repeat(&cost, atom);
			break;
		case '{':
			b = read_braces(p, i);
			if (b.most > PATH_MAP_REPEAT_MAX) {
				text_format(why,
				    "the pattern repeats more than %d times at "
				    "column %u: write * or +",
				    PATH_MAP_REPEAT_MAX, COLUMN(i));
				return false;
			}
			cost_braces(&cost, &b, atom);
			i = b.end;
			continue;
		case '(':
			depth++;
			break;
		case ')':
			depth -= depth > 0;
			break;
		case '|':
			cost.open++;
			if (depth > 0)
				break;
			text_format(why,
			    "the pattern has a | outside parentheses at "
			    "column %u: write ^(A|B) for ^A|B",
			    COLUMN(i));
			return false;
		}
		i++;
	}
	if (!cost.loose || cost.open <= PATH_MAP_OPEN_MAX)
		return true;
	text_format(why,
	    "the pattern leaves more than %d things open behind a repetition, "
	    "which may take too long to match: put what is fixed first, and "
	    "write [^/]* for what is counted",
	    PATH_MAP_OPEN_MAX);
	return false;
}

static bool compile(const char *pattern, regex_t *to, struct text *why)
{
	char words[128];
	int fault = regcomp(to, pattern, REG_EXTENDED);

	if (fault == 0)
		return true;
	regerror(fault, to, words, sizeof(words));
	if (why != NULL)
		text_format(why, "the pattern \"%s\": %s", pattern, words);
	return false;
}

/* What may stand in the path and query of a request line. */
static bool replacement_plain(struct slice s, struct text *why)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (c <= ' ' || c == 0x7f || c == '#' || c == '\\') {
			text_format(why,
			    "the replacement \"%.*s\" holds a blank, a "
			    "control character, # or \\: percent-encode it",
			    SLICE_ARG(s));
			return false;
		}
	}
	if (s.len == 0 || (s.at[0] != '/' && s.at[0] != '$')) {
		text_format(why,
		    "the replacement \"%.*s\" does not start with /: did you "
		    "mean \"/%.*s\"?",
		    SLICE_ARG(s), SLICE_ARG(s));
		return false;
	}
	return true;
}

/* With an "x" in every capture's place. */
static bool literal_path_sound(
    const struct stencil *path, struct slice written, struct text *why)
{
	char room[1024];
	struct text t = text_over(room, sizeof(room));
	enum uri_fault fault;
	struct uri uri;

	if (path->n > 0 && path->at[0].variable == VARIABLE_CAPTURE)
		text_char(&t, '/');
	for (size_t i = 0; i < path->n; i++)
		text_add(&t,
		    path->at[i].variable == VARIABLE_CAPTURE ?
			LIT("x") :
			path->at[i].text);
	fault = uri_split(text_slice(&t), &uri);
	if (text_spent(&t) || fault != URI_OK)
		text_format(why, "the replacement \"%.*s\" is no path: %.*s",
		    SLICE_ARG(written), SLICE_ARG(uri_fault_words(fault)));
	else if (uri_dots(uri.path).up > 0 || uri_dots(uri.path).here > 0)
		text_format(why,
		    "the replacement \"%.*s\" has a dot segment: leave it out",
		    SLICE_ARG(written));
	else
		return true;
	return false;
}

static bool captures_exist(
    const struct path_map *m, size_t groups, struct text *why)
{
	unsigned path = stencil_captures(&m->path);
	unsigned query = stencil_captures(&m->query);
	unsigned most = path > query ? path : query;

	if (most == 0 || most - 1 <= groups)
		return true;
	text_format(why,
	    "$%u has no parentheses to stand for: the pattern has %zu of them",
	    most - 1, groups);
	return false;
}

bool path_map_parse(struct slice s, struct arena *a,
    struct path_map *path_map_out, struct text *why)
{
	size_t blank = slice_find(s, ' ');
	size_t tab = slice_find(s, '\t');
	struct slice pattern = slice_upto(s, blank < tab ? blank : tab);
	struct slice target = slice_trim(slice_from(s, pattern.len));
	size_t mark = slice_find(target, '?');
	struct path_map m = { 0 };
	regex_t compiled;
	bool sound;

	if (target.len == 0) {
		text_add(why,
		    LIT("needs a pattern and a replacement, as in ^/v1/(.*) "
			"/api/$1"));
		return false;
	}
	if (slice_find(target, ' ') < target.len ||
	    slice_find(target, '\t') < target.len) {
		text_add(why,
		    LIT("more than a pattern and a replacement: neither holds "
			"a blank, write [[:blank:]] or %20"));
		return false;
	}
	if (!pattern_shaped(pattern, why) || !pattern_cheap(pattern, why) ||
	    !replacement_plain(target, why) ||
	    !stencil_compile_captures(
		slice_upto(target, mark), a, &m.path, why) ||
	    !stencil_compile_captures(
		slice_from(target, mark + 1), a, &m.query, why) ||
	    !literal_path_sound(&m.path, slice_upto(target, mark), why))
		return false;
	m.pattern = arena_cstr(a, pattern);
	m.written = arena_slice(a, target);
	if (m.pattern == NULL || m.written.at == NULL) {
		text_add(why, LIT("out of memory"));
		return false;
	}
	if (!compile(m.pattern, &compiled, why))
		return false;
	m.groups = compiled.re_nsub;
	sound = captures_exist(&m, m.groups, why);
	regfree(&compiled);
	if (sound)
		*path_map_out = m;
	return sound;
}

bool path_map_compile(struct path_map *m, struct arena *a)
{
	regex_t *compiled = arena_alloc(a, sizeof(*compiled));

	if (compiled == NULL || !compile(m->pattern, compiled, NULL))
		return false;
	m->compiled = compiled;
	return true;
}

void path_map_free(const struct path_map *m)
{
	if (m->compiled != NULL)
		regfree(m->compiled);
}

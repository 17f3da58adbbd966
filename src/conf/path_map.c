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

/* The larger number in braces, and the index behind them. */
static size_t read_braces(struct slice p, size_t i, unsigned *most_out)
{
	unsigned most = 0;
	unsigned number = 0;

	for (i++; i < p.len && p.at[i] != '}'; i++) {
		if (ascii_is_digit(p.at[i]) && number <= PATH_MAP_REPEAT_MAX)
			number = number * 10 + (unsigned)(p.at[i] - '0');
		else if (!ascii_is_digit(p.at[i]))
			number = 0;
		if (number > most)
			most = number;
	}
	*most_out = most;
	return i + 1;
}

/* What regcomp() takes but matching would pay for. */
static bool pattern_cheap(struct slice p, struct text *why)
{
	unsigned repeats = 1;
	unsigned most;
	size_t depth = 0;

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
	for (size_t i = 0; i < p.len;) {
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
			i = skip_bracket(p, i);
			continue;
		case '{':
			i = read_braces(p, i, &most);
			repeats *= most > 1 ? most : 1;
			if (repeats > PATH_MAP_REPEAT_MAX) {
				text_format(why,
				    "the pattern repeats more than %d times "
				    "in all: write * or + for the braces "
				    "before column %u",
				    PATH_MAP_REPEAT_MAX, COLUMN(i));
				return false;
			}
			continue;
		case '(':
			depth++;
			break;
		case ')':
			depth -= depth > 0;
			break;
		case '|':
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
	return true;
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
	if (!pattern_cheap(pattern, why) || !replacement_plain(target, why) ||
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

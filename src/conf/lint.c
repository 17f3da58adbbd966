/* The line-aware half of reading a rule file.
 *
 * What iniparser 4.1 makes of a line, found by trying it: blanks at the end
 * go, and a backslash before them joins the next line, in comments too; a
 * line starting with [ and ending with ] is a section named up to the first
 * ]; a value in quotes ends at the next quote and the rest is dropped; any
 * other value ends at the first ; or #; a joined line left open at the end
 * of the file is dropped. */
#include "conf/lint.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "conf/finding.h"

struct reader {
	struct lint *lint;
	struct findings *findings;
	struct slice file;
	struct slice rest;
	unsigned number; /* of the physical line last taken */
	struct lint_section *section;
	bool hushed;       /* its lines may hold secrets: none is quoted */
	bool keyless_said; /* that keys stand before any section */
	bool spent;
	char room[LINT_LINE_MAX]; /* of lines that are joined */
};

static const char nul_message[] =
    "a NUL byte: save the file as plain text in UTF-8";

static void fault(struct reader *r, unsigned line, const char *message)
{
	finding_add(r->findings, FINDING_FAULT, r->file, line, "%s", message);
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct slice trim_right(struct slice s)
{
	while (s.len > 0 && is_blank(s.at[s.len - 1]))
		s.len--;
	return s;
}

static struct slice trim(struct slice s)
{
	while (s.len > 0 && is_blank(s.at[0]))
		s = slice_from(s, 1);
	return trim_right(s);
}

static bool is_comment(struct slice line)
{
	line = trim(line);
	return line.len > 0 && (line.at[0] == '#' || line.at[0] == ';');
}

static bool take_line(struct reader *r, struct slice *line_out)
{
	if (r->rest.len == 0)
		return false;
	(void)slice_cut(&r->rest, '\n', line_out);
	r->number++;
	return true;
}

/* One logical line: SLICE_NONE where it was found faulty.  False at the end
 * of the file. */
static bool take_logical(
    struct reader *r, struct slice *line_out, unsigned *number_out)
{
	char *room = r->room;
	struct slice line, text;
	size_t len = 0;
	bool joined = false;
	bool over = false;

	if (!take_line(r, &line))
		return false;
	*number_out = r->number;
	if (is_comment(line)) {
		*line_out = SLICE_NONE;
		if (line.len > LINT_LINE_MAX)
			over = true;
		else if (slice_find(line, '\0') < line.len)
			fault(r, r->number, nul_message);
		else if (slice_ends(trim_right(line), LIT("\\")))
			fault(r, r->number,
			    "a backslash at the end of a comment swallows the "
			    "next line: take it away");
	} else {
		for (;;) {
			over |= line.len > LINT_LINE_MAX - len;
			if (!over) {
				memcpy(room + len, line.at, line.len);
				len += line.len;
			}
			text = trim_right(
			    over ? line : (struct slice){ room, len });
			if (!slice_ends(text, LIT("\\")))
				break;
			joined = true;
			len = over ? 0 : text.len - 1;
			if (!take_line(r, &line)) {
				fault(r, *number_out,
				    "the file ends in a line continued with "
				    "a backslash, which is dropped: take the "
				    "backslash away");
				*line_out = SLICE_NONE;
				return true;
			}
		}
		*line_out = over ? SLICE_NONE : trim(text);
	}
	if (over)
		finding_add(r->findings, FINDING_FAULT, r->file, *number_out,
		    "longer than %d bytes: break a list with a backslash "
		    "into no more than that in all, or shorten it",
		    LINT_LINE_MAX);
	else if (joined) {
		*line_out = arena_slice(r->lint->arena, *line_out);
		r->spent |= line_out->at == NULL;
	} else if (line_out->at != NULL) {
		*line_out = trim(line);
	}
	return true;
}

/* The length of the UTF-8 sequence at the start of s, or 0 where there is
 * none (RFC 3629 section 4). */
static size_t utf8_sequence(struct slice s)
{
	unsigned char c = (unsigned char)s.at[0];
	unsigned char low = 0x80, high = 0xbf;
	size_t len = c < 0x80 ? 1 :
	    c < 0xc2          ? 0 :
	    c < 0xe0          ? 2 :
	    c < 0xf0          ? 3 :
	    c < 0xf5          ? 4 :
				0;

	if (c == 0xe0)
		low = 0xa0;
	else if (c == 0xed)
		high = 0x9f;
	else if (c == 0xf0)
		low = 0x90;
	else if (c == 0xf4)
		high = 0x8f;
	if (len > s.len)
		return 0;
	for (size_t i = 1; i < len; i++) {
		unsigned char d = (unsigned char)s.at[i];

		if (d < low || d > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return len;
}

static bool bytes_valid(struct reader *r, struct slice line, unsigned number)
{
	while (line.len > 0) {
		unsigned char c = (unsigned char)line.at[0];
		size_t len = utf8_sequence(line);

		if (c == '\0')
			fault(r, number, nul_message);
		else if (c == '\r')
			fault(r, number,
			    "a carriage return inside the line: save the file "
			    "with Unix or Windows line ends");
		else if ((c < ' ' && c != '\t') || c == 0x7f)
			finding_add(r->findings, FINDING_FAULT, r->file, number,
			    "a control character (0x%02x): remove it", c);
		else if (len == 0)
			finding_add(r->findings, FINDING_FAULT, r->file, number,
			    "a byte (0x%02x) that is no UTF-8: save the file "
			    "as UTF-8",
			    c);
		else {
			line = slice_from(line, len);
			continue;
		}
		return false;
	}
	return true;
}

static struct slice lower_copy(struct reader *r, struct slice s)
{
	char *at = arena_cstr(r->lint->arena, s);

	if (at == NULL) {
		r->spent = true;
		return SLICE_NONE;
	}
	for (size_t i = 0; i < s.len; i++)
		at[i] = ascii_lower(at[i]);
	return (struct slice){ at, s.len };
}

static bool section_char(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) ||
	    (c != '\0' && strchr(" -_./", c) != NULL);
}

/* Says what is wrong with the name, if anything is. */
static bool section_name_valid(
    struct reader *r, struct slice name, unsigned number)
{
	if (name.len == 0) {
		fault(r, number, "a section without a name: write [NAME]");
		return false;
	}
	if (name.len > LINT_NAME_MAX) {
		finding_add(r->findings, FINDING_FAULT, r->file, number,
		    "a section name longer than %d bytes", LINT_NAME_MAX);
		return false;
	}
	for (size_t i = 0; i < name.len; i++)
		if (!section_char(name.at[i]) && r->hushed) {
			fault(r, number,
			    "a character no section name may have: write "
			    "letters, digits, blanks and - _ . / alone");
			return false;
		} else if (!section_char(name.at[i])) {
			finding_add(r->findings, FINDING_FAULT, r->file, number,
			    "[%.*s] has a character no section name may have: "
			    "write letters, digits, blanks and - _ . / alone",
			    SLICE_ARG(name));
			return false;
		}
	return true;
}

static struct lint_section *section_add(struct reader *r)
{
	struct lint *l = r->lint;

	if (l->n >= LINT_SECTIONS_MAX) {
		r->spent = true;
		return NULL;
	}
	if (l->n == l->size) {
		size_t size = l->size == 0 ? 64 : l->size * 2;
		struct lint_section *grown =
		    arena_alloc(l->arena, size * sizeof(*grown));

		if (grown == NULL) {
			r->spent = true;
			return NULL;
		}
		if (l->n > 0)
			memcpy(grown, l->at, l->n * sizeof(*grown));
		l->at = grown;
		l->size = size;
	}
	l->at[l->n] = (struct lint_section){ 0 };
	return &l->at[l->n++];
}

/* Of a name that is nearly right, too. */
static bool may_hold_secrets(struct slice section)
{
	return slice_starts_nocase(section, LIT("cred"));
}

/* Is the line not to be quoted? */
static bool hushed(const struct reader *r, struct slice key)
{
	static const struct slice words[] = { { "secret", 6 }, { "token", 5 },
		{ "access_key", 10 } };

	for (size_t i = 0; i < key.len; i++)
		for (size_t j = 0; j < 3; j++)
			if (slice_starts_nocase(slice_from(key, i), words[j]))
				return true;
	return r->hushed;
}

static void read_section(struct reader *r, struct slice line, unsigned number)
{
	size_t close = slice_find(line, ']');
	struct slice name = trim(slice_from(slice_upto(line, close), 1));
	struct slice stray = trim(slice_from(line, close + 1));
	bool valid = bytes_valid(r, line, number);

	r->section = section_add(r);
	if (r->section == NULL)
		return;
	/* What is no header may still be a line of the section before. */
	if (close + 1 == line.len && slice_find(name, '=') == name.len)
		r->hushed = false;
	r->hushed |= may_hold_secrets(name);
	r->section->file = r->file;
	r->section->number = number;
	if (valid && close == line.len && r->hushed) {
		fault(
		    r, number, "a section header without its closing bracket");
		valid = false;
	} else if (valid && close == line.len) {
		finding_add(r->findings, FINDING_FAULT, r->file, number,
		    "\"%.*s\" has no closing bracket: write [%.*s]",
		    SLICE_ARG(line), SLICE_ARG(name));
	} else if (valid && stray.len > 0 && r->hushed) {
		finding_add(r->findings, FINDING_FAULT, r->file, number,
		    "stray text after [%.*s]: put it on a line of its own",
		    SLICE_ARG(name));
	} else if (valid && stray.len > 0) {
		finding_add(r->findings, FINDING_FAULT, r->file, number,
		    "stray text after [%.*s]: put \"%.*s\" on a line of its "
		    "own",
		    SLICE_ARG(name), SLICE_ARG(stray));
	}
	if (!valid || !section_name_valid(r, name, number))
		r->section->broken = true;
	else
		r->section->name = lower_copy(r, name);
}

/* What iniparser would make something else of than what is written. */
static bool value_valid(
    struct reader *r, struct slice key, struct slice value, unsigned number)
{
	struct slice left;
	size_t end;

	if (value.len > 0 && (value.at[0] == '"' || value.at[0] == '\'')) {
		end = slice_find(slice_from(value, 1), value.at[0]) + 1;
		left = trim(slice_from(value, end + 1));
		if (end == value.len) {
			finding_add(r->findings, FINDING_FAULT, r->file, number,
			    "%.*s: the quote %c is never closed",
			    SLICE_ARG(key), value.at[0]);
			return false;
		}
		if (left.len > 0 && !is_comment(left) && hushed(r, key)) {
			finding_add(r->findings, FINDING_FAULT, r->file, number,
			    "%.*s: what follows the closing quote is dropped: "
			    "put the whole value in one pair of quotes",
			    SLICE_ARG(key));
			return false;
		}
		if (left.len > 0 && !is_comment(left)) {
			finding_add(r->findings, FINDING_FAULT, r->file, number,
			    "%.*s: \"%.*s\" after the closing quote is "
			    "dropped: put the whole value in one pair of "
			    "quotes",
			    SLICE_ARG(key), SLICE_ARG(left));
			return false;
		}
		return true;
	}
	for (end = 0; end < value.len; end++)
		if (value.at[end] == ';' || value.at[end] == '#')
			break;
	if (end == value.len)
		return true;
	if (hushed(r, key))
		finding_add(r->findings, FINDING_FAULT, r->file, number,
		    "%.*s: an unquoted %c cuts the value short: put the value "
		    "in quotes, or a comment on a line of its own",
		    SLICE_ARG(key), value.at[end]);
	else
		finding_add(r->findings, FINDING_FAULT, r->file, number,
		    "%.*s: an unquoted %c cuts the value to \"%.*s\": put the "
		    "value "
		    "in quotes, or a comment on a line of its own",
		    SLICE_ARG(key), value.at[end],
		    SLICE_ARG(trim(slice_upto(value, end))));
	return false;
}

static bool key_room(struct reader *r, struct lint_section *s, unsigned number)
{
	size_t size = s->key_size == 0 ? 4 : s->key_size * 2;
	struct lint_key *grown;

	if (s->key_n == LINT_KEYS_MAX) {
		finding_add(r->findings, FINDING_FAULT, r->file, number,
		    "more than %d keys in one section", LINT_KEYS_MAX);
		return false;
	}
	if (s->key_n < s->key_size)
		return true;
	grown = arena_alloc(r->lint->arena, size * sizeof(*grown));
	if (grown == NULL) {
		r->spent = true;
		return false;
	}
	if (s->key_n > 0)
		memcpy(grown, s->keys, s->key_n * sizeof(*grown));
	s->keys = grown;
	s->key_size = size;
	return true;
}

static void key_add(struct reader *r, struct lint_key key)
{
	struct lint_section *s = r->section;
	const struct lint_key *before;

	if (key.lower.at == NULL)
		return;
	before = lint_key_find(s, key.lower);
	if (before != NULL) {
		finding_add(r->findings, FINDING_FAULT, r->file, key.number,
		    "%.*s is set twice in [%.*s], first at line %u: keep one",
		    SLICE_ARG(key.name), SLICE_ARG(s->name), before->number);
		return;
	}
	if (key_room(r, s, key.number))
		s->keys[s->key_n++] = key;
}

static void read_key(struct reader *r, struct slice line, unsigned number)
{
	size_t equals = slice_find(line, '=');
	struct slice name = trim(slice_upto(line, equals));
	struct slice value = trim(slice_from(line, equals + 1));
	struct lint_key key = { .name = name, .line = line, .number = number };
	bool valid = bytes_valid(r, line, number);

	if (valid && equals == line.len && hushed(r, slice_upto(line, 32))) {
		fault(r, number,
		    "this line is neither [SECTION] nor KEY = VALUE");
		return;
	}
	if (valid && equals == line.len) {
		finding_add(r->findings, FINDING_FAULT, r->file, number,
		    "\"%.*s\" is neither [SECTION] nor KEY = VALUE",
		    SLICE_ARG(line));
		return;
	}
	if (valid && name.len == 0) {
		fault(r, number, "no key before the =: write KEY = VALUE");
		return;
	}
	if (r->section == NULL) {
		if (!r->keyless_said)
			fault(r, number,
			    "a key before any section: write [SECTION] above "
			    "it");
		r->keyless_said = true;
		return;
	}
	if (name.len > LINT_NAME_MAX) {
		finding_add(r->findings, FINDING_FAULT, r->file, number,
		    "a key longer than %d bytes", LINT_NAME_MAX);
		return;
	}
	key.broken = !valid || !value_valid(r, name, value, number);
	key.lower = lower_copy(r, name);
	key_add(r, key);
}

/* Line ends of a Mac before 2001. */
static bool mac_line_ends(struct slice bytes)
{
	return slice_find(bytes, '\n') == bytes.len &&
	    slice_find(bytes, '\r') < bytes.len;
}

bool lint_file(
    struct lint *l, struct slice file, struct slice bytes, struct findings *f)
{
	struct reader r = {
		.lint = l, .findings = f, .file = file, .rest = bytes
	};
	struct slice line;
	unsigned number;

	if (mac_line_ends(bytes)) {
		fault(&r, 1,
		    "the lines end in a carriage return alone: save the file "
		    "with Unix or Windows line ends");
		return true;
	}
	while (!r.spent && take_logical(&r, &line, &number)) {
		if (line.len == 0)
			continue;
		if (is_comment(line))
			fault(&r, number,
			    "a comment begins in a line that a backslash "
			    "continues: take the backslash away");
		else if (line.at[0] == '[')
			read_section(&r, line, number);
		else
			read_key(&r, line, number);
	}
	if (r.spent)
		fault(&r, r.number, "too many sections and keys to hold");
	explicit_bzero(r.room, sizeof(r.room));
	return !r.spent;
}

struct slice lint_value(const struct lint_key *key)
{
	size_t equals = slice_find(key->line, '=');
	struct slice value = trim(slice_from(key->line, equals + 1));

	if (value.len == 0 || (value.at[0] != '"' && value.at[0] != '\''))
		return value;
	return slice_upto(slice_from(value, 1),
	    slice_find(slice_from(value, 1), value.at[0]));
}

const struct lint_key *lint_key_find(
    const struct lint_section *s, struct slice lower)
{
	for (size_t i = 0; i < s->key_n; i++)
		if (slice_eq(s->keys[i].lower, lower))
			return &s->keys[i];
	return NULL;
}

static int by_name(const void *left, const void *right)
{
	const struct lint_section *a = *(struct lint_section *const *)left;
	const struct lint_section *b = *(struct lint_section *const *)right;
	int order = slice_compare(a->name, b->name);

	/* They stand in one array: its order is the files'. */
	return order != 0 ? order : a < b ? -1 : a > b;
}

static void say_duplicate(const struct lint_section *first,
    const struct lint_section *again, struct findings *f)
{
	finding_add(f, FINDING_FAULT, again->file, again->number,
	    "[%.*s] stands twice, first at %.*s:%u: join the two or rename "
	    "one",
	    SLICE_ARG(again->name), SLICE_ARG(first->file), first->number);
	for (size_t i = 0; i < again->key_n; i++) {
		const struct lint_key *key = &again->keys[i];
		const struct lint_key *before =
		    lint_key_find(first, key->lower);

		if (before != NULL)
			finding_add(f, FINDING_FAULT, again->file, key->number,
			    "%.*s is set twice in [%.*s], first at %.*s:%u: "
			    "keep one",
			    SLICE_ARG(key->name), SLICE_ARG(again->name),
			    SLICE_ARG(first->file), before->number);
	}
}

bool lint_duplicates(struct lint *l, struct findings *f)
{
	struct lint_section **sorted =
	    arena_alloc(l->arena, (l->n + 1) * sizeof(*sorted));
	const struct lint_section *first = NULL;
	size_t n = 0;

	if (sorted == NULL)
		return false;
	for (size_t i = 0; i < l->n; i++)
		if (!l->at[i].broken)
			sorted[n++] = &l->at[i];
	qsort(sorted, n, sizeof(struct lint_section *), by_name);
	for (size_t i = 0; i < n; i++) {
		if (first == NULL || !slice_eq(first->name, sorted[i]->name)) {
			first = sorted[i];
			continue;
		}
		sorted[i]->first = first;
		say_duplicate(first, sorted[i], f);
	}
	return true;
}

/* The states of an XML document. */
#include "filter/xml_scan.h"

#include <string.h>

enum state {
	STATE_FIRST, /* the first bytes tell the encoding */
	STATE_TEXT,
	STATE_OPEN, /* behind "<", until it is clear what begins */
	STATE_START,
	STATE_END,
	STATE_PI,
	STATE_COMMENT,
	STATE_CDATA,
	STATE_DOCTYPE,
	STATE_BROKEN,
};

enum inner { INNER_NONE, INNER_COMMENT, INNER_PI };

void xml_scan_start(struct xml_scan *s)
{
	memset(s, 0, offsetof(struct xml_scan, held));
	s->state = STATE_FIRST;
}

void xml_scan_give_up(struct xml_scan *s)
{
	s->state = STATE_BROKEN;
}

/* --- tokens ----------------------------------------------------------- */

static bool hand_out(
    struct xml_token *token, enum xml_token_kind kind, struct slice bytes)
{
	*token = (struct xml_token){ .kind = kind, .bytes = bytes };
	return true;
}

/* What is held becomes a token, and the next one begins. */
static bool hand_out_held(struct xml_scan *s, struct xml_token *token,
    enum xml_token_kind kind, enum state next)
{
	struct slice held = { s->held, s->n };

	s->state = next;
	s->n = 0;
	s->matched = 0;
	s->is_long = false;
	return hand_out(token, kind, held);
}

/* The same in the middle of markup that is too long. */
static bool hand_out_piece(struct xml_scan *s, struct xml_token *token)
{
	struct slice held = { s->held, s->n };

	s->n = 0;
	s->is_long = true;
	return hand_out(token, XML_TOKEN_SKIP, held);
}

/* The first n bytes of *rest. */
static bool hand_out_run(struct xml_token *token, enum xml_token_kind kind,
    struct slice *rest, size_t n)
{
	struct slice run = slice_upto(*rest, n);

	*rest = slice_from(*rest, n);
	return hand_out(token, kind, run);
}

static bool break_off(struct xml_scan *s, struct xml_token *token)
{
	return hand_out_held(s, token, XML_TOKEN_BROKEN, STATE_BROKEN);
}

static char take(struct slice *rest)
{
	char c = rest->at[0];

	*rest = slice_from(*rest, 1);
	return c;
}

static char hold(struct xml_scan *s, struct slice *rest)
{
	char c = take(rest);

	s->held[s->n++] = c;
	return c;
}

/* Counts c toward an end mark of `n` bytes `mark` and a last ">"; true with
 * the whole of it. */
static bool closes(struct xml_scan *s, char c, char mark, unsigned n)
{
	if (c == '>' && s->matched >= n)
		return true;
	s->matched = c == mark ? s->matched + (s->matched < n) : 0;
	return false;
}

/* --- the states ------------------------------------------------------- */

/* A byte order mark of UTF-16 or UTF-32, or a NUL beside the first
 * character. */
static bool scan_first(
    struct xml_scan *s, struct slice *rest, struct xml_token *token)
{
	unsigned char c = (unsigned char)rest->at[0];

	if (c == 0 || (s->n == 0 && c >= 0xfe)) {
		hold(s, rest);
		return hand_out_held(s, token, XML_TOKEN_UTF16, STATE_BROKEN);
	}
	if (s->n == 0) {
		hold(s, rest);
		return false;
	}
	if (s->held[0] == '<') {
		s->state = STATE_OPEN;
		return false;
	}
	return hand_out_held(s, token, XML_TOKEN_TEXT, STATE_TEXT);
}

static bool scan_text(
    struct xml_scan *s, struct slice *rest, struct xml_token *token)
{
	size_t n = slice_find(*rest, '<');

	if (n > 0)
		return hand_out_run(token, XML_TOKEN_TEXT, rest, n);
	hold(s, rest);
	s->state = STATE_OPEN;
	return false;
}

static bool begins_name(char c)
{
	return ascii_is_alpha(c) || c == '_' || c == ':' ||
	    (unsigned char)c >= 0x80;
}

static const struct {
	struct slice mark;
	enum xml_token_kind kind;
	enum state state;
} declarations[] = {
	{ { "<!--", 4 }, XML_TOKEN_SKIP, STATE_COMMENT },
	{ { "<![CDATA[", 9 }, XML_TOKEN_CDATA_OPEN, STATE_CDATA },
	{ { "<!DOCTYPE", 9 }, XML_TOKEN_SKIP, STATE_DOCTYPE },
};

static bool scan_declaration(struct xml_scan *s, struct xml_token *token)
{
	struct slice held = { s->held, s->n };

	for (size_t i = 0; i < 3; i++) {
		if (slice_eq(held, declarations[i].mark))
			return hand_out_held(s, token, declarations[i].kind,
			    declarations[i].state);
		if (slice_starts(declarations[i].mark, held))
			return false;
	}
	return break_off(s, token);
}

static bool scan_open(
    struct xml_scan *s, struct slice *rest, struct xml_token *token)
{
	char c = hold(s, rest);

	if (s->held[1] == '!')
		return scan_declaration(s, token);
	s->quote = 0;
	s->slash = false;
	if (c == '/')
		s->state = STATE_END;
	else if (c == '?')
		s->state = STATE_PI;
	else if (begins_name(c))
		s->state = STATE_START;
	else
		return break_off(s, token);
	return false;
}

/* How many bytes of rest mean nothing to a tag: inside quotes, up to theirs,
 * elsewhere names and blanks. */
static size_t tag_run(const struct xml_scan *s, struct slice rest)
{
	size_t n = 0;

	if (s->quote != 0)
		while (
		    n < rest.len && rest.at[n] != s->quote && rest.at[n] != '<')
			n++;
	else
		while (n < rest.len && rest.at[n] != '"' &&
		    rest.at[n] != '\'' && rest.at[n] != '<' &&
		    rest.at[n] != '>')
			n++;
	return n;
}

static void hold_run(struct xml_scan *s, struct slice *rest, size_t n)
{
	if (n > XML_HELD_MAX - s->n)
		n = XML_HELD_MAX - s->n;
	if (n == 0)
		return;
	memcpy(s->held + s->n, rest->at, n);
	s->n += n;
	*rest = slice_from(*rest, n);
	s->slash = s->held[s->n - 1] == '/';
}

static bool scan_start(
    struct xml_scan *s, struct slice *rest, struct xml_token *token)
{
	bool was_long = s->is_long;
	char c;

	hold_run(s, rest, tag_run(s, *rest));
	if (s->n == XML_HELD_MAX)
		return hand_out_piece(s, token);
	if (rest->len == 0)
		return false;
	if (rest->at[0] == '<')
		return break_off(s, token);
	c = hold(s, rest);
	if (c == '>') {
		hand_out_held(s, token,
		    was_long ? XML_TOKEN_START_LONG : XML_TOKEN_START,
		    STATE_TEXT);
		token->empty = s->slash;
		return true;
	}
	s->quote = s->quote == 0 ? c : 0;
	s->slash = false;
	return false;
}

static bool scan_end(
    struct xml_scan *s, struct slice *rest, struct xml_token *token)
{
	size_t n = 0;

	while (n < rest->len && rest->at[n] != '>' && rest->at[n] != '<')
		n++;
	hold_run(s, rest, n);
	if (s->n == XML_HELD_MAX)
		return hand_out_piece(s, token);
	if (rest->len == 0)
		return false;
	if (rest->at[0] == '<')
		return break_off(s, token);
	hold(s, rest);
	return hand_out_held(s, token, XML_TOKEN_END, STATE_TEXT);
}

static bool scan_pi(
    struct xml_scan *s, struct slice *rest, struct xml_token *token)
{
	bool was_long = s->is_long;

	if (s->n == XML_HELD_MAX)
		return hand_out_piece(s, token);
	if (!closes(s, hold(s, rest), '?', 1))
		return false;
	return hand_out_held(
	    s, token, was_long ? XML_TOKEN_SKIP : XML_TOKEN_PI, STATE_TEXT);
}

static bool scan_comment(
    struct xml_scan *s, struct slice *rest, struct xml_token *token)
{
	size_t n = 0;

	while (n < rest->len)
		if (closes(s, rest->at[n++], '-', 2)) {
			s->matched = 0;
			s->state = STATE_TEXT;
			break;
		}
	return hand_out_run(token, XML_TOKEN_SKIP, rest, n);
}

/* "]" and "]]" are held until it is clear that ">" does not follow. */
static bool scan_cdata(
    struct xml_scan *s, struct slice *rest, struct xml_token *token)
{
	size_t n = s->n == 0 ? slice_find(*rest, ']') : 0;
	char c;

	if (n > 0)
		return hand_out_run(token, XML_TOKEN_CDATA, rest, n);
	c = rest->at[0];
	if (c == ']' && s->n < 2) {
		hold(s, rest);
		return false;
	}
	if (c == '>' && s->n == 2) {
		hold(s, rest);
		return hand_out_held(
		    s, token, XML_TOKEN_CDATA_CLOSE, STATE_TEXT);
	}
	if (c == ']') {
		take(rest);
		return hand_out(token, XML_TOKEN_CDATA, LIT("]"));
	}
	return hand_out_held(s, token, XML_TOKEN_CDATA, STATE_CDATA);
}

/* One byte of a document type declaration; true with its end. */
static bool doctype_byte(struct xml_scan *s, char c)
{
	static const struct slice comment = { "<!--", 4 };

	if (s->quote != 0) {
		s->quote = c == s->quote ? 0 : s->quote;
		return false;
	}
	if (s->inner != INNER_NONE) {
		bool comments = s->inner == INNER_COMMENT;

		if (closes(s, c, comments ? '-' : '?', comments ? 2 : 1)) {
			s->inner = INNER_NONE;
			s->matched = 0;
		}
		return false;
	}
	if (s->matched == 1 && c == '?')
		s->inner = INNER_PI;
	else if (s->matched == 3 && c == '-')
		s->inner = INNER_COMMENT;
	else if (s->matched < comment.len && c == comment.at[s->matched]) {
		s->matched++;
		return false;
	}
	s->matched = s->inner == INNER_NONE && c == '<';
	if (c == '"' || c == '\'')
		s->quote = c;
	else if (c == '[' || c == ']')
		s->subset = c == '[';
	return c == '>' && !s->subset;
}

static bool scan_doctype(
    struct xml_scan *s, struct slice *rest, struct xml_token *token)
{
	size_t n = 0;

	while (n < rest->len)
		if (doctype_byte(s, rest->at[n++])) {
			s->matched = 0;
			s->state = STATE_TEXT;
			break;
		}
	return hand_out_run(token, XML_TOKEN_SKIP, rest, n);
}

static bool scan_broken(
    struct xml_scan *s, struct slice *rest, struct xml_token *token)
{
	(void)s;
	return hand_out_run(token, XML_TOKEN_BROKEN, rest, rest->len);
}

static bool (*const scans[])(
    struct xml_scan *, struct slice *, struct xml_token *) = {
	[STATE_FIRST] = scan_first,
	[STATE_TEXT] = scan_text,
	[STATE_OPEN] = scan_open,
	[STATE_START] = scan_start,
	[STATE_END] = scan_end,
	[STATE_PI] = scan_pi,
	[STATE_COMMENT] = scan_comment,
	[STATE_CDATA] = scan_cdata,
	[STATE_DOCTYPE] = scan_doctype,
	[STATE_BROKEN] = scan_broken,
};

bool xml_scan_next(
    struct xml_scan *s, struct slice *rest, struct xml_token *token_out)
{
	while (rest->len > 0)
		if (scans[s->state](s, rest, token_out))
			return true;
	return false;
}

struct slice xml_scan_rest(struct xml_scan *s)
{
	struct slice held = { s->held, s->n };

	s->n = 0;
	return held;
}

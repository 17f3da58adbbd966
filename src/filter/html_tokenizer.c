/* The states of the HTML Standard's tokenizer, those together that differ in
 * parse errors alone. */
#include "filter/html_tokenizer.h"

#include <string.h>

enum state {
	STATE_TEXT,     /* data, RCDATA, RAWTEXT, script data */
	STATE_ESCAPED,  /* script data behind <!-- */
	STATE_REST,     /* PLAINTEXT */
	STATE_CDATA,    /* in a CDATA section */
	STATE_LESS,     /* behind < */
	STATE_END_OPEN, /* behind </ */
	STATE_TAG_NAME,
	STATE_RAW_END, /* behind </ in what only one end tag ends */
	STATE_LONG_NAME,
	STATE_SCRIPT_BANG,  /* behind <! in script data */
	STATE_SCRIPT_START, /* in <script within an escape */
	STATE_SCRIPT_END,   /* in </script within two */
	STATE_BANG,         /* behind <! */
	STATE_COMMENT,
	STATE_BOGUS, /* up to >: bogus comments, DOCTYPE */
	STATE_BEFORE_ATTRIBUTE,
	STATE_ATTRIBUTE,
	STATE_AFTER_ATTRIBUTE,
	STATE_BEFORE_VALUE,
	STATE_QUOTED,
	STATE_UNQUOTED,
	STATE_AFTER_QUOTED,
	STATE_SLASH, /* behind / in a tag */
	STATES
};

/* ---- characters ---- */

enum {
	BLANK = 1,
	TAG_NAME_END = 2,
	ATTRIBUTE_END = 4,
	UNQUOTED_END = 8,
	ALPHA = 16,
	ESCAPED_STOP = 32,
};

#define ALL_END (TAG_NAME_END | ATTRIBUTE_END)

static const uint8_t classes[256] = {
	['\t'] = BLANK | ALL_END | UNQUOTED_END,
	['\n'] = BLANK | ALL_END | UNQUOTED_END,
	['\f'] = BLANK | ALL_END | UNQUOTED_END,
	['\r'] = BLANK | ALL_END | UNQUOTED_END,
	[' '] = BLANK | ALL_END | UNQUOTED_END,
	['/'] = ALL_END,
	['>'] = ALL_END | UNQUOTED_END | ESCAPED_STOP,
	['='] = ATTRIBUTE_END,
	['<'] = ESCAPED_STOP,
	['-'] = ESCAPED_STOP,
#define LETTER(upper) [upper] = ALPHA, [upper + ('a' - 'A')] = ALPHA
	LETTER('A'),
	LETTER('B'),
	LETTER('C'),
	LETTER('D'),
	LETTER('E'),
	LETTER('F'),
	LETTER('G'),
	LETTER('H'),
	LETTER('I'),
	LETTER('J'),
	LETTER('K'),
	LETTER('L'),
	LETTER('M'),
	LETTER('N'),
	LETTER('O'),
	LETTER('P'),
	LETTER('Q'),
	LETTER('R'),
	LETTER('S'),
	LETTER('T'),
	LETTER('U'),
	LETTER('V'),
	LETTER('W'),
	LETTER('X'),
	LETTER('Y'),
	LETTER('Z'),
#undef LETTER
};

static bool is(char c, uint8_t class)
{
	return classes[(unsigned char)c] & class;
}

/* The first byte of that class, or end. */
static const char *find(const char *at, const char *end, uint8_t class)
{
	while (at < end && !is(*at, class))
		at++;
	return at;
}

static const char *find_byte(const char *at, const char *end, char c)
{
	const char *found = memchr(at, c, (size_t)(end - at));

	return found == NULL ? end : found;
}

/* ---- handing on ---- */

typedef void (*hand)(void *user, struct slice bytes);

/* What was held back and what this piece has up to `to`. */
static void hand_on(struct html_tokenizer *t, const char *to, hand event)
{
	struct slice held = { t->held, t->held_n };
	struct slice bytes = { t->mark, (size_t)(to - t->mark) };

	t->held_n = 0;
	t->mark = to;
	if (held.len > 0)
		event(t->user, held);
	if (bytes.len > 0)
		event(t->user, bytes);
}

static void text(struct html_tokenizer *t, const char *to)
{
	hand_on(t, to, t->events->text);
}

static void markup(struct html_tokenizer *t, const char *to)
{
	hand_on(t, to, t->events->markup);
}

/* ---- text ---- */

static const uint8_t text_states[] = {
	[HTML_DATA] = STATE_TEXT,
	[HTML_RCDATA] = STATE_TEXT,
	[HTML_RAWTEXT] = STATE_TEXT,
	[HTML_SCRIPT] = STATE_TEXT,
	[HTML_PLAINTEXT] = STATE_REST,
	[HTML_CDATA] = STATE_CDATA,
};

static enum state text_state(const struct html_tokenizer *t)
{
	return t->script > 0 ? STATE_ESCAPED : text_states[t->content];
}

static const char *step_text(
    struct html_tokenizer *t, const char *at, const char *end)
{
	at = find_byte(at, end, '<');
	if (at == end)
		return end;
	text(t, at);
	t->state = STATE_LESS;
	return at + 1;
}

static const char *step_rest(
    struct html_tokenizer *t, const char *at, const char *end)
{
	(void)t;
	(void)at;
	return end;
}

/* Up to "]]>". */
static const char *step_cdata(
    struct html_tokenizer *t, const char *at, const char *end)
{
	if (t->dashes == 0) {
		at = find_byte(at, end, ']');
		if (at == end)
			return end;
	}
	if (*at == ']') {
		t->dashes += t->dashes < 2;
		return at + 1;
	}
	if (*at == '>' && t->dashes == 2) {
		text(t, at + 1);
		t->content = HTML_DATA;
		t->state = STATE_TEXT;
	}
	t->dashes = 0;
	return at + 1;
}

/* Script data within <!-- and -->, where <script> nests. */
static const char *step_escaped(
    struct html_tokenizer *t, const char *at, const char *end)
{
	const char *stop = find(at, end, ESCAPED_STOP);

	if (stop > at)
		t->dashes = 0;
	if (stop == end)
		return end;
	if (*stop == '-') {
		t->dashes += t->dashes < 2;
		return stop + 1;
	}
	if (*stop == '<') {
		text(t, stop);
		t->state = STATE_LESS;
	} else if (t->dashes == 2) {
		t->script = 0;
		t->state = STATE_TEXT;
	}
	t->dashes = 0;
	return stop + 1;
}

static const char *step_script_bang(
    struct html_tokenizer *t, const char *at, const char *end)
{
	(void)end;
	if (*at != '-') {
		t->state = STATE_TEXT;
		return at;
	}
	if (++t->dashes == 2) {
		t->script = 1;
		t->state = STATE_ESCAPED;
	}
	return at + 1;
}

/* "script" and what ends a name: one escape deeper, or one less. */
static const char *step_script_name(struct html_tokenizer *t, const char *at)
{
	static const struct slice name = { "script", 6 };

	if (t->matched == name.len && is(*at, TAG_NAME_END)) {
		t->script = t->state == STATE_SCRIPT_START ? 2 : 1;
		t->state = STATE_ESCAPED;
		return at + 1;
	}
	if (t->matched < name.len && ascii_lower(*at) == name.at[t->matched]) {
		t->matched++;
		return at + 1;
	}
	t->state = STATE_ESCAPED;
	return at;
}

static const char *step_script_start(
    struct html_tokenizer *t, const char *at, const char *end)
{
	(void)end;
	return step_script_name(t, at);
}

/* ---- what begins with < ---- */

static void begin_tag(struct html_tokenizer *t, bool is_end)
{
	t->is_end = is_end;
	t->self_closing = false;
	t->tag.raw_n = 0;
	t->state = STATE_TAG_NAME;
}

static const char *less_in_data(struct html_tokenizer *t, const char *at)
{
	if (is(*at, ALPHA)) {
		begin_tag(t, false);
		return at;
	}
	t->matched = 0;
	t->state = *at == '!' ? STATE_BANG :
	    *at == '?'        ? STATE_BOGUS :
	    *at == '/'        ? STATE_END_OPEN :
				STATE_TEXT;
	return t->state == STATE_TEXT ? at : at + 1;
}

static const char *less_in_escape(struct html_tokenizer *t, const char *at)
{
	t->matched = 0;
	if (t->script == 2) {
		t->state = *at == '/' ? STATE_SCRIPT_END : STATE_ESCAPED;
		return *at == '/' ? at + 1 : at;
	}
	t->state = *at == '/' ? STATE_RAW_END : STATE_SCRIPT_START;
	return *at == '/' ? at + 1 : at;
}

static const char *step_less(
    struct html_tokenizer *t, const char *at, const char *end)
{
	(void)end;
	if (t->content == HTML_DATA)
		return less_in_data(t, at);
	if (t->script > 0)
		return less_in_escape(t, at);
	t->matched = 0;
	t->dashes = 0;
	if (*at == '/')
		t->state = STATE_RAW_END;
	else if (*at == '!' && t->content == HTML_SCRIPT)
		t->state = STATE_SCRIPT_BANG;
	else {
		t->state = STATE_TEXT;
		return at;
	}
	return at + 1;
}

static const char *step_end_open(
    struct html_tokenizer *t, const char *at, const char *end)
{
	(void)end;
	if (is(*at, ALPHA))
		begin_tag(t, true);
	else
		t->state = STATE_BOGUS;
	return at;
}

/* ---- comments and their like ---- */

/* The keywords behind <!, by their first byte. */
static const char *const keywords[256] = {
	['-'] = "--",
	['['] = "[CDATA[",
	['d'] = "doctype",
	['D'] = "doctype",
};

enum comment {
	COMMENT_START,
	COMMENT_START_DASH,
	COMMENT_BODY,
	COMMENT_DASH,
	COMMENT_END,
	COMMENT_BANG,
	COMMENT_CLOSED
};

static const struct {
	uint8_t dash, greater, bang, other;
} comment_next[] = {
	[COMMENT_START] = { COMMENT_START_DASH, COMMENT_CLOSED, COMMENT_BODY,
	    COMMENT_BODY },
	[COMMENT_START_DASH] = { COMMENT_END, COMMENT_CLOSED, COMMENT_BODY,
	    COMMENT_BODY },
	[COMMENT_BODY] = { COMMENT_DASH, COMMENT_BODY, COMMENT_BODY,
	    COMMENT_BODY },
	[COMMENT_DASH] = { COMMENT_END, COMMENT_BODY, COMMENT_BODY,
	    COMMENT_BODY },
	[COMMENT_END] = { COMMENT_END, COMMENT_CLOSED, COMMENT_BANG,
	    COMMENT_BODY },
	[COMMENT_BANG] = { COMMENT_DASH, COMMENT_CLOSED, COMMENT_BODY,
	    COMMENT_BODY },
};

static const char *close_markup(struct html_tokenizer *t, const char *at)
{
	markup(t, at);
	t->state = STATE_TEXT;
	return at;
}

static void keyword_known(struct html_tokenizer *t, const char *to)
{
	t->dashes = 0;
	switch (t->keyword[0]) {
	case '-':
		t->dashes = COMMENT_START;
		t->state = STATE_COMMENT;
		break;
	case '[':
		markup(t, to);
		t->content = HTML_CDATA;
		t->state = STATE_CDATA;
		break;
	default:
		t->events->doctype(t->user);
		t->state = STATE_BOGUS;
	}
}

static const char *step_bang(
    struct html_tokenizer *t, const char *at, const char *end)
{
	char c = *at;

	(void)end;
	if (t->matched == 0)
		t->keyword = keywords[(unsigned char)c];
	if (t->keyword != NULL && t->keyword[0] == 'd')
		c = ascii_lower(c);
	if (t->keyword == NULL || c != t->keyword[t->matched] ||
	    (c == '[' && !t->cdata)) {
		t->state = STATE_BOGUS;
		return at;
	}
	if (t->keyword[++t->matched] == '\0')
		keyword_known(t, at + 1);
	return at + 1;
}

static const char *step_comment(
    struct html_tokenizer *t, const char *at, const char *end)
{
	if (t->dashes == COMMENT_BODY) {
		at = find_byte(at, end, '-');
		if (at == end)
			return end;
	}
	t->dashes = *at == '-' ? comment_next[t->dashes].dash :
	    *at == '>'         ? comment_next[t->dashes].greater :
	    *at == '!'         ? comment_next[t->dashes].bang :
				 comment_next[t->dashes].other;
	at++;
	return t->dashes == COMMENT_CLOSED ? close_markup(t, at) : at;
}

static const char *step_bogus(
    struct html_tokenizer *t, const char *at, const char *end)
{
	at = find_byte(at, end, '>');
	return at == end ? end : close_markup(t, at + 1);
}

/* ---- tags ---- */

static void name_add(struct html_name *n, const char *from, const char *to)
{
	while (from < to && n->raw_n < HTML_NAME_MAX)
		n->at[n->raw_n++] = ascii_lower(*from++);
	n->raw_n += (size_t)(to - from);
}

static const char *step_tag_name(
    struct html_tokenizer *t, const char *at, const char *end)
{
	const char *stop = find(at, end, TAG_NAME_END);

	name_add(&t->tag, at, stop);
	if (t->tag.raw_n > HTML_NAME_MAX) {
		t->events->tag(t->user);
		t->state = STATE_LONG_NAME;
	} else if (stop < end) {
		t->events->tag(t->user);
		t->state = STATE_BEFORE_ATTRIBUTE;
	}
	return stop;
}

static const char *step_long_name(
    struct html_tokenizer *t, const char *at, const char *end)
{
	at = find(at, end, TAG_NAME_END);
	if (at < end)
		t->state = STATE_BEFORE_ATTRIBUTE;
	return at;
}

/* Only the end tag of the element that began the raw text ends it. */
static const char *step_raw_end(
    struct html_tokenizer *t, const char *at, const char *end)
{
	struct slice name = html_name(&t->raw_text);

	(void)end;
	if (t->matched < name.len && ascii_lower(*at) == name.at[t->matched]) {
		t->matched++;
		return at + 1;
	}
	if (name.len == 0 || t->matched < name.len || !is(*at, TAG_NAME_END)) {
		t->state = text_state(t);
		return at;
	}
	begin_tag(t, true);
	t->tag = t->raw_text;
	t->events->tag(t->user);
	t->state = STATE_BEFORE_ATTRIBUTE;
	return at;
}

static const char *end_tag(struct html_tokenizer *t, const char *at)
{
	markup(t, at);
	t->content = HTML_DATA;
	t->script = 0;
	t->state = STATE_TEXT;
	t->events->tag_end(t->user);
	return at;
}

/* ---- attributes ---- */

static void attribute_known(struct html_tokenizer *t, const char *to)
{
	t->wanted = false;
	if (t->is_end)
		return;
	if (t->prompt)
		markup(t, to);
	t->wanted = t->events->attribute(t->user);
}

static const char *step_before_attribute(
    struct html_tokenizer *t, const char *at, const char *end)
{
	while (at < end && is(*at, BLANK))
		at++;
	if (at == end)
		return end;
	if (*at == '>')
		return end_tag(t, at + 1);
	if (*at == '/') {
		t->state = STATE_SLASH;
		return at + 1;
	}
	t->attribute.raw_n = 0;
	t->state = STATE_ATTRIBUTE;
	/* A name may begin with =, which ends it elsewhere. */
	name_add(&t->attribute, at, at + 1);
	return at + 1;
}

static const char *step_attribute(
    struct html_tokenizer *t, const char *at, const char *end)
{
	const char *stop = find(at, end, ATTRIBUTE_END);

	name_add(&t->attribute, at, stop);
	if (stop == end)
		return end;
	attribute_known(t, stop);
	t->state = STATE_AFTER_ATTRIBUTE;
	return stop;
}

static const char *step_after_attribute(
    struct html_tokenizer *t, const char *at, const char *end)
{
	while (at < end && is(*at, BLANK))
		at++;
	if (at == end)
		return end;
	if (*at != '=') {
		t->state = STATE_BEFORE_ATTRIBUTE;
		return at;
	}
	t->state = STATE_BEFORE_VALUE;
	return at + 1;
}

static void begin_value(struct html_tokenizer *t, char quote, const char *at)
{
	t->quote = quote;
	t->state = quote == '\0' ? STATE_UNQUOTED : STATE_QUOTED;
	if (!t->wanted)
		return;
	markup(t, at);
	t->events->value_begin(t->user);
}

static void end_value(struct html_tokenizer *t, const char *at)
{
	if (!t->wanted)
		return;
	hand_on(t, at, t->events->value);
	t->wanted = false;
	t->events->value_end(t->user);
}

static const char *step_before_value(
    struct html_tokenizer *t, const char *at, const char *end)
{
	while (at < end && is(*at, BLANK))
		at++;
	if (at == end)
		return end;
	if (*at == '>')
		return end_tag(t, at + 1);
	if (*at == '"' || *at == '\'') {
		begin_value(t, *at, at + 1);
		return at + 1;
	}
	begin_value(t, '\0', at);
	return at;
}

static const char *step_quoted(
    struct html_tokenizer *t, const char *at, const char *end)
{
	at = find_byte(at, end, t->quote);
	if (at == end)
		return end;
	end_value(t, at);
	t->state = STATE_AFTER_QUOTED;
	return at + 1;
}

static const char *step_unquoted(
    struct html_tokenizer *t, const char *at, const char *end)
{
	at = find(at, end, UNQUOTED_END);
	if (at == end)
		return end;
	end_value(t, at);
	t->state = STATE_BEFORE_ATTRIBUTE;
	return at;
}

/* A blank, a slash and what begins a name without either all lead there. */
static const char *step_after_quoted(
    struct html_tokenizer *t, const char *at, const char *end)
{
	(void)end;
	t->state = STATE_BEFORE_ATTRIBUTE;
	return at;
}

static const char *step_slash(
    struct html_tokenizer *t, const char *at, const char *end)
{
	(void)end;
	if (*at == '>') {
		t->self_closing = true;
		return end_tag(t, at + 1);
	}
	t->state = STATE_BEFORE_ATTRIBUTE;
	return at;
}

/* ---- the machine ---- */

/* What the bytes are that a piece ends in. */
enum kind { KIND_TEXT, KIND_MARKUP, KIND_VALUE, KIND_HELD };

static const struct {
	/* One byte or more, or another state. */
	const char *(*step)(
	    struct html_tokenizer *, const char *at, const char *end);
	enum kind kind;
} states[STATES] = {
	[STATE_TEXT] = { step_text, KIND_TEXT },
	[STATE_ESCAPED] = { step_escaped, KIND_TEXT },
	[STATE_REST] = { step_rest, KIND_TEXT },
	[STATE_CDATA] = { step_cdata, KIND_TEXT },
	[STATE_LESS] = { step_less, KIND_HELD },
	[STATE_END_OPEN] = { step_end_open, KIND_HELD },
	[STATE_TAG_NAME] = { step_tag_name, KIND_HELD },
	[STATE_RAW_END] = { step_raw_end, KIND_HELD },
	[STATE_LONG_NAME] = { step_long_name, KIND_MARKUP },
	[STATE_SCRIPT_BANG] = { step_script_bang, KIND_TEXT },
	[STATE_SCRIPT_START] = { step_script_start, KIND_TEXT },
	[STATE_SCRIPT_END] = { step_script_start, KIND_TEXT },
	[STATE_BANG] = { step_bang, KIND_MARKUP },
	[STATE_COMMENT] = { step_comment, KIND_MARKUP },
	[STATE_BOGUS] = { step_bogus, KIND_MARKUP },
	[STATE_BEFORE_ATTRIBUTE] = { step_before_attribute, KIND_MARKUP },
	[STATE_ATTRIBUTE] = { step_attribute, KIND_MARKUP },
	[STATE_AFTER_ATTRIBUTE] = { step_after_attribute, KIND_MARKUP },
	[STATE_BEFORE_VALUE] = { step_before_value, KIND_MARKUP },
	[STATE_QUOTED] = { step_quoted, KIND_VALUE },
	[STATE_UNQUOTED] = { step_unquoted, KIND_VALUE },
	[STATE_AFTER_QUOTED] = { step_after_quoted, KIND_MARKUP },
	[STATE_SLASH] = { step_slash, KIND_MARKUP },
};

void html_tokenizer_start(
    struct html_tokenizer *t, const struct html_events *events, void *user)
{
	*t = (struct html_tokenizer){ .events = events, .user = user };
}

static void hold(struct html_tokenizer *t, const char *to)
{
	size_t n = (size_t)(to - t->mark);

	memcpy(t->held + t->held_n, t->mark, n);
	t->held_n += (unsigned)n;
	t->mark = to;
}

static void end_piece(struct html_tokenizer *t, const char *end)
{
	switch (states[t->state].kind) {
	case KIND_TEXT:
		text(t, end);
		break;
	case KIND_VALUE:
		hand_on(
		    t, end, t->wanted ? t->events->value : t->events->markup);
		break;
	case KIND_MARKUP:
		markup(t, end);
		break;
	case KIND_HELD:
		hold(t, end);
		break;
	}
}

void html_tokenizer_feed(struct html_tokenizer *t, struct slice bytes)
{
	const char *at = bytes.at;
	const char *end = bytes.at + bytes.len;

	if (bytes.len == 0)
		return;
	t->mark = at;
	while (at < end)
		at = states[t->state].step(t, at, end);
	end_piece(t, end);
}

void html_tokenizer_finish(struct html_tokenizer *t)
{
	t->mark = t->held;
	/* Browsers drop the tag that the input ends in. */
	if (t->state == STATE_TAG_NAME)
		markup(t, t->held);
	else
		text(t, t->held);
	if (t->state == STATE_QUOTED || t->state == STATE_UNQUOTED)
		end_value(t, t->held);
}

void html_tokenizer_content(
    struct html_tokenizer *t, enum html_content content, struct slice name)
{
	t->content = (uint8_t)content;
	t->raw_text.raw_n = 0;
	name_add(&t->raw_text, name.at, name.at + name.len);
	t->script = 0;
	t->dashes = 0;
	t->state = text_states[content];
}

/* CSS as it comes: the tokens of CSS Syntax Level 3 section 4, as far as they
 * tell where a URL stands, and of its section 5 how blocks and functions
 * nest.
 *
 * A run of name characters is taken whole: that it may be a number with its
 * unit does not matter, since no name that we look for begins as a number. */
#include "filter/css.h"

#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "filter/css_nest.h"
#include "filter/css_scan.h"
#include "filter/lead.h"

#define NAME_MAX_  20  /* bytes; longer than any name we look for */
#define ESCAPE_MAX 128 /* raw bytes of one, as an attribute may write it */

enum state {
	START,      /* of a sheet: perhaps UTF-16's byte-order mark */
	START_HALF, /* behind its first byte */
	UTF16,      /* all passes */
	PLAIN,      /* between tokens */
	NAME,       /* in a name; or behind @ or #, before one */
	SLASH,      /* perhaps a comment */
	COMMENT,
	STAR, /* in a comment, behind a star */
	LESS, /* perhaps <!--, a token of its own */
	LESS_BANG,
	LESS_DASH,
	STRING,
	URL_BLANK, /* behind url( and blanks */
	URL,       /* one without quotes */
	URL_END,   /* in blanks behind it */
	BAD_URL,   /* to its parenthesis */
	STATES
};

enum name_kind { NAME_WORD, NAME_AT, NAME_HASH };

/* One that is under way. */
enum escape_step { ESCAPE_NONE, ESCAPE_BEGUN, ESCAPE_HEX };

struct escape {
	enum escape_step step;
	unsigned digits;
	uint32_t value;
	size_t raw_n;
	char raw[ESCAPE_MAX];
};

struct css {
	struct rewriter base;
	const struct mapping *mapping;
	struct mapping_place place;
	enum css_context context;
	struct slice pending; /* of what is being fed: to go on as it is */

	enum state state;
	enum name_kind name_kind;
	size_t name_len; /* NAME_MAX_ and more: none we know */
	char name[NAME_MAX_];
	char quote;    /* of STRING; of START_HALF its byte */
	bool after_cr; /* a line feed still belongs to what came before */
	struct escape escape;

	bool live; /* STRING or URL is a link: `lead` has it */
	struct css_nest nest;
	struct outlet url_out;
	struct lead lead;
};

/* ---- going out ---- */

static void flush(struct css *c)
{
	rewriter_raw(&c->base, c->pending);
	c->pending.len = 0;
}

/* Neighbours go out in one piece. */
static void emit(struct css *c, struct slice raw)
{
	if (raw.len == 0)
		return;
	if (c->pending.len > 0 && c->pending.at + c->pending.len == raw.at) {
		c->pending.len += raw.len;
		return;
	}
	flush(c);
	c->pending = raw;
}

static void url_raw(void *user, struct slice bytes)
{
	struct css *c = user;

	flush(c);
	rewriter_raw(&c->base, bytes);
}

static bool wants_escape(const struct css *c, char byte)
{
	if (byte == '\\' || css_is_newline(byte))
		return true;
	return c->state == STRING ?
	    byte == c->quote :
	    css_is_blank(byte) || byte == ')' || css_spoils_url(byte);
}

static void url_fresh(void *user, struct slice bytes)
{
	static const char hex[] = "0123456789abcdef";
	struct css *c = user;

	flush(c);
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char u = (unsigned char)bytes.at[i];
		char numeric[] = { '\\', hex[u >> 4], hex[u & 15], ' ' };
		char plain[] = { '\\', bytes.at[i] };

		if (!wants_escape(c, bytes.at[i]))
			continue;
		rewriter_fresh(&c->base, slice_upto(bytes, i));
		if (u < ' ' || u == 0x7f)
			rewriter_fresh(&c->base,
			    (struct slice){ numeric, sizeof(numeric) });
		else
			rewriter_fresh(
			    &c->base, (struct slice){ plain, sizeof(plain) });
		bytes = slice_from(bytes, i + 1);
		i = (size_t)-1;
	}
	rewriter_fresh(&c->base, bytes);
}

/* ---- links ---- */

static struct slice escape_raw(const struct css *c)
{
	return (struct slice){ c->escape.raw, c->escape.raw_n };
}

static void link_begin(struct css *c, bool is_link)
{
	c->live = is_link && !c->nest.quiet;
	if (c->live)
		lead_start(&c->lead, c->mapping, c->place, MAPPING_SHORT);
}

static void link_char(struct css *c, char decoded, struct slice raw)
{
	if (!c->live)
		emit(c, raw);
	else if (raw.len == 1 && raw.at[0] == decoded)
		lead_push_run(&c->lead, raw, &c->url_out);
	else
		lead_push(&c->lead, decoded, raw, &c->url_out);
}

static void link_end(struct css *c)
{
	if (c->live)
		lead_end(&c->lead, &c->url_out);
	c->live = false;
}

/* What browsers throw away is no link. */
static void link_drop(struct css *c)
{
	if (c->live) {
		lead_keep(&c->lead, &c->url_out);
		url_raw(c, escape_raw(c));
	}
	c->escape.raw_n = 0;
	c->live = false;
}

/* Of a link the raw bytes wait for what they stand for. */
static void escape_hold(struct css *c, struct slice raw)
{
	struct escape *e = &c->escape;

	if (c->live && e->raw_n + raw.len > ESCAPE_MAX)
		link_drop(c);
	if (!c->live) {
		emit(c, raw);
		return;
	}
	if (raw.len > 0)
		memcpy(e->raw + e->raw_n, raw.at, raw.len);
	e->raw_n += raw.len;
}

/* ---- names ---- */

static void name_begin(struct css *c, enum name_kind kind)
{
	c->state = NAME;
	c->name_kind = kind;
	c->name_len = 0;
}

static void name_add(struct css *c, char ch)
{
	if (c->name_len < NAME_MAX_)
		c->name[c->name_len++] = ascii_lower(ch);
}

static struct slice name_slice(const struct css *c)
{
	return (struct slice){ c->name, c->name_len };
}

static void name_end(struct css *c)
{
	if (c->name_kind == NAME_AT && c->context == CSS_SHEET)
		css_nest_at_rule(&c->nest, name_slice(c));
	c->state = PLAIN;
}

/* ---- escapes ---- */

static void escape_begin(struct css *c, struct slice raw)
{
	c->escape.step = ESCAPE_BEGUN;
	c->escape.digits = 0;
	c->escape.value = 0;
	escape_hold(c, raw);
}

/* ---- the states ---- */

static void plain(struct css *c, char ch, struct slice raw)
{
	c->state = PLAIN;
	if (!css_is_blank(ch) && ch != '/' && ch != '"' && ch != '\'')
		c->nest.import = false;
	switch (ch) {
	case '"':
	case '\'':
		link_begin(c, css_nest_string(&c->nest));
		c->quote = ch;
		c->state = STRING;
		break;
	case '/':
		c->state = SLASH;
		break;
	case '<':
		c->state = LESS;
		break;
	case '@':
		name_begin(c, NAME_AT);
		break;
	case '#':
		name_begin(c, NAME_HASH);
		break;
	case '\\':
		name_begin(c, NAME_WORD);
		escape_begin(c, raw);
		return;
	case ';':
	case '{':
		css_nest_prelude_end(&c->nest);
		if (ch == '{')
			css_nest_open(&c->nest, CSS_CURLY);
		break;
	case '[':
		css_nest_open(&c->nest, CSS_SQUARE);
		break;
	case '(':
		css_nest_open(&c->nest, CSS_PAREN);
		break;
	case '}':
	case ']':
	case ')':
		css_nest_close(&c->nest, ch);
		break;
	default:
		if (!css_is_name(ch))
			break;
		name_begin(c, NAME_WORD);
		name_add(c, ch);
	}
	emit(c, raw);
}

static void name(struct css *c, char ch, struct slice raw)
{
	enum css_opener opener;

	if (ch == '\\') {
		escape_begin(c, raw);
		return;
	}
	if (css_is_name(ch)) {
		name_add(c, ch);
		emit(c, raw);
		return;
	}
	name_end(c);
	if (c->name_kind != NAME_WORD || ch != '(') {
		plain(c, ch, raw);
		return;
	}
	opener = css_opener_of(name_slice(c));
	if (opener == CSS_URL)
		c->state = URL_BLANK;
	else
		css_nest_open(&c->nest, opener);
	emit(c, raw);
}

static void start(struct css *c, char ch, struct slice raw)
{
	if (ch != '\xfe' && ch != '\xff') {
		plain(c, ch, raw);
		return;
	}
	c->quote = ch;
	c->state = START_HALF;
	emit(c, raw);
}

static void pass(struct css *c, char ch, struct slice raw)
{
	(void)ch;
	emit(c, raw);
}

static void start_half(struct css *c, char ch, struct slice raw)
{
	if (ch == (c->quote == '\xfe' ? '\xff' : '\xfe')) {
		c->state = UTF16;
		c->base.hints |= REWRITER_UTF16;
		emit(c, raw);
		return;
	}
	name_begin(c, NAME_WORD);
	name_add(c, c->quote);
	name(c, ch, raw);
}

static void slash(struct css *c, char ch, struct slice raw)
{
	if (ch == '*') {
		c->state = COMMENT;
		emit(c, raw);
		return;
	}
	c->nest.import = false;
	plain(c, ch, raw);
}

static void comment(struct css *c, char ch, struct slice raw)
{
	if (ch == '*')
		c->state = STAR;
	emit(c, raw);
}

static void star(struct css *c, char ch, struct slice raw)
{
	if (ch == '/')
		c->state = PLAIN;
	else if (ch != '*')
		c->state = COMMENT;
	emit(c, raw);
}

static void less(struct css *c, char ch, struct slice raw)
{
	if (ch != '!') {
		plain(c, ch, raw);
		return;
	}
	c->state = LESS_BANG;
	emit(c, raw);
}

static void less_bang(struct css *c, char ch, struct slice raw)
{
	if (ch != '-') {
		plain(c, ch, raw);
		return;
	}
	c->state = LESS_DASH;
	emit(c, raw);
}

static void less_dash(struct css *c, char ch, struct slice raw)
{
	if (ch == '-') {
		c->state = PLAIN;
		emit(c, raw);
		return;
	}
	name_begin(c, NAME_WORD);
	name_add(c, '-');
	name(c, ch, raw);
}

static void string(struct css *c, char ch, struct slice raw)
{
	if (ch == c->quote) {
		link_end(c);
		c->state = PLAIN;
		emit(c, raw);
	} else if (css_is_newline(ch)) {
		link_drop(c);
		plain(c, ch, raw);
	} else if (ch == '\\') {
		escape_begin(c, raw);
	} else {
		link_char(c, ch, raw);
	}
}

static void bad_url(struct css *c, char ch, struct slice raw)
{
	c->state = ch == ')' ? PLAIN : BAD_URL;
	if (ch == '\\')
		escape_begin(c, raw);
	else
		emit(c, raw);
}

static void url_spoilt(struct css *c, char ch, struct slice raw)
{
	link_drop(c);
	bad_url(c, ch, raw);
}

static void url(struct css *c, char ch, struct slice raw)
{
	if (ch == ')') {
		link_end(c);
		c->state = PLAIN;
		emit(c, raw);
	} else if (css_is_blank(ch)) {
		c->state = URL_END;
		link_char(c, ch, raw);
	} else if (css_spoils_url(ch)) {
		url_spoilt(c, ch, raw);
	} else if (ch == '\\') {
		escape_begin(c, raw);
	} else {
		link_char(c, ch, raw);
	}
}

/* The blanks are the lead's, too: only at the parenthesis is it a URL. */
static void url_end(struct css *c, char ch, struct slice raw)
{
	if (css_is_blank(ch) || ch == ')')
		url(c, ch, raw);
	else
		url_spoilt(c, ch, raw);
}

static void url_blank(struct css *c, char ch, struct slice raw)
{
	if (css_is_blank(ch)) {
		emit(c, raw);
	} else if (ch == '"' || ch == '\'') {
		css_nest_open(&c->nest, CSS_FIRST);
		plain(c, ch, raw);
	} else {
		link_begin(c, true);
		c->state = URL;
		url(c, ch, raw);
	}
}

static void (*const states[STATES])(struct css *, char, struct slice) = {
	[START] = start,
	[START_HALF] = start_half,
	[UTF16] = pass,
	[PLAIN] = plain,
	[NAME] = name,
	[SLASH] = slash,
	[COMMENT] = comment,
	[STAR] = star,
	[LESS] = less,
	[LESS_BANG] = less_bang,
	[LESS_DASH] = less_dash,
	[STRING] = string,
	[URL_BLANK] = url_blank,
	[URL] = url,
	[URL_END] = url_end,
	[BAD_URL] = bad_url,
};

/* ---- escapes under way ---- */

/* Raw bytes that no byte of the URL is left for go with the first. */
static void escape_end(struct css *c, const char *utf8, size_t n)
{
	c->escape.step = ESCAPE_NONE;
	if (c->state == NAME)
		name_add(c, n == 1 ? utf8[0] : '\xff');
	for (size_t i = 0; c->live && i < n; i++) {
		link_char(c, utf8[i], escape_raw(c));
		c->escape.raw_n = 0;
	}
}

static void escape_end_at(struct css *c, uint32_t code)
{
	char utf8[4];

	escape_end(c, utf8, utf8_put(code == 0 ? 0xfffd : code, utf8));
}

/* A line end, which no escape holds: in a string it goes on behind it, and
 * URLs do not heed line ends.  True: it is done with. */
static bool escape_newline(struct css *c, char ch, struct slice raw)
{
	c->escape.step = ESCAPE_NONE;
	switch (c->state) {
	case STRING:
		escape_hold(c, raw);
		escape_end(c, "\n", 1);
		c->after_cr = ch == '\r';
		return true;
	case URL:
		link_drop(c);
		c->state = BAD_URL;
		return false;
	case NAME:
		/* The backslash is a token of its own. */
		name_end(c);
		c->nest.import = false;
		return false;
	default:
		return false;
	}
}

/* True: the byte is done with. */
static bool escape_goes_on(struct css *c, char ch, struct slice raw)
{
	struct escape *e = &c->escape;
	int digit = ascii_hex(ch);

	if (e->step == ESCAPE_BEGUN && css_is_newline(ch))
		return escape_newline(c, ch, raw);
	if (digit >= 0 && e->digits < 6) {
		e->step = ESCAPE_HEX;
		e->digits++;
		e->value = e->value << 4 | (uint32_t)digit;
		escape_hold(c, raw);
		return true;
	}
	if (e->step == ESCAPE_HEX && !css_is_blank(ch)) {
		escape_end_at(c, e->value);
		return false;
	}
	escape_hold(c, raw);
	if (e->step == ESCAPE_HEX)
		escape_end_at(c, e->value);
	else
		escape_end(c, &ch, 1);
	c->after_cr = ch == '\r';
	return true;
}

static void step(struct css *c, char ch, struct slice raw)
{
	if (c->after_cr) {
		c->after_cr = false;
		if (ch == '\n') {
			link_char(c, ch, raw);
			return;
		}
	}
	if (c->escape.step == ESCAPE_NONE || !escape_goes_on(c, ch, raw))
		states[c->state](c, ch, raw);
}

/* ---- in runs ---- */

/* How much of s leaves the state as it is. */
static size_t run(struct css *c, struct slice s)
{
	size_t n;

	if (c->after_cr || c->escape.step != ESCAPE_NONE)
		return 0;
	switch (c->state) {
	case PLAIN:
		return c->nest.import ? 0 : css_plain_run(s);
	case NAME:
		n = css_name_run(s);
		for (size_t i = 0; i < n && c->name_len < NAME_MAX_; i++)
			name_add(c, s.at[i]);
		return n;
	case COMMENT:
		return slice_find(s, '*');
	case STRING:
		return css_string_run(s, c->quote);
	case URL:
		return css_url_run(s);
	case BAD_URL:
		return css_bad_url_run(s);
	case UTF16:
		return s.len;
	default:
		return 0;
	}
}

static void feed(struct rewriter *r, struct slice s)
{
	struct css *c = (struct css *)r;

	while (s.len > 0) {
		size_t n = run(c, s);

		if (c->live)
			lead_push_run(&c->lead, slice_upto(s, n), &c->url_out);
		else
			emit(c, slice_upto(s, n));
		s = slice_from(s, n);
		if (s.len > 0)
			step(c, s.at[0], slice_upto(s, 1));
		s = slice_from(s, 1);
	}
	flush(c);
}

/* The end closes whatever is open, and a URL is one nonetheless. */
static void finish(struct rewriter *r)
{
	struct css *c = (struct css *)r;

	if (c->escape.step == ESCAPE_HEX)
		escape_end_at(c, c->escape.value);
	link_end(c);
	rewriter_raw(r, escape_raw(c));
	flush(c);
}

static const struct rewriter_ops ops = { "css", feed, finish };

struct rewriter *css_new(struct arena *a, const struct mapping *m,
    struct mapping_place place, enum css_context context, struct outlet out)
{
	struct css *c = arena_zero(a, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->base = (struct rewriter){ .ops = &ops, .out = out };
	c->mapping = m;
	c->url_out = (struct outlet){ url_raw, url_fresh, c };
	css_reset(&c->base, place, context);
	return &c->base;
}

void css_push(struct rewriter *css, char decoded, struct slice raw)
{
	step((struct css *)css, decoded, raw);
	flush((struct css *)css);
}

void css_reset(
    struct rewriter *css, struct mapping_place place, enum css_context context)
{
	struct css *c = (struct css *)css;

	c->place = place;
	c->context = context;
	c->state = context == CSS_SHEET ? START : PLAIN;
	c->after_cr = c->live = false;
	c->nest = (struct css_nest){ 0 };
	c->escape = (struct escape){ 0 };
}

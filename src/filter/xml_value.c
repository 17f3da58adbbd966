/* Decoding and escaping XML's values. */
#include "filter/xml_value.h"

#include <string.h>

/* --- references (XML 1.0 section 4.1 and 4.6) ------------------------- */

static const struct {
	struct slice reference;
	char c;
} predefined[] = {
	{ { "&amp;", 5 }, '&' },
	{ { "&lt;", 4 }, '<' },
	{ { "&gt;", 4 }, '>' },
	{ { "&quot;", 6 }, '"' },
	{ { "&apos;", 6 }, '\'' },
};

/* 0 where it is no number or no character. */
static uint32_t code_point(struct slice digits, bool hexadecimal)
{
	uint32_t value = 0;

	for (size_t i = 0; i < digits.len; i++) {
		int digit = ascii_hex(digits.at[i]);

		if (digit < 0 || (digit > 9 && !hexadecimal))
			return 0;
		value = value * (hexadecimal ? 16 : 10) + (uint32_t)digit;
		if (value > 0x10ffff)
			return 0;
	}
	return value >= 0xd800 && value < 0xe000 ? 0 : value;
}

static size_t utf8_of(uint32_t c, char out[4])
{
	static const uint32_t limits[] = { 0x80, 0x800, 0x10000 };
	static const unsigned char marks[] = { 0, 0xc0, 0xe0, 0xf0 };
	size_t more = 0;

	while (more < 3 && c >= limits[more])
		more++;
	for (size_t i = more; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(marks[more] | c);
	return more + 1;
}

/* "&...;" in UTF-8: how many bytes; 0 where we cannot tell. */
static size_t decode_reference(struct slice reference, char out[4])
{
	struct slice name = slice_from(reference, 1);
	bool hexadecimal;
	uint32_t c;

	for (size_t i = 0; i < 5; i++)
		if (slice_eq(reference, predefined[i].reference)) {
			out[0] = predefined[i].c;
			return 1;
		}
	if (name.at[0] != '#')
		return 0;
	hexadecimal = name.at[1] == 'x';
	name = slice_from(name, hexadecimal ? 2 : 1);
	c = code_point(slice_upto(name, name.len - 1), hexadecimal);
	return c == 0 ? 0 : utf8_of(c, out);
}

/* The length of the reference that s begins with; 0: it is none. */
static size_t reference_len(struct slice s)
{
	size_t end = slice_find(slice_upto(s, XML_REFERENCE_MAX), ';');

	return end < s.len && end < XML_REFERENCE_MAX && end > 2 ? end + 1 : 0;
}

struct slice xml_decode(struct slice value, char *room, size_t size)
{
	size_t n = 0;

	while (value.len > 0) {
		size_t len = value.at[0] == '&' ? reference_len(value) : 0;
		char c[4] = { value.at[0] };
		size_t c_n = 0;

		if (len > 0)
			c_n = decode_reference(slice_upto(value, len), c);
		if (c_n == 0) {
			c[0] = value.at[0];
			c_n = len = 1;
		}
		if (c_n > size - n)
			return SLICE_NONE;
		memcpy(room + n, c, c_n);
		n += c_n;
		value = slice_from(value, len);
	}
	return (struct slice){ room, n };
}

/* --- out -------------------------------------------------------------- */

static void value_raw(void *user, struct slice bytes)
{
	struct xml_value *v = user;

	if (bytes.len > 0)
		v->out.raw(v->out.user, bytes);
}

/* SLICE_NONE: c stands for itself. */
static struct slice escape_of(enum xml_syntax syntax, char c)
{
	if (syntax == XML_SYNTAX_CDATA)
		/* It is a URL: so it may be written, and ends no section. */
		return c == '>' ? LIT("%3E") : SLICE_NONE;
	if (c == '"')
		return LIT("&quot;");
	if (c == '\'')
		return LIT("&apos;");
	if (c == '&')
		return LIT("&amp;");
	if (c == '<')
		return LIT("&lt;");
	return c == '>' ? LIT("&gt;") : SLICE_NONE;
}

static void value_fresh(void *user, struct slice bytes)
{
	struct xml_value *v = user;

	while (bytes.len > 0) {
		struct slice escape = SLICE_NONE;
		size_t n = 0;

		while (n < bytes.len && escape.len == 0)
			escape = escape_of(v->syntax, bytes.at[n++]);
		n -= escape.len > 0;
		if (n > 0)
			v->out.fresh(v->out.user, slice_upto(bytes, n));
		if (escape.len > 0)
			v->out.fresh(v->out.user, escape);
		bytes = slice_from(bytes, n + (escape.len > 0));
	}
}

/* --- in --------------------------------------------------------------- */

void xml_value_init(
    struct xml_value *v, const struct mapping *m, struct outlet out)
{
	v->mapping = m;
	v->out = out;
	v->inner = (struct outlet){ value_raw, value_fresh, v };
	v->over = true;
	v->reference_n = 0;
}

static bool is_url(enum xml_what what)
{
	return what == XML_URL || what == XML_PERMALINK || what == XML_BASE ||
	    what == XML_PAGE_BASE;
}

void xml_value_start(struct xml_value *v, enum xml_what what,
    enum xml_syntax syntax, struct mapping_place place, enum mapping_form form)
{
	v->what = what;
	v->syntax = syntax;
	v->over = !is_url(what);
	lead_start(&v->lead, v->mapping, place, form);
}

static void value_push(struct xml_value *v, char c, struct slice raw)
{
	lead_push(&v->lead, c, raw, &v->inner);
}

static void value_push_run(struct xml_value *v, struct slice run)
{
	lead_push_run(&v->lead, run, &v->inner);
}

static bool is_line_blank(char c)
{
	return c == '\t' || c == '\n' || c == '\r';
}

/* Bytes that stand for themselves, but that line ends and tabs in an
 * attribute are blanks (section 3.3.3). */
static void value_run(struct xml_value *v, struct slice run)
{
	size_t n = 0;

	if (v->syntax != XML_SYNTAX_ATTRIBUTE) {
		value_push_run(v, run);
		return;
	}
	while (run.len > 0) {
		for (n = 0; n < run.len && !is_line_blank(run.at[n]);)
			n++;
		if (n > 0)
			value_push_run(v, slice_upto(run, n));
		run = slice_from(run, n);
		if (run.len > 0)
			value_push(v, ' ', slice_upto(run, 1));
		run = slice_from(run, 1);
	}
}

/* What was gathered of a reference is one, or none. */
static void value_reference(struct xml_value *v)
{
	struct slice raw = { v->reference, v->reference_n };
	size_t n = 0;
	char c[4];

	v->reference_n = 0;
	if (reference_len(raw) == raw.len)
		n = decode_reference(raw, c);
	if (n == 0)
		value_run(v, raw);
	for (size_t i = 0; i < n; i++)
		value_push(v, c[i], i == 0 ? raw : LIT(""));
}

/* Takes what it needs of *bytes into the reference that has begun. */
static void value_gather(struct xml_value *v, struct slice *bytes)
{
	while (bytes->len > 0) {
		char c = bytes->at[0];

		if (c == '&' || v->reference_n == XML_REFERENCE_MAX)
			break;
		v->reference[v->reference_n++] = c;
		*bytes = slice_from(*bytes, 1);
		if (c == ';')
			break;
		if (bytes->len == 0)
			return;
	}
	value_reference(v);
}

void xml_value_feed(struct xml_value *v, struct slice bytes)
{
	while (bytes.len > 0 && !v->over) {
		bool decodes = v->syntax != XML_SYNTAX_CDATA;
		size_t n;

		if (v->reference_n > 0) {
			value_gather(v, &bytes);
			continue;
		}
		n = decodes ? slice_find(bytes, '&') : bytes.len;
		if (n > 0)
			value_run(v, slice_upto(bytes, n));
		if (n < bytes.len)
			v->reference[v->reference_n++] = '&';
		bytes = slice_from(bytes, n + 1);
	}
	value_raw(v, bytes);
}

static bool is_blank(const struct lead *l)
{
	for (size_t i = 0; i < l->raw_n; i++)
		if ((unsigned char)l->raw[i] > ' ')
			return false;
	return true;
}

/* Lets go of what is held, as it is. */
static void value_release(struct xml_value *v)
{
	struct lead *l = &v->lead;

	if (!l->decided)
		value_raw(v, (struct slice){ l->raw, l->raw_n });
	lead_start(l, l->mapping, l->place, l->form);
}

void xml_value_interrupt(struct xml_value *v, enum xml_syntax syntax)
{
	bool blank;

	if (v->over)
		return;
	if (v->reference_n > 0)
		value_reference(v);
	blank = !v->lead.decided && is_blank(&v->lead);
	value_release(v);
	v->over = !blank;
	v->syntax = syntax;
}

void xml_value_leave_cdata(struct xml_value *v)
{
	if (v->over)
		return;
	if (is_blank(&v->lead) && !v->lead.decided) {
		xml_value_interrupt(v, XML_SYNTAX_TEXT);
		return;
	}
	xml_value_end(v);
}

void xml_value_end(struct xml_value *v)
{
	if (v->over)
		return;
	if (v->reference_n > 0)
		value_reference(v);
	lead_end(&v->lead, &v->inner);
	v->over = true;
}

/* Decoding and escaping XML's values. */
#include "filter/xml_value.h"

#include <string.h>

#include "base/utf8.h"
#include "filter/css.h"

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
	return c == 0 ? 0 : utf8_put(c, out);
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

void xml_value_init(struct xml_value *v, struct arena *a,
    const struct mapping *m, struct outlet out)
{
	v->arena = a;
	v->mapping = m;
	v->out = out;
	v->inner = (struct outlet){ value_raw, value_fresh, v };
	v->over = true;
	v->css = NULL;
	v->reference_n = 0;
}

static bool is_style(enum xml_what what, uint8_t *context_out)
{
	static const uint8_t contexts[] = {
		[XML_SHEET] = CSS_SHEET,
		[XML_STYLE] = CSS_DECLARATIONS,
		[XML_PAINT] = CSS_VALUE,
	};

	if (what != XML_SHEET && what != XML_STYLE && what != XML_PAINT)
		return false;
	*context_out = contexts[what];
	return true;
}

static void css_begin(struct xml_value *v)
{
	enum css_context context = (enum css_context)v->css_context;

	if (v->css == NULL)
		v->css =
		    css_new(v->arena, v->mapping, v->place, context, v->inner);
	else
		css_reset(v->css, v->place, context);
	v->over = v->css == NULL;
}

void xml_value_start(struct xml_value *v, enum xml_what what,
    enum xml_syntax syntax, struct mapping_place place, enum mapping_form form)
{
	v->syntax = syntax;
	v->place = place;
	v->over = what == XML_NOTHING || what == XML_INTEGRITY;
	v->styled = is_style(what, &v->css_context);
	if (v->styled)
		css_begin(v);
	else
		lead_start(&v->lead, v->mapping, place, form);
}

static void value_push(struct xml_value *v, char c, struct slice raw)
{
	if (v->styled)
		css_push(v->css, c, raw);
	else
		lead_push(&v->lead, c, raw, &v->inner);
}

static void value_push_run(struct xml_value *v, struct slice run)
{
	if (v->styled)
		rewriter_feed(v->css, run);
	else
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

/* Only blanks so far: the URL has not begun.  They are let go. */
static bool url_waits(struct xml_value *v)
{
	struct lead *l = &v->lead;
	bool waits = !l->decided && is_blank(l);

	lead_keep(l, &v->inner);
	if (waits)
		lead_start(l, l->mapping, l->place, l->form);
	return waits;
}

void xml_value_interrupt(struct xml_value *v, enum xml_syntax syntax)
{
	if (v->over)
		return;
	if (v->reference_n > 0)
		value_reference(v);
	if (v->styled) {
		rewriter_finish(v->css);
		css_begin(v);
	} else {
		v->over = !url_waits(v);
	}
	v->syntax = syntax;
}

void xml_value_leave_cdata(struct xml_value *v)
{
	if (v->over)
		return;
	if (v->styled || is_blank(&v->lead))
		xml_value_interrupt(v, XML_SYNTAX_TEXT);
	else
		xml_value_end(v);
}

void xml_value_end(struct xml_value *v)
{
	if (v->over)
		return;
	if (v->reference_n > 0)
		value_reference(v);
	if (v->styled)
		rewriter_finish(v->css);
	else
		lead_end(&v->lead, &v->inner);
	v->over = true;
}

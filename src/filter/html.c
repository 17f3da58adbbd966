/* The rewriter of HTML: hears the tokenizer and sees to values, tags that are
 * judged whole, and what styles and scripts hold. */
#include "filter/html.h"

#include "base/arena.h"
#include "filter/html_foreign.h"
#include "filter/html_head.h"
#include "filter/html_tag.h"
#include "filter/html_value.h"
#include "filter/json.h"
#include "filter/token.h"
#include "policy/refresh.h"

/* What takes the text between two tags. */
enum inside {
	INSIDE_TEXT,
	INSIDE_STYLE,     /* raw text */
	INSIDE_SVG_STYLE, /* text with references and CDATA sections */
	INSIDE_JSON,
	INSIDE_SCRIPT, /* in which tokens are replaced */
};

struct html {
	struct rewriter base;
	const struct mapping *mapping;
	struct html_options options;
	struct mapping_place document; /* where <base> itself starts */
	struct mapping_place place;
	bool has_base;

	/* the beginning, until it is known what encoding it shows */
	bool begun;
	bool untouched;
	unsigned first_n;
	char first[3];

	/* the tag that is open */
	const struct html_element *element;
	enum html_space space;
	uint64_t seen; /* a bit for each attribute's id */
	enum html_value_kind kind;
	bool held;
	bool in_value;
	bool breaks; /* a font that leaves foreign content */

	enum inside inside;
	struct rewriter *json;
	struct rewriter *token; /* NULL: scripts are text as any */

	struct slice piece; /* what is fed */
	struct slice run;   /* of it, not handed on yet */

	struct html_head head;
	struct html_foreign foreign;
	struct html_tokenizer tokenizer;
	struct html_value value;
	struct html_tag tag;
};

/* ---- handing on ---- */

static void flush(struct html *h)
{
	rewriter_raw(&h->base, h->run);
	h->run = (struct slice){ h->run.at, 0 };
}

static bool is_of(struct slice piece, const char *at)
{
	return (uintptr_t)at >= (uintptr_t)piece.at &&
	    (uintptr_t)at < (uintptr_t)piece.at + piece.len;
}

/* What stands together in the input goes on in one call. */
static void pass(void *user, struct slice bytes)
{
	struct html *h = user;

	if (bytes.len == 0)
		return;
	if (!is_of(h->piece, bytes.at)) {
		flush(h);
		rewriter_raw(&h->base, bytes);
	} else if (h->run.len > 0 && bytes.at == h->run.at + h->run.len) {
		h->run.len += bytes.len;
	} else {
		flush(h);
		h->run = bytes;
	}
}

static void put(void *user, struct slice bytes)
{
	struct html *h = user;

	flush(h);
	rewriter_fresh(&h->base, bytes);
}

/* ---- values ---- */

static enum html_quoting quoting(char quote)
{
	return quote == '\0' ? QUOTING_UNQUOTED : QUOTING_ESCAPED;
}

/* <base href> is relative to the document, not to itself. */
static struct mapping_place place_of_value(const struct html *h)
{
	return h->element->id == ELEMENT_BASE ? h->document : h->place;
}

static void value_begin(struct html *h, enum html_value_kind kind, char quote)
{
	html_value_begin(&h->value, kind, quoting(quote), place_of_value(h));
}

/* ---- tags that are held ---- */

static struct slice held_bytes(const struct html *h, size_t from, size_t to)
{
	return (struct slice){ h->tag.raw + from, to - from };
}

/* The URL in <meta http-equiv=refresh content>.  False: there is none. */
static bool begin_refresh(struct html *h, const struct html_tag_part *part)
{
	char room[HTML_TAG_MAX];
	struct slice url;
	struct slice value =
	    html_tag_value(&h->tag, ATTRIBUTE_HTTP_EQUIV, room);
	size_t start;

	if (!slice_eq_nocase(value, LIT("refresh")))
		return false;
	value = html_tag_value(&h->tag, ATTRIBUTE_CONTENT, room);
	if (!refresh_url(value, &url))
		return false;
	start = (size_t)(url.at - value.at);
	html_value_begin_refresh(
	    &h->value, quoting(part->quote), h->place, start, start + url.len);
	return true;
}

/* False: the value holds nothing to map. */
static bool begin_part(struct html *h, const struct html_tag_part *part)
{
	if (!part->has_value || part->repeated)
		return false;
	if (part->attribute->id == ATTRIBUTE_CONTENT)
		return begin_refresh(h, part);
	if (part->attribute->kind == VALUE_PLAIN)
		return false;
	value_begin(h, part->attribute->kind, part->quote);
	return true;
}

/* What was held goes on, its URLs mapped. */
static void replay(struct html *h, bool drop_integrity)
{
	size_t at = 0;

	for (unsigned i = 0; i < h->tag.part_n; i++) {
		const struct html_tag_part *part = &h->tag.parts[i];
		size_t from, to;

		if (drop_integrity &&
		    part->attribute->id == ATTRIBUTE_INTEGRITY) {
			html_tag_span(&h->tag, part, &from, &to);
			pass(h, held_bytes(h, at, from));
			at = to;
		} else if (begin_part(h, part)) {
			pass(h, held_bytes(h, at, part->value));
			html_value_feed(&h->value,
			    held_bytes(h, part->value, part->value_end));
			html_value_end(&h->value);
			at = part->value_end;
		}
	}
	pass(h, held_bytes(h, at, h->tag.n));
}

/* There is no room for more of the tag: it goes on, and the rest of it
 * unheld. */
static void let_go(struct html *h)
{
	const struct html_tag_part *last =
	    h->in_value ? &h->tag.parts[h->tag.part_n - 1] : NULL;
	unsigned n = h->tag.n;

	h->base.hints |= REWRITER_LONG;
	h->held = false;
	if (last == NULL) {
		replay(h, false);
		return;
	}
	h->tag.part_n--;
	h->tag.n = last->value;
	replay(h, false);
	value_begin(h, last->repeated ? VALUE_PLAIN : last->attribute->kind,
	    last->quote);
	html_value_feed(&h->value, held_bytes(h, last->value, n));
}

/* Does the URL lead to what may not be the same bytes any more? */
static bool loads_changed(const struct html *h)
{
	const struct html_tag *t = &h->tag;

	if (h->element->id == ELEMENT_SCRIPT)
		return h->options.scripts_change;
	if (html_tag_has_word(t, ATTRIBUTE_REL, LIT("stylesheet")))
		return true;
	if (!html_tag_has_word(t, ATTRIBUTE_REL, LIT("preload")) &&
	    !html_tag_has_word(t, ATTRIBUTE_REL, LIT("modulepreload")))
		return false;
	return html_tag_has_word(t, ATTRIBUTE_AS, LIT("style")) ||
	    h->options.scripts_change;
}

static bool drops_integrity(struct html *h)
{
	enum html_attribute_id id =
	    h->element->id == ELEMENT_SCRIPT ? ATTRIBUTE_SRC : ATTRIBUTE_HREF;
	char room[HTML_TAG_MAX];
	struct slice url;

	if (h->space != SPACE_HTML ||
	    html_tag_value(&h->tag, ATTRIBUTE_INTEGRITY, room).len == 0 ||
	    !loads_changed(h))
		return false;
	url = html_tag_value(&h->tag, id, room);
	if (url.len == 0 || !mapping_is_own(h->mapping, h->place, url))
		return false;
	h->base.hints |= REWRITER_INTEGRITY;
	return true;
}

/* The first <base> that has an href counts. */
static void meet_base(struct html *h)
{
	char room[HTML_TAG_MAX];
	struct slice url = html_tag_value(&h->tag, ATTRIBUTE_HREF, room);

	if (h->has_base || h->space != SPACE_HTML || url.at == NULL)
		return;
	h->place = mapping_base(h->mapping, h->document, url);
	h->has_base = true;
}

static void judge(struct html *h)
{
	h->held = false;
	replay(h, drops_integrity(h));
	if (h->element->id == ELEMENT_BASE)
		meet_base(h);
}

static bool says_html(const struct html *h)
{
	return html_tag_has_word(
		   &h->tag, ATTRIBUTE_ENCODING, LIT("text/html")) ||
	    html_tag_has_word(
		&h->tag, ATTRIBUTE_ENCODING, LIT("application/xhtml+xml"));
}

/* ---- what styles and scripts hold ---- */

static struct slice trim(struct slice s)
{
	while (s.len > 0 && html_is_blank(s.at[0]))
		s = slice_from(s, 1);
	while (s.len > 0 && html_is_blank(s.at[s.len - 1]))
		s.len--;
	return s;
}

static void begin_style(struct html *h)
{
	char room[HTML_TAG_MAX];
	struct slice type = html_tag_value(&h->tag, ATTRIBUTE_TYPE, room);

	if (type.len > 0 && !slice_eq_nocase(type, LIT("text/css")))
		return;
	if (h->space == SPACE_HTML) {
		h->inside = INSIDE_STYLE;
		html_value_begin_sheet(&h->value, QUOTING_NONE, h->place);
	} else if (h->space == SPACE_SVG && !h->tokenizer.self_closing) {
		h->inside = INSIDE_SVG_STYLE;
		html_value_begin_sheet(&h->value, QUOTING_ESCAPED, h->place);
	}
}

/* JavaScript, or JSON of any kind (HTML Standard section 4.12.1). */
static bool is_code(struct slice type)
{
	return type.len == 0 || slice_eq_nocase(type, LIT("module")) ||
	    slice_eq_nocase(type, LIT("text/javascript")) ||
	    slice_eq_nocase(type, LIT("application/javascript")) ||
	    slice_eq_nocase(type, LIT("application/json")) ||
	    slice_eq_nocase(type, LIT("application/ld+json"));
}

static void begin_script(struct html *h)
{
	static const struct {
		struct slice type;
		enum json_kind kind;
	} kinds[] = {
		{ { "importmap", 9 }, JSON_IMPORT_MAP },
		{ { "speculationrules", 16 }, JSON_SPECULATION_RULES },
	};
	char room[HTML_TAG_MAX];
	struct slice type = trim(html_tag_value(&h->tag, ATTRIBUTE_TYPE, room));

	if (h->space != SPACE_HTML)
		return;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (slice_eq_nocase(type, kinds[i].type)) {
			json_reset(h->json, h->place, kinds[i].kind);
			h->inside = INSIDE_JSON;
		}
	if (h->token != NULL && is_code(type))
		h->inside = INSIDE_SCRIPT;
}

static void end_inside(struct html *h)
{
	switch (h->inside) {
	case INSIDE_TEXT:
		break;
	case INSIDE_STYLE:
	case INSIDE_SVG_STYLE:
		html_value_end(&h->value);
		break;
	case INSIDE_JSON:
		rewriter_finish(h->json);
		break;
	case INSIDE_SCRIPT:
		rewriter_finish(h->token);
		break;
	}
	h->inside = INSIDE_TEXT;
}

/* A comment, or a CDATA section's beginning: what the style holds back goes
 * before it, and the sheet begins anew behind it. */
static void interrupt_style(struct html *h, struct slice bytes)
{
	html_value_end(&h->value);
	pass(h, bytes);
	html_value_begin_sheet(&h->value, QUOTING_ESCAPED, h->place);
}

/* ---- what the tokenizer tells ---- */

static void on_text(void *user, struct slice bytes)
{
	struct html *h = user;
	size_t at;

	if (h->head.sought && html_head_text(&h->head, bytes, &at)) {
		pass(h, slice_upto(bytes, at));
		put(h, h->options.shim);
		bytes = slice_from(bytes, at);
	}
	switch (h->inside) {
	case INSIDE_TEXT:
		pass(h, bytes);
		break;
	case INSIDE_SVG_STYLE:
		if (h->tokenizer.content == HTML_CDATA) {
			html_value_feed_literal(&h->value, bytes);
			break;
		}
		/* fall through */
	case INSIDE_STYLE:
		html_value_feed(&h->value, bytes);
		break;
	case INSIDE_JSON:
		rewriter_feed(h->json, bytes);
		break;
	case INSIDE_SCRIPT:
		rewriter_feed(h->token, bytes);
		break;
	}
}

static void on_markup(void *user, struct slice bytes)
{
	struct html *h = user;

	if (h->held && html_tag_add(&h->tag, bytes))
		return;
	if (h->held)
		let_go(h);
	if (h->inside == INSIDE_SVG_STYLE)
		interrupt_style(h, bytes);
	else
		pass(h, bytes);
}

static void on_doctype(void *user)
{
	html_head_doctype(&((struct html *)user)->head);
}

static void on_tag(void *user)
{
	struct html *h = user;
	const struct html_element *element =
	    html_element(html_name(&h->tokenizer.tag));

	end_inside(h);
	if (h->head.sought &&
	    html_head_before_tag(&h->head, element, h->tokenizer.is_end))
		put(h, h->options.shim);
	h->element = element;
	if (h->tokenizer.is_end) {
		if (h->tokenizer.content == HTML_DATA)
			html_foreign_close(&h->foreign, element);
		h->tokenizer.cdata = html_foreign_cdata(&h->foreign);
		return;
	}
	h->space = html_foreign_meet(&h->foreign, element);
	h->seen = 0;
	h->breaks = false;
	h->held = element->flags & ELEMENT_HELD;
	h->tokenizer.prompt = h->held;
	html_tag_start(&h->tag);
}

static bool is_for(const struct html *h, const struct html_attribute *attribute)
{
	if (attribute->kind == VALUE_PAINT && h->space != SPACE_SVG)
		return false;
	return attribute->on == 0 || attribute->on >> h->element->id & 1;
}

/* Of an attribute that is there twice the second does not count, but for an
 * integrity whose first is to go. */
static bool hold_attribute(
    struct html *h, const struct html_attribute *attribute, bool repeated)
{
	if (repeated && attribute->id != ATTRIBUTE_INTEGRITY)
		return false;
	if (html_tag_attribute(
		&h->tag, attribute, h->tokenizer.attribute.raw_n, repeated))
		return true;
	let_go(h);
	h->kind = attribute->kind;
	return !repeated && attribute->kind != VALUE_PLAIN;
}

static bool on_attribute(void *user)
{
	struct html *h = user;
	const struct html_attribute *attribute =
	    html_attribute(html_name(&h->tokenizer.attribute));
	uint64_t bit;
	bool repeated;

	if (attribute == NULL || !is_for(h, attribute))
		return false;
	bit = UINT64_C(1) << attribute->id;
	repeated = h->seen & bit;
	h->seen |= bit;
	if (attribute->id == ATTRIBUTE_FONT)
		h->breaks = h->space != SPACE_HTML;
	if (h->held)
		return hold_attribute(h, attribute, repeated);
	h->kind = attribute->kind;
	return !repeated && attribute->kind != VALUE_PLAIN;
}

static void on_value_begin(void *user)
{
	struct html *h = user;

	h->in_value = true;
	if (h->held)
		html_tag_value_begin(&h->tag, h->tokenizer.quote);
	else
		value_begin(h, h->kind, h->tokenizer.quote);
}

static void on_value(void *user, struct slice bytes)
{
	struct html *h = user;

	if (h->held && html_tag_add(&h->tag, bytes))
		return;
	if (h->held)
		let_go(h);
	html_value_feed(&h->value, bytes);
}

static void on_value_end(void *user)
{
	struct html *h = user;

	h->in_value = false;
	if (h->held)
		html_tag_value_end(&h->tag);
	else
		html_value_end(&h->value);
}

static void begin_content(struct html *h, bool judged)
{
	if (h->space == SPACE_HTML && h->element->content != HTML_DATA)
		html_tokenizer_content(
		    &h->tokenizer, h->element->content, h->element->name);
	if (!judged)
		return;
	if (h->element->id == ELEMENT_STYLE)
		begin_style(h);
	else if (h->element->id == ELEMENT_SCRIPT)
		begin_script(h);
}

static void on_tag_end(void *user)
{
	struct html *h = user;
	bool judged = h->held;

	if (h->tokenizer.is_end)
		return;
	if (h->held)
		judge(h);
	if (h->breaks) {
		html_foreign_leave(&h->foreign);
		h->space = SPACE_HTML;
	}
	if (h->head.sought && html_head_behind_tag(&h->head, h->element))
		put(h, h->options.shim);
	html_foreign_open(&h->foreign, h->element, h->space,
	    h->tokenizer.self_closing, judged && says_html(h));
	h->tokenizer.cdata = html_foreign_cdata(&h->foreign);
	begin_content(h, judged);
}

static const struct html_events events = { .text = on_text,
	.markup = on_markup,
	.doctype = on_doctype,
	.tag = on_tag,
	.attribute = on_attribute,
	.value_begin = on_value_begin,
	.value = on_value,
	.value_end = on_value_end,
	.tag_end = on_tag_end };

/* ---- the beginning ---- */

/* What a byte-order mark tells, from the first bytes of the input. */
static const struct {
	struct slice mark;
	bool untouched;
} marks[] = {
	{ { "\xEF\xBB\xBF", 3 }, false },
	{ { "\xFE\xFF", 2 }, true },
	{ { "\xFF\xFE", 2 }, true },
};

/* A mark passes, and is no text.  `more` may come. */
static void begin(struct html *h, bool more)
{
	struct slice first = { h->first, h->first_n };
	size_t mark = 0;

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (slice_starts(first, marks[i].mark)) {
			h->untouched = marks[i].untouched;
			mark = marks[i].mark.len;
		} else if (more && slice_starts(marks[i].mark, first)) {
			return;
		}
	}
	h->begun = true;
	if (h->untouched)
		h->base.hints |= REWRITER_UTF16;
	pass(h, slice_upto(first, mark));
	first = slice_from(first, mark);
	if (h->untouched)
		pass(h, first);
	else
		html_tokenizer_feed(&h->tokenizer, first);
}

static void html_feed(struct rewriter *r, struct slice bytes)
{
	struct html *h = (struct html *)r;

	while (!h->begun && bytes.len > 0) {
		h->first[h->first_n++] = bytes.at[0];
		bytes = slice_from(bytes, 1);
		begin(h, true);
	}
	if (bytes.len == 0)
		return;
	if (h->untouched) {
		rewriter_raw(r, bytes);
		return;
	}
	h->piece = bytes;
	html_tokenizer_feed(&h->tokenizer, bytes);
	flush(h);
	h->piece = SLICE_NONE;
}

static void html_finish(struct rewriter *r)
{
	struct html *h = (struct html *)r;

	if (!h->begun)
		begin(h, false);
	html_tokenizer_finish(&h->tokenizer);
	/* Browsers drop the tag that the input ends in. */
	if (h->held)
		pass(h, held_bytes(h, 0, h->tag.n));
	end_inside(h);
	if (h->head.sought && h->head.is_document)
		r->hints |= REWRITER_NO_HEAD;
	r->hints |= h->value.hints | h->value.css->hints | h->json->hints;
}

static const struct rewriter_ops html_ops = { "html", html_feed, html_finish };

struct rewriter *html_new(struct arena *a, const struct mapping *m,
    const struct html_options *options, struct outlet out)
{
	struct html *h = arena_zero(a, sizeof(*h));
	struct outlet inner = { pass, put, h };

	if (h == NULL || !html_value_init(&h->value, a, m, inner))
		return NULL;
	h->json =
	    json_new(a, m, mapping_place(m), JSON_IMPORT_MAP, NULL, inner);
	if (h->json == NULL)
		return NULL;
	if (options->tokens != NULL) {
		h->token = token_new(a, options->tokens, inner);
		if (h->token == NULL)
			return NULL;
	}
	h->base = (struct rewriter){ .ops = &html_ops, .out = out };
	h->mapping = m;
	h->options = *options;
	h->document = mapping_place(m);
	h->place = h->document;
	h->head.sought = options->shim.len > 0;
	html_tokenizer_start(&h->tokenizer, &events, h);
	return &h->base;
}

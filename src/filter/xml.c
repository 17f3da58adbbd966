/* The XML rewriter: what each token of a document means. */
#include "filter/xml.h"

#include "base/arena.h"
#include "filter/xml_scan.h"
#include "filter/xml_scope.h"
#include "filter/xml_tag.h"
#include "filter/xml_value.h"
#include "filter/xml_words.h"

#define DECODED_MAX 1024 /* of a base, and of a namespace's name */

struct xml {
	struct rewriter rewriter; /* first */
	const struct mapping *mapping;
	enum xml_document document;
	bool rooted; /* the root element was met */
	bool based;  /* XHTML's first <base href> was */
	struct xml_scan scan;
	struct xml_scope scope;
	struct xml_value value;
};

static void xml_raw(struct xml *x, struct slice bytes)
{
	rewriter_raw(&x->rewriter, bytes);
}

/* --- attributes ------------------------------------------------------- */

static bool starts_prefix(struct slice name, struct slice *prefix_out)
{
	if (slice_eq(name, LIT("xmlns"))) {
		*prefix_out = LIT("");
		return true;
	}
	if (!slice_starts(name, LIT("xmlns:")))
		return false;
	*prefix_out = slice_from(name, 6);
	return true;
}

/* Declarations count for the very tag that they stand in, and before all
 * else, wherever in it they stand.  False: it makes no sense as a tag. */
static bool declare(struct xml *x, struct slice tag)
{
	struct xml_attribute a;
	char room[DECODED_MAX];
	struct slice prefix;

	xml_tag_name(&tag);
	while (xml_tag_next(&tag, &a))
		if (starts_prefix(a.name, &prefix))
			xml_scope_declare(&x->scope, prefix,
			    xml_decode(a.value, room, sizeof(room)));
	return xml_tag_is_over(tag);
}

/* xml:base holds for the attributes beside it. */
static void move_place(struct xml *x, struct slice tag)
{
	struct slice value = xml_tag_get(tag, LIT("xml:base"));
	struct mapping_place place = xml_scope_place(&x->scope);
	char room[DECODED_MAX];

	if (value.at == NULL || !xml_heeds_base(x->document))
		return;
	value = xml_decode(value, room, sizeof(room));
	if (value.at == NULL)
		xml_scope_ignore(&x->scope);
	else
		xml_scope_set_place(
		    &x->scope, mapping_base(x->mapping, place, value));
}

/* What HTML calls the frozen base URL: the first counts, and not for
 * itself. */
static void move_page(struct xml *x, struct slice value)
{
	struct mapping_place place = xml_scope_place(&x->scope);
	char room[DECODED_MAX];

	if (x->based || x->document != XML_PAGE)
		return;
	x->based = true;
	value = xml_decode(value, room, sizeof(room));
	if (value.at != NULL)
		xml_scope_move(
		    &x->scope, mapping_base(x->mapping, place, value));
}

static void put_value(struct xml *x, enum xml_what what, struct slice value,
    struct mapping_place place, enum mapping_form form)
{
	xml_value_start(&x->value, what, XML_SYNTAX_ATTRIBUTE, place, form);
	xml_value_feed(&x->value, value);
	xml_value_end(&x->value);
}

/* Our own style sheets are changed on their way, too. */
static bool drops_integrity(struct xml *x, struct slice tag)
{
	struct slice url = xml_tag_get(tag, LIT("href"));
	char room[DECODED_MAX];

	if (url.at != NULL)
		url = xml_decode(url, room, sizeof(room));
	return url.at != NULL &&
	    mapping_is_own(x->mapping, xml_scope_place(&x->scope), url);
}

static void put_attribute(struct xml *x, struct xml_name element,
    struct slice tag, const struct xml_attribute *a,
    struct mapping_place outside)
{
	enum xml_what what = xml_attribute_of(
	    x->document, element, xml_scope_attribute(&x->scope, a->name));
	size_t before = (size_t)(a->value.at - a->whole.at);

	if (what == XML_INTEGRITY && drops_integrity(x, tag)) {
		x->rewriter.hints |= REWRITER_INTEGRITY;
		return;
	}
	xml_raw(x, slice_upto(a->whole, before));
	put_value(x, what, a->value,
	    what == XML_BASE ? outside : xml_scope_place(&x->scope),
	    xml_form(x->document));
	xml_raw(x, slice_from(a->whole, before + a->value.len));
	if (what == XML_PAGE_BASE)
		move_page(x, a->value);
}

/* --- elements --------------------------------------------------------- */

static enum xml_what text_of(
    struct xml *x, struct xml_name element, struct slice tag)
{
	enum xml_what what =
	    xml_text_of(x->document, xml_scope_parent(&x->scope), element);

	if (what == XML_PERMALINK &&
	    slice_eq(xml_tag_get(tag, LIT("isPermaLink")), LIT("false")))
		return XML_NOTHING;
	return what;
}

static void put_start(struct xml *x, struct slice tag, bool empty)
{
	struct mapping_place outside = xml_scope_place(&x->scope);
	struct slice rest = tag;
	struct xml_attribute a;
	struct xml_name element =
	    xml_scope_element(&x->scope, xml_tag_name(&rest));
	enum xml_what text;

	if (!x->rooted)
		x->document = xml_document_of(element);
	x->rooted = true;
	move_place(x, tag);
	if (xml_scope_is_ignored(&x->scope)) {
		xml_raw(x, tag);
		return;
	}
	xml_scope_set_within(&x->scope, xml_within_of(element));
	xml_raw(x, slice_upto(tag, (size_t)(rest.at - tag.at)));
	while (xml_tag_next(&rest, &a))
		put_attribute(x, element, tag, &a, outside);
	xml_raw(x, rest);
	text = empty ? XML_NOTHING : text_of(x, element, tag);
	if (text == XML_NOTHING)
		return;
	xml_value_start(&x->value, text, XML_SYNTAX_TEXT,
	    xml_scope_place(&x->scope), xml_form(x->document));
}

static void on_start(struct xml *x, const struct xml_token *t)
{
	xml_value_interrupt(&x->value, XML_SYNTAX_TEXT);
	xml_value_end(&x->value);
	xml_scope_open(&x->scope);
	if (t->kind == XML_TOKEN_START_LONG) {
		x->rewriter.hints |= REWRITER_LONG;
		x->rooted = true;
		xml_scope_ignore(&x->scope);
		xml_raw(x, t->bytes);
	} else if (!declare(x, t->bytes)) {
		xml_scan_give_up(&x->scan);
		xml_raw(x, t->bytes);
	} else {
		put_start(x, t->bytes, t->empty);
	}
	if (t->empty)
		xml_scope_close(&x->scope);
}

static void on_end(struct xml *x, const struct xml_token *t)
{
	xml_value_end(&x->value);
	xml_raw(x, t->bytes);
	if (!xml_scope_close(&x->scope))
		xml_scan_give_up(&x->scan);
}

/* --- everything else -------------------------------------------------- */

/* xml-stylesheet's pseudo-attributes are written like attributes (Associating
 * Style Sheets with XML documents 1.0). */
static void put_style_sheet(struct xml *x, struct slice rest)
{
	struct xml_attribute a;

	while (xml_tag_next(&rest, &a)) {
		size_t before = (size_t)(a.value.at - a.whole.at);
		bool link = slice_eq(a.name, LIT("href"));

		xml_raw(x, slice_upto(a.whole, before));
		put_value(x, link ? XML_URL : XML_NOTHING, a.value,
		    mapping_place(x->mapping), MAPPING_SHORT);
		xml_raw(x, slice_from(a.whole, before + a.value.len));
	}
	xml_raw(x, rest);
}

static bool is_wide(struct slice encoding)
{
	return slice_starts_nocase(encoding, LIT("UTF-16")) ||
	    slice_starts_nocase(encoding, LIT("UTF-32")) ||
	    slice_starts_nocase(encoding, LIT("UCS-")) ||
	    slice_starts_nocase(encoding, LIT("ISO-10646-UCS"));
}

static void on_instruction(struct xml *x, const struct xml_token *t)
{
	struct slice rest = t->bytes;
	struct slice target = xml_tag_name(&rest);

	xml_value_interrupt(&x->value, XML_SYNTAX_TEXT);
	if (slice_eq(target, LIT("xml")) &&
	    is_wide(xml_tag_get(t->bytes, LIT("encoding")))) {
		x->rewriter.hints |= REWRITER_UTF16;
		xml_scan_give_up(&x->scan);
	}
	if (!slice_eq(target, LIT("xml-stylesheet")) || x->rooted) {
		xml_raw(x, t->bytes);
		return;
	}
	xml_raw(x, slice_upto(t->bytes, (size_t)(rest.at - t->bytes.at)));
	put_style_sheet(x, rest);
}

static void on_text(struct xml *x, const struct xml_token *t)
{
	xml_value_feed(&x->value, t->bytes);
}

static void on_cdata_open(struct xml *x, const struct xml_token *t)
{
	xml_value_interrupt(&x->value, XML_SYNTAX_CDATA);
	xml_raw(x, t->bytes);
}

static void on_cdata_close(struct xml *x, const struct xml_token *t)
{
	xml_value_leave_cdata(&x->value);
	xml_raw(x, t->bytes);
}

static void on_skip(struct xml *x, const struct xml_token *t)
{
	xml_value_interrupt(&x->value, XML_SYNTAX_TEXT);
	xml_raw(x, t->bytes);
}

static void on_utf16(struct xml *x, const struct xml_token *t)
{
	x->rewriter.hints |= REWRITER_UTF16;
	xml_raw(x, t->bytes);
}

static void (*const handlers[])(struct xml *, const struct xml_token *) = {
	[XML_TOKEN_TEXT] = on_text,
	[XML_TOKEN_CDATA_OPEN] = on_cdata_open,
	[XML_TOKEN_CDATA] = on_text,
	[XML_TOKEN_CDATA_CLOSE] = on_cdata_close,
	[XML_TOKEN_START] = on_start,
	[XML_TOKEN_START_LONG] = on_start,
	[XML_TOKEN_END] = on_end,
	[XML_TOKEN_PI] = on_instruction,
	[XML_TOKEN_SKIP] = on_skip,
	[XML_TOKEN_UTF16] = on_utf16,
	[XML_TOKEN_BROKEN] = on_skip,
};

/* --- the rewriter ----------------------------------------------------- */

static void xml_feed(struct rewriter *r, struct slice s)
{
	struct xml *x = (struct xml *)r;
	struct xml_token t;

	while (xml_scan_next(&x->scan, &s, &t))
		handlers[t.kind](x, &t);
}

static void xml_finish(struct rewriter *r)
{
	struct xml *x = (struct xml *)r;

	/* An element that was not closed: what its text is remains open. */
	xml_value_interrupt(&x->value, XML_SYNTAX_TEXT);
	xml_raw(x, xml_scan_rest(&x->scan));
}

static const struct rewriter_ops xml_ops = { "xml", xml_feed, xml_finish };

struct rewriter *xml_new(
    struct arena *a, const struct mapping *m, struct outlet out)
{
	struct xml *x = arena_zero(a, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->rewriter.ops = &xml_ops;
	x->rewriter.out = out;
	x->mapping = m;
	xml_scan_start(&x->scan);
	xml_scope_start(&x->scope, mapping_place(m));
	xml_value_init(&x->value, a, m, out);
	return &x->rewriter;
}

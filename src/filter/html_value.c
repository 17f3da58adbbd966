/* What becomes of a value. */
#include "filter/html_value.h"

/* ---- new bytes ---- */

#define IN_QUOTES 1
#define UNQUOTED  2

static const struct {
	uint8_t where;
	struct slice text;
} escapes[128] = {
#define ESCAPE(c, where, text) [c] = { where, { text, sizeof(text) - 1 } }
	ESCAPE('&', IN_QUOTES | UNQUOTED, "&amp;"),
	ESCAPE('<', IN_QUOTES | UNQUOTED, "&lt;"),
	ESCAPE('>', IN_QUOTES | UNQUOTED, "&gt;"),
	ESCAPE('"', IN_QUOTES | UNQUOTED, "&quot;"),
	ESCAPE('\'', IN_QUOTES | UNQUOTED, "&#39;"),
	ESCAPE('\t', UNQUOTED, "&#9;"),
	ESCAPE('\n', UNQUOTED, "&#10;"),
	ESCAPE('\f', UNQUOTED, "&#12;"),
	ESCAPE('\r', UNQUOTED, "&#13;"),
	ESCAPE(' ', UNQUOTED, "&#32;"),
	ESCAPE('=', UNQUOTED, "&#61;"),
	ESCAPE('`', UNQUOTED, "&#96;"),
#undef ESCAPE
};

static bool is_escaped(const struct html_value *v, char c)
{
	static const uint8_t where[] = {
		[QUOTING_NONE] = 0,
		[QUOTING_ESCAPED] = IN_QUOTES,
		[QUOTING_UNQUOTED] = UNQUOTED,
	};
	unsigned char at = (unsigned char)c;

	return at < 128 && escapes[at].where & where[v->quoting];
}

static void write_fresh(struct html_value *v, struct slice bytes)
{
	if (bytes.len > 0)
		v->out.fresh(v->out.user, bytes);
}

void html_value_fresh(struct html_value *v, struct slice bytes)
{
	size_t n = 0;

	while (n < bytes.len) {
		if (!is_escaped(v, bytes.at[n])) {
			n++;
			continue;
		}
		write_fresh(v, slice_upto(bytes, n));
		write_fresh(v, escapes[(unsigned char)bytes.at[n]].text);
		bytes = slice_from(bytes, n + 1);
		n = 0;
	}
	write_fresh(v, bytes);
}

/* ---- what decoded bytes go to ---- */

static void inner_raw(void *user, struct slice bytes)
{
	struct html_value *v = user;

	v->out.raw(v->out.user, bytes);
}

static void inner_fresh(void *user, struct slice bytes)
{
	html_value_fresh(user, bytes);
}

static struct outlet inner(struct html_value *v)
{
	return (struct outlet){ inner_raw, inner_fresh, v };
}

static bool in_refresh_url(const struct html_value *v)
{
	return v->seen >= v->url_start && v->seen < v->url_end;
}

static void refresh_one(struct html_value *v, char decoded, struct slice raw)
{
	struct outlet out = inner(v);

	if (in_refresh_url(v))
		lead_push(&v->lead, decoded, raw, &out);
	else if (raw.len > 0)
		out.raw(out.user, raw);
	if (++v->seen == v->url_end)
		lead_end(&v->lead, &out);
}

static void on_one(void *user, char decoded, struct slice raw)
{
	struct html_value *v = user;
	struct outlet out = inner(v);

	switch (v->kind) {
	case VALUE_URL:
		lead_push(&v->lead, decoded, raw, &out);
		break;
	case VALUE_URLS:
	case VALUE_SRCSET:
		url_list_push(&v->list, decoded, raw, &out);
		break;
	case VALUE_REFRESH:
		refresh_one(v, decoded, raw);
		break;
	default:
		css_push(v->css, decoded, raw);
	}
}

static void on_run(void *user, struct slice bytes)
{
	struct html_value *v = user;
	struct outlet out = inner(v);

	switch (v->kind) {
	case VALUE_URL:
		lead_push_run(&v->lead, bytes, &out);
		break;
	case VALUE_URLS:
	case VALUE_SRCSET:
		url_list_push_run(&v->list, bytes, &out);
		break;
	case VALUE_REFRESH:
		for (size_t i = 0; i < bytes.len; i++)
			refresh_one(v, bytes.at[i],
			    slice_upto(slice_from(bytes, i), 1));
		break;
	default:
		rewriter_feed(v->css, bytes);
	}
}

static struct charref_taker taker(struct html_value *v)
{
	return (struct charref_taker){ on_run, on_one, v };
}

/* ---- a value's life ---- */

bool html_value_init(struct html_value *v, struct arena *a,
    const struct mapping *m, struct outlet out)
{
	v->out = out;
	v->mapping = m;
	v->hints = 0;
	v->css = css_new(a, m, mapping_place(m), CSS_SHEET, inner(v));
	return v->css != NULL;
}

static void begin(
    struct html_value *v, enum html_value_kind kind, enum html_quoting quoting)
{
	v->kind = (uint8_t)kind;
	v->quoting = (uint8_t)quoting;
	charref_start(&v->charref);
}

void html_value_begin(struct html_value *v, enum html_value_kind kind,
    enum html_quoting quoting, struct mapping_place place)
{
	begin(v, kind, quoting);
	switch (kind) {
	case VALUE_PLAIN:
		break;
	case VALUE_URL:
	case VALUE_REFRESH:
		lead_start(&v->lead, v->mapping, place, MAPPING_SHORT);
		break;
	case VALUE_URLS:
	case VALUE_SRCSET:
		url_list_start(&v->list, &v->lead, v->mapping, place,
		    kind == VALUE_SRCSET);
		break;
	case VALUE_STYLE:
		css_reset(v->css, place, CSS_DECLARATIONS);
		break;
	case VALUE_PAINT:
		css_reset(v->css, place, CSS_VALUE);
		break;
	}
}

void html_value_begin_refresh(struct html_value *v, enum html_quoting quoting,
    struct mapping_place place, size_t url_start, size_t url_end)
{
	html_value_begin(v, VALUE_REFRESH, quoting, place);
	v->seen = 0;
	v->url_start = url_start;
	v->url_end = url_end;
}

void html_value_begin_sheet(
    struct html_value *v, enum html_quoting quoting, struct mapping_place place)
{
	begin(v, VALUE_STYLE, quoting);
	css_reset(v->css, place, CSS_SHEET);
}

void html_value_feed(struct html_value *v, struct slice raw)
{
	struct charref_taker to = taker(v);

	if (v->kind == VALUE_PLAIN)
		v->out.raw(v->out.user, raw);
	else if (v->quoting == QUOTING_NONE)
		on_run(v, raw);
	else
		charref_feed(&v->charref, raw, &to);
}

void html_value_feed_literal(struct html_value *v, struct slice raw)
{
	struct charref_taker to = taker(v);
	uint8_t quoting = v->quoting;

	charref_end(&v->charref, &to);
	v->quoting = QUOTING_NONE;
	on_run(v, raw);
	v->quoting = quoting;
}

void html_value_end(struct html_value *v)
{
	struct charref_taker to = taker(v);
	struct outlet out = inner(v);

	if (v->kind == VALUE_PLAIN)
		return;
	charref_end(&v->charref, &to);
	switch (v->kind) {
	case VALUE_URL:
		lead_end(&v->lead, &out);
		if (v->lead.too_long && lead_own(&v->lead))
			v->hints |= REWRITER_LONG;
		break;
	case VALUE_URLS:
	case VALUE_SRCSET:
		url_list_end(&v->list, &out);
		break;
	case VALUE_REFRESH:
		break;
	default:
		rewriter_finish(v->css);
	}
}

/* Taking a list of URLs apart. */
#include "filter/url_list.h"

#include <string.h>

#include "filter/html_tokenizer.h"

enum {
	LIST_BETWEEN,     /* blanks, and commas in a srcset */
	LIST_URL,         /* in a URL */
	LIST_DESCRIPTOR,  /* behind it, up to a comma */
	LIST_PARENTHESES, /* in a descriptor */
};

void url_list_start(struct url_list *l, struct lead *lead,
    const struct mapping *m, struct mapping_place place, bool is_srcset)
{
	l->lead = lead;
	l->mapping = m;
	l->place = place;
	l->is_srcset = is_srcset;
	l->state = LIST_BETWEEN;
	l->commas = 0;
	l->raw_n = 0;
}

/* The commas are part of the URL. */
static void keep_commas(struct url_list *l, const struct outlet *out)
{
	struct slice raw = { l->raw, l->raw_n };

	for (; l->commas > 0; l->commas--) {
		lead_push(l->lead, ',', raw, out);
		raw = LIT("");
	}
	l->raw_n = 0;
}

static void end_url(struct url_list *l, const struct outlet *out)
{
	lead_end(l->lead, out);
	l->state =
	    l->is_srcset && l->commas == 0 ? LIST_DESCRIPTOR : LIST_BETWEEN;
	if (l->raw_n > 0)
		out->raw(out->user, (struct slice){ l->raw, l->raw_n });
	l->commas = 0;
	l->raw_n = 0;
}

static void add_comma(
    struct url_list *l, struct slice raw, const struct outlet *out)
{
	if (l->raw_n + raw.len > sizeof(l->raw))
		keep_commas(l, out);
	memcpy(l->raw + l->raw_n, raw.at, raw.len);
	l->raw_n += (unsigned)raw.len;
	l->commas++;
}

static void push_url(struct url_list *l, char decoded, struct slice raw,
    const struct outlet *out)
{
	if (l->is_srcset && decoded == ',') {
		add_comma(l, raw, out);
		return;
	}
	keep_commas(l, out);
	lead_push(l->lead, decoded, raw, out);
}

/* Outside of a URL. */
static void step(struct url_list *l, char c)
{
	if (l->state == LIST_PARENTHESES && c == ')')
		l->state = LIST_DESCRIPTOR;
	else if (l->state == LIST_DESCRIPTOR && c == '(')
		l->state = LIST_PARENTHESES;
	else if (l->state == LIST_DESCRIPTOR && c == ',')
		l->state = LIST_BETWEEN;
}

static bool begins_url(const struct url_list *l, char c)
{
	return l->state == LIST_BETWEEN && !html_is_blank(c) &&
	    !(l->is_srcset && c == ',');
}

void url_list_push(struct url_list *l, char decoded, struct slice raw,
    const struct outlet *out)
{
	if (l->state == LIST_URL && html_is_blank(decoded))
		end_url(l, out);
	if (begins_url(l, decoded)) {
		lead_start(l->lead, l->mapping, l->place, MAPPING_SHORT);
		l->state = LIST_URL;
	}
	if (l->state == LIST_URL) {
		push_url(l, decoded, raw, out);
		return;
	}
	step(l, decoded);
	if (raw.len > 0)
		out->raw(out->user, raw);
}

/* How many bytes at the beginning of s need no second look in a URL. */
static size_t url_run(struct slice s)
{
	size_t n = 0;

	while (n < s.len && s.at[n] != ',' && !html_is_blank(s.at[n]))
		n++;
	return n;
}

void url_list_push_run(
    struct url_list *l, struct slice bytes, const struct outlet *out)
{
	while (bytes.len > 0) {
		size_t n = l->state == LIST_URL ? url_run(bytes) : 0;

		if (n > 0) {
			keep_commas(l, out);
			lead_push_run(l->lead, slice_upto(bytes, n), out);
		} else {
			n = 1;
			url_list_push(
			    l, bytes.at[0], slice_upto(bytes, 1), out);
		}
		bytes = slice_from(bytes, n);
	}
}

void url_list_end(struct url_list *l, const struct outlet *out)
{
	if (l->state == LIST_URL)
		end_url(l, out);
}

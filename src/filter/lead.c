/* Holding back the beginning of a URL. */
#include "filter/lead.h"

#include <string.h>

void lead_start(struct lead *l, const struct mapping *m,
    struct mapping_place place, enum mapping_form form)
{
	l->mapping = m;
	l->place = place;
	l->form = form;
	l->decided = false;
	l->too_long = false;
	l->plain = true;
	l->n = 0;
	l->raw_n = 0;
}

static void pass(const struct outlet *out, const char *at, size_t n)
{
	if (n > 0)
		out->raw(out->user, (struct slice){ at, n });
}

/* Where the raw bytes of the first n decoded ones end. */
static size_t raw_end(const struct lead *l, size_t n)
{
	if (l->plain || n == 0)
		return n;
	return l->end[n - 1];
}

struct slice lead_url(const struct lead *l)
{
	return (struct slice){ l->plain ? l->raw : l->decoded, l->n };
}

bool lead_own(const struct lead *l)
{
	return mapping_is_own(l->mapping, l->place, lead_url(l));
}

static void decide(struct lead *l, const struct outlet *out)
{
	struct mapping_edit edit;
	size_t at, end;

	l->decided = true;
	if (!mapping_out(l->mapping, l->place, lead_url(l), l->form, &edit)) {
		pass(out, l->raw, l->raw_n);
		return;
	}
	at = raw_end(l, edit.at);
	end = raw_end(l, edit.end);
	pass(out, l->raw, at);
	if (edit.with.len > 0)
		out->fresh(out->user, edit.with);
	pass(out, l->raw + end, l->raw_n - end);
}

/* From now on decoded and raw bytes differ. */
static void lead_spread(struct lead *l)
{
	if (!l->plain)
		return;
	memcpy(l->decoded, l->raw, l->n);
	for (size_t i = 0; i < l->n; i++)
		l->end[i] = (uint16_t)(i + 1);
	l->plain = false;
}

static void give_up(struct lead *l, const struct outlet *out)
{
	l->too_long = true;
	decide(l, out);
}

void lead_push(
    struct lead *l, char decoded, struct slice raw, const struct outlet *out)
{
	if (!l->decided && (l->n == LEAD_MAX || l->raw_n + raw.len > LEAD_MAX))
		give_up(l, out);
	if (l->decided) {
		pass(out, raw.at, raw.len);
		return;
	}
	lead_spread(l);
	memcpy(l->raw + l->raw_n, raw.at, raw.len);
	l->raw_n += raw.len;
	l->decoded[l->n] = decoded;
	l->end[l->n++] = (uint16_t)l->raw_n;
}

void lead_push_run(struct lead *l, struct slice bytes, const struct outlet *out)
{
	size_t room = LEAD_MAX - (l->n > l->raw_n ? l->n : l->raw_n);
	size_t n = bytes.len < room ? bytes.len : room;

	if (!l->decided) {
		memcpy(l->raw + l->raw_n, bytes.at, n);
		if (!l->plain) {
			memcpy(l->decoded + l->n, bytes.at, n);
			for (size_t i = 0; i < n; i++)
				l->end[l->n + i] = (uint16_t)(l->raw_n + i + 1);
		}
		l->n += n;
		l->raw_n += n;
		bytes = slice_from(bytes, n);
		if (bytes.len == 0)
			return;
		give_up(l, out);
	}
	pass(out, bytes.at, bytes.len);
}

void lead_end(struct lead *l, const struct outlet *out)
{
	if (!l->decided)
		decide(l, out);
}

void lead_keep(struct lead *l, const struct outlet *out)
{
	if (!l->decided)
		pass(out, l->raw, l->raw_n);
	l->decided = true;
}

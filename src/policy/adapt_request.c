/* Turning back Destination, If, Referer and Origin. */
#include "policy/adapt_request.h"

#include "base/arena.h"
#include "conf/conf.h"
#include "http/uri.h"
#include "policy/mapping.h"
#include "policy/patch.h"
#include "policy/route.h"

/* More resource tags than any client has resources to change at once; each is
 * routed. */
#define TAGS_MAX 256

struct work {
	const struct route_table *table;
	const struct route_query *query;
	const struct route_match *match;
	const struct mapping *mapping;
	struct arena *arena;
};

/* Where a URL of a request leads. */
enum place {
	PLACE_INSIDE,    /* to the request's own rule */
	PLACE_OUTSIDE,   /* to our host, but not there for certain */
	PLACE_ELSEWHERE, /* to another host, or it is no such URL */
	PLACE_SPENT,
};

struct found {
	enum place place;
	bool absolute;       /* it names a server */
	struct slice scheme; /* absolute: as it is written */
	struct slice authority;
	struct slice target; /* INSIDE: what the component would be asked for */
};

static struct found find(const struct work *w, struct slice url)
{
	struct found f = { .place = PLACE_ELSEWHERE };
	struct route_query q = *w->query;
	struct route_match m;
	struct uri uri;

	if (uri_split(url, &uri) != URI_OK || uri.path.at[0] != '/')
		return f;
	if (uri.authority.at != NULL) {
		f.absolute = true;
		f.scheme = arena_lower(
		    w->arena, slice_upto(url, slice_find(url, ':')));
		f.authority = uri.authority;
		if (f.scheme.at == NULL) {
			f.place = PLACE_SPENT;
			return f;
		}
		if (!mapping_names_us(w->mapping, f.scheme, f.authority))
			return f;
	}
	/* The authority is the request's own whatever its spelling. */
	q.authority = w->match->authority;
	q.target = f.absolute ? ARENA_JOIN(w->arena, uri.path, uri.query) : url;
	if (q.target.at == NULL) {
		f.place = PLACE_SPENT;
		return f;
	}
	f.place = PLACE_OUTSIDE;
	route_match(w->table, &q, w->arena, &m);
	if ((m.verdict != ROUTE_FOUND && m.verdict != ROUTE_SLASH) ||
	    m.rule != w->match->rule)
		return f;
	f.place = PLACE_INSIDE;
	if (!forward_target(&m, w->arena, &f.target))
		f.place = PLACE_SPENT;
	return f;
}

static struct slice own_authority(const struct work *w)
{
	return w->mapping->preserve_host && w->mapping->authority.len > 0 ?
	    w->mapping->authority :
	    w->mapping->origin_authority;
}

/* What is found inside, as the component knows it; SLICE_NONE: spent. */
static struct slice own_url(const struct work *w, const struct found *f)
{
	if (!f->absolute)
		return f->target;
	return ARENA_JOIN(w->arena, w->mapping->origin_scheme, LIT("://"),
	    own_authority(w), f->target);
}

/* ---- Destination ---- */

/* To the methods that obey it, it is an order; to others it is nothing. */
static bool obeys_destination(struct slice method)
{
	return slice_eq(method, LIT("COPY")) || slice_eq(method, LIT("MOVE"));
}

static enum forward_verdict adapt_destination(
    const struct work *w, struct fields *fields, struct field *field)
{
	struct found f = find(w, field->value);
	bool first = field == &fields->at[field_next(fields, field->name, 0)];

	switch (f.place) {
	case PLACE_SPENT:
		return FORWARD_TOO_LARGE;
	case PLACE_OUTSIDE:
	case PLACE_ELSEWHERE:
		return obeys_destination(w->query->method) ?
		    FORWARD_DESTINATION :
		    FORWARD_OK;
	case PLACE_INSIDE:
		break;
	}
	/* Which of two would the component obey? */
	if (!first && obeys_destination(w->query->method))
		return FORWARD_DESTINATION;
	field->value = own_url(w, &f);
	return field->value.at == NULL ? FORWARD_TOO_LARGE : FORWARD_OK;
}

/* ---- If ---- */

/* Behind the list that opens at i, or 0 where it does not end.  State tokens
 * stand in <>, entity tags in [], in which quotes hide brackets. */
static size_t skip_list(struct slice s, size_t i)
{
	for (i++; i < s.len; i++) {
		char c = s.at[i];

		if (c == ')')
			return i + 1;
		if (c == '<')
			i += slice_find(slice_from(s, i), '>');
		else if (c == '[')
			for (i++; i < s.len && s.at[i] != ']'; i++)
				if (s.at[i] == '"')
					i += 1 +
					    slice_find(
						slice_from(s, i + 1), '"');
	}
	return 0;
}

/* Takes the next resource tag; false at the end, *well_out then says whether
 * that was the field's. */
static bool next_tag(
    struct slice s, size_t *at, struct slice *tag_out, bool *well_out)
{
	size_t i = *at;

	*well_out = false;
	while (i < s.len && s.at[i] != '<') {
		if (s.at[i] == '(')
			i = skip_list(s, i);
		else if (s.at[i] == ' ' || s.at[i] == '\t')
			i++;
		else
			return false;
		if (i == 0)
			return false;
	}
	*well_out = i == s.len;
	if (i == s.len)
		return false;
	s = slice_from(s, i + 1);
	*tag_out = slice_upto(s, slice_find(s, '>'));
	*at = i + 1 + tag_out->len + 1;
	return tag_out->len < s.len;
}

static void put_tag(struct patch *p, const struct work *w, struct slice tag)
{
	const struct mapping *m = w->mapping;
	struct found f = find(w, tag);

	switch (f.place) {
	case PLACE_SPENT:
		patch_put(p, tag, SLICE_NONE);
		break;
	case PLACE_INSIDE:
		patch_put(p, tag, own_url(w, &f));
		break;
	case PLACE_OUTSIDE:
		if (!f.absolute && m->authority.len > 0)
			patch_put(p, tag,
			    ARENA_JOIN(w->arena, m->scheme, LIT("://"),
				m->authority, tag));
		break;
	case PLACE_ELSEWHERE:
		break;
	}
}

static enum forward_verdict adapt_if(
    const struct work *w, struct fields *fields, struct field *field)
{
	struct patch p = patch_of(field->value, w->arena);
	struct slice fresh;
	struct slice tag;
	size_t at = 0;
	size_t n = 0;
	bool well;

	(void)fields;
	while (next_tag(field->value, &at, &tag, &well)) {
		if (++n > TAGS_MAX)
			return FORWARD_TOO_LARGE;
		put_tag(&p, w, tag);
	}
	fresh = patch_end(&p);
	if (fresh.at == NULL)
		return FORWARD_TOO_LARGE;
	if (well)
		field->value = fresh;
	return FORWARD_OK;
}

/* ---- Referer and Origin ---- */

static enum forward_verdict adapt_referer(
    const struct work *w, struct fields *fields, struct field *field)
{
	struct found f = find(w, field->value);

	(void)fields;
	if (f.place == PLACE_SPENT)
		return FORWARD_TOO_LARGE;
	if (f.place != PLACE_INSIDE || !f.absolute)
		return FORWARD_OK;
	field->value = w->mapping->preserve_host ?
	    ARENA_JOIN(w->arena, f.scheme, LIT("://"), f.authority, f.target) :
	    own_url(w, &f);
	return field->value.at == NULL ? FORWARD_TOO_LARGE : FORWARD_OK;
}

/* scheme "://" authority and nothing more (RFC 6454 section 6.2). */
static enum forward_verdict adapt_origin(
    const struct work *w, struct fields *fields, struct field *field)
{
	const struct mapping *m = w->mapping;
	struct slice value = field->value;
	size_t colon = slice_find(value, ':');
	struct slice scheme = slice_upto(value, colon);
	struct slice rest = slice_from(value, colon);

	(void)fields;
	if (m->preserve_host || !slice_starts(rest, LIT("://")) ||
	    !mapping_names_us(m, scheme, slice_from(rest, 3)))
		return FORWARD_OK;
	field->value = ARENA_JOIN(
	    w->arena, m->origin_scheme, LIT("://"), m->origin_authority);
	return field->value.at == NULL ? FORWARD_TOO_LARGE : FORWARD_OK;
}

/* ---- the table ---- */

#define NAME(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}

static const struct {
	struct slice name;
	enum forward_verdict (*adapt)(
	    const struct work *w, struct fields *fields, struct field *field);
} url_fields[] = {
	{ NAME("Referer"), adapt_referer },
	{ NAME("Origin"), adapt_origin },
	{ NAME("Destination"), adapt_destination },
	{ NAME("If"), adapt_if },
};

enum forward_verdict adapt_request(struct upstream *up,
    const struct route_table *t, const struct route_query *q,
    const struct route_match *match, const struct mapping *m, struct arena *a)
{
	const struct rule *rule = match->rule;
	struct work w = { t, q, match, m, a };

	if (!rule->rewrite_requests)
		return FORWARD_OK;
	for (size_t i = 0; i < up->fields.n; i++)
		for (size_t k = 0;
		     k < sizeof(url_fields) / sizeof(url_fields[0]); k++) {
			struct field *field = &up->fields.at[i];
			enum forward_verdict verdict;

			if (!slice_eq_nocase(field->name, url_fields[k].name) ||
			    field_has(&rule->request_headers, field->name))
				continue;
			verdict = url_fields[k].adapt(&w, &up->fields, field);
			if (verdict != FORWARD_OK)
				return verdict;
		}
	return FORWARD_OK;
}

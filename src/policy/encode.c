/* The choice of a content coding, and the head of what was coded. */
#include "policy/encode.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "http/accept.h"
#include "http/list.h"
#include "http/media_type.h"
#include "http/message.h"
#include "policy/representation.h"

#define VALUE_MAX 65536

static bool has_own_coding(const struct fields *f)
{
	struct slice name = LIT("Content-Encoding");

	for (size_t i = field_next(f, name, 0); i < f->n;
	     i = field_next(f, name, i + 1)) {
		struct slice rest = f->at[i].value;
		struct slice member;

		while (list_next(&rest, &member))
			if (!slice_eq_nocase(member, LIT("identity")))
				return true;
	}
	return false;
}

static bool type_listed(const struct rule *rule, const struct response *r)
{
	struct slice type =
	    media_type(field_get(&r->fields, LIT("Content-Type")));

	for (size_t i = 0; i < rule->compress_types.n; i++)
		if (media_type_matches(type, rule->compress_types.at[i]))
			return true;
	return false;
}

static bool rule_codes_gzip(const struct rule *rule)
{
	if (!rule->compress)
		return false;
	for (size_t i = 0; i < rule->compress_encodings.n; i++)
		if (slice_eq_nocase(
			rule->compress_encodings.at[i], LIT("gzip")))
			return true;
	return false;
}

/* A 304 speaks of the representation that the client holds.  One that was
 * coded carries a weak tag; a strong one in its 304 would not match it
 * (RFC 9111 section 4.3.4).  A 304 mostly has no Content-Type, so only one
 * that says an unlisted type is known to be left alone. */
static struct encode_decision choose_not_modified(const struct rule *rule,
    const struct request *request, const struct response *response)
{
	struct encode_decision d = { .coding = CODING_IDENTITY };

	d.vary = !field_has(&response->fields, LIT("Content-Type")) ||
	    type_listed(rule, response);
	if (d.vary && representation_is_held(request, response) &&
	    accept_coding(&request->fields, LIT("gzip")))
		d.coding = CODING_GZIP;
	return d;
}

struct encode_decision encode_choose(const struct rule *rule,
    const struct request *request, const struct response *response)
{
	struct encode_decision d = { .coding = CODING_IDENTITY };
	int status = response->status;

	if (!rule_codes_gzip(rule) || has_own_coding(&response->fields) ||
	    directive_has(&response->fields, LIT("no-transform")))
		return d;
	if (status == 304)
		return choose_not_modified(rule, request, response);
	if (status < 200 || status == 204 || status == 205 ||
	    !type_listed(rule, response))
		return d;
	if (response->content_length != LENGTH_UNKNOWN &&
	    response->content_length < rule->compress_min_size_bytes &&
	    status != 206)
		return d;
	d.vary = true;
	/* A range is one of the plain bytes: coding it would give a slice of
	 * nothing.  Its 200 would vary, so it says so too. */
	if (status == 206 || field_has(&response->fields, LIT("Content-Range")))
		return d;
	/* HEAD falls through: its head is that of GET. */
	if (!accept_coding(&request->fields, LIT("gzip")))
		return d;
	if (directive_has(&request->fields, LIT("no-transform")))
		d.spared = true;
	else
		d.coding = CODING_GZIP;
	return d;
}

bool encode_head(struct response *r, enum coding coding, struct arena *a)
{
	if (coding == CODING_IDENTITY)
		return true;
	if (!representation_changed(r, a))
		return false;
	return r->status == 304 ||
	    field_set(&r->fields, a, LIT("Content-Encoding"), LIT("gzip"));
}

bool encode_vary(struct response *r, struct arena *a)
{
	struct slice name = LIT("Vary");
	struct text vary = text_in(a, VALUE_MAX);
	size_t first = field_next(&r->fields, name, 0);

	if (list_field_has(&r->fields, name, LIT("*")) ||
	    list_field_has(&r->fields, name, LIT("Accept-Encoding")))
		return true;
	if (first == r->fields.n || !list_closed(r->fields.at[first].value))
		return field_add(&r->fields, a, name, LIT("Accept-Encoding"));
	/* One line where there was one: some caches read only the first. */
	text_add(&vary, r->fields.at[first].value);
	if (vary.len > 0)
		text_add(&vary, LIT(", "));
	text_add(&vary, LIT("Accept-Encoding"));
	if (text_spent(&vary))
		return false;
	r->fields.at[first].value = text_slice(&vary);
	return true;
}

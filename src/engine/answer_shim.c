/* The runtime shim as a response. */
#include "engine/answer_shim.h"

#include "http/list.h"
#include "policy/shim.h"

/* RFC 9110 section 13.1.2; the comparison is the weak one. */
static bool client_has_it(const struct request *r)
{
	struct slice name = LIT("If-None-Match");

	for (size_t i = field_next(&r->fields, name, 0); i < r->fields.n;
	     i = field_next(&r->fields, name, i + 1)) {
		struct slice rest = r->fields.at[i].value;
		struct slice tag;

		while (list_next(&rest, &tag)) {
			if (slice_starts(tag, LIT("W/")))
				tag = slice_from(tag, 2);
			if (slice_eq(tag, shim_etag()) ||
			    slice_eq(tag, LIT("*")))
				return true;
		}
	}
	return false;
}

static bool add_fields(struct answer *answer, struct arena *a, bool current)
{
	struct fields *f = &answer->response.fields;

	return field_add(f, a, LIT("ETag"), shim_etag()) &&
	    field_add(f, a, LIT("Cache-Control"),
		current ? LIT("public, max-age=31536000, immutable") :
			  LIT("no-cache")) &&
	    field_add(f, a, LIT("Content-Type"),
		LIT("text/javascript; charset=utf-8")) &&
	    field_add(f, a, LIT("X-Content-Type-Options"), LIT("nosniff"));
}

struct answer answer_shim(
    struct arena *a, const struct request *r, struct slice query)
{
	static const struct slice methods[] = { { "GET", 3 }, { "HEAD", 4 } };
	struct answer answer = { .body = shim_source() };

	if (!slice_eq(r->method, methods[0]) &&
	    !slice_eq(r->method, methods[1]))
		return answer_method(a, methods, 2, r);
	if (!add_fields(&answer, a, shim_is_current(query)))
		return answer_page(
		    a, 500, LIT("There is no room for the answer."), r);
	answer.response.status = 200;
	answer.response.content_length = (int64_t)answer.body.len;
	if (client_has_it(r)) {
		answer.response.status = 304;
		answer.response.content_length = LENGTH_UNKNOWN;
		answer.body = SLICE_NONE;
		(void)field_remove(
		    &answer.response.fields, LIT("Content-Type"));
	}
	return answer;
}

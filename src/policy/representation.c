/* The head of changed content. */
#include "policy/representation.h"

#include "base/arena.h"
#include "base/text.h"
#include "http/list.h"
#include "http/message.h"

#define TAG_MAX 65536

static bool weaken_tag(struct response *r, struct arena *a)
{
	struct slice name = LIT("ETag");
	struct slice tag = field_get(&r->fields, name);
	struct text weak = text_in(a, TAG_MAX);

	if (tag.len == 0 || slice_starts(tag, LIT("W/")))
		return true;
	text_add(&weak, LIT("W/"));
	text_add(&weak, tag);
	return !text_spent(&weak) &&
	    field_set(&r->fields, a, name, text_slice(&weak));
}

bool representation_changed(struct response *r, struct arena *a)
{
	/* Each speaks of the bytes as they were.  Repr-Digest too: changed
	 * content is another representation (RFC 9530 section 3). */
	static const struct slice gone[] = {
#define NAME(s) { (s), sizeof(s) - 1 }
		NAME("Content-Length"),
		NAME("Accept-Ranges"),
		NAME("Content-MD5"),
		NAME("Digest"),
		NAME("Content-Digest"),
		NAME("Repr-Digest"),
#undef NAME
	};

	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		field_remove(&r->fields, gone[i]);
	r->content_length = LENGTH_UNKNOWN;
	return weaken_tag(r, a);
}

bool representation_is_held(
    const struct request *request, const struct response *response)
{
	struct slice tag = field_get(&response->fields, LIT("ETag"));
	struct slice name = LIT("If-None-Match");
	const struct fields *f = &request->fields;

	if (tag.len == 0 || tag.at[0] != '"')
		return false;
	for (size_t i = field_next(f, name, 0); i < f->n;
	     i = field_next(f, name, i + 1)) {
		struct slice rest = f->at[i].value;
		struct slice member;

		while (list_next(&rest, &member))
			if (slice_starts(member, LIT("W/")) &&
			    slice_eq(slice_from(member, 2), tag))
				return true;
	}
	return false;
}

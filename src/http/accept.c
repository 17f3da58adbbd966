/* Accept-Encoding. */
#include "http/accept.h"

#include "http/field.h"
#include "http/list.h"

#define UNSAID (-1)

/* Everything the field says about one coding. */
struct wish {
	struct slice coding;
	int q;
};

static struct slice coding_name(struct slice name)
{
	/* RFC 9110 section 8.4.1.3. */
	return slice_eq_nocase(name, LIT("x-gzip")) ? LIT("gzip") : name;
}

static void wish_take(struct wish *w, struct slice name, int q)
{
	if (slice_eq_nocase(w->coding, name) && (w->q == UNSAID || q < w->q))
		w->q = q;
}

struct wishes {
	struct wish wanted, any, plain;
};

static struct wishes wishes_read(
    const struct fields *request, struct slice coding)
{
	struct wishes w = { { coding_name(coding), UNSAID },
		{ LIT("*"), UNSAID }, { LIT("identity"), UNSAID } };
	struct slice field = LIT("Accept-Encoding");

	for (size_t i = field_next(request, field, 0); i < request->n;
	     i = field_next(request, field, i + 1)) {
		struct slice rest = request->at[i].value;
		struct slice member;

		while (list_next(&rest, &member)) {
			struct slice params;
			struct slice name = list_head(member, &params);
			int q = (int)qvalue_of(params);

			name = coding_name(name);
			wish_take(&w.wanted, name, q);
			wish_take(&w.any, name, q);
			wish_take(&w.plain, name, q);
		}
	}
	if (w.wanted.q == UNSAID)
		w.wanted.q = w.any.q;
	return w;
}

bool accept_coding(const struct fields *request, struct slice coding)
{
	struct wishes w = wishes_read(request, coding);

	return w.wanted.q > 0 && w.wanted.q >= w.plain.q;
}

static bool has_weights(const struct fields *request)
{
	struct slice field = LIT("Accept-Encoding");

	for (size_t i = field_next(request, field, 0); i < request->n;
	     i = field_next(request, field, i + 1))
		if (slice_find(request->at[i].value, ';') <
		    request->at[i].value.len)
			return true;
	return false;
}

bool accept_identity(const struct fields *request)
{
	/* Few say anything but names, and none of those is refused. */
	return !has_weights(request) ||
	    wishes_read(request, LIT("identity")).wanted.q != 0;
}

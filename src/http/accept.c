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

bool accept_coding(const struct fields *request, struct slice coding)
{
	struct wish wanted = { coding_name(coding), UNSAID };
	struct wish any = { LIT("*"), UNSAID };
	struct wish plain = { LIT("identity"), UNSAID };
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
			wish_take(&wanted, name, q);
			wish_take(&any, name, q);
			wish_take(&plain, name, q);
		}
	}
	if (wanted.q == UNSAID)
		wanted.q = any.q;
	return wanted.q > 0 && wanted.q >= plain.q;
}

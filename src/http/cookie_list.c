/* Reading Cookie, and taking our own out of it. */
#include "http/cookie_list.h"

#include "base/arena.h"
#include "base/text.h"

bool cookie_next(
    struct slice *rest, struct slice *name_out, struct slice *value_out)
{
	struct slice pair;
	size_t equals;

	if (!slice_cut(rest, ';', &pair))
		return false;
	pair = slice_trim(pair);
	equals = slice_find(pair, '=');
	*name_out = slice_trim(slice_upto(pair, equals));
	*value_out = equals == pair.len ?
	    SLICE_NONE :
	    slice_trim(slice_from(pair, equals + 1));
	return true;
}

struct slice cookie_get(const struct fields *f, struct slice wanted)
{
	struct slice cookie = LIT("Cookie");

	for (size_t i = field_next(f, cookie, 0); i < f->n;
	     i = field_next(f, cookie, i + 1)) {
		struct slice rest = f->at[i].value;
		struct slice name, value;

		while (cookie_next(&rest, &name, &value))
			if (value.at != NULL && slice_eq(name, wanted))
				return value;
	}
	return SLICE_NONE;
}

struct slice cookie_without(
    struct slice value, struct slice prefix, struct arena *a)
{
	struct text t = { 0 };
	struct slice rest = value;
	struct slice name, ignored;
	bool any = false;

	while (cookie_next(&rest, &name, &ignored))
		any |= slice_starts(name, prefix);
	if (!any)
		return value;
	t = text_in(a, value.len + 1);
	rest = value;
	while (rest.at != NULL) {
		struct slice pair;

		(void)slice_cut(&rest, ';', &pair);
		pair = slice_trim(pair);
		if (pair.len == 0 || slice_starts(pair, prefix))
			continue;
		if (t.len > 0)
			text_add(&t, LIT("; "));
		text_add(&t, pair);
	}
	if (text_spent(&t))
		return SLICE_NONE;
	return t.len == 0 ? LIT("") : text_slice(&t);
}

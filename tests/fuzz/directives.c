/* Cache directives in all three of their forms: numbers stay in bounds, more
 * text never makes a response fresher, and what is read as two fields reads as
 * one.  Input: two values, a line end between them. */
#include <string.h>

#include "http/directives.h"
#include "http/field.h"
#include "http/list.h"
#include "tests/fuzz/check.h"

static bool in_bounds(int64_t seconds)
{
	return seconds >= DELTA_NONE && seconds <= DELTA_MAX;
}

static void check_bounds(const struct directives *d)
{
	CHECK(in_bounds(d->max_age_s) && in_bounds(d->s_maxage_s));
	CHECK(in_bounds(d->stale_while_revalidate_s));
	CHECK(in_bounds(d->stale_if_error_s));
	CHECK(in_bounds(d->max_stale_s) && in_bounds(d->min_fresh_s));
	CHECK(d->name_n <= DIRECTIVE_LISTS_MAX);
	for (size_t i = 0; i < d->name_n; i++) {
		struct slice rest = d->names[i];
		struct slice name;

		CHECK(list_next(&rest, &name) && field_name_valid(name));
		CHECK(directives_name(d, name));
	}
}

static void check_more(struct directives less, const struct directives *more)
{
	CHECK((less.flags & more->flags) == less.flags);
	CHECK(less.max_age_s == DELTA_NONE ||
	    (more->max_age_s <= less.max_age_s && more->max_age_s >= 0));
	CHECK(less.s_maxage_s == DELTA_NONE ||
	    (more->s_maxage_s <= less.s_maxage_s && more->s_maxage_s >= 0));
	CHECK(more->min_fresh_s >= less.min_fresh_s);
}

static void check_targeted(struct slice one, struct slice two)
{
	static char room[65536];
	struct field row[2] = { { LIT("C"), one }, { LIT("C"), two } };
	struct fields f = { row, 2, 2 };
	struct directives d;
	struct directives again;

	if (!directives_targeted(&f, LIT("C"), &d))
		return;
	check_bounds(&d);
	one = slice_trim(one);
	two = slice_trim(two);
	if (one.len == 0 || two.len == 0 ||
	    one.len + two.len + 1 > sizeof(room))
		return;
	memcpy(room, one.at, one.len);
	room[one.len] = ',';
	memcpy(room + one.len + 1, two.at, two.len);
	row[0].value = (struct slice){ room, one.len + 1 + two.len };
	f.n = 1;
	CHECK(directives_targeted(&f, LIT("C"), &again));
	CHECK(d.flags == again.flags && d.max_age_s == again.max_age_s &&
	    d.name_n == again.name_n);
	/* One wrong byte at the end, and it counts for nothing. */
	row[0].value.len = one.len + 1;
	CHECK(!directives_targeted(&f, LIT("C"), &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size };
	struct slice one = LIT("");
	struct slice two = LIT("");
	struct directives d = directives_none();
	struct directives first;
	struct field surrogate = { LIT("Surrogate-Control"), LIT("") };
	struct fields f = { &surrogate, 1, 1 };

	if (size > 0 && slice_cut(&rest, '\n', &one) && rest.at != NULL)
		two = rest;
	directives_add(&d, one);
	check_bounds(&d);
	first = d;
	directives_add(&d, two);
	check_bounds(&d);
	check_more(first, &d);
	surrogate.value = one;
	if (directives_surrogate(&f, &d))
		check_bounds(&d);
	check_targeted(one, two);
	return 0;
}

/* Any bytes as the lines of an origin's head.  What is complete is fit to be
 * sent on. */
#include <stdlib.h>

#include "base/arena.h"
#include "origin/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check(const struct head_reader *r)
{
	const struct response *p = &r->response;

	must(p->status >= 200 && p->status <= 999);
	must(p->content_length >= LENGTH_UNKNOWN);
	must(!r->framed || p->content_length == LENGTH_UNKNOWN);
	must(r->framed == field_has(&p->fields, LIT("Transfer-Encoding")));
	must(!field_has(&p->fields, LIT("Content-Length")));
	for (size_t i = 0; i < p->fields.n; i++) {
		const struct field *f = &p->fields.at[i];

		must(field_name_valid(f->name) && field_value_valid(f->value));
		must(slice_trim(f->value).len == f->value.len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size };
	struct arena *a = arena_new(size % 8 == 7 ? 512 : 8 << 20);
	struct head_reader r;

	if (a == NULL)
		return 0;
	r = head_reader_in(a);
	while (rest.len > 0) {
		size_t n = slice_find(rest, '\n') + 1;
		enum fault before = r.fault;
		bool was_done = r.done;

		must(head_line(&r, slice_upto(rest, n)) ==
		    (!was_done && r.done));
		must(!r.done || r.fault == FAULT_NONE);
		must(before == FAULT_NONE || before == r.fault);
		rest = slice_from(rest, n);
	}
	if (r.done)
		check(&r);
	arena_free(a);
	return 0;
}

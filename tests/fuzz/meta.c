/* NUL-separated NAME=value as meta-variables.  What is not refused is fit to
 * be sent on. */
#include <stdlib.h>

#include "base/arena.h"
#include "front/meta.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check(const struct request *r)
{
	size_t hosts = 0;

	must(field_name_valid(r->method));
	must(r->target.len > 0 && field_value_valid(r->target));
	must(r->protocol.len > 0 && field_value_valid(r->protocol));
	must(field_value_valid(r->authority));
	must(field_value_valid(r->client_addr));
	must(field_value_valid(r->client_port));
	must(field_value_valid(r->user));
	must(slice_eq(r->scheme, LIT("http")) ||
	    slice_eq(r->scheme, LIT("https")));
	must(r->content_length >= LENGTH_UNKNOWN);
	must(!field_has(&r->fields, LIT("Content-Length")));
	for (size_t i = 0; i < r->fields.n; i++) {
		const struct field *f = &r->fields.at[i];

		must(field_name_valid(f->name) && field_value_valid(f->value));
		must(slice_trim(f->value).len == f->value.len);
		hosts += slice_eq_nocase(f->name, LIT("Host"));
	}
	must(hosts <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size };
	struct arena *a;
	struct slice one;
	struct request r;
	struct meta m;
	int refuse;

	/* Little room, too, for some. */
	a = arena_new(size % 8 == 7 ? 512 : 8 << 20);
	if (a == NULL)
		return 0;
	m = meta_new(&r, a);
	while (size > 0 && slice_cut(&rest, '\0', &one)) {
		size_t at = slice_find(one, '=');

		meta_add(&m, slice_upto(one, at), slice_from(one, at + 1));
	}
	refuse = meta_finish(&m);
	must(refuse == 0 || refuse == 400 || refuse == 431);
	if (refuse == 0)
		check(&r);
	arena_free(a);
	return 0;
}

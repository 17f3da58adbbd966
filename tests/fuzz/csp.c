/* Content-Security-Policy, judged for a script of ours.  Input: field values,
 * one a line. */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "http/message.h"
#include "policy/csp.h"
#include "policy/mapping.h"
#include "policy/shim.h"
#include "tests/fuzz/check.h"

static const struct mapping mapping = {
	.to = { "/pre", 4 },
	.scheme = { "https", 5 },
	.authority = { "site.test:8443", 14 },
};

static bool holds(struct slice s, char c)
{
	return slice_find(s, c) < s.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct csp_script script = { mapping.scheme, mapping.authority,
		LIT("/pre" SHIM_PATH) };
	struct arena *a = arena_new(1 << 20);
	struct response r = { .status = 200 };
	struct slice rest = arena_slice(a,
	    (struct slice){ (const char *)data, size > 65536 ? 65536 : size });
	struct slice line;
	struct slice markup;
	struct csp_verdict v;
	unsigned hints = 0;

	while (slice_cut(&rest, '\n', &line))
		if (!field_add(
			&r.fields, a, LIT("Content-Security-Policy"), line))
			break;
	v = csp_judge(&r.fields, &script);
	CHECK(!v.may_inline || v.admitted);
	for (size_t i = 0; i < v.nonce.len; i++)
		CHECK(v.nonce.at[i] > ' ' && v.nonce.at[i] != '\'' &&
		    v.nonce.at[i] != '"');
	markup = shim_markup(&mapping, &r, a, &hints);
	CHECK((markup.len > 0) == v.admitted || markup.at == NULL);
	CHECK((hints == SHIM_REFUSED) == !v.admitted);
	CHECK(!holds(markup, '\''));
	/* A policy more can only forbid more. */
	if (field_add(&r.fields, a, LIT("Content-Security-Policy"),
		LIT("script-src 'none'")))
		CHECK(!csp_judge(&r.fields, &script).admitted);
	arena_free(a);
	return 0;
}
